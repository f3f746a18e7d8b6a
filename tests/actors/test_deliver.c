/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/deliver.c: what comes from another driver. */
#include "actors/life.h"
#include "actors/registry.h"
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;

static void idle_actor_handles_in_place(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	uint64_t used = gi_heap_used(scheduler->driver->heap);
	gatio_send(to, note, .number = 1);
	gatio_send(to, note, .number = 2);
	scheduler_fixture_turn(&fixture, 0);
	/* Without a byte of memory it is still handled. */
	scheduler_fixture_fill(&fixture, 1);
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 2);
	scheduler_fixture_unfill(&fixture, 1);
	CU_ASSERT_EQUAL(gi_heap_used(scheduler->driver->heap), used);
	scheduler_fixture_close(&fixture);
}

static void in_place_handling_has_a_budget(void)
{
	scheduler_fixture_open(&fixture,
	                       &(struct scheduler_fixture_options){.driver_count = 2, .budget = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	for (uint64_t i = 0; i < 9; i++) {
		gatio_send(to, note, .number = i);
	}
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	/* Two where they lay, then its run of two, and the rest in later turns, in order. */
	CU_ASSERT_EQUAL(diary.count, 4);
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 6);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.count, 9);
	for (uint64_t i = 0; i < 9; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
	}
	scheduler_fixture_close(&fixture);
}

/* Beyond its budget a quick actor's messages cost no memory: they stay where they are. */
static void flood_stays_in_the_mailbox(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .budget = 32,
	                                                                     .mailbox_slots = 128});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	uint64_t used = gi_heap_used(scheduler->driver->heap);
	for (uint64_t i = 0; i < 100; i++) {
		gatio_send(to, note, .number = i);
	}
	scheduler_fixture_turn(&fixture, 0);
	for (uint32_t turn = 1; turn <= 4; turn++) {
		scheduler_fixture_turn(&fixture, 1);
		CU_ASSERT_EQUAL(diary.count, turn < 4 ? 32 * turn : 100);
		CU_ASSERT_EQUAL(gi_heap_used(scheduler->driver->heap), used);
	}
	for (uint64_t i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
	}
	scheduler_fixture_close(&fixture);
}

/* Neither of two floods keeps the other out, nor what lies behind it. */
static void floods_take_turns(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 3,
	                                                                     .budget = 32,
	                                                                     .mailbox_slots = 128});
	struct diary diary = {0};
	struct diary other = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(2), probe, .diary = &diary);
	struct gatio_address to_other = gatio_spawn_at(GATIO_ON_DRIVER(2), probe, .diary = &other);
	scheduler_fixture_settle(&fixture);
	uint32_t counts[2] = {0};
	for (uint32_t turn = 0; turn < 8; turn++) {
		for (uint32_t sender = 0; sender < 2; sender++) {
			scheduler_fixture_be(&fixture, sender);
			for (uint32_t i = 0; i < 32; i++) {
				gatio_send(to, note, .number = sender);
			}
			gatio_send(to_other, note, .number = sender);
			scheduler_fixture_turn(&fixture, sender);
		}
		scheduler_fixture_turn(&fixture, 2);
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
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_close(&fixture);
}

/* Behind an actor whose budget says that it is slow nobody waits. */
static void slow_actor_makes_nobody_wait(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .budget = 1,
	                                                                     .mailbox_slots = 128});
	struct diary slow = {0};
	struct diary other = {0};
	struct gatio_address to_slow = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &slow);
	struct gatio_address to_other = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &other);
	scheduler_fixture_settle(&fixture);
	for (uint64_t i = 0; i < 100; i++) {
		gatio_send(to_slow, note, .number = i);
	}
	gatio_send(to_other, note, .number = 1);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_TRUE(slow.count <= 2);
	CU_ASSERT_EQUAL(other.count, 1);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(slow.count, 100);
	scheduler_fixture_close(&fixture);
}

static void message_of_the_dead_is_counted(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	int64_t used_here = scheduler_fixture_used(&fixture, 0);
	gatio_send(to, leave, .reason = 9);
	gatio_send(to, note, .number = 1);
	gatio_send(to, wide_note, .number = 2);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.count, 0);
	CU_ASSERT_EQUAL(diary.reason, 9);
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 1).dead_letters, 2);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used_here); /* the block came home */
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 1) <= 16 * 1024 + 64, true);
	scheduler_fixture_close(&fixture);
}

static void end_in_place_takes_the_rest(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	gatio_send(to, note, .number = 1);
	gatio_send(to, leave, .reason = 0);
	gatio_send(to, note, .number = 2);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 1);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 1).actors_alive, 0);
	scheduler_fixture_close(&fixture);
}

