/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: idle, write, linger. */
#include "net/deadlines.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>

#define RETRY_NS GATIO_MS(10)

struct deadlines {
	uint64_t idle_ns;
	uint64_t write_ns;
	uint64_t linger_ns;
};

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Is it the peer that keeps us waiting? What was told or armed in this turn counts from its end. */
static bool is_listening(const struct gi_connection *connection)
{
	return connection->state == GI_CONNECTION_OPEN && !connection->has_ended &&
	       gi_list_is_empty(&connection->flush_link) && !gi_io_is_idle(&connection->receive) &&
	       !connection->receive.is_cancelled && !connection->held_count &&
	       !connection->has_news;
}

static bool is_offering(const struct gi_connection *connection)
{
	return connection->output_size > 0 && !gi_io_is_idle(&connection->send);
}

static uint64_t idle_deadline(const struct gi_connection *connection)
{
	uint64_t timeout_ns = connection->port->options.idle_timeout_ns;
	return timeout_ns > 0 && is_listening(connection)
	               ? gi_time_add_ns(connection->quiet_since_ns, timeout_ns)
	               : GI_NEVER_NS;
}

static uint64_t write_deadline(const struct gi_connection *connection)
{
	return is_offering(connection) ? gi_time_add_ns(connection->progress_ns,
	                                                connection->port->options.write_timeout_ns)
	                               : GI_NEVER_NS;
}

static bool is_lingering(const struct gi_connection *connection)
{
	return connection->state == GI_CONNECTION_LINGERING || connection->end_is_told;
}

static uint64_t linger_deadline(const struct gi_connection *connection)
{
	uint64_t end_ns =
	        gi_time_add_ns(connection->progress_ns, connection->port->options.linger_ns);
	if (connection->state == GI_CONNECTION_LINGERING) {
		return earlier(end_ns, connection->linger_end_ns);
	}
	return is_lingering(connection) ? end_ns : GI_NEVER_NS;
}

static struct deadlines deadlines_of(const struct gi_connection *connection)
{
	return (struct deadlines){.idle_ns = idle_deadline(connection),
	                          .write_ns = write_deadline(connection),
	                          .linger_ns = linger_deadline(connection)};
}

/* The timer comes no later than this. It may come before, and finds nothing due then. */
static void watch(struct gi_connection *connection, uint64_t due_ns)
{
	struct gi_driver *driver = gi_connection_driver(connection);
	gi_assert_slow(!connection->is_finished); /* the timer would outlive it */
	if (due_ns == GI_NEVER_NS ||
	    gi_timer_fires_by(&driver->timers, &connection->timer, due_ns)) {
		return;
	}
	uint64_t now_ns = gi_driver_now_ns(driver);
	gi_timer_start(&driver->timers, &connection->timer, now_ns,
	               gi_time_until_ns(now_ns, due_ns));
}

void gi_deadlines_watch(struct gi_connection *connection)
{
	struct deadlines due = deadlines_of(connection);
	watch(connection, earlier(due.linger_ns, earlier(due.idle_ns, due.write_ns)));
}

/* What the completions do not show yet. */
static void ask_for_progress(struct gi_connection *connection)
{
	uint64_t now_ns = gi_driver_fresh_ns(gi_connection_driver(connection));
	uint64_t taken_at_ns = gi_time_until_ns(gi_kernel_socket_taken_ns(connection->fd), now_ns);
	if (taken_at_ns > connection->progress_ns) {
		connection->progress_ns = taken_at_ns;
	}
}

