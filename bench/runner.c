/* SPDX-License-Identifier: Apache-2.0 */
/* Runner: takes the samples of a row, limit and value in turn, so that a drift of the machine meets both. */
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
	if (err == 0) {
		bench_series_add(series, sample.value);
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

void bench_runner_run(const struct bench_runner *runner, const struct bench_row *row,
                      const struct bench_result *earlier, struct bench_result *out_result)
{
	memset(out_result, 0, sizeof(*out_result));
	out_result->row = row;
	out_result->value.measure = row->value;
	out_result->limit.measure = row->limit;
	if (take_over(earlier, out_result, &out_result->value)) {
		return;
	}
	bool has_limit = row->limit != NULL;
	bool has_value = true;
	for (uint32_t run = 0; run < runner->run_count && (has_limit || has_value); run++) {
		has_limit = has_limit && sample_series(runner, &out_result->limit);
		has_value = has_value && sample_series(runner, &out_result->value);
	}
}
