/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: functions that run on drivers for threads that are none.
 *
 * A call (Seastar: submit_to) goes into the mailbox from outside, so it comes after what was sent there before. Whether
 * the system stops is looked at under the lock of that mailbox: all calls come before the first call of the stop, and
 * none comes to a driver that does not turn any more.
 */
#ifndef GI_ACTORS_CALLS_H
#define GI_ACTORS_CALLS_H

#include "actors/message.h"
#include "actors/system.h"

/*
 * Run a function on one driver, or on all, and wait until it has returned there: while a mailbox is full, and as long as
 * a driver is stuck. Thread: none of a driver. Error: -ESHUTDOWN, and it has run on none: who calls may free what the
 * call would have told of.
 */
int gi_system_submit(struct gatio_system *system, uint32_t driver_index,
                     const struct gi_call *call);
int gi_system_submit_all(struct gatio_system *system, const struct gi_call *call);

/*
 * A call of the stop on all drivers, for which its thread waits as it likes.
 *
 * Orderings   returned   each driver subtracts itself from left -> its caller acquires it   what the call did is seen
 */
struct gi_broadcast {
	struct gi_call call;
	struct gatio_system *system;
	uint32_t sent_count;
	/* A bit for each driver that has it in its mailbox. */
	uint64_t is_sent[(GI_DRIVER_COUNT_MAX + 63) / 64];
	_Atomic uint32_t left;
};

/* keeps `broadcast` until it has returned. */
void gi_broadcast_begin(struct gi_broadcast *broadcast, struct gatio_system *system,
                        const struct gi_call *call);
/* Offers again what a full mailbox refused. The system's call_fd is raised when it becomes true. */
bool gi_broadcast_has_returned(struct gi_broadcast *broadcast);

#endif
