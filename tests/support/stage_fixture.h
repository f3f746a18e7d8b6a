/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some drivers with their stages, without threads: a test turns them by hand, in the order it wants.
 *
 * Between turns the test can act as a driver (stage_fixture_be): then it spawns and sends like code that runs there,
 * as nobody.
 */
#ifndef TESTS_SUPPORT_STAGE_FIXTURE_H
#define TESTS_SUPPORT_STAGE_FIXTURE_H

#include "actors/system.h"

#include <stdint.h>

struct stage_fixture_options {
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

struct stage_fixture {
	struct gatio_system *system;
	uint64_t used_at_start[8]; /* of each heap */
	void **filling[8]; /* blocks of stage_fixture_fill(), linked through their first word */
};

/* Aborts when it cannot: nothing can be tested then. */
void stage_fixture_open(struct stage_fixture *fixture, const struct stage_fixture_options *options);

/* Ends all actors with -ESHUTDOWN, lets them settle, and gives everything back. */
void stage_fixture_close(struct stage_fixture *fixture);

struct gi_stage *stage_fixture_stage(struct stage_fixture *fixture, uint32_t index);

/* The API means this driver from now on. */
struct gi_stage *stage_fixture_be(struct stage_fixture *fixture, uint32_t index);

/* One turn of one driver. Returns what it did. */
uint32_t stage_fixture_turn(struct stage_fixture *fixture, uint32_t index);

/* All drivers in rounds, until several rounds did nothing. Leaves driver 0 as the one that the API means. */
void stage_fixture_settle(struct stage_fixture *fixture);

/* Bytes in blocks of this driver's heap, beyond what there was at the start. Foreign blocks go home first. */
int64_t stage_fixture_used(struct stage_fixture *fixture, uint32_t index);

/* Take all memory that this driver's heap can get, but for the reserve; and give it back. */
void stage_fixture_fill(struct stage_fixture *fixture, uint32_t index);
void stage_fixture_unfill(struct stage_fixture *fixture, uint32_t index);

struct gatio_counters stage_fixture_counters(struct stage_fixture *fixture, uint32_t index);
uint64_t stage_fixture_dead_letters(struct stage_fixture *fixture);

#endif
