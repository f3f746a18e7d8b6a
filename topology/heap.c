/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap: see heap.h.
 *
 * A page of a class is in one of three states; slow_at says at which used_count a free has to change it:
 *
 *     current   serves the next block                                   slow_at NEVER
 *     full      none free when another page became current              slow_at capacity - 1, then partial
 *     partial   some free, waits to become current                      slow_at 0, then back to the store
 *
 * So the two frequent paths are one comparison each, and an empty page stays while it is current: one for each class.
 */
#include "topology/heap.h"

#include <string.h>

#include "base/branch.h"
#include "base/container.h"
#include "topology/heap_state.h"

#define NEVER UINT32_MAX

/* Bytes of fresh blocks linked at a time: what is not needed is not touched. */
#define FRESH_SIZE 4096u

/* Stands where no page is current. Nobody writes it: it has no block to give and none comes back. */
static const struct gi_page no_page;

/* ---- Pages ------------------------------------------------------------------------------------------------------- */

static void page_init(struct gi_heap *heap, struct gi_page *page, struct gi_page_tag tag)
{
	struct gi_chunk *chunk = gi_chunk_of(page);
	gi_assert(tag.class_index <= GI_CLASS_COUNT);
	gi_assert(chunk->tags[gi_page_index(page)].owner_index == GI_OWNER_NONE);
	tag.owner_index = (uint16_t)heap->owner_index;
	chunk->tags[gi_page_index(page)] = tag;
	bool is_region = tag.page_count == 0;
	memset(page, 0, sizeof(*page));
	page->block_size = is_region ? chunk->size - GI_REGION_OFFSET : tag.block_size;
	page->capacity = 1;
	if (tag.page_count == 1) {
		page->capacity = (uint32_t)GI_ARENA_PAGE_SIZE / tag.block_size;
	}
	gi_assert(page->block_size > 0);
	gi_assert(page->capacity > 0);
	page->class_index = tag.class_index;
	page->budget = chunk->budget;
	gi_list_init(&page->link);
}

static void page_put(struct gi_heap *heap, struct gi_page *page)
{
	gi_assert(page != &no_page);
	gi_assert(gi_chunk_of(page)->tags[gi_page_index(page)].owner_index == heap->owner_index);
	uint32_t page_count = gi_chunk_of(page)->tags[gi_page_index(page)].page_count;
	gi_list_remove(&page->link);
	if (page_count == 0) {
		gi_region_put(heap->store, page);
	} else {
		gi_pages_put(heap->store, page, page_count);
	}
}

/* Current pages that are empty go back. Returns how many went. */
static uint32_t put_empty_pages(struct gi_heap *heap, enum gi_budget budget)
{
	uint32_t put_count = 0;
	for (uint32_t i = 0; i < GI_CLASS_COUNT; i++) {
		struct gi_page **current = &heap->shelves[budget].current[i];
		if (*current != &no_page && (*current)->used_count == 0) {
			gi_assert((*current)->slow_at == NEVER); /* as of any current one */
			page_put(heap, *current);
			*current = (struct gi_page *)&no_page;
			put_count++;
		}
	}
	return put_count;
}

static struct gi_page *take_pages(struct gi_heap *heap, uint32_t page_count, enum gi_budget budget)
{
	struct gi_page *page = gi_pages_take(heap->store, page_count, budget);
	if (!page && put_empty_pages(heap, budget) > 0) {
		page = gi_pages_take(heap->store, page_count, budget);
	}
	return page;
}

/* Link some of the blocks that were never handed out. false: there are none left. */
static bool link_fresh(struct gi_page *page)
{
	gi_assert(!page->free);
	gi_assert(page->fresh_index <= page->capacity);
	uint32_t left = page->capacity - page->fresh_index;
	if (left == 0) {
		return false;
	}
	uint32_t count = FRESH_SIZE / (uint32_t)page->block_size;
	count = count < 1 ? 1 : count;
	count = count < left ? count : left;
	char *first = gi_page_memory(page) + page->fresh_index * page->block_size;
	for (uint32_t i = count; i > 0; i--) {
		char *block = first + (i - 1) * page->block_size;
		gi_block_link(block, page->free);
		page->free = block;
	}
	page->fresh_index += count;
	return true;
}

/* ---- A block home ------------------------------------------------------------------------------------------------ */

/* used_count has come to slow_at. */
static void page_change(struct gi_heap *heap, struct gi_page *page)
{
	if (page->used_count == 0) {
		page_put(heap, page);
		return;
	}
	gi_assert(page->slow_at == page->capacity - 1); /* it was full */
	gi_assert(page->free);
	gi_list_remove(&page->link);
	page->slow_at = 0;
	gi_list_insert(&heap->shelves[page->budget].partial[page->class_index], &page->link);
}

