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

/*
 * What is asked of the kernel, handed in by whoever owns the door to it: gi_kernel_memory of drivers/kernel.h, or what a
 * test puts in its place.
 */
struct gi_memory_door {
	/* `size` bytes, zeroed, not yet touched, aligned to a power of two that is no less than a page. NULL: there are none. */
	void *(*map)(size_t size, size_t alignment);
	/* As mapped, whole. */
	void (*unmap)(void *memory, size_t size);
	/* Huge pages, if there are. Error: negative errno. */
	int (*advise_huge)(void *memory, size_t size);
	/* Where pages will lie that are touched from now on. Error: negative errno. */
	int (*bind)(void *memory, size_t size, int node);
};

struct gi_node_memory {
	const struct gi_memory_door *door;
	/* 0, or the negative errno with which the last binding was refused. */
	int refusal;
	uint64_t refused_count;
};

/*
 * `size` bytes aligned to GI_ARENA_CHUNK_SIZE, zeroed, not yet touched; on `node` (-1: anywhere), or near it when the
 * node is full. Huge pages are asked for. `context` is a struct gi_node_memory.
 *
 * Error: NULL, out of memory. A refused binding is no error.
 */
void *gi_node_memory_take(void *context, size_t size, int node);

/* `size` as taken. NULL is accepted. */
void gi_node_memory_put(void *context, void *memory, size_t size);

#endif
