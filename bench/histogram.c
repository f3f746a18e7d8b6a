/* SPDX-License-Identifier: Apache-2.0 */
/* Histogram: how often something took how long, good to 1 %: buckets that are linear within each power of two. */
#include "bench/histogram.h"

#include <math.h>

enum {
	PARTS = BENCH_HISTOGRAM_PARTS,
	PARTS_LOG2 = 7,
};

_Static_assert(PARTS == 1 << PARTS_LOG2, "a bucket is found by a shift");
_Static_assert(BENCH_HISTOGRAM_BUCKETS == (64 - PARTS_LOG2 + 1) * PARTS,
               "every 64-bit number has one");

static uint32_t bucket_of(uint64_t ns)
{
	if (ns < PARTS) {
		return (uint32_t)ns;
	}
	uint32_t shift = (uint32_t)(63 - __builtin_clzll(ns)) - PARTS_LOG2;
	return (shift + 1) * PARTS + (uint32_t)(ns >> shift) - PARTS;
}

/* The least that belongs to a bucket. */
static double ns_of(uint32_t bucket)
{
	if (bucket < PARTS) {
		return bucket;
	}
	uint32_t shift = bucket / PARTS - 1;
	return (double)((uint64_t)(bucket % PARTS + PARTS) << shift);
}

void bench_histogram_add(struct bench_histogram *histogram, uint64_t ns)
{
	histogram->buckets[bucket_of(ns)]++;
	histogram->count++;
}

double bench_histogram_quantile(const struct bench_histogram *histogram, double part)
{
	uint64_t wanted = (uint64_t)((double)histogram->count * part);
	uint64_t seen = 0;
	for (uint32_t bucket = 0; bucket < BENCH_HISTOGRAM_BUCKETS; bucket++) {
		seen += histogram->buckets[bucket];
		if (seen > wanted) {
			return ns_of(bucket);
		}
	}
	return 0;
}

void bench_histogram_tell(const struct bench_histogram *histogram, double unit_ns,
                          struct bench_sample *out_sample)
{
	out_sample->value = bench_histogram_quantile(histogram, 0.5) / unit_ns;
	out_sample->has_quantiles = true;
	for (uint32_t i = 0; i < BENCH_QUANTILE_COUNT; i++) {
		double level = bench_quantile_levels[i];
		double beyond = (double)histogram->count * (1 - level);
		bool is_told = round(beyond) >= BENCH_HISTOGRAM_BEYOND_MIN;
		double ns = is_told ? bench_histogram_quantile(histogram, level) : NAN;
		out_sample->quantiles[i] = ns / unit_ns;
	}
}
