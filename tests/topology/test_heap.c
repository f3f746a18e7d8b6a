/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/heap.c: its blocks. At the limit: test_heap_limit.c. Foreign blocks: test_remote_frees.c. */
#include "topology/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/topology/heap_fixture.h"
#include "topology/page.h"
#include "topology/size_class.h"

#define CHUNK GI_ARENA_CHUNK_SIZE
#define PAGE  GI_ARENA_PAGE_SIZE

static void check_block(void *block, size_t size)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(block);
	CU_ASSERT_EQUAL((uintptr_t)block % 16, 0);
	if (size % 64 == 0) {
		CU_ASSERT_EQUAL((uintptr_t)block % 64, 0);
	}
	CU_ASSERT_TRUE(gi_heap_block_size(block) >= size);
	memset(block, 0x11, gi_heap_block_size(block));
}

static void every_size_fits_and_aligns(void)
{
	static const size_t large[] = {31 * PAGE,       31 * PAGE + 1,    CHUNK - 8192,
	                               CHUNK - 8191,    (17u << 20) + 64, 16u << 20,
	                               (16u << 20) + 32};
	heap_setup(0, 0);
	for (size_t size = 1; size <= 70000; size++) {
		/* Two: the second does not begin its page. */
		void *first = gi_heap_alloc(heap, size);
		void *second = gi_heap_alloc(heap, size);
		check_block(first, size);
		check_block(second, size);
		gi_heap_free(heap, first);
		gi_heap_free(heap, second);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		void *block = gi_heap_alloc(heap, large[i]);
		check_block(block, large[i]);
		gi_heap_free(heap, block);
	}
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	heap_teardown();
}

static void nothing_is_a_block_too(void)
{
	heap_setup(0, 0);
	void *first = gi_heap_alloc(heap, 0);
	void *second = gi_heap_alloc(heap, 0);
	CU_ASSERT_PTR_NOT_NULL(first);
	CU_ASSERT_PTR_NOT_NULL(second);
	CU_ASSERT_PTR_NOT_EQUAL(first, second);
	gi_heap_free(heap, NULL);
	gi_heap_destroy(NULL);
	heap_teardown();
}

static void classes_waste_little(void)
{
	struct gi_size_classes classes;
	gi_size_classes_init(&classes);
	for (size_t size = 128; size <= GI_SMALL_SIZE_MAX; size++) {
		size_t block_size = gi_size_class_block(gi_size_class(&classes, size));
		CU_ASSERT_TRUE(block_size >= size);
		/* A quarter; a third and a half where only few blocks fill a page. */
		size_t waste_max = size <= 8192 ? size / 4 : size / 2 + 64;
		CU_ASSERT_TRUE(block_size - size <= waste_max);
		CU_ASSERT_TRUE(PAGE % block_size <= PAGE / 16);
	}
}

struct live {
	unsigned char *block;
	size_t size;
	unsigned char mark;
};

static bool is_intact(const struct live *live)
{
	for (size_t i = 0; i < live->size; i++) {
		if (live->block[i] != live->mark) {
			return false;
		}
	}
	return true;
}

static size_t random_size(void)
{
	switch (rand() % 16) {
	case 0:
		return (size_t)(rand() % 200000);
	case 1:
	case 2:
		return (size_t)(rand() % 20000);
	default:
		return (size_t)(rand() % 1500);
	}
}

