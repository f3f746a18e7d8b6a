/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: the memory of one TPC, on its node, grown in large chunks, with a limit.
 *
 * Thread: any; a lock guards it. It is the slow path below the heaps: pages of 64 KiB and runs of them.
 */
#ifndef GI_TOPOLOGY_ARENA_H
#define GI_TOPOLOGY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GI_ARENA_PAGE_SIZE  ((size_t)64 << 10)
#define GI_ARENA_CHUNK_SIZE ((size_t)2 << 20)

struct gi_arena;
struct gi_memory_door;

struct gi_arena_options {
	int node;         /* where the memory is to lie; -1: anywhere */
	uint64_t limit;   /* bytes taken from the system, at least one chunk; 0: none */
	uint64_t reserve; /* bytes beyond it for what must not be refused, rounded up to chunks */
	/* Chunks come from the kernel through this door (node_memory.h), which the arena keeps; or, if it is NULL, from these: */
	const struct gi_memory_door *door;
	/* Sizes are multiples of GI_ARENA_CHUNK_SIZE, aligned to it; the memory need not be zeroed. */
	void *(*take)(void *context, size_t size, int node);
	void (*put)(void *context, void *memory, size_t size);
	void *context;
};

/* Error: -ENOMEM. */
int gi_arena_create(struct gi_arena **out_arena, const struct gi_arena_options *options);

/* Every chunk goes back, used or not. NULL is accepted. Thread: whoever is alone with it. */
void gi_arena_destroy(struct gi_arena *arena);

/* Bytes taken from the system now, and the most so far. */
uint64_t gi_arena_taken(const struct gi_arena *arena);
uint64_t gi_arena_taken_max(const struct gi_arena *arena);

/* Somebody was refused within the limit, and no pages have come back since. A hint. */
bool gi_arena_is_short(const struct gi_arena *arena);

/* How often its limit, and not the kernel, had no room for what was asked. A figure. */
uint64_t gi_arena_no_room_count(const struct gi_arena *arena);

/* 0: all its memory is bound as asked; else the negative errno with which the kernel last refused (then it is plain). */
int gi_arena_binding(struct gi_arena *arena);

/*
 * Memory for the life of the arena or until given back: rings, tables, drivers. 128-byte aligned, zeroed; counted
 * against the limit. NULL is accepted by free, `size` as in alloc. Error: NULL.
 */
void *gi_arena_alloc(struct gi_arena *arena, size_t size);

/* The same for what must not be refused: beyond the limit it draws on the reserve. */
void *gi_arena_alloc_reserved(struct gi_arena *arena, size_t size);
void gi_arena_free(struct gi_arena *arena, void *memory, size_t size);

#endif
