/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads: eight producers to one consumer, fork-join, and big. CAF places the actors itself. */
#include <array>
#include <vector>

#include "workloads.hpp"

namespace
{

using go_atom = caf::atom_constant<caf::atom("go")>;
using ping_atom = caf::atom_constant<caf::atom("ping")>;
using pong_atom = caf::atom_constant<caf::atom("pong")>;
using party = std::vector<caf::actor>;

/* Fills a party with so many children; each knows its parent, its number, and what else is said. */
template <class Parent, class Child, class... Rest>
void spawn_party(Parent *self, party &party, uint32_t count, Child child, Rest... rest)
{
	for (uint32_t i = 0; i < count; i++) {
		party.push_back(self->spawn(child, caf::actor{self}, i, rest...));
	}
}

/* ---- Fan-in: 32-byte messages; a producer may have WINDOW on their way, and gets credit for each CREDIT ---- */

namespace fan
{

constexpr uint32_t PRODUCER_COUNT = 8;
constexpr uint32_t WINDOW = 1024;
constexpr uint32_t CREDIT = 128;
constexpr uint64_t MESSAGES_BETWEEN_CLOCKS = 16384;

struct producer_state {
	uint64_t number = 0;
};

caf::behavior producer(caf::stateful_actor<producer_state> *self, const caf::actor &consumer,
                       uint64_t index)
{
	return {[=](uint32_t credit) {
		for (uint32_t i = 0; i < credit; i++) {
			self->send(consumer, index, self->state.number++, uint64_t{0}, uint64_t{0});
		}
	}};
}

struct consumer_state {
	uint64_t received = 0;
	std::array<uint64_t, PRODUCER_COUNT> next_number{};
	party producers;
};

caf::behavior consumer(caf::stateful_actor<consumer_state> *self, harness *harness)
{
	spawn_party(self, self->state.producers, PRODUCER_COUNT, producer);
	for (auto &one : self->state.producers) {
		self->send(one, WINDOW);
	}
	return {[=](uint64_t index, uint64_t number, uint64_t, uint64_t) {
		auto &state = self->state;
		if (state.next_number[index]++ != number) {
			harness::fail("a parcel came out of order");
		}
		if (state.next_number[index] % CREDIT == 0) {
			self->send(state.producers[index], CREDIT);
		}
		if (++state.received % MESSAGES_BETWEEN_CLOCKS == 0) {
			harness->count(state.received);
		}
	}};
}

} // namespace fan

/* ---- Fork-join: one to sixty; a worker may have WINDOW on their way, and gives credit for each CREDIT ---- */

namespace fork
{

constexpr uint32_t WORKER_COUNT = 60;
constexpr uint32_t WINDOW = 64;
constexpr uint32_t CREDIT = 32;
constexpr uint64_t CREDITS_BETWEEN_CLOCKS = 512;

struct worker_state {
	uint64_t handled_count = 0;
};

caf::behavior worker(caf::stateful_actor<worker_state> *self, const caf::actor &forker,
                     uint32_t index)
{
	return {[=](uint64_t) {
		if (++self->state.handled_count % CREDIT == 0) {
			self->send(forker, index);
		}
	}};
}

struct forker_state {
	uint64_t credit_count = 0;
	uint64_t task_count = 0;
	party workers;
};

using forker_actor = caf::stateful_actor<forker_state>;

void hand_out(forker_actor *self, uint32_t worker, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		self->send(self->state.workers[worker], self->state.task_count++);
	}
}

caf::behavior forker(forker_actor *self, harness *harness)
{
	spawn_party(self, self->state.workers, WORKER_COUNT, worker);
	for (uint32_t i = 0; i < WORKER_COUNT; i++) {
		hand_out(self, i, WINDOW);
	}
	return {[=](uint32_t worker) {
		if (++self->state.credit_count % CREDITS_BETWEEN_CLOCKS == 0) {
			harness->count(self->state.credit_count * CREDIT);
		}
		hand_out(self, worker, CREDIT);
	}};
}

} // namespace fork

/* ---- Big: each guest pings another by chance, waits for the pong, and goes on ---- */

namespace big
{

constexpr uint32_t GUEST_COUNT = 120;
constexpr uint32_t PONGS_IN_TALLY = 256;
constexpr uint64_t TALLIES_BETWEEN_CLOCKS = 8;

struct guest_state {
	uint64_t chance = 0; /* xorshift: cheap, and each guest has its own */
	uint64_t pong_count = 0;
	const party *guests = nullptr;
};

using guest_actor = caf::stateful_actor<guest_state>;

void ping_someone(guest_actor *self)
{
	auto &state = self->state;
	state.chance ^= state.chance << 13;
	state.chance ^= state.chance >> 7;
	state.chance ^= state.chance << 17;
	self->send((*state.guests)[state.chance % GUEST_COUNT], ping_atom::value, state.pong_count);
}

/* Cheaper than a response, which the handler would return. */
void answer(guest_actor *self, uint64_t number)
{
	auto asker = caf::actor_cast<caf::actor>(self->current_sender());
	self->send(asker, pong_atom::value, number);
}

/* The party is filled before the first guest is told to go, and never changes then. */
caf::behavior guest(guest_actor *self, const caf::actor &host, uint64_t index, const party *guests)
{
	self->state.guests = guests;
	self->state.chance = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return {[=](ping_atom, uint64_t number) { answer(self, number); },
	        [=](pong_atom, uint64_t) {
		        if (++self->state.pong_count % PONGS_IN_TALLY == 0) {
			        self->send(host, PONGS_IN_TALLY);
		        }
		        ping_someone(self);
	        },
	        [=](go_atom) { ping_someone(self); }};
}

struct host_state {
	uint64_t tally_count = 0;
	party guests;
};

caf::behavior host(caf::stateful_actor<host_state> *self, harness *harness)
{
	auto &guests = self->state.guests;
	spawn_party(self, guests, GUEST_COUNT, guest, &guests);
	for (auto &one : guests) {
		self->send(one, go_atom::value);
	}
	return {[=](uint32_t pong_count) {
		if (++self->state.tally_count % TALLIES_BETWEEN_CLOCKS == 0) {
			harness->count(self->state.tally_count * pong_count);
		}
	}};
}

} // namespace big

} // namespace

void play_fanin8(caf::actor_system &system, harness &harness)
{
	system.spawn(fan::consumer, &harness);
}

void play_fjthrput(caf::actor_system &system, harness &harness)
{
	system.spawn(fork::forker, &harness);
}

void play_big(caf::actor_system &system, harness &harness)
{
	system.spawn(big::host, &harness);
}
