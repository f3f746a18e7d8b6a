/* SPDX-License-Identifier: Apache-2.0 */
/* Memcached: the distribution's memcached, one worker thread, by its text protocol: a peer of the key-value server. */
#ifndef BENCH_LIMITS_MEMCACHED_H
#define BENCH_LIMITS_MEMCACHED_H

#include "bench/bench.h"

extern const struct bench_measure bench_memcached_get_p1;
extern const struct bench_measure bench_memcached_get_p16;
extern const struct bench_measure bench_memcached_get_p64;
extern const struct bench_measure bench_memcached_set_p1;
extern const struct bench_measure bench_memcached_set_p16;
extern const struct bench_measure bench_memcached_set_p64;
extern const struct bench_measure bench_memcached_p99_half;

#endif
