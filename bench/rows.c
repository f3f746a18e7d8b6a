/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: which value is compared with which bare limit, in the order of the table. */
#include <stddef.h>

#include "bench/bench.h"
#include "bench/limits/limits.h"
#include "bench/limits/redis.h"
#include "bench/rows/rows.h"

const struct bench_row bench_rows[] = {
        {&bench_local_dispatch, &bench_limit_fifo},
        {&bench_ring503_hop, &bench_limit_fifo},
        {&bench_cross_rtt_awake, &bench_limit_cache_line},
        {&bench_cross_one_way, &bench_limit_spsc_ring},
        {&bench_cross_rtt_asleep, &bench_limit_msg_ring_asleep},
        {&bench_fanin8, NULL},
        {&bench_fjthrput, NULL},
        {&bench_big, NULL},
        {&bench_spawn_exit, NULL},
        {&bench_bytes_per_idle_actor, NULL},
        {&bench_bytes_per_idle_connection, NULL},
        {&bench_echo_p1, &bench_limit_echo_p1},
        {&bench_echo_p16, &bench_limit_echo_p16},
        {&bench_kv_get_p1, &bench_limit_redis_get_p1},
        {&bench_kv_get_p16, &bench_limit_redis_get_p16},
        {&bench_kv_get_p64, &bench_limit_redis_get_p64},
        {&bench_kv_set_p1, &bench_limit_redis_set_p1},
        {&bench_kv_set_p16, &bench_limit_redis_set_p16},
        {&bench_kv_set_p64, &bench_limit_redis_set_p64},
        {&bench_kv_p99_half, &bench_limit_redis_p99_half},
        {&bench_kv_scale2, &bench_kv_get_p16},
        {&bench_idle_cpu, NULL},
        {&bench_idle_wakeups, NULL},
        {&bench_start_ms, NULL},
        /* The bare limits themselves; what was measured above is not measured again. */
        {&bench_limit_fifo, NULL},
        {&bench_limit_cache_line, NULL},
        {&bench_limit_spsc_ring, NULL},
        {&bench_limit_msg_ring_asleep, NULL},
        {&bench_limit_msg_ring_awake, NULL},
        {&bench_limit_echo_p1, NULL},
        {&bench_limit_echo_p16, NULL},
        {NULL, NULL},
};
