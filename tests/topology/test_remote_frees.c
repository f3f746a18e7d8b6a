/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/remote_frees.c: blocks freed on a foreign heap and their way home. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/topology/chunk_source.h"
#include "topology/heap.h"
#include "topology/page.h"

#define CHUNK GI_ARENA_CHUNK_SIZE
#define PAGE  GI_ARENA_PAGE_SIZE

static struct chunk_source source;
static struct gi_arena *arena;
static struct gi_heap *home; /* index 5 */
static struct gi_heap *away; /* index 6 */

static void setup(uint64_t limit)
{
	source = (struct chunk_source){0};
	struct gi_arena_options options = chunk_source_options(&source, limit, 0);
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&home, arena, 5), 0);
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&away, arena, 6), 0);
}

static void teardown(void)
{
	gi_heap_destroy(home);
	gi_heap_destroy(away);
	gi_arena_destroy(arena);
	CU_ASSERT_EQUAL(source.out_count, 0);
}

static void free_away(uint32_t count, size_t size)
{
	for (uint32_t i = 0; i < count; i++) {
		void *block = gi_heap_alloc(home, size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block);
		gi_heap_free(away, block);
	}
}

static void foreign_blocks_gather(void)
{
	setup(0);
	struct gi_block_chain chain;
	CU_ASSERT_FALSE(gi_heap_take_chain(away, 1, &chain));
	free_away(10, 100);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), 1);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(home), 0);
	CU_ASSERT_EQUAL(gi_heap_used(away), 0);
	CU_ASSERT_EQUAL(gi_heap_used(home), 10 * 112);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, 11, &chain));
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 10, &chain));
	CU_ASSERT_EQUAL(chain.count, 10);
	CU_ASSERT_EQUAL(chain.home_index, 5);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), 0);
	gi_heap_put_chain(home, chain.first);
	CU_ASSERT_EQUAL(gi_heap_used(home), 0);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, 1, &chain));
	teardown();
}

static void blocks_come_home_usable(void)
{
	setup(2 * CHUNK);
	/* Most of it, in many sizes, there and back, again and again: nothing is lost. */
	for (uint32_t round = 0; round < 20; round++) {
		uint64_t size_sum = 0;
		for (size_t size = 16; size < 3 * PAGE; size += size / 3) {
			void *block = gi_heap_alloc(home, size);
			CU_ASSERT_PTR_NOT_NULL_FATAL(block);
			memset(block, 0x33, size);
			size_sum += gi_heap_block_size(block);
			gi_heap_free(away, block);
		}
		CU_ASSERT_EQUAL(gi_heap_used(home), size_sum);
		struct gi_block_chain chain;
		while (gi_heap_take_chain(away, 1, &chain)) {
			gi_heap_put_chain(home, chain.first);
		}
		CU_ASSERT_EQUAL(gi_heap_used(home), 0);
	}
	teardown();
}

static void full_chain_is_ready(void)
{
	setup(0);
	struct gi_block_chain chain;
	free_away(GI_BLOCK_CHAIN_COUNT - 1, 64);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	free_away(1, 64);
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	CU_ASSERT_EQUAL(chain.count, GI_BLOCK_CHAIN_COUNT);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	teardown();
}

static void large_blocks_do_not_wait(void)
{
	setup(0);
	struct gi_block_chain chain;
	free_away(1, 4 * CHUNK);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), 6 * CHUNK);
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	CU_ASSERT_EQUAL(chain.count, 1);
	gi_heap_put_chain(home, chain.first);
	CU_ASSERT_EQUAL(gi_arena_taken(arena), CHUNK);
	free_away(3, PAGE);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	free_away(1, PAGE);
	CU_ASSERT_TRUE(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	CU_ASSERT_EQUAL(chain.count, 4);
	teardown();
}

static void oldest_chain_comes_first(void)
{
	setup(0);
	static const uint32_t indices[] = {700, 3, 1023, 0};
	struct gi_heap *homes[4];
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL_FATAL(gi_heap_create(&homes[i], arena, indices[i]), 0);
	}
	for (uint32_t i = 0; i < 12; i++) {
		gi_heap_free(away, gi_heap_alloc(homes[i % 4], 64));
	}
	gi_heap_free(away, gi_heap_alloc(homes[2], 64));
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), 4);
	struct gi_block_chain chain;
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 4, &chain));
	CU_ASSERT_EQUAL(chain.home_index, 1023);
	static const uint32_t order[] = {700, 3, 0};
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 2, &chain));
		CU_ASSERT_EQUAL(chain.home_index, order[i]);
		CU_ASSERT_EQUAL(chain.count, 3);
	}
	for (uint32_t i = 0; i < 4; i++) {
		gi_heap_destroy(homes[i]);
	}
	teardown();
}

