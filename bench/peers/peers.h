/* SPDX-License-Identifier: Apache-2.0 */
/* Peers: other actor systems at the same work, each in a process of its own. Units are those of gatio's rows. */
#ifndef BENCH_PEERS_PEERS_H
#define BENCH_PEERS_PEERS_H

#include "bench/bench.h"

extern const struct bench_measure bench_peer_caf_local_dispatch;
extern const struct bench_measure bench_peer_caf_ring503_hop;
extern const struct bench_measure bench_peer_caf_fanin8;
extern const struct bench_measure bench_peer_caf_fjthrput;
extern const struct bench_measure bench_peer_caf_big;
extern const struct bench_measure bench_peer_caf_spawn_exit;
extern const struct bench_measure bench_peer_erlang_local_dispatch;
extern const struct bench_measure bench_peer_erlang_ring503_hop;
extern const struct bench_measure bench_peer_erlang_fanin8;
extern const struct bench_measure bench_peer_erlang_fjthrput;
extern const struct bench_measure bench_peer_erlang_big;
extern const struct bench_measure bench_peer_erlang_spawn_exit;

#endif
