/* SPDX-License-Identifier: Apache-2.0 */
/* Handles: a table that doubles, and a queue of its free places. */
#include "actors/handles.h"

#include "base/assert.h"
#include "topology/heap.h"

#include <errno.h>
#include <string.h>

#define CAPACITY_FIRST 256u

struct gi_handle_place {
	void *thing; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index + 1 */
};

static uint32_t index_of(const struct gi_handles *handles, uint64_t handle)
{
	return (uint32_t)(handle & ((UINT64_C(1) << handles->index_bits) - 1));
}

static uint64_t handle_of(const struct gi_handles *handles, uint32_t index)
{
	return (uint64_t)handles->places[index].generation << handles->index_bits | index;
}

static int grow(struct gi_handles *handles, struct gi_heap *heap)
{
	gi_assert(handles->free_first == 0);
	gi_assert(handles->free_last == 0);
	uint32_t capacity = handles->capacity ? handles->capacity * 2 : CAPACITY_FIRST;
	if (capacity > UINT32_C(1) << handles->index_bits) {
		return -ENOBUFS;
	}
	struct gi_handle_place *places = gi_heap_alloc(heap, sizeof(*places) * capacity);
	if (!places) {
		return -ENOMEM;
	}
	if (handles->capacity > 0) {
		memcpy(places, handles->places, sizeof(*places) * handles->capacity);
	}
	for (uint32_t i = handles->capacity; i < capacity; i++) {
		places[i] = (struct gi_handle_place){.generation = 1, .next_free = i + 2};
	}
	places[capacity - 1].next_free = 0;
	gi_heap_free(heap, handles->places);
	handles->places = places;
	handles->free_first = handles->capacity + 1;
	handles->free_last = capacity;
	handles->capacity = capacity;
	return 0;
}

int gi_handle_take(struct gi_handles *handles, struct gi_heap *heap, void *thing,
                   uint64_t *out_handle)
{
	gi_assert(thing);
	if (handles->free_first == 0) {
		int err = grow(handles, heap);
		if (err) {
			return err;
		}
	}
	uint32_t index = handles->free_first - 1;
	struct gi_handle_place *place = &handles->places[index];
	gi_assert(!place->thing);
	gi_assert_slow(index < handles->capacity);
	gi_assert_slow((handles->free_first == handles->free_last) == (place->next_free == 0));
	handles->free_first = place->next_free;
	if (handles->free_first == 0) {
		handles->free_last = 0;
	}
	place->thing = thing;
	*out_handle = handle_of(handles, index);
	return 0;
}

void gi_handle_put(struct gi_handles *handles, uint64_t handle)
{
	gi_assert(gi_handle_find(handles, handle));
	uint32_t index = index_of(handles, handle);
	struct gi_handle_place *place = &handles->places[index];
	uint32_t generation_mask = (uint32_t)((UINT64_C(1) << handles->generation_bits) - 1);
	place->thing = NULL;
	place->next_free = 0;
	place->generation = (place->generation + 1) & generation_mask;
	if (place->generation == 0) {
		place->generation = 1; /* handle 0 is none */
	}
	gi_assert_slow((handles->free_first == 0) == (handles->free_last == 0));
	if (handles->free_last) {
		gi_assert_slow(handles->places[handles->free_last - 1].next_free == 0);
		handles->places[handles->free_last - 1].next_free = index + 1;
	} else {
		handles->free_first = index + 1;
	}
	handles->free_last = index + 1;
}

void *gi_handle_find(const struct gi_handles *handles, uint64_t handle)
{
	uint32_t index = index_of(handles, handle);
	if (index >= handles->capacity || handle_of(handles, index) != handle) {
		return NULL;
	}
	return handles->places[index].thing;
}
