/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registry: from address to actor, and to those who are not there yet.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_REGISTRY_H
#define GI_ACTORS_REGISTRY_H

#include "actors/scheduler.h"

/* NULL: it has ended, has not arrived, or is of another system. */
static inline struct gi_actor *gi_registry_find(const struct gi_scheduler *scheduler,
                                                uint64_t address)
{
	const struct gi_entry *entry = gi_slot_entry(&scheduler->slots, address);
	if (!entry || entry->identity != gi_address_identity(address)) {
		return NULL;
	}
	return entry->actor;
}

/* Has its spawn not arrived yet? */
bool gi_registry_is_early(const struct gi_scheduler *scheduler, uint64_t address);
void gi_registry_add(struct gi_scheduler *scheduler, struct gi_actor *actor);
/* The actor of this address will not come: its slot is free, what is sent to it is not early but dead. */
void gi_registry_skip(struct gi_scheduler *scheduler, uint64_t address);
void gi_registry_remove(struct gi_scheduler *scheduler, uint64_t address);

#endif
