/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of operations through the door to the kernel: one line each, its number and a hash of what came of it,
 * and with --told what that was. differential.py compares this machine's with a simulated one's.
 */
#include "tests/sim/differential/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *program)
{
	fprintf(stderr,
	        "%s [--sequences N] [--first N] [--seed N] [--settle MICROSECONDS] [--told]\n",
	        program);
	return 2;
}

int main(int argc, char **argv)
{
	struct diff_options options = {.seed = 1, .count = 1000};
	const struct {
		const char *name;
		uint64_t *number;
	} numbers[] = {{"--sequences", &options.count},
	               {"--first", &options.first},
	               {"--seed", &options.seed},
	               {"--settle", &options.settle_us}};
	for (int i = 1; i < argc; i++) {
		size_t j = 0;
		while (j < sizeof(numbers) / sizeof(numbers[0]) &&
		       strcmp(argv[i], numbers[j].name) != 0) {
			j++;
		}
		if (j < sizeof(numbers) / sizeof(numbers[0]) && i + 1 < argc) {
			char *end;
			*numbers[j].number = strtoull(argv[++i], &end, 0);
			if (*end || argv[i][0] < '0' || argv[i][0] > '9') {
				return refuse(argv[0]);
			}
		} else if (strcmp(argv[i], "--told") == 0) {
			options.is_told = true;
		} else {
			return refuse(argv[0]);
		}
	}
	return diff_machine_run(&options);
}
