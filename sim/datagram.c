/* SPDX-License-Identifier: Apache-2.0 */
/* Datagram: see datagram.h. */
#include "sim/datagram.h"
#include "sim/machine.h"

#include "base/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_V4     ((size_t)65507) /* what the header of IPv4 can say, without both headers */
#define SIZE_MAX_V6     ((size_t)65527)
#define QUEUE_DEFAULT   ((uint64_t)212992) /* net.core.rmem_default */
#define COST            768u               /* of a small one in that */
#define LATENCY_MIN_NS  UINT64_C(2000)
#define LATENCY_MAX_NS  UINT64_C(100000)
#define LATE_MAX_NS     UINT64_C(300000000)
#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 28232u

struct gi_packet {
	struct gi_packet *next;
	struct gi_datagram *sender;
	struct sockaddr_storage from;
	struct sockaddr_storage to;
	uint32_t machine; /* where it goes */
	size_t size;
	char bytes[];
};

static struct gi_sim *sim(void)
{
	return gi_sim_here;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static unsigned ready(const struct gi_object *object)
{
	const struct gi_datagram *datagram = (const void *)object;
	bool is_readable = datagram->first || datagram->error;
	return GI_DIRECTION_BIT(GI_DIRECTION_OUT) |
	       (is_readable ? GI_DIRECTION_BIT(GI_DIRECTION_IN) : 0);
}

static void drop_first(struct gi_datagram *datagram)
{
	struct gi_packet *packet = datagram->first;
	datagram->first = packet->next;
	datagram->last = packet->next ? datagram->last : NULL;
	datagram->queued_size -= packet->size + COST;
	free(packet);
}

static void close_datagram(struct gi_object *object)
{
	struct gi_datagram *datagram = (void *)object;
	struct gi_datagram **link = &sim()->datagrams;
	datagram->is_closed = true;
	while (*link && *link != datagram) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = datagram->next;
	}
	while (datagram->first) {
		drop_first(datagram);
	}
}

int gi_datagram_create(struct gi_datagram **out_datagram, int family)
{
	if (family != AF_INET && family != AF_INET6) {
		return -EAFNOSUPPORT;
	}
	struct gi_datagram *datagram = gi_object_create(sizeof(*datagram), GI_OBJECT_DATAGRAM);
	datagram->object.ready = ready;
	datagram->object.close = close_datagram;
	datagram->address.ss_family = (sa_family_t)family;
	datagram->machine = gi_machine_current();
	datagram->queue_max = QUEUE_DEFAULT;
	*out_datagram = datagram;
	return 0;
}

/* ---- Addresses --------------------------------------------------------------------------------------------------- */

static bool is_in_use(const struct gi_datagram *datagram, const struct sockaddr_storage *address,
                      bool may_share_port)
{
	for (const struct gi_datagram *other = sim()->datagrams; other; other = other->next) {
		if (other->machine == datagram->machine &&
		    gi_endpoint_overlaps(&other->address, address) &&
		    !(may_share_port && other->may_share_port)) {
			return true;
		}
	}
	return false;
}

static void draw_port(const struct gi_datagram *datagram, struct sockaddr_storage *address)
{
	do { /* there are more of them than sockets */
		uint64_t drawn = gi_random_below(&sim()->time, EPHEMERAL_COUNT);
		*gi_endpoint_port(address) = htons((uint16_t)(EPHEMERAL_FIRST + drawn));
	} while (is_in_use(datagram, address, false));
}

static int read_address(const struct gi_datagram *datagram, const void *address, socklen_t size,
                        struct sockaddr_storage *out_address)
{
	struct sockaddr_storage read = {0};
	if (size < gi_endpoint_size(&datagram->address)) {
		return -EINVAL;
	}
	memcpy(&read, address, size < sizeof(read) ? size : sizeof(read));
	if (read.ss_family != datagram->address.ss_family) {
		return -EAFNOSUPPORT;
	}
	*out_address = read;
	return 0;
}

/* Any host, as a destination, is this one. */
static int read_destination(const struct gi_datagram *datagram, const void *address, socklen_t size,
                            struct sockaddr_storage *out_address)
{
	int err = read_address(datagram, address, size, out_address);
	if (!err && gi_endpoint_is_any(out_address)) {
		if (out_address->ss_family == AF_INET6) {
			((struct sockaddr_in6 *)(void *)out_address)->sin6_addr = in6addr_loopback;
		} else {
			((struct sockaddr_in *)(void *)out_address)->sin_addr.s_addr =
			        htonl(INADDR_LOOPBACK);
		}
	}
	return err;
}

static void put_bound(struct gi_datagram *datagram, const struct sockaddr_storage *address)
{
	datagram->address = *address;
	datagram->is_bound = true;
	datagram->next = sim()->datagrams;
	sim()->datagrams = datagram;
}

