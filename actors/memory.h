/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the blocks that an actor has of gatio_alloc().
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_MEMORY_H
#define GI_ACTORS_MEMORY_H

#include "actors/scheduler.h"

/* They go with their actor. */
void gi_memory_end(struct gi_scheduler *scheduler, struct gi_actor *actor);

#endif
