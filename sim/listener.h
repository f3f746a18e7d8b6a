/* SPDX-License-Identifier: Apache-2.0 */
/* Listener: a bound address, and the connections that wait there to be accepted. */
#ifndef GI_SIM_LISTENER_H
#define GI_SIM_LISTENER_H

#include "sim/endpoint.h"
#include "sim/object.h"
#include "sim/stream.h"

#define GI_BACKLOG_MAX 1024u

struct gi_listener {
	struct gi_object object; /* a claim, until it listens */
	struct gi_listener *next;
	struct sockaddr_storage address;
	uint32_t machine;
	bool is_listening;
	bool is_input_shut; /* since it does not listen */
	bool may_share_address;
	bool may_share_port;
	uint32_t backlog;
	uint32_t waiting_count;
	struct gi_stream *waiting[GI_BACKLOG_MAX]; /* in the order in which they came */
};

/* Bound to an address, port 0 a free one. Error: -EADDRINUSE; -EADDRNOTAVAIL; -EAFNOSUPPORT. */
int gi_listener_bind(struct gi_listener **out_listener, const struct sockaddr *address,
                     socklen_t size, bool may_share_address, bool may_share_port);
/* Error: -EADDRINUSE. */
int gi_listener_listen(struct gi_listener *listener, uint32_t backlog);
/* As shutdown(2): whoever says that it hears no more does not listen any more, and stays bound. Error: -ENOTCONN. */
int gi_listener_shutdown(struct gi_listener *listener, int how);
/* Owner: gives. Error: -EAGAIN. */
int gi_listener_accept(struct gi_listener *listener, struct gi_stream **out_stream);

/* Wait for a connection. Owner: gives. Thread: a task. Error: -ECONNREFUSED, -ETIMEDOUT. */
int gi_listener_connect(struct gi_stream **out_stream, const struct sockaddr_storage *address);

#endif
