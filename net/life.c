/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of a connection, from its first message to close(2).
 *
 *     OPEN ------ the actor ends ------> LINGERING --- all sent, shut down, the peer's end seen or the deadline --> CLOSING
 *       \------ error, deadline, cut --------------------------------------------------------------------------------/
 *
 * CLOSING waits for the last completion of every operation before close(2), and for that before the memory goes: until
 * then the kernel may still write to it.
 */
#include "net/life.h"

#include "actors/dispatch.h"
#include "actors/life.h"
#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"
#include "net/deadlines.h"
#include "net/input.h"
#include "net/output.h"

#include <errno.h>
#include <string.h>

/* ---- The end -------------------------------------------------------------------------------------------------------- */

/* Nobody but its queued work has it any more. */
static void free_connection(struct gi_connection *connection)
{
	gi_assert(gi_list_is_empty(&connection->link));
	gi_assert(gi_list_is_empty(&connection->flush_link));
	gi_assert(gi_list_is_empty(&connection->wait.link));
	gi_assert(gi_io_is_idle(&connection->receive));
	gi_assert(gi_io_is_idle(&connection->send));
	gi_assert(!connection->unread);
	gi_assert(!connection->output_first);
	gi_assert(!connection->gather);
	gi_heap_free(gi_connection_driver(connection)->heap, connection);
}

static void finish(struct gi_connection *connection)
{
	struct gi_net_driver *net = connection->net;
	gi_assert(connection->state == GI_CONNECTION_CLOSING);
	gi_assert(!connection->is_finished);
	gi_assert(gi_io_is_idle(&connection->receive)); /* else the kernel still writes to it */
	gi_output_drop(connection);
	gi_input_drop(connection);
	gi_timer_cancel(&gi_connection_driver(connection)->timers, &connection->timer);
	gi_list_remove(&connection->flush_link);
	gi_list_remove(&connection->link);
	gi_count(&net->counters.open, (uint64_t)-1);
	net->gone(connection);
	connection->is_finished = true;
	gi_connection_wake(connection); /* freed there: our caller may look at it once more */
}

/* A cut is no end in order. */
static void reset_if_dropping(const struct gi_connection *connection)
{
	if (connection->output_size > 0 || connection->must_reset) {
		gi_kernel_socket_reset(connection->fd);
	}
}

void gi_connection_abandon(const struct gi_connection *connection)
{
	bool is_closed = connection->is_closing_fd && connection->send.state == GI_IO_IN_KERNEL;
	if (!is_closed && !connection->is_finished) {
		reset_if_dropping(connection);
		gi_kernel_close(connection->fd);
	}
}

/* One step at a time: cancels, then the close, then the end. */
static void step_closing(struct gi_connection *connection)
{
	struct gi_driver *driver = gi_connection_driver(connection);
	gi_assert(!connection->actor);
	if (connection->is_closing_fd) {
		if (gi_io_is_idle(&connection->send)) {
			finish(connection);
		}
		return;
	}
	gi_io_cancel(driver, &connection->receive);
	gi_io_cancel(driver, &connection->send);
	if (!gi_io_is_idle(&connection->receive) || !gi_io_is_idle(&connection->send)) {
		return;
	}
	connection->is_closing_fd = true;
	reset_if_dropping(connection);
	gi_io_prepare_close(&connection->send, connection->fd);
	if (gi_io_submit(driver, &connection->send)) {
		gi_kernel_close(connection->fd);
		finish(connection);
	}
}

static void close_now(struct gi_connection *connection)
{
	gi_assert(connection->state == GI_CONNECTION_LINGERING);
	connection->state = GI_CONNECTION_CLOSING;
	step_closing(connection);
}

/* All is sent: our end is told to the peer, then its end is waited for. false: no more is to be waited for. */
static bool shut_down(struct gi_connection *connection)
{
	if (connection->has_ended) {
		return false;
	}
	if (connection->is_shut_down || connection->is_to_retry) {
		return true;
	}
	gi_assert(connection->output_size == 0);
	gi_deadlines_offered(connection); /* all that was written has been taken */
	gi_deadlines_sent(connection);
	gi_io_prepare_shutdown(&connection->send, connection->fd, SHUT_WR);
	int err = gi_io_submit(gi_connection_driver(connection), &connection->send);
	if (err == -ENOMEM) {
		gi_deadlines_retry(
		        connection); /* a close now could take from the peer what it has not read */
		return true;
	}
	connection->is_shut_down = err == 0;
	connection->is_shutting_down = err == 0;
	return err == 0;
}

static void step_lingering(struct gi_connection *connection)
{
	if (connection->is_broken) {
		close_now(connection);
		return;
	}
	if (connection->output_size > 0) {
		gi_connection_wants_flush(connection);
	} else if (gi_io_is_idle(&connection->send) && !shut_down(connection)) {
		close_now(connection);
		return;
	}
	gi_input_arm(connection);
}

