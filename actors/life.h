/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life: an actor is born in a registry slot and ends with everything it owns.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_LIFE_H
#define GI_ACTORS_LIFE_H

#include "actors/scheduler.h"

/* The run queue of a priority. */
enum gi_work_class gi_class_of(enum gatio_priority priority);

/*
 * Make an actor with an address that its creator has taken. NULL: memory or actors at their limit, or the scheduler is
 * closed; then the address names nobody for good.
 */
struct gi_actor *gi_actor_create(struct gi_scheduler *scheduler, struct gatio_behavior *behavior,
                                 const void *state, uint64_t address);

/* End it now: ended(), then everything that is its own. */
void gi_actor_end(struct gi_scheduler *scheduler, struct gi_actor *actor, int reason);

#endif