static void message_without_memory_is_dead(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1,
	                                                                     .budget = 1});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	struct gatio_address asker = gatio_spawn(asker, .diary = &asked);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	gatio_send(to, question, .number = 0); /* so that the way back exists */
	scheduler_fixture_settle(&fixture);
	gatio_send(asker, do_ask, .to = to, .number = 10, .deadline_ns = GATIO_SECONDS(1));
	gatio_send(asker, do_ask, .to = to, .number = 20, .deadline_ns = GATIO_SECONDS(1));
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_fill(&fixture, 1);
	uint64_t dead_letters = scheduler_fixture_dead_letters(&fixture);
	scheduler_fixture_settle(
	        &fixture); /* the first is handled in place, the second must be kept */
	CU_ASSERT_EQUAL(diary.count, 2);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), dead_letters + 1);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

static void answer_without_memory_says_so(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1,
	                                                                     .budget = 1});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address to = gatio_spawn(probe, .diary = &diary);
	struct gatio_address asker = gatio_spawn_at(GATIO_ON_DRIVER(1), asker, .diary = &asked);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	for (uint64_t i = 0; i < 3; i++) {
		gatio_send(asker, do_ask, .to = to, .number = i, .deadline_ns = GATIO_SECONDS(1));
	}
	for (uint32_t i = 0; i < 3; i++) {
		scheduler_fixture_turn(&fixture, 1);
	}
	for (uint32_t i = 0; i < 4; i++) {
		scheduler_fixture_turn(&fixture, 0);
	}
	scheduler_fixture_fill(&fixture, 1);
	scheduler_fixture_settle(
	        &fixture); /* three answers at once: one in place, two cannot be kept */
	CU_ASSERT_EQUAL(asked.answer_count, 3);
	CU_ASSERT_EQUAL(asked.count, 1);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

GATIO_MESSAGE(beat, {});
GATIO_MESSAGE(chore, {});

/* Shared by the actors of a test: all run on its thread. */
static uint32_t since_beat; /* chores handled since the urgent one last ran */
static uint32_t most_between;
static uint32_t chore_count;
static uint32_t beat_count;

struct urgent_beater {
	uint32_t unused;
};
struct quick_worker {
	uint32_t unused;
};
struct slow_worker {
	uint32_t unused;
};

static void on_beat(struct urgent_beater *self, const struct beat *beat)
{
	(void)self;
	(void)beat;
	if (beat_count++ > 0 && since_beat > most_between) {
		most_between = since_beat;
	}
	since_beat = 0;
	gatio_send(gatio_self(), beat); /* it is always ready */
}

static void on_quick_chore(struct quick_worker *self, const struct chore *chore)
{
	(void)self;
	(void)chore;
	since_beat++;
	chore_count++;
}

static void on_slow_chore(struct slow_worker *self, const struct chore *chore)
{
	(void)self;
	(void)chore;
	since_beat++;
	chore_count++;
}

GATIO_BEHAVIOR(urgent_beater, on(beat, on_beat), priority(GATIO_URGENT));
GATIO_BEHAVIOR(quick_worker, on(chore, on_quick_chore), priority(GATIO_BACKGROUND), budget(32));
GATIO_BEHAVIOR(slow_worker, on(chore, on_slow_chore), priority(GATIO_BACKGROUND), budget(4));

/* Chores for eight workers of driver 1, sent from `from` in each turn; returns the most between two beats. */
static uint32_t chores_between_beats(struct gatio_behavior *workers, uint32_t from)
{
	enum { WORKERS = 8, TURNS = 40, EACH = 30 };
	since_beat = most_between = chore_count = beat_count = 0;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .mailbox_slots = 1024});
	struct gatio_address to[WORKERS];
	struct gatio_address beater =
	        gatio_spawn_at(GATIO_ON_DRIVER(1), urgent_beater, .unused = 0);
	uint64_t state = 0;
	for (uint32_t i = 0; i < WORKERS; i++) {
		to[i] = gatio_actor_spawn(GATIO_ON_DRIVER(1), workers, &state);
	}
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	scheduler_fixture_be(&fixture, 0);
	gatio_send(beater, beat);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		scheduler_fixture_be(&fixture, from);
		for (uint32_t i = 0; i < WORKERS * EACH; i++) {
			(void)gatio_send(to[i % WORKERS], chore); /* it may be refused */
		}
		scheduler_fixture_turn(&fixture, 0);
		scheduler_fixture_turn(&fixture, 1);
	}
	CU_ASSERT_TRUE(beat_count >= TURNS - 2);
	CU_ASSERT_TRUE(chore_count > 4 * TURNS);
	gi_actor_end(scheduler_fixture_be(&fixture, 1),
	             gi_registry_find(scheduler_fixture_scheduler(&fixture, 1), beater.bits), 0);
	scheduler_fixture_close(&fixture);
	return most_between;
}

