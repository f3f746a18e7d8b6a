/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: what the figures belong to: CPU, kernel, compiler, commit. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdio.h>

#include "bench/bench.h"

void bench_machine_print(FILE *out, const struct bench_context *context, uint32_t run_count);

/*
 * The two CPUs to measure on: the first that this process may use, and the next that is no SMT sibling of it. With one
 * CPU both are the same.
 */
int bench_machine_choose_cpus(uint32_t out_cpus[2]);

#endif
