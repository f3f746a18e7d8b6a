/* SPDX-License-Identifier: Apache-2.0 */
/* Drain and cut, with connections in every state. */
#include "actors/life.h"
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/suite.h"

#include "base/container.h"
#include "drivers/kernel.h"
#include "drivers/ring.h"

#include <errno.h>
#include <string.h>

#define CLIENTS 8u

static struct world world;
static struct client clients[CLIENTS];

static void open_with(const struct gatio_port_options *options, uint32_t count)
{
	world_open(&world, &(struct world_options){0});
	client_open_many(clients, count, world_listen(&world, options));
}

static void open_connected(uint32_t count)
{
	open_with(&(struct gatio_port_options){0}, count);
	WORLD_UNTIL(&world, seen.connected == count);
	world_settle(&world);
}

static void close_all(uint32_t count)
{
	client_close_many(clients, count);
	world_close(&world);
}

static bool has_end(uint32_t i)
{
	client_pump(&clients[i]);
	return clients[i].has_ended || clients[i].err;
}

static void say_bye_and_exit(void)
{
	gatio_write("bye", 3);
	gatio_exit(0);
}

static void drain_asks_to_finish(void)
{
	open_connected(2);
	script.draining = say_bye_and_exit;
	world_drain(&world, 12345);
	WORLD_UNTIL(&world, seen.draining == 2);
	CU_ASSERT(seen.deadline_ns == 12345);
	WORLD_UNTIL(&world, has_end(0) && has_end(1));
	CU_ASSERT(client_has(&clients[0], "bye"));
	CU_ASSERT(client_has(&clients[1], "bye"));
	CU_ASSERT(clients[0].has_ended);
	client_close(&clients[0]);
	client_close(&clients[1]);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	CU_ASSERT(seen.closed == 0);
	close_all(2);
}

static void who_drains_later_is_waited_for(void)
{
	open_connected(1);
	script.received = script_echo;
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, seen.draining == 1);
	client_say(&clients[0], "still served");
	WORLD_UNTIL(&world, client_has(&clients[0], "still served"));
	CU_ASSERT(world_open_count(&world) == 1);
	script.peer_ended = script_exit;
	client_end(&clients[0]);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	close_all(1);
}

static void write_before_the_drain(const struct gatio_received *received)
{
	gatio_write(received->data, received->size);
}

static void who_handles_no_drain_ends_with_all_sent(void)
{
	world_open(&world, &(struct world_options){0});
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_open(world.system, &options, plain, .number = 1) == 0);
	CU_ASSERT(gatio_port_address(world.system, options.listen, address, sizeof(address)) == 0);
	script.received = write_before_the_drain;
	client_open(&clients[0], address);
	CU_ASSERT(client_send_pattern(&clients[0], 0, 30000) == 30000);
	WORLD_UNTIL(&world, world_counters(&world).received_bytes == 30000);
	WORLD_UNTIL(&world, world_buffers_held(&world) == 0);
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, has_end(0));
	CU_ASSERT(clients[0].has_ended);
	CU_ASSERT(clients[0].size == 30000);
	CU_ASSERT(client_is_pattern(clients[0].bytes, clients[0].size));
	CU_ASSERT(seen.ended == 1);
	CU_ASSERT(seen.ended_reason == 0);
	client_close(&clients[0]);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	close_all(1);
}

/* The connection is made, and its first turn has not come. */
static void drained_before_its_turn_it_is_connected(void)
{
	open_with(&(struct gatio_port_options){0}, 1);
	world_be(&world, 0);
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	struct gi_listener *listener =
	        gi_container_of(net->listeners.next, struct gi_listener, link);
	int fd = accept(listener->fd, NULL, NULL);
	CU_ASSERT_FATAL(fd >= 0);
	gi_socket_accepted(net, listener->port, fd);
	CU_ASSERT(seen.order[0] == '\0');
	world_drain(&world, UINT64_MAX);
	world_settle(&world);
	CU_ASSERT_STRING_EQUAL(seen.order, "SCD");
	close_all(1);
}

