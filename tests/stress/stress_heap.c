/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of topology/heap.c: threads with a heap each, on one arena at its limit, pass blocks to each other, free what
 * they get, and send chains home. Every block carries a pattern; at the end every byte is home.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "drivers/kernel.h"
#include "tests/support/suite.h"
#include "topology/heap.h"

#define THREAD_COUNT 4u
#define RING_SIZE    256u
#define STEP_COUNT   500000u
#define LIMIT        ((uint64_t)8 << 20)
#define TABLE_SIZE   3000u

/*
 * Orderings   filled  ring_push releases tail -> ring_pop acquires tail
 *             freed   ring_pop releases head -> ring_push acquires head
 */
struct ring {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t tail;
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t head;
	void *slots[RING_SIZE];
};

struct block_head {
	uint64_t size;
	uint64_t pattern;
};

struct worker {
	uint32_t index;
	uint64_t seed;
	struct gi_heap *heap;
	struct gi_block_chain pending; /* its ring was full; first is NULL: none */
	uint64_t damaged_count;
	uint64_t refused_count;
	uint64_t received_count;
	uint64_t chain_count;
};

static struct gi_arena *arena;
static struct worker workers[THREAD_COUNT];
static struct ring block_rings[THREAD_COUNT][THREAD_COUNT]; /* [sender][receiver] */
static struct ring chain_rings[THREAD_COUNT][THREAD_COUNT];

static bool ring_push(struct ring *ring, void *item)
{
	uint32_t tail = gi_load_relaxed(&ring->tail);           /* ours */
	if (tail - gi_load_acquire(&ring->head) == RING_SIZE) { /* freed */
		return false;
	}
	ring->slots[tail % RING_SIZE] = item;
	gi_store_release(&ring->tail, tail + 1); /* filled */
	return true;
}

static void *ring_pop(struct ring *ring)
{
	uint32_t head = gi_load_relaxed(&ring->head); /* ours */
	if (gi_load_acquire(&ring->tail) == head) {   /* filled */
		return NULL;
	}
	void *item = ring->slots[head % RING_SIZE];
	gi_store_release(&ring->head, head + 1); /* freed */
	return item;
}

static uint64_t next_random(struct worker *worker)
{
	worker->seed ^= worker->seed << 13;
	worker->seed ^= worker->seed >> 7;
	worker->seed ^= worker->seed << 17;
	return worker->seed;
}

static size_t random_size(struct worker *worker)
{
	uint64_t random = next_random(worker);
	if (random % 1024 == 0) {
		return 16 + random / 1024 % (3u << 20);
	}
	return 16 + random / 1024 % (random % 64 == 0 ? 100000 : 1000);
}

/* The pattern stands at both ends: whoever overlaps a block hits one of them. */
static uint64_t *pattern_at_end(struct block_head *block)
{
	return (uint64_t *)(void *)((char *)block + block->size / 8 * 8 - 8);
}

static void *make_block(struct worker *worker)
{
	size_t size = random_size(worker);
	struct block_head *block = next_random(worker) % 16 == 0
	                                   ? gi_heap_alloc_reserved(worker->heap, size)
	                                   : gi_heap_alloc(worker->heap, size);
	if (!block) {
		worker->refused_count++;
		return NULL;
	}
	block->size = size;
	block->pattern = next_random(worker);
	if (size >= 24) {
		*pattern_at_end(block) = block->pattern;
	}
	return block;
}

static void end_block(struct worker *worker, struct block_head *block)
{
	bool is_whole = gi_heap_block_size(block) >= block->size;
	if (block->size >= 24) {
		is_whole = is_whole && *pattern_at_end(block) == block->pattern;
	}
	worker->damaged_count += is_whole ? 0 : 1;
	gi_heap_free(worker->heap, block);
}

static void send_block(struct worker *worker)
{
	uint32_t to = (uint32_t)(next_random(worker) % THREAD_COUNT);
	void *block = make_block(worker);
	if (block && !ring_push(&block_rings[worker->index][to], block)) {
		end_block(worker, block);
	}
}

