/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots: what the addresses of one driver's actors are made of.
 *
 * Whoever creates an actor must know its address at once, also when the actor is to live on another driver. So a free
 * slot of a driver is taken by whoever spawns there, and an actor's end gives it back to its own driver alone: a slot is
 * used by an actor, on its way with a spawn, or free for all. A few lie ready for the driver itself, which takes them
 * without an atomic operation; the others are a stack that all share, linked through the entries. One exchange takes a
 * single one from there, or, for the driver itself, as many as may lie ready.
 *
 * A slot is opened with the segment that holds its entry, by whoever takes it for the first time: what arrives for a
 * slot finds its entry, and its end needs no memory.
 *
 * May call    take: any driver    take_own, put, and what is free_own: the owner    open, close: whoever is alone with it
 * Orderings   freed   put's exchange of free_head -> take's exchange of free_head    an identity is written before it is read
 *             opened  exchange of the segment's pointer -> its load                 a segment is zero before it is read
 *             lent    exchanges of lent_count are each other's                      a fresh slot goes to one
 */
#ifndef GI_ACTORS_SLOTS_H
#define GI_ACTORS_SLOTS_H

#include "actors/address.h"
#include "base/atomic.h"
#include "topology/arena.h"

#include <stdint.h>

struct gi_actor;

#define GI_SEGMENT_COUNT 1024u
/* So many lie ready for their driver, twice: the most that are free and still no other's to take. */
#define GI_SLOTS_READY 64u
/* The most actors of a driver: with the slots that lie ready beside them they are all that an address can name. */
#define GI_ACTOR_COUNT_MAX (GI_SLOT_COUNT - 2 * GI_SLOTS_READY)

struct gi_entry {
	struct gi_actor *actor; /* the owner's. NULL: free, or not yet arrived */
	uint32_t identity;      /* of the actor, or of the last one; 0: none yet */
	/* Slot + 1 of the next free one. Who takes the first may read it when it is another's already: then it fails. */
	_Atomic uint32_t next_free;
};

_Static_assert(sizeof(struct gi_entry) == 16, "a slot costs 16 bytes");

/* Free slots of the owner alone. */
struct gi_slot_list {
	uint32_t first; /* slot + 1 */
	uint32_t last;
	uint32_t count;
};

struct gi_slots {
	/* Constant. */
	_Atomic(struct gi_entry *) *segments; /* for every slot that an address can name */
	struct gi_arena *arena;
	uint32_t driver_index;
	uint32_t system_id;

	/* The owner's. */
	struct gi_slot_list ready; /* fewer than GI_SLOTS_READY */
	struct gi_slot_list spare; /* at most as many, put aside */

	/* Shared: all take, the owner puts. */
	/* Slot + 1 of the first free one, below a tag that each change raises. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t free_head;
	_Atomic uint32_t lent_count; /* slots that have ever been taken: 0 and up */
	/* The owner raises it for each slot whose generations are used up. */
	_Atomic uint32_t count_max;
};

struct gi_slots_options {
	struct gi_arena *arena; /* of the owner's TPC; keeps */
	uint32_t driver_index;
	uint32_t system_id;
	uint32_t actor_count_max; /* at most GI_ACTOR_COUNT_MAX */
};

/* All zero before. Error: -ENOMEM. */
int gi_slots_open(struct gi_slots *slots, const struct gi_slots_options *options);
/* Accepts what was not opened. */
void gi_slots_close(struct gi_slots *slots);

/*
 * A free slot's next address. Error: -ENOMEM, also when there are as many actors and spawns on their way as the limit
 * allows.
 */
int gi_slot_take(struct gi_slots *slots, uint64_t *out_address);
/* The same for the owner. */
int gi_slot_take_own(struct gi_slots *slots, uint64_t *out_address);
/* The actor of this address has ended, or will not come. */
void gi_slot_put(struct gi_slots *slots, uint64_t address);

/* NULL: of a part that nobody has opened, which an address that was made up can name. */
static inline struct gi_entry *gi_slot_entry(const struct gi_slots *slots, uint64_t address)
{
	uint32_t slot = gi_address_slot(address);
	struct gi_entry *segment =
	        gi_load_acquire(&slots->segments[slot / GI_SEGMENT_COUNT]); /* opened */
	return segment ? &segment[slot % GI_SEGMENT_COUNT] : NULL;
}

#endif