static inline void block_home(struct gi_heap *heap, struct gi_page *page, void *block)
{
	gi_assert(block != page->free); /* freed twice, as it mostly happens */
	gi_assert(gi_page_tag_of(block)->owner_index == heap->owner_index);
	gi_assert_slow(page->used_count > 0);
	gi_assert_slow(page->used_count <= page->capacity);
	gi_assert_slow(page->block_size <= heap->used);
	gi_assert_slow((size_t)((char *)block - gi_page_memory(page)) % page->block_size == 0);
	gi_block_link(block, page->free);
	page->free = block;
	heap->used -= page->block_size;
	page->used_count--;
	if (gi_unlikely(page->used_count == page->slow_at)) {
		page_change(heap, page);
	}
}

/* To their pages, which take them for used. Returns how many went. */
static uint32_t put_spares(struct gi_heap *heap)
{
	uint32_t put_count = heap->spares.count;
	void *block;
	while ((block = gi_spare_take(&heap->spares))) {
		gi_poison(block, GI_SPARE_SIZE);
		block_home(heap, gi_page_of(block), block);
	}
	gi_assert(heap->spares.count == 0);
	return put_count;
}

/* ---- Alloc ------------------------------------------------------------------------------------------------------- */

static inline void *page_pop(struct gi_heap *heap, struct gi_page *page)
{
	void *block = page->free;
	gi_assert_slow(block);
	gi_assert_slow(page->used_count < page->capacity);
	page->free = gi_block_next(block);
	page->used_count++;
	heap->used += page->block_size;
	gi_unpoison(block, page->block_size);
	return block;
}

/* A page that can become current: one that waits, else a new one. */
static struct gi_page *next_page(struct gi_heap *heap, uint32_t class_index, enum gi_budget budget)
{
	struct gi_list *node = gi_list_pop(&heap->shelves[budget].partial[class_index]);
	if (node) {
		return gi_container_of(node, struct gi_page, link);
	}
	uint32_t page_count = gi_size_class_pages(class_index);
	struct gi_page *page = take_pages(heap, page_count, budget);
	if (page) {
		page_init(heap, page,
		          (struct gi_page_tag){.block_size =
		                                       (uint32_t)gi_size_class_block(class_index),
		                               .class_index = (uint8_t)class_index,
		                               .page_count = (uint8_t)page_count});
		link_fresh(page);
	}
	return page;
}

/* The current page of a class, with a free block, or NULL. */
static struct gi_page *page_with_room(struct gi_heap *heap, uint32_t class_index,
                                      enum gi_budget budget)
{
	struct gi_page **current = &heap->shelves[budget].current[class_index];
	struct gi_page *page = *current;
	if (page->free || link_fresh(page)) {
		return page;
	}
	struct gi_page *next = next_page(heap, class_index, budget);
	if (!next) {
		return NULL;
	}
	gi_assert(next->free);
	gi_assert(next->slow_at == 0);
	if (page != &no_page) {
		gi_assert(page->used_count == page->capacity);
		page->slow_at = page->capacity - 1;
		gi_list_insert(&heap->full, &page->link);
	}
	next->slow_at = NEVER;
	*current = next;
	return next;
}

/* A block that is larger than any class: a run, or chunks of its own. */
static void *alloc_single(struct gi_heap *heap, size_t size, enum gi_budget budget)
{
	struct gi_page *page;
	struct gi_page_tag tag = {.class_index = GI_CLASS_COUNT};
	gi_assert(size > GI_CLASS_SIZE_MAX);
	if (size <= GI_RUN_PAGES_MAX * GI_ARENA_PAGE_SIZE) {
		size_t page_count = (size + GI_ARENA_PAGE_SIZE - 1) / GI_ARENA_PAGE_SIZE;
		tag.page_count = (uint8_t)page_count;
		tag.block_size = (uint32_t)(page_count * GI_ARENA_PAGE_SIZE);
		page = take_pages(heap, tag.page_count, budget);
	} else {
		page = gi_region_take(heap->store, size, budget);
		if (!page && put_empty_pages(heap, budget) > 0) {
			page = gi_region_take(heap->store, size, budget);
		}
	}
	if (!page) {
		return NULL;
	}
	page_init(heap, page, tag);
	page->free = gi_page_memory(page);
	gi_block_link(page->free, NULL);
	page->fresh_index = page->capacity;
	gi_list_insert(&heap->full, &page->link);
	return page_pop(heap, page);
}

static void *alloc_of_pages(struct gi_heap *heap, size_t size, enum gi_budget budget)
{
	if (size > GI_CLASS_SIZE_MAX) {
		return alloc_single(heap, size, budget);
	}
	struct gi_page *page = page_with_room(heap, gi_size_class(&heap->classes, size), budget);
	return page ? page_pop(heap, page) : NULL;
}

