/* SPDX-License-Identifier: Apache-2.0 */
/* Stage: made and ended with its driver. */
#include "actors/stage.h"
#include "actors/message.h"
#include "actors/system.h"

#include "base/assert.h"
#include "base/misuse.h"
#include "drivers/kernel.h"
#include "topology/arena.h"

#include <errno.h>
#include <string.h>

_Thread_local struct gi_stage *gi_stage_here;

#define SEGMENT_COUNT_MAX (GI_SLOT_COUNT / GI_SEGMENT_COUNT)

static size_t credits_size(const struct gi_stage *stage)
{
	return sizeof(struct gi_credit) * stage->driver_count;
}

int gi_stage_create(struct gi_stage **out_stage, struct gi_driver *driver,
                    struct gatio_system *system)
{
	struct gi_arena *arena = driver->options.arena;
	struct gi_stage *stage = gi_arena_alloc(arena, sizeof(*stage));
	if (!stage) {
		return -ENOMEM;
	}
	stage->driver = driver;
	stage->spares = gi_heap_spares(driver->heap);
	stage->system = system;
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

static void drain_actor(struct gi_stage *stage, struct gi_actor *actor, uint64_t deadline_ns)
{
	struct {
		struct gi_message message;
		struct gatio_draining draining;
	} told = {.message = {.kind = GI_KIND_USER,
	                      .type = (uint16_t)gatio_message_gatio_draining.index,
	                      .size = sizeof(struct gatio_draining),
	                      .mark = GI_MESSAGE_MARK}};
	struct gatio_draining draining = {.deadline_ns = deadline_ns};
	memcpy(told.message.payload, &draining, sizeof(draining));
	actor->is_draining = true;
	gi_count(&stage->counters.draining, 1);
	(void)gi_actor_call(stage, actor,
	                    &told.message); /* it may have ended: then it is counted back */
}

static void drain_segment(struct gi_stage *stage, struct gi_entry *segment, uint64_t deadline_ns)
{
	uint32_t type = gatio_message_gatio_draining.index;
	for (uint32_t k = 0; k < GI_SEGMENT_COUNT; k++) {
		struct gi_actor *actor = segment[k].actor;
		if (actor && !actor->attachment && !actor->is_draining &&
		    gi_actor_has_handler(actor, type)) {
			drain_actor(stage, actor, deadline_ns);
		}
	}
}

void gi_stage_drain_actors(struct gi_stage *stage, uint64_t deadline_ns)
{
	for (uint32_t i = 0; i < SEGMENT_COUNT_MAX; i++) {
		struct gi_entry *segment = gi_load_acquire(&stage->slots.segments[i]); /* opened */
		if (segment) {
			drain_segment(stage, segment, deadline_ns);
		}
	}
}

void gi_stage_end_all(struct gi_stage *stage, int reason)
{
	for (uint32_t i = 0; i < SEGMENT_COUNT_MAX && stage->alive_count > 0; i++) {
		struct gi_entry *segment = gi_load_acquire(&stage->slots.segments[i]); /* opened */
		for (uint32_t k = 0; segment && k < GI_SEGMENT_COUNT; k++) {
			if (segment[k].actor) {
				gi_actor_end(stage, segment[k].actor, reason);
			}
		}
	}
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
