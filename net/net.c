/* SPDX-License-Identifier: Apache-2.0 */
/* Net: a system's ports, from the first opened to the last connection closed. */
#include "net/net.h"
#include "actors/calls.h"
#include "actors/message.h"
#include "actors/spawn.h"

#include "base/assert.h"
#include "base/container.h"
#include "base/misuse.h"
#include "net/arrival.h"
#include "net/deadlines.h"
#include "net/life.h"
#include "net/listener.h"
#include "net/opening.h"
#include "net/output.h"
#include "topology/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MAX_MIN 4u

/* ---- Hooks of the system ------------------------------------------------------------------------------------------------ */

static void on_drain(struct gi_scheduler *scheduler, uint64_t deadline_ns)
{
	struct gi_net_driver *net = scheduler->net;
	gi_assert(net->scheduler == scheduler);
	gi_assert(!net->is_draining);
	gi_assert(!net->is_cut);
	net->is_draining = true; /* who is still on the way is drained when it comes */
	net->drain_deadline_ns = deadline_ns;
	struct gi_list *next;
	for (struct gi_list *link = net->listeners.next; link != &net->listeners; link = next) {
		next = link->next;
		gi_listener_drain(gi_container_of(link, struct gi_listener, link));
	}
	for (struct gi_list *link = net->connections.next; link != &net->connections;
	     link = link->next) {
		gi_connection_drain(gi_container_of(link, struct gi_connection, link));
	}
}

static void on_cut(struct gi_scheduler *scheduler)
{
	struct gi_net_driver *net = scheduler->net;
	gi_assert(net->scheduler == scheduler);
	net->is_cut = true; /* who is still on the way comes too late */
	struct gi_list *next;
	for (struct gi_list *link = net->listeners.next; link != &net->listeners; link = next) {
		next = link->next;
		gi_listener_cut(gi_container_of(link, struct gi_listener, link));
	}
	for (struct gi_list *link = net->connections.next; link != &net->connections; link = next) {
		next = link->next;
		gi_connection_cut(gi_container_of(link, struct gi_connection, link));
	}
}

static uint64_t count_open(const struct gatio_system *system, uint32_t driver_index)
{
	const struct gi_net *net = gi_load_acquire(&system->net);
	gi_assert(driver_index < system->plan->driver_count);
	return gi_load_relaxed(&net->drivers[driver_index]->counters.open); /* looked at again */
}

static void flush(struct gi_scheduler *scheduler)
{
	struct gi_net_driver *net = scheduler->net;
	struct gi_list *link;
	while ((link = gi_list_pop(&net->to_flush))) {
		struct gi_connection *connection =
		        gi_container_of(link, struct gi_connection, flush_link);
		gi_assert_slow(connection->net == net);
		gi_assert_slow(!connection->is_finished);
		gi_output_flush(connection);
		if (connection->port->options.idle_timeout_ns > 0) {
			gi_deadlines_end_turn(connection);
		}
	}
}

/* ---- Making it ----------------------------------------------------------------------------------------------------------- */

static size_t held_size(const struct gi_scheduler *scheduler)
{
	return sizeof(struct gi_held_buffer) * gi_net_buffer_count(scheduler->system);
}

static void free_driver(struct gi_net_driver *net)
{
	if (net) {
		struct gi_arena *arena = net->scheduler->driver->options.arena;
		gi_arena_free(arena, net->held, held_size(net->scheduler));
		gi_arena_free(arena, net, sizeof(*net));
	}
}

/* A quarter of all, so that one busy peer leaves some for the others; but never so few that all is cancels. */
static uint32_t held_max(const struct gi_scheduler *scheduler)
{
	uint32_t quarter = gi_net_buffer_count(scheduler->system) / 4;
	return quarter < HELD_MAX_MIN ? HELD_MAX_MIN : quarter;
}

static void on_gone(struct gi_connection *connection)
{
	gi_assert(gi_list_is_empty(&connection->link)); /* no drain and no cut finds it any more */
	gi_socket_gone(connection);
	gi_listeners_retry(connection->net);
}

static struct gi_net_driver *make_driver(struct gi_scheduler *scheduler)
{
	struct gi_arena *arena = scheduler->driver->options.arena;
	struct gi_net_driver *net = gi_arena_alloc(arena, sizeof(*net));
	if (!net) {
		return NULL;
	}
	gi_assert(!scheduler->net); /* attach() comes later */
	net->scheduler = scheduler;
	net->held = gi_arena_alloc(arena, held_size(scheduler));
	if (!net->held) {
		free_driver(net);
		return NULL;
	}
	gi_list_init(&net->connections);
	gi_list_init(&net->listeners);
	gi_list_init(&net->to_flush);
	net->gone = on_gone;
	net->held_max = held_max(scheduler);
	return net;
}

static void free_net(struct gi_net *net)
{
	for (uint32_t i = 0; net->drivers && i < net->system->plan->driver_count; i++) {
		free_driver(net->drivers[i]);
	}
	free(net->drivers);
	pthread_mutex_destroy(&net->lock);
	free(net);
}

/* Those that missed the cut's time: their memory is the arena's, their descriptors are nobody's but theirs. */
static void close_sockets(const struct gi_net_driver *net)
{
	for (const struct gi_list *link = net->connections.next; link != &net->connections;
	     link = link->next) {
		gi_connection_abandon(gi_container_of(link, struct gi_connection, link));
	}
}

