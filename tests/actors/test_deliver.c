/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/deliver.c: what comes from another driver. */
#include "tests/actors/cast.h"
#include "tests/support/stage_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>

static struct stage_fixture fixture;

static void idle_actor_handles_in_place(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	stage_fixture_settle(&fixture);
	struct gi_stage *stage = stage_fixture_stage(&fixture, 1);
	uint64_t used = gi_heap_used(stage->driver->heap);
	gatio_send(to, note, .number = 1);
	gatio_send(to, note, .number = 2);
	stage_fixture_turn(&fixture, 0);
	/* Without a byte of memory it is still handled. */
	stage_fixture_fill(&fixture, 1);
	stage_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 2);
	stage_fixture_unfill(&fixture, 1);
	CU_ASSERT_EQUAL(gi_heap_used(stage->driver->heap), used);
	stage_fixture_close(&fixture);
}

static void in_place_handling_has_a_budget(void)
{
	stage_fixture_open(&fixture,
	                   &(struct stage_fixture_options){.driver_count = 2, .budget = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	stage_fixture_settle(&fixture);
	for (uint64_t i = 0; i < 9; i++) {
		gatio_send(to, note, .number = i);
	}
	stage_fixture_turn(&fixture, 0);
	stage_fixture_turn(&fixture, 1);
	/* Two where they lay, then its run of two, and the rest in later turns, in order. */
	CU_ASSERT_EQUAL(diary.count, 4);
	stage_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 6);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.count, 9);
	for (uint64_t i = 0; i < 9; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
	}
	stage_fixture_close(&fixture);
}

/* Beyond its budget a quick actor's messages cost no memory: they stay where they are. */
static void flood_stays_in_the_mailbox(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2,
	                                                             .budget = 32,
	                                                             .mailbox_slots = 128});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	stage_fixture_settle(&fixture);
	struct gi_stage *stage = stage_fixture_stage(&fixture, 1);
	uint64_t used = gi_heap_used(stage->driver->heap);
	for (uint64_t i = 0; i < 100; i++) {
		gatio_send(to, note, .number = i);
	}
	stage_fixture_turn(&fixture, 0);
	for (uint32_t turn = 1; turn <= 4; turn++) {
		stage_fixture_turn(&fixture, 1);
		CU_ASSERT_EQUAL(diary.count, turn < 4 ? 32 * turn : 100);
		CU_ASSERT_EQUAL(gi_heap_used(stage->driver->heap), used);
	}
	for (uint64_t i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
	}
	stage_fixture_close(&fixture);
}

/* Neither of two floods keeps the other out, nor what lies behind it. */
static void floods_take_turns(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 3,
	                                                             .budget = 32,
	                                                             .mailbox_slots = 128});
	struct diary diary = {0};
	struct diary other = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(2), probe, .diary = &diary);
	struct gatio_address to_other = gatio_spawn_at(GATIO_ON_DRIVER(2), probe, .diary = &other);
	stage_fixture_settle(&fixture);
	uint32_t counts[2] = {0};
	for (uint32_t turn = 0; turn < 8; turn++) {
		for (uint32_t sender = 0; sender < 2; sender++) {
			stage_fixture_be(&fixture, sender);
			for (uint32_t i = 0; i < 32; i++) {
				gatio_send(to, note, .number = sender);
			}
			gatio_send(to_other, note, .number = sender);
			stage_fixture_turn(&fixture, sender);
		}
		stage_fixture_turn(&fixture, 2);
	}
	CU_ASSERT_EQUAL_FATAL(diary.count, 8 * 32);
	for (uint32_t i = 0; i < diary.count; i++) {
		counts[diary.numbers[i]]++;
	}
	CU_ASSERT_EQUAL(counts[0], 4 * 32);
	CU_ASSERT_EQUAL(counts[1], 4 * 32);
	uint32_t behind[2] = {0};
	for (uint32_t i = 0; i < other.count; i++) {
		behind[other.numbers[i]]++;
	}
	CU_ASSERT_TRUE(behind[0] >= 3);
	CU_ASSERT_TRUE(behind[1] >= 3);
	stage_fixture_settle(&fixture);
	stage_fixture_close(&fixture);
}

/* Behind an actor whose budget says that it is slow nobody waits. */
static void slow_actor_makes_nobody_wait(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){
	                                     .driver_count = 2, .budget = 1, .mailbox_slots = 128});
	struct diary slow = {0};
	struct diary other = {0};
	struct gatio_address to_slow = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &slow);
	struct gatio_address to_other = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &other);
	stage_fixture_settle(&fixture);
	for (uint64_t i = 0; i < 100; i++) {
		gatio_send(to_slow, note, .number = i);
	}
	gatio_send(to_other, note, .number = 1);
	stage_fixture_turn(&fixture, 0);
	stage_fixture_turn(&fixture, 1);
	CU_ASSERT_TRUE(slow.count <= 2);
	CU_ASSERT_EQUAL(other.count, 1);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(slow.count, 100);
	stage_fixture_close(&fixture);
}

