/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registry: from address to actor, and the numbers that addresses are made of.
 *
 * Whoever creates an actor must know its address at once, also when the actor is to live on another driver. So each
 * driver lends slots of its registry to the drivers that create actors there, GI_LEASE_COUNT at a time with one atomic
 * addition, and the borrower numbers its actors itself. When such an actor ends, its number goes home to the borrower,
 * who may use the slot again with the next generation.
 *
 * A message can overtake the spawn of its receiver: the creator tells the address to a third driver, whose message is
 * drained first. Its generation is ahead of the slot's, so it is known to be early, and waits.
 *
 * Orderings   lent   additions to slots_lent are each other's; nothing else is published by them
 */
#include "actors/stage.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

bool gi_registry_is_early(const struct gi_stage *stage, uint64_t address)
{
	/* Relaxed: an address that has reached us was made from a number lent before it was sent. */
	uint32_t slot = gi_address_slot(address);
	if (slot >= gi_load_relaxed(&stage->slots_lent) || slot >= stage->slot_count_max) {
		return false;
	}
	const struct gi_entry *entry = gi_registry_entry(stage, address);
	return !entry || entry->generation < gi_address_generation(address);
}

static int open_segment(struct gi_stage *stage, uint64_t address, bool from_reserve)
{
	uint32_t number = gi_address_slot(address) / GI_SEGMENT_COUNT;
	if (stage->segments[number]) {
		return 0;
	}
	size_t size = sizeof(struct gi_entry) * GI_SEGMENT_COUNT;
	struct gi_heap *heap = stage->driver->heap;
	struct gi_entry *segment =
	        from_reserve ? gi_heap_alloc_reserved(heap, size) : gi_heap_alloc(heap, size);
	if (!segment) {
		return -ENOMEM;
	}
	memset(segment, 0, size);
	stage->segments[number] = segment;
	return 0;
}

void gi_registry_skip(struct gi_stage *stage, uint64_t address)
{
	if (open_segment(stage, address, true)) {
		return; /* not even the reserve is left: what comes for it waits until the end */
	}
	struct gi_entry *entry = gi_registry_entry(stage, address);
	gi_assert(!entry->actor);
	entry->generation = gi_address_generation(address);
}

int gi_registry_add(struct gi_stage *stage, struct gi_actor *actor)
{
	int err = open_segment(stage, actor->address, false);
	if (err) {
		return err;
	}
	struct gi_entry *entry = gi_registry_entry(stage, actor->address);
	gi_assert(!entry->actor);
	gi_assert(entry->generation < gi_address_generation(actor->address));
	entry->actor = actor;
	entry->generation = gi_address_generation(actor->address);
	stage->alive_count++;
	gi_store_relaxed(&stage->counters.alive, stage->alive_count);
	gi_count(&stage->counters.loads[actor->work.class], 1);
	return 0;
}

void gi_registry_remove(struct gi_stage *stage, uint64_t address)
{
	struct gi_entry *entry = gi_registry_entry(stage, address);
	gi_assert(entry && entry->actor);
	gi_count(&stage->counters.loads[entry->actor->work.class], (uint64_t)-1);
	entry->actor = NULL;
	gi_assert(stage->alive_count > 0);
	stage->alive_count--;
	gi_store_relaxed(&stage->counters.alive, stage->alive_count);
}

/* ---- Numbers ------------------------------------------------------------------------------------------------------ */

/* Room for all that are lent is made when they are lent, so that a number coming home always fits. */
static int make_room(struct gi_stage *stage, struct gi_numbers *numbers, uint32_t count)
{
	if (count <= numbers->capacity) {
		return 0;
	}
	uint32_t capacity = numbers->capacity ? numbers->capacity * 2 : GI_LEASE_COUNT;
	struct gi_number *room = gi_heap_alloc(stage->driver->heap, sizeof(*room) * capacity);
	if (!room) {
		return -ENOMEM;
	}
	if (numbers->free_count > 0) {
		memcpy(room, numbers->free, sizeof(*room) * numbers->free_count);
	}
	gi_heap_free(stage->driver->heap, numbers->free);
	numbers->free = room;
	numbers->capacity = capacity;
	return 0;
}

static int borrow(struct gi_stage *stage, struct gi_stage *target, struct gi_numbers *numbers)
{
	int err = make_room(stage, numbers, numbers->lent_count + GI_LEASE_COUNT);
	if (err) {
		return err;
	}
	/* Relaxed: a look before the addition keeps the counter from running away at the limit. */
	if (gi_load_relaxed(&target->slots_lent) + GI_LEASE_COUNT > target->slot_count_max) {
		return -ENOMEM;
	}
	uint32_t first = gi_fetch_add_relaxed(&target->slots_lent, GI_LEASE_COUNT); /* lent */
	if (first + GI_LEASE_COUNT > target->slot_count_max) {
		return -ENOMEM;
	}
	numbers->lent_count += GI_LEASE_COUNT;
	for (uint32_t i = GI_LEASE_COUNT; i-- > 0;) {
		numbers->free[numbers->free_count++] =
		        (struct gi_number){.slot = first + i, .generation = 1};
	}
	return 0;
}

int gi_number_take(struct gi_stage *stage, struct gi_stage *target, uint64_t *out_address)
{
	struct gi_numbers *numbers = &stage->numbers[target->index];
	if (numbers->free_count == 0) {
		int err = borrow(stage, target, numbers);
		if (err) {
			return err;
		}
	}
	struct gi_number number = numbers->free[--numbers->free_count];
	*out_address = gi_address_make(target->index, number.slot, number.generation);
	return 0;
}

void gi_number_put(struct gi_stage *stage, uint64_t address)
{
	struct gi_numbers *numbers = &stage->numbers[gi_address_driver(address)];
	uint32_t generation = gi_address_generation(address);
	if (generation == UINT32_MAX) {
		return; /* used up: the slot stays empty for good */
	}
	gi_assert(numbers->free_count < numbers->capacity);
	numbers->free[numbers->free_count++] =
	        (struct gi_number){.slot = gi_address_slot(address), .generation = generation + 1};
}