/* One more look at what may go on: arms the receive, shuts down, closes. */
static void step(struct gi_connection *connection)
{
	if (connection->is_finished) {
		return;
	}
	switch (connection->state) {
	case GI_CONNECTION_OPEN:
		if (connection->owes_drain) {
			gi_connection_wake(
			        connection); /* it may have waited for the receive's end */
		} else {
			gi_input_arm(connection);
		}
		break;
	case GI_CONNECTION_LINGERING:
		step_lingering(connection);
		break;
	case GI_CONNECTION_CLOSING:
	default:
		step_closing(connection);
	}
}

void gi_connection_linger(struct gi_connection *connection)
{
	gi_assert(connection->state == GI_CONNECTION_OPEN);
	gi_assert(!connection->actor);
	connection->state = GI_CONNECTION_LINGERING;
	gi_deadlines_linger(connection);
	step(connection);
}

/* ---- The actor ------------------------------------------------------------------------------------------------------ */

static void on_actor_ended(struct gi_attachment *attachment, int reason)
{
	struct gi_connection *connection =
	        gi_container_of(attachment, struct gi_connection, attachment);
	(void)reason;
	gi_assert(connection->actor);
	connection->actor = NULL;
	gi_input_drop(connection);
	connection->is_paused = false;
	gi_connection_linger(connection);
}

struct gi_connection *gi_connection_current(void)
{
	struct gi_scheduler *scheduler = gi_scheduler_here;
	struct gi_attachment *attachment =
	        scheduler && scheduler->actor ? scheduler->actor->attachment : NULL;
	if (!attachment || attachment->actor_ended != on_actor_ended) {
		return NULL;
	}
	return gi_container_of(attachment, struct gi_connection, attachment);
}

/* The last message, and the end of the actor. */
static void end_with(struct gi_connection *connection, int reason)
{
	gi_assert(connection->actor);
	gi_assert(!connection->close_is_told);
	connection->close_is_told = true;
	struct gatio_closed closed = {.reason = reason};
	const struct gatio_message_type *type = &gatio_message_gatio_closed;
	if (gi_actor_has_handler(connection->actor, type->index) &&
	    !gi_connection_tell(connection, type, &closed)) {
		return;
	}
	gi_actor_end(connection->net->scheduler, connection->actor, reason);
}

static bool tell_connected(struct gi_connection *connection)
{
	gi_assert(!connection->is_connected);
	connection->is_connected = true;
	const struct gatio_message_type *type = &gatio_message_gatio_connected;
	if (!gi_actor_has_handler(connection->actor, type->index)) {
		return true;
	}
	struct gatio_connected connected = {{0}, {0}};
	struct sockaddr_storage address;
	if (gi_kernel_socket_peer(connection->fd, &address) == 0) {
		gi_address_format(&address, connected.peer, sizeof(connected.peer));
	}
	if (gi_kernel_socket_name(connection->fd, &address) == 0) {
		gi_address_format(&address, connected.local, sizeof(connected.local));
	}
	return gi_connection_tell(connection, type, &connected);
}

static bool on_actor_started(struct gi_attachment *attachment)
{
	struct gi_connection *connection =
	        gi_container_of(attachment, struct gi_connection, attachment);
	return connection->is_connected || tell_connected(connection);
}

static bool tell_writable(struct gi_connection *connection)
{
	uint32_t low = connection->port->options.output_size_high / 2;
	if (!connection->was_high || connection->output_size > low) {
		return true;
	}
	connection->was_high = false;
	const struct gatio_message_type *type = &gatio_message_gatio_writable;
	struct gatio_writable writable = {.waiting = connection->output_size};
	return !gi_actor_has_handler(connection->actor, type->index) ||
	       gi_connection_tell(connection, type, &writable);
}

/* The peer sends no more, and the actor has had all it sent. */
static void tell_end(struct gi_connection *connection)
{
	gi_assert(connection->has_ended);
	gi_assert(!connection->end_is_told);
	const struct gatio_message_type *type = &gatio_message_gatio_peer_ended;
	connection->end_is_told = true;
	if (!gi_actor_has_handler(connection->actor, type->index)) {
		end_with(connection, 0);
		return;
	}
	struct gatio_peer_ended ended = {.deadline_ns = gi_deadlines_linger(connection)};
	gi_connection_tell(connection, type, &ended);
}

static bool has_unfed(const struct gi_connection *connection)
{
	bool is_kept = connection->is_paused && connection->unread;
	return connection->held_count > 0 || connection->has_news || is_kept;
}

/* Everything there is to tell, in order. false: the actor has ended in it. */
static bool tell_news(struct gi_connection *connection)
{
	if (!connection->is_connected && !tell_connected(connection)) {
		return false;
	}
	if (!gi_input_feed(connection) || !tell_writable(connection)) {
		return false;
	}
	if (connection->is_broken) {
		end_with(connection, connection->reason);
		return false;
	}
	if (connection->has_ended && !connection->end_is_told && !has_unfed(connection)) {
		tell_end(connection);
	}
	return connection->actor;
}

