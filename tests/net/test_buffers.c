/* SPDX-License-Identifier: Apache-2.0 */
/* Several connections receive, with few buffers or completions: nothing is lost, everybody has a turn, nobody spins. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/suite.h"

#include "base/container.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX 64u

static struct world world;
static struct client clients[CLIENTS_MAX];
static const char *address; /* of the port of open_many() */

static const struct gi_tuning four_buffers = {.buffer_count = 4, .buffer_size = 64};
static const struct gi_tuning all_tiny = {
        .entry_count = 4, .completion_count = 4, .buffer_count = 4, .buffer_size = 64};

static void open_many(const struct gi_tuning *tuning, const struct gatio_port_options *options,
                      uint32_t count)
{
	world_open(&world, &(struct world_options){.tuning = *tuning});
	script.peer_ended = script_exit;
	address = world_listen(&world, options);
	client_open_many(clients, count, address);
	WORLD_UNTIL(&world, seen.connected == count);
}

static void close_many(uint32_t count)
{
	client_close_many(clients, count);
	world_close(&world);
}

static bool all_echoed(uint32_t count, size_t size)
{
	for (uint32_t i = 0; i < count; i++) {
		if (client_pump(&clients[i]) < size) {
			return false;
		}
	}
	return true;
}

static void echo_on(const struct gi_tuning *tuning)
{
	enum { COUNT = 40, SIZE = 3000 };
	open_many(tuning, &(struct gatio_port_options){0}, COUNT);
	script.received = script_echo;
	for (uint32_t i = 0; i < COUNT; i++) {
		CU_ASSERT(client_send_pattern(&clients[i], 0, SIZE) == SIZE);
	}
	WORLD_UNTIL(&world, all_echoed(COUNT, SIZE));
	for (uint32_t i = 0; i < COUNT; i++) {
		CU_ASSERT(clients[i].size == SIZE);
		CU_ASSERT(client_is_pattern(clients[i].bytes, clients[i].size));
	}
	CU_ASSERT(world_counters(&world).received_bytes == COUNT * SIZE);
	WORLD_UNTIL(&world, world_counters(&world).sent_bytes == COUNT * SIZE);
}

static void four_buffers_serve_many_connections(void)
{
	echo_on(&four_buffers);
	CU_ASSERT(world_counters(&world).buffer_waits > 0);
	/* Nobody tries in vain: all is quiet now. */
	world_settle(&world);
	uint32_t armed_before = world_receives_armed;
	world_assert_quiet(&world);
	CU_ASSERT(world_receives_armed == armed_before);
	close_many(40);
}

static void full_queue_loses_no_bytes(void)
{
	echo_on(&all_tiny);
	CU_ASSERT(world_has_overflowed(&world));
	CU_ASSERT(gi_load_relaxed(&world.system->group.drivers[0]->counters.stale_completions) ==
	          0);
	close_many(40);
}

static bool is_in_line(uint32_t count)
{
	const struct gi_net_driver *net = world.system->schedulers[0]->net;
	uint32_t waiting_count = 0;
	for (struct gi_list *link = net->connections.next; link != &net->connections;
	     link = link->next) {
		waiting_count += gi_container_of(link, struct gi_connection, link)->is_waiting;
	}
	return waiting_count == count;
}

/* Who holds all buffers and has nothing more to read is in line too on Linux 6.1, and not on later ones. */
static bool are_others_in_line(const struct gi_connection *holder, uint32_t count)
{
	return is_in_line(count + (holder->is_waiting ? 1 : 0));
}

/* Opens a connection that keeps all four buffers: what it gets is noted, and its turn does not come. */
static struct gi_connection *open_holder(size_t size)
{
	open_many(&four_buffers, &(struct gatio_port_options){0}, 1);
	world_settle(&world);
	struct gi_connection *holder = world_connection(&world, 0);
	holder->work.is_queued = true;
	CU_ASSERT(client_send_pattern(&clients[0], 0, size) == size);
	WORLD_UNTIL(&world, world_buffers_held(&world) == 4);
	return holder;
}

static void let_go_on(struct gi_connection *holder)
{
	holder->work.is_queued = false;
	world_be(&world, 0);
	gi_connection_wake(holder);
}

static void idle_connections_wait_for_an_empty_ring(void)
{
	struct gi_connection *holder = open_holder(1000);
	client_open_many(clients + 1, 19, address);
	/* Nothing has come for these, and still the kernel says at once that there is no buffer. */
	WORLD_UNTIL(&world, seen.connected == 20 && is_in_line(19));
	uint64_t waits_before = world_counters(&world).buffer_waits;
	world_assert_quiet(&world);
	CU_ASSERT(world_counters(&world).buffer_waits == waits_before);
	let_go_on(holder);
	WORLD_UNTIL(&world, seen.size == 1000 && is_in_line(0));
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	for (uint32_t i = 1; i < 20; i++) {
		client_say(&clients[i], "x");
	}
	WORLD_UNTIL(&world, seen.size == 1019);
	close_many(20);
}