/* ---- What had come by then ------------------------------------------------------------------------------------------- */

static void ask_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		client_say(&clients[i], "question");
	}
}

static void assert_all_answered(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		WORLD_UNTIL(&world, has_end(i));
		CU_ASSERT(client_has(&clients[i], "question"));
		CU_ASSERT(clients[i].has_ended);
	}
	client_close_many(clients, count);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
}

/* The kernel has accepted them, and nobody here has heard of it. */
static void backlog_is_served(void)
{
	open_with(&(struct gatio_port_options){0}, CLIENTS);
	script.received = script_echo;
	script.draining = script_exit;
	ask_all(CLIENTS);
	world_drain(&world, UINT64_MAX);
	assert_all_answered(CLIENTS);
	CU_ASSERT(seen.connected == CLIENTS);
	CU_ASSERT(seen.draining == CLIENTS);
	CU_ASSERT(world_counters(&world).accepted == CLIENTS);
	world_close(&world);
}

static void question_before_the_drain_is_answered(void)
{
	open_connected(CLIENTS);
	script.received = script_echo;
	script.draining = script_exit;
	ask_all(CLIENTS);
	world_drain(&world, UINT64_MAX);
	assert_all_answered(CLIENTS);
	world_close(&world);
}

/* It has no handler for gatio_draining, so it ends when it would be told. */
static void question_to_who_handles_no_drain_is_answered(void)
{
	world_open(&world, &(struct world_options){0});
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_open(world.system, &options, plain, .number = 1) == 0);
	CU_ASSERT(gatio_port_address(world.system, options.listen, address, sizeof(address)) == 0);
	script.received = script_echo;
	client_open_many(clients, 4, address);
	WORLD_UNTIL(&world, world_counters(&world).accepted == 4);
	client_open_many(clients + 4, 4, address);
	ask_all(8);
	world_drain(&world, UINT64_MAX);
	assert_all_answered(8);
	world_close(&world);
}

/* Less than the peer's window in the beginning: all of it is in our socket. */
#define MUCH 20000u
#define FEW  100u

static void open_with_few_buffers(void)
{
	world_open(&world,
	           &(struct world_options){.tuning = {.buffer_count = 4, .buffer_size = 64}});
	client_open(&clients[0], world_listen(&world, &(struct gatio_port_options){0}));
	WORLD_UNTIL(&world, seen.connected == 1);
	world_settle(&world);
}

/* The socket is empty, and here nobody has heard of its bytes. */
static void what_the_receive_has_taken_is_fed(void)
{
	open_connected(1);
	struct gi_driver *driver = world.system->group.drivers[0];
	CU_ASSERT(client_send_pattern(&clients[0], 0, FEW) == FEW);
	WORLD_UNTIL(&world, gi_ring_has_completions(driver->ring));
	CU_ASSERT(gi_kernel_socket_unread(world_connection(&world, 0)->fd) == 0);
	CU_ASSERT(seen.received == 0);
	world_drain(&world, UINT64_MAX);
	world_be(&world, 0);
	gi_work_run(&driver->ready, driver->hooks.context);
	CU_ASSERT(seen.draining == 0);
	WORLD_UNTIL(&world, seen.draining == 1);
	CU_ASSERT(seen.size == FEW);
	close_all(1);
}

static void all_that_lay_in_the_socket_is_fed(void)
{
	open_with_few_buffers();
	script.draining = script_exit;
	CU_ASSERT(client_send_pattern(&clients[0], 0, MUCH) == MUCH);
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, seen.draining == 1);
	CU_ASSERT(seen.size == MUCH);
	CU_ASSERT(client_is_pattern(seen.bytes, MUCH));
	client_close(&clients[0]);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	world_close(&world);
}