/* From another driver 256 of them once ran between two runs of an urgent actor, from its own 8. */
static void classes_hold_whoever_sends(void)
{
	static const uint32_t weights[] = GI_WORK_WEIGHTS;
	uint32_t runs = weights[GI_WORK_BACKGROUND];
	for (uint32_t from = 0; from < 2; from++) {
		uint32_t quick = chores_between_beats(&gatio_behavior_quick_worker, from);
		CU_ASSERT_TRUE(quick > 0 && quick <= runs * 32);
		uint32_t slow = chores_between_beats(&gatio_behavior_slow_worker, from);
		CU_ASSERT_TRUE(slow > 0 && slow <= runs * 4);
	}
}

/* What cannot be handled in place moves, and no more than a budget a turn: the rest holds its sender back. */
static void flood_of_a_lower_class_stays_in_the_mailbox(void)
{
	since_beat = most_between = chore_count = beat_count = 0;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .mailbox_slots = 1024});
	struct gatio_address beater =
	        gatio_spawn_at(GATIO_ON_DRIVER(1), urgent_beater, .unused = 0);
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), quick_worker, .unused = 0);
	gatio_send(beater, beat);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	scheduler_fixture_be(&fixture, 0);
	for (uint32_t i = 0; i < 500; i++) {
		CU_ASSERT_EQUAL(gatio_send(to, chore), 0);
	}
	scheduler_fixture_turn(&fixture, 0);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	uint64_t taken = gi_load_relaxed(&scheduler->driver->counters.messages_in);
	for (uint32_t turn = 1; turn <= 4; turn++) {
		scheduler_fixture_turn(&fixture, 1);
		CU_ASSERT_EQUAL(gi_load_relaxed(&scheduler->driver->counters.messages_in),
		                taken + 32ul * turn);
	}
	gi_actor_end(scheduler_fixture_be(&fixture, 1), gi_registry_find(scheduler, beater.bits),
	             0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(chore_count, 500);
	scheduler_fixture_close(&fixture);
}

static char order[64];
static uint32_t order_count;

struct turn_taker {
	char name;
};

static void on_turn_chore(struct turn_taker *self, const struct chore *chore)
{
	(void)chore;
	order[order_count++ % sizeof(order)] = self->name;
}

GATIO_BEHAVIOR(turn_taker, on(chore, on_turn_chore), budget(2));

/* After a budget the next of its class, whichever way its messages come. */
static void next_of_the_class_comes_after_a_budget(void)
{
	order_count = 0;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct gatio_address far = gatio_spawn_at(GATIO_ON_DRIVER(1), turn_taker, .name = 'f');
	struct gatio_address near = gatio_spawn_at(GATIO_ON_DRIVER(1), turn_taker, .name = 'n');
	scheduler_fixture_settle(&fixture);
	for (uint32_t i = 0; i < 6; i++) {
		gatio_send(far, chore);
	}
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_be(&fixture, 1);
	for (uint32_t i = 0; i < 6; i++) {
		gatio_send(near, chore); /* it is ready before the others are seen */
	}
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(order_count, 12);
	CU_ASSERT_EQUAL(memcmp(order, "nnffnnffnnff", 12), 0);
	scheduler_fixture_close(&fixture);
}

/* Far more than a pass runs: what came had to wait behind one that was ready, and the turn ended meanwhile. */
static void what_came_in_a_turn_runs_in_it(void)
{
	enum { FAR = 24 };
	order_count = 0;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .mailbox_slots = 64});
	struct gatio_address far[FAR];
	for (uint32_t i = 0; i < FAR; i++) {
		far[i] = gatio_spawn_at(GATIO_ON_DRIVER(1), turn_taker, .name = 'f');
	}
	struct gatio_address near = gatio_spawn_at(GATIO_ON_DRIVER(1), turn_taker, .name = 'n');
	scheduler_fixture_settle(&fixture);
	for (uint32_t i = 0; i < FAR; i++) {
		gatio_send(far[i], chore);
	}
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_be(&fixture, 1);
	gatio_send(near, chore); /* it is ready before the others are seen */
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(order_count, FAR + 1);
	CU_ASSERT_EQUAL(order[0], 'n');
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"classes hold whoever sends", classes_hold_whoever_sends},
        {"flood of a lower class stays in the mailbox",
         flood_of_a_lower_class_stays_in_the_mailbox},
        {"next of the class comes after a budget", next_of_the_class_comes_after_a_budget},
        {"what came in a turn runs in it", what_came_in_a_turn_runs_in_it},
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
