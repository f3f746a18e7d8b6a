/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: what is measured of gatio. */
#ifndef BENCH_ROWS_ROWS_H
#define BENCH_ROWS_ROWS_H

#include "bench/bench.h"

extern const struct bench_measure bench_local_dispatch;
extern const struct bench_measure bench_ring503_hop;
extern const struct bench_measure bench_cross_rtt_awake;
extern const struct bench_measure bench_cross_one_way;
extern const struct bench_measure bench_cross_rtt_asleep;
extern const struct bench_measure bench_fanin8;
extern const struct bench_measure bench_fjthrput;
extern const struct bench_measure bench_big;
extern const struct bench_measure bench_spawn_exit;
extern const struct bench_measure bench_bytes_per_idle_actor;
extern const struct bench_measure bench_bytes_per_idle_connection;
extern const struct bench_measure bench_echo_p1;
extern const struct bench_measure bench_echo_p16;
extern const struct bench_measure bench_echo_p1_epoll;
extern const struct bench_measure bench_echo_p16_epoll;
extern const struct bench_measure bench_kv_get_p1;
extern const struct bench_measure bench_kv_get_p16;
extern const struct bench_measure bench_kv_get_p64;
extern const struct bench_measure bench_kv_set_p1;
extern const struct bench_measure bench_kv_set_p16;
extern const struct bench_measure bench_kv_set_p64;
extern const struct bench_measure bench_kv_p99_half;
extern const struct bench_measure bench_kv_scale2;
extern const struct bench_measure bench_kv_get_p1_epoll;
extern const struct bench_measure bench_kv_get_p16_epoll;
extern const struct bench_measure bench_idle_cpu;
extern const struct bench_measure bench_idle_wakeups;
extern const struct bench_measure bench_idle_doorbells;
extern const struct bench_measure bench_start_ms;

#endif
