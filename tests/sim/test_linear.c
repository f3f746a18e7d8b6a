/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the checker: what can be holds, and what cannot be does not. */
#include "tests/sim/linear.h"

#include <string.h>

#include "tests/support/suite.h"

/* Times in ns are those of the wall in ms here. */
static struct linear_operation *add(struct linear_history *history, enum linear_kind kind,
                                    uint64_t start, uint64_t end)
{
	struct linear_operation *operation = &history->operations[history->count];
	*operation = (struct linear_operation){
	        .kind = (uint8_t)kind,
	        .client = history->count++,
	        .start_ns = start,
	        .end_ns = end,
	        .wall_start_ms = (int64_t)start,
	        .wall_end_ms = end == LINEAR_NEVER ? LINEAR_TIME_MAX : (int64_t)end,
	};
	return operation;
}

static struct linear_text text(const char *bytes)
{
	return linear_text(bytes, strlen(bytes));
}

static void set(struct linear_history *history, const char *value, uint64_t start, uint64_t end)
{
	struct linear_operation *operation = add(history, LINEAR_SET, start, end);
	operation->text = text(value);
	operation->answer.kind = end == LINEAR_NEVER ? LINEAR_NO_ANSWER : LINEAR_OK;
}

/* value NULL: nil. */
static void get(struct linear_history *history, const char *value, uint64_t start, uint64_t end)
{
	struct linear_operation *operation = add(history, LINEAR_GET, start, end);
	operation->answer.kind = value ? LINEAR_TEXT : LINEAR_NIL;
	operation->answer.text = value ? text(value) : (struct linear_text){.size = 0};
}

static struct linear_operation *say_int(struct linear_operation *operation, int64_t number)
{
	operation->answer.kind = LINEAR_INT;
	operation->answer.number = number;
	return operation;
}

static void incr(struct linear_history *history, int64_t sum, uint64_t start, uint64_t end)
{
	say_int(add(history, LINEAR_INCR, start, end), sum)->number = 1;
}

static void expire(struct linear_history *history, int64_t ms, uint64_t start, uint64_t end)
{
	say_int(add(history, LINEAR_PEXPIRE, start, end), 1)->number = ms;
}

static enum linear_verdict check(const struct linear_history *history)
{
	struct linear_report report;
	return linear_check(history, &report);
}

static void texts_are_appended(void)
{
	struct linear_text both = linear_append(text("some"), text("thing"));
	CU_ASSERT(linear_same(both, text("something")));
	CU_ASSERT(!linear_same(both, text("somethinh")));
	CU_ASSERT(linear_same(linear_append(text(""), text("a")), text("a")));
	CU_ASSERT(linear_same(linear_number(-17), text("-17")));
	CU_ASSERT(text("-17").is_number);
	CU_ASSERT(!text("017").is_number);
	CU_ASSERT(!text("").is_number);
}

static void one_after_the_other_holds(void)
{
	struct linear_history history = {.count = 0};
	get(&history, NULL, 0, 1);
	set(&history, "a", 2, 3);
	get(&history, "a", 4, 5);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
}

