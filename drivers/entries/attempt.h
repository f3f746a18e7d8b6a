/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attempt: an operation is done in the world, or would wait.
 *
 * Private to entries/. Thread: the ring's.
 */
#ifndef GI_DRIVERS_ENTRIES_ATTEMPT_H
#define GI_DRIVERS_ENTRIES_ATTEMPT_H

#include "drivers/entries/state.h"

/* What came of it. */
struct gi_attempt {
	int result;         /* -EAGAIN: it would wait */
	unsigned flags;     /* of its completion: the buffer, and whether the operation goes on */
	bool may_have_more; /* it goes on, and there may be more at once */
};

struct gi_attempt gi_attempt(struct gi_entries *entries, const struct gi_operation *operation);

#endif
