/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: those of bench/rows/ on CAF, with the same counts and windows. Each spawns its first actor, which tells
 * the harness how far it is.
 */
#ifndef BENCH_PEERS_CAF_WORKLOADS_HPP
#define BENCH_PEERS_CAF_WORKLOADS_HPP

#include <caf/all.hpp>

#include "harness.hpp"

void play_local_dispatch(caf::actor_system &system, harness &harness);
void play_ring503_hop(caf::actor_system &system, harness &harness);
void play_fanin8(caf::actor_system &system, harness &harness);
void play_fjthrput(caf::actor_system &system, harness &harness);
void play_big(caf::actor_system &system, harness &harness);
void play_spawn_exit(caf::actor_system &system, harness &harness);

#endif
