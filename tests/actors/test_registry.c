/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/registry.c and early.c: addresses, their limit, and messages that overtake a spawn. */
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include "actors/drain.h"
#include "actors/early.h"
#include "actors/message.h"
#include "actors/system_id.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;

static void address_holds_its_parts(void)
{
	uint32_t identity = gi_identity_make(63, GI_GENERATION_MAX);
	uint64_t address = gi_address_make(1023, GI_SLOT_COUNT - 1, identity);
	CU_ASSERT_EQUAL(sizeof(struct gatio_address), 8);
	CU_ASSERT_EQUAL(gi_address_driver(address), 1023);
	CU_ASSERT_EQUAL(gi_address_slot(address), GI_SLOT_COUNT - 1);
	CU_ASSERT_EQUAL(gi_address_identity(address), identity);
	address = gi_address_make(5, 6, gi_identity_make(8, 7));
	CU_ASSERT_EQUAL(gi_address_driver(address), 5);
	CU_ASSERT_EQUAL(gi_address_slot(address), 6);
	CU_ASSERT_EQUAL(gi_address_system(address), 8);
	CU_ASSERT_EQUAL(gi_identity_generation(gi_address_identity(address)), 7);
}

static void stale_address_reaches_nobody(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary first = {0};
	struct diary second = {0};
	struct gatio_address old = gatio_spawn(probe, .diary = &first);
	gatio_send(old, leave, .reason = 3);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(first.ended_count, 1);
	struct gatio_address new = gatio_spawn(probe, .diary = &second);
	CU_ASSERT_EQUAL(gi_address_slot(new.bits),
	                gi_address_slot(old.bits)); /* the slot is reused */
	CU_ASSERT_FALSE(gatio_address_equal(old, new));
	CU_ASSERT_EQUAL(gatio_send(old, note, .number = 1), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(new, note, .number = 2), 0);
	scheduler_fixture_be(&fixture, 1);
	CU_ASSERT_EQUAL(gatio_send(old, note, .number = 3), 0); /* not known here */
	CU_ASSERT_EQUAL(gatio_send(new, note, .number = 4), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(first.count, 0);
	CU_ASSERT_EQUAL(second.count, 2);
	CU_ASSERT_EQUAL(second.numbers[0], 2);
	CU_ASSERT_EQUAL(second.numbers[1], 4);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 2);
	scheduler_fixture_close(&fixture);
}

static void used_up_slot_is_retired(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 1, .actor_count_max = 64});
	struct diary diary = {0};
	struct gatio_address first = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_send(first, leave, 0), 0);
	scheduler_fixture_settle(&fixture);
	struct gi_slots *slots = &scheduler_fixture_scheduler(&fixture, 0)->slots;
	gi_slot_entry(slots, first.bits)->identity =
	        gi_identity_make(slots->system_id, GI_GENERATION_MAX - 1);
	struct gatio_address last = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gi_address_slot(last.bits), gi_address_slot(first.bits));
	CU_ASSERT_EQUAL(gi_address_identity(last.bits),
	                gi_identity_make(slots->system_id, GI_GENERATION_MAX));
	uint32_t count_max = gi_load_relaxed(&slots->count_max);
	CU_ASSERT_EQUAL(gatio_send(last, leave, 0), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.ended_count, 2);
	CU_ASSERT_EQUAL(gi_load_relaxed(&slots->count_max), count_max + 1); /* in its place */
	for (uint32_t i = 0; i < 64; i++) {
		struct gatio_address next = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(next), 0);
		CU_ASSERT_NOT_EQUAL(gi_address_slot(next.bits), gi_address_slot(last.bits));
	}
	CU_ASSERT_EQUAL(gatio_send(last, note, 0), -ESRCH);
	scheduler_fixture_close(&fixture);
}

static void actors_at_limit_give_enomem(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .actor_count_max = 64});
	struct diary diary = {0};
	struct gatio_address last = GATIO_NOBODY;
	for (uint32_t i = 0; i < 64; i++) {
		last = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(last), 0);
	}
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), -ENOMEM);
	scheduler_fixture_be(&fixture, 1);
	struct gatio_address refused = gatio_spawn_at(GATIO_ON_DRIVER(0), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -ENOMEM);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), 0);
	scheduler_fixture_be(&fixture, 0);
	gatio_send(last, leave, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), 0);
	scheduler_fixture_close(&fixture);
}