/* Buffers are there, and who is called first does not take one: the others must not wait for it. */
static void line_moves_on_past_idle_ones(void)
{
	struct gi_connection *holder = open_holder(256);
	client_open_many(clients + 1, 39, address);
	WORLD_UNTIL(&world, seen.connected == 40 && are_others_in_line(holder, 39));
	let_go_on(holder);
	struct gi_driver *driver = world.system->group.drivers[0];
	driver->options.sleep_ns = GATIO_MS(1);
	uint64_t sleeps_before = gi_load_relaxed(&driver->counters.sleeps);
	for (uint32_t i = 0; i < 100 && !is_in_line(0); i++) {
		gi_driver_turn(driver, true);
	}
	CU_ASSERT(is_in_line(0));
	/* The last of the line are called in the turn that sleeps. */
	CU_ASSERT(gi_load_relaxed(&driver->counters.sleeps) <= sleeps_before + 1);
	close_many(40);
}

static uint32_t order[CLIENTS_MAX];
static uint32_t order_count;

static void note_order(const struct gatio_received *received)
{
	order[order_count++] = received->data[0];
}

static void line_is_first_come_first_served(void)
{
	open_many(&four_buffers, &(struct gatio_port_options){0}, 12);
	script.received = note_order;
	order_count = 0;
	struct gi_driver *driver = world_be(&world, 0)->driver;
	struct gi_buffers *buffers = gi_driver_buffers(driver);
	world_settle(&world);
	/* Take all buffers away: each is received into, and held. */
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	struct gi_buffer_wait *waits[12];
	uint32_t count = 0;
	for (struct gi_list *link = net->connections.next; link != &net->connections;
	     link = link->next) {
		struct gi_connection *connection =
		        gi_container_of(link, struct gi_connection, link);
		waits[count++] = &connection->wait;
		connection->is_waiting = true;
		gi_io_cancel(driver, &connection->receive);
	}
	CU_ASSERT(count == 12);
	world_settle(&world);
	/* In line, in an order of our own. */
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t who = i * 5 % 12;
		unsigned char byte = (unsigned char)who;
		CU_ASSERT(client_send(&clients[who], &byte, 1) == 1);
		gi_buffers_wait(buffers, waits[who]);
	}
	WORLD_UNTIL(&world, order_count == 12);
	for (uint32_t i = 0; i < 12; i++) {
		CU_ASSERT(order[i] == i * 5 % 12);
	}
	close_many(12);
}

static void busy_connection_delays_nobody(void)
{
	open_many(&(struct gi_tuning){.buffer_count = 256, .buffer_size = 64},
	          &(struct gatio_port_options){0}, 2);
	script.received = note_order;
	order_count = 0;
	/* Both have bytes before either has its turn. */
	struct gi_connection *busy = world_connection(&world, 0);
	struct gi_connection *other = gi_container_of(busy->link.next, struct gi_connection, link);
	busy->work.is_queued = true;
	other->work.is_queued = true;
	CU_ASSERT(client_send_pattern(&clients[0], 0, 64 * 60) == 64 * 60); /* 60 buffers */
	unsigned char byte = 255;
	CU_ASSERT(client_send(&clients[1], &byte, 1) == 1);
	WORLD_UNTIL(&world, world_buffers_held(&world) == 61);
	busy->work.is_queued = false;
	other->work.is_queued = false;
	world_be(&world, 0);
	gi_connection_wake(busy);
	gi_connection_wake(other);
	WORLD_UNTIL(&world, order_count == 61);
	CU_ASSERT(order[16] == 255); /* a connection hands on 16 in a turn */
	close_many(2);
}

/* ---- A receive that finds more bytes than all buffers hold ---------------------------------------------------------- */

enum { ALL_BUFFERS = 256, QUARTER = ALL_BUFFERS / 4, TINY_SIZE = 64 };

static struct trial {
	struct gi_io receive;
	uint32_t taken_count;
	uint16_t taken[ALL_BUFFERS];
} trial;

static void on_tried(struct gi_io *io, const struct gi_io_event *event)
{
	if (event->has_buffer) {
		trial.taken[trial.taken_count++] = event->buffer_index;
	}
	if (trial.taken_count == QUARTER) {
		gi_io_cancel(world_be(&world, 0)->driver, io);
	}
}

/*
 * Whether a receive comes back between its buffers, so that it can be ended there: tried on a socket without a
 * connection. If not, Linux 6.1 for one, it fills all buffers there are before its first completion is seen.
 */
