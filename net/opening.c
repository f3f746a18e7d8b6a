/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: every driver gets a listening socket of its own (SO_REUSEPORT), so connections spread by hash without any
 * traffic between drivers. All sockets listen before the first accepts.
 *
 * SO_REUSEPORT lets any program of the same user join, and take a part of the connections. So the first socket listens
 * alone before it can be joined, which of several servers one does, and a socket that holds the address, and never
 * listens, keeps others out as soon as all are there. No socket listens that is not served.
 */
#include "net/opening.h"

#include "actors/advice.h"
#include "actors/calls.h"
#include "actors/log.h"
#include "actors/message.h"
#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"
#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRY_PAUSE_NS GATIO_MS(50)
#define TRIES_MAX    40u /* in 2 s */

/* ---- Listening --------------------------------------------------------------------------------------------------------- */

static struct gi_kernel_listen listen_options(const struct gi_port *port)
{
	return (struct gi_kernel_listen){
	        .address = (const struct sockaddr *)&port->address,
	        .address_size = port->address_size,
	        .backlog = (int)port->options.backlog,
	        .send_buffer_size = (int)port->options.send_buffer_size,
	        .receive_buffer_size = (int)port->options.receive_buffer_size,
	        .keepalive = !port->options.no_keepalive,
	};
}

static void remember_address(struct gi_port *port, const struct sockaddr_storage *address)
{
	gi_assert(gi_address_port(address) != 0); /* bound */
	port->address = *address;
	gi_address_format(address, port->bound_text, sizeof(port->bound_text));
}

/* Also finds the number for port 0. */
static int claim_address(struct gi_port *port)
{
	gi_assert(port->claim_fd < 0);
	port->claim_fd =
	        gi_kernel_claim((const struct sockaddr *)&port->address, port->address_size);
	struct sockaddr_storage bound;
	int err =
	        port->claim_fd < 0 ? port->claim_fd : gi_kernel_socket_name(port->claim_fd, &bound);
	if (!err) {
		remember_address(port, &bound);
	}
	return err;
}

static void unclaim_address(struct gi_port *port)
{
	if (port->claim_fd >= 0) {
		gi_kernel_close(port->claim_fd);
		port->claim_fd = -1;
	}
}

/* The first is alone when it begins to listen, so of two servers that start together one gets the address. */
static int listen_next(const struct gi_port *port, bool is_first)
{
	gi_assert(port->claim_fd >= 0); /* the address is ours while others may join */
	struct gi_kernel_listen options = listen_options(port);
	options.reuse_port = !is_first;
	int fd = gi_kernel_listen(&options);
	int err = fd >= 0 && is_first ? gi_kernel_listen_shared(fd) : 0;
	if (err) {
		gi_kernel_close(fd);
		return err;
	}
	return fd;
}

static int listen_on(struct gi_port *port, const bool *drivers, uint32_t driver_count)
{
	bool is_first = gi_load_relaxed(&port->listening_count) == 0; /* only we add to it */
	for (uint32_t i = 0; i < driver_count; i++) {
		if (!drivers[i]) {
			continue;
		}
		int fd = listen_next(port, is_first);
		if (fd < 0) {
			return fd;
		}
		gi_assert(port->listeners[i].fd < 0);
		port->listeners[i].fd = fd;
		is_first = false;
		gi_fetch_add_relaxed(&port->listening_count, 1); /* before it starts */
	}
	return 0;
}

static void unlisten(struct gi_port *port, const bool *drivers, uint32_t driver_count)
{
	for (uint32_t i = 0; i < driver_count; i++) {
		if (drivers[i] && port->listeners[i].fd >= 0) {
			gi_kernel_close(port->listeners[i].fd);
			port->listeners[i].fd = -1;
			uint32_t before = gi_fetch_add_relaxed(&port->listening_count,
			                                       (uint32_t)-1); /* as above */
			gi_assert(before > 0);
		}
	}
}

/* ---- Starting on the drivers ------------------------------------------------------------------------------------------- */

