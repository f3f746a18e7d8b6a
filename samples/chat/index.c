/* SPDX-License-Identifier: Apache-2.0 */
/* Index: from a hash to positions in the owner's array. */
#include "samples/chat/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatio/actor.h>

enum { CAPACITY_FIRST = 16 };

uint64_t chat_address_hash(struct gatio_address address)
{
	return (address.bits ^ address.bits >> 29) * UINT64_C(0x9e3779b97f4a7c15) >> 17;
}

static void place(struct chat_index *index, uint64_t hash, uint32_t position)
{
	uint32_t mask = index->capacity - 1;
	uint32_t at = (uint32_t)hash & mask;
	while (index->slots[at].is_used) { /* ends: a quarter is free */
		at = (at + 1) & mask;
	}
	index->slots[at] = (struct chat_index_slot){hash, position, true};
}

static int grow(struct chat_index *index)
{
	struct chat_index bigger = {.capacity =
	                                    index->capacity ? index->capacity * 2 : CAPACITY_FIRST};
	bigger.slots = gatio_alloc(bigger.capacity * sizeof(bigger.slots[0]));
	if (!bigger.slots) {
		return -ENOMEM;
	}
	memset(bigger.slots, 0, bigger.capacity * sizeof(bigger.slots[0]));
	for (uint32_t i = 0; i < index->capacity; i++) {
		if (index->slots[i].is_used) {
			place(&bigger, index->slots[i].hash, index->slots[i].position);
		}
	}
	bigger.count = index->count;
	gatio_free(index->slots);
	*index = bigger;
	return 0;
}

int chat_index_put(struct chat_index *index, uint64_t hash, uint32_t position)
{
	if (index->count + 1 > index->capacity / 4 * 3) {
		int err = grow(index);
		if (err < 0) {
			return err;
		}
	}
	place(index, hash, position);
	index->count++;
	return 0;
}

bool chat_index_next(const struct chat_index *index, uint64_t hash, uint32_t *cursor,
                     uint32_t *out_position)
{
	uint32_t mask = index->capacity - 1;
	while (*cursor < index->capacity) {
		const struct chat_index_slot *slot =
		        &index->slots[((uint32_t)hash + *cursor) & mask];
		if (!slot->is_used) {
			return false;
		}
		(*cursor)++;
		if (slot->hash == hash) {
			*out_position = slot->position;
			return true;
		}
	}
	return false;
}

static uint32_t slot_of(const struct chat_index *index, uint64_t hash, uint32_t position)
{
	uint32_t mask = index->capacity - 1;
	uint32_t at = (uint32_t)hash & mask;
	while (index->slots[at].is_used) {
		if (index->slots[at].hash == hash && index->slots[at].position == position) {
			return at;
		}
		at = (at + 1) & mask;
	}
	abort(); /* a bug of the owner */
}

void chat_index_remove(struct chat_index *index, uint64_t hash, uint32_t position)
{
	uint32_t mask = index->capacity - 1;
	uint32_t hole = slot_of(index, hash, position);
	/* Pull back what was pushed beyond the hole, so that no walk ends early. */
	for (uint32_t at = (hole + 1) & mask; index->slots[at].is_used; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)index->slots[at].hash & mask;
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			index->slots[hole] = index->slots[at];
			hole = at;
		}
	}
	index->slots[hole] = (struct chat_index_slot){0, 0, false};
	index->count--;
}

void chat_index_move(struct chat_index *index, uint64_t hash, uint32_t from, uint32_t to)
{
	index->slots[slot_of(index, hash, from)].position = to;
}
