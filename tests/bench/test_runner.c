/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bench/runner.c on a sampler that measures nothing: who is sampled when, and how. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/runner.h"
#include "bench/sampler.h"
#include "tests/support/suite.h"

/* One letter for each sample that was taken, and what the last one was told. */
static char taken[256];
static struct bench_context told;

static const struct bench_measure the_value = {.name = "v"};
static const struct bench_measure the_limit = {.name = "l"};
static const struct bench_measure the_given = {.name = "g", .run_max = 3};
static const struct bench_measure a_peer = {.name = "p"};
static const struct bench_measure better_peer = {.name = "q"};
static const struct bench_measure broken = {.name = "x"};
static const struct bench_measure timed = {.name = "t"};
static const struct bench_measure value_with_latency = {.name = "w", .latency = &timed};
static const struct bench_measure value_without_latency = {.name = "y", .latency = &broken};

/* The value of a sample is the letter's number, plus how many samples there were before. */
int bench_sampler_take(const struct bench_measure *measure, const struct bench_context *context,
                       struct bench_sample *out_sample)
{
	size_t count = strlen(taken);
	told = *context;
	snprintf(taken + count, sizeof(taken) - count, "%s", measure->name);
	if (measure == &broken) {
		snprintf(out_sample->note, sizeof(out_sample->note), "it is broken");
		return -ENOENT;
	}
	if (measure == &the_given || measure == &a_peer) {
		snprintf(out_sample->note, sizeof(out_sample->note), "note of %s", measure->name);
	}
	out_sample->value = (double)(unsigned char)measure->name[0] * 1000 + (double)count;
	if (measure == &timed) {
		out_sample->has_quantiles = true;
		out_sample->quantiles[0] = (double)count;
	}
	return 0;
}

static struct bench_result result;

static void run(const struct bench_row *row, uint32_t run_count, bool with_peers)
{
	struct bench_context context = {.duration_ns = 100, .load_ns = 80, .warmup_ns = 10};
	struct bench_runner runner = {.context = &context, .run_count = run_count};
	context.peer_dir = with_peers ? "peers" : NULL;
	taken[0] = '\0';
	bench_runner_run(&runner, row, &result, &result);
}

static const struct bench_row full_row = {.value = &the_value,
                                          .limit = &the_limit,
                                          .peers = {{"one", &a_peer, 0}, {"two", &better_peer, 0}}};

static void limit_value_and_peers_alternate(void)
{
	run(&full_row, 3, true);
	CU_ASSERT_STRING_EQUAL(taken, "lvpqlvpqlvpq");
	CU_ASSERT_EQUAL(result.value.count, 3);
	CU_ASSERT_EQUAL(result.peers[1].count, 3);
}

static void peers_are_left_out_unless_asked_for(void)
{
	run(&full_row, 2, false);
	CU_ASSERT_STRING_EQUAL(taken, "lvlv");
	CU_ASSERT_EQUAL(result.peers[0].count, 0);
}

static void what_fails_once_is_not_tried_again(void)
{
	struct bench_row row = {.value = &the_value, .limit = &broken};
	run(&row, 3, false);
	CU_ASSERT_STRING_EQUAL(taken, "xvvv");
	CU_ASSERT_STRING_EQUAL(result.limit.note, "it is broken");
	CU_ASSERT_EQUAL(result.limit.count, 0);
}

static void given_is_measured_once_for_all(void)
{
	struct bench_row row = full_row;
	row.given = &the_given;
	run(&row, 5, false);
	CU_ASSERT_STRING_EQUAL(taken, "ggglvlvlvlvlv");
	CU_ASSERT_EQUAL(told.given, 'g' * 1000 + 1);
	CU_ASSERT_EQUAL(told.duration_ns, 100);
	CU_ASSERT_STRING_EQUAL(result.value.note, "note of g");
	row.value = &a_peer;
	run(&row, 1, false);
	CU_ASSERT_STRING_EQUAL(result.value.note, "note of p; note of g");
}

static void without_its_given_row_is_not_measured(void)
{
	struct bench_row row = full_row;
	row.given = &broken;
	run(&row, 5, true);
	CU_ASSERT_STRING_EQUAL(taken, "x");
	CU_ASSERT_EQUAL(result.value.count, 0);
	CU_ASSERT_STRING_EQUAL(result.value.note, "it is broken");
}

static void slices_are_more_and_shorter_samples(void)
{
	struct bench_row row = full_row;
	row.slice_count = 4;
	run(&row, 2, false);
	CU_ASSERT_STRING_EQUAL(taken, "lvlvlvlvlvlvlvlv");
	CU_ASSERT_EQUAL(told.load_ns, 20);
	CU_ASSERT_EQUAL(told.duration_ns, 25);
	CU_ASSERT_EQUAL(told.warmup_ns, 10);
}

