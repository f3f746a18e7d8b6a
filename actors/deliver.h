/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliver: what comes out of a mailbox.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_DELIVER_H
#define GI_ACTORS_DELIVER_H

#include "actors/scheduler.h"

/* For the driver's hook; context: the scheduler. Returns how many of `count` it is done with. */
uint32_t gi_scheduler_deliver(void *context, struct gi_message *first, uint32_t count,
                              uint32_t stamp);

#endif
