/* SPDX-License-Identifier: Apache-2.0 */
/* Heap fixture: one heap on an arena above a chunk source, for the suites that look at heaps. */
#ifndef TESTS_TOPOLOGY_HEAP_FIXTURE_H
#define TESTS_TOPOLOGY_HEAP_FIXTURE_H

#include "tests/topology/chunk_source.h"
#include "topology/heap.h"

extern struct chunk_source source;
extern struct gi_arena *arena;
extern struct gi_heap *heap;

void heap_setup(uint64_t limit, uint64_t reserve);

/* Checks that the source has everything back. */
void heap_teardown(void);

/* Alloc until refused. Blocks are linked through their first word; returns how many. */
uint32_t heap_exhaust(void *(*alloc)(struct gi_heap *, size_t), size_t size, void **out_first);
void heap_free_all(void *first);

#endif