static void on_destroy(struct gatio_system *system)
{
	struct gi_net *net = gi_load_acquire(&system->net);
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		close_sockets(net->drivers[i]);
	}
	gi_assert(!system->is_running); /* no driver looks at it any more */
	gi_net_free_ports(net);
	free_net(net);
	gi_store_release(&system->net, NULL);
}

/* Each driver learns of its part on its own thread. */
static void attach(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	struct gi_net *net = argument;
	(void)value;
	scheduler->net = net->drivers[scheduler->index];
	gi_assert(scheduler->net);
	scheduler->net_flush = flush;
}

static struct gi_net *make_net(struct gatio_system *system)
{
	uint32_t driver_count = system->plan->driver_count;
	struct gi_net *net = calloc(1, sizeof(*net));
	if (!net) {
		return NULL;
	}
	net->system = system;
	pthread_mutex_init(&net->lock, NULL);
	net->drivers = calloc(driver_count, sizeof(struct gi_net_driver *));
	bool is_complete = net->drivers;
	for (uint32_t i = 0; is_complete && i < driver_count; i++) {
		net->drivers[i] = make_driver(system->schedulers[i]);
		is_complete = net->drivers[i];
	}
	if (!is_complete) {
		free_net(net);
		return NULL;
	}
	return net;
}

static int ensure_net(struct gatio_system *system)
{
	if (gi_load_acquire(&system->net)) {
		return 0;
	}
	struct gi_net *net = make_net(system);
	if (!net) {
		return -ENOMEM;
	}
	struct gi_call call = {.run = attach, .argument = net};
	int err = gi_system_submit_all(system, &call);
	if (err) {
		free_net(net);
		return err;
	}
	gi_store_release(&system->net, net);
	system->hooks = (struct gi_system_hooks){
	        .drain = on_drain, .cut = on_cut, .open_count = count_open, .destroy = on_destroy};
	return 0;
}

/* ---- Public ---------------------------------------------------------------------------------------------------------------- */

int gatio_port_open_actor(struct gatio_system *system, const struct gatio_port_options *options,
                          struct gatio_behavior *behavior, const void *state)
{
	gi_refuse_handlers("gatio_port_open",
	                   "called in a handler, for which all drivers would wait",
	                   "open ports in the thread that created the system");
	int err = ensure_net(system);
	if (err) {
		return err == -ENOMEM ? gi_port_no_memory(system, options->listen) : err;
	}
	struct gi_net *net = gi_load_acquire(&system->net);
	struct gatio_port_options filled = *options;
	struct gi_port_request request;
	err = gi_port_request_init(&request, net, &filled);
	if (err) {
		return err;
	}
	request.plan.behavior = behavior;
	request.plan.state = state;
	err = gi_behavior_is_ready(behavior) ? 0 : gi_spawn_prepare(system, behavior);
	if (err) {
		gi_port_request_finish(&request);
		return err;
	}
	pthread_mutex_lock(&net->lock);
	err = gi_net_open_port(net, &request);
	pthread_mutex_unlock(&net->lock);
	gi_port_request_finish(&request);
	return err;
}

int gatio_port_address(struct gatio_system *system, const char *listen, char *out_text, size_t size)
{
	struct gi_net *net = gi_load_acquire(&system->net);
	if (!net) {
		return -ENOENT;
	}
	pthread_mutex_lock(&net->lock);
	const struct gi_port *port = gi_net_find_port(net, listen);
	pthread_mutex_unlock(&net->lock);
	if (!port) {
		return -ENOENT;
	}
	size_t length = strlen(port->bound_text);
	if (length >= size) {
		return -ENOSPC;
	}
	memcpy(out_text, port->bound_text, length + 1);
	return 0;
}

int gatio_net_counters(const struct gatio_system *system, uint32_t driver_index,
                       struct gatio_net_counters *out_counters)
{
	const struct gi_net *net = gi_load_acquire(&system->net);
	if (driver_index >= system->plan->driver_count) {
		return -EINVAL;
	}
	if (!net) {
		*out_counters = (struct gatio_net_counters){0};
		return 0;
	}
	/* Relaxed throughout: each counter is exact, the set is not one instant. */
	const struct gi_net_driver_counters *counters = &net->drivers[driver_index]->counters;
	*out_counters = (struct gatio_net_counters){
	        .accepted = gi_load_relaxed(&counters->accepted),
	        .refused = gi_load_relaxed(&counters->refused),
	        .accept_errors = gi_load_relaxed(&counters->accept_errors),
	        .closed = gi_load_relaxed(&counters->closed),
	        .open = gi_load_relaxed(&counters->connections_open),
	        .idle_timeouts = gi_load_relaxed(&counters->idle_timeouts),
	        .write_timeouts = gi_load_relaxed(&counters->write_timeouts),
	        .received_bytes = gi_load_relaxed(&counters->received_bytes),
	        .sent_bytes = gi_load_relaxed(&counters->sent_bytes),
	        .sends = gi_load_relaxed(&counters->sends),
	        .buffer_waits = gi_load_relaxed(&counters->buffer_waits),
	        .pauses = gi_load_relaxed(&counters->pauses),
	};
	return 0;
}
