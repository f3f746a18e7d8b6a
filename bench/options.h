/* SPDX-License-Identifier: Apache-2.0 */
/* Options: what the command line asks for. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench/bench.h"

struct bench_options {
	bool is_quick;
	bool is_help;
	bool is_list;
	uint32_t run_count; /* 0: the default */
	const char *rows;   /* names with commas between them; NULL: all */
	const char *json_path;
	const char *program_dir;
	bool has_peers;
	const char *peer_dir; /* NULL: where ./dev bench --peers builds them */
	bool has_cpus;
	uint32_t cpus[2];
};

/* Error: -EINVAL, after a sentence on stderr that says what is wrong. */
int bench_options_parse(struct bench_options *out_options, int count, char **arguments);

void bench_options_usage(void);

/* Whether a row is asked for. */
bool bench_options_want(const struct bench_options *options, const char *name);

#endif
