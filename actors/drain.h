/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drain: what a stop does with all actors of a driver.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_DRAIN_H
#define GI_ACTORS_DRAIN_H

#include "actors/scheduler.h"

/* Tells those actors without a connection that handle gatio_draining. Between handlers. */
void gi_scheduler_drain_actors(struct gi_scheduler *scheduler, uint64_t deadline_ns);
/* Ends every actor with `reason`. */
void gi_scheduler_end_all(struct gi_scheduler *scheduler, int reason);

#endif
