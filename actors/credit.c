/* SPDX-License-Identifier: Apache-2.0 */
/* Credit for actors on their way. */
#include "actors/credit.h"
#include "actors/stage.h"

#include "base/assert.h"

static uint64_t on_the_way(const struct gi_stage *stage, const struct gi_stage *target)
{
	/* Relaxed: see above. */
	uint64_t arrived = gi_load_relaxed(&target->credits[stage->index].arrived_count);
	uint64_t sent = stage->credits[target->index].sent_count;
	gi_assert(arrived <= sent);
	return sent - arrived;
}

bool gi_credit_is_left(const struct gi_stage *stage, const struct gi_stage *target)
{
	return on_the_way(stage, target) < stage->driver->options.mailbox_slots;
}

void gi_credit_take(struct gi_stage *stage, const struct gi_stage *target)
{
	gi_assert(gi_credit_is_left(stage, target));
	stage->credits[target->index].sent_count++;
}

void gi_credit_arrived(struct gi_stage *stage, uint32_t sender_index)
{
	gi_assert(sender_index < stage->driver_count);
	gi_count(&stage->credits[sender_index].arrived_count, 1);
}
