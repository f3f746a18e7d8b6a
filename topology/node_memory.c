/* SPDX-License-Identifier: Apache-2.0 */
/* Node memory: see node_memory.h. */
#include "topology/node_memory.h"

#include "base/assert.h"
#include "topology/arena.h"

void *gi_node_memory_take(void *context, size_t size, int node)
{
	struct gi_node_memory *memory = context;
	gi_assert(size > 0);
	gi_assert(size % GI_ARENA_CHUNK_SIZE == 0);
	void *chunk = memory->door->map(size, GI_ARENA_CHUNK_SIZE);
	if (!chunk) {
		return NULL;
	}
	gi_assert((uintptr_t)chunk % GI_ARENA_CHUNK_SIZE == 0);
	/* Only a wish: a kernel without huge pages, or told never to use them, gives small ones. */
	(void)memory->door->advise_huge(chunk, size);
	/* Before the first touch: the policy decides where pages will lie, it moves none. */
	int err = node < 0 ? 0 : memory->door->bind(chunk, size, node);
	if (err < 0) {
		memory->refusal = err;
		memory->refused_count++;
	}
	return chunk;
}

void gi_node_memory_put(void *context, void *memory, size_t size)
{
	struct gi_node_memory *node_memory = context;
	if (memory) {
		gi_assert((uintptr_t)memory % GI_ARENA_CHUNK_SIZE == 0);
		gi_assert(size % GI_ARENA_CHUNK_SIZE == 0);
		node_memory->door->unmap(memory, size);
	}
}
