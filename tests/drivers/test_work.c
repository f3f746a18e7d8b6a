/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/work.c */
#include "drivers/work.h"

#include "base/container.h"
#include "tests/support/suite.h"

enum { JOBS = 512 };

/* A piece of work that writes down that it ran. */
struct job {
	struct gi_work work;
	uint32_t run_count;
	uint32_t runs_left;    /* asks for more so often */
	struct gi_work *wakes; /* pushed by each run */
};

static struct gi_work_queues queues;
static struct job jobs[JOBS];
static const struct job *order[8192];
static uint32_t order_count;

static bool run(struct gi_work *work, void *context)
{
	struct job *job = gi_container_of(work, struct job, work);
	CU_ASSERT_PTR_EQUAL(context, &queues);
	CU_ASSERT_FALSE(work->is_queued);
	CU_ASSERT_FATAL(order_count < GI_COUNT_OF(order));
	order[order_count++] = job;
	job->run_count++;
	if (job->wakes) {
		gi_work_push(&queues, job->wakes);
	}
	return job->runs_left > 0 && job->runs_left-- > 0;
}

static void setup(void)
{
	gi_work_queues_init(&queues);
	order_count = 0;
	for (uint32_t i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){.work = {.run = run, .class = GI_WORK_NORMAL}};
	}
}

static void push(uint32_t first, uint32_t count, unsigned class)
{
	for (uint32_t i = first; i < first + count; i++) {
		jobs[i].work.class = (uint8_t) class;
		gi_work_push(&queues, &jobs[i].work);
	}
}

static uint32_t queued_count(void)
{
	uint32_t count = 0;
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		for (const struct gi_work *work = queues.first[class]; work; work = work->next) {
			CU_ASSERT_TRUE(work->is_queued);
			count++;
		}
	}
	CU_ASSERT_EQUAL(gi_work_is_waiting(&queues), count > 0);
	return count;
}

static uint32_t runs_of_class(unsigned class)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < order_count; i++) {
		count += order[i]->work.class == class;
	}
	return count;
}

static void empty_queues_run_nothing(void)
{
	setup();
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 0);
	CU_ASSERT_EQUAL(queued_count(), 0);
}

static void work_runs_in_order_of_push(void)
{
	setup();
	push(0, 5, GI_WORK_NORMAL);
	CU_ASSERT_EQUAL(queued_count(), 5);
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 5);
	CU_ASSERT_EQUAL(queued_count(), 0);
	for (uint32_t i = 0; i < 5; i++) {
		CU_ASSERT_PTR_EQUAL(order[i], &jobs[i]);
	}
}

static void pushed_twice_runs_once(void)
{
	setup();
	push(0, 1, GI_WORK_NORMAL);
	push(0, 1, GI_WORK_NORMAL);
	CU_ASSERT_EQUAL(queued_count(), 1);
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
	CU_ASSERT_EQUAL(jobs[0].run_count, 1);
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 0);
}

static void asking_for_more_goes_behind(void)
{
	setup();
	jobs[0].runs_left = 1;
	push(0, 3, GI_WORK_NORMAL);
	gi_work_run(&queues, &queues);
	CU_ASSERT_EQUAL(queued_count(), 1);
	push(3, 1, GI_WORK_NORMAL);
	gi_work_run(&queues, &queues);
	CU_ASSERT_EQUAL_FATAL(order_count, 5);
	CU_ASSERT_PTR_EQUAL(order[3], &jobs[0]);
	CU_ASSERT_PTR_EQUAL(order[4], &jobs[3]);
}

/* Else a lone actor would have its budget of messages 8 or 32 times a turn. */
static void lone_work_runs_once_a_pass(void)
{
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		setup();
		jobs[0].runs_left = 100;
		push(0, 1, class);
		CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
		CU_ASSERT_EQUAL(jobs[0].run_count, 1);
		CU_ASSERT_EQUAL(queued_count(), 1);
	}
}

static void woken_work_runs_within_the_weight(void)
{
	static const uint32_t weights[GI_WORK_CLASS_COUNT] = GI_WORK_WEIGHTS;
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		setup();
		jobs[0].wakes = &jobs[1].work;
		jobs[1].wakes = &jobs[0].work;
		jobs[1].work.class = (uint8_t) class;
		push(0, 1, class);
		for (uint32_t pass = 1; pass <= 5; pass++) {
			CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), weights[class]);
			CU_ASSERT_EQUAL(order_count, pass * weights[class]);
			CU_ASSERT_EQUAL(queued_count(), 1);
		}
	}
}

