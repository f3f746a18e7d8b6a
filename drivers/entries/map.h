/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Map: from a number of 64 bits to a small index, with room for a fixed count. Open addressing with linear probing; a
 * removal moves what follows up, so there are no tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
 *
 * Its memory is given: gi_map_size() bytes, zeroed. Thread: its owner's.
 */
#ifndef GI_DRIVERS_ENTRIES_MAP_H
#define GI_DRIVERS_ENTRIES_MAP_H

#include <stddef.h>
#include <stdint.h>

#define GI_MAP_NONE UINT32_MAX

struct gi_map_cell {
	uint64_t key;
	uint32_t index_plus_one; /* 0: free */
};

struct gi_map {
	struct gi_map_cell *cells;
	uint32_t mask;
	uint32_t count;
};

/* Bytes for `count_max` keys, which must be less than 2^30. */
size_t gi_map_size(uint32_t count_max);
void gi_map_init(struct gi_map *map, void *memory, uint32_t count_max);

/* GI_MAP_NONE: it is not there. */
uint32_t gi_map_find(const struct gi_map *map, uint64_t key);
/* The key is not there, and there is room. */
void gi_map_add(struct gi_map *map, uint64_t key, uint32_t index);
/* The key is there. */
void gi_map_remove(struct gi_map *map, uint64_t key);

#endif
