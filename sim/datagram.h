/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagram: a socket of UDP. What it sends arrives whole or not at all: it may be lost (datagram-lost, a cut link, a full
 * queue), come twice, or be overtaken. What one socket sends arrives in order otherwise.
 *
 * Results and errors are those of Linux. All functions return at once; -EAGAIN: it would wait.
 */
#ifndef GI_SIM_DATAGRAM_H
#define GI_SIM_DATAGRAM_H

#include "sim/endpoint.h"
#include "sim/object.h"

struct gi_packet;

struct gi_datagram {
	struct gi_object object;
	struct gi_datagram *next; /* of those that are bound */
	struct sockaddr_storage address;
	struct sockaddr_storage peer;
	uint32_t machine;
	bool is_bound;
	bool is_connected; /* to `peer`: nobody else is heard */
	bool may_share_port;
	bool is_closed;
	int error; /* told once */
	struct gi_packet *first;
	struct gi_packet *last;
	uint64_t queued_size; /* with what each costs beside its bytes */
	uint64_t queue_max;
	uint64_t dropped_count; /* there was no room for them */
	uint64_t last_ns;       /* when the last of what was sent arrives */
};

/* On the machine of the current task. Owner: gives, one holder. Error: -EAFNOSUPPORT. */
int gi_datagram_create(struct gi_datagram **out_datagram, int family);
/* Port 0: a free one. Error: -EINVAL: it is bound; -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT. */
int gi_datagram_bind(struct gi_datagram *datagram, const struct sockaddr *address, socklen_t size,
                     bool may_share_port);
/* Bound to a free port, if it was not bound. Error: -EAFNOSUPPORT, -EINVAL. */
int gi_datagram_connect(struct gi_datagram *datagram, const struct sockaddr *address,
                        socklen_t size);

/*
 * To msg_name, or to the peer. Returns the size.
 *
 * Error: -EMSGSIZE; -EDESTADDRREQ; -EINVAL, -EAFNOSUPPORT: that is no address; -ECONNREFUSED: nobody was at the peer's address
 * when an earlier one came there.
 */
int gi_datagram_send(struct gi_datagram *datagram, const struct msghdr *message, int flags);
/*
 * Sets msg_name, msg_namelen and msg_flags: MSG_TRUNC when there was more than fits, which is gone. Returns the count of bytes;
 * with MSG_TRUNC in `flags` the datagram's size. MSG_PEEK leaves it there. Error: -EAGAIN, -ECONNREFUSED as send.
 */
int gi_datagram_receive(struct gi_datagram *datagram, struct msghdr *message, int flags);

#endif