static void message_of_the_dead_is_counted(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	stage_fixture_settle(&fixture);
	int64_t used_here = stage_fixture_used(&fixture, 0);
	gatio_send(to, leave, .reason = 9);
	gatio_send(to, note, .number = 1);
	gatio_send(to, wide_note, .number = 2);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.count, 0);
	CU_ASSERT_EQUAL(diary.reason, 9);
	CU_ASSERT_EQUAL(stage_fixture_counters(&fixture, 1).dead_letters, 2);
	CU_ASSERT_EQUAL(stage_fixture_used(&fixture, 0), used_here); /* the block came home */
	CU_ASSERT_EQUAL(stage_fixture_used(&fixture, 1) <= 16 * 1024 + 64, true);
	stage_fixture_close(&fixture);
}

static void end_in_place_takes_the_rest(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	stage_fixture_settle(&fixture);
	gatio_send(to, note, .number = 1);
	gatio_send(to, leave, .reason = 0);
	gatio_send(to, note, .number = 2);
	stage_fixture_turn(&fixture, 0);
	stage_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 1);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	CU_ASSERT_EQUAL(stage_fixture_counters(&fixture, 1).actors_alive, 0);
	stage_fixture_close(&fixture);
}

static void message_without_memory_is_dead(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){
	                                     .driver_count = 2, .drivers_per_tpc = 1, .budget = 1});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	struct gatio_address asker = gatio_spawn(asker, .diary = &asked);
	stage_fixture_settle(&fixture);
	stage_fixture_be(&fixture, 1);
	gatio_send(to, question, .number = 0); /* so that the way back exists */
	stage_fixture_settle(&fixture);
	gatio_send(asker, do_ask, .to = to, .number = 10, .deadline_ns = GATIO_SECONDS(1));
	gatio_send(asker, do_ask, .to = to, .number = 20, .deadline_ns = GATIO_SECONDS(1));
	stage_fixture_turn(&fixture, 0);
	stage_fixture_turn(&fixture, 0);
	stage_fixture_fill(&fixture, 1);
	uint64_t dead_letters = stage_fixture_dead_letters(&fixture);
	stage_fixture_settle(&fixture); /* the first is handled in place, the second must be kept */
	CU_ASSERT_EQUAL(diary.count, 2);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), dead_letters + 1);
	stage_fixture_unfill(&fixture, 1);
	stage_fixture_close(&fixture);
}

static void answer_without_memory_says_so(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){
	                                     .driver_count = 2, .drivers_per_tpc = 1, .budget = 1});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address to = gatio_spawn(probe, .diary = &diary);
	struct gatio_address asker = gatio_spawn_at(GATIO_ON_DRIVER(1), asker, .diary = &asked);
	stage_fixture_settle(&fixture);
	stage_fixture_be(&fixture, 1);
	for (uint64_t i = 0; i < 3; i++) {
		gatio_send(asker, do_ask, .to = to, .number = i, .deadline_ns = GATIO_SECONDS(1));
	}
	for (uint32_t i = 0; i < 3; i++) {
		stage_fixture_turn(&fixture, 1);
	}
	for (uint32_t i = 0; i < 4; i++) {
		stage_fixture_turn(&fixture, 0);
	}
	stage_fixture_fill(&fixture, 1);
	stage_fixture_settle(
	        &fixture); /* three answers at once: one in place, two cannot be kept */
	CU_ASSERT_EQUAL(asked.answer_count, 3);
	CU_ASSERT_EQUAL(asked.count, 1);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	stage_fixture_unfill(&fixture, 1);
	stage_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"idle actor handles in place", idle_actor_handles_in_place},
        {"in place handling has a budget", in_place_handling_has_a_budget},
        {"flood stays in the mailbox", flood_stays_in_the_mailbox},
        {"floods take turns", floods_take_turns},
        {"slow actor makes nobody wait", slow_actor_makes_nobody_wait},
        {"message of the dead is counted", message_of_the_dead_is_counted},
        {"end in place takes the rest", end_in_place_takes_the_rest},
        {"message without memory is dead", message_without_memory_is_dead},
        {"answer without memory says so", answer_without_memory_says_so},
        CU_TEST_INFO_NULL,
};

const struct suite deliver_suite = {"deliver", tests};
