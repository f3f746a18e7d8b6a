/* SPDX-License-Identifier: Apache-2.0 */
/* An actor's own memory: blocks in a list that ends with it. */
#include "actors/memory.h"

#include "base/assert.h"

#include <string.h>

#define ALIGNMENT 16u

struct gi_memory {
	struct gi_memory *next;
	struct gi_memory *previous;
	unsigned char bytes[];
};

_Static_assert(sizeof(struct gi_memory) == ALIGNMENT, "blocks stay 16-byte aligned");

static struct gi_memory *block_of(void *bytes)
{
	return (struct gi_memory *)(void *)((unsigned char *)bytes - sizeof(struct gi_memory));
}

static void link_block(struct gi_actor *actor, struct gi_memory *block)
{
	block->previous = NULL;
	block->next = actor->memory;
	if (actor->memory) {
		actor->memory->previous = block;
	}
	actor->memory = block;
}

/* Before memory of malloc() lie a size and some flags: that is not followed. */
static inline bool may_be_block(const struct gi_memory *block)
{
	uintptr_t address = (uintptr_t)block;
	return !block || (address % ALIGNMENT == 0 && address >= GI_ARENA_CHUNK_SIZE);
}

/* What leads to a block of this actor: the one before it, or the actor. */
static inline struct gi_memory **link_to(struct gi_actor *actor, struct gi_memory *block,
                                         const char *function)
{
	struct gi_memory **link = block->previous ? &block->previous->next : &actor->memory;
	gi_require(may_be_block(block->previous) && *link == block, function,
	           "the block is not of this actor's gatio_alloc()",
	           "only its owner frees it, or lets it grow, and once");
	return link;
}

static void unlink_block(struct gi_actor *actor, struct gi_memory *block)
{
	*link_to(actor, block, "gatio_free") = block->next;
	if (block->next) {
		gi_assert_slow(block->next->previous == block);
		block->next->previous = block->previous;
	}
}

static void *memory_alloc(struct gi_scheduler *scheduler, struct gi_actor *actor, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct gi_memory)) {
		return NULL;
	}
	struct gi_memory *block =
	        gi_heap_alloc(scheduler->driver->heap, sizeof(struct gi_memory) + size);
	if (!block) {
		return NULL;
	}
	link_block(actor, block);
	return block->bytes;
}

static void memory_free(struct gi_scheduler *scheduler, struct gi_actor *actor, void *bytes)
{
	if (bytes) {
		struct gi_memory *block = block_of(bytes);
		unlink_block(actor, block);
		gi_heap_free(scheduler->driver->heap, block);
	}
}

void gi_memory_end(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	while (actor->memory) {
		memory_free(scheduler, actor, actor->memory->bytes);
	}
}

void *gatio_alloc(size_t size)
{
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_alloc");
	return memory_alloc(scheduler, scheduler->actor, size);
}

void gatio_free(void *block)
{
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_free");
	memory_free(scheduler, scheduler->actor, block);
}

void *gatio_realloc(void *bytes, size_t size)
{
	if (!bytes) {
		return gatio_alloc(size);
	}
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_realloc");
	struct gi_memory *block = block_of(bytes);
	(void)link_to(scheduler->actor, block, "gatio_realloc");
	size_t old_size = gi_heap_block_size(block) - sizeof(struct gi_memory);
	/* In place while it fits and does not waste more than half. */
	if (size <= old_size && size >= old_size / 2) {
		return bytes;
	}
	void *moved = memory_alloc(scheduler, scheduler->actor, size);
	if (moved) {
		memcpy(moved, bytes, size < old_size ? size : old_size);
		memory_free(scheduler, scheduler->actor, bytes);
	}
	return moved;
}
