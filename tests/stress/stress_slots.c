/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of actors/slots.c: an owner and several others take slots of one driver at once, hold some, and hand them to the
 * owner, as spawns and ends do, who puts them back. No address comes twice, no slot is held twice, and in the end all
 * can be had again.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "actors/slots.h"
#include "drivers/kernel.h"
#include "tests/support/suite.h"

#define TAKER_COUNT 3u
#define STEP_COUNT  200000u
#define RING_SIZE   64u
#define OWN_MAX     (3u * GI_SLOTS_READY)
#define LIMIT       200u /* small: the last slots are fought for */

/*
 * Orderings   filled  ring_push releases tail -> ring_pop acquires tail
 *             freed   ring_pop releases head -> ring_push acquires head
 */
struct ring {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t tail;
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t head;
	uint64_t addresses[RING_SIZE];
};

struct taker {
	struct ring ring; /* what it took, on its way to the owner */
	uint64_t taken_count;
	uint64_t refused_count;
	_Atomic uint32_t is_done;
};

static struct gi_arena *arena;
static struct gi_slots slots;
static struct taker takers[TAKER_COUNT];
static uint32_t last_identities[LIMIT + 2 * GI_SLOTS_READY]; /* the owner's */
static uint64_t repeated_count;
static uint64_t out_of_range_count;

static bool ring_push(struct ring *ring, uint64_t address)
{
	uint32_t tail = gi_load_relaxed(&ring->tail);           /* ours */
	if (tail - gi_load_acquire(&ring->head) == RING_SIZE) { /* freed */
		return false;
	}
	ring->addresses[tail % RING_SIZE] = address;
	gi_store_release(&ring->tail, tail + 1); /* filled */
	return true;
}

static bool ring_pop(struct ring *ring, uint64_t *out_address)
{
	uint32_t head = gi_load_relaxed(&ring->head); /* ours */
	if (gi_load_acquire(&ring->tail) == head) {   /* filled */
		return false;
	}
	*out_address = ring->addresses[head % RING_SIZE];
	gi_store_release(&ring->head, head + 1); /* freed */
	return true;
}

static void *run_taker(void *argument)
{
	struct taker *taker = argument;
	for (uint32_t i = 0; i < STEP_COUNT; i++) {
		uint64_t address;
		if (gi_slot_take(&slots, &address)) {
			taker->refused_count++;
			continue;
		}
		taker->taken_count++;
		while (!ring_push(&taker->ring, address)) { /* the owner empties it */
			gi_cpu_relax();
		}
	}
	gi_store_release(&taker->is_done, 1);
	return NULL;
}

/* What a spawn's arrival and its actor's end do: the identity moves on, then the slot is free. */
static void come_and_go(uint64_t address)
{
	uint32_t slot = gi_address_slot(address);
	uint32_t identity = gi_address_identity(address);
	if (slot >= LIMIT + 2 * GI_SLOTS_READY) {
		out_of_range_count++;
		return;
	}
	repeated_count += identity <= last_identities[slot];
	last_identities[slot] = identity;
	gi_slot_entry(&slots, address)->identity = identity;
	gi_slot_put(&slots, address);
}

static bool serve(void)
{
	bool is_done = true;
	for (uint32_t i = 0; i < TAKER_COUNT; i++) {
		is_done &= gi_load_acquire(&takers[i].is_done) != 0;
		uint64_t address;
		while (ring_pop(&takers[i].ring, &address)) {
			come_and_go(address);
			is_done = false;
		}
	}
	/* More than lie ready: it takes lists from the stack while others take single ones. */
	uint64_t own[OWN_MAX];
	uint32_t own_count = 0;
	while (own_count < OWN_MAX && gi_slot_take_own(&slots, &own[own_count]) == 0) {
		own_count++;
	}
	while (own_count > 0) {
		come_and_go(own[--own_count]);
	}
	return !is_done;
}

static void slots_are_never_shared(void)
{
	pthread_t threads[TAKER_COUNT];
	CU_ASSERT_EQUAL_FATAL(
	        gi_arena_create(&arena,
	                        &(struct gi_arena_options){.node = -1, .door = &gi_kernel_memory}),
	        0);
	struct gi_slots_options options = {
	        .arena = arena, .driver_index = 5, .system_id = 7, .actor_count_max = LIMIT};
	CU_ASSERT_EQUAL_FATAL(gi_slots_open(&slots, &options), 0);
	for (uint32_t i = 0; i < TAKER_COUNT; i++) {
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run_taker, &takers[i]), 0);
	}
	while (serve()) { /* until all have done their steps */
	}
	for (uint32_t i = 0; i < TAKER_COUNT; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_TRUE(takers[i].taken_count > 0);
	}
	CU_ASSERT_EQUAL(repeated_count, 0);
	CU_ASSERT_EQUAL(out_of_range_count, 0);
	/* All are free: the owner has them all, each once. */
	static bool is_seen[LIMIT + 2 * GI_SLOTS_READY];
	uint64_t address;
	uint32_t count = 0;
	while (gi_slot_take_own(&slots, &address) == 0) {
		uint32_t slot = gi_address_slot(address);
		CU_ASSERT_FALSE(is_seen[slot]);
		CU_ASSERT_EQUAL(gi_address_driver(address), 5);
		CU_ASSERT_EQUAL(gi_address_system(address), 7);
		is_seen[slot] = true;
		count++;
	}
	CU_ASSERT_EQUAL(count, LIMIT + 2 * GI_SLOTS_READY);
	gi_slots_close(&slots);
	gi_arena_destroy(arena);
}

/* The first to need a segment opens it, whoever else does so at the same time. */
static void *take_many(void *argument)
{
	uint32_t *count = argument;
	uint64_t address;
	while (gi_slot_take(&slots, &address) == 0) {
		++*count;
	}
	return NULL;
}

static void segments_are_opened_once(void)
{
	enum { ROUNDS = 20, MANY = 3 * GI_SEGMENT_COUNT };
	for (uint32_t round = 0; round < ROUNDS; round++) {
		CU_ASSERT_EQUAL_FATAL(
		        gi_arena_create(
		                &arena,
		                &(struct gi_arena_options){.node = -1, .door = &gi_kernel_memory}),
		        0);
		struct gi_slots_options options = {
		        .arena = arena, .system_id = 1, .actor_count_max = MANY};
		memset(&slots, 0, sizeof(slots));
		CU_ASSERT_EQUAL_FATAL(gi_slots_open(&slots, &options), 0);
		pthread_t threads[TAKER_COUNT];
		uint32_t counts[TAKER_COUNT] = {0};
		uint32_t sum = 0;
		for (uint32_t i = 0; i < TAKER_COUNT; i++) {
			CU_ASSERT_EQUAL_FATAL(
			        pthread_create(&threads[i], NULL, take_many, &counts[i]), 0);
		}
		for (uint32_t i = 0; i < TAKER_COUNT; i++) {
			pthread_join(threads[i], NULL);
			sum += counts[i];
		}
		CU_ASSERT_EQUAL(sum, MANY + 2 * GI_SLOTS_READY);
		gi_slots_close(&slots);
		gi_arena_destroy(arena);
	}
}

static const CU_TestInfo tests[] = {
        {"slots are never shared", slots_are_never_shared},
        {"segments are opened once", segments_are_opened_once},
        CU_TEST_INFO_NULL,
};

static const struct suite slots_suite = {"slots", tests};
const struct suite *const suites[] = {&slots_suite, NULL};
