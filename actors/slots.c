/* SPDX-License-Identifier: Apache-2.0 */
/* Slots: free ones as a stack with a tag (Treiber, 1986), and those that have never been used. */
#include "actors/slots.h"

#include "base/assert.h"
#include "base/branch.h"

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
	gi_assert(!slots->segments);
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

static uint64_t next_address(const struct gi_slots *slots, const struct gi_entry *entry,
                             uint32_t slot)
{
	uint32_t generation = gi_identity_generation(entry->identity) + 1;
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

/*
 * Up to GI_SLOTS_READY of them at once, for the owner. Only the owner puts: what others do meanwhile is take the first,
 * and what lies below it stays linked as it is. false: there are none, or somebody was faster.
 */
static bool pop_shared_list(struct gi_slots *slots, struct gi_slot_list *out_list)
{
	uint64_t head = gi_load_acquire(&slots->free_head); /* freed */
	struct gi_slot_list list = {.first = first_of(head)};
	uint32_t next = list.first;
	while (next != 0 && list.count < GI_SLOTS_READY) {
		list.last = next;
		list.count++;
		/* Relaxed: this thread wrote it. */
		next = gi_load_relaxed(&entry_of(slots, next - 1)->next_free);
	}
	if (list.count == 0 || !gi_compare_exchange_acq_rel(&slots->free_head, &head,
	                                                    next_head(head, next))) { /* freed */
		return false;
	}
	*out_list = list;
	return true;
}

static void push_shared(struct gi_slots *slots, const struct gi_slot_list *list)
{
	gi_assert(list->count == GI_SLOTS_READY);
	struct gi_entry *last = entry_of(slots, list->last - 1);
	gi_assert(!last->actor);
	uint64_t head = gi_load_acquire(&slots->free_head);
	do {                                                        /* as in pop_shared() */
		gi_store_relaxed(&last->next_free, first_of(head)); /* the exchange publishes it */
	} while (!gi_compare_exchange_acq_rel(&slots->free_head, &head,
	                                      next_head(head, list->first))); /* freed */
}

/* Two may open it at once: one of them is too late. */
static int open_segment(struct gi_slots *slots, uint32_t index)
{
	gi_assert(index < SEGMENT_COUNT_MAX);
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
	*out_address = next_address(slots, entry_of(slots, slot), slot);
	return 0;
}

/* ---- The owner's ---------------------------------------------------------------------------------------------------- */

/* Of those that are ready there is one. */
static inline uint64_t take_ready(struct gi_slots *slots)
{
	gi_assert_slow(slots->ready.count > 0);
	gi_assert_slow(slots->ready.first != 0);
	uint32_t slot = slots->ready.first - 1;
	const struct gi_entry *entry = entry_of(slots, slot);
	/* Relaxed: this thread wrote it. */
	slots->ready.first = gi_load_relaxed(&entry->next_free);
	slots->ready.count--;
	return next_address(slots, entry, slot);
}

/* None is ready: those that were put aside are from now on, else others that are free. Else a single one is taken. */
static __attribute__((noinline)) int make_ready(struct gi_slots *slots, uint64_t *out_address)
{
	gi_assert(slots->ready.count == 0);
	gi_assert(slots->spare.count == 0 || slots->spare.count == GI_SLOTS_READY);
	if (slots->spare.count > 0) {
		slots->ready = slots->spare;
		slots->spare = (struct gi_slot_list){0};
	} else if (!pop_shared_list(slots, &slots->ready)) {
		return gi_slot_take(slots, out_address);
	}
	*out_address = take_ready(slots);
	return 0;
}

int gi_slot_take_own(struct gi_slots *slots, uint64_t *out_address)
{
	if (gi_unlikely(slots->ready.count == 0)) {
		return make_ready(slots, out_address);
	}
	*out_address = take_ready(slots);
	return 0;
}

/* It stays empty for good, and another one takes its place. */
static __attribute__((noinline)) void retire(struct gi_slots *slots)
{
	uint32_t count_max = gi_load_relaxed(&slots->count_max);     /* ours: no other writer */
	gi_assert(gi_load_relaxed(&slots->lent_count) <= count_max); /* only we raise it */
	if (count_max < GI_SLOT_COUNT) {
		gi_store_relaxed(&slots->count_max, count_max + 1); /* see take_fresh() */
	}
}

/* So many are ready that these are put aside; those that were there before are for all. */
static __attribute__((noinline)) void put_aside(struct gi_slots *slots)
{
	gi_assert(slots->ready.count == GI_SLOTS_READY);
	if (slots->spare.count > 0) {
		push_shared(slots, &slots->spare);
	}
	slots->spare = slots->ready;
	slots->ready = (struct gi_slot_list){0};
}

void gi_slot_put(struct gi_slots *slots, uint64_t address)
{
	uint32_t slot = gi_address_slot(address);
	struct gi_entry *entry = entry_of(slots, slot);
	gi_assert(!entry->actor);
	gi_assert(entry->identity == gi_address_identity(address));
	if (gi_unlikely(gi_identity_generation(entry->identity) == GI_GENERATION_MAX)) {
		retire(slots);
		return;
	}
	struct gi_slot_list *ready = &slots->ready;
	gi_assert_slow(ready->count < GI_SLOTS_READY);     /* and as many put aside */
	gi_store_relaxed(&entry->next_free, ready->first); /* ours until it is pushed */
	ready->first = slot + 1;
	ready->last = ready->count == 0 ? slot + 1 : ready->last;
	ready->count++;
	if (gi_unlikely(ready->count == GI_SLOTS_READY)) {
		put_aside(slots);
	}
}
