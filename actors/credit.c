/* SPDX-License-Identifier: Apache-2.0 */
/* Credit for actors on their way. */
#include "actors/credit.h"
#include "actors/scheduler.h"

#include "base/assert.h"

static uint64_t on_the_way(const struct gi_scheduler *scheduler, const struct gi_scheduler *target)
{
	/* Relaxed: see above. */
	uint64_t arrived = gi_load_relaxed(&target->credits[scheduler->index].arrived_count);
	uint64_t sent = scheduler->credits[target->index].sent_count;
	gi_assert(arrived <= sent);
	gi_assert(sent - arrived <= scheduler->driver->options.mailbox_slots);
	return sent - arrived;
}

bool gi_credit_is_left(const struct gi_scheduler *scheduler, const struct gi_scheduler *target)
{
	return on_the_way(scheduler, target) < scheduler->driver->options.mailbox_slots;
}

void gi_credit_take(struct gi_scheduler *scheduler, const struct gi_scheduler *target)
{
	gi_assert(gi_credit_is_left(scheduler, target));
	scheduler->credits[target->index].sent_count++;
}

void gi_credit_arrived(struct gi_scheduler *scheduler, uint32_t sender_index)
{
	gi_assert(sender_index < scheduler->driver_count);
	gi_assert(sender_index != scheduler->index);
	gi_count(&scheduler->credits[sender_index].arrived_count, 1);
}
