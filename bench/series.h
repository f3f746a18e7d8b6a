/* SPDX-License-Identifier: Apache-2.0 */
/* Series: the samples of one measurement, and what is said of them. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include "bench/bench.h"

enum {
	BENCH_SERIES_MAX = 256,
};

struct bench_series {
	const struct bench_measure *measure; /* NULL: there is none */
	uint32_t count;
	double values[BENCH_SERIES_MAX];
	bool has_quantiles;
	double quantiles[BENCH_QUANTILE_COUNT][BENCH_SERIES_MAX];
	char note[BENCH_NOTE_SIZE]; /* of the last sample that had one */
};

/* Beyond BENCH_SERIES_MAX samples are dropped. */
void bench_series_add(struct bench_series *series, double value);

/* A sample's value and quantiles. One sample without quantiles and the series has none. */
void bench_series_take(struct bench_series *series, const struct bench_sample *sample);

/* Each group of so many samples, one after the other, becomes one: their median. */
void bench_series_fold(struct bench_series *series, uint32_t group_size);

/* NaN when there is no sample. */
double bench_series_median(const struct bench_series *series);

/* The median of the samples' quantiles at a level; NaN if one of them could not tell it. */
double bench_series_quantile(const struct bench_series *series, uint32_t level);

/* The least and the greatest sample; NaN when there is none. */
void bench_series_range(const struct bench_series *series, double *out_least, double *out_greatest);

/* The spread, (max - min) / median, in percent; NaN with fewer than two samples. */
double bench_series_noise(const struct bench_series *series);

/* Run by run, one over the other: what a drift of the machine, which meets both, does not change. */
void bench_series_divide(const struct bench_series *series, const struct bench_series *divisor,
                         struct bench_series *out_quotients);

#endif
