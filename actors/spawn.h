/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spawn: a new actor is made here, or sent to the driver where it is to live.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_SPAWN_H
#define GI_ACTORS_SPAWN_H

#include "actors/system.h"

/* For a behaviour without a table yet: one of a library that was loaded later. Error: as gi_types_check(), logged. */
int gi_spawn_prepare(const struct gatio_system *system, struct gatio_behavior *behavior);

#endif
