/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drain: what a stop does with all actors of a driver.
 *
 * Thread: the stage's driver.
 */
#ifndef GI_ACTORS_DRAIN_H
#define GI_ACTORS_DRAIN_H

#include "actors/stage.h"

/* Tells those actors without a connection that handle gatio_draining. Between handlers. */
void gi_stage_drain_actors(struct gi_stage *stage, uint64_t deadline_ns);
/* Ends every actor with `reason`. */
void gi_stage_end_all(struct gi_stage *stage, int reason);

#endif
