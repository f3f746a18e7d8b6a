/* SPDX-License-Identifier: Apache-2.0 */
/* Heap fixture: see heap_fixture.h. */
#include "tests/topology/heap_fixture.h"

#include "tests/support/suite.h"

struct chunk_source source;
struct gi_arena *arena;
struct gi_heap *heap;

void heap_setup(uint64_t limit, uint64_t reserve)
{
	source = (struct chunk_source){0};
	struct gi_arena_options options = chunk_source_options(&source, limit, reserve);
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gi_heap_create(&heap, arena, 0), 0);
}

void heap_teardown(void)
{
	gi_heap_destroy(heap);
	gi_arena_destroy(arena);
	CU_ASSERT_EQUAL(source.out_count, 0);
}

uint32_t heap_exhaust(void *(*alloc)(struct gi_heap *, size_t), size_t size, void **out_first)
{
	uint32_t count = 0;
	*out_first = NULL;
	for (void **block; (block = alloc(heap, size)) != NULL; count++) {
		*block = *out_first;
		*out_first = block;
	}
	return count;
}

void heap_free_all(void *first)
{
	while (first) {
		void *next = *(void **)first;
		gi_heap_free(heap, first);
		first = next;
	}
}
