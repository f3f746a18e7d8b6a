/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of a connection. Thread: its driver. */
#ifndef GI_NET_DEADLINES_H
#define GI_NET_DEADLINES_H

#include "net/connection.h"

void gi_deadlines_init(struct gi_connection *connection);

/* Its timer runs until the next of its deadlines. */
void gi_deadlines_watch(struct gi_connection *connection);

/* It may receive again. Time without bytes counts from now: while it could not, the peer is not to blame. */
void gi_deadlines_go_on(struct gi_connection *connection);

/* From now on the rest has linger_ns. */
void gi_deadlines_linger(struct gi_connection *connection);

#endif