/* For the last place there are two: who comes too late ends before its start, and nothing is left of it. */
static void late_spawn_at_limit_ends_unstarted(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .actor_count_max = 64});
	struct diary diary = {0};
	struct diary late = {0};
	for (uint32_t i = 0; i < 63; i++) {
		gatio_spawn(probe, .diary = &diary);
	}
	scheduler_fixture_be(&fixture, 1);
	struct gatio_address too_late = gatio_spawn_at(GATIO_ON_DRIVER(0), probe, .diary = &late);
	CU_ASSERT_EQUAL(gatio_address_error(too_late), 0);
	CU_ASSERT_EQUAL(gatio_send(too_late, note, 1), 0);
	scheduler_fixture_be(&fixture, 0);
	struct gatio_address last = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(last), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(late.started_count + late.count + late.ended_count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 0).actors_alive, 64);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	gatio_send(last, leave, 0);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	gatio_spawn_at(GATIO_ON_DRIVER(0), probe, .diary = &late);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(late.started_count, 1);
	scheduler_fixture_close(&fixture);
}

/* `count` actors that driver 0 spawns on driver 1 live and end, as many at a time as may be on their way. */
static void spawn_far_and_end(uint32_t count, uint32_t at_a_time)
{
	struct diary diary = {0};
	for (uint32_t done = 0; done < count; done += at_a_time) {
		for (uint32_t i = 0; i < at_a_time; i++) {
			struct gatio_address far =
			        gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
			CU_ASSERT_EQUAL_FATAL(gatio_address_error(far), 0);
			CU_ASSERT_EQUAL_FATAL(gatio_send(far, leave, 0), 0);
		}
		scheduler_fixture_settle(&fixture);
	}
	CU_ASSERT_EQUAL(diary.ended_count, count);
}

/* It may have all its actors itself, and another driver may have them then. */
static void assert_room_for(uint32_t actor_count_max)
{
	struct diary diary = {0};
	scheduler_fixture_be(&fixture, 1);
	for (uint32_t i = 0; i < actor_count_max; i++) {
		struct gatio_address own = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL_FATAL(gatio_address_error(own), 0);
	}
	CU_ASSERT_EQUAL(gatio_address_error(gatio_spawn(probe, .diary = &diary)), -ENOMEM);
	gi_scheduler_end_all(scheduler_fixture_be(&fixture, 1), 0);
	scheduler_fixture_be(&fixture, 0);
	spawn_far_and_end(actor_count_max, 16);
	CU_ASSERT_TRUE(
	        gi_load_relaxed(&scheduler_fixture_scheduler(&fixture, 1)->slots.lent_count) <=
	        actor_count_max + 2 * GI_SLOTS_READY);
}

/* Two of them once took a small driver's last numbers for good. */
static void far_spawns_take_nothing_from_a_small_driver(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .actor_count_max = 64});
	spawn_far_and_end(2, 2);
	assert_room_for(64);
	scheduler_fixture_close(&fixture);
}

/* So did 99,968 of a large one's. */
static void far_spawns_take_nothing_from_a_large_driver(void)
{
	scheduler_fixture_open(&fixture,
	                       &(struct scheduler_fixture_options){.driver_count = 2,
	                                                           .actor_count_max = 10000,
	                                                           .mailbox_slots = 128});
	spawn_far_and_end(9968, 56);
	assert_room_for(10000);
	scheduler_fixture_close(&fixture);
}

