/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/dead.c: who asked is told, however little memory and room there is. */
#include "actors/life.h"
#include "actors/registry.h"
#include "tests/actors/cast.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include "drivers/send.h"
#include "topology/arena.h"

#include <errno.h>

static struct scheduler_fixture fixture;
static struct diary asked;    /* of the asker, on driver 0 */
static struct diary answered; /* of the one it asks, on driver 1 */
static struct gatio_address asker;
static struct gatio_address probe;

/* Two TPCs: what is short in one is not in the other. */
static void open_pair(void)
{
	asked = (struct diary){0};
	answered = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1});
	asker = gatio_spawn(asker, .diary = &asked);
	probe = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &answered);
	scheduler_fixture_settle(&fixture);
}

static void ask(enum ask_kind kind)
{
	scheduler_fixture_be(&fixture, 0);
	CU_ASSERT_EQUAL(gatio_send(asker, do_ask, .to = probe, .deadline_ns = GATIO_SECONDS(9),
	                           .kind = kind),
	                0);
}

/* It does not run, but what is sent to it comes into its inbox. */
static void ask_without_its_turn(uint32_t count)
{
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	struct gi_actor *actor = gi_registry_find(scheduler, probe.bits);
	actor->is_starting = true; /* so nothing is handled where it lies */
	for (uint32_t i = 0; i < count; i++) {
		ask(ASK_SLOW);
		scheduler_fixture_turn(&fixture, 0);
		struct gi_work_queues ready = scheduler->driver->ready;
		actor->work.is_queued = true;
		gi_work_queues_init(&scheduler->driver->ready);
		scheduler_fixture_turn(&fixture, 1);
		scheduler->driver->ready = ready;
	}
	actor->is_starting = false;
	actor->work.is_queued = false;
}

/* 850,000 of them once took all of the reserve, and the process. */
static void refusals_of_an_inbox_need_no_memory(void)
{
	enum { ASKS = 500 };
	open_pair();
	ask(ASK_QUESTION);
	scheduler_fixture_settle(&fixture); /* the way back is open */
	ask_without_its_turn(ASKS);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	scheduler_fixture_fill(&fixture, 1);
	while (gi_heap_alloc_reserved(scheduler->driver->heap,
	                              64)) { /* not even the reserve is left */
	}
	uint64_t taken = gi_arena_taken(scheduler->driver->options.arena);
	gi_actor_end(scheduler_fixture_be(&fixture, 1), gi_registry_find(scheduler, probe.bits), 0);
	CU_ASSERT_EQUAL(gi_arena_taken(scheduler->driver->options.arena), taken);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, ASKS + 1);
	CU_ASSERT_EQUAL(asked.err, -ESRCH);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), ASKS);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

static struct gi_route *way_back(void)
{
	return scheduler_fixture_scheduler(&fixture, 1)->driver->routes[0];
}

/* Driver 1 says more than driver 0 takes. */
static void fill_the_way_back(void)
{
	scheduler_fixture_be(&fixture, 1);
	while (gatio_send(asker, value, 0) == 0) {
	}
	CU_ASSERT_PTR_NOT_NULL(way_back()->outbox_first);
}

/* One that lies in the ring takes a block while the way back is full, and waits there behind the others. */
static void refusal_waits_for_a_full_way(void)
{
	open_pair();
	ask(ASK_QUESTION);
	scheduler_fixture_settle(&fixture);
	fill_the_way_back();
	uint32_t waiting = way_back()->outbox_user_count;
	ask(ASK_UNHANDLED);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_be(&fixture, 1);
	while (gatio_send(asker, value, 0) == 0) { /* driver 0 has taken some */
	}
	scheduler_fixture_fill(&fixture, 1); /* it is the reserve's then */
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_TRUE(way_back()->outbox_user_count >= waiting - 16);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT_EQUAL(asked.err, -EPROTO);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

/* Without even that nobody is told, and nothing breaks: the ask has a deadline. */
static void without_all_memory_the_deadline_tells(void)
{
	open_pair();
	ask(ASK_QUESTION);
	scheduler_fixture_settle(&fixture);
	fill_the_way_back();
	ask(ASK_UNHANDLED);
	scheduler_fixture_turn(&fixture, 0);
	struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 1);
	while (gatio_send(asker, value, 0) == 0) {
	}
	scheduler_fixture_fill(&fixture, 1);
	while (gi_heap_alloc_reserved(scheduler->driver->heap, 64)) {
	}
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	manual_clock_advance(GATIO_SECONDS(10));
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT_EQUAL(asked.err, -ETIMEDOUT);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

/* A block of the asker's own driver becomes the refusal, and goes home all the same. */
static void refused_blocks_go_home(void)
{
	open_pair();
	ask(ASK_QUESTION);
	scheduler_fixture_settle(&fixture);
	int64_t used[2] = {scheduler_fixture_used(&fixture, 0),
	                   scheduler_fixture_used(&fixture, 1)};
	for (uint32_t i = 0; i < 200; i++) {
		ask(i % 2 ? ASK_UNHANDLED : ASK_WIDE);
		scheduler_fixture_settle(&fixture);
	}
	CU_ASSERT_EQUAL(asked.answer_count, 201);
	CU_ASSERT_EQUAL(asked.err, -EPROTO);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used[0]);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 1), used[1]);
	scheduler_fixture_close(&fixture);
}

/* It has taken the question: nobody knows that there will be no answer. */
static void ask_of_one_that_ends_has_its_deadline(void)
{
	open_pair();
	ask(ASK_SLOW);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(answered.count, 1);
	scheduler_fixture_be(&fixture, 0);
	CU_ASSERT_EQUAL(gatio_send(probe, leave, 0), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(answered.ended_count, 1);
	CU_ASSERT_EQUAL(asked.answer_count, 0);
	ask(ASK_SLOW); /* one that comes too late is told at once */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, -ESRCH);
	manual_clock_advance(GATIO_SECONDS(10));
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT_EQUAL(asked.err, -ETIMEDOUT);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"ask of one that ends has its deadline", ask_of_one_that_ends_has_its_deadline},
        {"refusals of an inbox need no memory", refusals_of_an_inbox_need_no_memory},
        {"refusal waits for a full way", refusal_waits_for_a_full_way},
        {"without all memory the deadline tells", without_all_memory_the_deadline_tells},
        {"refused blocks go home", refused_blocks_go_home},
        CU_TEST_INFO_NULL,
};

const struct suite dead_suite = {"dead", tests};
