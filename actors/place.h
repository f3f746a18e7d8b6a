/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Place: on which driver a new actor is to live.
 *
 * Loads are read relaxed: two who spawn at once may choose the same driver.
 *
 * Thread: any.
 */
#ifndef GI_ACTORS_PLACE_H
#define GI_ACTORS_PLACE_H

#include "actors/system.h"

/* Who spawns what. */
struct gi_spawner {
	const struct gi_scheduler *here; /* NULL: outside */
	const struct gatio_behavior *behavior;
};

/* An actor may live on this driver: its role is not I/O alone. */
static inline bool gi_place_runs_tasks(const struct gatio_system *system, uint32_t driver)
{
	return system->plan->drivers[driver].role != GI_ROLE_IO;
}

/* The driver that `place` means to this spawner; it runs tasks. Error: -EINVAL there is none. */
int gi_place_choose(const struct gatio_system *system, const struct gi_spawner *spawner,
                    const struct gatio_place *place, uint32_t *out_driver);

#endif
