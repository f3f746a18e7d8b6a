/* SPDX-License-Identifier: Apache-2.0 */
/* What the comments of actor.h and message.h forbid ends the program, in words that name the public function. */
#include "tests/actors/cast.h"
#include "tests/support/child.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct scheduler_fixture fixture;

GATIO_MESSAGE(misuse, { void (*act)(const void *message); });
GATIO_MESSAGE(wide_misuse, {
	void (*act)(const void *message);
	unsigned char filler[100];
});

struct wrongdoer {
	void (*at_start)(void);
};

static void on_wrongdoer_started(struct wrongdoer *self)
{
	if (self->at_start) {
		self->at_start();
	}
}

static void on_misuse(struct wrongdoer *self, const struct misuse *misuse)
{
	(void)self;
	misuse->act(misuse);
}

static void on_wide_misuse(struct wrongdoer *self, const struct wide_misuse *misuse)
{
	(void)self;
	misuse->act(misuse);
}

static void on_wrong_value(struct wrongdoer *self, const struct value *value, int err)
{
	(void)self;
	(void)value;
	(void)err;
	(void)gatio_forward(gatio_self()); /* an answer */
}

GATIO_ANSWER(wrongdoer, value, on_wrong_value);

GATIO_BEHAVIOR(wrongdoer, started(on_wrongdoer_started), on(misuse, on_misuse),
               on(wide_misuse, on_wide_misuse));

/* In the child: an actor does it in a handler. */
static void act_in_a_handler(void (*act)(const void *message))
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	(void)gatio_send(gatio_spawn(wrongdoer, NULL), misuse, .act = act);
	scheduler_fixture_settle(&fixture);
}

static void act_at_its_start(void (*act)(void))
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	(void)gatio_spawn(wrongdoer, .at_start = act);
	scheduler_fixture_settle(&fixture);
}

/* ---- Where there is no driver, no actor, no message ----------------------------------------------------------------- */

static void send_elsewhere(void)
{
	(void)gatio_send(GATIO_NOBODY, note, 1);
}

static void spawn_elsewhere(void)
{
	(void)gatio_spawn(wrongdoer, NULL);
}

static void ask_time_elsewhere(void)
{
	(void)gatio_now_ns();
}

static void make_message_elsewhere(void)
{
	(void)gatio_message_new(note, 0);
}

static void foreign_threads_are_told(void)
{
	CHILD_ASSERT_MISUSE(send_elsewhere, "gatio_send", "gatio_outside_open()");
	CHILD_ASSERT_MISUSE(spawn_elsewhere, "gatio_spawn", "no driver");
	CHILD_ASSERT_MISUSE(ask_time_elsewhere, "gatio_now_ns", "no driver");
	CHILD_ASSERT_MISUSE(make_message_elsewhere, "gatio_message_new", "no driver");
}

static void open_only(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
}

static void exit_without_actor(void)
{
	open_only();
	gatio_exit(0);
}

static void allocate_without_actor(void)
{
	open_only();
	(void)gatio_alloc(10);
}

static void start_timer_without_actor(void)
{
	open_only();
	(void)gatio_after(1, note, 1);
}

static void cancel_without_actor(void)
{
	open_only();
	gatio_timer_cancel((struct gatio_timer){0});
}

static void ask_without_actor(void)
{
	open_only();
	(void)gatio_ask(GATIO_NOBODY, on_wrong_value, 1, question, 1);
}