struct start {
	struct gi_net *net;
	struct gi_port *port;
	const bool *drivers;
	_Atomic int err;
};

static void open_buffers(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	struct start *start = argument;
	(void)value;
	if (!gi_driver_buffers(scheduler->driver)) {
		const struct gi_tuning *tuning = &scheduler->system->tuning;
		uint32_t count = gi_net_buffer_count(scheduler->system);
		uint32_t size = tuning->buffer_size ? tuning->buffer_size : GI_BUFFERS_SIZE_DEFAULT;
		int err = gi_buffers_open(scheduler->driver, count, size);
		if (err) {
			gi_store_release(&start->err, err);
		}
	}
}

static void start_listener(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	struct start *start = argument;
	(void)value;
	if (start->drivers[scheduler->index]) {
		struct gi_listener *listener = &start->port->listeners[scheduler->index];
		gi_assert(listener->fd >= 0); /* it listens before it accepts */
		listener->port = start->port;
		listener->net = start->net->drivers[scheduler->index];
		gi_listener_start(listener);
	}
}

static int start_port(struct gi_net *net, struct gi_port *port, const bool *drivers)
{
	struct start start = {.net = net, .port = port, .drivers = drivers};
	struct gi_call call = {.run = open_buffers, .argument = &start};
	int err = gi_system_submit_all(net->system, &call);
	err = err ? err : gi_load_acquire(&start.err);
	if (err) {
		return err;
	}
	call.run = start_listener;
	return gi_system_submit_all(net->system, &call);
}

/* ---- Opening ------------------------------------------------------------------------------------------------------------ */

/* no_room_count: before it was tried. */
static void log_failure(struct gi_net *net, const struct gi_port *port, int err,
                        uint64_t no_room_count)
{
	struct gi_advice advice;
	const char *then = "";
	if (err == -ENOMEM && gi_advice_no_room_count(net->system) != no_room_count) {
		gi_log(net->system, GATIO_LOG_ERROR, "port %s cannot be opened: %s",
		       port->listen_text, gi_advice_on_limit(&advice, net->system));
		return;
	}
	if (err == -EADDRINUSE) {
		then = "; another program listens there: stop it or take another port";
	} else if (err == -EACCES) {
		then = "; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
	} else if (err == -EADDRNOTAVAIL) {
		then = "; no interface of this machine has this address";
	} else if (err == -ENOMEM && net->system->backend == GI_BACKEND_IO_URING) {
		then = "; buffers are memory that may be locked: raise `ulimit -l`, or use fewer "
		       "drivers";
	}
	gi_log(net->system, GATIO_LOG_ERROR, "port %s cannot be opened: %s%s", port->listen_text,
	       strerror(-err), then);
}

static int begin_service(struct gi_net *net, struct gi_port *port, const bool *drivers)
{
	uint32_t driver_count = net->system->plan->driver_count;
	int err = port->claim_fd < 0 ? claim_address(port) : 0;
	if (err) {
		return err;
	}
	gi_assert(port->claim_fd >= 0);
	gi_kernel_claim_alone(port->claim_fd, false);
	err = listen_on(port, drivers, driver_count);
	gi_kernel_claim_alone(port->claim_fd, true);
	err = err ? err : start_port(net, port, drivers);
	if (err) {
		unlisten(port, drivers, driver_count);
		return err;
	}
	for (uint32_t i = 0; i < driver_count; i++) {
		port->serves[i] |= drivers[i];
	}
	return 0;
}

static struct gi_port *make_port(const struct gi_net *net, const struct gi_port_request *request)
{
	uint32_t driver_count = net->system->plan->driver_count;
	struct gi_port *port = gi_port_create(&request->plan, driver_count);
	if (!port) {
		return NULL;
	}
	port->listeners = calloc(driver_count, sizeof(*port->listeners));
	if (!port->listeners) {
		gi_port_destroy(port);
		return NULL;
	}
	for (uint32_t i = 0; i < driver_count; i++) {
		port->listeners[i].fd = -1;
	}
	return port;
}