static void blocks_never_overlap(void)
{
	static struct live lives[1500];
	heap_setup(0, 0);
	memset(lives, 0, sizeof(lives));
	srand(7);
	uint32_t damaged_count = 0;
	for (uint32_t i = 0; i < 40000; i++) {
		struct live *live = &lives[(size_t)rand() % 1500];
		if (live->block) {
			damaged_count += is_intact(live) ? 0 : 1;
			gi_heap_free(heap, live->block);
		}
		live->size = random_size();
		live->mark = (unsigned char)rand();
		live->block = gi_heap_alloc(heap, live->size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(live->block);
		memset(live->block, live->mark, live->size);
	}
	for (uint32_t i = 0; i < 1500; i++) {
		damaged_count += is_intact(&lives[i]) ? 0 : 1;
		gi_heap_free(heap, lives[i].block);
	}
	CU_ASSERT_EQUAL(damaged_count, 0);
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	heap_teardown();
}

static void freed_block_is_next(void)
{
	static const size_t sizes[] = {1, 64, 1000, 5000, 30000, 100000, CHUNK};
	heap_setup(0, 0);
	for (uint32_t i = 0; i < 7; i++) {
		void *block = gi_heap_alloc(heap, sizes[i]);
		gi_heap_free(heap, block);
		CU_ASSERT_PTR_EQUAL(gi_heap_alloc(heap, sizes[i]), block);
	}
	heap_teardown();
}

static void used_counts_blocks_out(void)
{
	heap_setup(0, 0);
	void *small = gi_heap_alloc(heap, 100);
	void *run = gi_heap_alloc(heap, 10 * PAGE);
	void *region = gi_heap_alloc(heap, CHUNK);
	uint64_t sum =
	        gi_heap_block_size(small) + gi_heap_block_size(run) + gi_heap_block_size(region);
	CU_ASSERT_EQUAL(gi_heap_used(heap), sum);
	gi_heap_free(heap, region);
	gi_heap_free(heap, run);
	CU_ASSERT_EQUAL(gi_heap_used(heap), 112);
	gi_heap_free(heap, small);
	CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
	heap_teardown();
}

static void idle_memory_goes_back(void)
{
	heap_setup(0, 0);
	void *first = NULL;
	for (uint32_t i = 0; i < 40000; i++) {
		void **block = gi_heap_alloc(heap, 100 + i % 1000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block);
		*block = first;
		first = block;
	}
	void *large = gi_heap_alloc(heap, 10 * CHUNK);
	CU_ASSERT_TRUE(source.out_size > 20 * CHUNK);
	gi_heap_free(heap, large);
	heap_free_all(first);
	gi_heap_trim(heap);
	CU_ASSERT_TRUE(source.out_size <= 2 * CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), source.out_size);
	heap_teardown();
}

static void steady_use_asks_for_nothing(void)
{
	heap_setup(0, 0);
	void *lives[64] = {0};
	uint32_t take_count = 0;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t index = i * 7 % 64;
		gi_heap_free(heap, lives[index]);
		lives[index] = gi_heap_alloc(heap, 48 + i % 16 * 64);
		take_count = i == 1000 ? source.take_count : take_count;
	}
	CU_ASSERT_EQUAL(source.take_count, take_count);
	heap_teardown();
}

/* What ASan does not know it cannot find: in other builds this shows only that blocks survive. */
static void free_memory_is_poisoned(void)
{
	static const size_t sizes[] = {16, 100, 5000, PAGE, 10 * PAGE, CHUNK};
	heap_setup(0, 0);
	for (uint32_t i = 0; i < 6; i++) {
		char *kept = gi_heap_alloc(heap, sizes[i]);
		char *block = gi_heap_alloc(heap, sizes[i]);
		size_t block_size = gi_heap_block_size(block);
		CU_ASSERT_FALSE(gi_is_poisoned(block));
		CU_ASSERT_FALSE(gi_is_poisoned(block + block_size - 1));
		gi_heap_free(heap, block);
		CU_ASSERT_EQUAL(gi_is_poisoned(block), GI_ASAN);
		CU_ASSERT_EQUAL(gi_is_poisoned(block + block_size - 1), GI_ASAN);
		CU_ASSERT_FALSE(gi_is_poisoned(kept + gi_heap_block_size(kept) - 1));
	}
	heap_teardown();
}

static CU_TestInfo tests[] = {
        {"every size fits and aligns", every_size_fits_and_aligns},
        {"nothing is a block too", nothing_is_a_block_too},
        {"classes waste little", classes_waste_little},
        {"blocks never overlap", blocks_never_overlap},
        {"freed block is next", freed_block_is_next},
        {"used counts blocks out", used_counts_blocks_out},
        {"idle memory goes back", idle_memory_goes_back},
        {"steady use asks for nothing", steady_use_asks_for_nothing},
        {"free memory is poisoned", free_memory_is_poisoned},
        CU_TEST_INFO_NULL,
};

const struct suite heap_suite = {"heap", tests};
