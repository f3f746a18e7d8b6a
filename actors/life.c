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

/* Each step says what it needs of those before it. */
void gi_actor_end(struct gi_scheduler *scheduler, struct gi_actor *actor, int reason)
{
	gi_assert(scheduler->actor != actor);
	gi_assert_slow(gi_registry_find(scheduler, actor->address) == actor); /* it ends once */
	/* First: what is the actor's must be there for ended(), and what ended() begins must end below. */
	actor->is_ending = true;
	run_ended(scheduler, actor, reason);

	/* After the last of its code, and before whatever can be seen from outside: who sees the end may unload the code. */
	gi_census_add(&scheduler->census, actor->behavior, (uint32_t)-1);
	/* After ended(), which may still send to itself. From here on nobody finds it: what comes for it is dead. */
	gi_registry_remove(scheduler, actor->address);
	gi_count(&scheduler->counters.draining, -(uint64_t)actor->is_draining);
	/* After ended(): what that wrote is sent before the connection closes. */
	if (actor->attachment) {
		actor->attachment->actor_ended(actor->attachment, reason);
	}

	/* Before the inbox: what tells of a deadline or an alarm may lie in there, and is the ask's or the alarm's to mark. */
	gi_asks_end(actor);
	gi_alarms_end(actor);
	/* A question of its own in there is told to nobody: its ask has ended. */
	drop_inbox(scheduler, actor);
	/* After ended(), which may read it. */
	gi_memory_end(scheduler, actor);

	/* After the registry has let it go. The next to spawn here may have it. */
	gi_slot_put(&scheduler->slots, actor->address);
	/* Last, for who waits for it: all that was the actor's has been given back. */
	gi_system_actor_ended(scheduler->system, actor->address, reason);
	gi_count(&scheduler->counters.ended, 1);

	gi_assert_slow(!actor->pending);
	gi_assert_slow(!actor->alarms);
	gi_assert_slow(!actor->inbox_first);
	gi_assert_slow(!actor->memory);
	free_actor(scheduler, actor);
}
