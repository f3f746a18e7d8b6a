/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets on their way in and out. Thread: their driver. */
#ifndef GI_NET_ARRIVAL_H
#define GI_NET_ARRIVAL_H

#include "net/connection.h"

/* An accepted one: refused, opened here, or handed to a driver that runs tasks. */
void gi_socket_accepted(struct gi_net_driver *net, struct gi_port *port, int fd);
/* A connection is over: its place is free. */
void gi_socket_gone(struct gi_connection *connection);

#endif
