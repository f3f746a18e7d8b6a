/* SPDX-License-Identifier: Apache-2.0 */
/* Place: the driver that was named, or the least loaded of those that come into question. */
#include "actors/place.h"
#include "actors/life.h"

#include "base/assert.h"

#include <errno.h>

/*
 * How loaded a driver is for an actor of a class: by actors of that class, of equals by all actors. So urgent actors
 * spread over the drivers whatever else runs there. Those on their way count, or one handler's spawns would all go the
 * same way.
 */
static uint64_t load_of(const struct gatio_system *system, uint32_t driver,
                        enum gi_work_class class)
{
	struct gi_scheduler *scheduler = system->schedulers[driver];
	uint64_t of_class = 0;
	uint64_t of_all = 0;
	for (uint32_t i = 0; i < GI_WORK_CLASS_COUNT; i++) {
		/* Relaxed: a hint; two spawners at once may choose the same driver. */
		uint64_t load = gi_load_relaxed(&scheduler->counters.loads[i]) +
		                gi_load_relaxed(&scheduler->coming[i]);
		of_all += load;
		of_class = i == class ? load : of_class;
	}
	return of_class << 32 | of_all;
}

/* For whom a driver is chosen, and which come into question, if they run tasks. */
struct choice {
	const struct gatio_system *system;
	enum gi_work_class class;
	uint32_t start; /* of equals the first from here on, so that idle drivers fill evenly */
	enum { OF_ALL, OF_TPC, OF_L3 } scope;
	uint32_t tpc_index; /* for OF_TPC, and OF_L3: groups are numbered in their TPC */
	uint32_t l3_index;
};

static bool is_in_scope(const struct choice *choice, const struct gi_plan_driver *driver)
{
	switch (choice->scope) {
	case OF_L3:
		return driver->tpc_index == choice->tpc_index &&
		       driver->l3_index == choice->l3_index;
	case OF_TPC:
		return driver->tpc_index == choice->tpc_index;
	case OF_ALL:
	default:
		return true;
	}
}

static int choose_least_loaded(const struct choice *choice, uint32_t *out_driver)
{
	const struct gi_plan *plan = choice->system->plan;
	gi_assert(choice->start < plan->driver_count);
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; i < plan->driver_count; i++) {
		uint32_t driver = (choice->start + i) % plan->driver_count;
		if (!gi_place_runs_tasks(choice->system, driver) ||
		    !is_in_scope(choice, &plan->drivers[driver])) {
			continue;
		}
		uint64_t load = load_of(choice->system, driver, choice->class);
		if (load < least) {
			least = load;
			*out_driver = driver;
		}
	}
	return least == UINT64_MAX ? -EINVAL : 0;
}

static int choose_of_tpc(struct choice *choice, uint32_t tpc_index, uint32_t *out_driver)
{
	choice->scope = OF_TPC;
	choice->tpc_index = tpc_index;
	return choose_least_loaded(choice, out_driver);
}

/* Of the same L3 group first; if nobody runs tasks there, of the same TPC. */
static int choose_near(struct choice *choice, struct gatio_address address, uint32_t *out_driver)
{
	const struct gi_plan *plan = choice->system->plan;
	uint32_t driver = gi_address_driver(address.bits);
	if (gi_address_system(address.bits) != choice->system->id || driver >= plan->driver_count) {
		return -EINVAL;
	}
	choice->start = driver;
	choice->scope = OF_L3;
	choice->tpc_index = plan->drivers[driver].tpc_index;
	choice->l3_index = plan->drivers[driver].l3_index;
	return choose_least_loaded(choice, out_driver) == 0
	               ? 0
	               : choose_of_tpc(choice, choice->tpc_index, out_driver);
}

static int take_named(const struct gatio_system *system, uint32_t driver, uint32_t *out_driver)
{
	if (driver >= system->plan->driver_count || !gi_place_runs_tasks(system, driver)) {
		return -EINVAL;
	}
	*out_driver = driver;
	return 0;
}

int gi_place_choose(const struct gatio_system *system, const struct gi_spawner *spawner,
                    const struct gatio_place *place, uint32_t *out_driver)
{
	const struct gi_scheduler *here = spawner->here;
	struct choice choice = {.system = system,
	                        .class = gi_class_of(spawner->behavior->priority),
	                        .start = here ? here->index : 0,
	                        .scope = OF_ALL};
	switch (place->kind) {
	case GATIO_PLACE_DRIVER:
		return take_named(system, place->index, out_driver);
	case GATIO_PLACE_HERE:
		/* Outside there is no here, and a driver that runs no tasks is none to stay on: anywhere. */
		if (here && take_named(system, here->index, out_driver) == 0) {
			return 0;
		}
		return choose_least_loaded(&choice, out_driver);
	case GATIO_PLACE_TPC:
		return choose_of_tpc(&choice, place->index, out_driver);
	case GATIO_PLACE_NEAR:
		return here ? choose_near(&choice, place->near, out_driver)
		            : choose_least_loaded(&choice, out_driver);
	case GATIO_PLACE_ANYWHERE:
		return choose_least_loaded(&choice, out_driver);
	default:
		return -EINVAL;
	}
}
