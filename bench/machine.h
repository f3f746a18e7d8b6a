/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: what the figures belong to: CPU, kernel, compiler, commit, day. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdio.h>

#include "bench/bench.h"

enum {
	BENCH_MACHINE_TEXT = 128,
};

/* Each text is printable and without quotes and backslashes. */
struct bench_machine {
	char cpu[BENCH_MACHINE_TEXT];
	char kernel[BENCH_MACHINE_TEXT];
	char compiler[BENCH_MACHINE_TEXT];
	char commit[BENCH_MACHINE_TEXT];
	char date[BENCH_MACHINE_TEXT]; /* YYYY-MM-DD in UTC */
};

/* What cannot be read is "unknown". */
void bench_machine_read(struct bench_machine *out_machine);

/* One run of the program. */
struct bench_run {
	struct bench_machine machine;
	const struct bench_context *context;
	uint32_t count; /* of runs of each row */
};

void bench_machine_print(FILE *out, const struct bench_run *run);

/*
 * The two CPUs to measure on: the first that this process may use, and the next that is no SMT sibling of it. With one
 * CPU both are the same.
 */
int bench_machine_choose_cpus(uint32_t out_cpus[2]);

#endif
