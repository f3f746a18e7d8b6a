/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduler: made and ended with its driver. */
#include "actors/scheduler.h"
#include "actors/system.h"

#include "base/assert.h"
#include "base/misuse.h"
#include "drivers/kernel.h"
#include "topology/arena.h"

#include <errno.h>
#include <string.h>

_Thread_local struct gi_scheduler *gi_scheduler_here;

static size_t credits_size(const struct gi_scheduler *scheduler)
{
	return sizeof(struct gi_credit) * scheduler->driver_count;
}

int gi_scheduler_create(struct gi_scheduler **out_scheduler, struct gi_driver *driver,
                        struct gatio_system *system, gi_scheduler_run_fn *run)
{
	gi_assert(driver->index < driver->group->driver_count);
	gi_assert(system->id != 0); /* or its addresses would name nobody */
	struct gi_arena *arena = driver->options.arena;
	struct gi_scheduler *scheduler = gi_arena_alloc(arena, sizeof(*scheduler));
	if (!scheduler) {
		return -ENOMEM;
	}
	scheduler->driver = driver;
	scheduler->spares = gi_heap_spares(driver->heap);
	scheduler->system = system;
	scheduler->run = run;
	scheduler->index = driver->index;
	scheduler->driver_count = driver->group->driver_count;
	scheduler->tpc_index = system->plan->drivers[driver->index].tpc_index;
	scheduler->budget = system->options.budget;
	scheduler->actor_count_max = system->options.actor_count_max;
	scheduler->system_id = system->id;
	scheduler->open_system_id = system->id;
	struct gi_slots_options options = {.arena = arena,
	                                   .driver_index = scheduler->index,
	                                   .system_id = scheduler->system_id,
	                                   .actor_count_max = scheduler->actor_count_max};
	gi_list_init(&scheduler->asked);
	scheduler->asks.index_bits = GI_ASK_INDEX_BITS;
	scheduler->asks.generation_bits = GI_ASK_GENERATION_BITS;
	scheduler->alarms.index_bits = GI_ALARM_INDEX_BITS;
	scheduler->alarms.generation_bits = GI_ALARM_GENERATION_BITS;
	scheduler->credits = gi_arena_alloc(arena, credits_size(scheduler));
	int err = scheduler->credits ? gi_slots_open(&scheduler->slots, &options) : -ENOMEM;
	if (!err) {
		err = gi_kernel_entropy(scheduler->random_state, sizeof(scheduler->random_state));
		scheduler->random_state[0] |= 1; /* never all zero */
	}
	if (err) {
		gi_scheduler_destroy(scheduler);
		return err;
	}
	gi_census_open(&scheduler->census);
	*out_scheduler = scheduler;
	return 0;
}

void gi_scheduler_destroy(struct gi_scheduler *scheduler)
{
	if (!scheduler) {
		return;
	}
	gi_census_close(&scheduler->census);
	/* Actors, tables and messages lie in the driver's heap and go with it. */
	struct gi_arena *arena = scheduler->driver->options.arena;
	gi_slots_close(&scheduler->slots);
	gi_arena_free(arena, scheduler->credits, credits_size(scheduler));
	gi_arena_free(arena, scheduler, sizeof(*scheduler));
}

void gi_scheduler_close(struct gi_scheduler *scheduler)
{
	gi_assert_on_driver(scheduler->driver);
	gi_assert(!scheduler->actor);
	scheduler->is_closed = true;
	scheduler->open_system_id = UINT32_MAX;
}
