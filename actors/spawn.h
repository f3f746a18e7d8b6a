/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spawn: where a new actor is to live, and its way there.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_SPAWN_H
#define GI_ACTORS_SPAWN_H

#include "actors/system.h"

/* Who spawns what. */
struct gi_spawner {
	const struct gi_scheduler *here; /* NULL: outside */
	const struct gatio_behavior *behavior;
};

/* The driver on which a new actor is to live. Error: -EINVAL. */
int gi_place_choose(const struct gatio_system *system, const struct gi_spawner *spawner,
                    const struct gatio_place *place, uint32_t *out_driver);

/* For a behaviour without a table yet: one of a library that was loaded later. Error: as gi_types_check(), logged. */
int gi_spawn_prepare(const struct gatio_system *system, struct gatio_behavior *behavior);

#endif
