/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node memory: whole chunks from the kernel, bound to one NUMA node where the kernel allows it.
 *
 * Where it does not (containers without the system call, a node without memory, a cpuset that excludes the node), the
 * memory is plain: it works, the kernel places it, and the struct says so.
 *
 * Thread: one at a time for each struct gi_node_memory (an arena calls under its lock).
 */
#ifndef GI_TOPOLOGY_NODE_MEMORY_H
#define GI_TOPOLOGY_NODE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct gi_node_memory {
	/* 0, or the negative errno with which the last binding was refused. */
	int refusal;
	uint64_t refused_count;
	/* How memory is bound: 0 or a negative errno. NULL: the kernel's mbind. */
	int (*bind)(void *memory, size_t size, int node);
};

/*
 * `size` bytes aligned to GI_ARENA_CHUNK_SIZE, zeroed, not yet touched; on `node` (-1: anywhere), or near it when the
 * node is full. Huge pages are asked for. `context` is a struct gi_node_memory or NULL.
 *
 * Error: NULL, out of memory. A refused binding is no error.
 */
void *gi_node_memory_take(void *context, size_t size, int node);

/* `size` as taken. NULL is accepted. */
void gi_node_memory_put(void *context, void *memory, size_t size);

#endif
