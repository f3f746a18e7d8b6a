/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bench/verdict.c: goals, and the noise that lets nothing be said. */
#include <math.h>
#include <string.h>

#include "bench/verdict.h"
#include "tests/support/suite.h"

static struct bench_row row;
static struct bench_result result;

static void begin(enum bench_better better, struct bench_goal goal)
{
	memset(&row, 0, sizeof(row));
	memset(&result, 0, sizeof(result));
	row.better = better;
	row.goal = goal;
	result.row = &row;
}

static void add_run(double value, double limit)
{
	bench_series_add(&result.value, value);
	bench_series_add(&result.limit, limit);
}

static void ratio_is_judged_by_medians(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_RATIO, 5});
	add_run(40, 10);
	add_run(90, 10);
	add_run(50, 10);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_EQUAL(verdict.judged, 5);
	CU_ASSERT_EQUAL(verdict.least, 4);
	CU_ASSERT_EQUAL(verdict.greatest, 9);
	CU_ASSERT_TRUE(bench_verdict_is_known(&verdict));
	CU_ASSERT_TRUE(bench_verdict_is_met(&verdict));
	CU_ASSERT_EQUAL(bench_verdict_margin(&verdict), 0);
	CU_ASSERT_TRUE(bench_verdict_is_unsure(&verdict));
	row.goal.bound = 4.9;
	verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_met(&verdict));
}

static void more_must_reach_its_bound(void)
{
	begin(BENCH_MORE, (struct bench_goal){BENCH_VALUE, 4});
	bench_series_add(&result.value, 4.4);
	bench_series_add(&result.value, 4.4);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_TRUE(bench_verdict_is_met(&verdict));
	CU_ASSERT_DOUBLE_EQUAL(bench_verdict_margin(&verdict), 10, 1e-9);
	CU_ASSERT_FALSE(bench_verdict_is_unsure(&verdict));
	row.better = BENCH_LESS;
	verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_met(&verdict));
}

static void none_at_all_is_met_by_zero_alone(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_VALUE, 0});
	bench_series_add(&result.value, 0);
	bench_series_add(&result.value, 0);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_TRUE(bench_verdict_is_known(&verdict));
	CU_ASSERT_TRUE(bench_verdict_is_met(&verdict));
	CU_ASSERT_EQUAL(verdict.noise, 0);
	CU_ASSERT_FALSE(bench_verdict_is_unsure(&verdict));
	begin(BENCH_LESS, (struct bench_goal){BENCH_VALUE, 0});
	bench_series_add(&result.value, 1);
	bench_series_add(&result.value, 3);
	verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_met(&verdict));
	CU_ASSERT_FALSE(bench_verdict_is_unsure(&verdict));
}

static void drift_that_meets_both_is_no_noise(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_RATIO, 2.2});
	add_run(20, 10);
	add_run(60, 30);
	add_run(40, 20);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_EQUAL(verdict.noise, 0);
	CU_ASSERT_FALSE(bench_verdict_is_unsure(&verdict));
}

static void noise_beyond_margin_is_unsure(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_RATIO, 2.2});
	add_run(20, 10);
	add_run(19, 10);
	add_run(22, 10);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_DOUBLE_EQUAL(verdict.noise, 15, 1e-9);
	CU_ASSERT_TRUE(bench_verdict_is_met(&verdict));
	CU_ASSERT_TRUE(bench_verdict_is_unsure(&verdict));
	row.goal.bound = 2.4;
	verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_unsure(&verdict));
}

static void one_run_is_unsure(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_RATIO, 100});
	add_run(20, 10);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_TRUE(isnan(verdict.noise));
	CU_ASSERT_TRUE(bench_verdict_is_unsure(&verdict));
}

static void what_was_not_measured_is_unknown(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_RATIO, 5});
	bench_series_add(&result.value, 1);
	struct bench_verdict verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_known(&verdict));
	verdict = bench_verdict_of_peer(&result, 0);
	CU_ASSERT_FALSE(bench_verdict_is_known(&verdict));
	row.goal.judged = BENCH_NO_GOAL;
	verdict = bench_verdict_of_row(&result);
	CU_ASSERT_FALSE(bench_verdict_is_known(&verdict));
	CU_ASSERT_EQUAL(verdict.judged, 1);
}

static void faster_counts_the_better_way(void)
{
	begin(BENCH_LESS, (struct bench_goal){BENCH_NO_GOAL, 0});
	row.peers[1] = (struct bench_peer){.name = "caf", .times_min = 20};
	bench_series_add(&result.value, 10);
	bench_series_add(&result.peers[1], 250);
	struct bench_verdict verdict = bench_verdict_of_peer(&result, 1);
	CU_ASSERT_EQUAL(verdict.judged, 25);
	CU_ASSERT_TRUE(bench_verdict_is_known(&verdict));
	CU_ASSERT_TRUE(bench_verdict_is_met(&verdict));
	row.better = BENCH_MORE;
	verdict = bench_verdict_of_peer(&result, 1);
	CU_ASSERT_EQUAL(verdict.judged, 10.0 / 250);
	CU_ASSERT_FALSE(bench_verdict_is_met(&verdict));
}

static const CU_TestInfo verdict_tests[] = {
        {"a ratio is judged by medians", ratio_is_judged_by_medians},
        {"where more is better the bound is below", more_must_reach_its_bound},
        {"none at all is met by zero alone", none_at_all_is_met_by_zero_alone},
        {"a drift that meets both is no noise", drift_that_meets_both_is_no_noise},
        {"noise beyond the margin is unsure", noise_beyond_margin_is_unsure},
        {"one run is unsure", one_run_is_unsure},
        {"what was not measured is unknown", what_was_not_measured_is_unknown},
        {"faster counts the better way round", faster_counts_the_better_way},
        CU_TEST_INFO_NULL,
};

const struct suite verdict_suite = {"verdict", verdict_tests};
