/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seed: one run of a world, in a child process of its own: what it leaves behind goes with it, and what ends it ends no other.
 */
#ifndef GI_SIM_SEED_H
#define GI_SIM_SEED_H

#include "sim/trace.h"

#include <gatio/sim.h>

#include <sys/types.h>

#define GI_SEED_WORDS 2000u

/* What a run and whoever started it share. */
struct gi_seed_result {
	uint64_t seed;
	struct gi_trace trace;
	char words[GI_SEED_WORDS]; /* the last that its processes have said */
	uint32_t words_size;
};

struct gi_seed_options {
	const struct gatio_sim_options *world;
	uint64_t seed;
	uint64_t without; /* faults, a bit each */
	bool is_traced;
};

/* Begin a run. `result` is in memory that children share. Error: negative errno of fork(2). */
pid_t gi_seed_start(struct gi_seed_result *result, const struct gi_seed_options *options);

/* The child has ended with this status of wait(2): what it could not say itself is put into the result. */
void gi_seed_ended(struct gi_seed_result *result, int wait_status);

#endif
