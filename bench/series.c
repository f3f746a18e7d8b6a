/* SPDX-License-Identifier: Apache-2.0 */
/* Series: the samples of one measurement, and what is said of them. */
#include "bench/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_series_add(struct bench_series *series, double value)
{
	if (series->count < BENCH_SERIES_MAX) {
		series->values[series->count++] = value;
	}
}

static int compare_values(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

static void sort_values(const struct bench_series *series, double *out_sorted)
{
	memcpy(out_sorted, series->values, series->count * sizeof(double));
	qsort(out_sorted, series->count, sizeof(double), compare_values);
}

double bench_series_median(const struct bench_series *series)
{
	double sorted[BENCH_SERIES_MAX];
	if (series->count == 0) {
		return NAN;
	}
	sort_values(series, sorted);
	uint32_t middle = series->count / 2;
	if (series->count % 2 == 0) {
		return (sorted[middle - 1] + sorted[middle]) / 2;
	}
	return sorted[middle];
}

double bench_series_noise(const struct bench_series *series)
{
	double sorted[BENCH_SERIES_MAX];
	double median = bench_series_median(series);
	if (series->count < 2 || median == 0) {
		return NAN;
	}
	sort_values(series, sorted);
	return 100 * (sorted[series->count - 1] - sorted[0]) / median;
}

void bench_series_divide(const struct bench_series *series, const struct bench_series *divisor,
                         struct bench_series *out_quotients)
{
	uint32_t count = series->count < divisor->count ? series->count : divisor->count;
	*out_quotients = (struct bench_series){.count = 0};
	for (uint32_t i = 0; i < count; i++) {
		bench_series_add(out_quotients, series->values[i] / divisor->values[i]);
	}
}
