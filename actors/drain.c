/* SPDX-License-Identifier: Apache-2.0 */
/* All actors of a driver, one after the other: told to drain, or ended. */
#include "actors/drain.h"
#include "actors/dispatch.h"
#include "actors/life.h"
#include "actors/message.h"

#include <gatio/system.h>

#include <string.h>

#define SEGMENT_COUNT_MAX (GI_SLOT_COUNT / GI_SEGMENT_COUNT)

static void drain_actor(struct gi_scheduler *scheduler, struct gi_actor *actor,
                        uint64_t deadline_ns)
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
	gi_assert(!actor->is_draining);
	gi_assert(!actor->attachment);
	actor->is_draining = true;
	gi_count(&scheduler->counters.draining, 1);
	/* It may have ended: then it is counted back. */
	(void)gi_actor_invoke(scheduler, actor, &told.message);
}

static void drain_segment(struct gi_scheduler *scheduler, struct gi_entry *segment,
                          uint64_t deadline_ns)
{
	uint32_t type = gatio_message_gatio_draining.index;
	for (uint32_t k = 0; k < GI_SEGMENT_COUNT; k++) {
		struct gi_actor *actor = segment[k].actor;
		if (actor && !actor->attachment && !actor->is_draining &&
		    gi_actor_has_handler(actor, type)) {
			drain_actor(scheduler, actor, deadline_ns);
		}
	}
}

void gi_scheduler_drain_actors(struct gi_scheduler *scheduler, uint64_t deadline_ns)
{
	for (uint32_t i = 0; i < SEGMENT_COUNT_MAX; i++) {
		struct gi_entry *segment =
		        gi_load_acquire(&scheduler->slots.segments[i]); /* opened */
		if (segment) {
			drain_segment(scheduler, segment, deadline_ns);
		}
	}
}

void gi_scheduler_end_all(struct gi_scheduler *scheduler, int reason)
{
	for (uint32_t i = 0; i < SEGMENT_COUNT_MAX && scheduler->alive_count > 0; i++) {
		struct gi_entry *segment =
		        gi_load_acquire(&scheduler->slots.segments[i]); /* opened */
		for (uint32_t k = 0; segment && k < GI_SEGMENT_COUNT; k++) {
			if (segment[k].actor) {
				gi_actor_end(scheduler, segment[k].actor, reason);
			}
		}
	}
}
