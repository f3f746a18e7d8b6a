/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's life, from its first message to close(2). Thread: its driver. */
#ifndef GI_NET_LIFE_H
#define GI_NET_LIFE_H

#include "net/connection.h"

/* A new one, counted as open. */
void gi_connection_init(struct gi_connection *connection, struct gi_net_driver *net,
                        struct gi_port *port, int fd);

/* No actor speaks for it any more: what was written leaves, then our end and the peer's. */
void gi_connection_linger(struct gi_connection *connection);

/* gatio_draining is told when all that has come by now has been. It still has its actor, or nothing happens. */
void gi_connection_drain(struct gi_connection *connection);
/* It ends now. */
void gi_connection_cut(struct gi_connection *connection);

/* Its driver has ended before it: only its socket is closed. Thread: whoever destroys the system. */
void gi_connection_abandon(const struct gi_connection *connection);

/* The connection of the running actor, or NULL. Thread: any. */
struct gi_connection *gi_connection_current(void);

#endif
