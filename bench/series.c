/* SPDX-License-Identifier: Apache-2.0 */
/* Series: the samples of one measurement, and what is said of them. */
#include "bench/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double bench_quantile_levels[BENCH_QUANTILE_COUNT] = {
        0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999};

void bench_series_add(struct bench_series *series, double value)
{
	if (series->count < BENCH_SERIES_MAX) {
		series->values[series->count++] = value;
	}
}

void bench_series_take(struct bench_series *series, const struct bench_sample *sample)
{
	bool is_first = series->count == 0;
	series->has_quantiles = sample->has_quantiles && (is_first || series->has_quantiles);
	if (series->count < BENCH_SERIES_MAX && series->has_quantiles) {
		for (uint32_t i = 0; i < BENCH_QUANTILE_COUNT; i++) {
			series->quantiles[i][series->count] = sample->quantiles[i];
		}
	}
	bench_series_add(series, sample->value);
}

static int compare_values(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

static void sort_values(const double *values, uint32_t count, double *out_sorted)
{
	memcpy(out_sorted, values, count * sizeof(double));
	qsort(out_sorted, count, sizeof(double), compare_values);
}

static bool has_nan(const double *values, uint32_t count)
{
	bool has = false;
	for (uint32_t i = 0; i < count; i++) {
		has = has || isnan(values[i]);
	}
	return has;
}

static double median(const double *values, uint32_t count)
{
	double sorted[BENCH_SERIES_MAX];
	if (count == 0 || has_nan(values, count)) {
		return NAN;
	}
	sort_values(values, count, sorted);
	uint32_t middle = count / 2;
	if (count % 2 == 0) {
		return (sorted[middle - 1] + sorted[middle]) / 2;
	}
	return sorted[middle];
}

double bench_series_median(const struct bench_series *series)
{
	return median(series->values, series->count);
}

double bench_series_quantile(const struct bench_series *series, uint32_t level)
{
	return median(series->quantiles[level], series->count);
}

/* In place: a group's median is written where its values have been read. */
static void fold(double *values, uint32_t count, uint32_t group_size)
{
	for (uint32_t first = 0; first < count; first += group_size) {
		uint32_t left = count - first;
		values[first / group_size] =
		        median(values + first, left < group_size ? left : group_size);
	}
}

void bench_series_fold(struct bench_series *series, uint32_t group_size)
{
	fold(series->values, series->count, group_size);
	for (uint32_t i = 0; i < BENCH_QUANTILE_COUNT && series->has_quantiles; i++) {
		fold(series->quantiles[i], series->count, group_size);
	}
	series->count = (series->count + group_size - 1) / group_size;
}

void bench_series_range(const struct bench_series *series, double *out_least, double *out_greatest)
{
	*out_least = NAN;
	*out_greatest = NAN;
	for (uint32_t i = 0; i < series->count; i++) {
		*out_least =
		        fmin(*out_least, series->values[i]); /* of a number and NaN: the number */
		*out_greatest = fmax(*out_greatest, series->values[i]);
	}
}

double bench_series_noise(const struct bench_series *series)
{
	double least;
	double greatest;
	double middle = bench_series_median(series);
	bench_series_range(series, &least, &greatest);
	if (series->count >= 2 && least == greatest) {
		return 0; /* also of zeros */
	}
	if (series->count < 2 || middle == 0) {
		return NAN;
	}
	return 100 * (greatest - least) / middle;
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
