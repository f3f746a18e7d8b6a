/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listener: one multishot accept on one driver.
 *
 * A multishot ends whenever the kernel likes (a full completion queue, an error), with or without a descriptor in its
 * last completion: the descriptor is used first, then the accept is armed again. What will not go away by itself is not
 * armed again: it would spin. Where descriptors or memory are short, connections wait in the backlog; accepting goes on
 * when a connection closes, or a while later.
 */
#include "net/listener.h"

#include "actors/log.h"
#include "base/assert.h"
#include "base/container.h"
#include "base/duration.h"
#include "drivers/kernel.h"
#include "net/address.h"
#include "net/arrival.h"
#include "net/connection.h"

#include <errno.h>
#include <string.h>

#define RETRY_NS GATIO_MS(100)

static struct gi_driver *driver_of(const struct gi_listener *listener)
{
	return listener->net->scheduler->driver;
}

static void arm(struct gi_listener *listener);
static void take_rest(struct gi_listener *listener);

static void closed(struct gi_listener *listener)
{
	gi_assert(listener->fd >= 0);
	gi_assert(gi_io_is_idle(&listener->accept)); /* else the kernel still accepts with it */
	gi_kernel_close(listener->fd);
	listener->fd = -1;
	gi_list_remove(&listener->link);
	gi_timer_cancel(&driver_of(listener)->timers, &listener->retry);
	gi_count(&listener->net->counters.open, (uint64_t)-1);
	struct gi_port *port = listener->port;
	/* The last one gives the address back, also while connections are still served: another server may start. */
	uint32_t before = gi_fetch_add_acq_rel(&port->listening_count, (uint32_t)-1);
	gi_assert(before > 0);
	if (before == 1) {
		gi_kernel_close(port->claim_fd);
		port->claim_fd = -1;
	}
}

static void wait_to_retry(struct gi_listener *listener)
{
	struct gi_driver *driver = driver_of(listener);
	gi_assert(listener->fd >= 0);
	gi_assert(!listener->is_waiting_to_retry);
	gi_assert(gi_io_is_idle(&listener->accept));
	listener->is_waiting_to_retry = true;
	gi_timer_start(&driver->timers, &listener->retry, gi_driver_now_ns(driver), RETRY_NS);
}

static void retry(struct gi_listener *listener)
{
	gi_assert(listener->is_waiting_to_retry);
	listener->is_waiting_to_retry = false;
	gi_timer_cancel(&driver_of(listener)->timers, &listener->retry);
	if (listener->is_stopping) {
		take_rest(listener);
	} else {
		arm(listener);
	}
}

static void on_retry(struct gi_timer *timer)
{
	retry(gi_container_of(timer, struct gi_listener, retry));
}

#define ERRORS_IN_A_ROW 16u

enum verdict { AGAIN, LATER, NEVER };

static enum verdict judge(int err)
{
	switch (err) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -ENOBUFS:
		return LATER;
	case -EBADF:
	case -EINVAL:
	case -ENOTSOCK:
	case -EOPNOTSUPP:
		return NEVER;
	default:
		return AGAIN; /* the connection has gone before we took it; ECONNABORTED and its like */
	}
}

/* What goes away by itself is no reason to wait, unless it comes again and again. */
static enum verdict judge_run(struct gi_listener *listener, int result)
{
	if (result >= 0) {
		return AGAIN;
	}
	enum verdict verdict = judge(result);
	listener->error_count++;
	return verdict == AGAIN && listener->error_count > ERRORS_IN_A_ROW ? LATER : verdict;
}

#define TELL_EVERY_NS GATIO_SECONDS(60)

static void tell_short(struct gi_listener *listener, int err)
{
	struct gatio_system *system = listener->net->scheduler->system;
	struct gi_net *net = gi_load_acquire(&system->net);
	uint64_t now_ns = gi_driver_now_ns(driver_of(listener));
	/* Relaxed: it orders nothing, and two lines do no harm. */
	uint64_t told_ns = gi_load_relaxed(&net->short_told_ns);
	if (told_ns != 0 && now_ns < gi_time_add_ns(told_ns, TELL_EVERY_NS)) {
		return;
	}
	gi_store_relaxed(&net->short_told_ns, now_ns);
	if (err == -ENFILE) {
		gi_log(system, GATIO_LOG_WARNING,
		       "port %s: the machine is out of descriptors: connections wait until one is "
		       "free; "
		       "raise fs.file-max",
		       listener->port->bound_text);
		return;
	}
	gi_log(system, GATIO_LOG_WARNING,
	       "port %s: out of descriptors, the limit is %llu: connections wait until one is "
	       "free; "
	       "raise it with ulimit -n, or LimitNOFILE of systemd",
	       listener->port->bound_text, (unsigned long long)gi_kernel_descriptor_max());
}

static void failed(struct gi_listener *listener, int err)
{
	gi_count(&listener->net->counters.accept_errors, 1);
	if (err == -EMFILE || err == -ENFILE) {
		tell_short(listener, err);
	}
}

