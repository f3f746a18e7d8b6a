/* SPDX-License-Identifier: Apache-2.0 */
/* Options: see options.h. */
#include "sim/options.h"
#include "sim/fault.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEDS_DEFAULT 100u
#define AGAIN_DEFAULT 50u
#define JOBS_MAX      256u

enum {
	OPTION_SEEDS = 256,
	OPTION_SEED,
	OPTION_FIRST,
	OPTION_FILE,
	OPTION_WITHOUT,
	OPTION_AGAIN,
	OPTION_JOBS,
	OPTION_TRACE,
	OPTION_SHRINK,
	OPTION_QUIET,
	OPTION_SEE_ALL,
	OPTION_HELP,
};

static const struct option options[] = {
        {"seeds", required_argument, NULL, OPTION_SEEDS},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"first", required_argument, NULL, OPTION_FIRST},
        {"file", required_argument, NULL, OPTION_FILE},
        {"without", required_argument, NULL, OPTION_WITHOUT},
        {"again", required_argument, NULL, OPTION_AGAIN},
        {"jobs", required_argument, NULL, OPTION_JOBS},
        {"trace", no_argument, NULL, OPTION_TRACE},
        {"shrink", no_argument, NULL, OPTION_SHRINK},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"see-all", no_argument, NULL, OPTION_SEE_ALL},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
};

static void print_help(const char *program, const char *name)
{
	printf("%s: simulate %s\n\n"
	       "  --seeds N          run N seeds [%u], from 1 or --first\n"
	       "  --first S          the first of them\n"
	       "  --seed S           run this seed alone\n"
	       "  --file FILE        run the seeds in this file, one a line; # begins a comment\n"
	       "  --trace            print every event\n"
	       "  --shrink           find a smaller set of faults with which it still fails\n"
	       "  --without A,B,...  leave these kinds of faults out\n"
	       "  --again N          run every Nth seed twice and compare all events [%u]; 0: "
	       "none\n"
	       "  --jobs N           so many runs at once [the number of CPUs]\n"
	       "  --see-all          a kind of fault that no seed has seen is an error\n"
	       "  --quiet            no progress line\n\n"
	       "Kinds of faults:",
	       program, name, SEEDS_DEFAULT, AGAIN_DEFAULT);
	for (enum gi_fault i = 0; i < GI_FAULT_DOOR_COUNT; i++) {
		printf("%s %s", i % 4 == 0 ? "\n " : "", gi_fault_word(i));
	}
	printf("\n");
}

static bool read_number(const char *option, const char *text, uint64_t max, uint64_t *out_number)
{
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number > max) {
		fprintf(stderr, "--%s is '%s': must be a number up to %llu\n", option, text,
		        (unsigned long long)max);
		return false;
	}
	*out_number = number;
	return true;
}

static bool read_faults(const char *text, uint64_t *out_faults)
{
	while (*text) {
		size_t size = strcspn(text, ",");
		enum gi_fault fault = gi_fault_find(text, size);
		if (fault == GI_FAULT_COUNT) {
			fprintf(stderr,
			        "--without: there is no kind of fault '%.*s'; --help lists them\n",
			        (int)size, text);
			return false;
		}
		*out_faults |= UINT64_C(1) << fault;
		text += size + (text[size] == ',');
	}
	return true;
}

static bool read_one(struct gi_sim_run *run, int option)
{
	uint64_t number;
	switch (option) {
	case OPTION_SEEDS:
		return read_number("seeds", optarg, UINT64_MAX / 2, &run->count);
	case OPTION_SEED:
		run->count = 1;
		return read_number("seed", optarg, UINT64_MAX, &run->first);
	case OPTION_FIRST:
		return read_number("first", optarg, UINT64_MAX / 2, &run->first);
	case OPTION_FILE:
		run->file = optarg;
		return true;
	case OPTION_WITHOUT:
		return read_faults(optarg, &run->without);
	case OPTION_AGAIN:
		return read_number("again", optarg, UINT64_MAX, &run->again);
	case OPTION_JOBS:
		if (!read_number("jobs", optarg, JOBS_MAX, &number)) {
			return false;
		}
		run->jobs = number > 0 ? (uint32_t)number : 1;
		return true;
	case OPTION_TRACE:
		run->is_traced = true;
		return true;
	case OPTION_SHRINK:
		run->must_shrink = true;
		return true;
	case OPTION_QUIET:
		run->is_quiet = true;
		return true;
	case OPTION_SEE_ALL:
		run->must_see_all = true;
		return true;
	default:
		return false;
	}
}

int gi_sim_options_read(struct gi_sim_run *out_run, int argc, char **argv, const char *name)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct gi_sim_run run = {.first = 1,
	                         .count = SEEDS_DEFAULT,
	                         .again = AGAIN_DEFAULT,
	                         .jobs = cpus > 0 && cpus < JOBS_MAX ? (uint32_t)cpus : 1};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			print_help(argv[0], name);
			return 1;
		}
		if (!read_one(&run, option)) {
			fprintf(stderr, "%s --help lists the options\n", argv[0]);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: '%s' is no option; %s --help lists them\n", argv[0],
		        argv[optind], argv[0]);
		return 2;
	}
	*out_run = run;
	return 0;
}
