/* SPDX-License-Identifier: Apache-2.0 */
/* Heap state: what a heap is made of, for who embeds one (the arena keeps its tables in a heap of its own). */
#ifndef GI_TOPOLOGY_HEAP_STATE_H
#define GI_TOPOLOGY_HEAP_STATE_H

#include "topology/heap.h"
#include "topology/page_store.h"
#include "topology/remote_frees.h"
#include "topology/size_class.h"
#include "topology/spares.h"

/* The pages of one budget that have blocks to hand out. */
struct gi_shelf {
	/* Serves the next block of its class; may be empty or used up. Never NULL: a page without blocks at the least. */
	struct gi_page *current[GI_CLASS_COUNT];
	/* Those with used and free blocks; the one that waits longest, and has most free by now, is first. */
	struct gi_list partial[GI_CLASS_COUNT];
};

struct gi_heap {
	uint32_t owner_index;
	uint64_t used; /* bytes, with the spares */
	struct gi_spares spares;
	struct gi_size_classes classes;
	struct gi_shelf shelves[GI_BUDGET_COUNT];
	struct gi_list full; /* pages without a free block, and what is too large for a class */
	struct gi_page_store *store;
	struct gi_arena *arena; /* where the heap itself lies; NULL: it is embedded */
	struct gi_remote_frees remote_frees;
};

/* An embedded heap: no block of another home is ever freed on it. */
void gi_heap_init(struct gi_heap *heap, struct gi_page_store *store, uint32_t owner_index);

/* All pages go back to the store, used or not. */
void gi_heap_finish(struct gi_heap *heap);

#endif
