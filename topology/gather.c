/* SPDX-License-Identifier: Apache-2.0 */
/* Gather: see gather.h. */
#include "topology/gather.h"

#include <string.h>

#include "base/container.h"

#define GROUP_BYTES (GI_HOME_GROUP_SIZE * sizeof(struct gi_home))

void gi_gather_init(struct gi_gather *gather, const struct gi_gather_memory *memory)
{
	memset(gather, 0, sizeof(*gather));
	gather->memory = *memory;
	gi_list_init(&gather->waiting);
}

void gi_gather_finish(struct gi_gather *gather)
{
	for (uint32_t i = 0; i < GI_HOME_GROUP_COUNT; i++) {
		if (gather->groups[i]) {
			gather->memory.free(gather->memory.arena, gather->groups[i], GROUP_BYTES);
		}
	}
}

/* A failure here leaves no trace: it is tried again with the next chance. */
static struct gi_home *make_group(struct gi_gather *gather, uint32_t group_index)
{
	gi_assert(gather->memory.arena);
	struct gi_home *group = gather->memory.alloc(gather->memory.arena, GROUP_BYTES);
	if (!group) {
		return NULL;
	}
	for (uint32_t i = 0; i < GI_HOME_GROUP_SIZE; i++) {
		gi_list_init(&group[i].link);
		group[i].home_index = group_index * GI_HOME_GROUP_SIZE + i;
	}
	gather->groups[group_index] = group;
	return group;
}

static bool is_ready(const struct gi_home *home)
{
	return home->count >= GI_BLOCK_CHAIN_COUNT || home->size >= GI_BLOCK_CHAIN_SIZE;
}

static void home_add(struct gi_gather *gather, struct gi_home *home, void *block)
{
	bool was_ready = is_ready(home);
	if (home->count == 0) {
		gi_list_insert(&gather->waiting, &home->link);
		gather->waiting_count++;
	}
	gi_block_link(block, home->first);
	home->first = block;
	home->count++;
	home->size += gi_block_size(block);
	if (!was_ready && is_ready(home)) {
		gather->ready_count++;
	}
}

void gi_gather_add(struct gi_gather *gather, void *block)
{
	uint32_t home_index = gi_page_tag_of(block)->owner_index;
	gi_assert(home_index < GI_HEAP_COUNT_MAX); /* else: freed twice, or no block of a heap */
	struct gi_home *group = gather->groups[home_index / GI_HOME_GROUP_SIZE];
	/* While some are unsorted memory is short: asking again for each block would only cost. */
	if (!group && !gather->unsorted) {
		group = make_group(gather, home_index / GI_HOME_GROUP_SIZE);
	}
	if (group) {
		home_add(gather, &group[home_index % GI_HOME_GROUP_SIZE], block);
		return;
	}
	gi_block_link(block, gather->unsorted);
	gather->unsorted = block;
}

uint32_t gi_gather_waiting(const struct gi_gather *gather)
{
	return gather->waiting_count + (gather->unsorted ? 1 : 0);
}

/* Memory may be there by now. What finds none is unsorted again. */
static void sort_again(struct gi_gather *gather)
{
	void *block = gather->unsorted;
	gather->unsorted = NULL;
	while (block) {
		void *next = gi_block_next(block);
		gi_gather_add(gather, block);
		block = next;
	}
}

static void home_take(struct gi_gather *gather, struct gi_home *home,
                      struct gi_block_chain *out_chain)
{
	gather->ready_count -= is_ready(home) ? 1 : 0;
	gather->waiting_count--;
	gi_list_remove(&home->link);
	*out_chain = (struct gi_block_chain){
	        .first = home->first, .count = home->count, .home_index = home->home_index};
	home->first = NULL;
	home->count = 0;
	home->size = 0;
}

/* A chain of the home that the first of the unsorted belongs to. Costs a walk, needs no memory. */
static void unsorted_take(struct gi_gather *gather, struct gi_block_chain *out_chain)
{
	void *block = gather->unsorted;
	struct gi_block_chain chain = {.home_index = gi_page_tag_of(block)->owner_index};
	gather->unsorted = NULL;
	while (block) {
		void *next = gi_block_next(block);
		bool is_of_home = gi_page_tag_of(block)->owner_index == chain.home_index;
		void **list = is_of_home ? &chain.first : &gather->unsorted;
		gi_block_link(block, *list);
		*list = block;
		chain.count += is_of_home ? 1 : 0;
		block = next;
	}
	*out_chain = chain;
}

bool gi_gather_take(struct gi_gather *gather, uint32_t count_min, struct gi_block_chain *out_chain)
{
	if (gather->unsorted) {
		sort_again(gather);
	}
	bool may_fit = count_min < GI_BLOCK_CHAIN_COUNT || gather->ready_count > 0;
	struct gi_list *node = may_fit ? gather->waiting.next : &gather->waiting;
	for (; node != &gather->waiting; node = node->next) {
		struct gi_home *home = gi_container_of(node, struct gi_home, link);
		if (home->count >= count_min || home->size >= GI_BLOCK_CHAIN_SIZE) {
			home_take(gather, home, out_chain);
			return true;
		}
	}
	if (gather->unsorted && count_min <= 1) {
		unsorted_take(gather, out_chain);
		return true;
	}
	return false;
}
