/* SPDX-License-Identifier: Apache-2.0 */
/* Runner: takes the samples of a row, limit, value and peers in turn, so that a drift of the machine meets all. */
#include "bench/runner.h"

#include <stdio.h>
#include <string.h>

#include "bench/sampler.h"

static uint32_t runs_of(const struct bench_runner *runner, const struct bench_measure *measure)
{
	if (measure->run_max != 0 && measure->run_max < runner->run_count) {
		return measure->run_max;
	}
	return runner->run_count;
}

/* A sample of latencies gives the one of the value its quantiles. Without them the value stands. */
static void sample_latency(const struct bench_runner *runner, const struct bench_measure *latency,
                           struct bench_sample *sample)
{
	struct bench_sample timed = {.note = ""};
	if (bench_sampler_take(latency, runner->context, &timed) == 0) {
		sample->has_quantiles = timed.has_quantiles;
		memcpy(sample->quantiles, timed.quantiles, sizeof(sample->quantiles));
	} else {
		snprintf(sample->note, sizeof(sample->note), "%s", timed.note);
	}
}

/* One sample more, unless there are enough or the last one failed: what fails once is not tried again. */
static bool sample_series(const struct bench_runner *runner, struct bench_series *series)
{
	const struct bench_measure *measure = series->measure;
	uint32_t run_count = runs_of(runner, measure);
	if (series->count >= run_count) {
		return true;
	}
	if (runner->progress) {
		runner->progress(runner->progress_context, measure, series->count + 1, run_count);
	}
	struct bench_sample sample = {.note = ""};
	int err = bench_sampler_take(measure, runner->context, &sample);
	if (err == 0 && measure->latency) {
		sample_latency(runner, measure->latency, &sample);
	}
	if (err == 0) {
		bench_series_take(series, &sample);
	}
	if (sample.note[0] != '\0') {
		snprintf(series->note, sizeof(series->note), "%s", sample.note);
	}
	return err == 0;
}

/* Returns whether the row is a limit that has been measured along with another row. */
static bool take_over(const struct bench_result *earlier, const struct bench_result *end,
                      struct bench_series *series)
{
	for (; earlier != end; earlier++) {
		if (earlier->limit.measure != series->measure) {
			continue;
		}
		for (uint32_t i = 0; i < earlier->limit.count; i++) {
			bench_series_add(series, earlier->limit.values[i]);
		}
		memcpy(series->note, earlier->limit.note, sizeof(series->note));
	}
	return series->count > 0;
}

/* The row's samples, each series until it fails. */
static void sample_row(const struct bench_runner *runner, struct bench_result *result)
{
	struct bench_series *series[2 + BENCH_PEER_MAX];
	uint32_t series_count = 0;
	if (result->limit.measure) {
		series[series_count++] = &result->limit;
	}
	series[series_count++] = &result->value;
	for (uint32_t i = 0; i < BENCH_PEER_MAX && runner->context->peer_dir; i++) {
		if (result->peers[i].measure) {
			series[series_count++] = &result->peers[i];
		}
	}
	bool has_failed[2 + BENCH_PEER_MAX] = {false};
	for (uint32_t run = 0; run < runner->run_count; run++) {
		for (uint32_t i = 0; i < series_count; i++) {
			has_failed[i] = has_failed[i] || !sample_series(runner, series[i]);
		}
	}
}

/* Measure what is the same for all series of the row. Returns false with the reason in its note. */
static bool find_given(const struct bench_runner *runner, struct bench_context *context,
                       struct bench_series *given)
{
	uint32_t run_count = runs_of(runner, given->measure);
	for (uint32_t run = 0; run < run_count; run++) {
		if (!sample_series(runner, given)) {
			return false;
		}
	}
	context->given = bench_series_median(given);
	return true;
}

/* Behind what is known of the value: how what it was given was found. */
static void note_given(const struct bench_series *given, struct bench_series *value)
{
	size_t size = strlen(value->note);
	if (given->note[0] != '\0') {
		snprintf(value->note + size, sizeof(value->note) - size, "%s%s",
		         size > 0 ? "; " : "", given->note);
	}
}

/* So many times as many samples, each so many times shorter. */
static void slice(const struct bench_row *row, struct bench_context *context,
                  struct bench_runner *runner)
{
	uint32_t run_count = runner->run_count * row->slice_count;
	context->load_ns /= row->slice_count;
	context->duration_ns /= row->slice_count;
	runner->run_count = run_count < BENCH_SERIES_MAX ? run_count : BENCH_SERIES_MAX;
}

/* A run's slices become its one sample. */
static void unslice(struct bench_result *result)
{
	uint32_t slice_count = result->row->slice_count;
	bench_series_fold(&result->value, slice_count);
	bench_series_fold(&result->limit, slice_count);
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		bench_series_fold(&result->peers[i], slice_count);
	}
}

/* The best peer's samples become the limit. */
static void choose_limit(struct bench_result *result)
{
	bool is_more = result->row->better == BENCH_MORE;
	const struct bench_series *best = NULL;
	const char *name = NULL;
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		const struct bench_series *peer = &result->peers[i];
		bool is_better = best && peer->count > 0 &&
		                 (bench_series_median(peer) > bench_series_median(best)) == is_more;
		if (peer->count > 0 && (!best || is_better)) {
			best = peer;
			name = result->row->peers[i].name;
		}
	}
	if (best) {
		result->limit = *best;
		snprintf(result->limit.note, sizeof(result->limit.note), "%s", name);
	} else {
		snprintf(result->limit.note, sizeof(result->limit.note),
		         "the best of its peers; ./dev bench --peers measures them");
	}
}

void bench_runner_run(const struct bench_runner *runner, const struct bench_row *row,
                      const struct bench_result *earlier, struct bench_result *out_result)
{
	struct bench_context context = *runner->context;
	struct bench_runner own = *runner;
	own.context = &context;
	memset(out_result, 0, sizeof(*out_result));
	out_result->row = row;
	out_result->value.measure = row->value;
	out_result->limit.measure = row->limit;
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		out_result->peers[i].measure = row->peers[i].measure;
	}
	if (take_over(earlier, out_result, &out_result->value)) {
		return;
	}
	struct bench_series given = {.measure = row->given};
	if (row->given && !find_given(&own, &context, &given)) {
		note_given(&given, &out_result->value);
		return;
	}
	if (row->slice_count != 0) {
		slice(row, &context, &own);
	}
	sample_row(&own, out_result);
	if (row->slice_count != 0) {
		unslice(out_result);
	}
	note_given(&given, &out_result->value);
	if (row->is_against_best) {
		choose_limit(out_result);
	}
}
