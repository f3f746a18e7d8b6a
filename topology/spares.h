/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spares: free blocks of a heap in its most wanted size, one line, at hand in front of its pages.
 *
 * The block freed last is handed out next: it is in the cache, and neither its page nor the list of the page is looked
 * at. To the pages a spare is a block in use, so an empty page may wait for some of these; the heap takes them back when
 * it is trimmed, and before it refuses anything. gi_heap_used() counts them as free.
 *
 * Thread: the heap's.
 */
#ifndef GI_TOPOLOGY_SPARES_H
#define GI_TOPOLOGY_SPARES_H

#include "base/branch.h"
#include "topology/page.h"

#define GI_SPARE_SIZE ((size_t)GI_CACHE_LINE)
/* 16 KiB: more would not stay in the first cache anyway. */
#define GI_SPARE_COUNT_MAX 256u

struct gi_heap;

struct gi_spares {
	void *first; /* linked through their first word */
	uint32_t count;
};

/* Those of a heap; they stay where they are for its life. */
struct gi_spares *gi_heap_spares(struct gi_heap *heap);

/* GI_SPARE_SIZE bytes, aligned to that; may be given back like any block of the heap. NULL: none at hand, ask the heap. */
static inline void *gi_spare_take(struct gi_spares *spares)
{
	void *block = spares->first;
	if (gi_likely(block)) {
		gi_assert_slow(spares->count > 0);
		gi_unpoison(block, GI_SPARE_SIZE);
		spares->first = gi_block_next(block);
		spares->count--;
	}
	return block;
}

/* A block of GI_SPARE_SIZE bytes of this heap. false: there are enough, free it. */
static inline bool gi_spare_put(struct gi_spares *spares, void *block)
{
	if (gi_unlikely(spares->count >= GI_SPARE_COUNT_MAX)) {
		return false;
	}
	gi_assert_slow(block != spares->first);
	gi_assert_slow((spares->first == NULL) == (spares->count == 0));
	gi_assert_slow(gi_block_size(block) == GI_SPARE_SIZE);
	gi_assert(!gi_is_poisoned(block)); /* freed twice */
	gi_block_link(block, spares->first);
	spares->first = block;
	spares->count++;
	gi_poison(block, GI_SPARE_SIZE);
	return true;
}

#endif
