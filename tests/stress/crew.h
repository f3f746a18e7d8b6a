/* SPDX-License-Identifier: Apache-2.0 */
/* Crew: the drivers of one group on threads of their own, for the stress suites of drivers/. */
#ifndef TESTS_STRESS_CREW_H
#define TESTS_STRESS_CREW_H

#include "drivers/driver.h"
#include "drivers/outside.h"
#include "topology/arena.h"

enum {
	CREW_MAX = 12,
	CREW_KIND = 16,
};

struct crew_options {
	uint32_t driver_count;
	bool spin_allowed;
	uint32_t pinned_cpu; /* of driver 0, if pins */
	bool pins;
	void (*deliver)(void *context, struct gi_message *message); /* the context is the driver */
};

struct crew {
	struct gi_driver_group group;
	struct gi_driver *drivers[CREW_MAX];
	struct gi_arena *arena;
	uint32_t started_count;
};

/*
 * Rings as small as they can be, sleeps without bound: a wake-up that is lost hangs, and the alarm ends the program.
 * Asserts that all can be made; returns the first error of a start, with those before it waiting to go.
 */
int crew_start(struct crew *crew, const struct crew_options *options);

/* Wait until all threads have ended. */
void crew_join(struct crew *crew);
void crew_destroy(struct crew *crew);

/* From outside; waits for room. */
void crew_send(struct crew *crew, uint32_t to, uint32_t type, uint64_t value);

/* This program has so many seconds left. */
void crew_alarm(unsigned seconds);

#endif
