/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/heap.c: blocks of one heap, limits and reserves. Chains are in test_gather.c. */
#include "topology/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/topology/chunk_source.h"
#include "topology/page.h"
#include "topology/size_class.h"

#define CHUNK GI_ARENA_CHUNK_SIZE
#define PAGE  GI_ARENA_PAGE_SIZE

static struct chunk_source source;
static struct gi_arena *arena;
static struct gi_heap *heap;

static void setup(uint64_t limit, uint64_t reserve)
{
	source = (struct chunk_source){0};
	struct gi_arena_options options = chunk_source_options(&source, limit, reserve);
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&heap, arena, 0), 0);
}

static void teardown(void)
{
	gi_heap_destroy(heap);
	gi_arena_destroy(arena);
	CU_ASSERT_EQUAL(source.out_count, 0);
}

/* Alloc until refused. Blocks are linked through their first word; returns how many. */
static uint32_t exhaust(void *(*alloc)(struct gi_heap *, size_t), size_t size, void **out_first)
{
	uint32_t count = 0;
	*out_first = NULL;
	for (void **block; (block = alloc(heap, size)) != NULL; count++) {
		*block = *out_first;
		*out_first = block;
	}
	return count;
}

static void free_all(void *first)
{
	while (first) {
		void *next = *(void **)first;
		gi_heap_free(heap, first);
		first = next;
	}
}

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
	setup(0, 0);
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
	teardown();
}

static void nothing_is_a_block_too(void)
{
	setup(0, 0);
	void *first = gi_heap_alloc(heap, 0);
	void *second = gi_heap_alloc(heap, 0);
	CU_ASSERT_PTR_NOT_NULL(first);
	CU_ASSERT_PTR_NOT_NULL(second);
	CU_ASSERT_PTR_NOT_EQUAL(first, second);
	gi_heap_free(heap, NULL);
	gi_heap_destroy(NULL);
	teardown();
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
	setup(0, 0);
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
	teardown();
}

static void freed_block_is_next(void)
{
	static const size_t sizes[] = {1, 64, 1000, 5000, 30000, 100000};
	setup(0, 0);
	for (uint32_t i = 0; i < 6; i++) {
		void *block = gi_heap_alloc(heap, sizes[i]);
		gi_heap_free(heap, block);
		CU_ASSERT_PTR_EQUAL(gi_heap_alloc(heap, sizes[i]), block);
	}
	teardown();
}

static void used_counts_blocks_out(void)
{
	setup(0, 0);
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
	teardown();
}

static void limit_refuses_and_frees_recover(void)
{
	static const size_t sizes[] = {16, 64, 1024, 4096, 32768, PAGE, 9 * PAGE};
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setup(3 * CHUNK, 0);
		void *first;
		uint32_t count = exhaust(gi_heap_alloc, sizes[i], &first);
		CU_ASSERT_TRUE(count * sizes[i] > 5 * CHUNK / 2);
		CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
		/* One block back is one block more. */
		void *rest = *(void **)first;
		gi_heap_free(heap, first);
		first = gi_heap_alloc(heap, sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(first);
		CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, sizes[i]));
		gi_heap_free(heap, first);
		free_all(rest);
		CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
		/* And all back is as much as before. */
		CU_ASSERT_EQUAL(exhaust(gi_heap_alloc, sizes[i], &first), count);
		teardown();
	}
}

static void pages_change_their_class(void)
{
	setup(CHUNK, 0);
	/* Each class is given all there is, then the next one gets the same pages. */
	static const size_t sizes[] = {64, 320, 5000, 32768, 3 * PAGE, 64, 20 * PAGE, 16};
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *first;
		uint32_t count = exhaust(gi_heap_alloc, sizes[i], &first);
		CU_ASSERT_TRUE(count * sizes[i] > CHUNK / 2);
		free_all(first);
	}
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	teardown();
}