/* What it is late with, as a reason to break; 0: nothing has passed. */
static int judge(struct gi_connection *connection)
{
	struct gi_net_driver_counters *counters = &connection->net->counters;
	uint64_t judged_ns = gi_driver_judged_ns(gi_connection_driver(connection));
	struct deadlines due = deadlines_of(connection);
	if (due.write_ns <= judged_ns || due.linger_ns <= judged_ns) {
		ask_for_progress(connection);
		due = deadlines_of(connection);
	}
	if (due.write_ns <= judged_ns) {
		gi_count(&counters->write_timeouts, 1);
		return -ETIME;
	}
	if (due.linger_ns <= judged_ns) {
		return -ETIME;
	}
	if (due.idle_ns <= judged_ns) {
		gi_count(&counters->idle_timeouts, 1);
		return -ETIMEDOUT;
	}
	return 0;
}

static void try_again(struct gi_connection *connection)
{
	gi_assert(connection->is_to_retry);
	connection->is_to_retry = false;
	gi_connection_wants_flush(connection);
	gi_connection_wake(connection);
}

static void on_timer(struct gi_timer *timer)
{
	struct gi_connection *connection = gi_container_of(timer, struct gi_connection, timer);
	gi_assert(!connection->is_finished);
	if (connection->state == GI_CONNECTION_CLOSING || connection->is_broken) {
		return;
	}
	if (connection->is_to_retry) {
		try_again(connection);
	}
	int late = judge(connection);
	if (late) {
		gi_connection_break(connection, late);
	} else {
		gi_deadlines_watch(connection);
	}
}

void gi_deadlines_retry(struct gi_connection *connection)
{
	gi_assert(!connection->is_finished); /* the timer would outlive it */
	uint64_t now_ns = gi_driver_now_ns(gi_connection_driver(connection));
	connection->is_to_retry = true;
	watch(connection, gi_time_add_ns(now_ns, RETRY_NS));
}

void gi_deadlines_refused(struct gi_connection *connection, int err)
{
	gi_assert(err < 0);
	if (err == -ENOMEM) {
		gi_deadlines_retry(connection);
	} else {
		gi_connection_break(connection, err);
	}
}

void gi_deadlines_init(struct gi_connection *connection)
{
	gi_timer_init(&connection->timer, on_timer);
}

/* Once a turn: handlers may have run for long. */
static uint64_t end_of_turn_ns(struct gi_net_driver *net)
{
	struct gi_driver *driver = net->scheduler->driver;
	if (net->fresh_turn != driver->turn_number) {
		net->fresh_turn = driver->turn_number;
		gi_driver_fresh_ns(driver);
	}
	return gi_driver_now_ns(driver);
}

void gi_deadlines_end_turn(struct gi_connection *connection)
{
	gi_assert_slow(connection->port->options.idle_timeout_ns > 0);
	if (is_listening(connection)) {
		connection->quiet_since_ns = end_of_turn_ns(connection->net);
		watch(connection, idle_deadline(connection));
	}
}

uint64_t gi_deadlines_linger(struct gi_connection *connection)
{
	gi_assert(is_lingering(connection));
	uint64_t now_ns = gi_driver_fresh_ns(gi_connection_driver(connection));
	connection->progress_ns = now_ns;
	if (connection->state == GI_CONNECTION_LINGERING) {
		uint64_t linger_ns = connection->port->options.linger_ns;
		uint64_t steps = 2 + connection->output_size / GI_LINGER_STEP;
		connection->linger_end_ns = linger_ns > GI_NEVER_NS / steps
		                                    ? GI_NEVER_NS
		                                    : gi_time_add_ns(now_ns, linger_ns * steps);
	}
	gi_deadlines_watch(connection);
	return gi_time_add_ns(now_ns, connection->port->options.linger_ns);
}

void gi_deadlines_sent(struct gi_connection *connection)
{
	gi_assert(connection->state == GI_CONNECTION_LINGERING);
	gi_assert(connection->output_size == 0);
	uint64_t now_ns = gi_driver_fresh_ns(gi_connection_driver(connection));
	uint64_t end_ns = gi_time_add_ns(now_ns, connection->port->options.peer_end_ns);
	connection->linger_end_ns = earlier(connection->linger_end_ns, end_ns);
	gi_deadlines_watch(connection);
}
