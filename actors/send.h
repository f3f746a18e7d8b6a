/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send: from an actor to another's inbox, on this driver, or into the mailbox to another driver.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_SEND_H
#define GI_ACTORS_SEND_H

#include "actors/message.h"

struct gi_envelope {
	uint64_t to;
	uint64_t from;
	uint64_t token;
	uint8_t kind;
};

/* Copies the payload. Error: as gatio_send(). */
int gi_send(struct gi_scheduler *scheduler, const struct gi_envelope *envelope, uint32_t type,
            const void *payload, uint32_t size);
/* The boxed message moves on success. */
int gi_post(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
            struct gi_message *boxed);

/* On this driver: moves the boxed message to its receiver's inbox. Error: -ESRCH; -ENOMEM. */
int gi_deliver_boxed(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed);

/*
 * Run a function on another driver, later. A full ring does not refuse it: who calls bounds how many may be on their way.
 * Error: -ENOMEM.
 */
int gi_scheduler_submit(struct gi_scheduler *scheduler, uint32_t driver_index,
                        const struct gi_call *call);

#endif
