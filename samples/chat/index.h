/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index: from a hash to positions in the owner's array. Open addressing; the owner compares the names.
 *
 * Thread: its actor; memory is the actor's and goes with it.
 */
#ifndef CHAT_INDEX_H
#define CHAT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <gatio/message.h>

struct chat_index_slot {
	uint64_t hash;
	uint32_t position;
	bool is_used;
};

/* All zero is an empty index. */
struct chat_index {
	struct chat_index_slot *slots;
	uint32_t capacity; /* 0 or a power of two */
	uint32_t count;
};

/* Of who it is. Nobody chooses addresses, so nobody chooses their hashes. */
uint64_t chat_address_hash(struct gatio_address address);

/* Error: -ENOMEM, nothing changed. */
int chat_index_put(struct chat_index *index, uint64_t hash, uint32_t position);

/*
 * Walk the positions of one hash: start with *cursor 0, go on while it returns true. The index must not change on the
 * way.
 */
bool chat_index_next(const struct chat_index *index, uint64_t hash, uint32_t *cursor,
                     uint32_t *out_position);

/* The pair must be there. */
void chat_index_remove(struct chat_index *index, uint64_t hash, uint32_t position);
void chat_index_move(struct chat_index *index, uint64_t hash, uint32_t from, uint32_t to);

#endif
