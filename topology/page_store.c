/* SPDX-License-Identifier: Apache-2.0 */
/* Page store: see page_store.h. */
#include "topology/page_store.h"

#include <string.h>

#include "base/container.h"

/* All pages but the head's. */
#define ALL_FREE       (UINT32_MAX - 1)
#define SPARE_SIZE_MAX (UINT64_C(8) << 20) /* a larger region is not kept */
#define SIZE_HIGH      (UINT64_C(1) << 46) /* no process has that much: sums below do not overflow */

/* ---- Runs in a chunk: bit i of a mask is page i ------------------------------------------------------------------ */

static uint32_t run_mask(uint32_t first, uint32_t count)
{
	return (uint32_t)(((UINT64_C(1) << count) - 1) << first);
}

static uint32_t longest_run(uint32_t mask)
{
	uint32_t length = 0;
	for (; mask != 0; mask &= mask >> 1) {
		length++;
	}
	return length;
}

/* The lowest page that begins `count` free ones. There is one. */
static uint32_t find_run(uint32_t mask, uint32_t count)
{
	uint32_t begins = mask;
	for (uint32_t i = 1; i < count; i++) {
		begins &= mask >> i;
	}
	gi_assert(begins != 0);
	return (uint32_t)__builtin_ctz(begins);
}

/* ---- Chunks ------------------------------------------------------------------------------------------------------ */

static struct gi_chunk *chunk_init(void *memory, uint64_t size, enum gi_budget budget)
{
	struct gi_chunk *chunk = memory;
	gi_assert(size > 0);
	gi_assert(size % GI_ARENA_CHUNK_SIZE == 0);
	gi_assert((uintptr_t)memory % GI_ARENA_CHUNK_SIZE == 0);
	memset(chunk, 0, sizeof(*chunk));
	for (uint32_t i = 0; i < GI_CHUNK_PAGE_COUNT; i++) {
		chunk->tags[i].owner_index = GI_OWNER_NONE;
	}
	gi_list_init(&chunk->link);
	chunk->size = size;
	chunk->budget = budget;
	return chunk;
}

/* What `taken` shows to anybody. */
static uint64_t sum_taken(const struct gi_page_store *store)
{
	return store->budget_taken[GI_BUDGET_NORMAL] + store->budget_taken[GI_BUDGET_RESERVE];
}

static void add_taken(struct gi_page_store *store, enum gi_budget budget, uint64_t size)
{
	gi_assert(size <= store->limits[budget] - store->budget_taken[budget]);
	store->budget_taken[budget] += size;
	gi_count(&store->taken, size);
	uint64_t taken = gi_load_relaxed(&store->taken); /* we hold the lock: no other writer */
	gi_assert(taken == sum_taken(store));
	if (taken > gi_load_relaxed(&store->taken_max)) {
		gi_store_relaxed(&store->taken_max, taken);
	}
}

static void chunk_put(struct gi_page_store *store, struct gi_chunk *chunk)
{
	uint64_t size = chunk->size;
	gi_assert(chunk != store->first_chunk); /* the store lies in it */
	gi_assert(size <= store->budget_taken[chunk->budget]);
	store->budget_taken[chunk->budget] -= size;
	gi_count(&store->taken, -size);
	gi_list_remove(&chunk->link);
	gi_unpoison(chunk, size);
	store->options.put(store->options.context, chunk, size);
}

/* Returns whether there was one. */
static bool put_spare(struct gi_page_store *store)
{
	struct gi_chunk *spare = store->spare;
	store->spare = NULL;
	if (spare) {
		chunk_put(store, spare);
	}
	return spare != NULL;
}

static struct gi_chunk *chunk_take(struct gi_page_store *store, uint64_t size,
                                   enum gi_budget budget)
{
	const struct gi_arena_options *options = &store->options;
	void *memory;
	bool has_room;
	do { /* twice at the most: then there is no spare */
		has_room = size <= store->limits[budget] - store->budget_taken[budget];
		memory = has_room ? options->take(options->context, size, options->node) : NULL;
	} while (!memory && put_spare(store));
	if (!memory) {
		gi_count(&store->no_room_count, !has_room && budget == GI_BUDGET_NORMAL);
		return NULL;
	}
	add_taken(store, budget, size);
	return chunk_init(memory, size, budget);
}

/* Its free pages have changed: it moves to the list where it belongs. */
static void chunk_file(struct gi_page_store *store, struct gi_chunk *chunk)
{
	gi_list_remove(&chunk->link);
	gi_assert((chunk->free_mask & ~ALL_FREE) == 0); /* the head is never free */
	chunk->free_run_max = longest_run(chunk->free_mask);
	/* At the head: the chunk used last is used next, the others get a chance to become free. */
	gi_list_insert(store->chunks[chunk->budget][chunk->free_run_max].next, &chunk->link);
}

