/* SPDX-License-Identifier: Apache-2.0 */
/* Life: an actor is made, and ends with everything that is its own. */
#include "actors/life.h"
#include "actors/alarm.h"
#include "actors/ask.h"
#include "actors/dead.h"
#include "actors/halt.h"
#include "actors/inbox.h"
#include "actors/memory.h"
#include "actors/message.h"
#include "actors/registry.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

enum gi_work_class gi_class_of(enum gatio_priority priority)
{
	switch (priority) {
	case GATIO_URGENT:
		return GI_WORK_URGENT;
	case GATIO_BACKGROUND:
		return GI_WORK_BACKGROUND;
	case GATIO_NORMAL:
	default:
		return GI_WORK_NORMAL;
	}
}

static struct gi_actor *alloc_actor(struct gi_scheduler *scheduler,
                                    const struct gatio_behavior *behavior)
{
	if (scheduler->is_cut || scheduler->alive_count >= scheduler->actor_count_max) {
		return NULL;
	}
	return gi_heap_alloc(scheduler->driver->heap,
	                     sizeof(struct gi_actor) + behavior->state_size);
}

struct gi_actor *gi_actor_create(struct gi_scheduler *scheduler, struct gatio_behavior *behavior,
                                 const void *state, uint64_t address)
{
	struct gi_actor *actor = alloc_actor(scheduler, behavior);
	if (!actor) {
		gi_registry_skip(scheduler, address);
		return NULL;
	}
	*actor = (struct gi_actor){
	        .work = {.run = scheduler->run, .class = (uint8_t)gi_class_of(behavior->priority)},
	        .behavior = behavior,
	        .address = address,
	        .is_starting = behavior->started != NULL,
	};
	if (behavior->state_size > 0) {
		memcpy(actor->state, state, behavior->state_size);
	}
	gi_registry_add(scheduler, actor);
	if (actor->is_starting) {
		gi_work_push(&scheduler->driver->ready, &actor->work);
	}
	gi_count(&scheduler->counters.spawned, 1);
	gi_census_add(&scheduler->census, behavior, 1);
	return actor;
}

static void drop_inbox(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	struct gi_message *message;
	while ((message = gi_inbox_pop(actor))) {
		if (message->kind == GI_KIND_CANCELLED) {
			gi_driver_free(scheduler->driver, message);
		} else {
			gi_dead_boxed(scheduler, message, -ESRCH);
		}
	}
}

/* The work of an actor that ended while it was queued. */
static bool free_ended(struct gi_work *work, void *context)
{
	struct gi_scheduler *scheduler = context;
	gi_heap_free(scheduler->driver->heap, gi_container_of(work, struct gi_actor, work));
	return false;
}

void gi_actor_end(struct gi_scheduler *scheduler, struct gi_actor *actor, int reason)
{
	gi_assert(scheduler->actor != actor);
	actor->is_ending = true;
	if (actor->behavior->ended) {
		gi_scheduler_enter(scheduler, actor);
		actor->behavior->ended(actor->state, reason);
		gi_scheduler_leave(scheduler);
	}
	/* Its code has run. Before anyone is told: who hears of the end may unload it. */
	gi_census_add(&scheduler->census, actor->behavior, (uint32_t)-1);
	gi_registry_remove(scheduler, actor->address);
	gi_count(&scheduler->counters.draining, -(uint64_t)actor->is_draining);
	if (actor->attachment) {
		actor->attachment->actor_ended(actor->attachment, reason);
	}
	/* Before the inbox, which may hold what tells of a deadline, or of an alarm. */
	gi_asks_end(scheduler, actor);
	gi_alarms_end(actor);
	drop_inbox(scheduler, actor);
	gi_memory_end(scheduler, actor);
	gi_slot_put(&scheduler->slots, actor->address);
	gi_system_actor_ended(scheduler->system, actor->address, reason);
	gi_count(&scheduler->counters.ended, 1);
	if (actor->work.is_queued) {
		actor->work.run = free_ended;
	} else {
		/* It may have sent to itself in the run that ends it. */
		gi_work_forget(&scheduler->driver->ready, &actor->work);
		gi_heap_free(scheduler->driver->heap, actor);
	}
}
