/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credit: how many actors one driver may have on their way to another, spawned, or with a connection handed over.
 *
 * What carries them is never refused by a full ring, so it is bounded where it is made: as many as a ring has slots may
 * have been sent and not have arrived.
 *
 * May call    take, taken: the sender    arrived: the receiver
 * Orderings   arrived is a count that orders nothing; who sees it late waits a little longer
 */
#ifndef GI_ACTORS_CREDIT_H
#define GI_ACTORS_CREDIT_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

struct gi_scheduler;

/* One of each driver for each other. */
struct gi_credit {
	uint64_t sent_count;            /* to that one */
	_Atomic uint64_t arrived_count; /* from that one */
};

/* May one more be sent? */
bool gi_credit_is_left(const struct gi_scheduler *scheduler, const struct gi_scheduler *target);
void gi_credit_take(struct gi_scheduler *scheduler, const struct gi_scheduler *target);
void gi_credit_arrived(struct gi_scheduler *scheduler, uint32_t sender_index);

#endif