static void pages_move_between_heaps(void)
{
	setup(CHUNK, 0);
	struct gi_heap *other;
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&other, arena, 1), 0);
	void *first;
	uint32_t count = exhaust(gi_heap_alloc, 1024, &first);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(other, 1024));
	free_all(first);
	/* One empty page of the class stayed; a trim gives it, too. */
	gi_heap_trim(heap);
	struct gi_heap *mine = heap;
	heap = other;
	CU_ASSERT_EQUAL(exhaust(gi_heap_alloc, 1024, &first), count);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(mine, 1024));
	heap = mine;
	gi_heap_destroy(other);
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 1024));
	teardown();
}

static void own_empty_pages_serve_at_the_limit(void)
{
	setup(CHUNK, 0);
	/* An empty page stays behind in each of many classes. */
	for (size_t size = 16; size <= GI_SMALL_SIZE_MAX; size += 16) {
		void *block = gi_heap_alloc(heap, size);
		CU_ASSERT_PTR_NOT_NULL(block);
		gi_heap_free(heap, block);
	}
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 28 * PAGE));
	teardown();
}

static void reserve_serves_only_who_may(void)
{
	setup(2 * CHUNK, CHUNK);
	void *first;
	void *reserved;
	exhaust(gi_heap_alloc, 64, &first);
	uint32_t count = exhaust(gi_heap_alloc_reserved, 64, &reserved);
	CU_ASSERT_EQUAL(count, 31 * PAGE / 64);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
	/* What the reserve gets back stays the reserve's. */
	void *rest = *(void **)reserved;
	gi_heap_free(heap, reserved);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, 64));
	reserved = gi_heap_alloc_reserved(heap, 64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reserved);
	gi_heap_free(heap, reserved);
	free_all(rest);
	gi_heap_trim(heap);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	/* It is whole again. */
	CU_ASSERT_EQUAL(exhaust(gi_heap_alloc_reserved, 64, &reserved), count);
	teardown();
}

static void reserve_waits_while_limit_has_room(void)
{
	setup(2 * CHUNK, CHUNK);
	void *first;
	uint32_t count = exhaust(gi_heap_alloc, 256, &first);
	free_all(first);
	void *blocks = NULL;
	for (uint32_t i = 0; i < count; i++) {
		void **block = gi_heap_alloc_reserved(heap, 256);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block);
		*block = blocks;
		blocks = block;
	}
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	void *large = gi_heap_alloc_reserved(heap, 20 * PAGE);
	CU_ASSERT_PTR_NOT_NULL(large);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
	CU_ASSERT_PTR_NULL(gi_heap_alloc_reserved(heap, 2 * CHUNK));
	gi_heap_free(heap, large);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	teardown();
}

static void idle_memory_goes_back(void)
{
	setup(0, 0);
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
	free_all(first);
	gi_heap_trim(heap);
	CU_ASSERT_TRUE(source.out_size <= 2 * CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), source.out_size);
	teardown();
}

static void steady_use_asks_for_nothing(void)
{
	setup(0, 0);
	void *lives[64] = {0};
	uint32_t take_count = 0;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t index = i * 7 % 64;
		gi_heap_free(heap, lives[index]);
		lives[index] = gi_heap_alloc(heap, 48 + i % 16 * 64);
		take_count = i == 1000 ? source.take_count : take_count;
	}
	CU_ASSERT_EQUAL(source.take_count, take_count);
	teardown();
}

/* Returns how many blocks it got. */
static uint32_t use_much(void)
{
	static void *blocks[400];
	uint32_t count = 0;
	for (uint32_t i = 0; i < 400; i++) {
		size_t size = i % 50 == 49 ? 2 * CHUNK : 1000 + i % 7 * 5000;
		blocks[i] = gi_heap_alloc(heap, size);
		if (blocks[i]) {
			memset(blocks[i], 0x22, size);
			count++;
		}
	}
	for (uint32_t i = 0; i < 400; i++) {
		gi_heap_free(heap, blocks[i]);
	}
	return count;
}

