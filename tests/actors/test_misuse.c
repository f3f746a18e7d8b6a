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

/* A function that does this and nothing else. */
#define DEED(name, ...)                                                                            \
	static void name(void)                                                                     \
	{                                                                                          \
		(void)(__VA_ARGS__);                                                               \
	}                                                                                          \
	_Static_assert(1, "")

static _Alignas(16) unsigned char no_message[128];

DEED(send_now, gatio_send(GATIO_NOBODY, note, 1));
DEED(spawn_now, gatio_spawn(wrongdoer, NULL));
DEED(time_now, gatio_now_ns());
DEED(self_now, gatio_self());
DEED(sender_now, gatio_sender());
DEED(tag_now, gatio_tag());
DEED(random_now, gatio_random());
DEED(driver_now, gatio_driver_index());
DEED(drivers_now, gatio_driver_count());
DEED(tpc_now, gatio_tpc_index());
DEED(tpcs_now, gatio_tpc_count());
DEED(system_now, gatio_current_system());
DEED(make_now, gatio_message_new(note, 0));
DEED(free_message_now, gatio_message_free(no_message + 64));
DEED(post_now, gatio_post(GATIO_NOBODY, no_message + 64));
DEED(post_reply_now, gatio_post_reply((struct gatio_asker){.token = 1}, no_message + 64));
DEED(keep_now, gatio_message_keep(no_message + 64));
DEED(reply_now, gatio_reply(value, 1));
DEED(reply_to_now, gatio_reply_to((struct gatio_asker){.token = 1}, value, 1));
DEED(forward_now, gatio_forward(GATIO_NOBODY));
DEED(type_now, gatio_current_type());
DEED(exit_now, gatio_exit(0));
DEED(allocate_now, gatio_alloc(10));
DEED(reallocate_now, gatio_realloc(no_message + 64, 10));
DEED(free_now, gatio_free(NULL));
DEED(after_now, gatio_after(1, note, 1));
DEED(every_now, gatio_every(1, note, 1));
DEED(cancel_now, gatio_timer_cancel((struct gatio_timer){0}));
DEED(ask_now, gatio_ask(GATIO_NOBODY, on_value, 1, question, 1));

static void threads_outside_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {send_now, "gatio_send", "gatio_outside_open()"},
	        {spawn_now, "gatio_spawn", "no driver"},
	        {time_now, "gatio_now_ns", "no driver"},
	        {self_now, "gatio_self", "no driver"},
	        {sender_now, "gatio_sender", "no driver"},
	        {tag_now, "gatio_tag", "no driver"},
	        {random_now, "gatio_random", "no driver"},
	        {driver_now, "gatio_driver_index", "no driver"},
	        {drivers_now, "gatio_driver_count", "no driver"},
	        {tpc_now, "gatio_tpc_index", "no driver"},
	        {tpcs_now, "gatio_tpc_count", "no driver"},
	        {system_now, "gatio_current_system", "no driver"},
	        {make_now, "gatio_message_new", "no driver"},
	        {free_message_now, "gatio_message_free", "no driver"},
	        {post_now, "gatio_post", "no driver"},
	        {post_reply_now, "gatio_post_reply", "no driver"},
	        {keep_now, "gatio_message_keep", "no driver"},
	        {reply_now, "gatio_asker", "no driver"},
	        {reply_to_now, "gatio_reply", "no driver"},
	        {forward_now, "gatio_forward", "no driver"},
	        {type_now, "gatio_current_type", "no driver"},
	        {exit_now, "gatio_exit", "no driver"},
	        {allocate_now, "gatio_alloc", "no driver"},
	        {reallocate_now, "gatio_realloc", "no driver"},
	        {free_now, "gatio_free", "no driver"},
	        {after_now, "gatio_after", "no driver"},
	        {every_now, "gatio_every", "no driver"},
	        {cancel_now, "gatio_timer_cancel", "no driver"},
	        {ask_now, "gatio_ask", "no driver"},
	};
	ASSERT_MISUSES(misuses, outside);
}

static void code_between_handlers_is_told(void)
{
	static const struct child_misuse misuses[] = {
	        {exit_now, "gatio_exit", "no actor runs here"},
	        {allocate_now, "gatio_alloc", "no actor runs here"},
	        {reallocate_now, "gatio_realloc", "no actor runs here"},
	        {free_now, "gatio_free", "no actor runs here"},
	        {after_now, "gatio_after", "no actor runs here"},
	        {every_now, "gatio_every", "no actor runs here"},
	        {cancel_now, "gatio_timer_cancel", "no actor runs here"},
	        {ask_now, "gatio_ask", "no actor runs here"},
	};
	ASSERT_MISUSES(misuses, between_handlers);
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
