/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growth: workloads of an exact number of messages, to be run under an instrument that counts (count.py).
 *
 * Nothing here looks at a clock. Whoever counts runs a workload twice, the second time with twice as many messages; the
 * difference, divided by their number, has neither start nor stop in it.
 */
#ifndef BENCH_GROWTH_GROWTH_H
#define BENCH_GROWTH_GROWTH_H

#include <gatio/gatio.h>

/* Constant once main() has read its arguments. */
struct growth {
	uint32_t driver_count;
	uint32_t count;         /* of actors alive, or of pairs that talk */
	uint64_t message_count; /* in all; the workload rounds it up to whole rounds */
};
extern struct growth growth;

struct growth_workload {
	const char *name;
	const char *help;
	/* The first actor, on driver 0, its state all zero. It gets growth_go, and says growth_finish() when all is done. */
	struct gatio_behavior *first;
	/* Instead of an actor: 0, or a negative errno and growth_fail() has said why. Returns before the system's end. */
	int (*run)(struct gatio_system *system);
	bool serves;      /* run() leaves the system to SIGTERM */
	bool small_pages; /* resident memory is what has been touched, not the huge pages around it */
};

/* Ends with one without a name. */
extern const struct growth_workload growth_workloads[];

GATIO_MESSAGE(growth_go, { uint32_t round; });

/* Thread: a driver. */
void growth_finish(void);

/* Said on stderr; the program ends with 1. Thread: any. */
void growth_fail(struct gatio_system *system, int err, const char *what);

/* Send an actor growth_go from the main thread. Error: as gatio_outside_send. */
int growth_start(struct gatio_system *system, struct gatio_address actor, uint32_t round);

/*
 * Spawn some of growth.count actors that stay, and send the caller growth_go to go on in another turn. Returns whether
 * they are complete, or this has failed. players: room for all of their addresses, or NULL. Thread: a driver.
 */
bool growth_populate(uint32_t *spawned_count, struct gatio_address *players);

GATIO_DECLARE_SHARED_BEHAVIOR(growth_local);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_everyone);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_lives);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_one_pair);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_all_pairs);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_around);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_spread);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_gather);
GATIO_DECLARE_SHARED_BEHAVIOR(growth_chain);
int growth_idle(struct gatio_system *system);
int growth_mesh(struct gatio_system *system);
int growth_echo(struct gatio_system *system);

#endif
