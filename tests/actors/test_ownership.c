/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, answers and memory that are not the caller's end the program, in words that name the public function. */
#include "tests/actors/cast.h"
#include "tests/actors/wrongdoer.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <stdlib.h>

static void on_wrong_value(struct wrongdoer *self, const struct value *value, int err)
{
	(void)self;
	(void)value;
	(void)err;
	(void)gatio_forward(gatio_self()); /* an answer */
}

GATIO_ANSWER(wrongdoer, value, on_wrong_value);

/* ---- Messages ------------------------------------------------------------------------------------------------------- */

static void post_lent(void)
{
	(void)gatio_post(gatio_self(), (void *)(uintptr_t)lent);
}

static void free_lent(void)
{
	gatio_message_free((void *)(uintptr_t)lent);
}

static void post_what_is_no_message(void)
{
	static _Alignas(16) unsigned char memory[256];
	(void)gatio_post(gatio_self(), memory + 128);
}

static void post_null(void)
{
	(void)gatio_post_reply(gatio_asker(), NULL);
}

static void keep_twice(void)
{
	(void)gatio_message_keep(lent);
	(void)gatio_message_keep(lent);
}

static void forward_kept(void)
{
	(void)gatio_message_keep(lent);
	(void)gatio_forward(gatio_self());
}

static void size_of_another_type(void)
{
	(void)gatio_message_extra_size(&gatio_message_wide_misuse, lent);
}

static void size_of_a_copy(void)
{
	static struct {
		_Alignas(16) unsigned char before[64];
		struct misuse misuse;
	} copy;
	(void)gatio_message_extra_size(&gatio_message_misuse, &copy.misuse);
}

static void size_of_null(void)
{
	(void)gatio_message_extra_size(&gatio_message_misuse, NULL);
}

static void messages_of_others_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {post_lent, "gatio_post", "gatio_message_keep()"},
	        {free_lent, "gatio_message_free", "only lent"},
	        {post_what_is_no_message, "gatio_post", "no message"},
	        {post_null, "gatio_post_reply", "NULL"},
	        {keep_twice, "gatio_message_keep", "once"},
	        {forward_kept, "gatio_forward", "kept"},
	        {size_of_another_type, "gatio_message_extra_size", "another type"},
	        {size_of_a_copy, "gatio_message_extra_size", "neither the message"},
	        {size_of_null, "gatio_message_extra_size", "NULL"},
	};
	ASSERT_MISUSES(misuses, in_handler);
}

static void post_to(struct gatio_address to, struct note *note)
{
	if (gatio_post(to, note)) {
		abort();
	}
}

static struct note *made_note(void)
{
	struct note *note = gatio_message_new(note, 0);
	note->number = 1;
	return note;
}

static void post_twice(void)
{
	struct note *note = made_note();
	post_to(gatio_self(), note);
	post_to(gatio_self(), note);
}

static void post_twice_to_another_driver(void)
{
	struct gatio_address there = gatio_spawn_at(GATIO_ON_DRIVER(1), wrongdoer, NULL);
	struct note *note = made_note();
	post_to(there, note);
	post_to(there, note);
}

static void free_posted(void)
{
	struct note *note = made_note();
	post_to(gatio_self(), note);
	gatio_message_free(note);
}

static void do_nothing(void)
{
}

static void post_kept_twice(void)
{
	struct misuse *kept = gatio_message_keep(lent);
	kept->deed = do_nothing;
	(void)gatio_post(gatio_self(), kept);
	(void)gatio_post(gatio_self(), kept);
}

static void given_messages_are_given_once(void)
{
	static const struct child_misuse misuses[] = {
	        {post_twice, "gatio_post", "has been posted"},
	        {post_twice_to_another_driver, "gatio_post", "has been posted"},
	        {free_posted, "gatio_message_free", "has been posted"},
	        {post_kept_twice, "gatio_post", "has been posted"},
	};
	ASSERT_MISUSES(misuses, in_handler);
}

static void free_twice(void)
{
	struct note *note = made_note();
	gatio_message_free(note);
	gatio_message_free(note);
}

