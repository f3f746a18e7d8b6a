/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page store: chunks from the source, cut into runs of pages, within a limit.
 *
 * Two budgets: the limit, and the reserve for what must not be refused. Each counts its own chunks, and pages of a
 * chunk of the reserve never serve the other, or the reserve would be gone when it is needed. A limit below one chunk is
 * one chunk; a reserve is rounded up to whole chunks.
 *
 * One region is kept when it is put back, for the next block of its size: fresh memory costs some system calls, and its
 * first touch. It goes at the next trim, for the next region, or as soon as anybody else cannot have memory.
 *
 * Thread: any; its lock guards it.
 */
#ifndef GI_TOPOLOGY_PAGE_STORE_H
#define GI_TOPOLOGY_PAGE_STORE_H

#include "topology/page.h"

#include <pthread.h>

struct gi_page_store {
	/* Constant. */
	struct gi_arena_options options; /* take and put are never NULL */
	uint64_t limits[GI_BUDGET_COUNT];
	struct gi_chunk *first_chunk; /* the store lies in its head: it stays */

	pthread_mutex_t lock;
	/* By the longest run of free pages; 0: chunks that are full. */
	struct gi_list chunks[GI_BUDGET_COUNT][GI_CHUNK_PAGE_COUNT];
	struct gi_list regions;
	struct gi_chunk *spare; /* a region put back, counted as taken; NULL: none */
	uint64_t budget_taken[GI_BUDGET_COUNT];

	/* Written under the lock, read by anybody. Bytes. */
	_Atomic uint64_t taken;
	_Atomic uint64_t taken_max;
	/* Somebody was refused memory within the limit, and nobody has had or given back pages since. */
	_Atomic uint32_t is_short;
	_Atomic uint64_t no_room_count; /* chunks that the limit had no room for */
};

/*
 * The first chunk, before there is a store to count it: its head has room for the store and what the caller puts beside
 * it, see gi_page_store_room(). NULL: none.
 */
struct gi_chunk *gi_first_chunk_take(const struct gi_arena_options *options);
void *gi_first_chunk_room(struct gi_chunk *chunk);
#define GI_FIRST_CHUNK_ROOM_SIZE (GI_ARENA_PAGE_SIZE - sizeof(struct gi_chunk))

/* The chunk moves. `options` has take and put. */
void gi_page_store_init(struct gi_page_store *store, struct gi_chunk *first_chunk,
                        const struct gi_arena_options *options);

/* All chunks go back to the source, the first one last. Thread: whoever is alone with it. */
void gi_page_store_finish(struct gi_page_store *store);

/*
 * A run of 1 to GI_RUN_PAGES_MAX pages; its first page stands for it. The caller owns its tag and state from here.
 * NULL: the budget is used up, or the source has none.
 */
struct gi_page *gi_pages_take(struct gi_page_store *store, uint32_t page_count,
                              enum gi_budget budget);
void gi_pages_put(struct gi_page_store *store, struct gi_page *first, uint32_t page_count);

/* Room for one block of `size` bytes, in chunks of its own. NULL: as above. */
struct gi_page *gi_region_take(struct gi_page_store *store, size_t size, enum gi_budget budget);
void gi_region_put(struct gi_page_store *store, struct gi_page *page);

/* Chunks without a used page go back to the source, all but one; the spare region too. */
void gi_page_store_trim(struct gi_page_store *store);

/* What lies below an arena. */
struct gi_page_store *gi_arena_store(struct gi_arena *arena);

#endif