static void a_run_is_the_median_of_its_slices(void)
{
	struct bench_row row = {.value = &the_value, .slice_count = 3};
	run(&row, 2, false);
	CU_ASSERT_STRING_EQUAL(taken, "vvvvvv");
	CU_ASSERT_EQUAL(result.value.count, 2);
	CU_ASSERT_EQUAL(result.value.values[0], 'v' * 1000 + 1);
	CU_ASSERT_EQUAL(result.value.values[1], 'v' * 1000 + 4);
}

static void best_peer_is_the_limit(void)
{
	struct bench_row row = {.value = &the_value,
	                        .better = BENCH_MORE,
	                        .is_against_best = true,
	                        .peers = {{"one", &a_peer, 0}, {"two", &better_peer, 0}}};
	run(&row, 1, true);
	CU_ASSERT_EQUAL(result.limit.values[0], result.peers[1].values[0]);
	CU_ASSERT_STRING_EQUAL(result.limit.note, "two");
	row.better = BENCH_LESS;
	run(&row, 1, true);
	CU_ASSERT_EQUAL(result.limit.values[0], result.peers[0].values[0]);
	row.peers[0].measure = &broken;
	run(&row, 1, true);
	CU_ASSERT_EQUAL(result.limit.values[0], result.peers[1].values[0]);
	run(&row, 1, false);
	CU_ASSERT_EQUAL(result.limit.count, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(result.limit.note, "--peers"));
}

static void limit_measured_before_is_taken_over(void)
{
	struct bench_context context = {.peer_dir = NULL};
	struct bench_runner runner = {.context = &context, .run_count = 2};
	static struct bench_result results[2];
	struct bench_row limit_row = {.value = &the_limit};
	taken[0] = '\0';
	bench_runner_run(&runner, &full_row, results, &results[0]);
	bench_runner_run(&runner, &limit_row, results, &results[1]);
	CU_ASSERT_STRING_EQUAL(taken, "lvlv");
	CU_ASSERT_EQUAL(results[1].value.count, 2);
	CU_ASSERT_EQUAL(results[1].value.values[1], results[0].limit.values[1]);
}

static void latencies_are_taken_beside_the_value(void)
{
	struct bench_row row = {.value = &value_with_latency};
	run(&row, 3, false);
	CU_ASSERT_STRING_EQUAL(taken, "wtwtwt");
	CU_ASSERT_EQUAL(result.value.values[1], 'w' * 1000 + 2);
	CU_ASSERT_TRUE(result.value.has_quantiles);
	CU_ASSERT_EQUAL(bench_series_quantile(&result.value, 0), 3);
}

static void value_stands_without_its_latencies(void)
{
	struct bench_row row = {.value = &value_without_latency};
	run(&row, 2, false);
	CU_ASSERT_STRING_EQUAL(taken, "yxyx");
	CU_ASSERT_EQUAL(result.value.count, 2);
	CU_ASSERT_FALSE(result.value.has_quantiles);
	CU_ASSERT_STRING_EQUAL(result.value.note, "it is broken");
}

static void series_has_quantiles_of_all_or_none(void)
{
	static struct bench_series series;
	struct bench_sample without = {.value = 1};
	struct bench_sample with = {.value = 2, .has_quantiles = true};
	bench_series_take(&series, &with);
	CU_ASSERT_TRUE(series.has_quantiles);
	bench_series_take(&series, &without);
	CU_ASSERT_FALSE(series.has_quantiles);
	bench_series_take(&series, &with);
	CU_ASSERT_FALSE(series.has_quantiles);
	CU_ASSERT_EQUAL(series.count, 3);
}

static void level_that_a_sample_lacks_has_no_median(void)
{
	static struct bench_series series;
	struct bench_sample sample = {.has_quantiles = true, .quantiles = {1, 7}};
	bench_series_take(&series, &sample);
	bench_series_take(&series, &sample);
	sample.quantiles[1] = NAN;
	bench_series_take(&series, &sample);
	CU_ASSERT_EQUAL(bench_series_quantile(&series, 0), 1);
	CU_ASSERT_TRUE(isnan(bench_series_quantile(&series, 1)));
}

static const CU_TestInfo runner_tests[] = {
        {"limit, value and peers alternate", limit_value_and_peers_alternate},
        {"peers are left out unless asked for", peers_are_left_out_unless_asked_for},
        {"what fails once is not tried again", what_fails_once_is_not_tried_again},
        {"the given is measured once for all", given_is_measured_once_for_all},
        {"without its given a row is not measured", without_its_given_row_is_not_measured},
        {"slices are more and shorter samples", slices_are_more_and_shorter_samples},
        {"a run is the median of its slices", a_run_is_the_median_of_its_slices},
        {"the best peer is the limit", best_peer_is_the_limit},
        {"a limit measured before is taken over", limit_measured_before_is_taken_over},
        {"latencies are taken beside the value", latencies_are_taken_beside_the_value},
        {"a value stands without its latencies", value_stands_without_its_latencies},
        {"a series has quantiles of all or none", series_has_quantiles_of_all_or_none},
        {"a level that a sample lacks has no median", level_that_a_sample_lacks_has_no_median},
        CU_TEST_INFO_NULL,
};

const struct suite runner_suite = {"runner", runner_tests};
