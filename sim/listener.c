/* SPDX-License-Identifier: Apache-2.0 */
/* Listener: see listener.h. */
#include "sim/listener.h"
#include "sim/machine.h"
#include "sim/task.h"

#include "base/assert.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 28232u
#define SYN_RETRY_NS    UINT64_C(1000000000)
#define SYN_RETRIES_MAX 6u
#define HANDSHAKE_NS    UINT64_C(30000)
/* A script's end is kept alive. */
#define SCRIPT_GIVE_UP_NS UINT64_C(90000000000)

static GI_SIM_KEPT struct gi_listener *listeners;
static GI_SIM_KEPT uint32_t ephemeral_last;

static in_port_t next_ephemeral(void)
{
	return htons((uint16_t)(EPHEMERAL_FIRST + ++ephemeral_last % EPHEMERAL_COUNT));
}

/* ---- Binding ----------------------------------------------------------------------------------------------------- */

static bool is_in_use(struct gi_listener *bound)
{
	for (struct gi_listener *other = listeners; other; other = other->next) {
		bool share_port = bound->may_share_port && other->may_share_port;
		bool share_address = bound->may_share_address && other->may_share_address &&
		                     !other->is_listening;
		if (other != bound && other->machine == bound->machine &&
		    gi_endpoint_overlaps(&bound->address, &other->address) && !share_port &&
		    !share_address) {
			return true;
		}
	}
	return false;
}

static void unlink_listener(struct gi_listener *listener)
{
	struct gi_listener **link = &listeners;
	while (*link && *link != listener) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = listener->next;
	}
}

static void stop_listening(struct gi_listener *listener)
{
	listener->is_listening = false;
	for (uint32_t i = 0; i < listener->waiting_count; i++) {
		gi_stream_reset(listener->waiting[i]);
		gi_object_put(&listener->waiting[i]->object);
	}
	listener->waiting_count = 0;
}

static void close_listener(struct gi_object *object)
{
	struct gi_listener *listener = (void *)object;
	unlink_listener(listener);
	stop_listening(listener);
}

static unsigned ready(const struct gi_object *object)
{
	const struct gi_listener *listener = (const void *)object;
	if (!listener->is_listening) {
		return GI_OBJECT_FAILED | GI_DIRECTION_BIT(GI_DIRECTION_IN) |
		       GI_DIRECTION_BIT(GI_DIRECTION_OUT);
	}
	return listener->waiting_count > 0 ? GI_DIRECTION_BIT(GI_DIRECTION_IN) : 0;
}

int gi_listener_bind(struct gi_listener **out_listener, const struct sockaddr *address,
                     socklen_t size, bool may_share_address, bool may_share_port)
{
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
		return -EAFNOSUPPORT;
	}
	struct gi_listener *listener = gi_object_create(sizeof(*listener), GI_OBJECT_CLAIM);
	memcpy(&listener->address, address, size);
	listener->may_share_address = may_share_address;
	listener->may_share_port = may_share_port;
	listener->object.close = close_listener;
	listener->object.ready = ready;
	listener->machine = gi_machine_current();
	bool is_local = gi_machine_of(&listener->address, listener->machine) == listener->machine;
	int err = is_local ? 0 : -EADDRNOTAVAIL;
	if (!err && *gi_endpoint_port(&listener->address) == 0) {
		do { /* there are more of them than listeners */
			*gi_endpoint_port(&listener->address) = next_ephemeral();
		} while (is_in_use(listener));
	}
	if (!err && is_in_use(listener)) {
		err = -EADDRINUSE;
	}
	if (err) {
		gi_object_put(&listener->object);
		return err;
	}
	listener->next = listeners;
	listeners = listener;
	*out_listener = listener;
	return 0;
}

int gi_listener_listen(struct gi_listener *listener, uint32_t backlog)
{
	for (struct gi_listener *other = listeners; other; other = other->next) {
		if (other != listener && other->machine == listener->machine &&
		    other->is_listening &&
		    gi_endpoint_overlaps(&listener->address, &other->address) &&
		    !(listener->may_share_port && other->may_share_port)) {
			return -EADDRINUSE;
		}
	}
	listener->object.kind = GI_OBJECT_LISTENER;
	listener->is_listening = true;
	listener->backlog = backlog < GI_BACKLOG_MAX ? backlog : GI_BACKLOG_MAX;
	return 0;
}

int gi_listener_shutdown(struct gi_listener *listener, int how)
{
	if (!listener->is_listening) {
		listener->is_input_shut |= how != SHUT_WR;
		return -ENOTCONN;
	}
	if (how != SHUT_WR) {
		stop_listening(listener);
		listener->object.kind = GI_OBJECT_CLAIM;
		gi_object_changed(&listener->object);
	}
	return 0;
}

int gi_listener_accept(struct gi_listener *listener, struct gi_stream **out_stream)
{
	if (listener->waiting_count == 0) {
		return -EAGAIN;
	}
	*out_stream = listener->waiting[0];
	listener->waiting_count--;
	memmove(listener->waiting, listener->waiting + 1,
	        listener->waiting_count * sizeof(listener->waiting[0]));
	return 0;
}

/* ---- Connecting -------------------------------------------------------------------------------------------------- */

/* One of those that share the address; NULL: nobody listens there. */
static struct gi_listener *find(struct sockaddr_storage *address, uint32_t machine)
{
	struct gi_listener *found = NULL;
	uint32_t count = 0;
	for (struct gi_listener *listener = listeners; listener; listener = listener->next) {
		if (listener->is_listening && listener->machine == machine &&
		    gi_endpoint_overlaps(&listener->address, address)) {
			count++;
			if (gi_random_below(&gi_sim_here->order, count) == 0) {
				found = listener;
			}
		}
	}
	return found;
}

static bool has_room(const struct gi_listener *listener)
{
	return listener->waiting_count < listener->backlog &&
	       !gi_sim_strikes(GI_FAULT_ACCEPT_OVERFLOW);
}

static struct gi_stream *connect_to(struct gi_listener *listener, struct sockaddr_storage *address)
{
	struct gi_stream *own;
	struct gi_stream *theirs;
	gi_stream_pair(&own, &theirs, gi_machine_current(), listener->machine);
	gi_stream_keep_alive(own, SCRIPT_GIVE_UP_NS);
	own->peer_address = *address;
	own->own_address = *address;
	*gi_endpoint_port(&own->own_address) = next_ephemeral();
	theirs->own_address = own->peer_address;
	theirs->peer_address = own->own_address;
	listener->waiting[listener->waiting_count++] = theirs;
	gi_sim_trace("connect", own->object.number, (int64_t)theirs->object.number);
	gi_object_changed(&listener->object);
	return own;
}

int gi_listener_connect(struct gi_stream **out_stream, const struct sockaddr_storage *address)
{
	struct sockaddr_storage to = *address;
	uint32_t here = gi_machine_current();
	uint32_t machine = gi_machine_of(&to, here);
	for (uint32_t i = 0; i <= SYN_RETRIES_MAX; i++) {
		gi_task_spend(gi_random_spread(&gi_sim_here->time, 1000, HANDSHAKE_NS));
		bool gets_through = machine < GI_MACHINES_MAX && !gi_link_is_cut(here, machine);
		struct gi_listener *listener = gets_through ? find(&to, machine) : NULL;
		if (gets_through && !listener) {
			return -ECONNREFUSED;
		}
		if (listener && has_room(listener)) {
			*out_stream = connect_to(listener, &to);
			return 0;
		}
		gi_task_spend(SYN_RETRY_NS << i);
	}
	return -ETIMEDOUT;
}
