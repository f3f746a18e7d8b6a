/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send: a slot in the mailbox to another driver, or a block in the outbox of what the full ring could not take.
 *
 * Here rather than in route.c, because every message to another driver passes. Thread: the sending driver.
 */
#ifndef GI_DRIVERS_SEND_H
#define GI_DRIVERS_SEND_H

#include "base/assert.h"
#include "drivers/driver.h"

#include <stdbool.h>
#include <stdint.h>

/* What a driver knows of one receiver. */
struct gi_route {
	struct gi_mailbox mailbox; /* its receiver's half is the receiver's */
	struct gi_message *outbox_first;
	struct gi_message *outbox_last;
	struct gi_message *filling; /* a block handed out by gi_driver_slot() */
	uint32_t outbox_user_count;
	uint32_t receiver;
	bool is_dirty;
	struct gi_route *next_dirty;
};

/* For the first message to a receiver, and for what finds the ring full: as gi_driver_slot(). */
struct gi_message *gi_route_other_slot(struct gi_driver *driver, uint32_t receiver,
                                       enum gi_lane lane);

/* A block from gi_route_other_slot() is filled: behind those that wait already. */
void gi_route_append(struct gi_route *route, struct gi_message *message);

/*
 * Send: a slot in the ring to `receiver`, or a block in the outbox, with kind and flags 0, to be filled in place and
 * completed with gi_driver_sent() before anything else is sent. NULL: refused (user lane only).
 */
static inline struct gi_message *gi_driver_slot(struct gi_driver *driver, uint32_t receiver,
                                                enum gi_lane lane)
{
	gi_assert_on_driver(driver);
	gi_assert_slow(receiver < driver->group->driver_count);
	struct gi_route *route = driver->routes[receiver];
	struct gi_message *slot = NULL;
	if (route && !route->outbox_first) {
		slot = gi_mailbox_slot(&route->mailbox);
	}
	if (!slot) {
		slot = gi_route_other_slot(driver, receiver, lane);
	}
	if (slot) {
		slot->kind = 0;
		slot->flags = 0;
	}
	return slot;
}

static inline void gi_driver_sent(struct gi_driver *driver, uint32_t receiver,
                                  struct gi_message *message)
{
	struct gi_route *route = driver->routes[receiver];
	if (!route->is_dirty) {
		route->is_dirty = true;
		route->next_dirty = driver->dirty;
		driver->dirty = route;
	}
	if (route->filling == message) {
		gi_route_append(route, message);
	} else {
		gi_mailbox_fill(&route->mailbox);
	}
}

#endif
