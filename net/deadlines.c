/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: idle, write and linger, in one timer that stands at the earliest of them. */
#include "net/deadlines.h"

#include "base/container.h"

#include <errno.h>

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

void gi_deadlines_watch(struct gi_connection *connection)
{
	struct gi_driver *driver = gi_connection_driver(connection);
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
	uint64_t now_ns = gi_driver_now_ns(gi_connection_driver(connection));
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
		gi_deadlines_watch(connection);
	}
}

void gi_deadlines_linger(struct gi_connection *connection)
{
	connection->linger_until_ns = gi_driver_now_ns(gi_connection_driver(connection)) +
	                              connection->port->options.linger_ns;
}

void gi_deadlines_go_on(struct gi_connection *connection)
{
	bool may_send = connection->state == GI_CONNECTION_OPEN && !connection->has_ended;
	if (may_send && connection->port->options.idle_timeout_ns > 0) {
		connection->received_ns = gi_driver_now_ns(gi_connection_driver(connection));
	}
}

void gi_deadlines_init(struct gi_connection *connection)
{
	gi_timer_init(&connection->timer, on_deadline);
}
