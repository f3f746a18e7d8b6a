/* SPDX-License-Identifier: Apache-2.0 */
/* Redis: the distribution's redis-server, one thread, persistence off: the best known peer of a key-value server. */
#ifndef BENCH_LIMITS_REDIS_H
#define BENCH_LIMITS_REDIS_H

#include "bench/bench.h"
#include "bench/server.h"

extern const struct bench_measure bench_limit_redis_get_p1;
extern const struct bench_measure bench_limit_redis_get_p16;
extern const struct bench_measure bench_limit_redis_get_p64;
extern const struct bench_measure bench_limit_redis_set_p1;
extern const struct bench_measure bench_limit_redis_set_p16;
extern const struct bench_measure bench_limit_redis_set_p64;
extern const struct bench_measure bench_limit_redis_p99_half;

/*
 * The rate that is half of what Redis serves here and now, without pipelining.
 *
 * Error: -ENOENT it is not installed, the note says how to get it; others of bench_server_exec and bench_load_run.
 */
int bench_redis_half_rate(const struct bench_context *context, double *out_rate,
                          struct bench_sample *note);

#endif
