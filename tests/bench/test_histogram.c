/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bench/histogram.c: what quantiles say of what was added. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bench/histogram.h"
#include "tests/support/suite.h"

static struct bench_histogram histogram;

static void empty_histogram_says_zero(void)
{
	memset(&histogram, 0, sizeof(histogram));
	CU_ASSERT_EQUAL(bench_histogram_quantile(&histogram, 0.5), 0);
}

static void small_numbers_are_exact(void)
{
	memset(&histogram, 0, sizeof(histogram));
	for (uint64_t ns = 0; ns < 100; ns++) {
		bench_histogram_add(&histogram, ns);
	}
	CU_ASSERT_EQUAL(histogram.count, 100);
	CU_ASSERT_EQUAL(bench_histogram_quantile(&histogram, 0), 0);
	CU_ASSERT_EQUAL(bench_histogram_quantile(&histogram, 0.5), 50);
	CU_ASSERT_EQUAL(bench_histogram_quantile(&histogram, 0.99), 99);
}

static bool is_good(uint64_t ns)
{
	memset(&histogram, 0, sizeof(histogram));
	bench_histogram_add(&histogram, ns);
	double said = bench_histogram_quantile(&histogram, 0.5);
	return said <= (double)ns && said >= 0.99 * (double)ns;
}

static void every_number_is_good_to_one_percent(void)
{
	for (uint32_t power = 0; power < 64; power++) {
		uint64_t ns = UINT64_C(1) << power;
		CU_ASSERT_TRUE(is_good(ns) && is_good(ns - 1) && is_good(ns + ns / 3));
	}
	CU_ASSERT_TRUE(is_good(UINT64_MAX));
}

static void sample_is_told_in_its_unit(void)
{
	struct bench_sample sample = {.value = 0};
	memset(&histogram, 0, sizeof(histogram));
	for (uint32_t i = 0; i < 1000; i++) {
		bench_histogram_add(&histogram, i < 900 ? 64000 : 1024000);
	}
	bench_histogram_tell(&histogram, 1000, &sample);
	CU_ASSERT_TRUE(sample.has_quantiles);
	CU_ASSERT_DOUBLE_EQUAL(sample.value, 64, 0.64);
	CU_ASSERT_DOUBLE_EQUAL(sample.quantiles[0], 64, 0.64);
	CU_ASSERT_EQUAL(bench_quantile_levels[6], 0.95);
	CU_ASSERT_DOUBLE_EQUAL(sample.quantiles[6], 1024, 10.24);
	CU_ASSERT_EQUAL(bench_quantile_levels[BENCH_QUANTILE_COUNT - 1], 0.9999);
}

static uint32_t count_told(uint32_t latencies)
{
	struct bench_sample sample = {.value = 0};
	memset(&histogram, 0, sizeof(histogram));
	for (uint32_t i = 0; i < latencies; i++) {
		bench_histogram_add(&histogram, 64000);
	}
	bench_histogram_tell(&histogram, 1000, &sample);
	uint32_t told = 0;
	while (told < BENCH_QUANTILE_COUNT && !isnan(sample.quantiles[told])) {
		told++;
	}
	return told;
}

static void level_with_few_beyond_is_not_told(void)
{
	CU_ASSERT_EQUAL(count_told(200000), BENCH_QUANTILE_COUNT);
	CU_ASSERT_EQUAL(count_told(190000), BENCH_QUANTILE_COUNT - 1);
	CU_ASSERT_EQUAL(bench_quantile_levels[8], 0.99);
	CU_ASSERT_EQUAL(count_told(2000), 9);
	CU_ASSERT_EQUAL(count_told(1900), 8);
	CU_ASSERT_EQUAL(count_told(0), 0);
}

static const CU_TestInfo histogram_tests[] = {
        {"an empty histogram says zero", empty_histogram_says_zero},
        {"small numbers are exact", small_numbers_are_exact},
        {"every number is good to one percent", every_number_is_good_to_one_percent},
        {"a sample is told in its unit", sample_is_told_in_its_unit},
        {"a level with few beyond is not told", level_with_few_beyond_is_not_told},
        CU_TEST_INFO_NULL,
};

const struct suite histogram_suite = {"histogram", histogram_tests};
