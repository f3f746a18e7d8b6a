/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new actor is to live, and its way there. */
#include "actors/spawn.h"
#include "actors/credit.h"
#include "actors/life.h"
#include "actors/log.h"
#include "actors/message.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/send.h"

#include <errno.h>
#include <string.h>

static bool runs_tasks(const struct gi_plan_driver *driver)
{
	return driver->role != GI_ROLE_IO;
}

static bool runs_tasks_here(const struct gi_scheduler *here)
{
	return runs_tasks(&here->system->plan->drivers[here->index]);
}

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

/* Which drivers count as near: compared to a driver, or all of a TPC, or all. And for whom. */
struct near {
	const struct gi_plan *plan;
	enum gi_work_class class;
	enum { NEAR_L3, NEAR_TPC, NEAR_ANY } distance;
	const struct gi_plan_driver *to; /* for NEAR_L3 */
	uint32_t tpc_index;              /* for NEAR_TPC */
};

static bool is_near(const struct near *near, const struct gi_plan_driver *driver)
{
	switch (near->distance) {
	case NEAR_L3:
		return driver->l3_index == near->to->l3_index &&
		       driver->tpc_index == near->to->tpc_index;
	case NEAR_TPC:
		return driver->tpc_index == near->tpc_index;
	case NEAR_ANY:
	default:
		return true;
	}
}

/* The least loaded; of equals the one after `start`, so that idle drivers fill evenly. */
static bool choose_least(const struct gatio_system *system, const struct near *near, uint32_t start,
                         uint32_t *out_driver)
{
	uint32_t count = system->plan->driver_count;
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t driver = (start + i) % count;
		const struct gi_plan_driver *planned = &system->plan->drivers[driver];
		if (!runs_tasks(planned) || !is_near(near, planned)) {
			continue;
		}
		uint64_t load = load_of(system, driver, near->class);
		if (load < least) {
			least = load;
			*out_driver = driver;
		}
	}
	return least != UINT64_MAX;
}

static int choose_near(const struct gatio_system *system, struct near *near,
                       struct gatio_address address, uint32_t *out_driver)
{
	uint32_t driver = gi_address_driver(address.bits);
	if (gi_address_system(address.bits) != system->id || driver >= system->plan->driver_count) {
		return -EINVAL;
	}
	const struct gi_plan_driver *to = &system->plan->drivers[driver];
	near->distance = NEAR_L3;
	near->to = to;
	if (choose_least(system, near, driver, out_driver)) {
		return 0;
	}
	near->distance = NEAR_TPC;
	near->tpc_index = to->tpc_index;
	return choose_least(system, near, driver, out_driver) ? 0 : -EINVAL;
}

int gi_place_choose(const struct gatio_system *system, const struct gi_spawner *spawner,
                    const struct gatio_place *place, uint32_t *out_driver)
{
	const struct gi_plan *plan = system->plan;
	const struct gi_scheduler *here = spawner->here;
	struct near near = {.plan = plan,
	                    .class = gi_class_of(spawner->behavior->priority),
	                    .distance = NEAR_ANY,
	                    .tpc_index = place->index};
	uint32_t start = here ? here->index : 0;
	switch (place->kind) {
	case GATIO_PLACE_HERE:
		if (here && runs_tasks_here(here)) {
			*out_driver = here->index;
			return 0;
		}
		break;
	case GATIO_PLACE_DRIVER:
		if (place->index >= plan->driver_count ||
		    !runs_tasks(&plan->drivers[place->index])) {
			return -EINVAL;
		}
		*out_driver = place->index;
		return 0;
	case GATIO_PLACE_TPC:
		if (place->index >= plan->tpc_count) {
			return -EINVAL;
		}
		near.distance = NEAR_TPC;
		break;
	case GATIO_PLACE_NEAR:
		if (here) {
			return choose_near(system, &near, place->near, out_driver);
		}
		break;
	case GATIO_PLACE_ANYWHERE:
		break;
	default:
		return -EINVAL;
	}
	return choose_least(system, &near, start, out_driver) ? 0 : -EINVAL;
}

/* Its actors and those on their way, as far as is known here: who comes too late for the last place ends there. */
static bool is_at_limit(const struct gi_scheduler *target)
{
	uint64_t count = gi_load_relaxed(&target->counters.alive);
	for (uint32_t i = 0; i < GI_WORK_CLASS_COUNT; i++) {
		count += gi_load_relaxed(&target->coming[i]);
	}
	return count >= target->actor_count_max;
}