static void chunk_open(struct gi_page_store *store, struct gi_chunk *chunk)
{
	gi_assert(chunk->size == GI_ARENA_CHUNK_SIZE);
	gi_assert(chunk->free_mask == 0);
	chunk->free_mask = ALL_FREE;
	gi_poison((char *)chunk + GI_ARENA_PAGE_SIZE, GI_ARENA_CHUNK_SIZE - GI_ARENA_PAGE_SIZE);
	chunk_file(store, chunk);
}

/* Chunks without a used page go back, all but `keep_count`. Returns how many went. */
static uint32_t put_free_chunks(struct gi_page_store *store, uint32_t keep_count)
{
	uint32_t put_count = 0;
	struct gi_list *list = &store->chunks[GI_BUDGET_NORMAL][GI_RUN_PAGES_MAX];
	for (struct gi_list *node = list->next, *next; node != list; node = next) {
		next = node->next;
		struct gi_chunk *chunk = gi_container_of(node, struct gi_chunk, link);
		gi_assert(chunk->free_mask == ALL_FREE);
		if (chunk == store->first_chunk) {
			continue;
		}
		if (keep_count > 0) {
			keep_count--;
			continue;
		}
		chunk_put(store, chunk);
		put_count++;
	}
	return put_count;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

struct gi_chunk *gi_first_chunk_take(const struct gi_arena_options *options)
{
	void *memory = options->take(options->context, GI_ARENA_CHUNK_SIZE, options->node);
	return memory ? chunk_init(memory, GI_ARENA_CHUNK_SIZE, GI_BUDGET_NORMAL) : NULL;
}

void *gi_first_chunk_room(struct gi_chunk *chunk)
{
	return chunk + 1;
}

void gi_page_store_init(struct gi_page_store *store, struct gi_chunk *first_chunk,
                        const struct gi_arena_options *options)
{
	gi_assert(options->take);
	gi_assert(options->put);
	memset(store, 0, sizeof(*store));
	store->options = *options;
	store->limits[GI_BUDGET_NORMAL] = UINT64_MAX;
	if (options->limit != 0) {
		store->limits[GI_BUDGET_NORMAL] =
		        options->limit > GI_ARENA_CHUNK_SIZE ? options->limit : GI_ARENA_CHUNK_SIZE;
	}
	if (options->reserve < SIZE_HIGH) {
		store->limits[GI_BUDGET_RESERVE] =
		        gi_round_up(options->reserve, GI_ARENA_CHUNK_SIZE);
	} else {
		store->limits[GI_BUDGET_RESERVE] = UINT64_MAX;
	}
	int err = pthread_mutex_init(&store->lock, NULL);
	gi_assert(err == 0);
	for (uint32_t i = 0; i < GI_CHUNK_PAGE_COUNT; i++) {
		gi_list_init(&store->chunks[GI_BUDGET_NORMAL][i]);
		gi_list_init(&store->chunks[GI_BUDGET_RESERVE][i]);
	}
	gi_list_init(&store->regions);
	store->first_chunk = first_chunk;
	add_taken(store, GI_BUDGET_NORMAL, first_chunk->size);
	chunk_open(store, first_chunk);
}

static void put_all(struct gi_page_store *store, struct gi_list *list)
{
	for (struct gi_list *node = list->next, *next; node != list; node = next) {
		next = node->next;
		struct gi_chunk *chunk = gi_container_of(node, struct gi_chunk, link);
		if (chunk != store->first_chunk) {
			chunk_put(store, chunk);
		}
	}
}

void gi_page_store_finish(struct gi_page_store *store)
{
	for (uint32_t i = 0; i < GI_CHUNK_PAGE_COUNT; i++) {
		put_all(store, &store->chunks[GI_BUDGET_NORMAL][i]);
		put_all(store, &store->chunks[GI_BUDGET_RESERVE][i]);
	}
	put_all(store, &store->regions);
	put_spare(store);
	pthread_mutex_destroy(&store->lock);
	/* The store itself goes with this one. */
	struct gi_arena_options options = store->options;
	struct gi_chunk *chunk = store->first_chunk;
	uint64_t size = chunk->size;
	gi_assert(sum_taken(store) == size); /* every other chunk was found and is back */
	gi_unpoison(chunk, size);
	options.put(options.context, chunk, size);
}

/* ---- Use --------------------------------------------------------------------------------------------------------- */

/* The fullest chunk that has the run: what is nearly free is left to become free. */
static struct gi_chunk *find_chunk(struct gi_page_store *store, uint32_t page_count,
                                   enum gi_budget budget)
{
	for (uint32_t length = page_count; length < GI_CHUNK_PAGE_COUNT; length++) {
		struct gi_list *list = &store->chunks[budget][length];
		if (!gi_list_is_empty(list)) {
			return gi_container_of(list->next, struct gi_chunk, link);
		}
	}
	return NULL;
}

static struct gi_page *take_run(struct gi_page_store *store, uint32_t page_count,
                                enum gi_budget budget)
{
	struct gi_chunk *chunk = find_chunk(store, page_count, budget);
	if (!chunk) {
		chunk = chunk_take(store, GI_ARENA_CHUNK_SIZE, budget);
		if (!chunk) {
			return NULL;
		}
		chunk_open(store, chunk);
	}
	gi_assert(chunk->budget == budget);
	uint32_t first = find_run(chunk->free_mask, page_count);
	gi_assert(chunk->tags[first].owner_index == GI_OWNER_NONE);
	chunk->free_mask &= ~run_mask(first, page_count);
	chunk_file(store, chunk);
	return &chunk->pages[first].page;
}

/* Relaxed: a hint, orders nothing. */
static void note_shortage(struct gi_page_store *store, enum gi_budget budget, bool is_short)
{
	if (budget == GI_BUDGET_NORMAL && gi_load_relaxed(&store->is_short) != is_short) {
		gi_store_relaxed(&store->is_short, is_short);
	}
}

struct gi_page *gi_pages_take(struct gi_page_store *store, uint32_t page_count,
                              enum gi_budget budget)
{
	gi_assert(page_count > 0);
	gi_assert(page_count <= GI_RUN_PAGES_MAX);
	pthread_mutex_lock(&store->lock);
	struct gi_page *page = take_run(store, page_count, budget);
	note_shortage(store, budget, page == NULL);
	pthread_mutex_unlock(&store->lock);
	return page;
}

void gi_pages_put(struct gi_page_store *store, struct gi_page *first, uint32_t page_count)
{
	struct gi_chunk *chunk = gi_chunk_of(first);
	uint32_t index = gi_page_index(first);
	gi_assert(index > 0); /* the head, or a region */
	gi_assert(page_count > 0);
	gi_assert(page_count <= GI_CHUNK_PAGE_COUNT - index);
	uint32_t mask = run_mask(index, page_count);
	chunk->tags[index].owner_index = GI_OWNER_NONE;
	gi_poison(gi_page_memory(first), page_count * GI_ARENA_PAGE_SIZE);
	pthread_mutex_lock(&store->lock);
	gi_assert((chunk->free_mask & mask) == 0);
	chunk->free_mask |= mask;
	chunk_file(store, chunk);
	note_shortage(store, chunk->budget, false);
	/* The reserve does not wait for a trim: it must be whole when it is needed again. */
	if (chunk->free_mask == ALL_FREE && chunk->budget == GI_BUDGET_RESERVE) {
		chunk_put(store, chunk);
	}
	pthread_mutex_unlock(&store->lock);
}

/* Of that size only: a longer one would count against the limit for as long as its block lives. */
static struct gi_chunk *take_spare(struct gi_page_store *store, uint64_t size,
                                   enum gi_budget budget)
{
	struct gi_chunk *spare = store->spare;
	if (!spare || spare->size != size || spare->budget != budget) {
		return NULL;
	}
	gi_assert(spare->was_used);
	store->spare = NULL;
	return spare;
}

static void keep_as_spare(struct gi_page_store *store, struct gi_chunk *chunk)
{
	put_spare(store);
	gi_assert(!store->spare);
	gi_assert(!gi_list_is_empty(&chunk->link)); /* put back twice */
	gi_list_remove(&chunk->link);
	chunk->was_used = true;
	chunk->tags[0].owner_index = GI_OWNER_NONE;
	gi_poison((char *)chunk + GI_REGION_OFFSET, chunk->size - GI_REGION_OFFSET);
	store->spare = chunk;
}

struct gi_page *gi_region_take(struct gi_page_store *store, size_t size, enum gi_budget budget)
{
	if (size > SIZE_HIGH) {
		return NULL;
	}
	uint64_t chunk_size = gi_round_up(size + GI_REGION_OFFSET, GI_ARENA_CHUNK_SIZE);
	pthread_mutex_lock(&store->lock);
	struct gi_chunk *chunk = take_spare(store, chunk_size, budget);
	if (!chunk) {
		chunk = chunk_take(store, chunk_size, budget);
	}
	if (!chunk && put_free_chunks(store, 0) > 0) {
		chunk = chunk_take(store, chunk_size, budget);
	}
	if (chunk) {
		gi_list_insert(&store->regions, &chunk->link);
	}
	note_shortage(store, budget, chunk == NULL);
	pthread_mutex_unlock(&store->lock);
	return chunk ? &chunk->pages[0].page : NULL;
}

void gi_region_put(struct gi_page_store *store, struct gi_page *page)
{
	gi_assert(gi_page_index(page) == 0);
	struct gi_chunk *chunk = gi_chunk_of(page);
	gi_assert(chunk->free_mask == 0); /* it has no pages */
	gi_assert(chunk != store->first_chunk);
	pthread_mutex_lock(&store->lock);
	note_shortage(store, chunk->budget, false);
	if (chunk->size <= SPARE_SIZE_MAX && chunk->budget == GI_BUDGET_NORMAL) {
		keep_as_spare(store, chunk);
	} else {
		chunk_put(store, chunk);
	}
	pthread_mutex_unlock(&store->lock);
}

void gi_page_store_trim(struct gi_page_store *store)
{
	pthread_mutex_lock(&store->lock);
	put_free_chunks(store, 1);
	put_spare(store);
	pthread_mutex_unlock(&store->lock);
}
