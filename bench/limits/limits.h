/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits: what this machine can do with nothing of gatio in the way. Each is a loop of its own, as short as it can be
 * and still right, and uses none of the library's code.
 */
#ifndef BENCH_LIMITS_LIMITS_H
#define BENCH_LIMITS_LIMITS_H

#include "bench/bench.h"

extern const struct bench_measure bench_limit_fifo;
extern const struct bench_measure bench_limit_cache_line;
extern const struct bench_measure bench_limit_spsc_ring;
extern const struct bench_measure bench_limit_msg_ring_asleep;
extern const struct bench_measure bench_limit_msg_ring_awake;
extern const struct bench_measure bench_limit_echo_p1;
extern const struct bench_measure bench_limit_echo_p16;
extern const struct bench_measure bench_limit_echo_p1_epoll;
extern const struct bench_measure bench_limit_echo_p16_epoll;

#endif
