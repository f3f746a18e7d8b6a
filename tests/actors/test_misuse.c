/* SPDX-License-Identifier: Apache-2.0 */
/* What actor.h and system.h forbid in the wrong place ends the program, in words that name the public function. */
#include "tests/actors/cast.h"
#include "tests/actors/wrongdoer.h"
#include "tests/support/suite.h"

#include <stdlib.h>

static void on_value(struct wrongdoer *self, const struct value *value, int err)
{
	(void)self;
	(void)value;
	(void)err;
}

GATIO_ANSWER(wrongdoer, value, on_value);

/* ---- Where there is no driver, no actor, no message ----------------------------------------------------------------- */

static void send_note(void)
{
	(void)gatio_send(GATIO_NOBODY, note, 1);
}

static void spawn_one(void)
{
	(void)gatio_spawn(wrongdoer, NULL);
}

static void ask_time(void)
{
	(void)gatio_now_ns();
}

static void make_message(void)
{
	(void)gatio_message_new(note, 0);
}

static void threads_outside_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {send_note, "gatio_send", "gatio_outside_open()"},
	        {spawn_one, "gatio_spawn", "no driver"},
	        {ask_time, "gatio_now_ns", "no driver"},
	        {make_message, "gatio_message_new", "no driver"},
	};
	ASSERT_MISUSES(misuses, outside);
}

static void exit_now(void)
{
	gatio_exit(0);
}

static void allocate_now(void)
{
	(void)gatio_alloc(10);
}

static void free_now(void)
{
	gatio_free(NULL);
}

static void start_timer_now(void)
{
	(void)gatio_after(1, note, 1);
}

static void cancel_now(void)
{
	gatio_timer_cancel((struct gatio_timer){0});
}

static void ask_now(void)
{
	(void)gatio_ask(GATIO_NOBODY, on_value, 1, question, 1);
}

static void code_between_handlers_is_told(void)
{
	static const struct child_misuse misuses[] = {
	        {exit_now, "gatio_exit", "no actor runs here"},
	        {allocate_now, "gatio_alloc", "no actor runs here"},
	        {free_now, "gatio_free", "no actor runs here"},
	        {start_timer_now, "gatio_after", "no actor runs here"},
	        {cancel_now, "gatio_timer_cancel", "no actor runs here"},
	        {ask_now, "gatio_ask", "no actor runs here"},
	};
	ASSERT_MISUSES(misuses, between_handlers);
}

static void reply_now(void)
{
	(void)gatio_reply(value, 1);
}

static void forward_now(void)
{
	(void)gatio_forward(gatio_self());
}

static void type_now(void)
{
	(void)gatio_current_type();
}

static void keep_now(void)
{
	static const struct note note;
	(void)gatio_message_keep(&note);
}

static void handlers_without_a_message_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {reply_now, "gatio_asker", "there is no message to answer"},
	        {forward_now, "gatio_forward", "there is no message to pass on"},
	        {type_now, "gatio_current_type", "no message is being handled"},
	        {keep_now, "gatio_message_keep", "not the message that is being handled"},
	};
	ASSERT_MISUSES(misuses, at_start);
}

/* ---- What belongs to threads that are no drivers -------------------------------------------------------------------- */

static void create_here(void)
{
	struct gatio_system *system;
	if (gatio_system_create(&system, NULL)) {
		abort();
	}
}

static void run_here(void)
{
	(void)gatio_run(wrongdoer, NULL);
}

static void spawn_as_outside(void)
{
	(void)gatio_system_spawn(gatio_current_system(), GATIO_ANYWHERE, wrongdoer, NULL);
}

static struct gatio_outside *way_in;

static void open_way_in(void)
{
	if (gatio_outside_open(&way_in, gatio_current_system())) {
		abort();
	}
}

static void send_as_outside(void)
{
	(void)gatio_outside_send(way_in, gatio_self(), note, 1);
}

static void close_way_in(void)
{
	gatio_outside_close(way_in);
}

static void handlers_are_no_threads_outside(void)
{
	static const struct child_misuse misuses[] = {
	        {create_here, "gatio_system_create", "threads that are no drivers"},
	        {run_here, "gatio_run", "main()"},
	        {spawn_as_outside, "gatio_system_spawn", "gatio_spawn_at()"},
	        {open_way_in, "gatio_outside_open", "gatio_send()"},
	        {send_as_outside, "gatio_outside_send", "gatio_send()"},
	        {close_way_in, "gatio_outside_close", "gatio_send()"},
	};
	ASSERT_MISUSES(misuses, in_handler);
}

static const CU_TestInfo tests[] = {
        {"threads outside are told", threads_outside_are_told},
        {"code between handlers is told", code_between_handlers_is_told},
        {"handlers without a message are told", handlers_without_a_message_are_told},
        {"handlers are no threads outside", handlers_are_no_threads_outside},
        CU_TEST_INFO_NULL,
};

const struct suite misuse_suite = {"misuse", tests};