static void every_failing_take_is_survived(void)
{
	setup(0, 0);
	CU_ASSERT_EQUAL(use_much(), 400);
	uint32_t take_count = source.take_count;
	teardown();
	for (uint32_t fail_at = 2; fail_at <= take_count; fail_at++) {
		setup(0, 0);
		source.fail_at = fail_at;
		CU_ASSERT_TRUE(use_much() < 400);
		CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
		CU_ASSERT_EQUAL(gi_arena_taken(arena), source.out_size);
		source.fail_at = 0;
		CU_ASSERT_EQUAL(use_much(), 400);
		teardown();
	}
}

static void impossible_sizes_are_refused(void)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 8192, SIZE_MAX / 2};
	setup(0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, sizes[i]));
		CU_ASSERT_PTR_NULL(gi_heap_alloc_reserved(heap, sizes[i]));
	}
	teardown();
}

static void create_at_the_limit_fails(void)
{
	setup(CHUNK, 0);
	void *first;
	exhaust(gi_heap_alloc, PAGE, &first);
	struct gi_heap *others[64];
	uint32_t count = 0;
	/* The page that holds this heap has room for some more. */
	while (count < 64 && gi_heap_create(&others[count], arena, 1 + count) == 0) {
		count++;
	}
	CU_ASSERT_TRUE_FATAL(count < 64);
	others[count] = NULL;
	CU_ASSERT_EQUAL(gi_heap_create(&others[count], arena, 100), -ENOMEM);
	CU_ASSERT_PTR_NULL(others[count]);
	while (count > 0) {
		gi_heap_destroy(others[--count]);
	}
	teardown();
}

static void destroy_returns_used_pages(void)
{
	setup(0, CHUNK);
	struct gi_heap *other;
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&other, arena, 1), 0);
	uint64_t taken = gi_arena_taken(arena);
	for (size_t size = 16; size < 2 * CHUNK; size += size / 2) {
		CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(other, size));
	}
	CU_ASSERT_TRUE(gi_arena_taken(arena) > taken + 2 * CHUNK);
	gi_heap_destroy(other);
	gi_heap_trim(heap);
	CU_ASSERT_TRUE(gi_arena_taken(arena) <= taken + CHUNK);
	teardown();
}

/* What ASan does not know it cannot find: in other builds this shows only that blocks survive. */
static void free_memory_is_poisoned(void)
{
	static const size_t sizes[] = {16, 100, 5000, PAGE, 10 * PAGE};
	setup(0, 0);
	for (uint32_t i = 0; i < 5; i++) {
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
	teardown();
}

static CU_TestInfo tests[] = {
        {"every size fits and aligns", every_size_fits_and_aligns},
        {"nothing is a block too", nothing_is_a_block_too},
        {"classes waste little", classes_waste_little},
        {"blocks never overlap", blocks_never_overlap},
        {"freed block is next", freed_block_is_next},
        {"used counts blocks out", used_counts_blocks_out},
        {"limit refuses and frees recover", limit_refuses_and_frees_recover},
        {"pages change their class", pages_change_their_class},
        {"pages move between heaps", pages_move_between_heaps},
        {"own empty pages serve at the limit", own_empty_pages_serve_at_the_limit},
        {"reserve serves only who may", reserve_serves_only_who_may},
        {"reserve waits while limit has room", reserve_waits_while_limit_has_room},
        {"idle memory goes back", idle_memory_goes_back},
        {"steady use asks for nothing", steady_use_asks_for_nothing},
        {"every failing take is survived", every_failing_take_is_survived},
        {"impossible sizes are refused", impossible_sizes_are_refused},
        {"create at the limit fails", create_at_the_limit_fails},
        {"destroy returns used pages", destroy_returns_used_pages},
        {"free memory is poisoned", free_memory_is_poisoned},
        CU_TEST_INFO_NULL,
};

const struct suite heap_suite = {"heap", tests};
