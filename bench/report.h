/* SPDX-License-Identifier: Apache-2.0 */
/* Report: the table for people, and the line that moves. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "bench/runner.h"

void bench_report_head(FILE *out);
void bench_report_row(FILE *out, const struct bench_result *result);

/* The line that moves, on stderr when that is a terminal. */
struct bench_progress {
	bool is_shown;
	uint32_t row;
	uint32_t row_count;
};

void bench_progress_init(struct bench_progress *progress, uint32_t row_count);
void bench_progress_show(void *context, const struct bench_measure *measure, uint32_t run,
                         uint32_t run_count);
void bench_progress_clear(const struct bench_progress *progress);

#endif
