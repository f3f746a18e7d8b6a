/* SPDX-License-Identifier: Apache-2.0 */
/* Redis: the distribution's redis-server, one thread, persistence off: the best known peer of a key-value server. */
#ifndef BENCH_LIMITS_REDIS_H
#define BENCH_LIMITS_REDIS_H

#include "bench/bench.h"

extern const struct bench_measure bench_limit_redis_get_p1;
extern const struct bench_measure bench_limit_redis_get_p16;
extern const struct bench_measure bench_limit_redis_get_p64;
extern const struct bench_measure bench_limit_redis_set_p1;
extern const struct bench_measure bench_limit_redis_set_p16;
extern const struct bench_measure bench_limit_redis_set_p64;
extern const struct bench_measure bench_limit_redis_p99_half;

/* The rate that is half of what Redis serves here and now, without pipelining: given to the rows of latencies. */
extern const struct bench_measure bench_redis_half_rate;

#endif