/* Not inline: the usual way through gi_heap_alloc() saves no register for it. */
static __attribute__((noinline)) void *alloc_within(struct gi_heap *heap, size_t size,
                                                    enum gi_budget budget)
{
	void *block = alloc_of_pages(heap, size, budget);
	if (!block && put_spares(heap) > 0) {
		block = alloc_of_pages(heap, size, budget);
	}
	return block;
}

void *gi_heap_alloc(struct gi_heap *heap, size_t size)
{
	if (gi_likely(size <= GI_SMALL_SIZE_MAX)) {
		uint32_t class_index = gi_size_class(&heap->classes, size);
		struct gi_page *page = heap->shelves[GI_BUDGET_NORMAL].current[class_index];
		if (gi_likely(page->free != NULL)) {
			return page_pop(heap, page);
		}
	}
	return alloc_within(heap, size, GI_BUDGET_NORMAL);
}

void *gi_heap_alloc_reserved(struct gi_heap *heap, size_t size)
{
	void *block = gi_heap_alloc(heap, size);
	return block ? block : alloc_within(heap, size, GI_BUDGET_RESERVE);
}

size_t gi_heap_block_size(const void *block)
{
	return gi_block_size(block);
}

/* ---- Free -------------------------------------------------------------------------------------------------------- */

void gi_heap_free(struct gi_heap *heap, void *block)
{
	if (!block) {
		return;
	}
	gi_assert(!gi_is_poisoned(block)); /* freed twice */
	gi_poison(block, gi_block_size(block));
	if (gi_likely(gi_page_tag_of(block)->owner_index == heap->owner_index)) {
		block_home(heap, gi_page_of(block), block);
	} else {
		gi_remote_frees_add(&heap->remote_frees, block);
	}
}

uint32_t gi_heap_chains_waiting(const struct gi_heap *heap)
{
	return gi_remote_frees_waiting(&heap->remote_frees);
}

bool gi_heap_take_chain(struct gi_heap *heap, uint32_t count_min, struct gi_block_chain *out_chain)
{
	return gi_remote_frees_take(&heap->remote_frees, count_min, out_chain);
}

void *gi_heap_chain_last(void *first)
{
	void *last = first;
	for (void *next = first; next; next = gi_block_next(next)) {
		last = next;
	}
	return last;
}

void gi_heap_chain_link(void *last, void *first)
{
	gi_assert(last);
	gi_assert(first != last);
	gi_block_link(last, first);
}

void gi_heap_put_chain(struct gi_heap *heap, void *first)
{
	void *block = first;
	while (block) {
		void *next = gi_block_next(block);
		block_home(heap, gi_page_of(block), block);
		block = next;
	}
}

struct gi_spares *gi_heap_spares(struct gi_heap *heap)
{
	return &heap->spares;
}

void gi_heap_trim(struct gi_heap *heap)
{
	put_spares(heap);
	put_empty_pages(heap, GI_BUDGET_NORMAL);
	put_empty_pages(heap, GI_BUDGET_RESERVE);
	gi_page_store_trim(heap->store);
}

uint64_t gi_heap_used(const struct gi_heap *heap)
{
	gi_assert_slow(heap->spares.count * GI_SPARE_SIZE <= heap->used);
	return heap->used - heap->spares.count * GI_SPARE_SIZE;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static void shelf_init(struct gi_shelf *shelf)
{
	for (uint32_t i = 0; i < GI_CLASS_COUNT; i++) {
		shelf->current[i] = (struct gi_page *)&no_page;
		gi_list_init(&shelf->partial[i]);
	}
}

void gi_heap_init(struct gi_heap *heap, struct gi_page_store *store, uint32_t owner_index)
{
	gi_assert(store);
	gi_assert(owner_index < GI_OWNER_NONE);
	memset(heap, 0, sizeof(*heap));
	heap->owner_index = owner_index;
	heap->store = store;
	gi_size_classes_init(&heap->classes);
	shelf_init(&heap->shelves[GI_BUDGET_NORMAL]);
	shelf_init(&heap->shelves[GI_BUDGET_RESERVE]);
	gi_list_init(&heap->full);
	gi_remote_frees_init(&heap->remote_frees, &(struct gi_remote_frees_memory){.arena = NULL});
}

static void put_all(struct gi_heap *heap, struct gi_list *list)
{
	while (!gi_list_is_empty(list)) {
		page_put(heap, gi_container_of(list->next, struct gi_page, link));
	}
}

void gi_heap_finish(struct gi_heap *heap)
{
	for (uint32_t i = 0; i < GI_BUDGET_COUNT * GI_CLASS_COUNT; i++) {
		struct gi_shelf *shelf = &heap->shelves[i / GI_CLASS_COUNT];
		struct gi_page *current = shelf->current[i % GI_CLASS_COUNT];
		put_all(heap, &shelf->partial[i % GI_CLASS_COUNT]);
		if (current != &no_page) {
			page_put(heap, current);
		}
	}
	put_all(heap, &heap->full);
}
