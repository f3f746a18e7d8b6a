/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrival: an accepted socket takes a place of its port, or is refused; then it gets its actor, here or on another driver.
 *
 * A driver whose role is io runs no actors: it hands the socket to the least loaded driver of its TPC that does. A
 * descriptor belongs to the process, so its number in a message is all there is to hand over.
 */
#include "net/arrival.h"

#include "actors/credit.h"
#include "actors/life.h"
#include "actors/message.h"
#include "actors/place.h"
#include "actors/send.h"
#include "base/assert.h"
#include "drivers/kernel.h"
#include "net/life.h"
#include "net/output.h"

/* Refused ones whose end is waited for once they are told why, on each driver. Beyond, it is not. */
#define REFUSING_MAX 64u

static void tell_refused(struct gi_net_driver *net, struct gi_connection *connection)
{
	const struct gi_port *port = connection->port;
	gi_assert(net->refusing_count < REFUSING_MAX);
	gi_assert(!connection->actor);
	connection->is_refused = true;
	connection->is_connected = true;
	net->refusing_count++;
	gi_output_write(connection, port->options.refusal, port->refusal_size);
	gi_connection_linger(connection);
}

/* Closed at once, with the port's words if its socket takes them, as a new one does. */
static void turn_away(const struct gi_net_driver *net, const struct gi_port *port, int fd)
{
	if (net->is_cut) {
		gi_kernel_socket_reset(fd);
	} else if (port->refusal_size > 0) {
		gi_kernel_socket_say(fd, port->options.refusal, port->refusal_size);
	}
	gi_kernel_close(fd);
}

static void refuse(struct gi_net_driver *net, struct gi_port *port, int fd)
{
	gi_count(&net->counters.refused, 1);
	struct gi_connection *connection = NULL;
	if (port->refusal_size > 0 && net->refusing_count < REFUSING_MAX) {
		connection = gi_heap_alloc(net->scheduler->driver->heap, sizeof(*connection));
	}
	if (!connection) {
		turn_away(net, port, fd);
		return;
	}
	gi_connection_init(connection, net, port, fd);
	tell_refused(net, connection);
}

static struct gi_actor *spawn_actor(struct gi_net_driver *net, struct gi_port *port)
{
	struct gi_scheduler *scheduler = net->scheduler;
	uint64_t address;
	if (net->is_cut || gi_slot_take_own(&scheduler->slots, &address)) {
		return NULL;
	}
	return gi_actor_create(scheduler, port->behavior, port->state, address);
}

static enum gi_role role_of(const struct gi_net_driver *net)
{
	const struct gi_scheduler *scheduler = net->scheduler;
	return scheduler->system->plan->drivers[scheduler->index].role;
}

/* Its place is taken. */
static void open_here(struct gi_net_driver *net, struct gi_port *port, int fd)
{
	struct gi_heap *heap = net->scheduler->driver->heap;
	gi_assert(fd >= 0);
	gi_assert(gi_load_relaxed(&port->open_count) > 0); /* ours among them: it orders nothing */
	gi_assert(role_of(net) != GI_ROLE_IO);
	struct gi_connection *connection = gi_heap_alloc(heap, sizeof(*connection));
	struct gi_actor *actor = connection ? spawn_actor(net, port) : NULL;
	if (!actor) {
		gi_heap_free(heap, connection);
		gi_port_put_place(port);
		gi_count(&net->counters.refused, 1);
		turn_away(net, port, fd);
		return;
	}
	gi_assert(!actor->attachment);
	gi_connection_init(connection, net, port, fd);
	gi_count(&net->counters.accepted, 1);
	gi_count(&net->counters.connections_open, 1);
	connection->actor = actor;
	actor->attachment = &connection->attachment;
	if (net->is_draining) {
		gi_connection_drain(connection);
	} else {
		gi_connection_wake(connection);
	}
}

/* ---- To another driver ---------------------------------------------------------------------------------------------- */

static void on_handed_over(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	struct gi_net_driver *net = scheduler->net;
	struct gi_port *port = argument;
	uint32_t sender = (uint32_t)(value >> 32);
	gi_assert(net); /* a port is open: every driver has had its part */
	gi_assert(port);
	gi_assert(sender < scheduler->driver_count);
	gi_assert(sender != scheduler->index);
	enum gi_work_class class = gi_class_of(port->behavior->priority);
	gi_fetch_add_relaxed(&scheduler->coming[class], (uint32_t)-1); /* a hint for placement */
	gi_credit_arrived(scheduler, sender);
	open_here(net, port, (int)(uint32_t)value);
	gi_count(&net->counters.open, (uint64_t)-1); /* see hand_over() */
}

static void hand_over(struct gi_net_driver *net, struct gi_port *port, int fd)
{
	struct gi_scheduler *scheduler = net->scheduler;
	struct gi_spawner spawner = {.here = scheduler, .behavior = port->behavior};
	struct gatio_place place = GATIO_ON_TPC(scheduler->tpc_index);
	uint32_t driver;
	gi_assert(fd >= 0);
	gi_assert(role_of(net) == GI_ROLE_IO);
	int err = gi_place_choose(scheduler->system, &spawner, &place, &driver);
	gi_assert(!err); /* a plan has a driver for tasks in every TPC */
	struct gi_scheduler *target = scheduler->system->schedulers[driver];
	struct gi_call call = {.run = on_handed_over,
	                       .argument = port,
	                       .value = (uint64_t)scheduler->index << 32 | (uint32_t)fd};
	/* As many as a ring holds may be on their way; whoever comes then is refused as beyond the port's limit. */
	if (!gi_credit_is_left(scheduler, target) ||
	    gi_scheduler_submit(scheduler, driver, &call)) {
		gi_port_put_place(port);
		refuse(net, port, fd);
		return;
	}
	gi_credit_take(scheduler, target);
	enum gi_work_class class = gi_class_of(port->behavior->priority);
	gi_fetch_add_relaxed(&target->coming[class], 1); /* the same hint */
	gi_count(&net->counters.open, 1);                /* a drain waits for it */
}

/* ---- In and out ----------------------------------------------------------------------------------------------------- */

void gi_socket_accepted(struct gi_net_driver *net, struct gi_port *port, int fd)
{
	gi_assert(fd >= 0);
	if (!gi_port_take_place(port)) {
		refuse(net, port, fd);
	} else if (role_of(net) == GI_ROLE_IO) {
		hand_over(net, port, fd);
	} else {
		open_here(net, port, fd);
	}
}

void gi_socket_gone(struct gi_connection *connection)
{
	struct gi_net_driver *net = connection->net;
	gi_assert(!connection->actor);
	if (connection->is_refused) {
		gi_assert(net->refusing_count > 0);
		net->refusing_count--;
		return;
	}
	/* Opened and gone on the same driver; relaxed: it is the only one that counts here. */
	gi_assert(gi_load_relaxed(&net->counters.connections_open) > 0);
	gi_port_put_place(connection->port);
	gi_count(&net->counters.closed, 1);
	gi_count(&net->counters.connections_open, (uint64_t)-1);
}
