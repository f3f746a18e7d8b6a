/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/arena.c, and through it of page_store.c */
#include "topology/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/kernel.h"
#include "tests/support/suite.h"
#include "tests/topology/chunk_source.h"
#include "topology/heap.h"
#include "topology/page_store.h"

#define CHUNK GI_ARENA_CHUNK_SIZE
#define PAGE  GI_ARENA_PAGE_SIZE

static struct chunk_source source;
static struct gi_arena *arena;

static void setup(uint64_t limit, uint64_t reserve)
{
	source = (struct chunk_source){0};
	struct gi_arena_options options = chunk_source_options(&source, limit, reserve);
	arena = NULL;
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
}

static void teardown(void)
{
	gi_arena_destroy(arena);
	CU_ASSERT_EQUAL(source.out_count, 0);
	CU_ASSERT_EQUAL(source.out_size, 0);
}

static bool is_zeroed(const char *memory, size_t size)
{
	return memory[0] == 0 && memcmp(memory, memory + 1, size - 1) == 0;
}

static void create_without_memory_fails(void)
{
	source = (struct chunk_source){.fail_at = 1};
	struct gi_arena_options options = chunk_source_options(&source, 0, 0);
	arena = NULL;
	CU_ASSERT_EQUAL(gi_arena_create(&arena, &options), -ENOMEM);
	CU_ASSERT_PTR_NULL(arena);
	CU_ASSERT_EQUAL(source.out_count, 0);
}

static void arena_asks_for_its_node(void)
{
	source = (struct chunk_source){0};
	struct gi_arena_options options = chunk_source_options(&source, 0, 0);
	options.node = 3;
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL(source.node_seen, 3);
	teardown();
}

static void binding_of_the_kernel_is_told(void)
{
	struct gi_arena_options options = {.node = -1, .door = &gi_kernel_memory};
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL(gi_arena_binding(arena), 0);
	gi_arena_destroy(arena);
	options.node = 1000;
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_TRUE(gi_arena_binding(arena) < 0);
	gi_arena_destroy(arena);
}

static void check_memory(size_t size)
{
	/* Two: the second does not begin its page. */
	char *memories[] = {gi_arena_alloc(arena, size), gi_arena_alloc(arena, size)};
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(memories[i]);
		CU_ASSERT_EQUAL((uintptr_t)memories[i] % 128, 0);
		CU_ASSERT_TRUE(is_zeroed(memories[i], size));
		memset(memories[i], 0xff, size);
	}
	gi_arena_free(arena, memories[0], size);
	gi_arena_free(arena, memories[1], size);
}

static void memory_is_aligned_and_zeroed(void)
{
	static const size_t large[] = {PAGE, PAGE + 1, 31 * PAGE, 31 * PAGE + 1, CHUNK, 5 * CHUNK};
	setup(0, 0);
	/* Twice: the second time it is memory that was used before. */
	for (size_t i = 0; i < 2 * 40000; i += 37) {
		check_memory(1 + i % 40000);
	}
	for (size_t i = 0; i < 2 * sizeof(large) / sizeof(large[0]); i++) {
		check_memory(large[i / 2]);
	}
	teardown();
}

static void kernel_memory_is_zeroed_too(void)
{
	struct gi_arena_options options = {.node = -1, .door = &gi_kernel_memory};
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	for (uint32_t i = 0; i < 3; i++) {
		char *memory = gi_arena_alloc(arena, 3 * CHUNK);
		CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
		CU_ASSERT_TRUE(is_zeroed(memory, 3 * CHUNK));
		memset(memory, 0xff, 3 * CHUNK);
		gi_arena_free(arena, memory, 3 * CHUNK);
	}
	gi_arena_destroy(arena);
}

static void small_tables_share_pages(void)
{
	setup(0, 0);
	for (uint32_t i = 0; i < 300; i++) {
		CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 4096));
	}
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	teardown();
}

static void taken_counts_chunks(void)
{
	setup(0, 0);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	void *memory = gi_arena_alloc(arena, 4 * CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 6 * CHUNK);
	CU_ASSERT_EQUAL(source.out_size, 6 * CHUNK);
	gi_arena_free(arena, memory, 4 * CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken_max(arena), 6 * CHUNK);
	teardown();
}

