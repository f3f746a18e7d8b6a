/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of a connection, in one timer that stands at the earliest of them, or before it.
 *
 *     idle    idle_timeout_ns after the end of the turn in which the peer was last heard or listened to again. It counts
 *             only while a receive is in the kernel and all that came has been handled: for other times the peer is not
 *             to blame.
 *     write   write_timeout_ns without progress while bytes are offered.
 *     linger  linger_ns without progress, from the end that the peer or the actor has told on; in all no more than
 *             linger_ns for each GI_LINGER_STEP bytes that waited then, and twice more.
 *
 * Progress is that the peer takes bytes: a send that ends, or what the kernel says when the deadline has come. Deadlines
 * are judged by gi_driver_judged_ns(), and begin by a clock that is read at the end of the turn.
 *
 * Thread: its driver.
 */
#ifndef GI_NET_DEADLINES_H
#define GI_NET_DEADLINES_H

#include "net/connection.h"

#define GI_LINGER_STEP 4096u

void gi_deadlines_init(struct gi_connection *connection);

/* It listens, or has heard the peer: at the end of this turn time without bytes begins to count. */
void gi_deadlines_listens(struct gi_connection *connection);

/* The turn ends now. */
void gi_deadlines_end_turn(struct gi_connection *connection);

/* Bytes are offered to the peer, or it took some. */
void gi_deadlines_offered(struct gi_connection *connection);

/* The peer has ended, or the actor: from now on linger counts. Returns when it strikes if there is no progress. */
uint64_t gi_deadlines_linger(struct gi_connection *connection);

#endif
