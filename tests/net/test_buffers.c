/* SPDX-License-Identifier: Apache-2.0 */
/* Several connections receive, with few buffers or completions: nothing is lost, everybody has a turn, nobody spins. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/suite.h"

#include "base/container.h"

#include <errno.h>

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
	CU_ASSERT(world_cq_overflows(&world) > 0);
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

/* One that has more to read than all buffers, and whose turn does not come, leaves some to the others. */
static void busy_connection_leaves_buffers_to_others(void)
{
	open_many(&(struct gi_tuning){.buffer_count = 256, .buffer_size = 64},
	          &(struct gatio_port_options){0}, 2);
	struct gi_connection *busy = world_connection(&world, 0);
	busy->work.is_queued = true;
	CU_ASSERT(client_send_pattern(&clients[0], 0, 64 * 1000) == 64 * 1000);
	world_settle(&world);
	CU_ASSERT(busy->held_count >= 64);
	CU_ASSERT(busy->held_count < 256);
	CU_ASSERT(gi_io_is_idle(&busy->receive));
	CU_ASSERT(client_send_pattern(&clients[1], 0, 64) == 64);
	WORLD_UNTIL(&world, seen.size == 64);
	let_go_on(busy);
	WORLD_UNTIL(&world, seen.size == 64 + 64 * 1000);
	CU_ASSERT(client_is_pattern(seen.bytes + 64, 64 * 1000));
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