static void what_was_overwritten_is_not_read(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	set(&history, "b", 2, 3);
	get(&history, "a", 4, 5);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void one_who_has_read_the_new_does_not_read_the_old(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	set(&history, "b", 2, 20);
	get(&history, "b", 3, 4);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	get(&history, "a", 5, 6);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void a_sum_that_two_were_told_is_wrong(void)
{
	struct linear_history history = {.count = 0};
	incr(&history, 1, 0, 10);
	incr(&history, 2, 0, 10);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	incr(&history, 2, 0, 10);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void what_has_no_answer_may_be_done_late_or_never(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	set(&history, "b", 2, LINEAR_NEVER);
	get(&history, "a", 10, 11);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	get(&history, "b", 12, 13);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	get(&history, "a", 14, 15);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void one_client_is_served_in_order(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 10);
	set(&history, "b", 0, 10);
	get(&history, "a", 11, 12);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	history.operations[1].client = history.operations[0].client;
	history.operations[1].order = 1;
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void a_key_is_there_until_its_end_and_not_later(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	expire(&history, 100, 2, 4); /* ends within 102 .. 104 */
	get(&history, "a", 103, 103);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	get(&history, NULL, 104, 104);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	history.operations[3].start_ns = 103;
	history.operations[3].end_ns = 103;
	history.operations[3].wall_start_ms = 103;
	history.operations[3].wall_end_ms = 103;
	history.operations[3].client = history.operations[2].client;
	history.operations[3].order = 1;
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void a_key_does_not_end_early_or_late(void)
{
	struct linear_history early = {.count = 0};
	set(&early, "a", 0, 1);
	expire(&early, 100, 2, 4);
	struct linear_history late = early;
	get(&early, NULL, 90, 101);
	CU_ASSERT_EQUAL(check(&early), LINEAR_BROKEN);
	get(&late, "a", 104, 110);
	CU_ASSERT_EQUAL(check(&late), LINEAR_BROKEN);
}

static void a_clock_set_back_may_have_ended_a_key(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	expire(&history, 100, 2, 4);
	get(&history, NULL, 50, 51);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
	history.wall_jumps = true;
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
}

static void the_time_left_is_told_right(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	expire(&history, 100, 2, 4);
	say_int(add(&history, LINEAR_PTTL, 50, 50), 53);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	say_int(add(&history, LINEAR_PEXPIRETIME, 60, 60), 103);
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	say_int(add(&history, LINEAR_PEXPIRETIME, 70, 70), 102);
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void a_rename_moves_value_and_end(void)
{
	struct linear_history history = {.count = 0};
	set(&history, "a", 0, 1);
	expire(&history, 100, 2, 4);
	add(&history, LINEAR_RENAME, 5, 6)->answer.kind = LINEAR_OK;
	get(&history, "a", 7, 8);
	history.operations[3].key = 1;
	get(&history, NULL, 7, 8);
	say_int(add(&history, LINEAR_PTTL, 50, 50), 52)->key = 1;
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	get(&history, "a", 60, 61); /* at its old place */
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static void both_are_new_or_none_is_set(void)
{
	struct linear_history history = {.count = 0};
	struct linear_operation *both = say_int(add(&history, LINEAR_MSETNX, 0, 9), 1);
	both->text = text("a");
	both->other = text("b");
	get(&history, "a", 1, 2);
	get(&history, NULL, 3, 4);
	history.operations[2].key = 1;
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
	history.operations[2].answer.kind = LINEAR_TEXT;
	history.operations[2].answer.text = text("b");
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
}

/* Many at once, of which the last answer decides: what has been tried is not tried again. */
static void many_at_once_are_judged_soon(void)
{
	struct linear_history history = {.count = 0};
	struct linear_report report;
	for (int i = 0; i < 12; i++) {
		incr(&history, i + 1, 0, 100);
		if (i < 4) {
			add(&history, LINEAR_INCR, 0, LINEAR_NEVER)->number = 1000;
		}
	}
	get(&history, "7", 200, 201);
	CU_ASSERT_EQUAL(linear_check(&history, &report), LINEAR_BROKEN);
	CU_ASSERT(report.state_count < 500);
}

/* All the others before the one that was read: a million ways that nobody has to try. */
static void what_has_no_answer_is_tried_last(void)
{
	static const char *const values[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
	                                     "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};
	struct linear_history history = {.count = 0};
	struct linear_report report;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		set(&history, values[i], 0, LINEAR_NEVER);
	}
	get(&history, "a", 10, 11);
	CU_ASSERT_EQUAL(linear_check(&history, &report), LINEAR_HOLDS);
	CU_ASSERT(report.state_count < 10);
}

static void a_full_history_is_checked(void)
{
	struct linear_history history = {.count = 0};
	for (uint32_t i = 0; i < LINEAR_OPERATIONS_MAX; i++) {
		incr(&history, i + 1, 2 * i, 2 * i + 3);
	}
	CU_ASSERT_EQUAL(check(&history), LINEAR_HOLDS);
	history.operations[LINEAR_OPERATIONS_MAX - 1].answer.number--;
	CU_ASSERT_EQUAL(check(&history), LINEAR_BROKEN);
}

static const CU_TestInfo tests[] = {
        {"texts are appended", texts_are_appended},
        {"one after the other holds", one_after_the_other_holds},
        {"what was overwritten is not read", what_was_overwritten_is_not_read},
        {"who has read the new does not read the old",
         one_who_has_read_the_new_does_not_read_the_old},
        {"a sum that two were told is wrong", a_sum_that_two_were_told_is_wrong},
        {"what has no answer may be done late or never",
         what_has_no_answer_may_be_done_late_or_never},
        {"one client is served in order", one_client_is_served_in_order},
        {"a key is there until its end", a_key_is_there_until_its_end_and_not_later},
        {"a key does not end early or late", a_key_does_not_end_early_or_late},
        {"a clock set back may have ended a key", a_clock_set_back_may_have_ended_a_key},
        {"the time left is told right", the_time_left_is_told_right},
        {"a rename moves value and end", a_rename_moves_value_and_end},
        {"both are new or none is set", both_are_new_or_none_is_set},
        {"many at once are judged soon", many_at_once_are_judged_soon},
        {"what has no answer is tried last", what_has_no_answer_is_tried_last},
        {"a full history is checked", a_full_history_is_checked},
        CU_TEST_INFO_NULL,
};

const struct suite linear_suite = {"linear", tests};
