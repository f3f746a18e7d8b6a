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

/*
 * How a message comes to be seen. One is held: its slot gets no stamp, and nobody comes past it, until the turn ends or a batch is
 * full. Those behind it are written as they come. So a receiver that looks all the time takes the line of one slot in a
 * batch from its sender, and not that of each. The first of a turn before which there was nothing to do goes at once: the
 * one who gets it is likely to wait for it.
 */
enum gi_route_phase {
	GI_ROUTE_CLEAN, /* nothing was sent in this turn */
	GI_ROUTE_FIRST, /* the next one is held */
	GI_ROUTE_HELD,  /* it was the last one */
	GI_ROUTE_OPEN,  /* those behind it */
};

/* What a driver knows of one receiver. */
struct gi_route {
	struct gi_mailbox mailbox; /* its receiver's half is the receiver's */
	/*
	 * Free slots of the ring, one behind the other, that need no further look: filled up to batch_next, counted by the
	 * mailbox up to batch_counted. There are none, up to batch_limit, while the outbox holds anything.
	 */
	struct gi_message *batch_counted;
	struct gi_message *batch_next;
	struct gi_message *batch_limit;
	struct gi_message
	        *batch_end; /* the same while the phase is OPEN, else not behind batch_next */
	ptrdiff_t
	        batch_ahead; /* bytes from batch_next to the slot whose line is fetched meanwhile */
	uint32_t batch_stamp; /* of these slots */
	uint32_t next_stamp;  /* of batch_next: the same, or 0 if it is held */
	enum gi_route_phase
	        phase; /* all but CLEAN: it is dirty, something is to be published or waits */
	uint32_t held_stamp;
	struct gi_message *held;
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
void gi_route_append(struct gi_route *route, struct gi_message *message, uint32_t label);

/* Something is to be published, or waits, at the end of the turn. */
static inline void gi_route_mark_dirty(struct gi_driver *driver, struct gi_route *route)
{
	if (route->phase == GI_ROUTE_CLEAN) {
		route->phase = GI_ROUTE_FIRST;
		route->next_dirty = driver->dirty;
		driver->dirty = route;
	}
}

/* A message is to be filled, and the phase is not OPEN. Without a call, or each send would save registers for it. */
static inline void gi_route_step(struct gi_driver *driver, struct gi_route *route)
{
	if (route->phase == GI_ROUTE_HELD) {
		route->next_stamp = route->batch_stamp;
		route->phase = GI_ROUTE_OPEN;
		route->batch_end = route->batch_limit;
		return;
	}
	bool is_first = route->phase == GI_ROUTE_CLEAN;
	gi_route_mark_dirty(driver, route);
	if (is_first && driver->was_idle) {
		return;
	}
	route->held = route->batch_next;
	route->held_stamp = route->batch_stamp;
	route->next_stamp = 0;
	route->phase = GI_ROUTE_HELD;
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
	if (gi_unlikely(!route)) {
		return NULL;
	}
	if (gi_unlikely(route->batch_next >= route->batch_end)) {
		if (route->batch_next == route->batch_limit) {
			return NULL;
		}
		gi_route_step(driver, route);
	}
	gi_assert_slow(route->receiver == receiver);
	gi_assert_slow(!route->outbox_first);
	/* The receiver's core holds the lines of free slots. */
	gi_prefetch_to_write((const char *)route->batch_next + route->batch_ahead);
	return route;
}

/* `slot` is batch_next, and filled but for its label. Unless it is held, the receiver may read it from here on. */
static inline void gi_route_filled(struct gi_route *route, struct gi_message *slot, uint32_t label)
{
	gi_assert_slow(slot == route->batch_next);
	gi_assert_slow(slot < route->batch_limit);
	gi_mailbox_pass(slot, route->next_stamp, label);
	route->batch_next++;
}

/*
 * Send: a slot in the ring to `receiver`, or a boxed one in the outbox, to be filled in place, all but the label, and completed
 * with gi_driver_sent(), which says that, before anything else is sent. NULL: refused.
 */
static inline struct gi_message *gi_driver_slot(struct gi_driver *driver, uint32_t receiver)
{
	struct gi_route *route = gi_route_ready(driver, receiver);
	return route ? route->batch_next : gi_route_other_slot(driver, receiver);
}

static inline void gi_driver_sent(struct gi_driver *driver, uint32_t receiver,
                                  struct gi_message *message, uint32_t label)
{
	struct gi_route *route = driver->routes[receiver];
	if (route->filling == message) {
		gi_route_append(route, message, label);
	} else {
		gi_route_filled(route, message, label);
	}
}

#endif
