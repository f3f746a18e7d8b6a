/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict: whether a row reaches its goal, and whether the noise of its samples lets that be said. */
#include "bench/verdict.h"

#include <math.h>

/* How what is judged differs from run to run. */
static void tell_spread(struct bench_verdict *verdict, const struct bench_series *judged)
{
	verdict->noise = bench_series_noise(judged);
	bench_series_range(judged, &verdict->least, &verdict->greatest);
}

static void tell_spread_of_quotients(struct bench_verdict *verdict,
                                     const struct bench_series *series,
                                     const struct bench_series *divisor)
{
	struct bench_series quotients;
	bench_series_divide(series, divisor, &quotients);
	tell_spread(verdict, &quotients);
}

struct bench_verdict bench_verdict_of_row(const struct bench_result *result)
{
	const struct bench_row *row = result->row;
	double value = bench_series_median(&result->value);
	struct bench_verdict verdict = {.bound = NAN, .is_at_most = row->better == BENCH_LESS};
	bool is_ratio = row->goal.judged == BENCH_RATIO ||
	                (row->goal.judged == BENCH_NO_GOAL && result->limit.count > 0);
	if (is_ratio) {
		verdict.judged = value / bench_series_median(&result->limit);
		tell_spread_of_quotients(&verdict, &result->value, &result->limit);
	} else {
		verdict.judged = value;
		tell_spread(&verdict, &result->value);
	}
	if (row->goal.judged != BENCH_NO_GOAL) {
		verdict.bound = row->goal.bound;
	}
	return verdict;
}

static struct bench_verdict compare(const struct bench_result *result,
                                    const struct bench_series *other)
{
	const struct bench_series *value = &result->value;
	bool is_less = result->row->better == BENCH_LESS;
	const struct bench_series *over = is_less ? other : value;
	const struct bench_series *under = is_less ? value : other;
	struct bench_verdict verdict = {
	        .judged = bench_series_median(over) / bench_series_median(under), .bound = NAN};
	tell_spread_of_quotients(&verdict, over, under);
	return verdict;
}

struct bench_verdict bench_verdict_of_peer(const struct bench_result *result, uint32_t peer)
{
	struct bench_verdict verdict = compare(result, &result->peers[peer]);
	if (result->row->peers[peer].times_min > 0) {
		verdict.bound = result->row->peers[peer].times_min;
	}
	return verdict;
}

struct bench_verdict bench_verdict_of_limit(const struct bench_result *result)
{
	return compare(result, &result->limit);
}

bool bench_verdict_is_known(const struct bench_verdict *verdict)
{
	return !isnan(verdict->judged) && !isnan(verdict->bound);
}

bool bench_verdict_is_met(const struct bench_verdict *verdict)
{
	return verdict->is_at_most ? verdict->judged <= verdict->bound
	                           : verdict->judged >= verdict->bound;
}

double bench_verdict_margin(const struct bench_verdict *verdict)
{
	if (verdict->bound == 0) {
		return verdict->judged == 0 ? 0 : INFINITY;
	}
	return 100 * fabs(verdict->judged / verdict->bound - 1);
}

bool bench_verdict_is_unsure(const struct bench_verdict *verdict)
{
	return !(verdict->noise <= bench_verdict_margin(verdict)); /* no noise known: unsure too */
}
