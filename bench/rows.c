/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: which value is compared with which bare limit and which peers, and its goal, in the order of the table. */
#include <stddef.h>

#include "bench/bench.h"
#include "bench/limits/limits.h"
#include "bench/limits/memcached.h"
#include "bench/limits/redis.h"
#include "bench/peers/peers.h"
#include "bench/rows/rows.h"

enum {
	LATENCY_SLICES = 8, /* a moment that the host steals spoils one of them, not the sample */
};

/* The ratio or the value must be at most so much where less is better, at least so much where more is. */
#define RATIO(bound_)                                                                              \
	{                                                                                          \
		.judged = BENCH_RATIO, .bound = (bound_)                                           \
	}
#define VALUE(bound_)                                                                              \
	{                                                                                          \
		.judged = BENCH_VALUE, .bound = (bound_)                                           \
	}

#define CAF(row_, times_min_)                                                                      \
	{                                                                                          \
		"caf", &bench_peer_caf_##row_, times_min_                                          \
	}
#define ERLANG(row_, times_min_)                                                                   \
	{                                                                                          \
		"erlang", &bench_peer_erlang_##row_, times_min_                                    \
	}
#define MEMCACHED(row_)                                                                            \
	{                                                                                          \
		"memcached", &bench_memcached_##row_, 0                                            \
	}

#define BEST_PEER_ROW(name_)                                                                       \
	{                                                                                          \
		.value = &bench_##name_, .better = BENCH_MORE, .goal = RATIO(5),                   \
		.is_against_best = true, .peers = {                                                \
			CAF(name_, 0),                                                             \
			ERLANG(name_, 0)                                                           \
		}                                                                                  \
	}

#define KV_ROW(mix_, ratio_)                                                                       \
	{                                                                                          \
		.value = &bench_kv_##mix_, .limit = &bench_limit_redis_##mix_,                     \
		.better = BENCH_MORE, .goal = RATIO(ratio_), .limit_name = "redis", .peers = {     \
			MEMCACHED(mix_)                                                            \
		}                                                                                  \
	}

/* Where io_uring is refused: 1 / 1.15 of what a loop written by hand does, and what Redis does, which is on epoll too. */
#define EPOLL_ECHO_ROW(pipeline_)                                                                  \
	{                                                                                          \
		.value = &bench_echo_##pipeline_##_epoll,                                          \
		.limit = &bench_limit_echo_##pipeline_##_epoll, .better = BENCH_MORE,              \
		.goal = RATIO(0.87)                                                                \
	}

#define EPOLL_KV_ROW(mix_)                                                                         \
	{                                                                                          \
		.value = &bench_kv_##mix_##_epoll, .limit = &bench_limit_redis_##mix_,             \
		.better = BENCH_MORE, .goal = RATIO(1), .limit_name = "redis"                      \
	}

/* A bare limit by itself. */
#define LIMIT_ROW(name_, better_)                                                                  \
	{                                                                                          \
		.value = &bench_limit_##name_, .better = (better_)                                 \
	}

const struct bench_row bench_rows[] = {
        {.value = &bench_local_dispatch,
         .limit = &bench_limit_fifo,
         .goal = RATIO(5),
         .peers = {CAF(local_dispatch, 20), ERLANG(local_dispatch, 20)}},
        {.value = &bench_ring503_hop,
         .limit = &bench_limit_fifo,
         .goal = RATIO(8),
         .peers = {CAF(ring503_hop, 0), ERLANG(ring503_hop, 0)}},
        {.value = &bench_cross_rtt_awake, .limit = &bench_limit_cache_line, .goal = RATIO(2)},
        {.value = &bench_cross_one_way,
         .limit = &bench_limit_spsc_ring,
         .better = BENCH_MORE,
         .goal = RATIO(0.5)},
        {.value = &bench_cross_rtt_asleep,
         .limit = &bench_limit_msg_ring_asleep,
         .goal = RATIO(1.15)},
        BEST_PEER_ROW(fanin8),
        BEST_PEER_ROW(fjthrput),
        BEST_PEER_ROW(big),
        {.value = &bench_spawn_exit,
         .better = BENCH_MORE,
         .goal = VALUE(4),
         .peers = {CAF(spawn_exit, 10), ERLANG(spawn_exit, 0)}},
        {.value = &bench_bytes_per_idle_actor, .goal = VALUE(192)},
        {.value = &bench_bytes_per_idle_connection, .goal = VALUE(512)},
        {.value = &bench_echo_p1,
         .limit = &bench_limit_echo_p1,
         .better = BENCH_MORE,
         .goal = RATIO(0.92)},
        {.value = &bench_echo_p16,
         .limit = &bench_limit_echo_p16,
         .better = BENCH_MORE,
         .goal = RATIO(0.8)},
        EPOLL_ECHO_ROW(p1),
        EPOLL_ECHO_ROW(p16),
        KV_ROW(get_p1, 1.25),
        KV_ROW(get_p16, 2.5),
        KV_ROW(get_p64, 3),
        KV_ROW(set_p1, 1.25),
        KV_ROW(set_p16, 2.5),
        KV_ROW(set_p64, 3),
        EPOLL_KV_ROW(get_p1),
        EPOLL_KV_ROW(get_p16),
        {.value = &bench_kv_p99_half,
         .limit = &bench_limit_redis_p99_half,
         .goal = RATIO(1),
         .limit_name = "redis",
         .peers = {MEMCACHED(p99_half)},
         .given = &bench_redis_half_rate,
         .slice_count = LATENCY_SLICES},
        {.value = &bench_kv_scale2,
         .limit = &bench_kv_get_p16,
         .better = BENCH_MORE,
         .goal = RATIO(0.85)},
        {.value = &bench_idle_cpu, .goal = VALUE(0.1)},
        {.value = &bench_idle_wakeups, .goal = VALUE(2)},
        {.value = &bench_idle_doorbells, .goal = VALUE(0)}, /* at most none */
        {.value = &bench_start_ms, .goal = VALUE(100)},
        /* The bare limits themselves; what was measured above is not measured again. */
        LIMIT_ROW(fifo, BENCH_LESS),
        LIMIT_ROW(cache_line, BENCH_LESS),
        LIMIT_ROW(spsc_ring, BENCH_MORE),
        LIMIT_ROW(msg_ring_asleep, BENCH_LESS),
        LIMIT_ROW(msg_ring_awake, BENCH_LESS),
        LIMIT_ROW(echo_p1, BENCH_MORE),
        LIMIT_ROW(echo_p16, BENCH_MORE),
        LIMIT_ROW(echo_p1_epoll, BENCH_MORE),
        LIMIT_ROW(echo_p16_epoll, BENCH_MORE),
        {.value = NULL},
};
