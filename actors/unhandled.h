/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unhandled: which behaviours have met a message that they do not handle; one warning for each and each type.
 *
 * May call    any driver
 * Orderings   a place is taken by one exchange, which orders nothing else
 */
#ifndef GI_ACTORS_UNHANDLED_H
#define GI_ACTORS_UNHANDLED_H

#include "base/atomic.h"

#include <stdint.h>

struct gatio_behavior;
struct gi_scheduler;

#define GI_UNHANDLED_COUNT_MAX 256u

/* One of each system; all zero at first. When it is full nobody is warned any more. */
struct gi_unhandled {
	_Atomic uint64_t seen[GI_UNHANDLED_COUNT_MAX];
};

/* A message of this type is about to be a dead letter for want of a handler. */
void gi_unhandled_warn(struct gi_scheduler *scheduler, const struct gatio_behavior *behavior,
                       uint32_t type);

#endif
