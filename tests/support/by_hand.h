/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By hand: a system on the real kernel whose drivers a test turns: below scheduler_fixture.h and the world of tests/net/. It
 * is made, called and stopped by the library's own code, with the executor that turns drivers on the calling thread.
 */
#ifndef TESTS_SUPPORT_BY_HAND_H
#define TESTS_SUPPORT_BY_HAND_H

#include "actors/system.h"

#include <stdbool.h>
#include <stdint.h>

struct by_hand_options {
	struct gatio_options options; /* driver_count 0: 1; memory_limit 0: 256 MiB */
	struct gi_tuning tuning;
	uint32_t drivers_per_tpc; /* 0: one TPC */
	uint32_t drivers_per_l3;  /* 0: one L3 group for each TPC */
	uint32_t
	        io_driver_count; /* the first so many run no tasks, the others only tasks; 0: all run both */
};

/* Aborts when it cannot: nothing can be tested then. */
struct gatio_system *by_hand_create(const struct by_hand_options *options);

/* The API means this driver from now on, or none. */
struct gi_scheduler *by_hand_be(struct gatio_system *system, uint32_t driver_index);
void by_hand_be_nobody(void);

/* What its actors still have is gone with it. */
void by_hand_destroy(struct gatio_system *system);

/* Says what is wrong and aborts unless the condition holds. */
void by_hand_must(bool condition, const char *what);

#endif
