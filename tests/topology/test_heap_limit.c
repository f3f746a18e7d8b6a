/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/heap.c: at the limit and beyond, and how pages go from hand to hand there. */
#include <errno.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/topology/heap_fixture.h"
#include "topology/page.h"
#include "topology/size_class.h"

#define CHUNK GI_ARENA_CHUNK_SIZE
#define PAGE  GI_ARENA_PAGE_SIZE

static void limit_refuses_and_frees_recover(void)
{
	static const size_t sizes[] = {16, 64, 1024, 4096, 32768, PAGE, 9 * PAGE};
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		heap_setup(3 * CHUNK, 0);
		void *first;
		uint32_t count = heap_exhaust(gi_heap_alloc, sizes[i], &first);
		CU_ASSERT_TRUE(count * sizes[i] > 5 * CHUNK / 2);
		CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
		/* One block back is one block more, be it the newest or the second oldest. */
		void *rest = *(void **)first;
		gi_heap_free(heap, first);
		first = gi_heap_alloc(heap, sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(first);
		CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, sizes[i]));
		gi_heap_free(heap, first);
		void **oldest = rest;
		while (*(void **)*oldest) {
			oldest = *oldest;
		}
		gi_heap_free(heap, *oldest);
		*oldest = NULL;
		CU_ASSERT_PTR_NOT_NULL_FATAL(gi_heap_alloc(heap, sizes[i]));
		first = gi_heap_alloc(heap, sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(first);
		CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, sizes[i]));
		gi_heap_free(heap, first);
		heap_free_all(rest);
		/* One is out, and all the others are back. */
		CU_ASSERT_EQUAL(heap_exhaust(gi_heap_alloc, sizes[i], &first), count - 1);
		heap_teardown();
	}
}

static void pages_change_their_class(void)
{
	heap_setup(CHUNK, 0);
	/* Each class is given all there is, then the next one gets the same pages. */
	static const size_t sizes[] = {64, 320, 5000, 32768, 3 * PAGE, 64, 20 * PAGE, 16};
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *first;
		uint32_t count = heap_exhaust(gi_heap_alloc, sizes[i], &first);
		CU_ASSERT_TRUE(count * sizes[i] > CHUNK / 2);
		heap_free_all(first);
	}
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	heap_teardown();
}

static void pages_move_between_heaps(void)
{
	heap_setup(CHUNK, 0);
	struct gi_heap *other;
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&other, arena, 1), 0);
	void *first;
	uint32_t count = heap_exhaust(gi_heap_alloc, 1024, &first);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(other, 1024));
	heap_free_all(first);
	/* One empty page of the class stayed; a trim gives it, too. */
	gi_heap_trim(heap);
	struct gi_heap *mine = heap;
	heap = other;
	CU_ASSERT_EQUAL(heap_exhaust(gi_heap_alloc, 1024, &first), count);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(mine, 1024));
	heap = mine;
	gi_heap_destroy(other);
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 1024));
	heap_teardown();
}

static void own_empty_pages_serve_at_the_limit(void)
{
	heap_setup(CHUNK, 0);
	/* An empty page stays behind in each of many classes. */
	for (size_t size = 16; size <= GI_SMALL_SIZE_MAX; size += 16) {
		void *block = gi_heap_alloc(heap, size);
		CU_ASSERT_PTR_NOT_NULL(block);
		gi_heap_free(heap, block);
	}
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 28 * PAGE));
	heap_teardown();
}

static void reserve_serves_only_who_may(void)
{
	heap_setup(2 * CHUNK, CHUNK);
	void *first;
	void *reserved;
	heap_exhaust(gi_heap_alloc, 64, &first);
	uint32_t count = heap_exhaust(gi_heap_alloc_reserved, 64, &reserved);
	CU_ASSERT_EQUAL(count, 31 * PAGE / 64);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
	/* What the reserve gets back stays the reserve's. */
	void *rest = *(void **)reserved;
	gi_heap_free(heap, reserved);
	CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, 64));
	reserved = gi_heap_alloc_reserved(heap, 64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reserved);
	gi_heap_free(heap, reserved);
	heap_free_all(rest);
	gi_heap_trim(heap);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	/* It is whole again. */
	CU_ASSERT_EQUAL(heap_exhaust(gi_heap_alloc_reserved, 64, &reserved), count);
	heap_teardown();
}

static void reserve_waits_while_limit_has_room(void)
{
	heap_setup(2 * CHUNK, CHUNK);
	void *first;
	uint32_t count = heap_exhaust(gi_heap_alloc, 256, &first);
	heap_free_all(first);
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
	heap_teardown();
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
	heap_setup(0, 0);
	CU_ASSERT_EQUAL(use_much(), 400);
	uint32_t take_count = source.take_count;
	heap_teardown();
	for (uint32_t fail_at = 2; fail_at <= take_count; fail_at++) {
		heap_setup(0, 0);
		source.fail_at = fail_at;
		CU_ASSERT_TRUE(use_much() < 400);
		CU_ASSERT_EQUAL(gi_heap_used(heap), 0);
		CU_ASSERT_EQUAL(gi_arena_taken(arena), source.out_size);
		source.fail_at = 0;
		CU_ASSERT_EQUAL(use_much(), 400);
		heap_teardown();
	}
}

static void impossible_sizes_are_refused(void)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 8192, SIZE_MAX / 2};
	heap_setup(0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_PTR_NULL(gi_heap_alloc(heap, sizes[i]));
		CU_ASSERT_PTR_NULL(gi_heap_alloc_reserved(heap, sizes[i]));
	}
	heap_teardown();
}

static void create_at_the_limit_fails(void)
{
	heap_setup(CHUNK, 0);
	void *first;
	heap_exhaust(gi_heap_alloc, PAGE, &first);
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
	heap_teardown();
}

static void destroy_returns_used_pages(void)
{
	heap_setup(4 * CHUNK, CHUNK);
	struct gi_heap *mine = heap;
	void *first;
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&heap, arena, 1), 0);
	/* Full pages, partial ones, runs, a region, the reserve. */
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, CHUNK - GI_REGION_OFFSET));
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 12 * PAGE));
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 2 * PAGE));
	CU_ASSERT_TRUE(heap_exhaust(gi_heap_alloc, 1000, &first) > 2500);
	void *reserved;
	CU_ASSERT_TRUE(heap_exhaust(gi_heap_alloc_reserved, 1000, &reserved) > 1900);
	for (uint32_t i = 0; i < 500; i++) {
		void **next = *(void **)first;
		gi_heap_free(heap, first);
		first = *next;
	}
	gi_heap_destroy(heap);
	heap = mine;
	gi_heap_trim(heap);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	CU_ASSERT_EQUAL(heap_exhaust(gi_heap_alloc, 31 * PAGE, &first), 3);
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(heap, 30 * PAGE));
	heap_teardown();
}

static CU_TestInfo tests[] = {
        {"limit refuses and frees recover", limit_refuses_and_frees_recover},
        {"pages change their class", pages_change_their_class},
        {"pages move between heaps", pages_move_between_heaps},
        {"own empty pages serve at the limit", own_empty_pages_serve_at_the_limit},
        {"reserve serves only who may", reserve_serves_only_who_may},
        {"reserve waits while limit has room", reserve_waits_while_limit_has_room},
        {"every failing take is survived", every_failing_take_is_survived},
        {"impossible sizes are refused", impossible_sizes_are_refused},
        {"create at the limit fails", create_at_the_limit_fails},
        {"destroy returns used pages", destroy_returns_used_pages},
        CU_TEST_INFO_NULL,
};

const struct suite heap_limit_suite = {"heap_limit", tests};
