/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection: a socket, its operations in the kernel, and the actor that speaks for it.
 *
 *     OPEN ------ the actor ends ------> LINGERING --- all sent, shut down, the peer's end seen or the deadline --> CLOSING
 *       \------ error, deadline, cut --------------------------------------------------------------------------------/
 *
 * CLOSING waits for the last completion of every operation before close(2), and for that before the memory goes: until
 * then the kernel may still write to it.
 */
#include "base/assert.h"
#include "base/container.h"
#include "net/net.h"

#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

static struct gi_stage *stage_of(const struct gi_connection *connection)
{
	return connection->net->stage;
}

static struct gi_driver *driver_of(const struct gi_connection *connection)
{
	return connection->net->stage->driver;
}

bool gi_connection_tell(struct gi_connection *connection, const struct gatio_message_type *type,
                        const void *payload)
{
	/* A message laid out as in a block, on the stack. */
	struct {
		struct gi_message message;
		unsigned char rest[GI_TOLD_SIZE_MAX];
	} told;
	gi_assert(type->size <= GI_TOLD_SIZE_MAX);
	told.message = (struct gi_message){.kind = GI_KIND_USER,
	                                   .type = (uint16_t)type->index,
	                                   .size = type->size,
	                                   .mark = GI_MESSAGE_MARK};
	memcpy((unsigned char *)&told + offsetof(struct gi_message, payload), payload, type->size);
	return gi_actor_call(stage_of(connection), connection->actor, &told.message);
}

/* ---- The end -------------------------------------------------------------------------------------------------------- */

static void free_connection(struct gi_connection *connection)
{
	gi_heap_free(driver_of(connection)->heap, connection);
}

static void finish(struct gi_connection *connection)
{
	struct gi_net_stage *net = connection->net;
	gi_connection_drop_output(connection);
	gi_connection_drop_input(connection);
	gi_timer_cancel(&driver_of(connection)->timers, &connection->timer);
	gi_list_remove(&connection->flush_link);
	gi_list_remove(&connection->link);
	gi_socket_gone(connection);
	gi_count(&net->counters.open, (uint64_t)-1);
	gi_listeners_retry(net);
	connection->is_finished = true;
	gi_connection_wake(connection); /* freed there: our caller may look at it once more */
}

/* One step at a time: cancels, then the close, then the end. */
static void step_closing(struct gi_connection *connection)
{
	struct gi_driver *driver = driver_of(connection);
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
	gi_io_prepare_close(&connection->send, connection->fd);
	if (gi_io_submit(driver, &connection->send)) {
		gi_kernel_close(connection->fd);
		finish(connection);
	}
}

static void close_now(struct gi_connection *connection)
{
	connection->state = GI_CONNECTION_CLOSING;
	step_closing(connection);
}

static void step_lingering(struct gi_connection *connection)
{
	if (connection->is_broken) {
		close_now(connection);
		return;
	}
	gi_connection_flush(connection);
	if (connection->state != GI_CONNECTION_LINGERING) {
		return; /* it broke in the flush */
	}
	if (connection->output_size == 0 && gi_io_is_idle(&connection->send)) {
		if (connection->has_ended) {
			close_now(connection);
			return;
		}
		if (!connection->is_shut_down) {
			connection->is_shut_down = true;
			connection->is_shutting_down = true;
			gi_io_prepare_shutdown(&connection->send, connection->fd, SHUT_WR);
			if (gi_io_submit(driver_of(connection), &connection->send)) {
				close_now(connection);
				return;
			}
		}
	}
	gi_connection_arm(connection);
}

void gi_connection_step(struct gi_connection *connection)
{
	if (connection->is_finished) {
		return;
	}
	switch (connection->state) {
	case GI_CONNECTION_OPEN:
		gi_connection_arm(connection);
		break;
	case GI_CONNECTION_LINGERING:
		step_lingering(connection);
		break;
	case GI_CONNECTION_CLOSING:
	default:
		step_closing(connection);
	}
}

