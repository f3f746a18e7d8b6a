/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page: how a chunk is laid out, and the way from a block's address to the page it lies in.
 *
 *     chunk, 2 MiB, aligned to that          region, some chunks long
 *     | head | page 1 | page 2 | .. | 31 |   | head | one block ...            |
 *
 * What is known about pages lies together in the head of the chunk, so that blocks of a power of two fill their pages
 * without a rest. A page's tag is written when the page gets an owner and stays as it is while one of its blocks is
 * alive: other drivers read it (whose block is this?) and share its line for ever. The rest changes with each block
 * and is the owner's alone.
 *
 * May call    tags: read by who owns a block of the page, written by who took the page from the store
 *             pages: the owner of the page
 *             the rest of the head: the store, under its lock
 * Orderings   a tag is written before the first block of its page is handed out, and every hand-over of a block to
 *             another driver is ordered by the way it takes (a mailbox); pages change owner under the store's lock
 */
#ifndef GI_TOPOLOGY_PAGE_H
#define GI_TOPOLOGY_PAGE_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/list.h"
#include "topology/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#	define GI_ASAN 1
#elif defined(__has_feature)
#	if __has_feature(address_sanitizer)
#		define GI_ASAN 1
#	endif
#endif
#ifndef GI_ASAN
#	define GI_ASAN 0
#endif

/* Under ASan free memory is poisoned, so that a use after free of our own blocks is found like one of malloc's. */
#if GI_ASAN
#	include <sanitizer/asan_interface.h>
#	define gi_poison(memory, size)   __asan_poison_memory_region((memory), (size))
#	define gi_unpoison(memory, size) __asan_unpoison_memory_region((memory), (size))
#	define gi_is_poisoned(memory)    (__asan_address_is_poisoned(memory) != 0)
#	define GI_MAY_TOUCH_POISON       __attribute__((no_sanitize("address")))
#else
#	define gi_poison(memory, size)   ((void)(memory), (void)(size))
#	define gi_unpoison(memory, size) ((void)(memory), (void)(size))
#	define gi_is_poisoned(memory)    ((void)(memory), false)
#	define GI_MAY_TOUCH_POISON
#endif

#define GI_CHUNK_PAGE_COUNT 32u
#define GI_RUN_PAGES_MAX    (GI_CHUNK_PAGE_COUNT - 1) /* page 0 holds the head */

/* A region's block begins here; within the first page, so that the region's own tag is tag 0. */
#define GI_REGION_OFFSET ((size_t)8192)

/* Owners besides heaps, which have their index. */
#define GI_OWNER_TABLES UINT16_C(0xfffe) /* gi_arena_alloc() */
#define GI_OWNER_NONE   UINT16_C(0xffff) /* free pages */

/* What memory is counted against. */
enum gi_budget {
	GI_BUDGET_NORMAL = 0,
	GI_BUDGET_RESERVE, /* what must not be refused, beyond the limit */
	GI_BUDGET_COUNT,
};

struct gi_page_tag {
	uint32_t block_size; /* bytes; 0: a region, see gi_chunk.size */
	uint16_t owner_index;
	uint8_t class_index;
	uint8_t page_count; /* of the run that begins here; 0: a region */
};

/* Blocks of one size, or one block. */
struct gi_page {
	void *free;           /* blocks to hand out next, linked through their first word */
	uint32_t used_count;  /* blocks handed out */
	uint32_t slow_at;     /* a free that brings used_count here has to do more, see heap.c */
	uint64_t block_size;  /* bytes */
	uint32_t capacity;    /* blocks */
	uint32_t fresh_index; /* blocks from here on were never linked, their memory not touched */
	struct gi_list link;  /* in a list of its owner */
	uint32_t class_index;
	enum gi_budget budget;
};

struct gi_chunk {
	struct gi_page_tag tags[GI_CHUNK_PAGE_COUNT];
	struct {
		_Alignas(GI_CACHE_LINE_PAIR) struct gi_page page;
	} pages[GI_CHUNK_PAGE_COUNT];

	/* The store's, under its lock. */
	_Alignas(GI_CACHE_LINE_PAIR) struct gi_list link;
	uint64_t size;         /* bytes from the source */
	uint32_t free_mask;    /* bit i: page i is free */
	uint32_t free_run_max; /* the longest run of free pages; the list it is in */
	enum gi_budget budget;
	bool was_used; /* a region: its block is not as the source gave it */
};

_Static_assert(sizeof(struct gi_page_tag) == 8, "eight tags share a line");
_Static_assert(sizeof(struct gi_page) <= GI_CACHE_LINE, "a page's state is one line");
_Static_assert(sizeof(struct gi_chunk) <= GI_REGION_OFFSET,
               "the head ends before a region's block");
_Static_assert(GI_ARENA_CHUNK_SIZE == GI_CHUNK_PAGE_COUNT * GI_ARENA_PAGE_SIZE, "pages fill it");

static inline struct gi_chunk *gi_chunk_of(const void *inside)
{
	uintptr_t offset = (uintptr_t)inside % GI_ARENA_CHUNK_SIZE;
	return (struct gi_chunk *)(void *)((char *)inside - offset);
}

/* Of the page that a block begins in. */
static inline uint32_t gi_page_index_of(const void *block)
{
	return (uint32_t)((uintptr_t)block / GI_ARENA_PAGE_SIZE) % GI_CHUNK_PAGE_COUNT;
}

static inline struct gi_page_tag *gi_page_tag_of(const void *block)
{
	return &gi_chunk_of(block)->tags[gi_page_index_of(block)];
}

static inline struct gi_page *gi_page_of(const void *block)
{
	return &gi_chunk_of(block)->pages[gi_page_index_of(block)].page;
}

/* The index of a page by its own address. */
static inline uint32_t gi_page_index(const struct gi_page *page)
{
	const struct gi_chunk *chunk = gi_chunk_of(page);
	return (uint32_t)(((const char *)page - (const char *)chunk->pages) /
	                  (ptrdiff_t)sizeof(chunk->pages[0]));
}

/* Where the blocks of a page begin. */
static inline char *gi_page_memory(const struct gi_page *page)
{
	size_t index = gi_page_index(page);
	return (char *)gi_chunk_of(page) +
	       (index == 0 ? GI_REGION_OFFSET : index * GI_ARENA_PAGE_SIZE);
}

/* Usable bytes of a block. */
static inline size_t gi_block_size(const void *block)
{
	uint32_t size = gi_page_tag_of(block)->block_size;
	return size > 0 ? size : gi_chunk_of(block)->size - GI_REGION_OFFSET;
}

/* Links lie in free blocks, which are poisoned. */
GI_MAY_TOUCH_POISON static inline void *gi_block_next(const void *block)
{
	return *(void *const *)block;
}

GI_MAY_TOUCH_POISON static inline void gi_block_link(void *block, void *next)
{
	*(void **)block = next;
}

#endif