static void limit_refuses_and_frees_recover(void)
{
	setup(4 * CHUNK, 0);
	char *runs[4 * 31 + 1];
	uint32_t count = 0;
	while ((runs[count] = gi_arena_alloc(arena, PAGE)) != NULL) {
		count++;
		CU_ASSERT_FATAL(count <= 4 * 31);
	}
	CU_ASSERT_EQUAL(count, 4 * 31);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 4 * CHUNK);
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 2 * CHUNK));
	gi_arena_free(arena, runs[50], PAGE);
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, PAGE));
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, PAGE));
	teardown();
}

static void what_the_kernel_refuses_is_not_the_limit(void)
{
	setup(4 * CHUNK, CHUNK);
	source.fail_at = source.take_count + 1;
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 2 * CHUNK));
	CU_ASSERT_EQUAL(gi_arena_no_room_count(arena), 0);
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 4 * CHUNK));
	CU_ASSERT_EQUAL(gi_arena_no_room_count(arena), 1);
	CU_ASSERT_PTR_NULL(gi_arena_alloc_reserved(arena, 4 * CHUNK)); /* asks for both */
	CU_ASSERT_EQUAL(gi_arena_no_room_count(arena), 2);
	teardown();
}

static void limit_below_a_chunk_is_one(void)
{
	setup(1, 0);
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 30 * PAGE));
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 2 * PAGE));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	teardown();
}

static void impossible_sizes_are_refused(void)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 8192, SIZE_MAX - CHUNK, SIZE_MAX / 2};
	setup(0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, sizes[i]));
	}
	CU_ASSERT_EQUAL(source.take_count, 1);
	teardown();
}

static void freed_neighbours_become_one_run(void)
{
	setup(CHUNK, 0);
	void *pages[31];
	for (uint32_t i = 0; i < 31; i++) {
		pages[i] = gi_arena_alloc(arena, PAGE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(pages[i]);
	}
	for (uint32_t i = 1; i < 31; i += 2) {
		gi_arena_free(arena, pages[i], PAGE);
	}
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 2 * PAGE));
	for (uint32_t i = 0; i < 31; i += 2) {
		gi_arena_free(arena, pages[i], PAGE);
	}
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 31 * PAGE));
	teardown();
}

static void fullest_chunk_serves_first(void)
{
	setup(0, 0);
	struct gi_page_store *store = gi_arena_store(arena);
	struct gi_page *first = gi_pages_take(store, 20, GI_BUDGET_NORMAL);
	struct gi_page *second = gi_pages_take(store, 25, GI_BUDGET_NORMAL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT_PTR_NOT_EQUAL(gi_chunk_of(first), gi_chunk_of(second));
	/* 11 and 6 pages are left. */
	struct gi_page *small = gi_pages_take(store, 4, GI_BUDGET_NORMAL);
	CU_ASSERT_PTR_EQUAL(gi_chunk_of(small), gi_chunk_of(second));
	struct gi_page *large = gi_pages_take(store, 8, GI_BUDGET_NORMAL);
	CU_ASSERT_PTR_EQUAL(gi_chunk_of(large), gi_chunk_of(first));
	CU_ASSERT_EQUAL(source.out_count, 2);
	teardown();
}

static void trim_keeps_one_spare_chunk(void)
{
	setup(0, 0);
	struct gi_page_store *store = gi_arena_store(arena);
	struct gi_page *runs[6];
	for (uint32_t i = 0; i < 6; i++) {
		runs[i] = gi_pages_take(store, 31, GI_BUDGET_NORMAL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(runs[i]);
	}
	CU_ASSERT_EQUAL(source.out_count, 6);
	for (uint32_t i = 0; i < 6; i++) {
		gi_pages_put(store, runs[i], 31);
	}
	CU_ASSERT_EQUAL(source.out_count, 6);
	gi_page_store_trim(store);
	CU_ASSERT_EQUAL(source.out_count, 2); /* the arena's own and the spare */
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	teardown();
}

static struct gi_page *region_take(uint32_t chunk_count)
{
	return gi_region_take(gi_arena_store(arena), chunk_count * CHUNK - GI_REGION_OFFSET,
	                      GI_BUDGET_NORMAL);
}

static void region_put(struct gi_page *page)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	gi_region_put(gi_arena_store(arena), page);
}

static void spare_region_serves_its_size(void)
{
	setup(0, 0);
	struct gi_page *first = region_take(3);
	gi_chunk_of(first)->tags[0].owner_index = 0;
	region_put(first);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 4 * CHUNK);
	CU_ASSERT_EQUAL(gi_chunk_of(first)->tags[0].owner_index, GI_OWNER_NONE);
	CU_ASSERT_EQUAL(gi_is_poisoned(gi_page_memory(first)), GI_ASAN);
	struct gi_page *shorter = region_take(2);
	struct gi_page *again = region_take(3);
	CU_ASSERT_PTR_EQUAL(again, first);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 6 * CHUNK);
	CU_ASSERT_EQUAL(source.take_count, 3);
	/* One at a time, and none that is large. */
	region_put(shorter);
	region_put(again);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 4 * CHUNK);
	region_put(region_take(5));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 4 * CHUNK);
	gi_page_store_trim(gi_arena_store(arena));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	region_put(region_take(4));
	teardown();
}

