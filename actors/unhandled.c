/* SPDX-License-Identifier: Apache-2.0 */
/* Unhandled messages: a set that only grows, up to its bound. */
#include "actors/unhandled.h"
#include "actors/log.h"
#include "actors/scheduler.h"
#include "actors/system.h"

#include "mailbox/message.h"

#include <stdbool.h>

#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15) /* the golden ratio's */

_Static_assert(GI_MESSAGE_TYPE_MAX == 0xffff, "a key is a pointer of 48 bits and a type of 16");

/* false: it was there, or there is no room. */
static bool add(struct gi_unhandled *unhandled, uint64_t key)
{
	uint32_t start = (uint32_t)(key * HASH_FACTOR >> 32);
	for (uint32_t i = 0; i < GI_UNHANDLED_COUNT_MAX; i++) {
		_Atomic uint64_t *place = &unhandled->seen[(start + i) % GI_UNHANDLED_COUNT_MAX];
		uint64_t found = gi_load_relaxed(place); /* a guess, the exchange confirms it */
		if (found == 0 && gi_compare_exchange_acq_rel(place, &found, key)) {
			return true;
		}
		if (found == key) {
			return false;
		}
	}
	return false;
}

void gi_unhandled_warn(struct gi_scheduler *scheduler, const struct gatio_behavior *behavior,
                       uint32_t type)
{
	uint64_t key = (uint64_t)(uintptr_t)behavior << 16 | type;
	if (add(&scheduler->system->unhandled, key)) {
		const struct gatio_message_type *known = gi_type_of_index(type);
		gi_log(scheduler->system, GATIO_LOG_WARNING,
		       "actor %s has no handler for message %s: such messages are dead letters "
		       "(said "
		       "once)",
		       behavior->name, known ? known->name : "of an unknown type");
	}
}