static void who_sends_on_is_told_all_the_same(void)
{
	open_with_few_buffers();
	size_t sent = client_send_pattern(&clients[0], 0, MUCH);
	world_drain(&world, UINT64_MAX);
	while (seen.draining == 0 && !world_is_late(false)) {
		sent += client_send_pattern(&clients[0], sent, 1000);
		world_turn(&world);
	}
	(void)world_is_late(true);
	CU_ASSERT(seen.draining == 1);
	CU_ASSERT(seen.size >= MUCH);
	WORLD_UNTIL(&world, seen.size == sent); /* it is served until it has finished */
	CU_ASSERT(client_is_pattern(seen.bytes, sent));
	close_all(1);
}

static void pause_once(const struct gatio_received *received)
{
	script_keep(received->data, 1);
	gatio_unread(received->size - 1);
	gatio_pause();
}

static void who_has_paused_is_told_at_once(void)
{
	open_with_few_buffers();
	script.received = pause_once;
	CU_ASSERT(client_send_pattern(&clients[0], 0, 1000) == 1000);
	WORLD_UNTIL(&world, seen.received == 1);
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, seen.draining == 1);
	CU_ASSERT(seen.received == 1);
	close_all(1);
}

static void who_is_held_back_is_fed_when_the_peer_reads(void)
{
	world_open(&world, &(struct world_options){0});
	script.received = script_echo;
	script.draining = script_exit;
	client_open_with(
	        &clients[0],
	        &(struct client_options){
	                .address = world_listen(
	                        &world, &(struct gatio_port_options){.output_size_high = 10000,
	                                                             .send_buffer_size = 4608}),
	                .receive_buffer_size = 2048});
	WORLD_UNTIL(&world, seen.connected == 1);
	size_t sent = 0;
	for (uint32_t i = 0; i < 20; i++) {
		sent += client_send_pattern(&clients[0], sent, 50000);
		world_turns(&world, 10);
	}
	/* The rest of what was sent is still with the peer. */
	size_t here = seen.size + gi_kernel_socket_unread(world_connection(&world, 0)->fd);
	CU_ASSERT(seen.size < here);
	CU_ASSERT(here < sent);
	world_drain(&world, UINT64_MAX);
	world_settle(&world);
	CU_ASSERT(seen.draining == 0);
	WORLD_UNTIL(&world, has_end(0));
	CU_ASSERT(clients[0].has_ended);
	CU_ASSERT(seen.draining == 1);
	CU_ASSERT(clients[0].size >= here);
	CU_ASSERT(client_is_pattern(clients[0].bytes, clients[0].size));
	client_close(&clients[0]);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	world_close(&world);
}

/* ---- The deadline ------------------------------------------------------------------------------------------------------ */

static void after_the_deadline_all_is_cut(void)
{
	open_connected(3);
	world_drain(&world, UINT64_MAX);
	world_settle(&world);
	CU_ASSERT(world_open_count(&world) == 3);
	CU_ASSERT(seen.closed == 0);
	world_cut(&world);
	CU_ASSERT(seen.closed == 3);
	CU_ASSERT(seen.closed_reason == -ESHUTDOWN);
	CU_ASSERT(seen.ended_reason == -ESHUTDOWN);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	WORLD_UNTIL(&world, has_end(0) && has_end(1) && has_end(2));
	close_all(3);
}

/* ---- The cut, without a drain ---------------------------------------------------------------------------------------- */

static void pause_one(int number)
{
	(void)number;
	gatio_pause();
}

static struct gi_connection *nth(uint32_t n)
{
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	struct gi_list *link = net->connections.next;
	for (uint32_t i = 0; i < n; i++) {
		link = link->next;
	}
	return gi_container_of(link, struct gi_connection, link);
}

