/* SPDX-License-Identifier: Apache-2.0 */
/* Heap life: a heap that lies in its arena, with its record of remote frees. heap.c itself is below the arena, which embeds one. */
#include "topology/heap.h"

#include <errno.h>

#include "topology/arena.h"
#include "topology/heap_state.h"

int gi_heap_create(struct gi_heap **out_heap, struct gi_arena *arena, uint32_t owner_index)
{
	gi_assert(owner_index < GI_HEAP_COUNT_MAX);
	struct gi_heap *heap = gi_arena_alloc(arena, sizeof(*heap));
	if (!heap) {
		return -ENOMEM;
	}
	gi_heap_init(heap, gi_arena_store(arena), owner_index);
	heap->arena = arena;
	gi_remote_frees_init(&heap->remote_frees,
	                     &(struct gi_remote_frees_memory){.alloc = gi_arena_alloc,
	                                                      .free = gi_arena_free,
	                                                      .arena = arena});
	*out_heap = heap;
	return 0;
}

void gi_heap_destroy(struct gi_heap *heap)
{
	if (!heap) {
		return;
	}
	gi_assert(heap->arena); /* not an embedded one */
	gi_heap_finish(heap);
	gi_remote_frees_finish(&heap->remote_frees);
	gi_arena_free(heap->arena, heap, sizeof(*heap));
}