/* ---- The drain ------------------------------------------------------------------------------------------------------ */

/* false: its actor has ended. */
static bool tell_draining(struct gi_connection *connection)
{
	gi_assert(connection->owes_drain);
	connection->owes_drain = false;
	const struct gatio_message_type *type = &gatio_message_gatio_draining;
	if (!gi_actor_has_handler(connection->actor, type->index)) {
		gi_actor_end(connection->net->scheduler, connection->actor, 0);
		return false;
	}
	struct gatio_draining draining = {.deadline_ns = connection->net->drain_deadline_ns};
	return gi_connection_tell(connection, type, &draining);
}

/*
 * What had come when the drain began is fed first: what the receive has taken is known when it has ended, and what lies
 * in the socket then the kernel says. Who has paused is told at once, for it may wait for this.
 */
static bool has_more_to_feed(struct gi_connection *connection)
{
	if (connection->held_count > 0 || (connection->has_news && !connection->is_paused)) {
		return true;
	}
	if (connection->is_paused || connection->has_ended) {
		return false;
	}
	if (connection->drain_left != GI_DRAIN_UNKNOWN) {
		return connection->drain_left > 0;
	}
	if (!gi_io_is_idle(&connection->receive)) {
		gi_connection_stop_receive(connection);
		return true;
	}
	connection->drain_left = gi_kernel_socket_unread(connection->fd);
	return connection->drain_left > 0;
}

void gi_connection_drain(struct gi_connection *connection)
{
	gi_assert(!connection->is_finished); /* those are in no list */
	connection->owes_drain = true;
	connection->drain_left = GI_DRAIN_UNKNOWN;
	gi_connection_wake(connection);
}

static bool run(struct gi_work *work, void *context)
{
	struct gi_connection *connection = gi_container_of(work, struct gi_connection, work);
	(void)context;
	if (connection->is_finished) {
		free_connection(connection);
		return false;
	}
	/* Who has an actor is open, and nobody else. */
	gi_assert_slow((connection->actor != NULL) == (connection->state == GI_CONNECTION_OPEN));
	if (!connection->actor || !tell_news(connection)) {
		step(connection);
		return false; /* it may be gone */
	}
	if (connection->owes_drain && !has_more_to_feed(connection) && !tell_draining(connection)) {
		step(connection);
		return false;
	}
	gi_input_arm(connection);
	gi_deadlines_listens(connection);
	return connection->held_count > 0 || (connection->has_news && !connection->is_paused);
}

void gi_connection_cut(struct gi_connection *connection)
{
	gi_assert(!connection->is_finished); /* those are in no list */
	if (!connection->is_broken) {
		connection->is_broken = true;
		connection->reason = -ESHUTDOWN;
	}
	if (connection->actor) {
		if (connection->is_connected || tell_connected(connection)) {
			end_with(connection, -ESHUTDOWN);
		}
	} else {
		step(connection);
	}
}

/* ---- Completions --------------------------------------------------------------------------------------------------- */

static void on_received(struct gi_io *io, const struct gi_io_event *event)
{
	struct gi_connection *connection = gi_container_of(io, struct gi_connection, receive);
	gi_assert_slow(!connection->is_finished);
	if (gi_input_completed(connection, event)) {
		step(connection);
	}
}

static void on_sent(struct gi_io *io, const struct gi_io_event *event)
{
	struct gi_connection *connection = gi_container_of(io, struct gi_connection, send);
	gi_assert(event->is_last);
	gi_assert_slow(!event->has_buffer);
	gi_assert_slow(!connection->is_finished);
	if (connection->is_closing_fd || connection->is_shutting_down) {
		connection->is_shutting_down = false;
		step(connection);
	} else if (gi_output_completed(connection, event->result)) {
		step(connection);
	}
}

/* ---- The beginning -------------------------------------------------------------------------------------------------- */

void gi_connection_init(struct gi_connection *connection, struct gi_net_driver *net,
                        struct gi_port *port, int fd)
{
	gi_assert(net);
	gi_assert(port);
	gi_assert(fd >= 0);
	memset(connection, 0, sizeof(*connection));
	connection->net = net;
	connection->port = port;
	connection->fd = fd;
	connection->attachment.actor_started = on_actor_started;
	connection->attachment.actor_ended = on_actor_ended;
	connection->work.run = run;
	connection->work.class = (uint8_t)gi_class_of(port->behavior->priority);
	gi_input_init(connection);
	gi_io_init(&connection->receive, on_received);
	gi_io_init(&connection->send, on_sent);
	gi_list_init(&connection->flush_link);
	gi_deadlines_init(connection);
	gi_list_insert(&net->connections, &connection->link);
	gi_count(&net->counters.open, 1);
}