/* Some blocks end here, others travel on. */
static void receive_blocks(struct worker *worker)
{
	for (uint32_t from = 0; from < THREAD_COUNT; from++) {
		void *block = ring_pop(&block_rings[from][worker->index]);
		if (!block) {
			continue;
		}
		worker->received_count++;
		uint64_t random = next_random(worker);
		struct ring *ring = &block_rings[worker->index][random / 8 % THREAD_COUNT];
		if (random % 8 != 0 || !ring_push(ring, block)) {
			end_block(worker, block);
		}
	}
}

static void send_chains(struct worker *worker, uint32_t count_min)
{
	struct gi_block_chain *chain = &worker->pending;
	while (chain->first || gi_heap_take_chain(worker->heap, count_min, chain)) {
		if (!ring_push(&chain_rings[worker->index][chain->home_index], chain->first)) {
			return;
		}
		worker->chain_count++;
		chain->first = NULL;
	}
}

static void receive_chains(struct worker *worker)
{
	for (uint32_t from = 0; from < THREAD_COUNT; from++) {
		void *first = ring_pop(&chain_rings[from][worker->index]);
		if (first) {
			gi_heap_put_chain(worker->heap, first);
		}
	}
}

static void use_tables(struct worker *worker)
{
	size_t size = 1 + next_random(worker) % TABLE_SIZE;
	unsigned char *table = gi_arena_alloc(arena, size);
	if (table) {
		worker->damaged_count += table[0] == 0 && table[size - 1] == 0 ? 0 : 1;
		memset(table, 0xff, size);
		gi_arena_free(arena, table, size);
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	for (uint32_t step = 0; step < STEP_COUNT; step++) {
		send_block(worker);
		receive_blocks(worker);
		receive_chains(worker);
		send_chains(worker, step % 64 == 0 ? 1 : GI_BLOCK_CHAIN_COUNT);
		if (step % 1000 == 0) {
			gi_heap_trim(worker->heap);
		}
		if (step % 50 == 0) {
			use_tables(worker);
		}
		worker->damaged_count += gi_arena_taken(arena) > 2 * LIMIT ? 1 : 0;
	}
	return NULL;
}

static void end_received(struct worker *worker)
{
	for (uint32_t from = 0; from < THREAD_COUNT; from++) {
		void *block = ring_pop(&block_rings[from][worker->index]);
		if (block) {
			end_block(worker, block);
		}
	}
}

/* One thread by itself: what is still under way comes home. */
static void settle(void)
{
	for (uint32_t i = 0; i < 3 * RING_SIZE * THREAD_COUNT; i++) {
		struct worker *worker = &workers[i % THREAD_COUNT];
		end_received(worker);
		receive_chains(worker);
		send_chains(worker, 1);
	}
}

static void threads_share_an_arena(void)
{
	struct gi_arena_options options = {
	        .node = -1, .door = &gi_kernel_memory, .limit = LIMIT, .reserve = LIMIT / 4};
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	pthread_t threads[THREAD_COUNT];
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		workers[i] = (struct worker){.index = i, .seed = 88172645463325252u + i};
		CU_ASSERT_EQUAL_FATAL(gi_heap_create(&workers[i].heap, arena, i), 0);
	}
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		pthread_join(threads[i], NULL);
	}
	settle();
	uint64_t refused_count = 0;
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		CU_ASSERT_EQUAL(workers[i].damaged_count, 0);
		CU_ASSERT_TRUE(workers[i].received_count > 0);
		CU_ASSERT_TRUE(workers[i].chain_count > 0);
		CU_ASSERT_EQUAL(gi_heap_used(workers[i].heap), 0);
		CU_ASSERT_EQUAL(gi_heap_chains_waiting(workers[i].heap), 0);
		refused_count += workers[i].refused_count;
		gi_heap_destroy(workers[i].heap);
	}
	CU_ASSERT_TRUE(refused_count > 0);
	CU_ASSERT_TRUE(gi_arena_taken_max(arena) <= LIMIT + LIMIT / 4);
	gi_arena_destroy(arena);
}

static CU_TestInfo tests[] = {
        {"threads share an arena", threads_share_an_arena},
        CU_TEST_INFO_NULL,
};

static const struct suite heap_stress = {"heap stress", tests};

const struct suite *const suites[] = {&heap_stress, NULL};