static int try_to_open(struct gi_net *net, struct gi_port *port,
                       const struct gi_port_request *request)
{
	port->address = request->plan.address; /* another number each time if it is 0 */
	int err = begin_service(net, port, request->drivers);
	if (err) {
		unclaim_address(port);
	}
	return err;
}

/* A server that was killed has its sockets and its locked memory until the kernel has torn down its rings. */
static bool may_pass(const struct gi_net *net, int err)
{
	return (err == -EADDRINUSE || err == -ENOMEM) &&
	       !gi_load_acquire(&net->system->is_stopping);
}

static int open_new(struct gi_net *net, const struct gi_port_request *request)
{
	struct gi_port *port = make_port(net, request);
	if (!port) {
		return gi_port_no_memory(net->system, request->plan.options->listen);
	}
	uint64_t no_room_count = gi_advice_no_room_count(net->system);
	int err = try_to_open(net, port, request);
	if (may_pass(net, err)) {
		gi_log(net->system, GATIO_LOG_NOTICE, "port %s: %s; trying for 2 s",
		       port->listen_text, strerror(-err));
	}
	for (uint32_t i = 0; i < TRIES_MAX && may_pass(net, err); i++) {
		gi_kernel_pause_ns(TRY_PAUSE_NS);
		err = try_to_open(net, port, request);
	}
	if (err) {
		log_failure(net, port, err, no_room_count);
		gi_port_destroy(port);
		return err;
	}
	gi_assert(port->claim_fd >= 0);
	gi_assert(gi_load_relaxed(&port->listening_count) <= net->system->plan->driver_count);
	port->next = net->ports;
	net->ports = port;
	return 0;
}

static int open_more(struct gi_net *net, struct gi_port *port,
                     const struct gi_port_request *request)
{
	struct gi_port_difference difference;
	if (!gi_port_compare(port, &request->plan, &difference)) {
		gi_log(net->system, GATIO_LOG_ERROR,
		       "port %s is open with another configuration: it has {%s}, wanted is {%s}",
		       port->bound_text, difference.has, difference.wants);
		return -EEXIST;
	}
	bool *more = calloc(net->system->plan->driver_count, sizeof(*more));
	if (!more) {
		return gi_port_no_memory(net->system, port->listen_text);
	}
	for (uint32_t i = 0; i < net->system->plan->driver_count; i++) {
		more[i] = request->drivers[i] && !port->serves[i];
	}
	uint64_t no_room_count = gi_advice_no_room_count(net->system);
	int err = begin_service(net, port, more);
	if (err) {
		log_failure(net, port, err, no_room_count);
	}
	free(more);
	return err;
}

struct gi_port *gi_net_find_port(struct gi_net *net, const char *listen)
{
	for (struct gi_port *port = net->ports; port; port = port->next) {
		if (strcmp(port->listen_text, listen) == 0 ||
		    strcmp(port->bound_text, listen) == 0) {
			return port;
		}
	}
	return NULL;
}

int gi_net_open_port(struct gi_net *net, const struct gi_port_request *request)
{
	if (gi_load_acquire(&net->system->is_stopping)) {
		return -ESHUTDOWN;
	}
	char text[GI_ADDRESS_TEXT_SIZE];
	gi_address_format(&request->plan.address, text, sizeof(text));
	/* Number 0 takes another free port each time. */
	bool is_any = gi_address_port(&request->plan.address) == 0;
	struct gi_port *port = is_any ? NULL : gi_net_find_port(net, request->plan.options->listen);
	port = port || is_any ? port : gi_net_find_port(net, text);
	return port ? open_more(net, port, request) : open_new(net, request);
}

void gi_net_free_ports(struct gi_net *net)
{
	while (net->ports) {
		struct gi_port *port = net->ports;
		gi_assert(gi_load_relaxed(&port->listening_count) <=
		          net->system->plan->driver_count);
		net->ports = port->next;
		unlisten(port, port->serves, net->system->plan->driver_count);
		unclaim_address(port);
		gi_port_destroy(port);
	}
}
