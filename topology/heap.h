/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap: the small blocks of one driver, cut from its TPC's arena without locks.
 *
 * A block remembers the heap it came from by its address alone (the page it lies in says so). Freed on its own heap it
 * is usable at once. Freed on another driver's heap it is gathered in a chain for its home; the driver sends chains
 * home in batches and the home heap takes them back. Nothing is shared per block.
 *
 * Thread: its driver, except where said.
 */
#ifndef GI_TOPOLOGY_HEAP_H
#define GI_TOPOLOGY_HEAP_H

#include "topology/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gi_heap;

/* Blocks of one home, linked through their first word. */
struct gi_block_chain {
	void *first;
	uint32_t count;
	uint32_t home_index;
};

/* A chain that reaches this count should travel at once. */
#define GI_BLOCK_CHAIN_COUNT 32u
/* So should one of so many bytes, however few its blocks: large ones do not wait. */
#define GI_BLOCK_CHAIN_SIZE ((uint64_t)256 << 10)

/* 1024 drivers, and some for threads that are none. */
#define GI_HEAP_COUNT_MAX 1056u

/*
 * owner_index names the heap in chains, is below GI_HEAP_COUNT_MAX and unique among heaps that exchange blocks.
 * Error: -ENOMEM.
 */
int gi_heap_create(struct gi_heap **out_heap, struct gi_arena *arena, uint32_t owner_index);

/* All its pages go back to the arena, used or not. NULL is accepted. Thread: whoever is alone with it. */
void gi_heap_destroy(struct gi_heap *heap);

/* 16-byte aligned, uninitialised; 64-byte aligned when size is a multiple of 64. NULL when the arena is at its limit. */
void *gi_heap_alloc(struct gi_heap *heap, size_t size);

/* For what must not be refused (system messages, ends): beyond the limit it draws on the arena's reserve. */
void *gi_heap_alloc_reserved(struct gi_heap *heap, size_t size);

/* Usable bytes of a block, at least what was asked for. Thread: any that owns the block. */
size_t gi_heap_block_size(const void *block);

/* A block of any heap; NULL is accepted. Home blocks are free at once, others gather. */
void gi_heap_free(struct gi_heap *heap, void *block);

/* Number of chains (homes) with gathered blocks. */
uint32_t gi_heap_chains_waiting(const struct gi_heap *heap);

/* Remove the oldest gathered chain with at least `count_min` blocks or GI_BLOCK_CHAIN_SIZE bytes. false: none. */
bool gi_heap_take_chain(struct gi_heap *heap, uint32_t count_min, struct gi_block_chain *out_chain);

/* The last block of a chain, and another chain behind it. Thread: any that owns them. */
void *gi_heap_chain_last(void *first);
void gi_heap_chain_link(void *last, void *first);

/* A chain has come home. NULL is accepted. */
void gi_heap_put_chain(struct gi_heap *heap, void *first);

/* The driver is idle: free pages go back to the arena, free chunks to the system. */
void gi_heap_trim(struct gi_heap *heap);

/* Bytes in blocks given out and not yet home. */
uint64_t gi_heap_used(const struct gi_heap *heap);

#endif