/* As good as asking for more: also when it does both, or says no at last. */
static void work_that_wakes_itself_is_queued_once(void)
{
	setup();
	jobs[0].wakes = &jobs[0].work;
	jobs[0].runs_left = 1000;
	push(0, 2, GI_WORK_NORMAL);
	for (uint32_t pass = 0; pass < 5; pass++) {
		CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), pass == 0 ? 2 : 1);
		CU_ASSERT_EQUAL(queued_count(), 1);
		jobs[0].runs_left = pass < 2 ? 1000 : 0;
	}
	CU_ASSERT_EQUAL(jobs[1].run_count, 1);
	jobs[0].wakes = NULL;
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
	CU_ASSERT_EQUAL(queued_count(), 0);
}

static void classes_share_by_weight(void)
{
	static const uint32_t weights[GI_WORK_CLASS_COUNT] = GI_WORK_WEIGHTS;
	setup();
	uint32_t pushed = 0;
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		push(pushed, weights[class] + 10, class); /* more than its share */
		pushed += weights[class] + 10;
		CU_ASSERT_TRUE_FATAL(pushed <= JOBS);
	}
	for (uint32_t i = 0; i < pushed; i++) {
		jobs[i].runs_left = 1000;
	}
	for (uint32_t pass = 1; pass <= 20; pass++) {
		order_count = 0;
		gi_work_run(&queues, &queues);
		for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
			CU_ASSERT_EQUAL(runs_of_class(class), weights[class]);
		}
	}
	/* None starves, and within a class all are equal. */
	for (uint32_t i = 0; i < pushed; i++) {
		uint32_t weight = weights[jobs[i].work.class];
		CU_ASSERT_TRUE(jobs[i].run_count >= 20 * weight / (weight + 10));
		CU_ASSERT_TRUE(jobs[i].run_count <= 20 * weight / (weight + 10) + 1);
	}
	CU_ASSERT_EQUAL(queued_count(), pushed);
}

static void urgent_work_runs_first(void)
{
	setup();
	push(0, 1, GI_WORK_BACKGROUND);
	push(1, 1, GI_WORK_NORMAL);
	push(2, 1, GI_WORK_URGENT);
	gi_work_run(&queues, &queues);
	CU_ASSERT_EQUAL_FATAL(order_count, 3);
	CU_ASSERT_PTR_EQUAL(order[0], &jobs[2]);
	CU_ASSERT_PTR_EQUAL(order[1], &jobs[1]);
	CU_ASSERT_PTR_EQUAL(order[2], &jobs[0]);
}

/* What the run of a work may do to it: it is its last, and its memory is used for something else. */
static bool run_and_vanish(struct gi_work *work, void *context)
{
	(void)context;
	order[order_count++] = gi_container_of(work, struct job, work);
	*work = (struct gi_work){.class = 0xff, .is_queued = true};
	return false;
}

static void finished_work_is_not_touched(void)
{
	setup();
	jobs[0].work.run = run_and_vanish;
	push(0, 3, GI_WORK_NORMAL);
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 3);
	CU_ASSERT_EQUAL(jobs[0].work.class, 0xff);
	CU_ASSERT_TRUE(jobs[0].work.is_queued);
	CU_ASSERT_EQUAL(queued_count(), 0);
}

/* Goes on with all that it can. What it returns is the answer of the last. */
static bool run_on(struct gi_work *work, void *context)
{
	bool wants_more = run(work, context);
	size_t class = work->class;
	while (!wants_more && (work = gi_work_next(&queues, class, run_on))) {
		wants_more = run(work, context);
	}
	return wants_more;
}

static void setup_run_on(uint32_t count, unsigned class)
{
	setup();
	for (uint32_t i = 0; i < count; i++) {
		jobs[i].work.run = run_on;
	}
	push(0, count, class);
}

static void going_on_stays_within_the_weight(void)
{
	static const uint32_t weights[GI_WORK_CLASS_COUNT] = GI_WORK_WEIGHTS;
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		setup_run_on(weights[class] + 1, class);
		CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), weights[class]);
		CU_ASSERT_EQUAL(order_count, weights[class]);
		CU_ASSERT_EQUAL(queued_count(), 1);
		CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
		CU_ASSERT_PTR_EQUAL(order[weights[class]], &jobs[weights[class]]);
	}
}

static void going_on_ends_at_another_kind(void)
{
	setup_run_on(4, GI_WORK_NORMAL);
	jobs[2].work.run = run;
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 4);
	CU_ASSERT_EQUAL_FATAL(order_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_PTR_EQUAL(order[i], &jobs[i]);
	}
	CU_ASSERT_EQUAL(queued_count(), 0);
}

/* The answer is that of the one that ran last, not of the one that was called. */
static void asking_for_more_after_going_on_goes_behind(void)
{
	setup_run_on(4, GI_WORK_NORMAL);
	jobs[1].runs_left = 1;
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 4);
	CU_ASSERT_EQUAL(queued_count(), 1);
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
	CU_ASSERT_EQUAL_FATAL(order_count, 5);
	CU_ASSERT_PTR_EQUAL(order[4], &jobs[1]);
}

