/* SPDX-License-Identifier: Apache-2.0 */
/* Node memory: see node_memory.h. */
#include "topology/node_memory.h"

#include <errno.h>
#include <sys/mman.h>

#include <numaif.h>

#include "base/assert.h"
#include "topology/arena.h"

#define NODE_COUNT_MAX 1024
#define BITS_PER_WORD  ((int)(8 * sizeof(unsigned long)))

/*
 * MPOL_PREFERRED, not MPOL_BIND: with the latter the kernel kills the process when the node is full, though other
 * nodes have room.
 */
static int bind_by_kernel(void *memory, size_t size, int node)
{
	unsigned long nodes[NODE_COUNT_MAX / BITS_PER_WORD] = {0};
	if (node >= NODE_COUNT_MAX) {
		return -EINVAL;
	}
	nodes[node / BITS_PER_WORD] = 1ul << (node % BITS_PER_WORD);
	/* The kernel reads one bit less than it is told. */
	if (mbind(memory, size, MPOL_PREFERRED, nodes, NODE_COUNT_MAX + 1, 0) != 0) {
		return -errno;
	}
	return 0;
}

/* More than asked for, then both ends cut off: the kernel aligns only to its own pages. */
static void *map_aligned(size_t size)
{
	size_t slack = GI_ARENA_CHUNK_SIZE;
	if (size > SIZE_MAX - slack) {
		return NULL;
	}
	char *mapped = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                    -1, 0);
	if (mapped == MAP_FAILED) {
		return NULL;
	}
	size_t before = (size_t)(-(uintptr_t)mapped & (GI_ARENA_CHUNK_SIZE - 1));
	if (before > 0) {
		munmap(mapped, before);
	}
	munmap(mapped + before + size, slack - before);
	return mapped + before;
}

void *gi_node_memory_take(void *context, size_t size, int node)
{
	struct gi_node_memory *memory = context;
	gi_assert(size > 0);
	gi_assert(size % GI_ARENA_CHUNK_SIZE == 0);
	void *chunk = map_aligned(size);
	if (!chunk) {
		return NULL;
	}
	/* Only a wish: a kernel without huge pages, or told never to use them, gives small ones. */
	(void)madvise(chunk, size, MADV_HUGEPAGE);
	if (node < 0) {
		return chunk;
	}
	/* Before the first touch: the policy decides where pages will lie, it moves none. */
	int err = memory && memory->bind ? memory->bind(chunk, size, node)
	                                 : bind_by_kernel(chunk, size, node);
	if (err < 0 && memory) {
		memory->refusal = err;
		memory->refused_count++;
	}
	return chunk;
}

void gi_node_memory_put(void *context, void *memory, size_t size)
{
	(void)context;
	if (!memory) {
		return;
	}
	int err = munmap(memory, size);
	gi_assert(err == 0);
}
