/* SPDX-License-Identifier: Apache-2.0 */
/* One thread: ping-pong, the ring of 503, spawn and exit. */
#include "workloads.hpp"

namespace
{

constexpr uint64_t SPAWNS_IN_ROUND = 64;
constexpr uint64_t ALIVE_MAX = 4096;
constexpr uint64_t ROUNDS_BETWEEN_CLOCKS = 64;

using go_atom = caf::atom_constant<caf::atom("go")>;

/* ---- Ring: each link knows the next, and the last one the first; a ring of two plays ping-pong ---- */

caf::behavior link(caf::event_based_actor *self, const caf::actor &next)
{
	return {[=](uint64_t hop) { self->send(next, hop + 1); }};
}

template <uint64_t LINK_COUNT, uint64_t HOPS_BETWEEN_CLOCKS>
caf::behavior first_link(caf::event_based_actor *self, harness *harness)
{
	caf::actor next{self};
	for (uint64_t i = 1; i < LINK_COUNT; i++) {
		next = self->spawn(link, next);
	}
	return {[=](uint64_t hop) {
		if (hop % HOPS_BETWEEN_CLOCKS == 0) {
			harness->count(hop);
		}
		self->send(next, hop + 1);
	}};
}

/* ---- Spawn and exit: actors that get one message and end ---- */

caf::behavior mayfly(caf::event_based_actor *self, uint64_t *ended_count)
{
	return {[=](uint64_t) {
		++*ended_count; /* the spawner's, on the same thread */
		self->quit();
	}};
}

struct spawner_state {
	uint64_t spawned_count = 0;
	uint64_t ended_count = 0;
	uint64_t round_count = 0;
};

caf::behavior spawner(caf::stateful_actor<spawner_state> *self, harness *harness)
{
	return {[=](go_atom go) {
		auto &state = self->state;
		if (state.spawned_count - state.ended_count < ALIVE_MAX) {
			for (uint64_t i = 0; i < SPAWNS_IN_ROUND; i++) {
				self->send(self->spawn(mayfly, &state.ended_count),
				           state.spawned_count++);
			}
		}
		if (++state.round_count % ROUNDS_BETWEEN_CLOCKS == 0) {
			harness->count(state.ended_count);
		}
		self->send(self, go);
	}};
}

} // namespace

void play_local_dispatch(caf::actor_system &system, harness &harness)
{
	caf::anon_send(system.spawn(first_link<2, 8192>, &harness), uint64_t{0});
}

void play_ring503_hop(caf::actor_system &system, harness &harness)
{
	caf::anon_send(system.spawn(first_link<503, 8 * 503>, &harness), uint64_t{0});
}

void play_spawn_exit(caf::actor_system &system, harness &harness)
{
	caf::anon_send(system.spawn(spawner, &harness), go_atom::value);
}
