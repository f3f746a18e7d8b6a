/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/registry.c: addresses, numbers, and messages that overtake a spawn. */
#include "tests/actors/cast.h"
#include "tests/support/stage_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>

static struct stage_fixture fixture;

static void address_holds_its_parts(void)
{
	uint64_t address = gi_address_make(1023, GI_SLOT_COUNT - 1, UINT32_MAX);
	CU_ASSERT_EQUAL(sizeof(struct gatio_address), 8);
	CU_ASSERT_EQUAL(gi_address_driver(address), 1023);
	CU_ASSERT_EQUAL(gi_address_slot(address), GI_SLOT_COUNT - 1);
	CU_ASSERT_EQUAL(gi_address_generation(address), UINT32_MAX);
	address = gi_address_make(5, 6, 7);
	CU_ASSERT_EQUAL(gi_address_driver(address), 5);
	CU_ASSERT_EQUAL(gi_address_slot(address), 6);
	CU_ASSERT_EQUAL(gi_address_generation(address), 7);
}

static void stale_address_reaches_nobody(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2});
	struct diary first = {0};
	struct diary second = {0};
	struct gatio_address old = gatio_spawn(probe, .diary = &first);
	gatio_send(old, leave, .reason = 3);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(first.ended_count, 1);
	struct gatio_address new = gatio_spawn(probe, .diary = &second);
	CU_ASSERT_EQUAL(gi_address_slot(new.bits),
	                gi_address_slot(old.bits)); /* the slot is reused */
	CU_ASSERT_FALSE(gatio_address_equal(old, new));
	CU_ASSERT_EQUAL(gatio_send(old, note, .number = 1), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(new, note, .number = 2), 0);
	stage_fixture_be(&fixture, 1);
	CU_ASSERT_EQUAL(gatio_send(old, note, .number = 3), 0); /* not known here */
	CU_ASSERT_EQUAL(gatio_send(new, note, .number = 4), 0);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(first.count, 0);
	CU_ASSERT_EQUAL(second.count, 2);
	CU_ASSERT_EQUAL(second.numbers[0], 2);
	CU_ASSERT_EQUAL(second.numbers[1], 4);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), 2);
	stage_fixture_close(&fixture);
}

static void used_up_slot_is_retired(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	struct gatio_address first = gatio_spawn(probe, .diary = &diary);
	struct gi_numbers *numbers = &stage_fixture_stage(&fixture, 0)->numbers[0];
	numbers->free[numbers->free_count - 1].generation = UINT32_MAX;
	struct gatio_address last = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gi_address_generation(last.bits), UINT32_MAX);
	CU_ASSERT_EQUAL(gatio_send(last, leave, 0), 0);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	for (uint32_t i = 0; i < 4 * GI_LEASE_COUNT; i++) {
		struct gatio_address next = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_NOT_EQUAL(gi_address_slot(next.bits), gi_address_slot(last.bits));
	}
	CU_ASSERT_EQUAL(gatio_send(last, note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(first, note, 0), 0);
	stage_fixture_close(&fixture);
}

static void actors_at_limit_give_enomem(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){
	                                     .driver_count = 2, .actor_count_max = GI_LEASE_COUNT});
	struct diary diary = {0};
	struct gatio_address last = GATIO_NOBODY;
	for (uint32_t i = 0; i < GI_LEASE_COUNT; i++) {
		last = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(last), 0);
	}
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), -ENOMEM);
	stage_fixture_be(&fixture, 1);
	struct gatio_address refused = gatio_spawn_at(GATIO_ON_DRIVER(0), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -ENOMEM);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), 0);
	stage_fixture_be(&fixture, 0);
	gatio_send(last, leave, 0);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), 0);
	stage_fixture_close(&fixture);
}

static void borrowed_numbers_come_home(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct gatio_address far[GI_LEASE_COUNT];
	for (uint32_t i = 0; i < GI_LEASE_COUNT; i++) {
		far[i] = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
		CU_ASSERT_EQUAL(gi_address_driver(far[i].bits), 1);
	}
	struct gi_numbers *numbers = &stage_fixture_stage(&fixture, 0)->numbers[1];
	CU_ASSERT_EQUAL(numbers->free_count, 0);
	for (uint32_t i = 0; i < GI_LEASE_COUNT; i++) {
		gatio_send(far[i], leave, 0);
	}
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count, GI_LEASE_COUNT);
	CU_ASSERT_EQUAL(diary.ended_count, GI_LEASE_COUNT);
	CU_ASSERT_EQUAL(numbers->free_count, GI_LEASE_COUNT);
	CU_ASSERT_EQUAL(numbers->lent_count, GI_LEASE_COUNT); /* no more were needed */
	struct gatio_address again = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gi_address_generation(again.bits), 2);
	stage_fixture_close(&fixture);
}