void gi_connection_break(struct gi_connection *connection, int reason)
{
	if (connection->is_broken || connection->state == GI_CONNECTION_CLOSING) {
		gi_connection_wake(connection);
		return;
	}
	connection->is_broken = true;
	connection->reason = reason;
	gi_connection_wake(connection); /* on its own turn: the caller may be in its handler */
}

/* ---- Deadlines ------------------------------------------------------------------------------------------------------ */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t linger_deadline(const struct gi_connection *connection)
{
	bool lingers = connection->state == GI_CONNECTION_LINGERING || connection->end_is_told;
	return lingers ? connection->linger_until_ns : UINT64_MAX;
}

static uint64_t idle_deadline(const struct gi_connection *connection)
{
	uint64_t timeout_ns = connection->port->options.idle_timeout_ns;
	bool counts = connection->state == GI_CONNECTION_OPEN && timeout_ns > 0 &&
	              !connection->is_paused && !connection->is_held_back && !connection->has_ended;
	return counts ? connection->received_ns + timeout_ns : UINT64_MAX;
}

static uint64_t write_deadline(const struct gi_connection *connection)
{
	uint64_t timeout_ns = connection->port->options.write_timeout_ns;
	bool counts =
	        timeout_ns > 0 && connection->output_size > 0 && !gi_io_is_idle(&connection->send);
	return counts ? connection->progress_ns + timeout_ns : UINT64_MAX;
}

void gi_connection_watch(struct gi_connection *connection)
{
	struct gi_driver *driver = driver_of(connection);
	uint64_t next_ns = earlier(linger_deadline(connection),
	                           earlier(idle_deadline(connection), write_deadline(connection)));
	uint64_t timeout_ns = connection->port->options.idle_timeout_ns;
	if (next_ns == UINT64_MAX && timeout_ns > 0 && connection->state == GI_CONNECTION_OPEN) {
		next_ns = gi_driver_now_ns(driver) + timeout_ns; /* paused: look again */
	}
	if (next_ns == UINT64_MAX) {
		return;
	}
	uint64_t now_ns = gi_driver_now_ns(driver);
	gi_timer_start(&driver->timers, &connection->timer, now_ns,
	               next_ns > now_ns ? next_ns - now_ns : 0);
}

static void on_deadline(struct gi_timer *timer)
{
	struct gi_connection *connection = gi_container_of(timer, struct gi_connection, timer);
	struct gi_net_stage_counters *counters = &connection->net->counters;
	uint64_t now_ns = gi_driver_now_ns(driver_of(connection));
	if (connection->state == GI_CONNECTION_CLOSING || connection->is_broken) {
		return;
	}
	if (write_deadline(connection) <= now_ns) {
		gi_count(&counters->write_timeouts, 1);
		gi_connection_break(connection, -ETIME);
	} else if (idle_deadline(connection) <= now_ns) {
		gi_count(&counters->idle_timeouts, 1);
		gi_connection_break(connection, -ETIMEDOUT);
	} else if (linger_deadline(connection) <= now_ns) {
		gi_connection_break(connection, -ETIME);
	} else {
		gi_connection_watch(connection);
	}
}

static void set_linger_deadline(struct gi_connection *connection)
{
	connection->linger_until_ns =
	        gi_driver_now_ns(driver_of(connection)) + connection->port->options.linger_ns;
}

void gi_connection_linger(struct gi_connection *connection)
{
	connection->state = GI_CONNECTION_LINGERING;
	set_linger_deadline(connection);
	gi_connection_watch(connection);
	gi_connection_step(connection);
}

/* ---- The actor ------------------------------------------------------------------------------------------------------ */

static void on_actor_ended(struct gi_attachment *attachment, int reason)
{
	struct gi_connection *connection =
	        gi_container_of(attachment, struct gi_connection, attachment);
	(void)reason;
	connection->actor = NULL;
	gi_connection_drop_input(connection);
	connection->is_paused = false;
	if (connection->state != GI_CONNECTION_OPEN) {
		return;
	}
	gi_connection_linger(connection);
}

