/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of a connection, in one timer that stands at the earliest of them, or before it.
 *
 *     idle    idle_timeout_ns after the end of the turn in which the peer was last heard or listened to again. It counts
 *             only while a receive is in the kernel and all that came has been handled: for other times the peer is not
 *             to blame.
 *     write   write_timeout_ns without progress while bytes are offered.
 *     linger  linger_ns without progress, from the end that the peer or the actor has told on; in all no more than
 *             linger_ns for each GI_LINGER_STEP bytes that waited then, and twice more; peer_end_ns from when all is sent.
 *
 * Progress is that the peer takes bytes: a send that ends, or what the kernel says when the deadline has come; by that a
 * send which was offered at the end of a long turn is not late. Deadlines are judged by gi_driver_judged_ns().
 *
 * Thread: its driver.
 */
#ifndef GI_NET_DEADLINES_H
#define GI_NET_DEADLINES_H

#include "net/connection.h"

#include "base/duration.h"

#define GI_LINGER_STEP 4096u

void gi_deadlines_init(struct gi_connection *connection);

/* It listens, or has heard the peer: at the end of this turn time without bytes begins to count. */
static inline void gi_deadlines_listens(struct gi_connection *connection)
{
	if (connection->port->options.idle_timeout_ns > 0 &&
	    connection->state == GI_CONNECTION_OPEN) {
		gi_connection_wants_flush(connection);
	}
}

/* The turn ends now. For ports with an idle timeout. */
void gi_deadlines_end_turn(struct gi_connection *connection);

/*
 * Nothing is tried before a while is over. The kernel said -EAGAIN or -EINTR, which its workers do when memory is short, or
 * there was no memory here for an operation.
 */
void gi_deadlines_retry(struct gi_connection *connection);

/* gi_io_submit() refused a receive or a send: -ENOMEM is tried again, for what waits is kept; others break the connection. */
void gi_deadlines_refused(struct gi_connection *connection, int err);

/* The timer is moved to where it strikes next. */
void gi_deadlines_watch(struct gi_connection *connection);

/* Bytes are offered to the peer, or our end. */
static inline void gi_deadlines_offered(struct gi_connection *connection)
{
	struct gi_driver *driver = gi_connection_driver(connection);
	gi_assert_slow(connection->state != GI_CONNECTION_CLOSING);
	connection->progress_ns = gi_driver_now_ns(driver);
	uint64_t due_ns =
	        gi_time_add_ns(connection->progress_ns, connection->port->options.write_timeout_ns);
	bool is_open = connection->state == GI_CONNECTION_OPEN && !connection->end_is_told;
	if (!is_open || !gi_timer_fires_by(&driver->timers, &connection->timer, due_ns)) {
		gi_deadlines_watch(connection);
	}
}

/* The peer has ended, or the actor: from now on linger counts. Returns when it strikes if there is no progress. */
uint64_t gi_deadlines_linger(struct gi_connection *connection);

/* It lingers and all is sent: the peer's end is waited for no longer than peer_end_ns. */
void gi_deadlines_sent(struct gi_connection *connection);

#endif