static void address_of_another_system_is_refused(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){
	                                     .driver_count = 2, .actor_count_max = GI_LEASE_COUNT});
	struct gatio_address beyond = {.bits = gi_address_make(0, GI_SLOT_COUNT - 1, 1)};
	struct gatio_address unused = {.bits = gi_address_make(0, 7, 1)};
	struct gatio_address no_driver = {.bits = gi_address_make(2, 0, 1)};
	CU_ASSERT_EQUAL(gatio_send(beyond, note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(unused, note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(no_driver, note, 0), -ESRCH);
	stage_fixture_be(&fixture, 1);
	CU_ASSERT_EQUAL(gatio_send(beyond, note, 0), 0);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), 4);
	stage_fixture_close(&fixture);
}

static void message_may_overtake_a_spawn(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 3});
	struct diary diary = {0};
	struct diary other = {0};
	stage_fixture_be(&fixture, 0);
	struct gatio_address late = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	struct gatio_address later = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &other);
	stage_fixture_be(&fixture, 2);
	for (uint64_t i = 0; i < 4; i++) {
		gatio_send(late, note, .number = i);
		gatio_send(later, wide_note, .number = 10 + i);
	}
	stage_fixture_turn(&fixture, 2);
	stage_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 0);
	CU_ASSERT_PTR_NOT_NULL(stage_fixture_stage(&fixture, 1)->early);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), 0);
	stage_fixture_settle(&fixture);
	CU_ASSERT_PTR_NULL(stage_fixture_stage(&fixture, 1)->early);
	CU_ASSERT_EQUAL(diary.count, 4);
	CU_ASSERT_EQUAL(other.count, 4);
	CU_ASSERT_EQUAL(diary.count_at_start, 0); /* it started before the first of them */
	for (uint64_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
		CU_ASSERT_EQUAL(other.numbers[i], 10 + i);
	}
	stage_fixture_close(&fixture);
}

static void early_ask_of_failed_spawn_is_answered(void)
{
	stage_fixture_open(&fixture,
	                   &(struct stage_fixture_options){.driver_count = 3,
	                                                   .drivers_per_tpc = 1,
	                                                   .memory_limit = (uint64_t)8 << 20});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address asker = gatio_spawn_at(GATIO_ON_DRIVER(2), asker, .diary = &asked);
	struct diary far = {0};
	struct gatio_address warm = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	stage_fixture_settle(&fixture); /* routes exist before memory ends */
	stage_fixture_fill(&fixture, 1);
	stage_fixture_be(&fixture, 0);
	struct gatio_address lost = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(lost), 0);
	stage_fixture_be(&fixture, 2);
	gatio_send(asker, do_ask, .to = lost, .deadline_ns = GATIO_SECONDS(1));
	stage_fixture_turn(&fixture, 2);
	stage_fixture_turn(&fixture, 1); /* no memory to keep it until its receiver comes */
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	CU_ASSERT_EQUAL(diary.started_count, 0);
	CU_ASSERT_EQUAL(diary.ended_count, 0);
	/* It will not come any more: no second ask waits for it. */
	stage_fixture_be(&fixture, 2);
	gatio_send(asker, do_ask, .to = lost, .deadline_ns = GATIO_SECONDS(1));
	gatio_send(lost, note, 0);
	uint64_t dead_letters = stage_fixture_dead_letters(&fixture);
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT(asked.err == -ESRCH || asked.err == -ENOMEM);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), dead_letters + 2);
	CU_ASSERT_EQUAL(gatio_send(warm, leave, .reason = 1), 0); /* nothing else broke */
	stage_fixture_settle(&fixture);
	stage_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"address holds its parts", address_holds_its_parts},
        {"stale address reaches nobody", stale_address_reaches_nobody},
        {"used up slot is retired", used_up_slot_is_retired},
        {"actors at limit give ENOMEM", actors_at_limit_give_enomem},
        {"borrowed numbers come home", borrowed_numbers_come_home},
        {"address of another system is refused", address_of_another_system_is_refused},
        {"message may overtake a spawn", message_may_overtake_a_spawn},
        {"early ask of failed spawn is answered", early_ask_of_failed_spawn_is_answered},
        CU_TEST_INFO_NULL,
};

const struct suite registry_suite = {"registry", tests};