int gi_datagram_bind(struct gi_datagram *datagram, const struct sockaddr *address, socklen_t size,
                     bool may_share_port)
{
	struct sockaddr_storage own;
	int err = datagram->is_bound ? -EINVAL : read_address(datagram, address, size, &own);
	if (err) {
		return err;
	}
	if (gi_machine_of(&own, datagram->machine) != datagram->machine) {
		return -EADDRNOTAVAIL;
	}
	if (*gi_endpoint_port(&own) == 0) {
		draw_port(datagram, &own);
	}
	if (is_in_use(datagram, &own, may_share_port)) {
		return -EADDRINUSE;
	}
	datagram->may_share_port = may_share_port;
	put_bound(datagram, &own);
	return 0;
}

static void bind_if_not_bound(struct gi_datagram *datagram)
{
	if (!datagram->is_bound) {
		struct sockaddr_storage any = {.ss_family = datagram->address.ss_family};
		draw_port(datagram, &any);
		put_bound(datagram, &any);
	}
}

int gi_datagram_connect(struct gi_datagram *datagram, const struct sockaddr *address,
                        socklen_t size)
{
	int err = read_destination(datagram, address, size, &datagram->peer);
	if (err) {
		return err;
	}
	bind_if_not_bound(datagram);
	datagram->is_connected = true;
	return 0;
}

/* Whom the receiver sees: the host that the way to it begins at. */
static void set_source(struct gi_packet *packet)
{
	in_port_t port = *gi_endpoint_port(&packet->from);
	if (!gi_endpoint_is_any(&packet->from)) {
		return;
	}
	if (packet->machine == packet->sender->machine) {
		packet->from = packet->to; /* it is this host, whatever its name */
		*gi_endpoint_port(&packet->from) = port;
	} else if (packet->from.ss_family == AF_INET) {
		struct sockaddr_in *v4 = (void *)&packet->from;
		v4->sin_addr.s_addr = gi_machine_host(packet->sender->machine);
	}
}

/* ---- Arrivals ---------------------------------------------------------------------------------------------------- */

/* How well it suits; 0: it is not for this one. */
static unsigned suits(const struct gi_datagram *datagram, const struct gi_packet *packet)
{
	if (datagram->machine != packet->machine ||
	    !gi_endpoint_overlaps(&datagram->address, &packet->to) ||
	    (datagram->is_connected && !gi_endpoint_is_same(&datagram->peer, &packet->from))) {
		return 0;
	}
	return 1u + (gi_endpoint_is_any(&datagram->address) ? 0u : 1u) +
	       (datagram->is_connected ? 2u : 0u);
}

/* Of several that share a port always the same one for a sender, as long as they are the same. NULL: nobody. */
static struct gi_datagram *find(struct gi_packet *packet)
{
	unsigned best = 1;
	uint32_t count = 0;
	for (struct gi_datagram *at = sim()->datagrams; at; at = at->next) {
		unsigned suit = suits(at, packet);
		count = suit > best ? 0 : count;
		best = suit > best ? suit : best;
		count += suit == best;
	}
	uint32_t index = count > 0 ? ntohs(*gi_endpoint_port(&packet->from)) % count : 0;
	for (struct gi_datagram *at = sim()->datagrams; at; at = at->next) {
		if (suits(at, packet) == best && index-- == 0) {
			return at;
		}
	}
	return NULL;
}

/* ICMP: port unreachable. */
static void arrive_refusal(void *context, uint64_t machine)
{
	struct gi_datagram *datagram = context;
	if (!datagram->is_closed && !gi_link_is_cut(datagram->machine, (uint32_t)machine)) {
		datagram->error = ECONNREFUSED;
		gi_sim_trace("datagram-refused", datagram->object.number, 0);
		gi_object_changed(&datagram->object);
	}
}

static void refuse(const struct gi_packet *packet)
{
	struct gi_datagram *sender = packet->sender;
	if (!sender->is_closed && sender->is_connected &&
	    gi_endpoint_is_same(&sender->peer, &packet->to)) {
		gi_sim_in(gi_random_spread(&sim()->time, LATENCY_MIN_NS, LATENCY_MAX_NS),
		          arrive_refusal, sender, packet->machine);
	}
}

static void queue(struct gi_datagram *datagram, struct gi_packet *packet)
{
	packet->next = NULL;
	if (datagram->last) {
		datagram->last->next = packet;
	} else {
		datagram->first = packet;
	}
	datagram->last = packet;
	datagram->queued_size += packet->size + COST;
	gi_sim_trace("datagram-arrives", datagram->object.number, (int64_t)packet->size);
	gi_object_changed(&datagram->object);
}

static void arrive(void *context, uint64_t argument)
{
	struct gi_packet *packet = context;
	(void)argument;
	if (gi_link_is_cut(packet->sender->machine, packet->machine)) {
		free(packet);
		return;
	}
	struct gi_datagram *datagram = find(packet);
	if (!datagram) {
		refuse(packet);
		free(packet);
		return;
	}
	if (datagram->queued_size + packet->size + COST > datagram->queue_max) {
		datagram->dropped_count++;
		gi_sim_trace("datagram-dropped", datagram->object.number, (int64_t)packet->size);
		free(packet);
		return;
	}
	queue(datagram, packet);
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

static size_t size_of(const struct msghdr *message)
{
	size_t size = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		size += message->msg_iov[i].iov_len;
	}
	return size;
}

