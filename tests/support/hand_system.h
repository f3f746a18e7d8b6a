/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand system: a system without threads, on the real kernel, whose drivers a test turns by hand: below stage_fixture.h
 * and the world of tests/net/.
 */
#ifndef TESTS_SUPPORT_HAND_SYSTEM_H
#define TESTS_SUPPORT_HAND_SYSTEM_H

#include "actors/system.h"

#include <stdbool.h>
#include <stdint.h>

struct hand_system_options {
	/*
	 * Defaults: 1 driver, 256 MiB for each TPC, the most actors, budget 64. Bounds of drivers, and how long they sleep,
	 * are taken as they are.
	 */
	struct gatio_options options;
	struct gi_tuning tuning;
	uint32_t drivers_per_tpc; /* 0: one TPC */
	uint32_t drivers_per_l3;  /* 0: one L3 group for each TPC */
	uint32_t
	        io_driver_count; /* the first so many run no tasks, the others only tasks; 0: all run both */
};

/* Aborts when it cannot: nothing can be tested then. */
struct gatio_system *hand_system_create(const struct hand_system_options *options);

/* The API means this driver from now on. */
struct gi_stage *hand_system_be(struct gatio_system *system, uint32_t driver_index);

/* What its actors still have is gone with it. */
void hand_system_destroy(struct gatio_system *system);

/* Says what is wrong and aborts unless the condition holds. */
void hand_system_must(bool condition, const char *what);

#endif