static void every_home_has_its_chain(void)
{
	setup(0);
	static struct gi_heap *homes[GI_HEAP_COUNT_MAX];
	/* All but the one with away's own index. */
	for (uint32_t i = 0; i < GI_HEAP_COUNT_MAX; i++) {
		if (i != 6) {
			CU_ASSERT_EQUAL_FATAL(gi_heap_create(&homes[i], arena, i), 0);
			gi_heap_free(away, gi_heap_alloc(homes[i], 32));
		}
	}
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), GI_HEAP_COUNT_MAX - 1);
	struct gi_block_chain chain;
	uint32_t wrong_count = 0;
	for (uint32_t i = 0; i < GI_HEAP_COUNT_MAX; i++) {
		if (i != 6) {
			CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 1, &chain));
			wrong_count += chain.home_index == i ? 0 : 1;
		}
	}
	CU_ASSERT_EQUAL(wrong_count, 0);
	CU_ASSERT_FALSE(gi_heap_take_chain(away, 1, &chain));
	for (uint32_t i = 0; i < GI_HEAP_COUNT_MAX; i++) {
		gi_heap_destroy(homes[i]);
		homes[i] = NULL;
	}
	teardown();
}

/* Take all that the arena has, so that not even the record of a home is left. Blocks are linked. */
static void *exhaust_tables(void)
{
	void *first = NULL;
	for (size_t size = 8 * PAGE; size >= 128; size /= 2) {
		for (void **table; (table = gi_arena_alloc(arena, size)) != NULL;) {
			table[0] = first;
			table[1] = (void *)size;
			first = table;
		}
	}
	return first;
}

static void free_tables(void *first)
{
	while (first) {
		void **table = first;
		first = table[0];
		gi_arena_free(arena, table, (size_t)table[1]);
	}
}

static void foreign_frees_need_no_memory(void)
{
	setup(CHUNK);
	struct gi_heap *other;
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&other, arena, 40), 0);
	void *blocks[60];
	for (uint32_t i = 0; i < 60; i++) {
		blocks[i] = gi_heap_alloc(i % 3 == 0 ? other : home, 64);
	}
	void *tables = exhaust_tables();
	CU_ASSERT_PTR_NOT_NULL(tables);
	for (uint32_t i = 0; i < 60; i++) {
		gi_heap_free(away, blocks[i]);
	}
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), 1);
	struct gi_block_chain chain;
	/* Unsorted, they are not kept from who wants whatever there is. */
	CU_ASSERT_FALSE(gi_heap_take_chain(away, GI_BLOCK_CHAIN_COUNT, &chain));
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 1, &chain));
	uint32_t expected = chain.home_index == 40 ? 20 : 40;
	CU_ASSERT_EQUAL(chain.count, expected);
	gi_heap_put_chain(chain.home_index == 40 ? other : home, chain.first);
	/* With memory again they are sorted. */
	free_tables(tables);
	CU_ASSERT_TRUE_FATAL(gi_heap_take_chain(away, 60 - expected, &chain));
	CU_ASSERT_EQUAL(chain.count, 60 - expected);
	gi_heap_put_chain(chain.home_index == 40 ? other : home, chain.first);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(away), 0);
	CU_ASSERT_EQUAL(gi_heap_used(home), 0);
	CU_ASSERT_EQUAL(gi_heap_used(other), 0);
	gi_heap_destroy(other);
	teardown();
}

static void memory_at_the_limit_comes_home(void)
{
	setup(CHUNK);
	void *first = NULL;
	uint32_t count = 0;
	for (void **block; (block = gi_heap_alloc(home, 256)) != NULL; count++) {
		*block = first;
		first = block;
	}
	while (first) {
		void *next = *(void **)first;
		gi_heap_free(away, first);
		first = next;
	}
	CU_ASSERT_PTR_NULL(gi_heap_alloc(home, 256));
	struct gi_block_chain chain;
	uint32_t home_count = 0;
	while (gi_heap_take_chain(away, 1, &chain)) {
		home_count += chain.count;
		gi_heap_put_chain(home, chain.first);
	}
	CU_ASSERT_EQUAL(home_count, count);
	CU_ASSERT_PTR_NOT_NULL(gi_heap_alloc(home, 256));
	teardown();
}

static CU_TestInfo tests[] = {
        {"foreign blocks gather", foreign_blocks_gather},
        {"blocks come home usable", blocks_come_home_usable},
        {"full chain is ready", full_chain_is_ready},
        {"large blocks do not wait", large_blocks_do_not_wait},
        {"oldest chain comes first", oldest_chain_comes_first},
        {"every home has its chain", every_home_has_its_chain},
        {"foreign frees need no memory", foreign_frees_need_no_memory},
        {"memory at the limit comes home", memory_at_the_limit_comes_home},
        CU_TEST_INFO_NULL,
};

const struct suite remote_frees_suite = {"remote_frees", tests};
