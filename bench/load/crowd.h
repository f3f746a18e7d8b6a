/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crowd: a process that opens many connections to this one and then leaves them idle. It is forked before there are
 * threads, and told later where to connect.
 */
#ifndef BENCH_LOAD_CROWD_H
#define BENCH_LOAD_CROWD_H

#include <stdint.h>

#include "bench/bench.h"
#include "bench/child.h"

struct bench_crowd {
	struct bench_child child; /* it writes what became of each command */
	int commands;
	uint32_t size_max; /* connections that the descriptor limit allows */
};

/* Owner: gives; ends with bench_crowd_stop. Error: -EMFILE no descriptors; others of bench_child_fork. */
int bench_crowd_start(struct bench_crowd *out_crowd, struct bench_sample *note);

/*
 * Open `count` connections more to an echo server on loopback; each has had one message echoed when this returns.
 *
 * Error: of connect, send and receive; -EPROTO a wrong echo; -ECHILD the crowd is gone.
 */
int bench_crowd_connect(const struct bench_crowd *crowd, uint16_t port, uint32_t count,
                        struct bench_sample *note);

void bench_crowd_stop(struct bench_crowd *crowd);

#endif
