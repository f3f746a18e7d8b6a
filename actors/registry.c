/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registry: from address to actor.
 *
 * A message can overtake the spawn of its receiver: the creator tells the address to a third driver, whose message is
 * drained first. Its generation is ahead of the slot's, so it is known to be early, and waits (early.h).
 */
#include "actors/registry.h"

#include "base/assert.h"

bool gi_registry_is_early(const struct gi_scheduler *scheduler, uint64_t address)
{
	/* Relaxed: an address that has reached us was made from a slot lent before it was sent. */
	if (gi_address_slot(address) >= gi_load_relaxed(&scheduler->slots.lent_count) ||
	    gi_address_system(address) != scheduler->system_id) {
		return false;
	}
	const struct gi_entry *entry = gi_slot_entry(&scheduler->slots, address);
	gi_assert(entry); /* opened before it was lent */
	return entry->identity < gi_address_identity(address);
}

void gi_registry_skip(struct gi_scheduler *scheduler, uint64_t address)
{
	struct gi_entry *entry = gi_slot_entry(&scheduler->slots, address);
	gi_assert(entry && !entry->actor);
	gi_assert(entry->identity < gi_address_identity(address));
	entry->identity = gi_address_identity(address);
	gi_slot_put(&scheduler->slots, address);
}

void gi_registry_add(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	struct gi_entry *entry = gi_slot_entry(&scheduler->slots, actor->address);
	gi_assert(entry && !entry->actor);
	gi_assert(entry->identity < gi_address_identity(actor->address));
	entry->actor = actor;
	entry->identity = gi_address_identity(actor->address);
	scheduler->alive_count++;
	gi_assert(scheduler->alive_count <= scheduler->actor_count_max);
	gi_store_relaxed(&scheduler->counters.alive, scheduler->alive_count);
	gi_count(&scheduler->counters.loads[actor->work.class], 1);
	gi_census_add(&scheduler->census, actor->behavior, 1);
}

void gi_registry_remove(struct gi_scheduler *scheduler, uint64_t address)
{
	struct gi_entry *entry = gi_slot_entry(&scheduler->slots, address);
	gi_assert(entry && entry->actor);
	gi_assert(entry->actor->address == address);
	const struct gatio_behavior *behavior = entry->actor->behavior;
	gi_assert_slow(gi_load_relaxed(&scheduler->counters.loads[entry->actor->work.class]) > 0);
	gi_count(&scheduler->counters.loads[entry->actor->work.class], (uint64_t)-1);
	entry->actor = NULL;
	gi_assert(scheduler->alive_count > 0);
	scheduler->alive_count--;
	gi_census_add(&scheduler->census, behavior, (uint32_t)-1);
	gi_store_release(&scheduler->counters.alive, scheduler->alive_count); /* unused */
}