/* One exchange a slot once made a spawn of more than 128 actors at a time a twelfth dearer. */
static void free_slots_are_taken_many_at_a_time(void)
{
	enum { MANY = 1000 };
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 0);
	for (uint32_t i = 0; i < MANY; i++) {
		gatio_spawn(probe, .diary = &diary);
	}
	gi_scheduler_end_all(scheduler, 0);
	uint32_t lent_count = gi_load_relaxed(&scheduler->slots.lent_count);
	uint64_t head = gi_load_relaxed(&scheduler->slots.free_head);
	uint32_t exchange_count = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		struct gatio_address again = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(again), 0);
		exchange_count += gi_load_relaxed(&scheduler->slots.free_head) != head;
		head = gi_load_relaxed(&scheduler->slots.free_head);
	}
	CU_ASSERT_EQUAL(gi_load_relaxed(&scheduler->slots.lent_count),
	                lent_count); /* all used again */
	CU_ASSERT_TRUE(exchange_count <= MANY / GI_SLOTS_READY + 1);
	scheduler_fixture_close(&fixture);
}

static struct gatio_address made_up(uint32_t driver, uint32_t slot)
{
	uint32_t identity = gi_identity_make(fixture.system->id, 1);
	return (struct gatio_address){.bits = gi_address_make(driver, slot, identity)};
}

static void address_that_nobody_had_is_dead(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 2, .actor_count_max = 64});
	struct gatio_address beyond = made_up(0, GI_SLOT_COUNT - 1);
	CU_ASSERT_EQUAL(gatio_send(beyond, note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(made_up(0, 7), note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(made_up(2, 0), note, 0), -ESRCH);
	scheduler_fixture_be(&fixture, 1);
	CU_ASSERT_EQUAL(gatio_send(beyond, note, 0), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 4);
	scheduler_fixture_close(&fixture);
}

/* The same driver, slot and generation of two systems: an address of one once reached the actor of the other. */
static void address_of_another_system_is_refused(void)
{
	static struct scheduler_fixture other;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	scheduler_fixture_open(&other, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address foreign[2];
	for (uint32_t i = 0; i < 2; i++) {
		scheduler_fixture_be(&other, i);
		foreign[i] = gatio_spawn(probe, .diary = &diary);
		scheduler_fixture_be(&fixture, i);
		struct gatio_address own = gatio_spawn(probe, .diary = &diary);
		CU_ASSERT_EQUAL(own.bits >> 32, foreign[i].bits >> 32);
		CU_ASSERT_FALSE(gatio_address_equal(own, foreign[i]));
	}
	scheduler_fixture_be(&fixture, 0);
	struct gatio_address asker = gatio_spawn(asker, .diary = &asked);
	for (uint32_t i = 0; i < 2; i++) { /* on the sender's own driver, and on the other */
		struct note *made = gatio_message_new(note, 0);
		CU_ASSERT_EQUAL(gatio_send(foreign[i], note, 0), -ESRCH);
		CU_ASSERT_EQUAL(gatio_send(foreign[i], wide_note, 0), -ESRCH);
		CU_ASSERT_EQUAL(gatio_post(foreign[i], made), -ESRCH);
		struct gatio_asker far = {.address = foreign[i], .token = 1};
		CU_ASSERT_EQUAL(gatio_reply_to(far, value, 0), -ESRCH);
		CU_ASSERT_EQUAL(gatio_post_reply(far, made), -ESRCH);
		gatio_message_free(made);
		gatio_send(asker, do_ask, .to = foreign[i], .deadline_ns = GATIO_SECONDS(1));
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(((struct asker *)cast_state(asker))->ask_result, -ESRCH);
		struct gatio_address passing =
		        gatio_spawn(probe, .diary = &asked, .next = foreign[i]);
		gatio_send(passing, passed_question, 0);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(asked.err, -ESRCH);
		struct gatio_address there = foreign[i];
		struct gatio_address near =
		        gatio_spawn_at(GATIO_NEAR(there), probe, .diary = &diary);
		CU_ASSERT_EQUAL(gatio_address_error(near), -EINVAL);
		CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), (i + 1) * 7);
	}
	CU_ASSERT_EQUAL(diary.count, 0);
	scheduler_fixture_close(&fixture);
	scheduler_fixture_be(&other, 0);
	scheduler_fixture_close(&other);
}