static void spare_region_is_nobodys_limit(void)
{
	setup(5 * CHUNK, 0);
	region_put(region_take(4));
	region_put(region_take(3));
	region_put(region_take(4));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 5 * CHUNK);
	for (uint32_t i = 0; i < 5; i++) {
		CU_ASSERT_PTR_NOT_NULL(gi_pages_take(gi_arena_store(arena), 31, GI_BUDGET_NORMAL));
	}
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 5 * CHUNK);
	teardown();
}

static void reserve_takes_no_spare_region(void)
{
	setup(0, CHUNK);
	region_put(region_take(1));
	CU_ASSERT_PTR_NOT_NULL(gi_region_take(gi_arena_store(arena), PAGE, GI_BUDGET_RESERVE));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 3 * CHUNK);
	teardown();
}

static void spare_region_goes_when_the_source_is_empty(void)
{
	setup(0, 0);
	region_put(region_take(2));
	source.fail_at = source.take_count + 1;
	CU_ASSERT_PTR_NULL(region_take(3));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	teardown();
}

static void free_chunks_make_room_for_regions(void)
{
	setup(4 * CHUNK, 0);
	struct gi_page_store *store = gi_arena_store(arena);
	struct gi_page *runs[4];
	for (uint32_t i = 0; i < 4; i++) {
		runs[i] = gi_pages_take(store, 31, GI_BUDGET_NORMAL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(runs[i]);
	}
	for (uint32_t i = 0; i < 4; i++) {
		gi_pages_put(store, runs[i], 31);
	}
	CU_ASSERT_PTR_NOT_NULL(
	        gi_region_take(store, 3 * CHUNK - GI_REGION_OFFSET, GI_BUDGET_NORMAL));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 4 * CHUNK);
	teardown();
}

static void reserve_is_apart_from_the_limit(void)
{
	setup(CHUNK, 1);
	struct gi_page_store *store = gi_arena_store(arena);
	struct gi_page *all = gi_pages_take(store, 31, GI_BUDGET_NORMAL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(all);
	CU_ASSERT_PTR_NULL(gi_pages_take(store, 1, GI_BUDGET_NORMAL));
	struct gi_page *reserved = gi_pages_take(store, 1, GI_BUDGET_RESERVE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reserved);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	/* Pages are free in the chunk of the reserve, but not for everyone. */
	CU_ASSERT_PTR_NULL(gi_pages_take(store, 1, GI_BUDGET_NORMAL));
	CU_ASSERT_PTR_NULL(gi_pages_take(store, 31, GI_BUDGET_RESERVE));
	/* Given back, it is whole at once. */
	gi_pages_put(store, reserved, 1);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	struct gi_page *region = gi_region_take(store, PAGE, GI_BUDGET_RESERVE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(region);
	gi_region_put(store, region);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	CU_ASSERT_PTR_NOT_NULL(gi_pages_take(store, 31, GI_BUDGET_RESERVE));
	teardown();
}

static void every_failing_take_is_survived(void)
{
	for (uint32_t fail_at = 2; fail_at <= 8; fail_at++) {
		setup(0, 0);
		source.fail_at = fail_at;
		void *kept[8];
		uint32_t count = 0;
		for (; count < 8; count++) {
			kept[count] = gi_arena_alloc(arena, 20 * PAGE);
			if (!kept[count]) {
				break;
			}
		}
		CU_ASSERT_EQUAL(count, fail_at - 1);
		CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 3 * CHUNK));
		CU_ASSERT_EQUAL(gi_arena_taken(arena), source.out_size);
		gi_arena_free(arena, kept[0], 20 * PAGE);
		CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 20 * PAGE));
		teardown();
	}
}

