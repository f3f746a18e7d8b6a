/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: see arena.h. It lies in the head of its own first chunk, so it is on its node and needs no other memory.
 *
 * Locks: tables_lock, then the store's.
 */
#include "topology/arena.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/container.h"
#include "topology/heap_state.h"
#include "topology/node_memory.h"
#include "topology/page_store.h"

struct gi_arena {
	struct gi_page_store store;
	struct gi_node_memory node_memory; /* under the store's lock */
	bool is_zeroed_by_source;          /* new chunks are */

	pthread_mutex_t tables_lock;
	struct gi_heap tables; /* what gi_arena_alloc() hands out */
};

_Static_assert(sizeof(struct gi_arena) <= GI_FIRST_CHUNK_ROOM_SIZE, "it fits beside the head");

int gi_arena_create(struct gi_arena **out_arena, const struct gi_arena_options *options)
{
	struct gi_arena_options source = *options;
	struct gi_node_memory node_memory = {.door = options->door};
	gi_assert(out_arena);
	gi_assert(!options->take == !options->put);
	gi_assert(!options->take == (options->door != NULL));
	if (options->door) {
		source.take = gi_node_memory_take;
		source.put = gi_node_memory_put;
		source.context = &node_memory;
	}
	struct gi_chunk *chunk = gi_first_chunk_take(&source);
	if (!chunk) {
		return -ENOMEM;
	}
	struct gi_arena *arena = gi_first_chunk_room(chunk);
	memset(arena, 0, sizeof(*arena));
	arena->node_memory = node_memory;
	if (options->door) {
		source.context = &arena->node_memory;
		arena->is_zeroed_by_source = true;
	}
	gi_page_store_init(&arena->store, chunk, &source);
	int err = pthread_mutex_init(&arena->tables_lock, NULL);
	gi_assert(err == 0);
	gi_heap_init(&arena->tables, &arena->store, GI_OWNER_TABLES);
	*out_arena = arena;
	return 0;
}

void gi_arena_destroy(struct gi_arena *arena)
{
	if (arena) {
		pthread_mutex_destroy(&arena->tables_lock);
		gi_page_store_finish(&arena->store);
	}
}

struct gi_page_store *gi_arena_store(struct gi_arena *arena)
{
	return &arena->store;
}

uint64_t gi_arena_taken(const struct gi_arena *arena)
{
	return gi_load_relaxed(&arena->store.taken); /* a figure, orders nothing */
}

uint64_t gi_arena_taken_max(const struct gi_arena *arena)
{
	return gi_load_relaxed(&arena->store.taken_max); /* a figure, orders nothing */
}

bool gi_arena_is_short(const struct gi_arena *arena)
{
	return gi_load_relaxed(&arena->store.is_short) != 0; /* a hint, orders nothing */
}

uint64_t gi_arena_no_room_count(const struct gi_arena *arena)
{
	return gi_load_relaxed(&arena->store.no_room_count); /* a figure, orders nothing */
}

int gi_arena_binding(struct gi_arena *arena)
{
	pthread_mutex_lock(&arena->store.lock);
	int refusal = arena->node_memory.refusal;
	pthread_mutex_unlock(&arena->store.lock);
	return refusal;
}

/* A size whose blocks, side by side from the start of a page, are aligned to 128; pages and regions are. */
static size_t aligned_size(const struct gi_arena *arena, size_t size)
{
	size_t block_size = size;
	while (block_size <= GI_SMALL_SIZE_MAX) {
		uint32_t class_index = gi_size_class(&arena->tables.classes, block_size);
		block_size = gi_size_class_block(class_index);
		if (block_size % GI_CACHE_LINE_PAIR == 0) {
			return block_size;
		}
		block_size++;
	}
	return block_size;
}

static void *alloc_with(struct gi_arena *arena, size_t size,
                        void *(*alloc)(struct gi_heap *heap, size_t size))
{
	pthread_mutex_lock(&arena->tables_lock);
	void *memory = alloc(&arena->tables, aligned_size(arena, size));
	pthread_mutex_unlock(&arena->tables_lock);
	if (!memory) {
		return NULL;
	}
	gi_assert((uintptr_t)memory % GI_CACHE_LINE_PAIR == 0);
	gi_assert(size <= gi_heap_block_size(memory));
	bool is_new =
	        size > GI_RUN_PAGES_MAX * GI_ARENA_PAGE_SIZE && !gi_chunk_of(memory)->was_used;
	if (!is_new || !arena->is_zeroed_by_source) {
		memset(memory, 0, size);
	}
	return memory;
}

void *gi_arena_alloc(struct gi_arena *arena, size_t size)
{
	return alloc_with(arena, size, gi_heap_alloc);
}

void *gi_arena_alloc_reserved(struct gi_arena *arena, size_t size)
{
	return alloc_with(arena, size, gi_heap_alloc_reserved);
}

void gi_arena_free(struct gi_arena *arena, void *memory, size_t size)
{
	if (!memory) {
		return;
	}
	gi_assert(gi_page_tag_of(memory)->owner_index == GI_OWNER_TABLES);
	gi_assert(size <= gi_heap_block_size(memory));
	pthread_mutex_lock(&arena->tables_lock);
	gi_heap_free(&arena->tables, memory);
	pthread_mutex_unlock(&arena->tables_lock);
}