static void system_ids_are_used_in_turn(void)
{
	uint32_t ids[GI_SYSTEM_COUNT_MAX];
	uint32_t seen[GI_SYSTEM_COUNT_MAX + 1] = {0};
	for (uint32_t i = 0; i < GI_SYSTEM_COUNT_MAX; i++) {
		CU_ASSERT_EQUAL_FATAL(gi_system_id_take(&ids[i]), 0);
		CU_ASSERT_TRUE_FATAL(ids[i] >= 1 && ids[i] <= GI_SYSTEM_COUNT_MAX);
		seen[ids[i]]++;
	}
	for (uint32_t i = 1; i <= GI_SYSTEM_COUNT_MAX; i++) {
		CU_ASSERT_EQUAL(seen[i], 1);
	}
	uint32_t none = 77;
	CU_ASSERT_EQUAL(gi_system_id_take(&none), -EAGAIN);
	CU_ASSERT_EQUAL(none, 77);
	for (uint32_t i = 0; i < GI_SYSTEM_COUNT_MAX; i++) {
		gi_system_id_put(ids[i]);
	}
	gi_system_id_put(0);
	/* The one that has been free for longest. */
	CU_ASSERT_EQUAL(gi_system_id_take(&none), 0);
	CU_ASSERT_EQUAL(none, ids[0]);
	gi_system_id_put(none);
}

static void message_may_overtake_a_spawn(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 3});
	struct diary diary = {0};
	struct diary other = {0};
	scheduler_fixture_be(&fixture, 0);
	struct gatio_address late = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	struct gatio_address later = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &other);
	scheduler_fixture_be(&fixture, 2);
	for (uint64_t i = 0; i < 4; i++) {
		gatio_send(late, note, .number = i);
		gatio_send(later, wide_note, .number = 10 + i);
	}
	scheduler_fixture_turn(&fixture, 2);
	scheduler_fixture_turn(&fixture, 1);
	CU_ASSERT_EQUAL(diary.count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_scheduler(&fixture, 1)->early.queue_count, 2);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(scheduler_fixture_scheduler(&fixture, 1)->early.queue_count, 0);
	CU_ASSERT_EQUAL(diary.count, 4);
	CU_ASSERT_EQUAL(other.count, 4);
	CU_ASSERT_EQUAL(diary.count_at_start, 0); /* it started before the first of them */
	for (uint64_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(diary.numbers[i], i);
		CU_ASSERT_EQUAL(other.numbers[i], 10 + i);
	}
	scheduler_fixture_close(&fixture);
}

/* 160,000 of them once took 16 s: each message and each arrival walked along all that waited. */
static void early_messages_look_at_their_own(void)
{
	enum { EARLY = 1000, EACH = 3 };
	static struct diary diaries[EARLY];
	memset(diaries, 0, sizeof(diaries));
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){
	                                         .driver_count = 3, .mailbox_slots = 4096});
	struct gatio_address late[EARLY];
	scheduler_fixture_scheduler(&fixture, 0)->driver->is_quiet = true; /* it keeps them */
	for (uint32_t i = 0; i < EARLY; i++) {
		late[i] = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diaries[i]);
	}
	scheduler_fixture_be(&fixture, 2);
	for (uint64_t k = 0; k < EACH; k++) {
		for (uint32_t i = 0; i < EARLY; i++) {
			CU_ASSERT_EQUAL(gatio_send(late[i], note, .number = k), 0);
		}
	}
	scheduler_fixture_turn(&fixture, 2);
	for (uint32_t i = 0; i < EACH * EARLY / 256 + 1; i++) {
		scheduler_fixture_turn(&fixture, 1);
	}
	CU_ASSERT_EQUAL(scheduler_fixture_scheduler(&fixture, 1)->early.queue_count, EARLY);
	scheduler_fixture_scheduler(&fixture, 0)->driver->is_quiet = false;
	scheduler_fixture_settle(&fixture);
	for (uint32_t i = 0; i < EARLY; i++) {
		CU_ASSERT_EQUAL(diaries[i].count, EACH);
		CU_ASSERT_EQUAL(diaries[i].numbers[0], 0);
		CU_ASSERT_EQUAL(diaries[i].numbers[EACH - 1], EACH - 1);
	}
	/* Each message and each arrival looks at one or two. */
	CU_ASSERT_TRUE(scheduler_fixture_scheduler(&fixture, 1)->early.look_count <=
	               UINT64_C(2) * EARLY * (EACH + 1));
	scheduler_fixture_close(&fixture);
}

