/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/spares.h, and of what the heap does with its spares. */
#include "topology/spares.h"

#include "tests/support/suite.h"
#include "tests/topology/heap_fixture.h"

#define CHUNK GI_ARENA_CHUNK_SIZE

static struct gi_spares *spares;

static void setup(uint64_t limit)
{
	heap_setup(limit, 0);
	spares = gi_heap_spares(heap);
}

/* A block from the pages, by way of nothing else. */
static void *page_block(void)
{
	void *block = gi_heap_alloc(heap, GI_SPARE_SIZE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(block);
	return block;
}

static void block_put_last_is_taken_first(void)
{
	setup(0);
	CU_ASSERT_PTR_NULL(gi_spare_take(spares));
	void *first = page_block();
	void *second = page_block();
	CU_ASSERT_TRUE(gi_spare_put(spares, first));
	CU_ASSERT_TRUE(gi_spare_put(spares, second));
	CU_ASSERT_PTR_EQUAL(gi_spare_take(spares), second);
	CU_ASSERT_PTR_EQUAL(gi_spare_take(spares), first);
	CU_ASSERT_PTR_NULL(gi_spare_take(spares));
	heap_teardown();
}

static void spares_count_as_free(void)
{
	setup(0);
	void *block = page_block();
	CU_ASSERT_EQUAL(gi_heap_used(heap), GI_SPARE_SIZE);
	CU_ASSERT_TRUE(gi_spare_put(spares, block));
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	block = gi_spare_take(spares);
	CU_ASSERT_EQUAL(gi_heap_used(heap), GI_SPARE_SIZE);
	gi_heap_free(heap, block);
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	heap_teardown();
}

static void no_more_than_enough_are_kept(void)
{
	setup(0);
	void *blocks[GI_SPARE_COUNT_MAX + 1];
	for (uint32_t i = 0; i <= GI_SPARE_COUNT_MAX; i++) {
		blocks[i] = page_block();
	}
	for (uint32_t i = 0; i < GI_SPARE_COUNT_MAX; i++) {
		CU_ASSERT_TRUE(gi_spare_put(spares, blocks[i]));
	}
	CU_ASSERT_FALSE(gi_spare_put(spares, blocks[GI_SPARE_COUNT_MAX]));
	gi_heap_free(heap, blocks[GI_SPARE_COUNT_MAX]);
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	heap_teardown();
}

static void trim_gives_their_pages_back(void)
{
	setup(0);
	enum { COUNT = 100000 };
	static void *blocks[COUNT];
	for (uint32_t i = 0; i < COUNT; i++) {
		blocks[i] = page_block();
	}
	CU_ASSERT_TRUE(source.out_size > 3 * CHUNK);
	for (uint32_t i = 0; i < COUNT; i++) { /* one spare of each page */
		if (i % (GI_ARENA_PAGE_SIZE / GI_SPARE_SIZE) != 0 ||
		    !gi_spare_put(spares, blocks[i])) {
			gi_heap_free(heap, blocks[i]);
		}
	}
	gi_heap_trim(heap);
	CU_ASSERT_EQUAL(spares->count, 0);
	CU_ASSERT_PTR_NULL(spares->first);
	CU_ASSERT_TRUE(source.out_size <= 2 * CHUNK);
	heap_teardown();
}

/* Of their own size, and of a page that only they keep. */
static void nothing_is_refused_while_there_are_spares(void)
{
	setup(CHUNK);
	void *first;
	uint32_t count = heap_exhaust(gi_heap_alloc, GI_SPARE_SIZE, &first);
	void *rest = *(void **)first;
	CU_ASSERT_TRUE(gi_spare_put(spares, first));
	first = gi_heap_alloc(heap, GI_SPARE_SIZE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, GI_SPARE_SIZE));
	gi_heap_free(heap, first);
	heap_free_all(rest);
	CU_ASSERT_TRUE(gi_spare_put(spares, page_block()));
	CU_ASSERT_EQUAL(heap_exhaust(gi_heap_alloc, GI_ARENA_PAGE_SIZE, &first),
	                count / (GI_ARENA_PAGE_SIZE / GI_SPARE_SIZE));
	heap_free_all(first);
	heap_teardown();
}

/* Without ASan nothing is poisoned. */
static void spares_are_poisoned(void)
{
	setup(0);
	char *block = page_block();
	CU_ASSERT_TRUE(gi_spare_put(spares, block));
	CU_ASSERT_EQUAL(gi_is_poisoned(block), GI_ASAN);
	CU_ASSERT_EQUAL(gi_is_poisoned(block + GI_SPARE_SIZE - 1), GI_ASAN);
	block = gi_spare_take(spares);
	CU_ASSERT_FALSE(gi_is_poisoned(block));
	CU_ASSERT_FALSE(gi_is_poisoned(block + GI_SPARE_SIZE - 1));
	gi_heap_free(heap, block);
	heap_teardown();
}

static CU_TestInfo tests[] = {
        {"block put last is taken first", block_put_last_is_taken_first},
        {"spares count as free", spares_count_as_free},
        {"no more than enough are kept", no_more_than_enough_are_kept},
        {"trim gives their pages back", trim_gives_their_pages_back},
        {"nothing is refused while there are spares", nothing_is_refused_while_there_are_spares},
        {"spares are poisoned", spares_are_poisoned},
        CU_TEST_INFO_NULL,
};

const struct suite spares_suite = {"spares", tests};
