/* SPDX-License-Identifier: Apache-2.0 */
/* Options: what the command line asks for. */
#include "bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/series.h"

enum {
	OPTION_QUICK = 256,
	OPTION_HELP,
	OPTION_LIST,
	OPTION_RUNS,
	OPTION_ROWS,
	OPTION_JSON,
	OPTION_CPUS,
	OPTION_PROGRAMS,
	OPTION_PEERS,
	OPTION_PEER_PROGRAMS,
};

static const struct option known_options[] = {
        {"quick", no_argument, NULL, OPTION_QUICK},
        {"help", no_argument, NULL, OPTION_HELP},
        {"list", no_argument, NULL, OPTION_LIST},
        {"runs", required_argument, NULL, OPTION_RUNS},
        {"rows", required_argument, NULL, OPTION_ROWS},
        {"json", required_argument, NULL, OPTION_JSON},
        {"cpus", required_argument, NULL, OPTION_CPUS},
        {"programs", required_argument, NULL, OPTION_PROGRAMS},
        {"peers", no_argument, NULL, OPTION_PEERS},
        {"peer-programs", required_argument, NULL, OPTION_PEER_PROGRAMS},
        {NULL, 0, NULL, 0},
};

void bench_options_usage(void)
{
	printf("usage: gatio-bench [OPTION]...\n"
	       "Measure each path of gatio beside the bare limit of this machine.\n\n"
	       "  --quick              short samples, 3 runs: all rows in under two minutes\n"
	       "  --runs N             alternating runs of each row, 1 to %d [5]\n"
	       "  --rows A,B           only these rows\n"
	       "  --list               print the names of the rows\n"
	       "  --json FILE          write a list of {name, value, unit, limit, ratio, ...}\n"
	       "  --cpus A,B           what is measured runs on A, its peer or its load on B\n"
	       "  --programs DIR       where gatio-kv is [where gatio-bench is]\n"
	       "  --peers              measure CAF, Erlang and memcached in the same runs\n"
	       "  --peer-programs DIR  where their programs are [../../peers from gatio-bench]\n"
	       "  --help               print this\n\n"
	       "Exit status: 0 all rows have a value; 1 some have none; 2 usage error.\n",
	       BENCH_SERIES_MAX);
}

static int refuse(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "gatio-bench: %s %s: expected %s\n", option, value, expected);
	return -EINVAL;
}

static bool is_row(const char *name, size_t size)
{
	for (const struct bench_row *row = bench_rows; row->value; row++) {
		if (strlen(row->value->name) == size &&
		    strncmp(row->value->name, name, size) == 0) {
			return true;
		}
	}
	return false;
}

static int check_rows(const char *names)
{
	const char *name = names;
	for (;;) {
		size_t size = strcspn(name, ",");
		if (!is_row(name, size)) {
			fprintf(stderr, "gatio-bench: --rows: no row \"%.*s\"; see --list\n",
			        (int)size, name);
			return -EINVAL;
		}
		if (name[size] == '\0') {
			return 0;
		}
		name += size + 1;
	}
}

static int parse_runs(struct bench_options *options, const char *text)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);
	if (*end != '\0' || text[0] == '-' || count == 0 || count > BENCH_SERIES_MAX) {
		return refuse("--runs", text, "a number from 1 to 256");
	}
	options->run_count = (uint32_t)count;
	return 0;
}

static int parse_cpus(struct bench_options *options, const char *text)
{
	unsigned int first;
	unsigned int second;
	char rest;
	if (sscanf(text, "%u,%u%c", &first, &second, &rest) != 2) {
		return refuse("--cpus", text, "two CPU numbers, as in 0,1");
	}
	options->has_cpus = true;
	options->cpus[0] = first;
	options->cpus[1] = second;
	return 0;
}

static int apply(struct bench_options *options, int option, const char *value)
{
	switch (option) {
	case OPTION_QUICK:
		options->is_quick = true;
		return 0;
	case OPTION_HELP:
		options->is_help = true;
		return 0;
	case OPTION_LIST:
		options->is_list = true;
		return 0;
	case OPTION_JSON:
		options->json_path = value;
		return 0;
	case OPTION_PROGRAMS:
		options->program_dir = value;
		return 0;
	case OPTION_PEERS:
		options->has_peers = true;
		return 0;
	case OPTION_PEER_PROGRAMS:
		options->peer_dir = value;
		return 0;
	case OPTION_ROWS:
		options->rows = value;
		return check_rows(value);
	case OPTION_RUNS:
		return parse_runs(options, value);
	case OPTION_CPUS:
		return parse_cpus(options, value);
	default:
		return -EINVAL; /* getopt has said what is wrong */
	}
}

int bench_options_parse(struct bench_options *out_options, int count, char **arguments)
{
	struct bench_options options = {.run_count = 0};
	int option;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	while ((option = getopt_long(count, arguments, "", known_options, NULL)) != -1) {
		int err = apply(&options, option, optarg);
		if (err) {
			return err;
		}
	}
	if (optind < count) {
		return refuse("argument", arguments[optind], "options only");
	}
	*out_options = options;
	return 0;
}

bool bench_options_want(const struct bench_options *options, const char *name)
{
	if (!options->rows) {
		return true;
	}
	size_t name_size = strlen(name);
	const char *wanted = options->rows;
	for (;;) {
		size_t size = strcspn(wanted, ",");
		if (size == name_size && strncmp(wanted, name, size) == 0) {
			return true;
		}
		if (wanted[size] == '\0') {
			return false;
		}
		wanted += size + 1;
	}
}