static bool can_end_between_buffers(void)
{
	static const char bytes[TINY_SIZE * ALL_BUFFERS * 2];
	struct gi_driver *driver = world_be(&world, 0)->driver;
	struct gi_buffers *all = gi_driver_buffers(driver);
	int pair[2];
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CU_ASSERT(send(pair[1], bytes, sizeof(bytes), MSG_DONTWAIT) == sizeof(bytes));
	trial = (struct trial){0};
	gi_io_init(&trial.receive, on_tried);
	gi_io_prepare_receive(&trial.receive, pair[0], gi_buffers_group(all));
	CU_ASSERT(gi_io_submit(driver, &trial.receive) == 0);
	WORLD_UNTIL(&world, gi_io_is_idle(&trial.receive));
	CU_ASSERT(trial.taken_count >= QUARTER);
	for (uint32_t i = 0; i < trial.taken_count; i++) {
		gi_buffers_put(all, trial.taken[i]);
	}
	world_settle(&world);
	close(pair[0]);
	close(pair[1]);
	return trial.taken_count < ALL_BUFFERS;
}

static size_t others_at; /* in seen.bytes */

static void keep_and_note_other(const struct gatio_received *received)
{
	if (gatio_address_equal(gatio_self(), seen.selves[1])) {
		others_at = seen.size;
	}
	script_keep(received->data, received->size);
}

/* All bytes but those of the other one, which lie somewhere between. */
static bool is_rest_in_order(void)
{
	size_t size = seen.size - TINY_SIZE;
	memmove(seen.bytes + others_at, seen.bytes + others_at + TINY_SIZE, size - others_at);
	return client_is_pattern(seen.bytes, size);
}

/*
 * One that has more to read than all buffers, and whose turn does not come, leaves some to the others. Where the kernel
 * has given it all at once, the others wait in line, and come before all of it has been told.
 */
static void busy_connection_leaves_buffers_to_others(void)
{
	enum { SIZE = TINY_SIZE * 1000 };
	open_many(&(struct gi_tuning){.buffer_count = ALL_BUFFERS, .buffer_size = TINY_SIZE},
	          &(struct gatio_port_options){0}, 2);
	script.received = keep_and_note_other;
	bool leaves_some = can_end_between_buffers();
	struct gi_connection *busy = world_connection(&world, 0);
	busy->work.is_queued = true;
	CU_ASSERT(client_send_pattern(&clients[0], 0, SIZE) == SIZE);
	world_settle(&world);
	CU_ASSERT(gi_io_is_idle(&busy->receive));
	CU_ASSERT(busy->held_count >= QUARTER);
	CU_ASSERT((busy->held_count < ALL_BUFFERS) == leaves_some);
	CU_ASSERT(client_send_pattern(&clients[1], 0, TINY_SIZE) == TINY_SIZE);
	world_settle(&world);
	CU_ASSERT(seen.size == (leaves_some ? TINY_SIZE : 0));
	CU_ASSERT(is_in_line(leaves_some ? 0 : 1)); /* the other */
	let_go_on(busy);
	WORLD_UNTIL(&world, seen.size == SIZE + TINY_SIZE);
	/* Before all that the busy one held, of which 16 a turn come back. */
	CU_ASSERT(others_at <= (leaves_some ? 0 : 3 * 16 * TINY_SIZE));
	CU_ASSERT(is_rest_in_order());
	close_many(2);
}

/* Closed while they stand in line, and their memory used by others. */
static void waiting_ones_may_go_away(void)
{
	struct gi_connection *holder = open_holder(256);
	script.received = script_echo;
	client_open_many(clients + 1, 19, address);
	WORLD_UNTIL(&world, seen.connected == 20 && are_others_in_line(holder, 19));
	world_be(&world, 0);
	for (struct gi_list *link = holder->link.next; link != holder->link.previous;
	     link = link->next) {
		gi_connection_break(gi_container_of(link, struct gi_connection, link), -EPIPE);
	}
	WORLD_UNTIL(&world, world_counters(&world).closed == 19);
	for (uint32_t i = 1; i < 20; i++) {
		client_close(&clients[i]);
		client_open(&clients[i], address);
		CU_ASSERT(client_send_pattern(&clients[i], 0, 2000) == 2000);
	}
	WORLD_UNTIL(&world, seen.connected == 39 && are_others_in_line(holder, 19));
	let_go_on(holder);
	CU_ASSERT(client_send_pattern(&clients[0], 256, 1744) == 1744);
	WORLD_UNTIL(&world, all_echoed(20, 2000));
	close_many(20);
}

static const CU_TestInfo tests[] = {
        {"four buffers serve many connections", four_buffers_serve_many_connections},
        {"full queue loses no bytes", full_queue_loses_no_bytes},
        {"idle connections wait for an empty ring", idle_connections_wait_for_an_empty_ring},
        {"line moves on past idle ones", line_moves_on_past_idle_ones},
        {"line is first come first served", line_is_first_come_first_served},
        {"busy connection delays nobody", busy_connection_delays_nobody},
        {"busy connection leaves buffers to others", busy_connection_leaves_buffers_to_others},
        {"waiting ones may go away", waiting_ones_may_go_away},
        CU_TEST_INFO_NULL,
};

const struct suite buffers_suite = {.name = "buffers", .tests = tests};
