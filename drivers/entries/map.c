/* SPDX-License-Identifier: Apache-2.0 */
/* Map: see map.h. At most half of the cells are taken, so a free one ends each search. */
#include "drivers/entries/map.h"

#include "base/assert.h"

static uint32_t cell_count(uint32_t count_max)
{
	uint32_t count = 2;
	while (count < 2 * count_max) {
		count *= 2;
	}
	return count;
}

/* Numbers that differ little in their bits are far from each other: the finaliser of MurmurHash3. */
static uint32_t home_of(const struct gi_map *map, uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(key >> 32) & map->mask;
}

size_t gi_map_size(uint32_t count_max)
{
	return cell_count(count_max) * sizeof(struct gi_map_cell);
}

void gi_map_init(struct gi_map *map, void *memory, uint32_t count_max)
{
	gi_assert(count_max < UINT32_C(1) << 30);
	*map = (struct gi_map){.cells = memory, .mask = cell_count(count_max) - 1};
}

/* Where the key is, or the free cell where it would be. */
static uint32_t search(const struct gi_map *map, uint64_t key)
{
	uint32_t at = home_of(map, key);
	while (map->cells[at].index_plus_one != 0 && map->cells[at].key != key) {
		at = (at + 1) & map->mask;
	}
	return at;
}

uint32_t gi_map_find(const struct gi_map *map, uint64_t key)
{
	return map->cells[search(map, key)].index_plus_one - 1;
}

void gi_map_add(struct gi_map *map, uint64_t key, uint32_t index)
{
	uint32_t at = search(map, key);
	gi_assert(map->cells[at].index_plus_one == 0);
	gi_assert(map->count <= map->mask / 2);
	map->cells[at] = (struct gi_map_cell){.key = key, .index_plus_one = index + 1};
	map->count++;
}

void gi_map_remove(struct gi_map *map, uint64_t key)
{
	uint32_t hole = search(map, key);
	gi_assert(map->cells[hole].index_plus_one != 0);
	gi_assert(map->count > 0);
	map->count--;
	map->cells[hole].index_plus_one = 0;
	for (uint32_t at = (hole + 1) & map->mask; map->cells[at].index_plus_one != 0;
	     at = (at + 1) & map->mask) {
		uint32_t home = home_of(map, map->cells[at].key);
		if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
			map->cells[hole] = map->cells[at];
			map->cells[at].index_plus_one = 0;
			hole = at;
		}
	}
}
