/* SPDX-License-Identifier: Apache-2.0 */
/* Options: the command line of a simulation. */
#ifndef GI_SIM_OPTIONS_H
#define GI_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct gi_sim_run {
	uint64_t first;   /* seed */
	uint64_t count;   /* of seeds */
	uint64_t without; /* faults, a bit each */
	const char *
	        file; /* of seeds, one a line, `#` begins a comment; NULL: first and count say which */
	uint64_t again; /* every so manieth seed runs twice; 0: none */
	uint32_t jobs;  /* runs at once */
	bool is_traced;
	bool must_shrink;
	bool is_quiet;     /* no progress line */
	bool must_see_all; /* a fault that was never seen is an error */
};

/* 0: out_run is set. 1: help was printed. 2: the line is wrong, which was said. */
int gi_sim_options_read(struct gi_sim_run *out_run, int argc, char **argv, const char *name);

#endif
