/* SPDX-License-Identifier: Apache-2.0 */
/* Report: the table for people, and the line that moves. */
#include "bench/report.h"

#include <math.h>
#include <unistd.h>

#include "bench/verdict.h"

enum {
	CELL_SIZE = 32,
};

/* Three or four digits that mean something. */
static const char *cell(double value, char text[CELL_SIZE])
{
	double size = fabs(value);
	if (isnan(value)) {
		snprintf(text, CELL_SIZE, "-");
	} else if (size >= 1000) {
		snprintf(text, CELL_SIZE, "%.0f", value);
	} else if (size >= 100) {
		snprintf(text, CELL_SIZE, "%.1f", value);
	} else if (size >= 1) {
		snprintf(text, CELL_SIZE, "%.2f", value);
	} else {
		snprintf(text, CELL_SIZE, "%.4f", value);
	}
	return text;
}

static const char *percent(double value, char text[CELL_SIZE])
{
	if (isnan(value)) {
		snprintf(text, CELL_SIZE, "-");
	} else {
		snprintf(text, CELL_SIZE, "%.0f%%", value);
	}
	return text;
}

/* Of what is judged: "<= 5x" is a ratio or so many times a peer, ">= 4" a value. */
static const char *goal(const struct bench_verdict *verdict, const char *sign, char text[CELL_SIZE])
{
	if (isnan(verdict->bound)) {
		snprintf(text, CELL_SIZE, "-");
	} else {
		snprintf(text, CELL_SIZE, "%s %g%s",
		         verdict->is_at_most ? "<=" : ">=", verdict->bound, sign);
	}
	return text;
}

static const char *mark(const struct bench_verdict *verdict, char text[CELL_SIZE])
{
	if (!bench_verdict_is_known(verdict)) {
		return "-";
	}
	snprintf(text, CELL_SIZE, "%s%s", bench_verdict_is_met(verdict) ? "yes" : "no",
	         bench_verdict_is_unsure(verdict) ? " ~" : "");
	return text;
}

#define LINE_FORMAT "%-26s %10s %10s %8s %6s  %-8s %-5s  %s\n"

void bench_report_head(FILE *out)
{
	fprintf(out, LINE_FORMAT, "name", "value", "limit", "ratio", "noise", "goal", "met",
	        "unit");
}

static void print_note(FILE *out, const char *of, const char *note)
{
	if (note[0] != '\0') {
		fprintf(out, "%-26s   %s: %s\n", "", of, note);
	}
}

/* Below its row, in the same columns. */
static void print_peer(FILE *out, const struct bench_result *result, uint32_t peer)
{
	char text[5][CELL_SIZE];
	char name[CELL_SIZE];
	char unit[2 * CELL_SIZE];
	const struct bench_series *series = &result->peers[peer];
	struct bench_verdict verdict = bench_verdict_of_peer(result, peer);
	if (series->count == 0) {
		print_note(out, result->row->peers[peer].name, series->note); /* why */
		return;
	}
	snprintf(name, sizeof(name), "  %s", result->row->peers[peer].name);
	snprintf(unit, sizeof(unit), "%s; gatio is %s times as fast", result->row->value->unit,
	         cell(verdict.judged, text[0]));
	fprintf(out, LINE_FORMAT, name, cell(bench_series_median(series), text[1]), "", "",
	        percent(verdict.noise, text[2]), goal(&verdict, "x", text[3]),
	        mark(&verdict, text[4]), unit);
}

void bench_report_row(FILE *out, const struct bench_result *result)
{
	char text[6][CELL_SIZE];
	double value = bench_series_median(&result->value);
	double limit = bench_series_median(&result->limit);
	struct bench_verdict verdict = bench_verdict_of_row(result);
	const char *sign = result->row->goal.judged == BENCH_RATIO ? "x" : "";
	fprintf(out, LINE_FORMAT, result->row->value->name, cell(value, text[0]),
	        cell(limit, text[1]), cell(value / limit, text[2]), percent(verdict.noise, text[3]),
	        goal(&verdict, sign, text[4]), mark(&verdict, text[5]), result->row->value->unit);
	print_note(out, "value", result->value.note);
	print_note(out, "limit", result->limit.note);
	for (uint32_t i = 0; i < BENCH_PEER_MAX; i++) {
		print_peer(out, result, i);
	}
	fflush(out);
}

void bench_progress_init(struct bench_progress *progress, uint32_t row_count)
{
	*progress = (struct bench_progress){.is_shown = isatty(STDERR_FILENO) == 1,
	                                    .row_count = row_count};
}

void bench_progress_show(void *context, const struct bench_measure *measure, uint32_t run,
                         uint32_t run_count)
{
	const struct bench_progress *progress = context;
	if (progress->is_shown) {
		fprintf(stderr, "\r[%u/%u] %s, run %u of %u\033[K", progress->row,
		        progress->row_count, measure->name, run, run_count);
		fflush(stderr);
	}
}

void bench_progress_clear(const struct bench_progress *progress)
{
	if (progress->is_shown) {
		fprintf(stderr, "\r\033[K");
		fflush(stderr);
	}
}
