/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict: whether a row reaches its goal, and whether the noise of its samples lets that be said. */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include "bench/runner.h"

/* What was not measured, or not asked for, is NaN. */
struct bench_verdict {
	double judged; /* the ratio, the value, or how many times as fast as a peer; by medians */
	double bound;  /* that it must not pass on the worse side */
	double noise;  /* the spread of what is judged over the runs, in percent */
	double least;  /* of what is judged, in one run */
	double greatest;
	bool is_at_most; /* else at least */
};

/* Without a goal it is the ratio, or the value where there is no limit. */
struct bench_verdict bench_verdict_of_row(const struct bench_result *result);

/* How many times as fast as a peer gatio is. */
struct bench_verdict bench_verdict_of_peer(const struct bench_result *result, uint32_t peer);

/* The same of a peer that is the limit; it has no goal of its own. */
struct bench_verdict bench_verdict_of_limit(const struct bench_result *result);

/* There is a goal, and something to hold against it. */
bool bench_verdict_is_known(const struct bench_verdict *verdict);
bool bench_verdict_is_met(const struct bench_verdict *verdict);

/* From what was judged to the bound, in percent of the bound; NaN without either. Of a bound of 0: none, or all. */
double bench_verdict_margin(const struct bench_verdict *verdict);

/* The noise exceeds the margin, or is not known. */
bool bench_verdict_is_unsure(const struct bench_verdict *verdict);

#endif
