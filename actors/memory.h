/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the blocks that an actor has of gatio_alloc().
 *
 * Thread: the stage's driver.
 */
#ifndef GI_ACTORS_MEMORY_H
#define GI_ACTORS_MEMORY_H

#include "actors/stage.h"

/* They go with their actor. */
void gi_memory_end(struct gi_stage *stage, struct gi_actor *actor);

#endif