static void cut_finds_every_state(void)
{
	open_with(&(struct gatio_port_options){.connection_max = 7, .refusal = "full"}, 7);
	WORLD_UNTIL(&world, seen.connected == 7);
	struct client refused;
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	client_open(&refused, address);
	WORLD_UNTIL(&world, client_has(&refused, "full"));
	static unsigned char bytes[8u << 20];
	/* 0 is idle; 1 sends and is stuck; 2 lingers; 3 lingers and is stuck; */
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(nth(1), bytes, sizeof(bytes)) == 0);
	CU_ASSERT(gi_output_write(nth(3), bytes, sizeof(bytes)) == 0);
	gi_actor_end(world_be(&world, 0), nth(2)->actor, 0);
	gi_actor_end(world_be(&world, 0), nth(3)->actor, 0);
	/* 4 is paused; */
	struct gi_connection *paused = nth(4);
	script.poked = pause_one;
	CU_ASSERT(gatio_send((struct gatio_address){.bits = paused->actor->address}, poke,
	                     .number = 1) == 0);
	world_settle(&world);
	CU_ASSERT(paused->is_paused);
	CU_ASSERT(nth(3)->state == GI_CONNECTION_LINGERING);
	CU_ASSERT(nth(3)->output_size > 0);
	/* 5 has bytes that nobody has looked at, 6 is broken and nobody has looked at it. */
	world_be(&world, 0);
	for (uint32_t i = 0; i < 7; i++) {
		client_send(&clients[i], "hello", 5);
	}
	gi_connection_break(nth(6), -ECONNRESET);
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	CU_ASSERT(seen.ended == 7);
	for (uint32_t i = 0; i < 7; i++) {
		WORLD_UNTIL(&world, has_end(i));
	}
	client_close(&refused);
	close_all(7);
}

/* The connection is made, and its first turn has not come. */
static void cut_before_its_turn_it_is_connected(void)
{
	open_with(&(struct gatio_port_options){0}, 1);
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	while (gi_list_is_empty(&net->connections) && !world_is_late(false)) {
		world_be(&world, 0);
		struct gi_listener *listener =
		        gi_container_of(net->listeners.next, struct gi_listener, link);
		int fd = accept(listener->fd, NULL, NULL);
		CU_ASSERT_FATAL(fd >= 0);
		gi_socket_accepted(net, listener->port, fd);
	}
	(void)world_is_late(true);
	CU_ASSERT_STRING_EQUAL(seen.order, "");
	world_cut(&world);
	CU_ASSERT_STRING_EQUAL(seen.order, "SCXE");
	close_all(1);
}

static void cut_takes_the_unaccepted_along(void)
{
	open_with(&(struct gatio_port_options){0}, 3);
	world_cut(&world);
	WORLD_UNTIL(&world, has_end(0) && has_end(1) && has_end(2));
	CU_ASSERT(seen.started == 0);
	close_all(3);
}

static const CU_TestInfo tests[] = {
        {"drain asks to finish", drain_asks_to_finish},
        {"who drains later is waited for", who_drains_later_is_waited_for},
        {"who handles no drain ends with all sent", who_handles_no_drain_ends_with_all_sent},
        {"drained before its turn it is connected", drained_before_its_turn_it_is_connected},
        {"backlog is served", backlog_is_served},
        {"question before the drain is answered", question_before_the_drain_is_answered},
        {"question to who handles no drain is answered",
         question_to_who_handles_no_drain_is_answered},
        {"what the receive has taken is fed", what_the_receive_has_taken_is_fed},
        {"all that lay in the socket is fed", all_that_lay_in_the_socket_is_fed},
        {"who sends on is told all the same", who_sends_on_is_told_all_the_same},
        {"who has paused is told at once", who_has_paused_is_told_at_once},
        {"who is held back is fed when the peer reads",
         who_is_held_back_is_fed_when_the_peer_reads},
        {"after the deadline all is cut", after_the_deadline_all_is_cut},
        {"cut finds every state", cut_finds_every_state},
        {"cut before its turn it is connected", cut_before_its_turn_it_is_connected},
        {"cut takes the unaccepted along", cut_takes_the_unaccepted_along},
        CU_TEST_INFO_NULL,
};

const struct suite drain_suite = {.name = "drain", .tests = tests};
