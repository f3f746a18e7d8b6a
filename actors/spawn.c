/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn: made here, or on its way to another driver. */
#include "actors/spawn.h"
#include "actors/credit.h"
#include "actors/life.h"
#include "actors/log.h"
#include "actors/message.h"
#include "actors/place.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/send.h"

#include <errno.h>
#include <string.h>

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
	gi_assert(target != scheduler);
	if (is_at_limit(target)) {
		return -ENOMEM;
	}
	if (!gi_credit_is_left(scheduler, target)) {
		return -ENOBUFS;
	}
	if (!gi_route_open(scheduler->driver, target->index)) {
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
	gi_driver_send_boxed(scheduler->driver, target->index, boxed, *out_address,
	                     GI_PASS_POINTER);
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
	if (gi_unlikely(place.kind != GATIO_PLACE_HERE ||
	                !gi_place_runs_tasks(scheduler->system, scheduler->index) ||
	                !gi_behavior_is_ready(behavior) || scheduler->is_closed)) {
		return spawn_unusual(scheduler, place, behavior, state);
	}
	uint64_t address = 0;
	int err = spawn_here(scheduler, behavior, state, &address);
	return address_of(err, address);
}
