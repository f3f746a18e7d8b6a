/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: the list for programs. */
#include "bench/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "bench/verdict.h"

static void write_number(FILE *out, const char *key, double value)
{
	if (isfinite(value)) {
		fprintf(out, "\"%s\": %.6g", key, value);
	} else {
		fprintf(out, "\"%s\": null", key);
	}
}

static void write_spread(FILE *out, const struct bench_verdict *verdict)
{
	write_number(out, "noise", verdict->noise);
	if (isfinite(verdict->least) && isfinite(verdict->greatest)) {
		fprintf(out, ", \"range\": [%.6g, %.6g], ", verdict->least, verdict->greatest);
	} else {
		fprintf(out, ", \"range\": null, ");
	}
}

static void write_truth(FILE *out, const char *key, bool is_known, bool is_true)
{
	const char *truth = is_true ? "true" : "false";
	fprintf(out, "\"%s\": %s", key, is_known ? truth : "null");
}

static void write_verdict(FILE *out, const struct bench_verdict *verdict)
{
	bool is_known = bench_verdict_is_known(verdict);
	write_truth(out, "met", is_known, bench_verdict_is_met(verdict));
	fprintf(out, ", ");
	write_truth(out, "unsure", is_known, bench_verdict_is_unsure(verdict));
}

static void write_peer(FILE *out, const char *name, const struct bench_series *series,
                       const struct bench_verdict *verdict)
{
	fprintf(out, "\"%s\": {", name);
	write_number(out, "value", bench_series_median(series));
	fprintf(out, ", ");
	write_number(out, "times", verdict->judged);
	fprintf(out, ", ");
	write_spread(out, verdict);
	write_number(out, "goal", verdict->bound);
	fprintf(out, ", ");
	write_verdict(out, verdict);
	fprintf(out, "}");
}

static void write_peers(FILE *out, const struct bench_result *result)
{
	const char *between = "";
	fprintf(out, "\"peers\": {");
	if (result->row->limit_name && result->limit.count > 0) {
		struct bench_verdict verdict = bench_verdict_of_limit(result);
		write_peer(out, result->row->limit_name, &result->limit, &verdict);
		between = ", ";
	}
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		if (result->peers[i].count > 0) {
			struct bench_verdict verdict = bench_verdict_of_peer(result, i);
			fprintf(out, "%s", between);
			write_peer(out, result->row->peers[i].name, &result->peers[i], &verdict);
			between = ", ";
		}
	}
	fprintf(out, "}");
}

static void write_quantiles(FILE *out, const char *name, const struct bench_series *series)
{
	if (!series->has_quantiles) {
		return;
	}
	fprintf(out, ", \"%s\": [", name);
	for (uint32_t i = 0; i < BENCH_QUANTILE_COUNT; i++) {
		double quantile = bench_series_quantile(series, i);
		fprintf(out, i == 0 ? "" : ", ");
		if (isfinite(quantile)) {
			fprintf(out, "%.6g", quantile);
		} else {
			fprintf(out, "null");
		}
	}
	fprintf(out, "]");
}

/* Who was measured, each a list as long as the levels. A bare limit by itself is compared with nobody. */
static void write_latency(FILE *out, const struct bench_result *result)
{
	const struct bench_row *row = result->row;
	if (!row->limit || !result->value.has_quantiles) {
		fprintf(out, "\"latency\": null");
		return;
	}
	fprintf(out, "\"latency\": {\"levels\": [");
	for (uint32_t i = 0; i < BENCH_QUANTILE_COUNT; i++) {
		fprintf(out, "%s%g", i == 0 ? "" : ", ", bench_quantile_levels[i]);
	}
	fprintf(out, "]");
	write_quantiles(out, "gatio", &result->value);
	write_quantiles(out, row->limit_name ? row->limit_name : "limit", &result->limit);
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		write_quantiles(out, row->peers[i].name, &result->peers[i]);
	}
	fprintf(out, "}");
}

static void write_goal(FILE *out, const struct bench_goal *goal, enum bench_better better)
{
	if (goal->judged == BENCH_NO_GOAL) {
		fprintf(out, "\"goal\": null");
		return;
	}
	fprintf(out, "\"goal\": {\"of\": \"%s\", \"is\": \"%s\", ",
	        goal->judged == BENCH_RATIO ? "ratio" : "value",
	        better == BENCH_LESS ? "<=" : ">=");
	write_number(out, "bound", goal->bound);
	fprintf(out, "}");
}

/* The same in each row, so that rows may leave their list. */
static void write_run(FILE *out, const struct bench_run *run)
{
	const struct bench_machine *machine = &run->machine;
	const uint32_t *cpus = run->context->cpus;
	fprintf(out, "\"run\": {\"cpu\": \"%s\", \"cpus\": [%u, %u], \"kernel\": \"%s\", ",
	        machine->cpu, cpus[0], cpus[1], machine->kernel);
	fprintf(out, "\"compiler\": \"%s\", \"commit\": \"%s\", \"date\": \"%s\", ",
	        machine->compiler, machine->commit, machine->date);
	fprintf(out, "\"runs\": %u, \"quick\": %s}", run->count,
	        run->context->is_quick ? "true" : "false");
}

/* Names and units are ours: nothing in them needs escaping. */
static void write_result(FILE *out, const struct bench_run *run, const struct bench_result *result)
{
	const struct bench_row *row = result->row;
	struct bench_verdict verdict = bench_verdict_of_row(result);
	double value = bench_series_median(&result->value);
	double limit = bench_series_median(&result->limit);
	fprintf(out, "  {\"name\": \"%s\", ", row->value->name);
	write_number(out, "value", value);
	fprintf(out, ", \"unit\": \"%s\", ", row->value->unit);
	write_number(out, "limit", limit);
	fprintf(out, ", ");
	write_number(out, "ratio", value / limit);
	fprintf(out, ", \"better\": \"%s\", ", row->better == BENCH_LESS ? "less" : "more");
	write_spread(out, &verdict);
	write_goal(out, &row->goal, row->better);
	fprintf(out, ", ");
	write_verdict(out, &verdict);
	fprintf(out, ", ");
	write_peers(out, result);
	fprintf(out, ", ");
	write_run(out, run);
	fprintf(out, ", ");
	write_latency(out, result);
	fprintf(out, "}");
}

int bench_json_write(const char *path, const struct bench_run *run,
                     const struct bench_result *results, uint32_t count)
{
	FILE *out = fopen(path, "w");
	if (!out) {
		return -errno;
	}
	fprintf(out, "[\n");
	for (uint32_t i = 0; i < count; i++) {
		write_result(out, run, &results[i]);
		fprintf(out, i + 1 < count ? ",\n" : "\n");
	}
	fprintf(out, "]\n");
	bool is_bad = ferror(out) != 0;
	if (fclose(out) != 0) {
		return -errno;
	}
	return is_bad ? -EIO : 0;
}
