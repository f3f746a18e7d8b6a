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
	gi_assert_on_driver(scheduler->driver);
	gi_assert_slow(gi_address_driver(address) == scheduler->index);
	gi_assert_slow(gi_behavior_is_ready(behavior));
	gi_assert_slow(state || behavior->state_size == 0);
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
	return actor;
}

/*
 * What tells of a deadline or of an alarm may lie in there, and is the ask's or the alarm's to mark: these have ended. A
 * question of its own in there is told to nobody.
 */
static void drop_inbox(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	gi_assert_slow(!actor->pending);
	gi_assert_slow(!actor->alarms);
	struct gi_message *message;
	while ((message = gi_inbox_pop(actor))) {
		if (message->kind == GI_KIND_CANCELLED) {
			gi_driver_free(scheduler->driver, message);
		} else {
			gi_dead_boxed(scheduler, message, -ESRCH);
		}
	}
}

/* ---- The end --------------------------------------------------------------------------------------------------------- */

/* ended(), as the last of its code: what it writes, sends, asks or allocates is taken care of by the steps behind. */
static void run_ended(struct gi_scheduler *scheduler, struct gi_actor *actor, int reason)
{
	if (actor->behavior->ended) {
		gi_scheduler_enter(scheduler, actor);
		actor->behavior->ended(actor->state, reason);
		gi_scheduler_leave(scheduler);
	}
}

/* The work of an actor that ended while it was queued. */
static bool free_ended(struct gi_work *work, void *context)
{
	struct gi_scheduler *scheduler = context;
	gi_heap_free(scheduler->driver->heap, gi_container_of(work, struct gi_actor, work));
	return false;
}

/* Work cannot be taken out of a queue: what lies in one goes when it is its turn. */
static void free_actor(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	if (actor->work.is_queued) {
		actor->work.run = free_ended;
	} else {
		/* It may have sent to itself in the run that ends it. */
		gi_work_forget(&scheduler->driver->ready, &actor->work);
		gi_heap_free(scheduler->driver->heap, actor);
	}
}

/*
 * What has to come in this order:
 *
 *     ended()         before all else: what it begins is ended by the steps behind it, what it writes is sent before its
 *                     connection closes, and nobody is told of the end while its code still runs
 *     asks, alarms    before the inbox, which holds what is theirs
 *     the registry    before the slot, which the next to spawn here may have, and before its end is counted: who has seen
 *                     that may unload its code
 *
 * All else may come in any order.
 */
void gi_actor_end(struct gi_scheduler *scheduler, struct gi_actor *actor, int reason)
{
	gi_assert(scheduler->actor != actor);
	gi_assert_slow(gi_registry_find(scheduler, actor->address) == actor); /* it ends once */
	actor->is_ending = true;
	run_ended(scheduler, actor, reason);

	gi_registry_remove(scheduler, actor->address);
	gi_count(&scheduler->counters.draining, -(uint64_t)actor->is_draining);
	if (actor->attachment) {
		actor->attachment->actor_ended(actor->attachment, reason);
	}

	gi_asks_end(actor);
	gi_alarms_end(actor);
	drop_inbox(scheduler, actor);
	gi_memory_end(scheduler, actor);
	gi_slot_put(&scheduler->slots, actor->address);
	gi_system_actor_ended(scheduler->system, actor->address, reason);
	gi_count_release(&scheduler->counters.ended, 1); /* unused */

	gi_assert_slow(!actor->pending);
	gi_assert_slow(!actor->alarms);
	gi_assert_slow(!actor->inbox_first);
	gi_assert_slow(!actor->memory);
	free_actor(scheduler, actor);
}