/* What may be refused comes first: a slot that is taken has an actor, or comes back from the other driver. */
static int prepare_spawn(struct gi_scheduler *scheduler, struct gi_scheduler *target,
                         size_t state_size, struct gi_message **out_boxed)
{
	if (is_at_limit(target)) {
		return -ENOMEM;
	}
	if (!gi_credit_is_left(scheduler, target)) {
		return -ENOBUFS;
	}
	if (!gi_route_open(scheduler->driver, target->index, false)) {
		return -ENOMEM;
	}
	*out_boxed = gi_message_box(scheduler, 0, sizeof(struct gi_spawn) + state_size);
	return *out_boxed ? 0 : -ENOMEM;
}

static int spawn_there(struct gi_scheduler *scheduler, struct gi_scheduler *target,
                       struct gatio_behavior *behavior, const void *state, uint64_t *out_address)
{
	struct gi_message *boxed;
	int err = prepare_spawn(scheduler, target, behavior->state_size, &boxed);
	if (err) {
		return err;
	}
	err = gi_slot_take(&target->slots, out_address);
	if (err) {
		gi_heap_free(scheduler->driver->heap, boxed);
		return err;
	}
	struct gi_spawn *spawn = (void *)boxed->payload;
	spawn->behavior = behavior;
	spawn->address = *out_address;
	spawn->sender_index = scheduler->index;
	if (behavior->state_size > 0) {
		memcpy(spawn->state, state, behavior->state_size);
	}
	enum gi_work_class class = gi_class_of(behavior->priority);
	gi_fetch_add_relaxed(&target->coming[class], 1); /* a hint for placement */
	gi_census_add(&scheduler->census, behavior, 1);  /* on its way */
	gi_credit_take(scheduler, target);
	/* A spawn is the system's: messages to the new address may be on their way already. */
	boxed->kind = GI_KIND_SPAWN;
	boxed->flags = GI_MESSAGE_BOXED;
	gi_driver_send_boxed(scheduler->driver, target->index, boxed, *out_address, GI_WAY_POINTER);
	return 0;
}

static inline int spawn_here(struct gi_scheduler *scheduler, struct gatio_behavior *behavior,
                             const void *state, uint64_t *out_address)
{
	uint64_t address;
	int err = gi_slot_take_own(&scheduler->slots, &address);
	if (err) {
		return err;
	}
	if (!gi_actor_create(scheduler, behavior, state, address)) {
		return -ENOMEM;
	}
	*out_address = address;
	return 0;
}

int gi_spawn_prepare(const struct gatio_system *system, struct gatio_behavior *behavior)
{
	char why[768] = "no memory for the table of a behaviour";
	int err = gi_behavior_prepare(behavior, why, sizeof(why));
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "%s cannot be spawned: %s", behavior->name, why);
	}
	return err;
}

static int spawn(struct gi_scheduler *scheduler, uint32_t driver, struct gatio_behavior *behavior,
                 const void *state, uint64_t *out_address)
{
	if (gi_unlikely(!gi_behavior_is_ready(behavior))) {
		int late = gi_spawn_prepare(scheduler->system, behavior);
		if (late) {
			return late;
		}
	}
	if (scheduler->is_closed) {
		return -ESHUTDOWN;
	}
	if (driver == scheduler->index) {
		return spawn_here(scheduler, behavior, state, out_address);
	}
	return spawn_there(scheduler, scheduler->system->schedulers[driver], behavior, state,
	                   out_address);
}

static struct gatio_address address_of(int err, uint64_t address)
{
	return err ? gi_address_failed(err) : (struct gatio_address){.bits = address};
}

/* All but the usual spawn. */
static __attribute__((noinline)) struct gatio_address spawn_unusual(struct gi_scheduler *scheduler,
                                                                    struct gatio_place place,
                                                                    struct gatio_behavior *behavior,
                                                                    const void *state)
{
	uint32_t driver = 0;
	uint64_t address = 0;
	struct gi_spawner spawner = {.here = scheduler, .behavior = behavior};
	int err = gi_place_choose(scheduler->system, &spawner, &place, &driver);
	if (!err) {
		err = spawn(scheduler, driver, behavior, state, &address);
	}
	return address_of(err, address);
}

struct gatio_address gatio_actor_spawn(struct gatio_place place, struct gatio_behavior *behavior,
                                       const void *state)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_spawn");
	/* An actor that lives where it is spawned pays for no choice of a driver. */
	if (gi_unlikely(place.kind != GATIO_PLACE_HERE || !runs_tasks_here(scheduler) ||
	                !gi_behavior_is_ready(behavior) || scheduler->is_closed)) {
		return spawn_unusual(scheduler, place, behavior, state);
	}
	uint64_t address = 0;
	int err = spawn_here(scheduler, behavior, state, &address);
	return address_of(err, address);
}
