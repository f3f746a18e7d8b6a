/* SPDX-License-Identifier: Apache-2.0 */
/* Histogram: how often something took how long, good to 1 %: buckets that are linear within each power of two. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#include "bench/bench.h"

enum {
	BENCH_HISTOGRAM_PARTS = 128, /* buckets of each power of two */
	BENCH_HISTOGRAM_BUCKETS = 58 * BENCH_HISTOGRAM_PARTS,
	BENCH_HISTOGRAM_BEYOND_MIN = 20,
};

/* Zeroed it is empty. */
struct bench_histogram {
	uint64_t count;
	uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

void bench_histogram_add(struct bench_histogram *histogram, uint64_t ns);

/* The nanoseconds that so great a part of all, from 0 to below 1, did not exceed; 0 when it is empty. */
double bench_histogram_quantile(const struct bench_histogram *histogram, double part);

/*
 * A sample's quantiles, in the unit that so many nanoseconds are, and their median as its value. NaN where fewer than
 * BENCH_HISTOGRAM_BEYOND_MIN took longer: that would be the luck of a few.
 */
void bench_histogram_tell(const struct bench_histogram *histogram, double unit_ns,
                          struct bench_sample *out_sample);

#endif
