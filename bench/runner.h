/* SPDX-License-Identifier: Apache-2.0 */
/* Runner: takes the samples of a row, limit, value and peers in turn, so that a drift of the machine meets all. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include "bench/series.h"

struct bench_result {
	const struct bench_row *row;
	struct bench_series value;
	struct bench_series limit;
	struct bench_series peers[BENCH_PEER_MAX];
};

/* Told before each sample: what is measured, and the how many-th of how many it is. */
typedef void (*bench_progress_fn)(void *context, const struct bench_measure *measure, uint32_t run,
                                  uint32_t run_count);

struct bench_runner {
	const struct bench_context *context;
	uint32_t run_count;
	bench_progress_fn progress; /* or NULL */
	void *progress_context;
};

/* Samples of a limit that stand in earlier results are taken over when the row is that limit itself. */
void bench_runner_run(const struct bench_runner *runner, const struct bench_row *row,
                      const struct bench_result *earlier, struct bench_result *out_result);

#endif
