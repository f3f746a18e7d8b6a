/* SPDX-License-Identifier: Apache-2.0 */
/* Stage: made and ended with its driver. */
#include "actors/stage.h"
#include "actors/system.h"

#include "base/assert.h"
#include "base/misuse.h"
#include "drivers/kernel.h"
#include "topology/arena.h"

#include <errno.h>
#include <string.h>

_Thread_local struct gi_stage *gi_stage_here;

static size_t credits_size(const struct gi_stage *stage)
{
	return sizeof(struct gi_credit) * stage->driver_count;
}

int gi_stage_create(struct gi_stage **out_stage, struct gi_driver *driver,
                    struct gatio_system *system, gi_stage_run_fn *run)
{
	struct gi_arena *arena = driver->options.arena;
	struct gi_stage *stage = gi_arena_alloc(arena, sizeof(*stage));
	if (!stage) {
		return -ENOMEM;
	}
	stage->driver = driver;
	stage->spares = gi_heap_spares(driver->heap);
	stage->system = system;
	stage->run = run;
	stage->index = driver->index;
	stage->driver_count = driver->group->driver_count;
	stage->tpc_index = system->plan->drivers[driver->index].tpc_index;
	stage->budget = system->options.budget;
	stage->actor_count_max = system->options.actor_count_max;
	stage->system_id = system->id;
	stage->open_system_id = system->id;
	struct gi_slots_options options = {.arena = arena,
	                                   .driver_index = stage->index,
	                                   .system_id = stage->system_id,
	                                   .actor_count_max = stage->actor_count_max};
	stage->asks.index_bits = GI_ASK_INDEX_BITS;
	stage->asks.generation_bits = GI_ASK_GENERATION_BITS;
	stage->alarms.index_bits = GI_ALARM_INDEX_BITS;
	stage->alarms.generation_bits = GI_ALARM_GENERATION_BITS;
	stage->credits = gi_arena_alloc(arena, credits_size(stage));
	int err = stage->credits ? gi_slots_open(&stage->slots, &options) : -ENOMEM;
	if (!err) {
		err = gi_kernel_entropy(stage->random_state, sizeof(stage->random_state));
		stage->random_state[0] |= 1; /* never all zero */
	}
	if (err) {
		gi_stage_destroy(stage);
		return err;
	}
	gi_census_open(&stage->census);
	*out_stage = stage;
	return 0;
}

void gi_stage_destroy(struct gi_stage *stage)
{
	if (!stage) {
		return;
	}
	gi_census_close(&stage->census);
	/* Actors, tables and messages lie in the driver's heap and go with it. */
	struct gi_arena *arena = stage->driver->options.arena;
	gi_slots_close(&stage->slots);
	gi_arena_free(arena, stage->credits, credits_size(stage));
	gi_arena_free(arena, stage, sizeof(*stage));
}

void gi_stage_close(struct gi_stage *stage)
{
	stage->is_closed = true;
	stage->open_system_id = UINT32_MAX;
}

void gi_stage_flush(void *context)
{
	struct gi_stage *stage = context;
	if (stage->net_flush) {
		stage->net_flush(stage);
	}
	/* For whoever reads the counters. */
	gi_store_relaxed(&stage->counters.messages_local, stage->sent_here_count);
	gi_store_relaxed(&stage->counters.memory_used, gi_heap_used(stage->driver->heap));
}
