/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/fault.c. */
#include "sim/fault.h"

#include "tests/support/suite.h"

#include <string.h>

#define SEEDS 400

static void same_seed_draws_the_same_kinds(void)
{
	struct gi_faults a;
	struct gi_faults b;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		gi_faults_init(&a, seed, 0);
		gi_faults_init(&b, seed, 0);
		CU_ASSERT_EQUAL_FATAL(memcmp(a.per_million, b.per_million, sizeof(a.per_million)),
		                      0);
	}
}

static void each_kind_exists_in_some_seeds_only(void)
{
	int counts[GI_FAULT_COUNT] = {0};
	int calm_count = 0;
	struct gi_faults faults;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		gi_faults_init(&faults, seed, 0);
		int count = 0;
		for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
			counts[i] += gi_fault_exists(&faults, i);
			count += gi_fault_exists(&faults, i);
			CU_ASSERT_TRUE_FATAL(faults.per_million[i] <= 1000000);
		}
		calm_count += count == 0;
	}
	for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
		CU_ASSERT_TRUE(counts[i] > SEEDS / 8 && counts[i] < SEEDS / 2);
	}
	CU_ASSERT_TRUE(calm_count > SEEDS / 16 && calm_count < SEEDS / 4);
}

static void kind_left_out_leaves_others_alone(void)
{
	struct gi_faults all;
	struct gi_faults less;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		enum gi_fault out = (enum gi_fault)(seed % GI_FAULT_COUNT);
		gi_faults_init(&all, seed, 0);
		gi_faults_init(&less, seed, UINT64_C(1) << out);
		CU_ASSERT_FALSE_FATAL(gi_fault_exists(&less, out));
		all.per_million[out] = 0;
		CU_ASSERT_EQUAL_FATAL(
		        memcmp(all.per_million, less.per_million, sizeof(all.per_million)), 0);
	}
}

static void kind_that_does_not_exist_draws_nothing(void)
{
	struct gi_faults faults;
	gi_faults_init(&faults, 1, UINT64_MAX);
	struct gi_random before = faults.random;
	CU_ASSERT_FALSE(gi_fault_strikes(&faults, GI_FAULT_STREAM_RESET));
	CU_ASSERT_EQUAL(memcmp(&before, &faults.random, sizeof(before)), 0);
	CU_ASSERT_EQUAL(faults.strikes[GI_FAULT_STREAM_RESET], 0);
}

static void strikes_are_counted(void)
{
	struct gi_faults faults;
	gi_faults_init(&faults, 1, UINT64_MAX);
	faults.per_million[GI_FAULT_DISK_ERROR] = 1000000;
	CU_ASSERT_TRUE(gi_fault_strikes(&faults, GI_FAULT_DISK_ERROR));
	CU_ASSERT_TRUE(gi_fault_strikes(&faults, GI_FAULT_DISK_ERROR));
	CU_ASSERT_EQUAL(faults.strikes[GI_FAULT_DISK_ERROR], 2);
	CU_ASSERT_EQUAL(faults.strikes[GI_FAULT_DISK_FULL], 0);
}

static void each_word_finds_its_kind(void)
{
	for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
		const char *word = gi_fault_word(i);
		CU_ASSERT_EQUAL(gi_fault_find(word, strlen(word)), i);
		CU_ASSERT_EQUAL(gi_fault_find(word, strlen(word) - 1), GI_FAULT_COUNT);
	}
	CU_ASSERT_EQUAL(gi_fault_find("", 0), GI_FAULT_COUNT);
}

static CU_TestInfo fault_tests[] = {
        {"same seed draws the same kinds", same_seed_draws_the_same_kinds},
        {"each kind exists in some seeds only", each_kind_exists_in_some_seeds_only},
        {"a kind left out leaves others alone", kind_left_out_leaves_others_alone},
        {"a kind that does not exist draws nothing", kind_that_does_not_exist_draws_nothing},
        {"strikes are counted", strikes_are_counted},
        {"each word finds its kind", each_word_finds_its_kind},
        CU_TEST_INFO_NULL,
};

const struct suite fault_suite = {"fault", fault_tests};
