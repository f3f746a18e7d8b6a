/* SPDX-License-Identifier: Apache-2.0 */
/* Slots: free ones as a stack with a tag (Treiber, 1986), and those that have never been used. */
#include "actors/slots.h"

#include "base/assert.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_COUNT_MAX (GI_SLOT_COUNT / GI_SEGMENT_COUNT)
#define SEGMENTS_SIZE     (sizeof(struct gi_entry *) * SEGMENT_COUNT_MAX)
#define SEGMENT_SIZE      (sizeof(struct gi_entry) * GI_SEGMENT_COUNT)
/* A slot + 1 fits below it. With 40 bits the tag comes again after 10^12 changes, all within one look at the head. */
#define TAG_SHIFT 24u

_Static_assert(GI_SLOT_BITS < TAG_SHIFT, "a slot + 1 fits below the tag");

int gi_slots_open(struct gi_slots *slots, const struct gi_slots_options *options)
{
	gi_assert(options->actor_count_max <= GI_ACTOR_COUNT_MAX);
	slots->segments = gi_arena_alloc(options->arena, SEGMENTS_SIZE);
	if (!slots->segments) {
		return -ENOMEM;
	}
	slots->arena = options->arena;
	slots->driver_index = options->driver_index;
	slots->system_id = options->system_id;
	/* Relaxed: nobody else knows it yet. */
	gi_store_relaxed(&slots->count_max, options->actor_count_max + 2 * GI_SLOTS_READY);
	return 0;
}

void gi_slots_close(struct gi_slots *slots)
{
	if (!slots->segments) {
		return;
	}
	for (uint32_t i = 0; i < SEGMENT_COUNT_MAX; i++) {
		gi_arena_free(slots->arena, gi_load_acquire(&slots->segments[i]), SEGMENT_SIZE);
	}
	gi_arena_free(slots->arena, slots->segments, SEGMENTS_SIZE);
	slots->segments = NULL;
}

/* Of a slot that has been lent. */
static struct gi_entry *entry_of(const struct gi_slots *slots, uint32_t slot)
{
	struct gi_entry *entry = gi_slot_entry(slots, gi_address_make(0, slot, 0));
	gi_assert(entry);
	return entry;
}

static uint64_t next_address(const struct gi_slots *slots, uint32_t slot)
{
	uint32_t last = entry_of(slots, slot)->identity;
	uint32_t generation = gi_identity_generation(last) + 1;
	gi_assert(generation <= GI_GENERATION_MAX);
	return gi_address_make(slots->driver_index, slot,
	                       gi_identity_make(slots->system_id, generation));
}

/* ---- Shared --------------------------------------------------------------------------------------------------------- */

static uint32_t first_of(uint64_t head)
{
	return (uint32_t)head & ((1u << TAG_SHIFT) - 1);
}

static uint64_t next_head(uint64_t head, uint32_t first)
{
	return ((head >> TAG_SHIFT) + 1) << TAG_SHIFT | first;
}

static bool pop_shared(struct gi_slots *slots, uint32_t *out_slot)
{
	uint64_t head = gi_load_acquire(&slots->free_head); /* freed */
	uint64_t popped;
	do { /* until nobody was faster: each that was has taken or put one */
		if (first_of(head) == 0) {
			return false;
		}
		/* Relaxed: if it is another's by now the tag has changed, and the exchange fails. */
		uint32_t next = gi_load_relaxed(&entry_of(slots, first_of(head) - 1)->next_free);
		popped = next_head(head, next);
		*out_slot = first_of(head) - 1;
	} while (!gi_compare_exchange_acq_rel(&slots->free_head, &head, popped)); /* freed */
	return true;
}

static void push_shared(struct gi_slots *slots, const struct gi_slot_list *list)
{
	struct gi_entry *last = entry_of(slots, list->last - 1);
	uint64_t head = gi_load_acquire(&slots->free_head);
	do {                                                        /* as in pop_shared() */
		gi_store_relaxed(&last->next_free, first_of(head)); /* the exchange publishes it */
	} while (!gi_compare_exchange_acq_rel(&slots->free_head, &head,
	                                      next_head(head, list->first))); /* freed */
}

/* Two may open it at once: one of them is too late. */
static int open_segment(struct gi_slots *slots, uint32_t index)
{
	if (gi_load_acquire(&slots->segments[index])) { /* opened */
		return 0;
	}
	struct gi_entry *segment = gi_arena_alloc(slots->arena, SEGMENT_SIZE);
	if (!segment) {
		return -ENOMEM;
	}
	struct gi_entry *none = NULL;
	if (!gi_compare_exchange_acq_rel(&slots->segments[index], &none, segment)) { /* opened */
		gi_arena_free(slots->arena, segment, SEGMENT_SIZE);
	}
	return 0;
}

static int take_fresh(struct gi_slots *slots, uint32_t *out_slot)
{
	uint32_t fresh = gi_load_acquire(&slots->lent_count);
	do { /* as in pop_shared() */
		/* Relaxed: a limit that has just been raised is as well seen later. */
		if (fresh >= gi_load_relaxed(&slots->count_max)) {
			return -ENOMEM;
		}
		int err = open_segment(slots, fresh / GI_SEGMENT_COUNT);
		if (err) {
			return err;
		}
		*out_slot = fresh;
	} while (!gi_compare_exchange_acq_rel(&slots->lent_count, &fresh, fresh + 1)); /* lent */
	return 0;
}

int gi_slot_take(struct gi_slots *slots, uint64_t *out_address)
{
	uint32_t slot = 0;
	int err = pop_shared(slots, &slot) ? 0 : take_fresh(slots, &slot);
	if (err) {
		return err;
	}
	*out_address = next_address(slots, slot);
	return 0;
}

/* ---- The owner's ---------------------------------------------------------------------------------------------------- */

int gi_slot_take_own(struct gi_slots *slots, uint64_t *out_address)
{
	if (slots->ready.count == 0) {
		slots->ready = slots->spare;
		slots->spare = (struct gi_slot_list){0};
	}
	if (slots->ready.count == 0) {
		return gi_slot_take(slots, out_address);
	}
	uint32_t slot = slots->ready.first - 1;
	/* Relaxed: this thread wrote it. */
	slots->ready.first = gi_load_relaxed(&entry_of(slots, slot)->next_free);
	slots->ready.count--;
	*out_address = next_address(slots, slot);
	return 0;
}

/* It stays empty for good, and another one takes its place. */
static void retire(struct gi_slots *slots)
{
	uint32_t count_max = gi_load_relaxed(&slots->count_max); /* ours: no other writer */
	if (count_max < GI_SLOT_COUNT) {
		gi_store_relaxed(&slots->count_max, count_max + 1); /* see take_fresh() */
	}
}

void gi_slot_put(struct gi_slots *slots, uint64_t address)
{
	uint32_t slot = gi_address_slot(address);
	struct gi_entry *entry = entry_of(slots, slot);
	gi_assert(!entry->actor);
	gi_assert(entry->identity == gi_address_identity(address));
	if (gi_identity_generation(entry->identity) == GI_GENERATION_MAX) {
		retire(slots);
		return;
	}
	struct gi_slot_list *ready = &slots->ready;
	if (ready->count == GI_SLOTS_READY) {
		if (slots->spare.count > 0) {
			push_shared(slots, &slots->spare);
		}
		slots->spare = *ready;
		*ready = (struct gi_slot_list){0};
	}
	gi_store_relaxed(&entry->next_free, ready->first); /* ours until it is pushed */
	ready->first = slot + 1;
	ready->last = ready->count == 0 ? slot + 1 : ready->last;
	ready->count++;
}
