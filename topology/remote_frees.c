/* SPDX-License-Identifier: Apache-2.0 */
/* Remote frees: see remote_frees.h. */
#include "topology/remote_frees.h"

#include <string.h>

#include "base/container.h"

#define GROUP_BYTES (GI_HOME_GROUP_SIZE * sizeof(struct gi_home))

void gi_remote_frees_init(struct gi_remote_frees *frees,
                          const struct gi_remote_frees_memory *memory)
{
	memset(frees, 0, sizeof(*frees));
	frees->memory = *memory;
	gi_list_init(&frees->waiting);
}

void gi_remote_frees_finish(struct gi_remote_frees *frees)
{
	for (uint32_t i = 0; i < GI_HOME_GROUP_COUNT; i++) {
		if (frees->groups[i]) {
			frees->memory.free(frees->memory.arena, frees->groups[i], GROUP_BYTES);
		}
	}
}

/* A failure here leaves no trace: it is tried again with the next chance. */
static struct gi_home *make_group(struct gi_remote_frees *frees, uint32_t group_index)
{
	gi_assert(frees->memory.arena);
	gi_assert(group_index < GI_HOME_GROUP_COUNT);
	gi_assert(!frees->groups[group_index]);
	struct gi_home *group = frees->memory.alloc(frees->memory.arena, GROUP_BYTES);
	if (!group) {
		return NULL;
	}
	for (uint32_t i = 0; i < GI_HOME_GROUP_SIZE; i++) {
		gi_list_init(&group[i].link);
		group[i].home_index = group_index * GI_HOME_GROUP_SIZE + i;
	}
	frees->groups[group_index] = group;
	return group;
}

static bool is_ready(const struct gi_home *home)
{
	return home->count >= GI_BLOCK_CHAIN_COUNT || home->size >= GI_BLOCK_CHAIN_SIZE;
}

static void home_add(struct gi_remote_frees *frees, struct gi_home *home, void *block)
{
	bool was_ready = is_ready(home);
	gi_assert_slow(home->home_index == gi_page_tag_of(block)->owner_index);
	gi_assert_slow((home->first == NULL) == (home->count == 0));
	if (home->count == 0) {
		gi_list_insert(&frees->waiting, &home->link);
		frees->waiting_count++;
	}
	gi_block_link(block, home->first);
	home->first = block;
	home->count++;
	home->size += gi_block_size(block);
	if (!was_ready && is_ready(home)) {
		frees->ready_count++;
		gi_assert(frees->ready_count <= frees->waiting_count);
	}
}

void gi_remote_frees_add(struct gi_remote_frees *frees, void *block)
{
	uint32_t home_index = gi_page_tag_of(block)->owner_index;
	gi_assert(home_index < GI_HEAP_COUNT_MAX); /* else: freed twice, or no block of a heap */
	struct gi_home *group = frees->groups[home_index / GI_HOME_GROUP_SIZE];
	/* While some are unsorted memory is short: asking again for each block would only cost. */
	if (!group && !frees->unsorted) {
		group = make_group(frees, home_index / GI_HOME_GROUP_SIZE);
	}
	if (group) {
		home_add(frees, &group[home_index % GI_HOME_GROUP_SIZE], block);
		return;
	}
	gi_block_link(block, frees->unsorted);
	frees->unsorted = block;
}

uint32_t gi_remote_frees_waiting(const struct gi_remote_frees *frees)
{
	return frees->waiting_count + (frees->unsorted ? 1 : 0);
}

/* Memory may be there by now. What finds none is unsorted again. */
static void sort_again(struct gi_remote_frees *frees)
{
	void *block = frees->unsorted;
	frees->unsorted = NULL;
	while (block) {
		void *next = gi_block_next(block);
		gi_remote_frees_add(frees, block);
		block = next;
	}
}

/* Costs a walk, for gi_assert_slow(). */
__attribute__((unused)) static uint32_t chain_length(const void *first)
{
	uint32_t count = 0;
	for (const void *block = first; block; block = gi_block_next(block)) {
		count++;
	}
	return count;
}

static void home_take(struct gi_remote_frees *frees, struct gi_home *home,
                      struct gi_block_chain *out_chain)
{
	gi_assert(home->count > 0);
	gi_assert_slow(chain_length(home->first) == home->count);
	gi_assert(frees->waiting_count > 0);
	gi_assert(frees->ready_count <= frees->waiting_count);
	if (is_ready(home)) {
		gi_assert(frees->ready_count > 0);
	}
	frees->ready_count -= is_ready(home) ? 1 : 0;
	frees->waiting_count--;
	gi_list_remove(&home->link);
	*out_chain = (struct gi_block_chain){
	        .first = home->first, .count = home->count, .home_index = home->home_index};
	home->first = NULL;
	home->count = 0;
	home->size = 0;
}

/* A chain of the home that the first of the unsorted belongs to. Costs a walk, needs no memory. */
static void unsorted_take(struct gi_remote_frees *frees, struct gi_block_chain *out_chain)
{
	void *block = frees->unsorted;
	struct gi_block_chain chain = {.home_index = gi_page_tag_of(block)->owner_index};
	frees->unsorted = NULL;
	while (block) {
		void *next = gi_block_next(block);
		bool is_of_home = gi_page_tag_of(block)->owner_index == chain.home_index;
		void **list = is_of_home ? &chain.first : &frees->unsorted;
		gi_block_link(block, *list);
		*list = block;
		chain.count += is_of_home ? 1 : 0;
		block = next;
	}
	gi_assert(chain.count > 0);
	*out_chain = chain;
}

bool gi_remote_frees_take(struct gi_remote_frees *frees, uint32_t count_min,
                          struct gi_block_chain *out_chain)
{
	if (frees->unsorted) {
		sort_again(frees);
	}
	bool may_fit = count_min < GI_BLOCK_CHAIN_COUNT || frees->ready_count > 0;
	struct gi_list *node = may_fit ? frees->waiting.next : &frees->waiting;
	for (; node != &frees->waiting; node = node->next) {
		struct gi_home *home = gi_container_of(node, struct gi_home, link);
		if (home->count >= count_min || home->size >= GI_BLOCK_CHAIN_SIZE) {
			home_take(frees, home, out_chain);
			return true;
		}
	}
	if (frees->unsorted && count_min <= 1) {
		unsorted_take(frees, out_chain);
		return true;
	}
	return false;
}
