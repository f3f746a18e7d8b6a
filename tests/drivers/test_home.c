/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/home.c: blocks that were freed elsewhere go back to their driver. */
#include "drivers/home.h"

#include "drivers/route.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

enum { SLOTS = 4 };

static uint64_t used_before[MACHINE_DRIVERS_MAX];

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		machine_turn(i, false);
		used_before[i] = gi_heap_used(machine.drivers[i]->heap);
	}
}

/* Blocks of one driver, freed on another. */
static void free_on(uint32_t index, uint32_t home_index, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		void *block = gi_heap_alloc(machine.drivers[home_index]->heap, 100);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block);
		gi_driver_free(machine_on(index), block);
	}
}

static uint64_t used(uint32_t index)
{
	return gi_heap_used(machine.drivers[index]->heap) - used_before[index];
}

static void full_chains_go_at_once(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	free_on(0, 1, GI_BLOCK_CHAIN_COUNT - 1);
	machine_turn(0, false);
	machine_turn(1, false);
	CU_ASSERT_TRUE(used(1) > 0); /* they wait for company */
	free_on(0, 1, 1);
	machine_turn(0, false);
	CU_ASSERT_TRUE(used(1) > 0); /* on their way */
	CU_ASSERT_TRUE(machine_turn(1, false) > 0);
	CU_ASSERT_EQUAL(used(1), 0);
	CU_ASSERT_PTR_NULL(machine.drivers[0]->routes[1]); /* no ring was needed */
	machine_stop();
}

static void idle_driver_sends_what_it_has(void)
{
	setup(&(struct machine_options){.driver_count = 3});
	free_on(0, 1, 1);
	free_on(0, 2, 3);
	machine_turn(0, true);
	machine_turn(1, false);
	machine_turn(2, false);
	CU_ASSERT_EQUAL(used(1), 0);
	CU_ASSERT_EQUAL(used(2), 0);
	machine_stop();
}

/* Several chains, of several drivers, before their home looks. */
static void chains_join_on_the_way(void)
{
	setup(&(struct machine_options){.driver_count = 3});
	for (uint32_t round = 0; round < 3; round++) {
		free_on(0, 2, GI_BLOCK_CHAIN_COUNT);
		machine_turn(0, false);
		free_on(1, 2, GI_BLOCK_CHAIN_COUNT);
		machine_turn(1, false);
	}
	machine_turn(2, false);
	CU_ASSERT_EQUAL(used(2), 0);
	machine_stop();
}

static void sleeping_home_is_woken_once(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	CU_ASSERT_TRUE(gi_inbound_sleep(&machine.drivers[1]->inbound));
	free_on(0, 1, GI_BLOCK_CHAIN_COUNT);
	machine_turn(0, false);
	free_on(0, 1, GI_BLOCK_CHAIN_COUNT);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
	gi_inbound_wake(&machine.drivers[1]->inbound);
	machine_turn(1, false);
	CU_ASSERT_EQUAL(used(1), 0);
	machine_stop();
}

/* What comes between the last look and the sleep is not slept over. */
static void kick_keeps_the_home_awake(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	machine_turn(1, false);
	free_on(0, 1, GI_BLOCK_CHAIN_COUNT);
	machine_turn(0, false);
	CU_ASSERT_FALSE(gi_inbound_sleep(&machine.drivers[1]->inbound));
	machine_turn(1, false);
	CU_ASSERT_EQUAL(used(1), 0);
	CU_ASSERT_TRUE(gi_inbound_sleep(&machine.drivers[1]->inbound));
	gi_inbound_wake(&machine.drivers[1]->inbound);
	machine_stop();
}

/* The last memory once lay on busy drivers until they were idle. */
static void at_the_limit_all_go_each_turn(void)
{
	setup(&(struct machine_options){.driver_count = 2, .memory_limit = 8ul << 20});
	void *block = gi_heap_alloc(machine.drivers[1]->heap, 100);
	machine_exhaust_memory();
	CU_ASSERT_TRUE(gi_arena_is_short(machine.arena));
	gi_driver_free(machine_on(0), block);
	uint64_t used_now = gi_heap_used(machine.drivers[1]->heap);
	machine_turn(0, false); /* it has other things to do: it must not sleep */
	machine_turn(1, false);
	CU_ASSERT_TRUE(gi_heap_used(machine.drivers[1]->heap) < used_now);
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(machine.drivers[1]->heap, 100));
	machine_stop();
}

/* Also when it is another TPC that is short. */
static void shortage_is_told_and_ends(void)
{
	setup(&(struct machine_options){.driver_count = 2, .memory_limit = 8ul << 20});
	void *blocks[3];
	for (uint32_t i = 0; i < 3; i++) {
		blocks[i] = gi_arena_alloc(machine.arena, GI_ARENA_CHUNK_SIZE / 2);
		CU_ASSERT_PTR_NOT_NULL(blocks[i]);
	}
	CU_ASSERT_PTR_NULL(gi_arena_alloc(machine.arena, 3 * GI_ARENA_CHUNK_SIZE));
	CU_ASSERT_TRUE(gi_arena_is_short(machine.arena));
	machine_turn(0, false);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.group.short_count), 1);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.group.short_count), 1); /* counted once */
	machine_turn(1, false);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.group.short_count), 2);
	gi_arena_free(machine.arena, blocks[0], GI_ARENA_CHUNK_SIZE / 2);
	CU_ASSERT_FALSE(gi_arena_is_short(machine.arena));
	machine_turn(0, false);
	machine_turn(1, false);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.group.short_count), 0);
	machine_stop();
}

/* No ring, no outbox and no memory stand in their way. */
static void full_ring_does_not_hold_them(void)
{
	setup(&(struct machine_options){.driver_count = 2, .outbox_count_max = 1000});
	for (uint32_t i = 0; i < SLOTS + 500; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	free_on(0, 1, GI_BLOCK_CHAIN_COUNT);
	machine_turn(0, false);
	machine_turn(1, false);
	CU_ASSERT_EQUAL(used(1), 0);
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS));
	machine_settle();
	machine_stop();
}

static const CU_TestInfo tests[] = {
        {"full chains go at once", full_chains_go_at_once},
        {"idle driver sends what it has", idle_driver_sends_what_it_has},
        {"chains join on the way", chains_join_on_the_way},
        {"sleeping home is woken once", sleeping_home_is_woken_once},
        {"kick keeps the home awake", kick_keeps_the_home_awake},
        {"at the limit all go each turn", at_the_limit_all_go_each_turn},
        {"shortage is told and ends", shortage_is_told_and_ends},
        {"full ring does not hold them", full_ring_does_not_hold_them},
        CU_TEST_INFO_NULL,
};

const struct suite home_suite = {"home", tests};