static void code_between_handlers_is_told(void)
{
	CHILD_ASSERT_MISUSE(exit_without_actor, "gatio_exit", "no actor runs here");
	CHILD_ASSERT_MISUSE(allocate_without_actor, "gatio_alloc", "no actor runs here");
	CHILD_ASSERT_MISUSE(start_timer_without_actor, "gatio_after", "no actor runs here");
	CHILD_ASSERT_MISUSE(cancel_without_actor, "gatio_timer_cancel", "no actor runs here");
	CHILD_ASSERT_MISUSE(ask_without_actor, "gatio_ask", "no actor runs here");
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

static void reply_at_start(void)
{
	act_at_its_start(reply_now);
}

static void forward_at_start(void)
{
	act_at_its_start(forward_now);
}

static void type_at_start(void)
{
	act_at_its_start(type_now);
}

static void handlers_without_a_message_are_told(void)
{
	CHILD_ASSERT_MISUSE(reply_at_start, "gatio_asker", "there is no message to answer");
	CHILD_ASSERT_MISUSE(forward_at_start, "gatio_forward", "there is no message to pass on");
	CHILD_ASSERT_MISUSE(type_at_start, "gatio_current_type", "no message is being handled");
}

/* ---- Messages ------------------------------------------------------------------------------------------------------- */

static void post_lent(const void *message)
{
	(void)gatio_post(gatio_self(), (void *)(uintptr_t)message);
}

static void post_lent_message(void)
{
	act_in_a_handler(post_lent);
}

static void free_lent(const void *message)
{
	gatio_message_free((void *)(uintptr_t)message);
}

static void free_lent_message(void)
{
	act_in_a_handler(free_lent);
}

static void post_other(const void *message)
{
	(void)message;
	static _Alignas(16) unsigned char memory[256];
	(void)gatio_post(gatio_self(), memory + 128);
}

static void post_what_is_no_message(void)
{
	act_in_a_handler(post_other);
}

static void post_null(const void *message)
{
	(void)message;
	(void)gatio_post_reply(gatio_asker(), NULL);
}

static void post_null_message(void)
{
	act_in_a_handler(post_null);
}

static void keep_twice(const void *message)
{
	(void)gatio_message_keep(message);
	(void)gatio_message_keep(message);
}

static void keep_message_twice(void)
{
	act_in_a_handler(keep_twice);
}

static void forward_kept(const void *message)
{
	(void)gatio_message_keep(message);
	(void)gatio_forward(gatio_self());
}

static void forward_kept_message(void)
{
	act_in_a_handler(forward_kept);
}

static void size_of_other_type(const void *message)
{
	(void)gatio_message_extra_size(&gatio_message_wide_misuse, message);
}

static void size_of_another_type(void)
{
	act_in_a_handler(size_of_other_type);
}

static void messages_of_others_are_told(void)
{
	CHILD_ASSERT_MISUSE(post_lent_message, "gatio_post", "gatio_message_keep()");
	CHILD_ASSERT_MISUSE(free_lent_message, "gatio_message_free", "only lent");
	CHILD_ASSERT_MISUSE(post_what_is_no_message, "gatio_post", "no message");
	CHILD_ASSERT_MISUSE(post_null_message, "gatio_post_reply", "NULL");
	CHILD_ASSERT_MISUSE(keep_message_twice, "gatio_message_keep", "once");
	CHILD_ASSERT_MISUSE(forward_kept_message, "gatio_forward", "kept");
	CHILD_ASSERT_MISUSE(size_of_another_type, "gatio_message_extra_size", "another type");
}

/* ---- Asks and memory ------------------------------------------------------------------------------------------------- */

static void ask_until_now(const void *message)
{
	(void)message;
	(void)gatio_ask(gatio_self(), on_wrong_value, 0, question, 1);
}

static void ask_with_no_time(void)
{
	act_in_a_handler(ask_until_now);
}

static void ask_for_other(const void *message)
{
	(void)message;
	struct gatio_answer answer = gatio_answer_on_wrong_value;
	answer.behavior = "probe";
	struct gatio_ask ask = {.answer = &answer, .deadline_ns = 1};
	struct question question = {1};
	(void)gatio_actor_ask(gatio_self(), &ask, &gatio_message_question, &question);
}

static void ask_for_another_behavior(void)
{
	act_in_a_handler(ask_for_other);
}

static void ask_a_probe(const void *message)
{
	(void)message;
	static struct diary diary;
	(void)gatio_ask(gatio_spawn(probe, .diary = &diary), on_wrong_value, GATIO_SECONDS(1),
	                question, 1);
}

static void forward_an_answer(void)
{
	act_in_a_handler(ask_a_probe);
}

static void *foreign_block;

static void free_foreign(const void *message)
{
	(void)message;
	gatio_free(foreign_block);
}

static void allocate(const void *message)
{
	(void)message;
	foreign_block = gatio_alloc(100);
}

static void free_block_of_another_actor(void)
{
	act_in_a_handler(allocate);
	(void)gatio_send(gatio_spawn(wrongdoer, NULL), misuse, .act = free_foreign);
	scheduler_fixture_settle(&fixture);
}

static void wrong_asks_and_blocks_are_told(void)
{
	CHILD_ASSERT_MISUSE(ask_with_no_time, "gatio_ask", "deadline is 0");
	CHILD_ASSERT_MISUSE(ask_for_another_behavior, "gatio_ask", "GATIO_ANSWER");
	CHILD_ASSERT_MISUSE(forward_an_answer, "gatio_forward", "answer");
	CHILD_ASSERT_MISUSE(free_block_of_another_actor, "gatio_free", "its owner");
}

static const CU_TestInfo tests[] = {
        {"threads outside are told", foreign_threads_are_told},
        {"code between handlers is told", code_between_handlers_is_told},
        {"handlers without a message are told", handlers_without_a_message_are_told},
        {"messages of others are told", messages_of_others_are_told},
        {"wrong asks and blocks are told", wrong_asks_and_blocks_are_told},
        CU_TEST_INFO_NULL,
};

const struct suite misuse_suite = {"misuse", tests};