static void free_wide_twice(void)
{
	struct wide_note *wide = gatio_message_new(wide_note, 500);
	gatio_message_free(wide);
	gatio_message_free(wide);
}

static void post_freed(void)
{
	struct note *note = made_note();
	gatio_message_free(note);
	post_to(gatio_self(), note);
}

static void free_memory_of_malloc(void)
{
	gatio_free(malloc(100));
}

static void realloc_memory_of_malloc(void)
{
	(void)gatio_realloc(malloc(100), 200);
}

static void freed_and_unknown_memory_is_told(void)
{
#ifdef SANITIZED
	suite_skip("a sanitizer sees the look at such memory first");
	return;
#endif
	static const struct child_misuse misuses[] = {
	        {free_twice, "gatio_message_free", "has been freed"},
	        {free_wide_twice, "gatio_message_free", "has been freed"},
	        {post_freed, "gatio_post", "has been freed"},
	        {free_memory_of_malloc, "gatio_free", "its owner"},
	        {realloc_memory_of_malloc, "gatio_realloc", "its owner"},
	};
	ASSERT_MISUSES(misuses, in_handler);
}

/* A refused post leaves the message to its owner, who may try again or free it. */
static void refused_message_is_still_owned(void)
{
	struct scheduler_fixture fixture;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct note *note = made_note();
	CU_ASSERT_NOT_EQUAL(gatio_post(GATIO_NOBODY, note), 0);
	CU_ASSERT_NOT_EQUAL(gatio_post(GATIO_NOBODY, note), 0);
	gatio_message_free(note);
	scheduler_fixture_close(&fixture);
}

/* ---- Asks and memory ------------------------------------------------------------------------------------------------- */

static void ask_with_no_time(void)
{
	(void)gatio_ask(gatio_self(), on_wrong_value, 0, question, 1);
}

static void ask_for_another_behavior(void)
{
	struct gatio_answer answer = gatio_answer_on_wrong_value;
	answer.behavior = "probe";
	struct gatio_ask ask = {.answer = &answer, .deadline_ns = 1};
	struct question question = {1};
	(void)gatio_actor_ask(gatio_self(), &ask, &gatio_message_question, &question);
}

static void forward_an_answer(void)
{
	static struct diary diary;
	(void)gatio_ask(gatio_spawn(probe, .diary = &diary), on_wrong_value, GATIO_SECONDS(1),
	                question, 1);
}

static void free_inside_a_block(void)
{
	unsigned char *block = gatio_alloc(100);
	gatio_free(block + 32);
}

static void wrong_asks_and_blocks_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {ask_with_no_time, "gatio_ask", "deadline is 0"},
	        {ask_for_another_behavior, "gatio_ask", "GATIO_ANSWER"},
	        {forward_an_answer, "gatio_forward", "answer"},
	        {free_inside_a_block, "gatio_free", "its owner"},
	};
	ASSERT_MISUSES(misuses, in_handler);
}

static void *foreign_block;

static void free_foreign(void)
{
	gatio_free(foreign_block);
	foreign_block = gatio_alloc(100);
}

static void realloc_foreign(void)
{
	(void)gatio_realloc(foreign_block, 100);
	foreign_block = gatio_alloc(100);
}

static void blocks_of_other_actors_are_told(void)
{
	static const struct child_misuse misuses[] = {
	        {free_foreign, "gatio_free", "its owner"},
	        {realloc_foreign, "gatio_realloc", "its owner"},
	};
	ASSERT_MISUSES(misuses, in_second_handler);
}

static const CU_TestInfo tests[] = {
        {"messages of others are told", messages_of_others_are_told},
        {"given messages are given once", given_messages_are_given_once},
        {"freed and unknown memory is told", freed_and_unknown_memory_is_told},
        {"refused message is still owned", refused_message_is_still_owned},
        {"wrong asks and blocks are told", wrong_asks_and_blocks_are_told},
        {"blocks of other actors are told", blocks_of_other_actors_are_told},
        CU_TEST_INFO_NULL,
};

const struct suite ownership_suite = {"ownership", tests};
