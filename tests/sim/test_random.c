/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/random.c. */
#include "sim/random.h"

#include "tests/support/suite.h"

#include <string.h>

#define DRAWS 2000

static void same_seed_and_label_draw_the_same(void)
{
	struct gi_random a;
	struct gi_random b;
	gi_random_init(&a, 7, "time");
	gi_random_init(&b, 7, "time");
	for (int i = 0; i < DRAWS; i++) {
		CU_ASSERT_EQUAL_FATAL(gi_random_next(&a), gi_random_next(&b));
	}
}

static int count_same(uint64_t seed_a, const char *label_a, uint64_t seed_b, const char *label_b)
{
	struct gi_random a;
	struct gi_random b;
	gi_random_init(&a, seed_a, label_a);
	gi_random_init(&b, seed_b, label_b);
	int count = 0;
	for (int i = 0; i < DRAWS; i++) {
		count += gi_random_next(&a) == gi_random_next(&b);
	}
	return count;
}

static void another_seed_or_label_draws_others(void)
{
	CU_ASSERT_EQUAL(count_same(7, "time", 8, "time"), 0);
	CU_ASSERT_EQUAL(count_same(7, "time", 7, "order"), 0);
	CU_ASSERT_EQUAL(count_same(7, "ab", 7, "ba"), 0);
}

static void below_stays_below_and_meets_all(void)
{
	struct gi_random random;
	gi_random_init(&random, 1, "below");
	bool seen[10] = {false};
	for (int i = 0; i < DRAWS; i++) {
		uint64_t drawn = gi_random_below(&random, 10);
		CU_ASSERT_TRUE_FATAL(drawn < 10);
		seen[drawn] = true;
		CU_ASSERT_EQUAL(gi_random_below(&random, 1), 0);
		CU_ASSERT_TRUE(gi_random_below(&random, UINT64_MAX) < UINT64_MAX);
	}
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_TRUE(seen[i]);
	}
}

static void spread_meets_both_ends_and_small_ones_often(void)
{
	struct gi_random random;
	gi_random_init(&random, 1, "spread");
	int low_count = 0;
	int high_count = 0;
	int small_count = 0;
	for (int i = 0; i < DRAWS; i++) {
		uint64_t drawn = gi_random_spread(&random, 5, 1000005);
		CU_ASSERT_TRUE_FATAL(drawn >= 5 && drawn <= 1000005);
		low_count += drawn == 5;
		small_count += drawn < 1005;
		high_count += drawn > 500000;
	}
	CU_ASSERT_TRUE(low_count > 0);
	CU_ASSERT_TRUE(high_count > 0);
	CU_ASSERT_TRUE(small_count > DRAWS / 4);
	CU_ASSERT_EQUAL(gi_random_spread(&random, 3, 3), 3);
	(void)gi_random_spread(&random, 0, UINT64_MAX);
}

static void chance_of_none_and_of_all(void)
{
	struct gi_random random;
	gi_random_init(&random, 1, "chance");
	int count = 0;
	for (int i = 0; i < DRAWS; i++) {
		CU_ASSERT_FALSE_FATAL(gi_random_chance(&random, 0));
		CU_ASSERT_TRUE_FATAL(gi_random_chance(&random, 1000000));
		count += gi_random_chance(&random, 250000);
	}
	CU_ASSERT_TRUE(count > DRAWS / 5 && count < DRAWS / 3);
}

static void chance_of_none_draws_nothing(void)
{
	struct gi_random a;
	struct gi_random b;
	gi_random_init(&a, 1, "chance");
	gi_random_init(&b, 1, "chance");
	(void)gi_random_chance(&a, 0);
	CU_ASSERT_EQUAL(gi_random_next(&a), gi_random_next(&b));
}

static void fill_ends_where_it_is_told(void)
{
	struct gi_random random;
	gi_random_init(&random, 1, "fill");
	unsigned char bytes[24];
	memset(bytes, 0, sizeof(bytes));
	gi_random_fill(&random, bytes, 13);
	CU_ASSERT_EQUAL(memcmp(bytes + 13, "\0\0\0\0\0\0\0\0\0\0\0", 11), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(bytes + 8, "\0\0\0\0\0", 5), 0);
}

static CU_TestInfo random_tests[] = {
        {"same seed and label draw the same", same_seed_and_label_draw_the_same},
        {"another seed or label draws others", another_seed_or_label_draws_others},
        {"below stays below and meets all", below_stays_below_and_meets_all},
        {"spread meets both ends, and small ones often",
         spread_meets_both_ends_and_small_ones_often},
        {"chance of none and of all", chance_of_none_and_of_all},
        {"chance of none draws nothing", chance_of_none_draws_nothing},
        {"fill ends where it is told", fill_ends_where_it_is_told},
        CU_TEST_INFO_NULL,
};

const struct suite random_suite = {"random", random_tests};
