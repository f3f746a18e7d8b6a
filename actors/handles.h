/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles: numbers for what an actor started and may name later, a timer or an ask. They are found at once, and one that
 * is stale finds nothing.
 *
 * A handle is an index into a table and the generation of that place, from 1, so 0 is none. Places are used again in
 * the order in which they became free: a handle stays unused for as long as it can.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_HANDLES_H
#define GI_ACTORS_HANDLES_H

#include <stdint.h>

struct gi_handle_place;
struct gi_heap;

/* All zero, but for the bits, before the first. */
struct gi_handles {
	uint32_t index_bits;
	uint32_t generation_bits; /* at most 32 */
	struct gi_handle_place *places;
	uint32_t capacity;
	uint32_t free_first; /* index + 1 */
	uint32_t free_last;
};

/* keeps `thing`. Error: -ENOMEM; -ENOBUFS as many as there are indices. */
int gi_handle_take(struct gi_handles *handles, struct gi_heap *heap, void *thing,
                   uint64_t *out_handle);
/* One that was taken, and not yet put. */
void gi_handle_put(struct gi_handles *handles, uint64_t handle);
/* NULL: stale, or none. */
void *gi_handle_find(const struct gi_handles *handles, uint64_t handle);

#endif
