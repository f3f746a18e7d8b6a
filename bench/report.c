/* SPDX-License-Identifier: Apache-2.0 */
/* Report: the table for people, the list for programs, the line that moves. */
#include "bench/report.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

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

/* The machine's noise is that of the bare limit; where there is none, that of the value itself. */
static double noise_of(const struct bench_result *result)
{
	return bench_series_noise(result->limit.count > 1 ? &result->limit : &result->value);
}

void bench_report_head(FILE *out)
{
	fprintf(out, "%-26s %10s %10s %8s %6s  %s\n", "name", "value", "limit", "ratio", "noise",
	        "unit");
}

void bench_report_row(FILE *out, const struct bench_result *result)
{
	char text[4][CELL_SIZE];
	double value = bench_series_median(&result->value);
	double limit = bench_series_median(&result->limit);
	fprintf(out, "%-26s %10s %10s %8s %6s  %s\n", result->row->value->name,
	        cell(value, text[0]), cell(limit, text[1]), cell(value / limit, text[2]),
	        percent(noise_of(result), text[3]), result->row->value->unit);
	if (result->value.note[0] != '\0') {
		fprintf(out, "%-26s   value: %s\n", "", result->value.note);
	}
	if (result->limit.note[0] != '\0') {
		fprintf(out, "%-26s   limit: %s\n", "", result->limit.note);
	}
	fflush(out);
}

static void write_number(FILE *out, const char *key, double value)
{
	if (isfinite(value)) {
		fprintf(out, "\"%s\": %.6g", key, value);
	} else {
		fprintf(out, "\"%s\": null", key);
	}
}

/* Names and units are ours: nothing in them needs escaping. */
static void write_result(FILE *out, const struct bench_result *result)
{
	double value = bench_series_median(&result->value);
	double limit = bench_series_median(&result->limit);
	fprintf(out, "  {\"name\": \"%s\", ", result->row->value->name);
	write_number(out, "value", value);
	fprintf(out, ", \"unit\": \"%s\", ", result->row->value->unit);
	write_number(out, "limit", limit);
	fprintf(out, ", ");
	write_number(out, "ratio", value / limit);
	fprintf(out, "}");
}

int bench_report_json(const char *path, const struct bench_result *results, uint32_t count)
{
	FILE *out = fopen(path, "w");
	if (!out) {
		return -errno;
	}
	fprintf(out, "[\n");
	for (uint32_t i = 0; i < count; i++) {
		write_result(out, &results[i]);
		fprintf(out, i + 1 < count ? ",\n" : "\n");
	}
	fprintf(out, "]\n");
	bool is_bad = ferror(out) != 0;
	if (fclose(out) != 0) {
		return -errno;
	}
	return is_bad ? -EIO : 0;
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
