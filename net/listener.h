/* SPDX-License-Identifier: Apache-2.0 */
/* Listener: one driver's listening socket of a port. Thread: its driver. */
#ifndef GI_NET_LISTENER_H
#define GI_NET_LISTENER_H

#include "net/net.h"
#include "net/port.h"

#include "drivers/io.h"
#include "drivers/timer.h"

struct gi_listener {
	struct gi_io accept;
	struct gi_timer retry; /* descriptors or memory were short */
	struct gi_port *port;
	struct gi_net_driver *net;
	struct gi_list link;
	int fd;               /* -1: closed */
	uint32_t error_count; /* in a row */
	bool is_stopping;
	bool is_waiting_to_retry;
};

void gi_listener_start(struct gi_listener *listener);
/* Takes what waits at it, then closes. */
void gi_listener_drain(struct gi_listener *listener);
/* Closes. */
void gi_listener_cut(struct gi_listener *listener);
/* A descriptor has become free. */
void gi_listeners_retry(struct gi_net_driver *net);

#endif
