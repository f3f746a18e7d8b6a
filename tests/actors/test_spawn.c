/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/spawn.c: where an actor comes to live, and how it gets there. */
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;
static struct diary diary;

GATIO_MESSAGE(nothing, {});

struct settler {
	uint32_t unused;
};
struct urgent_settler {
	uint32_t unused;
};

static void on_nothing(struct settler *self, const struct nothing *nothing)
{
	(void)self;
	(void)nothing;
}

static void on_urgent_nothing(struct urgent_settler *self, const struct nothing *nothing)
{
	(void)self;
	(void)nothing;
}

GATIO_BEHAVIOR(settler, on(nothing, on_nothing));
GATIO_BEHAVIOR(urgent_settler, on(nothing, on_urgent_nothing), priority(GATIO_URGENT));

static uint32_t driver_of(struct gatio_address address)
{
	CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	return gi_address_driver(address.bits);
}

static struct gatio_address made_up(uint32_t driver, uint32_t slot)
{
	uint32_t identity = gi_identity_make(fixture.system->id, 1);
	return (struct gatio_address){.bits = gi_address_make(driver, slot, identity)};
}

/* 8 drivers: two TPCs of two L3 groups of two. */
static void open_two_tpcs(uint32_t io_driver_count)
{
	diary = (struct diary){0};
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){.driver_count = 8,
	                                                      .drivers_per_tpc = 4,
	                                                      .drivers_per_l3 = 2,
	                                                      .mailbox_slots = 32,
	                                                      .io_driver_count = io_driver_count});
}

static void plain_spawn_stays_here(void)
{
	open_two_tpcs(0);
	scheduler_fixture_be(&fixture, 5);
	for (uint32_t i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(driver_of(gatio_spawn(settler, 0)), 5);
	}
	CU_ASSERT_EQUAL(gatio_driver_index(), 5);
	CU_ASSERT_EQUAL(gatio_driver_count(), 8);
	CU_ASSERT_EQUAL(gatio_tpc_index(), 1);
	CU_ASSERT_EQUAL(gatio_tpc_count(), 2);
	scheduler_fixture_close(&fixture);
}

static void spawn_goes_to_named_driver(void)
{
	open_two_tpcs(0);
	for (uint32_t i = 0; i < 8; i++) {
		struct gatio_address address =
		        gatio_spawn_at(GATIO_ON_DRIVER(i), probe, .diary = &diary);
		CU_ASSERT_EQUAL(driver_of(address), i);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(diary.started_count, i + 1);
		CU_ASSERT_EQUAL(diary.driver_index, i);
	}
	scheduler_fixture_close(&fixture);
}

static void tpc_gives_its_least_loaded(void)
{
	open_two_tpcs(0);
	for (uint32_t i = 0; i < 10; i++) {
		gatio_spawn_at(GATIO_ON_DRIVER(5), settler, 0);
	}
	/* In one go, before any of them has arrived: 42 and the 10 make 13 on each. */
	uint32_t counts[8] = {0};
	for (uint32_t i = 0; i < 42; i++) {
		counts[driver_of(gatio_spawn_at(GATIO_ON_TPC(1), settler, 0))]++;
	}
	CU_ASSERT_EQUAL(counts[0] + counts[1] + counts[2] + counts[3], 0);
	CU_ASSERT_EQUAL(counts[4], 13);
	CU_ASSERT_EQUAL(counts[5], 3);
	CU_ASSERT_EQUAL(counts[6], 13);
	CU_ASSERT_EQUAL(counts[7], 13);
	scheduler_fixture_settle(&fixture);
	for (uint32_t i = 4; i < 8; i++) {
		CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, i).actors_alive, 13);
		CU_ASSERT_EQUAL(
		        gi_load_relaxed(
		                &scheduler_fixture_scheduler(&fixture, i)->coming[GI_WORK_NORMAL]),
		        0);
	}
	scheduler_fixture_close(&fixture);
}

static void anywhere_fills_all_evenly(void)
{
	open_two_tpcs(1);
	uint32_t counts[8] = {0};
	for (uint32_t i = 0; i < 70; i++) {
		counts[driver_of(gatio_spawn_at(GATIO_ANYWHERE, settler, 0))]++;
	}
	CU_ASSERT_EQUAL(counts[0], 0); /* it runs no tasks */
	for (uint32_t i = 1; i < 8; i++) {
		CU_ASSERT_EQUAL(counts[i], 10);
	}
	scheduler_fixture_close(&fixture);
}