static void destroy_returns_used_chunks(void)
{
	setup(0, 4 * CHUNK);
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 100));
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 30 * PAGE));
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 30 * PAGE));
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, 4 * CHUNK));
	CU_ASSERT_PTR_NOT_NULL(gi_pages_take(gi_arena_store(arena), 3, GI_BUDGET_RESERVE));
	gi_arena_free(arena, gi_arena_alloc(arena, 3 * CHUNK), 3 * CHUNK);
	teardown();
}

static void nothing_is_accepted(void)
{
	setup(0, 0);
	gi_arena_free(arena, NULL, 100);
	gi_arena_destroy(NULL);
	teardown();
}

static void reserved_memory_goes_beyond_the_limit(void)
{
	setup(CHUNK, CHUNK);
	while (gi_arena_alloc(arena, 17 * 1024)) { /* until the limit */
	}
	char *memory = gi_arena_alloc_reserved(arena, 17 * 1024);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	CU_ASSERT_EQUAL((uintptr_t)memory % 128, 0);
	CU_ASSERT_TRUE(is_zeroed(memory, 17 * 1024));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	CU_ASSERT_PTR_NULL(gi_arena_alloc(arena, 17 * 1024));
	memset(memory, 0xff, 17 * 1024);
	gi_arena_free(arena, memory, 17 * 1024);
	memory = gi_arena_alloc_reserved(arena, 17 * 1024);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	CU_ASSERT_TRUE(is_zeroed(memory, 17 * 1024));
	teardown();
}

static void reserve_is_used_last_and_ends(void)
{
	setup(CHUNK, CHUNK);
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc_reserved(arena, 30 * PAGE));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc_reserved(arena, 30 * PAGE));
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 2 * CHUNK);
	CU_ASSERT_PTR_NULL(gi_arena_alloc_reserved(arena, 30 * PAGE));
	teardown();
}

static CU_TestInfo tests[] = {
        {"create without memory fails", create_without_memory_fails},
        {"arena asks for its node", arena_asks_for_its_node},
        {"binding of the kernel is told", binding_of_the_kernel_is_told},
        {"memory is aligned and zeroed", memory_is_aligned_and_zeroed},
        {"kernel memory is zeroed too", kernel_memory_is_zeroed_too},
        {"small tables share pages", small_tables_share_pages},
        {"taken counts chunks", taken_counts_chunks},
        {"limit refuses and frees recover", limit_refuses_and_frees_recover},
        {"what the kernel refuses is not the limit", what_the_kernel_refuses_is_not_the_limit},
        {"limit below a chunk is one", limit_below_a_chunk_is_one},
        {"impossible sizes are refused", impossible_sizes_are_refused},
        {"freed neighbours become one run", freed_neighbours_become_one_run},
        {"fullest chunk serves first", fullest_chunk_serves_first},
        {"trim keeps one spare chunk", trim_keeps_one_spare_chunk},
        {"spare region serves its size", spare_region_serves_its_size},
        {"spare region is nobody's limit", spare_region_is_nobodys_limit},
        {"reserve takes no spare region", reserve_takes_no_spare_region},
        {"spare goes when source is empty", spare_region_goes_when_the_source_is_empty},
        {"free chunks make room for regions", free_chunks_make_room_for_regions},
        {"reserve is apart from the limit", reserve_is_apart_from_the_limit},
        {"reserved memory goes beyond limit", reserved_memory_goes_beyond_the_limit},
        {"reserve is used last and ends", reserve_is_used_last_and_ends},
        {"every failing take is survived", every_failing_take_is_survived},
        {"destroy returns used chunks", destroy_returns_used_chunks},
        {"nothing is accepted", nothing_is_accepted},
        CU_TEST_INFO_NULL,
};

const struct suite arena_suite = {"arena", tests};
