/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remote frees: the blocks of other heaps that were freed here, one chain for each home.
 *
 * A free never fails, so neither does this: where there is no memory for the chain's own record, the block waits among
 * the unsorted, which need none.
 *
 * Thread: the driver of its heap.
 */
#ifndef GI_TOPOLOGY_REMOTE_FREES_H
#define GI_TOPOLOGY_REMOTE_FREES_H

#include "base/list.h"
#include "topology/heap.h"
#include "topology/page.h"

#define GI_HOME_GROUP_SIZE  32u
#define GI_HOME_GROUP_COUNT (GI_HEAP_COUNT_MAX / GI_HOME_GROUP_SIZE)
_Static_assert(GI_HEAP_COUNT_MAX % GI_HOME_GROUP_SIZE == 0, "every home is in a group");

struct gi_home {
	struct gi_list link; /* in waiting while count > 0 */
	void *first;
	uint64_t size; /* bytes of the blocks */
	uint32_t count;
	uint32_t home_index;
};

/* Where records of homes come from: gi_arena_alloc() and gi_arena_free(), which lie above. */
struct gi_remote_frees_memory {
	void *(*alloc)(struct gi_arena *arena, size_t size);
	void (*free)(struct gi_arena *arena, void *memory, size_t size);
	struct gi_arena *arena; /* NULL: no block of another home will come */
};

struct gi_remote_frees {
	struct gi_remote_frees_memory memory;
	struct gi_home *groups[GI_HOME_GROUP_COUNT]; /* each made when a block of it comes */
	struct gi_list waiting;                      /* homes with blocks, the oldest first */
	uint32_t waiting_count;
	uint32_t ready_count; /* of these, with a chain that should travel at once */
	void *unsorted;
};

void gi_remote_frees_init(struct gi_remote_frees *frees,
                          const struct gi_remote_frees_memory *memory);

/* Blocks that still wait are forgotten: they belong to their homes' pages. */
void gi_remote_frees_finish(struct gi_remote_frees *frees);

/* The block is poisoned already. */
void gi_remote_frees_add(struct gi_remote_frees *frees, void *block);

/* As gi_heap_chains_waiting() and gi_heap_take_chain(). */
uint32_t gi_remote_frees_waiting(const struct gi_remote_frees *frees);
bool gi_remote_frees_take(struct gi_remote_frees *frees, uint32_t count_min,
                          struct gi_block_chain *out_chain);

#endif
