/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send: a slot in the mailbox to another driver, or boxed in the outbox, what the full ring could not take.
 *
 * Two lanes share ring and outbox, in the order sent. A user's message is boxed to wait, up to
 * outbox_count_max; then it is refused. A message of the system is boxed already: it is never refused, and waiting
 * needs no memory, so how many may wait is for those to bound who make such messages.
 *
 * Here rather than in route.c, because every message to another driver passes. Thread: the sending driver.
 */
#ifndef GI_DRIVERS_SEND_H
#define GI_DRIVERS_SEND_H

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a driver knows of one receiver. */
struct gi_route {
	struct gi_mailbox mailbox; /* its receiver's half is the receiver's */
	/*
	 * Free slots of the ring, one behind the other, that need no further look: filled up to batch_next, counted by the
	 * mailbox up to batch_counted. batch_next == batch_end while the outbox holds anything.
	 */
	struct gi_message *batch_counted;
	struct gi_message *batch_next;
	struct gi_message *batch_end;
	ptrdiff_t
	        batch_ahead; /* bytes from batch_next to the slot whose line is fetched meanwhile */
	bool is_dirty;
	struct gi_route *next_dirty;
	struct gi_message *filling;      /* boxed, handed out by gi_driver_slot() */
	struct gi_message *outbox_first; /* with its gi_pass in the low bits, like each `next` */
	struct gi_message *outbox_last;
	uint32_t outbox_user_count;
	uint32_t outbox_count; /* all of them */
	uint32_t receiver;
};

/*
 * Make the route to a receiver, if there is none yet. Memory at its limit does not part two drivers for good: what a route takes
 * is in the reserve of its receiver's arena. false: there is no memory even so.
 */
bool gi_route_open(struct gi_driver *driver, uint32_t receiver);

/* How a boxed message of the system is passed. */
enum gi_pass {
	GI_PASS_COPY =
	        1, /* its content in the slot, at most GI_MESSAGE_INLINE bytes; then it is freed */
	GI_PASS_POINTER, /* the slot's payload is a pointer to it: it moves to the receiver */
	GI_PASS_COUNT,
};

/*
 * Send a message of the system, in the ring or later; the route is open. The message is boxed and moves: in any driver's
 * block of at least sizeof(struct gi_message), with all fields but `to` and `from` as they are to arrive; `from` arrives as 0.
 */
void gi_driver_send_boxed(struct gi_driver *driver, uint32_t receiver, struct gi_message *boxed,
                          uint64_t to, enum gi_pass pass);

/* As gi_driver_slot(), for a route that is not ready. Publishes what makes a batch. */
struct gi_message *gi_route_other_slot(struct gi_driver *driver, uint32_t receiver);

/* What gi_route_other_slot() boxed is filled: behind those that wait already. */
void gi_route_append(struct gi_route *route, struct gi_message *message);

/* Something is to be published, or waits, at the end of the turn. */
static inline void gi_route_mark_dirty(struct gi_driver *driver, struct gi_route *route)
{
	if (!route->is_dirty) {
		route->is_dirty = true;
		route->next_dirty = driver->dirty;
		driver->dirty = route;
	}
}

/*
 * The route to `receiver` if its ring is known to have a free slot, and nothing waits before it: batch_next is to be filled,
 * then gi_route_filled(). Else NULL: gi_route_other_slot() looks what is to be done.
 */
static inline struct gi_route *gi_route_ready(struct gi_driver *driver, uint32_t receiver)
{
	gi_assert_on_driver(driver);
	gi_assert_slow(receiver < driver->group->driver_count);
	struct gi_route *route = driver->routes[receiver];
	if (gi_unlikely(!route || route->batch_next == route->batch_end)) {
		return NULL;
	}
	gi_assert_slow(route->receiver == receiver);
	gi_assert_slow(!route->outbox_first);
	/* The receiver's core holds the lines of free slots. */
	gi_prefetch_to_write((const char *)route->batch_next + route->batch_ahead);
	gi_route_mark_dirty(driver, route);
	return route;
}

static inline void gi_route_filled(struct gi_route *route)
{
	gi_assert_slow(route->batch_next < route->batch_end);
	route->batch_next++;
}

/*
 * Send: a slot in the ring to `receiver`, or a boxed one in the outbox, with kind and flags 0, to be filled in place and
 * completed with gi_driver_sent() before anything else is sent. NULL: refused.
 */
static inline struct gi_message *gi_driver_slot(struct gi_driver *driver, uint32_t receiver)
{
	struct gi_route *route = gi_route_ready(driver, receiver);
	struct gi_message *slot = route ? route->batch_next : gi_route_other_slot(driver, receiver);
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
	if (route->filling == message) {
		gi_route_append(route, message);
	} else {
		gi_assert_slow(message == route->batch_next);
		gi_route_filled(route);
	}
}

#endif
