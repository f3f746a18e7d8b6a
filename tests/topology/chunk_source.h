/* SPDX-License-Identifier: Apache-2.0 */
/* Chunk source: stands in for the kernel below an arena. Counts what is out, and fails when told to. */
#ifndef TESTS_TOPOLOGY_CHUNK_SOURCE_H
#define TESTS_TOPOLOGY_CHUNK_SOURCE_H

#include "topology/arena.h"

struct chunk_source {
	uint64_t out_size; /* bytes taken and not put */
	uint32_t out_count;
	uint32_t take_count; /* asked for so far */
	uint32_t fail_at;    /* this take and all after it fail; 0: none */
	int node_seen;
};

/* The memory is dirty: nobody may count on zeroes. */
void *chunk_source_take(void *context, size_t size, int node);
void chunk_source_put(void *context, void *memory, size_t size);

/* Options of an arena above the source. */
struct gi_arena_options chunk_source_options(struct chunk_source *source, uint64_t limit,
                                             uint64_t reserve);

#endif
