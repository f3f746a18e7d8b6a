/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some drivers with their schedulers, without threads: a test turns them by hand, in the order it wants.
 *
 * Between turns the test can act as a driver (scheduler_fixture_be): then it spawns and sends like code that runs there,
 * as nobody.
 */
#ifndef TESTS_SUPPORT_SCHEDULER_FIXTURE_H
#define TESTS_SUPPORT_SCHEDULER_FIXTURE_H

#include "actors/system.h"

#include <stdint.h>

struct scheduler_fixture_options {
	uint32_t driver_count;
	uint32_t drivers_per_tpc;  /* 0: one TPC */
	uint32_t drivers_per_l3;   /* 0: one L3 group for each TPC */
	uint32_t io_driver_count;  /* the first so many run no tasks */
	uint64_t memory_limit;     /* of each TPC; 0: 256 MiB */
	uint32_t actor_count_max;  /* 0: the most */
	uint32_t mailbox_slots;    /* 0: 16 */
	uint32_t outbox_count_max; /* 0: 64 */
	uint32_t budget;           /* 0: 64 */
};

struct scheduler_fixture {
	struct gatio_system *system;
	uint64_t used_at_start[8]; /* of each heap */
	void **filling[8]; /* blocks of scheduler_fixture_fill(), linked through their first word */
};

/* Aborts when it cannot: nothing can be tested then. */
void scheduler_fixture_open(struct scheduler_fixture *fixture,
                            const struct scheduler_fixture_options *options);

/* Ends all actors with -ESHUTDOWN, lets them settle, and gives everything back. */
void scheduler_fixture_close(struct scheduler_fixture *fixture);

struct gi_scheduler *scheduler_fixture_scheduler(struct scheduler_fixture *fixture, uint32_t index);

/* The API means this driver from now on. */
struct gi_scheduler *scheduler_fixture_be(struct scheduler_fixture *fixture, uint32_t index);

/* One turn of one driver. Returns what it did. */
uint32_t scheduler_fixture_turn(struct scheduler_fixture *fixture, uint32_t index);

/* All drivers in rounds, until several rounds did nothing. Leaves driver 0 as the one that the API means. */
void scheduler_fixture_settle(struct scheduler_fixture *fixture);

/* Bytes in blocks of this driver's heap, beyond what there was at the start. Foreign blocks go home first. */
int64_t scheduler_fixture_used(struct scheduler_fixture *fixture, uint32_t index);

/* Take all memory that this driver's heap can get, but for the reserve; and give it back. */
void scheduler_fixture_fill(struct scheduler_fixture *fixture, uint32_t index);
void scheduler_fixture_unfill(struct scheduler_fixture *fixture, uint32_t index);

struct gatio_counters scheduler_fixture_counters(struct scheduler_fixture *fixture, uint32_t index);
uint64_t scheduler_fixture_dead_letters(struct scheduler_fixture *fixture);

#endif
