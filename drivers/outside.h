/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outside: the way in for threads that are no drivers.
 *
 * To a driver all of outside is one more sender with a mailbox of its own; among themselves threads outside take a
 * lock. What they allocate comes from a heap of their own under the same lock, and finds its way back there.
 *
 * Thread: any.
 */
#ifndef GI_DRIVERS_OUTSIDE_H
#define GI_DRIVERS_OUTSIDE_H

#include "drivers/driver.h"

struct gi_outside;

/* Messages that may wait for one driver. */
#define GI_OUTSIDE_SLOTS 1024u

/* After the drivers have been made, before they start. Error: -ENOMEM. */
int gi_outside_create(struct gi_outside **out_outside, struct gi_driver_group *group,
                      struct gi_arena *arena);
/* NULL is accepted. Thread: whoever is alone with it. */
void gi_outside_destroy(struct gi_outside *outside);

/* Everything between lock and unlock is one thread outside's. */
void gi_outside_lock(struct gi_outside *outside);
void gi_outside_unlock(struct gi_outside *outside);

/* Locked. A slot to fill, all but the label, or NULL: GI_OUTSIDE_SLOTS wait for that driver. */
struct gi_message *gi_outside_slot(struct gi_outside *outside, uint32_t receiver);

/* Locked. Say its label, publish it and wake the driver if it sleeps. */
void gi_outside_sent(struct gi_outside *outside, uint32_t receiver, uint32_t label);

/* Locked. NULL: memory at its limit. */
void *gi_outside_alloc(struct gi_outside *outside, size_t size);
void gi_outside_free(struct gi_outside *outside, void *block);

/* A chain of blocks comes home: it is taken in with the next alloc. Thread: any driver; without the lock. */
void gi_outside_put_chain(struct gi_outside *outside, void *first);

#endif
