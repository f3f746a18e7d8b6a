/* SPDX-License-Identifier: Apache-2.0 */
/*
 * World: a system for tests of net/, on the real kernel and loopback, with rings and buffers as small as a test wants.
 * Its drivers are turned by hand and its clock stands still until the test moves it (tests/support/manual_clock.h).
 */
#ifndef TESTS_NET_WORLD_H
#define TESTS_NET_WORLD_H

#include "actors/system.h"
#include "net/arrival.h"
#include "net/life.h"
#include "net/listener.h"
#include "net/output.h"

#include <CUnit/CUnit.h>

struct world_options {
	uint32_t driver_count;    /* 0: 1 */
	uint32_t io_driver_count; /* the first so many run no tasks */
	uint32_t tpc_count;       /* 0: 1; drivers are shared out evenly */
	uint32_t io_count_max;    /* 0: 4096 */
	uint64_t memory_limit;    /* of each TPC; 0: 256 MiB */
	uint32_t actor_count_max;
	struct gi_tuning tuning;
};

struct world {
	struct gatio_system *system;
	uint32_t fd_count_before;
	char log[4096]; /* all lines since the last world_forget_log() */
	bool is_cut;
};

/* Each arming of a receive, of all worlds. */
extern uint32_t world_receives_armed;
/* Receives and sends that are prepared now do not wait: the kernel says -EAGAIN. */
extern bool world_would_block;

/* Aborts when it cannot: nothing can be tested then. */
void world_open(struct world *world, const struct world_options *options);

/* Cuts what is open, asserts that everything is given back: connections, buffers, descriptors. */
void world_close(struct world *world);

/* Destroys the system as it is: with its connections, as after a cut that had no time. */
void world_abandon(struct world *world);

/* One turn of each driver. */
void world_turn(struct world *world);
void world_turns(struct world *world, uint32_t count);

/* Turns until nothing has happened for a while, in the kernel's workers neither. */
void world_settle(struct world *world);

/* Turns as often again, and asserts that no driver enters the kernel: nobody tries something in vain. */
void world_assert_quiet(struct world *world);

/* The parts that a stop consists of (actors/run.c); the test turns between them. */
void world_drain(struct world *world, uint64_t deadline_ns);
void world_cut(struct world *world);

/* The actor API means this driver from now on, as code that runs there as nobody. */
struct gi_scheduler *world_be(struct world *world, uint32_t driver_index);

/* Opens a port with the scripted behaviour (actors.h); returns its address, static, or aborts. */
const char *world_listen(struct world *world, const struct gatio_port_options *options);

/* Sums over drivers. */
struct gatio_net_counters world_counters(const struct world *world);
/* Is it turned on epoll? There a completion queue never overflows: what has no room there is not begun. */
bool world_is_epoll(const struct world *world);
/* The completion queue was full. On epoll there is nothing to see of that: what has no room there is not begun. */
bool world_has_overflowed(const struct world *world);
uint32_t world_buffers_held(const struct world *world);

/* Connections and listeners whose end is still to come, as the drain counts them. */
uint64_t world_open_count(const struct world *world);

/* The oldest open connection of a driver, or NULL. */
struct gi_connection *world_connection(const struct world *world, uint32_t driver_index);

void world_forget_log(struct world *world);
uint32_t world_fd_count(void);

/* Has real time run out for what is waited for? Starts with the first call after a success. */
bool world_is_late(bool has_come);

/* Turns until the condition holds, for at most ten seconds; then it is asserted. */
#define WORLD_UNTIL(world_, condition_)                                                            \
	do {                                                                                       \
		while (!(condition_) && !world_is_late(false)) {                                   \
			world_turn(world_);                                                        \
		}                                                                                  \
		(void)world_is_late(true);                                                         \
		CU_ASSERT(condition_);                                                             \
	} while (0)

#endif