static void copy_in(struct gi_packet *packet, const struct msghdr *message)
{
	size_t at = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *part = &message->msg_iov[i];
		if (part->iov_len > 0) {
			memcpy(packet->bytes + at, part->iov_base, part->iov_len);
		}
		at += part->iov_len;
	}
	gi_trace_bytes(sim()->trace, packet->bytes, packet->size);
}

static size_t copy_out(const struct gi_packet *packet, const struct msghdr *message)
{
	size_t at = 0;
	for (size_t i = 0; i < message->msg_iovlen && at < packet->size; i++) {
		const struct iovec *part = &message->msg_iov[i];
		size_t left = packet->size - at;
		size_t count = part->iov_len < left ? part->iov_len : left;
		if (count > 0) {
			memcpy(part->iov_base, packet->bytes + at, count);
		}
		at += count;
	}
	return at;
}

static struct gi_packet *create_packet(const struct gi_packet *like)
{
	struct gi_packet *packet = malloc(sizeof(*packet) + like->size);
	gi_assert(packet);
	memcpy(packet, like, sizeof(*packet));
	return packet;
}

/* After those that were sent before, or at any time. */
static uint64_t arrival_ns(struct gi_datagram *from)
{
	uint64_t at_ns =
	        sim()->now_ns + gi_random_spread(&sim()->time, LATENCY_MIN_NS, LATENCY_MAX_NS);
	if (gi_sim_strikes(GI_FAULT_DATAGRAM_REORDERED)) {
		return at_ns + gi_random_spread(&sim()->time, LATENCY_MAX_NS, LATE_MAX_NS);
	}
	from->last_ns = at_ns > from->last_ns ? at_ns : from->last_ns + 1;
	return from->last_ns;
}

static void set_off(struct gi_packet *packet)
{
	struct gi_datagram *from = packet->sender;
	if (packet->machine == GI_MACHINES_MAX || gi_sim_strikes(GI_FAULT_DATAGRAM_LOST)) {
		free(packet);
		return;
	}
	if (gi_sim_strikes(GI_FAULT_DATAGRAM_TWICE)) {
		struct gi_packet *again = create_packet(packet);
		memcpy(again->bytes, packet->bytes, packet->size);
		gi_sim_at(arrival_ns(from), arrive, again, 0);
	}
	gi_sim_at(arrival_ns(from), arrive, packet, 0);
}

static int take_error(struct gi_datagram *datagram)
{
	int error = datagram->error;
	datagram->error = 0;
	return -error;
}

/* Where a message goes. */
static int destination(const struct gi_datagram *datagram, const struct msghdr *message,
                       struct sockaddr_storage *out_address)
{
	if (!message->msg_name) {
		*out_address = datagram->peer;
		return datagram->is_connected ? 0 : -EDESTADDRREQ;
	}
	int err = read_destination(datagram, message->msg_name, message->msg_namelen, out_address);
	return !err && *gi_endpoint_port(out_address) == 0 ? -EINVAL : err;
}

int gi_datagram_send(struct gi_datagram *datagram, const struct msghdr *message, int flags)
{
	(void)flags;
	bool is_v6 = datagram->address.ss_family == AF_INET6;
	struct gi_packet head = {.sender = datagram, .size = size_of(message)};
	if (head.size > (is_v6 ? SIZE_MAX_V6 : SIZE_MAX_V4)) {
		return -EMSGSIZE;
	}
	int err = destination(datagram, message, &head.to);
	err = err ? err : take_error(datagram);
	if (err) {
		return err;
	}
	bind_if_not_bound(datagram);
	head.from = datagram->address;
	head.machine = gi_machine_of(&head.to, datagram->machine);
	set_source(&head);
	struct gi_packet *packet = create_packet(&head);
	copy_in(packet, message);
	gi_sim_trace("datagram-sent", datagram->object.number, (int64_t)packet->size);
	set_off(packet);
	return (int)head.size;
}

int gi_datagram_receive(struct gi_datagram *datagram, struct msghdr *message, int flags)
{
	int err = take_error(datagram);
	const struct gi_packet *packet = datagram->first;
	if (err || !packet) {
		return err ? err : -EAGAIN;
	}
	size_t size = packet->size;
	size_t count = copy_out(packet, message);
	message->msg_flags = count < size ? MSG_TRUNC : 0;
	message->msg_controllen = 0;
	if (message->msg_name) {
		socklen_t name_size = gi_endpoint_size(&packet->from);
		memcpy(message->msg_name, &packet->from,
		       name_size < message->msg_namelen ? name_size : message->msg_namelen);
		message->msg_namelen = name_size;
	}
	if (!(flags & MSG_PEEK)) {
		drop_first(datagram);
	}
	gi_sim_trace("datagram-received", datagram->object.number, (int64_t)size);
	return (int)(flags & MSG_TRUNC ? size : count);
}