struct gi_connection *gi_connection_current(void)
{
	struct gi_stage *stage = gi_stage_current();
	struct gi_attachment *attachment = stage->actor ? stage->actor->attachment : NULL;
	if (!attachment || attachment->actor_ended != on_actor_ended) {
		return NULL;
	}
	return gi_container_of(attachment, struct gi_connection, attachment);
}

/* The last message, and the end of the actor. */
static void end_with(struct gi_connection *connection, int reason)
{
	connection->close_is_told = true;
	struct gatio_closed closed = {.reason = reason};
	const struct gatio_message_type *type = &gatio_message_gatio_closed;
	if (gi_actor_has_handler(connection->actor, type->index) &&
	    !gi_connection_tell(connection, type, &closed)) {
		return;
	}
	gi_actor_end(stage_of(connection), connection->actor, reason);
}

static bool tell_connected(struct gi_connection *connection)
{
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
	const struct gatio_message_type *type = &gatio_message_gatio_peer_ended;
	connection->end_is_told = true;
	if (!gi_actor_has_handler(connection->actor, type->index)) {
		end_with(connection, 0);
		return;
	}
	set_linger_deadline(connection);
	struct gatio_peer_ended ended = {.deadline_ns = connection->linger_until_ns};
	if (gi_connection_tell(connection, type, &ended)) {
		gi_connection_watch(connection);
	}
}

static bool has_unfed(const struct gi_connection *connection)
{
	return connection->held_first || connection->has_news;
}

/* Everything there is to tell, in order. false: the actor has ended in it. */
static bool tell_news(struct gi_connection *connection)
{
	if (!connection->is_connected && !tell_connected(connection)) {
		return false;
	}
	if (!gi_connection_feed(connection) || !tell_writable(connection)) {
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

static bool run(struct gi_work *work, void *context)
{
	struct gi_connection *connection = gi_container_of(work, struct gi_connection, work);
	(void)context;
	if (connection->is_finished) {
		free_connection(connection);
		return false;
	}
	if (!connection->actor || !tell_news(connection)) {
		gi_connection_step(connection);
		return false; /* it may be gone */
	}
	gi_connection_arm(connection);
	return connection->held_first || (connection->has_news && !connection->is_paused);
}

void gi_connection_wake(struct gi_connection *connection)
{
	gi_work_push(&driver_of(connection)->ready, &connection->work);
}

void gi_connection_drain(struct gi_connection *connection, uint64_t deadline_ns)
{
	if (!connection->actor || (!connection->is_connected && !tell_connected(connection))) {
		return;
	}
	const struct gatio_message_type *type = &gatio_message_gatio_draining;
	if (gi_actor_has_handler(connection->actor, type->index)) {
		struct gatio_draining draining = {.deadline_ns = deadline_ns};
		gi_connection_tell(connection, type, &draining);
	} else {
		gi_actor_end(stage_of(connection), connection->actor, 0);
	}
}

void gi_connection_cut(struct gi_connection *connection)
{
	if (!connection->is_broken) {
		connection->is_broken = true;
		connection->reason = -ESHUTDOWN;
	}
	if (connection->actor) {
		end_with(connection, -ESHUTDOWN);
	} else {
		gi_connection_step(connection);
	}
}

/* ---- The beginning -------------------------------------------------------------------------------------------------- */

void gi_connection_init(struct gi_connection *connection, struct gi_net_stage *net,
                        struct gi_port *port, int fd)
{
	memset(connection, 0, sizeof(*connection));
	connection->net = net;
	connection->port = port;
	connection->fd = fd;
	connection->attachment.actor_started = on_actor_started;
	connection->attachment.actor_ended = on_actor_ended;
	connection->work.run = run;
	connection->work.class = (uint8_t)gi_class_of(port->behavior->priority);
	gi_connection_init_receive(connection);
	gi_connection_init_send(connection);
	gi_list_init(&connection->flush_link);
	gi_timer_init(&connection->timer, on_deadline);
	gi_list_insert(&net->connections, &connection->link);
	gi_count(&net->counters.open, 1);
}
