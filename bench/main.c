/* SPDX-License-Identifier: Apache-2.0 */
/* gatio-bench: measures, never asserts. Each path of gatio beside the bare limit of the same machine, in one run. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "bench/report.h"

enum {
	RUNS_DEFAULT = 5,
	RUNS_QUICK = 3,
	EXIT_INCOMPLETE = 1,
	EXIT_USAGE = 2,
};

#define MS UINT64_C(1000000)

/* The folder of this program, where the others are. */
static const char *find_program_dir(void)
{
	static char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (size <= 0) {
		return ".";
	}
	path[size] = '\0';
	*strrchr(path, '/') = '\0';
	return path;
}

/* Beside the folders of all builds, where ./dev bench --peers builds them: one for all. */
static const char *find_peer_dir(const char *program_dir)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof(path), "%.*s/../../peers", PATH_MAX - 16, program_dir);
	return path;
}

static int make_context(const struct bench_options *options, struct bench_context *out_context)
{
	struct bench_context context = {
	        .duration_ns = options->is_quick ? 150 * MS : 1000 * MS,
	        .load_ns = options->is_quick ? 400 * MS : 2000 * MS,
	        .warmup_ns = options->is_quick ? 50 * MS : 300 * MS,
	        .is_quick = options->is_quick,
	        .program_dir = options->program_dir ? options->program_dir : find_program_dir(),
	};
	if (options->has_peers) {
		context.peer_dir =
		        options->peer_dir ? options->peer_dir : find_peer_dir(context.program_dir);
	}
	int err = 0;
	if (options->has_cpus) {
		memcpy(context.cpus, options->cpus, sizeof(context.cpus));
	} else {
		err = bench_machine_choose_cpus(context.cpus);
	}
	*out_context = context;
	return err;
}

static uint32_t count_rows(const struct bench_options *options)
{
	uint32_t count = 0;
	for (const struct bench_row *row = bench_rows; row->value; row++) {
		count += bench_options_want(options, row->value->name);
	}
	return count;
}

/* Returns how many rows have no value. */
static uint32_t run_rows(const struct bench_options *options, const struct bench_context *context,
                         uint32_t run_count, struct bench_result *results)
{
	struct bench_progress progress;
	struct bench_runner runner = {.context = context,
	                              .run_count = run_count,
	                              .progress = bench_progress_show,
	                              .progress_context = &progress};
	uint32_t missing = 0;
	bench_progress_init(&progress, count_rows(options));
	bench_report_head(stdout);
	for (const struct bench_row *row = bench_rows; row->value; row++) {
		if (!bench_options_want(options, row->value->name)) {
			continue;
		}
		struct bench_result *result = &results[progress.row++];
		bench_runner_run(&runner, row, results, result);
		bench_progress_clear(&progress);
		bench_report_row(stdout, result);
		missing += result->value.count == 0;
	}
	return missing;
}

static void list_rows(void)
{
	for (const struct bench_row *row = bench_rows; row->value; row++) {
		printf("%s\n", row->value->name);
	}
}

static int run_bench(const struct bench_options *options)
{
	struct bench_context context;
	int err = make_context(options, &context);
	if (err) {
		fprintf(stderr, "gatio-bench: which CPUs may be used: %s\n", strerrordesc_np(-err));
		return EXIT_INCOMPLETE;
	}
	uint32_t run_count = options->is_quick ? RUNS_QUICK : RUNS_DEFAULT;
	if (options->run_count != 0) {
		run_count = options->run_count;
	}
	uint32_t row_count = count_rows(options);
	struct bench_result *results = calloc(row_count + 1, sizeof(*results));
	if (!results) {
		fprintf(stderr, "gatio-bench: no memory\n");
		return EXIT_INCOMPLETE;
	}
	struct bench_run run = {.context = &context, .count = run_count};
	bench_machine_read(&run.machine);
	bench_machine_print(stdout, &run);
	uint32_t missing = run_rows(options, &context, run_count, results);
	if (options->json_path) {
		err = bench_json_write(options->json_path, &run, results, row_count);
	}
	if (err) {
		fprintf(stderr, "gatio-bench: --json %s: %s\n", options->json_path,
		        strerrordesc_np(-err));
	}
	free(results);
	return missing == 0 && err == 0 ? EXIT_SUCCESS : EXIT_INCOMPLETE;
}

int main(int count, char **arguments)
{
	struct bench_options options;
	if (bench_options_parse(&options, count, arguments) != 0) {
		fprintf(stderr, "try gatio-bench --help\n");
		return EXIT_USAGE;
	}
	if (options.is_help) {
		bench_options_usage();
		return EXIT_SUCCESS;
	}
	if (options.is_list) {
		list_rows();
		return EXIT_SUCCESS;
	}
	return run_bench(&options);
}
