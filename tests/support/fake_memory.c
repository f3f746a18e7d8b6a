/* SPDX-License-Identifier: Apache-2.0 */
/* Fake gatio: the memory of actors. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_gatio.h"
#include "tests/support/fake_inside.h"

#define FILLED_MAX 65536u

struct block {
	struct block *previous;
	struct block *next;
	struct fake_actor *owner; /* NULL: a message */
	size_t size;
};

_Static_assert(sizeof(struct block) % 16 == 0, "blocks are 16-byte aligned");

bool fake_may_allocate(void)
{
	if (fake.allocations_left == SIZE_MAX) {
		return true;
	}
	if (fake.allocations_left == 0) {
		return false;
	}
	fake.allocations_left--;
	return true;
}

void *gatio_alloc(size_t size)
{
	struct block *block = fake_may_allocate() ? malloc(sizeof(*block) + size) : NULL;
	if (!block) {
		return NULL;
	}
	struct fake_actor *owner = fake.current;
	*block = (struct block){.next = owner->blocks, .owner = owner, .size = size};
	if (owner->blocks) {
		owner->blocks->previous = block;
	}
	owner->blocks = block;
	owner->block_count++;
	/* Not zero, as in life. What a server keeps in reserve is large, and made for each of thousands of worlds. */
	memset(block + 1, 0xa5, size < FILLED_MAX ? size : FILLED_MAX);
	return block + 1;
}

void gatio_free(void *memory)
{
	if (!memory) {
		return;
	}
	struct block *block = (struct block *)memory - 1;
	if (block->previous) {
		block->previous->next = block->next;
	} else {
		block->owner->blocks = block->next;
	}
	if (block->next) {
		block->next->previous = block->previous;
	}
	block->owner->block_count--;
	free(block);
}

void *gatio_realloc(void *memory, size_t size)
{
	void *bigger = gatio_alloc(size);
	if (bigger && memory) {
		size_t old = ((struct block *)memory - 1)->size;
		memcpy(bigger, memory, old < size ? old : size);
		gatio_free(memory);
	}
	return bigger;
}

void fake_free_blocks(struct fake_actor *actor)
{
	struct block *next;
	for (struct block *block = actor->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	actor->blocks = NULL;
	actor->block_count = 0;
}
