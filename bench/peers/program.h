/* SPDX-License-Identifier: Apache-2.0 */
/* Program: a peer's program that does one sample's work, prints one number and ends. */
#ifndef BENCH_PEERS_PROGRAM_H
#define BENCH_PEERS_PROGRAM_H

#include "bench/bench.h"
#include "bench/child.h"

/*
 * Run it to its end and take the number that it prints. It is killed with its parent, and when it takes too long.
 *
 * Error: -ENOENT no such program, and no note; others of bench_child_exec; -ETIMEDOUT; -EPROTO it printed no number, the
 *        note is what it said.
 */
int bench_peer_program_run(const struct bench_context *context, const struct bench_program *program,
                           struct bench_sample *out_sample);

#endif
