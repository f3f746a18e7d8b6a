/* SPDX-License-Identifier: Apache-2.0 */
/* Program: a peer's program that does one sample's work, prints one number and ends. */
#ifndef BENCH_PEERS_PROGRAM_H
#define BENCH_PEERS_PROGRAM_H

#include "bench/bench.h"

struct bench_peer_program {
	const char *path;       /* or a name to be searched */
	char *const *arguments; /* the first is its name; ends with NULL */
	uint32_t cpu_count;     /* of the context's CPUs, that it may run on: 1 or 2 */
};

/*
 * Run it to its end and take the number that it prints. It is killed with its parent, and when it takes too long.
 *
 * Error: -ENOENT no such program, and no note; -ETIMEDOUT; -EPROTO it printed no number, the note is what it said.
 */
int bench_peer_program_run(const struct bench_context *context,
                           const struct bench_peer_program *program,
                           struct bench_sample *out_sample);

#endif