/*
 * Linux before 6.8 loses a descriptor when the completion queue is full, and its last completion brings the flags of a
 * poll in its place: a number that may be anybody's. So the last one is looked at; it is not ours to close.
 */
static bool is_accepted(const struct gi_listener *listener, int fd)
{
	struct sockaddr_storage name;
	if (gi_kernel_socket_listens(fd) != 0 || gi_kernel_socket_name(fd, &name) ||
	    gi_address_port(&name) != gi_address_port(&listener->port->address)) {
		return false;
	}
	const struct gi_list *connections = &listener->net->connections;
	for (const struct gi_list *link = connections->next; link != connections;
	     link = link->next) {
		if (gi_container_of(link, struct gi_connection, link)->fd == fd) {
			return false;
		}
	}
	return true;
}

static void after_last(struct gi_listener *listener, int result)
{
	if (listener->is_stopping) {
		take_rest(listener);
		return;
	}
	switch (judge_run(listener, result)) {
	case AGAIN:
		arm(listener);
		break;
	case LATER:
		wait_to_retry(listener);
		break;
	case NEVER:
		gi_log(listener->net->scheduler->system, GATIO_LOG_ERROR,
		       "port %s: driver %u cannot accept any more: %s", listener->port->bound_text,
		       listener->net->scheduler->index, strerror(-result));
		closed(listener);
		break;
	}
}

static void on_accept(struct gi_io *io, const struct gi_io_event *event)
{
	struct gi_listener *listener = gi_container_of(io, struct gi_listener, accept);
	gi_assert(listener->fd >= 0);
	if (event->result >= 0 && event->is_last && !is_accepted(listener, event->result)) {
		failed(listener, -EBADF);
	} else if (event->result >= 0) {
		listener->error_count = 0;
		gi_socket_accepted(listener->net, listener->port, event->result);
	} else if (event->result != -ECANCELED) {
		failed(listener, event->result);
	}
	if (event->is_last) {
		after_last(listener, event->result);
	}
}

static void arm(struct gi_listener *listener)
{
	gi_assert(listener->fd >= 0);
	gi_assert(!listener->is_stopping);
	gi_io_prepare_accept(&listener->accept, listener->fd);
	if (gi_io_submit(driver_of(listener), &listener->accept)) {
		wait_to_retry(listener);
	}
}

/* Connections that the kernel has made already are served: the socket closes when none waits any more. */
static void take_rest(struct gi_listener *listener)
{
	gi_assert(listener->is_stopping);
	gi_assert(!listener->is_waiting_to_retry); /* or it would be closed from there as well */
	int err = gi_kernel_accept_prepare(listener->fd);
	for (uint32_t i = 0; i <= listener->port->options.backlog && !listener->net->is_cut; i++) {
		int fd = err ? err : gi_kernel_accept(listener->fd, SOCK_CLOEXEC);
		if (fd == -EAGAIN) {
			break;
		}
		if (fd >= 0) {
			gi_socket_accepted(listener->net, listener->port, fd);
			continue;
		}
		failed(listener, fd);
		if (judge(fd) != AGAIN) {
			wait_to_retry(listener); /* until the drain is over */
			return;
		}
	}
	closed(listener);
}

void gi_listener_start(struct gi_listener *listener)
{
	gi_assert(listener->port);
	gi_assert(listener->net);
	gi_assert(listener->fd >= 0);
	gi_io_init(&listener->accept, on_accept);
	gi_timer_init(&listener->retry, on_retry);
	gi_list_insert(&listener->net->listeners, &listener->link);
	gi_count(&listener->net->counters.open, 1);
	arm(listener);
}

void gi_listener_drain(struct gi_listener *listener)
{
	if (listener->is_stopping) {
		return;
	}
	listener->is_stopping = true;
	if (listener->is_waiting_to_retry) {
		retry(listener); /* at once, and not a second time when a place becomes free meanwhile */
	} else if (gi_io_is_idle(&listener->accept)) {
		take_rest(listener);
	} else {
		gi_io_cancel(driver_of(listener), &listener->accept);
	}
}

void gi_listener_cut(struct gi_listener *listener)
{
	gi_assert(listener->fd >= 0); /* a closed one is in no list */
	bool is_waiting = gi_io_is_idle(&listener->accept);
	listener->is_stopping = true;
	if (is_waiting) {
		closed(listener);
	} else {
		gi_io_cancel(driver_of(listener), &listener->accept);
	}
}

void gi_listeners_retry(struct gi_net_driver *net)
{
	/* From within a try the next one could close, and the walk would go on from it for ever. It has its turn below. */
	if (net->is_retrying) {
		return;
	}
	net->is_retrying = true;
	struct gi_list *next;
	for (struct gi_list *link = net->listeners.next; link != &net->listeners; link = next) {
		struct gi_listener *listener = gi_container_of(link, struct gi_listener, link);
		next = link->next;
		if (listener->is_waiting_to_retry) {
			retry(listener);
		}
	}
	net->is_retrying = false;
}
