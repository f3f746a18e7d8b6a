/* SPDX-License-Identifier: Apache-2.0 */
/* Chunk source: see chunk_source.h. */
#include "tests/topology/chunk_source.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

/* Before each chunk, aligned as the chunk is: what it was taken with. */
struct chunk_record {
	size_t size;
};

void *chunk_source_take(void *context, size_t size, int node)
{
	struct chunk_source *source = context;
	CU_ASSERT_EQUAL(size % GI_ARENA_CHUNK_SIZE, 0);
	source->node_seen = node;
	source->take_count++;
	if (source->fail_at != 0 && source->take_count >= source->fail_at) {
		return NULL;
	}
	char *memory = aligned_alloc(GI_ARENA_CHUNK_SIZE, size + GI_ARENA_CHUNK_SIZE);
	if (!memory) {
		return NULL;
	}
	((struct chunk_record *)(void *)memory)->size = size;
	memset(memory + GI_ARENA_CHUNK_SIZE, 0xa5, size);
	source->out_size += size;
	source->out_count++;
	return memory + GI_ARENA_CHUNK_SIZE;
}

void chunk_source_put(void *context, void *memory, size_t size)
{
	struct chunk_source *source = context;
	struct chunk_record *record = (void *)((char *)memory - GI_ARENA_CHUNK_SIZE);
	CU_ASSERT_EQUAL(record->size, size);
	source->out_size -= size;
	source->out_count--;
	/* The giver may not leave marks of its own behind. */
	memset(memory, 0x5a, size);
	free(record);
}

struct gi_arena_options chunk_source_options(struct chunk_source *source, uint64_t limit,
                                             uint64_t reserve)
{
	return (struct gi_arena_options){
	        .node = -1,
	        .limit = limit,
	        .reserve = reserve,
	        .take = chunk_source_take,
	        .put = chunk_source_put,
	        .context = source,
	};
}