static void load_goes_when_actors_end(void)
{
	open_two_tpcs(0);
	struct gatio_address address = gatio_spawn_at(GATIO_ON_DRIVER(4), probe, .diary = &diary);
	gatio_spawn_at(GATIO_ON_DRIVER(5), settler, 0);
	gatio_spawn_at(GATIO_ON_DRIVER(6), settler, 0);
	gatio_spawn_at(GATIO_ON_DRIVER(7), settler, 0);
	scheduler_fixture_settle(&fixture);
	gatio_send(address, leave, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(driver_of(gatio_spawn_at(GATIO_ON_TPC(1), settler, 0)), 4);
	scheduler_fixture_close(&fixture);
}

static void classes_spread_by_themselves(void)
{
	open_two_tpcs(0);
	for (uint32_t i = 0; i < 30; i++) {
		gatio_spawn_at(GATIO_ON_DRIVER(4), settler, 0);
	}
	uint32_t counts[8] = {0};
	for (uint32_t i = 0; i < 8; i++) {
		counts[driver_of(gatio_spawn_at(GATIO_ON_TPC(1), urgent_settler, 0))]++;
	}
	for (uint32_t i = 4; i < 8; i++) {
		CU_ASSERT_EQUAL(counts[i], 2); /* whatever else runs there */
	}
	/* Of drivers with as many urgent ones the one that has least to do. */
	gatio_spawn_at(GATIO_ON_DRIVER(6), settler, 0);
	gatio_spawn_at(GATIO_ON_DRIVER(7), settler, 0);
	CU_ASSERT_EQUAL(driver_of(gatio_spawn_at(GATIO_ON_TPC(1), urgent_settler, 0)), 5);
	scheduler_fixture_close(&fixture);
}

static void near_means_same_l3_first(void)
{
	open_two_tpcs(0);
	struct gatio_address mate = gatio_spawn_at(GATIO_ON_DRIVER(6), settler, 0);
	uint32_t counts[8] = {0};
	for (uint32_t i = 0; i < 9; i++) {
		counts[driver_of(gatio_spawn_at(GATIO_NEAR(mate), settler, 0))]++;
	}
	CU_ASSERT_EQUAL(counts[6], 4);
	CU_ASSERT_EQUAL(counts[7], 5);
	scheduler_fixture_close(&fixture);
}

static void near_falls_back_to_tpc(void)
{
	open_two_tpcs(2); /* the first L3 group runs no tasks */
	struct gatio_address on_io = made_up(0, 0);
	uint32_t counts[8] = {0};
	for (uint32_t i = 0; i < 6; i++) {
		counts[driver_of(gatio_spawn_at(GATIO_NEAR(on_io), settler, 0))]++;
	}
	CU_ASSERT_EQUAL(counts[2], 3);
	CU_ASSERT_EQUAL(counts[3], 3);
	scheduler_fixture_close(&fixture);
}

static int error_at(struct gatio_place place)
{
	return gatio_address_error(gatio_spawn_at(place, settler, 0));
}

static void impossible_places_are_refused(void)
{
	open_two_tpcs(3); /* no TPC is without a driver that runs tasks */
	scheduler_fixture_be(&fixture, 4);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(8)), -EINVAL);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(0)), -EINVAL);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_TPC(2)), -EINVAL);
	CU_ASSERT_EQUAL(error_at(GATIO_NEAR(GATIO_NOBODY)), -EINVAL);
	CU_ASSERT_EQUAL(error_at((struct gatio_place){.kind = (enum gatio_place_kind)99}), -EINVAL);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(7)), 0);
	scheduler_fixture_close(&fixture);
}

static void spawn_without_memory_gives_enomem(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	gatio_spawn(probe, .diary = &diary);
	gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_fill(&fixture, 0);
	const struct gi_slots *there = &scheduler_fixture_scheduler(&fixture, 1)->slots;
	uint32_t lent_count = gi_load_relaxed(&there->lent_count);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), -ENOMEM);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(1)), -ENOMEM);
	CU_ASSERT_EQUAL(gi_load_relaxed(&there->lent_count), lent_count);
	scheduler_fixture_unfill(&fixture, 0);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count, 3);
	scheduler_fixture_close(&fixture);
}

static void spawn_failing_there_leaves_no_trace(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1});
	gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	gatio_spawn_at(GATIO_ON_DRIVER(0), probe,
	               .diary = &diary); /* so that the way back exists */
	scheduler_fixture_settle(&fixture);
	diary = (struct diary){0};
	scheduler_fixture_fill(&fixture, 1);
	const struct gi_slots *slots = &scheduler_fixture_scheduler(&fixture, 1)->slots;
	uint32_t free_count = slots->ready.count;
	struct gatio_address lost[3];
	for (uint32_t i = 0; i < 3; i++) {
		lost[i] = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(lost[i]), 0);
		CU_ASSERT_EQUAL(gatio_send(lost[i], note, .number = i), 0);
	}
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count + diary.ended_count + diary.count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 3);
	CU_ASSERT_EQUAL(slots->ready.count, free_count + 3); /* their slots are free again */
	scheduler_fixture_unfill(&fixture, 1);
	for (uint32_t i = 0; i < 3; i++) {
		struct gatio_address again =
		        gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
		CU_ASSERT_FALSE(gatio_address_equal(again, lost[0]));
		CU_ASSERT_FALSE(gatio_address_equal(again, lost[1]));
		CU_ASSERT_FALSE(gatio_address_equal(again, lost[2]));
	}
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count, 3);
	scheduler_fixture_close(&fixture);
}

