/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/entries/map.c. */
#include "drivers/entries/map.h"

#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

/* Against an array that is searched from end to end. */
static void map_agrees_with_a_list(void)
{
	enum { KEYS = 64, STEPS = 200000, MOST = 40 };
	struct gi_map map;
	void *cells = calloc(1, gi_map_size(MOST));
	CU_ASSERT_PTR_NOT_NULL_FATAL(cells);
	gi_map_init(&map, cells, MOST);
	uint32_t held[KEYS];
	uint32_t count = 0;
	uint64_t random = 88172645463325252u;
	memset(held, 0xff, sizeof(held));
	uint32_t wrong = 0;
	for (uint32_t i = 0; i < STEPS; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint32_t which = (uint32_t)(random >> 32) % KEYS;
		uint64_t key = (uint64_t)which << (which % 3 * 20);
		wrong += gi_map_find(&map, key) != held[which];
		if (held[which] != GI_MAP_NONE) {
			gi_map_remove(&map, key);
			held[which] = GI_MAP_NONE;
			count--;
		} else if (count < MOST) {
			gi_map_add(&map, key, i % 1000);
			held[which] = i % 1000;
			count++;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(map.count, count);
	free(cells);
}

static CU_TestInfo tests[] = {
        {"map agrees with a list", map_agrees_with_a_list},
        CU_TEST_INFO_NULL,
};

const struct suite entry_map_suite = {"entry map", tests};
