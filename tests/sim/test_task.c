/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/task.c and sim/fiber.c. */
#include "sim/process.h"
#include "sim/task.h"

#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <string.h>

/* What a task does, and what came of it. */
struct doing {
	uint64_t until_ns;
	struct gi_task *other;
	bool was_woken;
	bool has_ended;
	uint64_t ended_ns;
	int value;
};

static void end(struct doing *doing)
{
	doing->has_ended = true;
	doing->ended_ns = gi_sim_here->now_ns;
}

static void *wait_main(void *argument)
{
	struct doing *doing = argument;
	doing->was_woken = gi_task_wait(doing->until_ns, "the test");
	end(doing);
	return NULL;
}

static void *wake_main(void *argument)
{
	struct doing *doing = argument;
	gi_task_spend(doing->until_ns);
	gi_task_wake(doing->other);
	gi_task_wake(doing->other); /* once is enough, twice no more */
	end(doing);
	return NULL;
}

static void *join_main(void *argument)
{
	struct doing *doing = argument;
	gi_task_join(doing->other);
	gi_task_join(doing->other); /* it has ended: nothing to wait for */
	end(doing);
	return NULL;
}

static struct gi_task *start(struct doing *doing, void *(*run)(void *argument))
{
	struct gi_task *task = gi_task_start(NULL, "task", run, doing);
	CU_ASSERT_PTR_NOT_NULL_FATAL(task);
	return task;
}

static void wait_ends_at_its_time(void)
{
	bare_begin(1);
	struct doing doing = {.until_ns = gi_sim_here->now_ns + 1000000};
	struct gi_task *task = start(&doing, wait_main);
	bare_go(500000);
	CU_ASSERT_TRUE(task->is_waiting);
	CU_ASSERT_STRING_EQUAL(task->waits_for, "the test");
	bare_finish();
	CU_ASSERT_TRUE(doing.has_ended);
	CU_ASSERT_FALSE(doing.was_woken);
	CU_ASSERT_EQUAL(doing.ended_ns, doing.until_ns);
	CU_ASSERT_PTR_NULL(gi_sim_here->tasks);
}

static void wake_ends_a_wait(void)
{
	bare_begin(1);
	struct doing sleeper = {.until_ns = GI_SIM_NEVER};
	struct doing waker = {.until_ns = 300000, .other = start(&sleeper, wait_main)};
	(void)start(&waker, wake_main);
	bare_finish();
	CU_ASSERT_TRUE(sleeper.has_ended);
	CU_ASSERT_TRUE(sleeper.was_woken);
	CU_ASSERT_EQUAL(sleeper.ended_ns, waker.ended_ns);
}

static void *wait_twice_main(void *argument)
{
	struct doing *doing = argument;
	(void)gi_task_wait(gi_sim_here->now_ns + 1000, "the first");
	doing->was_woken = gi_task_wait(doing->until_ns, "the second");
	end(doing);
	return NULL;
}

static void time_of_an_earlier_wait_ends_no_later_one(void)
{
	bare_begin(1);
	struct doing doing = {.until_ns = gi_sim_here->now_ns + 1000000};
	struct gi_task *task = start(&doing, wait_twice_main);
	while (!task->is_waiting) {
		CU_ASSERT_TRUE_FATAL(gi_sim_step());
	}
	gi_task_wake(task); /* its time comes all the same, in the second wait */
	bare_finish();
	CU_ASSERT_EQUAL(doing.ended_ns, doing.until_ns);
	CU_ASSERT_FALSE(doing.was_woken);
}

static void nobody_wakes_means_for_ever(void)
{
	bare_begin(1);
	struct doing doing = {.until_ns = GI_SIM_NEVER};
	struct gi_task *task = start(&doing, wait_main);
	bare_finish();
	CU_ASSERT_FALSE(doing.has_ended);
	CU_ASSERT_PTR_EQUAL(gi_sim_here->tasks, task);
}

static void *spend_main(void *argument)
{
	struct doing *doing = argument;
	for (int i = 0; i < 10; i++) {
		gi_task_spend(1000);
		doing->value++;
		if (doing->other == gi_task_current()) {
			break;
		}
	}
	end(doing);
	return NULL;
}

static void others_run_while_one_spends(void)
{
	bare_begin(1);
	struct doing a = {0};
	struct doing b = {0};
	(void)start(&a, spend_main);
	(void)start(&b, spend_main);
	bool was_between = false;
	while (gi_sim_step()) {
		was_between |= a.value > 0 && b.value > 0 && !a.has_ended && !b.has_ended;
	}
	CU_ASSERT_TRUE(a.has_ended && b.has_ended);
	CU_ASSERT_TRUE(was_between);
}

static void join_waits_for_the_end(void)
{
	bare_begin(1);
	struct doing doing = {.until_ns = gi_sim_here->now_ns + 1000000};
	struct doing joiner = {.other = start(&doing, wait_main)};
	(void)start(&joiner, join_main);
	bare_finish();
	CU_ASSERT_TRUE(joiner.has_ended);
	CU_ASSERT_EQUAL(joiner.ended_ns, doing.ended_ns);
}

static void dropped_task_runs_no_more(void)
{
	bare_begin(1);
	struct doing doing = {.until_ns = gi_sim_here->now_ns + 1000000};
	struct gi_task *task = start(&doing, wait_main);
	struct doing joiner = {.other = task};
	(void)start(&joiner, join_main);
	bare_go(100000);
	gi_task_drop(task);
	bare_finish();
	CU_ASSERT_FALSE(doing.has_ended);
	CU_ASSERT_TRUE(task->has_ended);
	CU_ASSERT_TRUE(joiner.has_ended);
	CU_ASSERT_PTR_NULL(gi_sim_here->tasks);
}

static void *end_main(void *argument)
{
	(void)argument;
	gi_task_end();
}

static void task_ends_in_the_middle(void)
{
	bare_begin(1);
	struct doing doing = {0};
	struct gi_task *task = start(&doing, end_main);
	bare_finish();
	CU_ASSERT_TRUE(task->has_ended);
	CU_ASSERT_PTR_NULL(gi_task_current());
}

static _Thread_local int own = 3;

static void *own_main(void *argument)
{
	struct doing *doing = argument;
	for (int i = 0; i < 5; i++) {
		own += doing->value;
		gi_task_spend(1000);
	}
	doing->value = own;
	end(doing);
	return NULL;
}

static void thread_locals_stay_apart(void)
{
	bare_begin(1);
	struct gi_process process = {.name = "process"};
	struct doing a = {.value = 1};
	struct doing b = {.value = 100};
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_task_start(&process, "a", own_main, &a));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_task_start(&process, "b", own_main, &b));
	bare_finish();
	CU_ASSERT_EQUAL(a.value, 8);
	CU_ASSERT_EQUAL(b.value, 503);
}

static CU_TestInfo task_tests[] = {
        {"a wait ends at its time", wait_ends_at_its_time},
        {"a wake ends a wait", wake_ends_a_wait},
        {"time of an earlier wait ends no later one", time_of_an_earlier_wait_ends_no_later_one},
        {"nobody wakes means for ever", nobody_wakes_means_for_ever},
        {"others run while one spends", others_run_while_one_spends},
        {"join waits for the end", join_waits_for_the_end},
        {"a dropped task runs no more", dropped_task_runs_no_more},
        {"a task ends in the middle", task_ends_in_the_middle},
        {"thread-locals stay apart", thread_locals_stay_apart},
        CU_TEST_INFO_NULL,
};

const struct suite task_suite = {"task", task_tests};
