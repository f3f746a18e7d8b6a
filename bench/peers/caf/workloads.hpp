/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: those of bench/rows/ on CAF, with the same counts and windows. Each spawns its first actor, which tells
 * the stage how far it is.
 */
#ifndef BENCH_PEERS_CAF_WORKLOADS_HPP
#define BENCH_PEERS_CAF_WORKLOADS_HPP

#include <caf/all.hpp>

#include "stage.hpp"

void play_local_dispatch(caf::actor_system &system, stage &stage);
void play_ring503_hop(caf::actor_system &system, stage &stage);
void play_fanin8(caf::actor_system &system, stage &stage);
void play_fjthrput(caf::actor_system &system, stage &stage);
void play_big(caf::actor_system &system, stage &stage);
void play_spawn_exit(caf::actor_system &system, stage &stage);

#endif