/* 600 spawns a turn once filled the memory of a TPC with what waited for the ring. */
static void spawns_on_their_way_are_bounded(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 3,
	                                                                     .mailbox_slots = 16});
	for (uint32_t round = 0; round < 3; round++) {
		int64_t used = scheduler_fixture_used(&fixture, 0);
		uint32_t spawned = 0;
		for (uint32_t i = 0; i < 600; i++) {
			struct gatio_address far =
			        gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
			int err = gatio_address_error(far);
			CU_ASSERT_EQUAL(err, i < 16 ? 0 : -ENOBUFS);
			spawned += err == 0;
			CU_ASSERT_EQUAL(gatio_send(far, note, 0), err);
		}
		CU_ASSERT_EQUAL(spawned, 16);
		CU_ASSERT_TRUE(scheduler_fixture_used(&fixture, 0) - used < 16 * 1024);
		/* The credit is of the pair: another driver has its own, and so has another way. */
		CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(2)), 0);
		scheduler_fixture_be(&fixture, 2);
		CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(1)), 0);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(diary.started_count, (round + 1) * 16);
		CU_ASSERT_EQUAL(diary.count, (round + 1) * 16);
	}
	scheduler_fixture_close(&fixture);
}

/* Those that come too late, or find no memory, have arrived as well. */
static void credit_comes_back_from_failed_spawns(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1,
	                                                                     .mailbox_slots = 4});
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(1)), 0);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_fill(&fixture, 1);
	for (uint32_t i = 0; i < 40; i++) {
		struct gatio_address lost =
		        gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(lost), 0);
		if (i % 4 == 3) {
			CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(1)), -ENOBUFS);
			scheduler_fixture_settle(&fixture);
		}
	}
	CU_ASSERT_EQUAL(diary.started_count, 0);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

static void closed_scheduler_spawns_no_more(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	/* On its way when the other driver is cut: it is not made, nothing would end it. */
	struct gatio_address late = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	gatio_send(late, note, .number = 1);
	scheduler_fixture_turn(&fixture, 0);
	gi_scheduler_close(scheduler_fixture_be(&fixture, 1));
	scheduler_fixture_scheduler(&fixture, 1)->is_cut = true;
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 1).actors_alive, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_be(&fixture, 1);
	CU_ASSERT_EQUAL(error_at(GATIO_HERE), -ESHUTDOWN);
	CU_ASSERT_EQUAL(error_at(GATIO_ON_DRIVER(0)), -ESHUTDOWN);
	scheduler_fixture_close(&fixture);
}

static void large_state_travels_whole(void)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct probe state = {.diary = &diary, .next = {.bits = 77}, .asker = {.token = 99}};
	struct gatio_address address =
	        gatio_actor_spawn(GATIO_ON_DRIVER(1), &gatio_behavior_probe, &state);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(memcmp(cast_state(address), &state, sizeof(state)), 0);
	CU_ASSERT_EQUAL((uintptr_t)cast_state(address) % 16, 0);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"plain spawn stays here", plain_spawn_stays_here},
        {"spawn goes to named driver", spawn_goes_to_named_driver},
        {"TPC gives its least loaded", tpc_gives_its_least_loaded},
        {"anywhere fills all evenly", anywhere_fills_all_evenly},
        {"load goes when actors end", load_goes_when_actors_end},
        {"classes spread by themselves", classes_spread_by_themselves},
        {"near means same L3 first", near_means_same_l3_first},
        {"near falls back to TPC", near_falls_back_to_tpc},
        {"impossible places are refused", impossible_places_are_refused},
        {"spawn without memory gives ENOMEM", spawn_without_memory_gives_enomem},
        {"spawn failing there leaves no trace", spawn_failing_there_leaves_no_trace},
        {"spawns on their way are bounded", spawns_on_their_way_are_bounded},
        {"credit comes back from failed spawns", credit_comes_back_from_failed_spawns},
        {"closed scheduler spawns no more", closed_scheduler_spawns_no_more},
        {"large state travels whole", large_state_travels_whole},
        CU_TEST_INFO_NULL,
};

const struct suite spawn_suite = {"spawn", tests};