/* Whoever goes on has said that it needs no more: what woke the last one alone counts. */
static void last_that_wakes_itself_is_queued(void)
{
	setup_run_on(2, GI_WORK_NORMAL);
	jobs[1].wakes = &jobs[1].work;
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 2);
	CU_ASSERT_EQUAL(queued_count(), 1);
	jobs[1].wakes = NULL;
	CU_ASSERT_EQUAL(gi_work_run(&queues, &queues), 1);
	CU_ASSERT_PTR_EQUAL(order[2], &jobs[1]);
	CU_ASSERT_EQUAL(queued_count(), 0);
}

static void arrive(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		gi_work_note_arrival(&queues);
	}
}

/* They came in the turn that runs now, and nobody else waits. The last share is a whole one. */
static void arrivals_of_one_class_run_in_their_pass(void)
{
	setup();
	push(0, 40, GI_WORK_NORMAL);
	arrive(9);
	CU_ASSERT_EQUAL(gi_work_run_arrived(&queues, &queues), 8 + 16);
	CU_ASSERT_EQUAL(gi_work_run_arrived(&queues, &queues),
	                8); /* those that arrived have been counted */
	CU_ASSERT_EQUAL(queued_count(), 8);
}

/* The weights sum up to 42: no share begins after so many runs. */
static void arrivals_make_no_turn_endless(void)
{
	static const uint32_t most[GI_WORK_CLASS_COUNT] = {64, 48, 42};
	for (unsigned class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		setup();
		jobs[0].wakes = &jobs[1].work;
		jobs[1].wakes = &jobs[0].work;
		jobs[1].work.class = (uint8_t) class;
		push(0, 1, class);
		arrive(100000);
		CU_ASSERT_EQUAL(gi_work_run_arrived(&queues, &queues), most[class]);
	}
}

/* An owner's budget is one for each pass. */
static void asking_for_more_waits_for_arrivals_too(void)
{
	setup();
	jobs[0].runs_left = 100;
	push(0, 20, GI_WORK_NORMAL);
	arrive(30);
	CU_ASSERT_EQUAL(gi_work_run_arrived(&queues, &queues), 20);
	CU_ASSERT_EQUAL(jobs[0].run_count, 1);
	CU_ASSERT_EQUAL(queued_count(), 1);
}

static void arrivals_hold_up_no_other_class(void)
{
	setup();
	push(0, 30, GI_WORK_NORMAL);
	push(30, 30, GI_WORK_BACKGROUND);
	arrive(30);
	gi_work_run_arrived(&queues, &queues);
	CU_ASSERT_EQUAL(runs_of_class(GI_WORK_NORMAL), 8);
	CU_ASSERT_EQUAL(runs_of_class(GI_WORK_BACKGROUND), 2);
	/* Nor one that is woken in between. */
	setup();
	push(0, 30, GI_WORK_NORMAL);
	jobs[10].wakes = &jobs[30].work;
	jobs[30].work.class = GI_WORK_URGENT;
	arrive(30);
	CU_ASSERT_EQUAL(gi_work_run_arrived(&queues, &queues), 16);
	CU_ASSERT_EQUAL(jobs[30].run_count, 0);
	CU_ASSERT_EQUAL(queued_count(), 15);
}

static CU_TestInfo tests[] = {
        {"empty queues run nothing", empty_queues_run_nothing},
        {"work runs in order of push", work_runs_in_order_of_push},
        {"pushed twice runs once", pushed_twice_runs_once},
        {"asking for more goes behind", asking_for_more_goes_behind},
        {"lone work runs once a pass", lone_work_runs_once_a_pass},
        {"woken work runs within the weight", woken_work_runs_within_the_weight},
        {"work that wakes itself is queued once", work_that_wakes_itself_is_queued_once},
        {"classes share by weight", classes_share_by_weight},
        {"urgent work runs first", urgent_work_runs_first},
        {"finished work is not touched", finished_work_is_not_touched},
        {"going on stays within the weight", going_on_stays_within_the_weight},
        {"going on ends at another kind", going_on_ends_at_another_kind},
        {"asking for more after going on goes behind", asking_for_more_after_going_on_goes_behind},
        {"last that wakes itself is queued", last_that_wakes_itself_is_queued},
        {"arrivals of one class run in their pass", arrivals_of_one_class_run_in_their_pass},
        {"arrivals make no turn endless", arrivals_make_no_turn_endless},
        {"asking for more waits for arrivals too", asking_for_more_waits_for_arrivals_too},
        {"arrivals hold up no other class", arrivals_hold_up_no_other_class},
        CU_TEST_INFO_NULL,
};

extern const struct suite work_suite;
const struct suite work_suite = {"work", tests};
