/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crowd: actors that do at random what actors can do - send, ask, spawn far away, set and cancel timers, use memory, end -
 * and streams of numbered messages. What they have done is in sums, added in atomics.
 */
#ifndef TESTS_STRESS_CROWD_H
#define TESTS_STRESS_CROWD_H

#include "tests/support/gate.h"

#include "actors/system.h"

#define DRIVER_COUNT 4u
#define WORKER_COUNT 2000u
#define STREAM_COUNT 12u

GATIO_MESSAGE(datum, { uint64_t number; });
GATIO_MESSAGE(wide_datum, { unsigned char filler[150]; });

/* All of the actors' sums. */
struct crowd_sums {
	_Atomic uint64_t sent; /* went in, or was refused with -ESRCH, which is a dead letter too */
	_Atomic uint64_t handled;
	_Atomic uint64_t refused; /* -ENOBUFS: the sender keeps it */
	_Atomic uint64_t odd_errors;
	_Atomic uint64_t asked;
	_Atomic uint64_t answered;
	_Atomic uint64_t abandoned; /* asks whose actor ended first */
	_Atomic uint64_t wrong_answers;
	_Atomic uint64_t spawned;
	_Atomic uint64_t started;
	_Atomic uint64_t ended;
	_Atomic uint64_t ended_twice;
	_Atomic uint64_t late_rings; /* after their cancel */
	_Atomic uint64_t out_of_order;
	_Atomic uint64_t streamed;
};
extern struct crowd_sums sums;

/*
 * The latest of each worker, stale or not.
 *
 * Orderings   told   a store releases the address -> a load acquires it   what it was made from is seen
 */
extern _Atomic uint64_t crowd_addresses[WORKER_COUNT];

/* Opened by each worker that has done all its steps, and at the end of each stream. */
extern struct gate *crowd_done;

void crowd_forget(void);

/* What a send returned goes to its sum. Thread: any. */
void crowd_count_send(int err);

/* Returns how many could not be spawned. Thread: the one that made the system. */
uint32_t crowd_start_workers(struct gatio_system *system, uint32_t steps);
void crowd_start_streams(struct gatio_system *system);

#endif