static void early_ask_of_failed_spawn_is_answered(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){.driver_count = 3,
	                                                      .drivers_per_tpc = 1,
	                                                      .memory_limit = (uint64_t)8 << 20});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address asker = gatio_spawn_at(GATIO_ON_DRIVER(2), asker, .diary = &asked);
	struct diary far = {0};
	struct gatio_address warm = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	scheduler_fixture_settle(&fixture); /* routes exist before memory ends */
	scheduler_fixture_fill(&fixture, 1);
	scheduler_fixture_be(&fixture, 0);
	struct gatio_address lost = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(lost), 0);
	scheduler_fixture_be(&fixture, 2);
	gatio_send(asker, do_ask, .to = lost, .deadline_ns = GATIO_SECONDS(1));
	scheduler_fixture_turn(&fixture, 2);
	scheduler_fixture_turn(&fixture, 1); /* no memory to keep it until its receiver comes */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, -ENOMEM);
	CU_ASSERT_EQUAL(diary.started_count, 0);
	CU_ASSERT_EQUAL(diary.ended_count, 0);
	/* It will not come any more: no second ask waits for it. */
	scheduler_fixture_be(&fixture, 2);
	gatio_send(asker, do_ask, .to = lost, .deadline_ns = GATIO_SECONDS(1));
	gatio_send(lost, note, 0);
	uint64_t dead_letters = scheduler_fixture_dead_letters(&fixture);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 2);
	CU_ASSERT(asked.err == -ESRCH || asked.err == -ENOMEM);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), dead_letters + 2);
	CU_ASSERT_EQUAL(gatio_send(warm, leave, .reason = 1), 0); /* nothing else broke */
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_close(&fixture);
}

/* Its buckets found memory, the queue itself none: they stayed, for the rest of the system's life. */
static void refused_early_message_leaves_nothing(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){.driver_count = 1,
	                                                      .memory_limit = (uint64_t)8 << 20});
	struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
	struct gi_heap *heap = scheduler->driver->heap;
	void *room = gi_heap_alloc(heap, 512); /* for the buckets */
	struct gi_message *boxed = gi_message_box(scheduler, 0, 8);
	scheduler_fixture_fill(&fixture, 0);
	gi_heap_free(heap, room);
	uint64_t used = gi_heap_used(heap);
	uint64_t to = gi_address_make(0, 5, gi_identity_make(scheduler->system_id, 1));
	CU_ASSERT_EQUAL(gi_early_keep(scheduler, to, boxed), -ENOMEM);
	CU_ASSERT_EQUAL(gi_heap_used(heap), used);
	gi_heap_free(heap, boxed);
	scheduler_fixture_unfill(&fixture, 0);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"address holds its parts", address_holds_its_parts},
        {"stale address reaches nobody", stale_address_reaches_nobody},
        {"used up slot is retired", used_up_slot_is_retired},
        {"actors at limit give ENOMEM", actors_at_limit_give_enomem},
        {"late spawn at limit ends unstarted", late_spawn_at_limit_ends_unstarted},
        {"far spawns take nothing from a small driver",
         far_spawns_take_nothing_from_a_small_driver},
        {"far spawns take nothing from a large driver",
         far_spawns_take_nothing_from_a_large_driver},
        {"free slots are taken many at a time", free_slots_are_taken_many_at_a_time},
        {"address that nobody had is dead", address_that_nobody_had_is_dead},
        {"address of another system is refused", address_of_another_system_is_refused},
        {"system ids are used in turn", system_ids_are_used_in_turn},
        {"message may overtake a spawn", message_may_overtake_a_spawn},
        {"early messages look at their own", early_messages_look_at_their_own},
        {"early ask of failed spawn is answered", early_ask_of_failed_spawn_is_answered},
        {"refused early message leaves nothing", refused_early_message_leaves_nothing},
        CU_TEST_INFO_NULL,
};

const struct suite registry_suite = {"registry", tests};
