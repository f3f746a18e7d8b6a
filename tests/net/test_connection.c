/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's life: from its first message to its last, however it ends. */
#include "actors/life.h"
#include "tests/net/pair.h"
#include "tests/support/suite.h"

#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

static void open_default(void)
{
	pair_open(&(struct gatio_port_options){0});
}

/* ---- In order ------------------------------------------------------------------------------------------------------- */

static void messages_come_in_their_order(void)
{
	open_default();
	client_say(&client, "hello");
	client_end(&client);
	script.peer_ended = script_exit;
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT_STRING_EQUAL(
	        seen.order, "SCRPE"); /* it exits by itself, so nobody tells it that it is closed */
	CU_ASSERT(seen.ended_reason == 0);
	pair_close();
}

static void say_goodbye(int reason)
{
	(void)reason;
	CU_ASSERT(gatio_write("goodbye", 7) == 0);
}

static void what_ended_writes_is_sent(void)
{
	open_default();
	client_end(&client);
	script.peer_ended = script_exit;
	script.ended = say_goodbye;
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client_has(&client, "goodbye"));
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void say_hello(void)
{
	gatio_write("hello", 5);
}

static void started_may_write(void)
{
	open_default();
	script.started = say_hello;
	WORLD_UNTIL(&world, client_has(&client, "hello"));
	CU_ASSERT(strncmp(seen.order, "SC", 2) == 0);
	pair_close();
}

static uint32_t connected_before_poke;

static void poke_self(void)
{
	gatio_send(gatio_self(), poke, .number = 1);
}

static void note_connected(int number)
{
	(void)number;
	connected_before_poke = seen.connected;
}

static void connected_comes_before_the_inbox(void)
{
	open_default();
	connected_before_poke = 99;
	script.started = poke_self;
	script.poked = note_connected;
	WORLD_UNTIL(&world, connected_before_poke != 99);
	CU_ASSERT(connected_before_poke == 1);
	pair_close();
}

static void say_hello_and_exit(void)
{
	say_hello();
	gatio_exit(3);
}

static void started_may_exit(void)
{
	open_default();
	script.started = say_hello_and_exit;
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client_has(&client, "hello"));
	CU_ASSERT(client.has_ended);
	client_close(&client);
	WORLD_UNTIL(&world, pair_is_closed()); /* it has seen our end too, without a deadline */
	CU_ASSERT_STRING_EQUAL(seen.order, "SE");
	CU_ASSERT(seen.ended_reason == 3);
	pair_close();
}

static void exit_flushes_then_ends(void)
{
	pair_connect(&(struct gatio_port_options){0});
	script.peer_ended = script_exit;
	static unsigned char bytes[300000];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = client_pattern(i);
	}
	world_be(&world, 0);
	struct gi_connection *connection = world_connection(&world, 0);
	CU_ASSERT(gi_output_write(connection, bytes, sizeof(bytes)) == 0);
	gi_actor_end(world_be(&world, 0), connection->actor, 0);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client.has_ended);
	CU_ASSERT(client.size == sizeof(bytes));
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	/* Its own end: half closed until then. */
	world_settle(&world);
	CU_ASSERT(!pair_is_closed());
	client_close(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(world_counters(&world).sent_bytes == sizeof(bytes));
	pair_close();
}

static void answer_and_exit(void)
{
	gatio_write("bye", 3);
	gatio_exit(0);
}

static void half_closed_peer_gets_its_answer(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(2)});
	script.peer_ended = answer_and_exit;
	client_say(&client, "question");
	client_end(&client);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client_has(&client, "bye"));
	CU_ASSERT(client.has_ended);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT_STRING_EQUAL(seen.order, "SCRPE");
	CU_ASSERT(seen.deadline_ns - gi_kernel_monotonic_ns() <= GATIO_SECONDS(2));
	CU_ASSERT(seen.deadline_ns - gi_kernel_monotonic_ns() > GATIO_SECONDS(1));
	pair_close();
}

static void open_plain(void)
{
	world_open(&world, &(struct world_options){0});
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_open(world.system, &options, plain, .number = 1) == 0);
	CU_ASSERT(gatio_port_address(world.system, options.listen, address, sizeof(address)) == 0);
	client_open(&client, address);
}

static void who_handles_no_end_is_closed(void)
{
	open_plain();
	script.received = script_echo;
	client_say(&client, "echo");
	client_end(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(client_has(&client, "echo"));
	CU_ASSERT(client.has_ended);
	CU_ASSERT_STRING_EQUAL(seen.order, "RXE");
	CU_ASSERT(seen.closed_reason == 0);
	CU_ASSERT(seen.ended_reason == 0);
	pair_close();
}

static void who_handles_nothing_is_served(void)
{
	world_open(&world, &(struct world_options){0});
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_open(world.system, &options, deaf, .number = 1) == 0);
	CU_ASSERT(gatio_port_address(world.system, options.listen, address, sizeof(address)) == 0);
	client_open(&client, address);
	client_say(&client, "hello?");
	client_end(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(pair_sees_end());
	CU_ASSERT(world_counters(&world).received_bytes == 6);
	pair_close();
}

static void bytes_before_the_end_are_handled(void)
{
	open_default();
	script.peer_ended = script_exit;
	for (int i = 0; i < 50; i++) {
		CU_ASSERT(client_send_pattern(&client, (size_t)i * 2000, 2000) == 2000);
	}
	client_close(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.size == 100000);
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	pair_close();
}

/* ---- Not in order ---------------------------------------------------------------------------------------------------- */

static void reset_is_told(void)
{
	pair_connect(&(struct gatio_port_options){0});
	client_reset(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT_STRING_EQUAL(seen.order, "SCXE");
	CU_ASSERT(seen.closed_reason == -ECONNRESET);
	CU_ASSERT(seen.ended_reason == -ECONNRESET);
	pair_close();
}

static void reset_before_the_first_turn_is_told(void)
{
	open_default();
	client_reset(&client);
	WORLD_UNTIL(&world, world_counters(&world).accepted == 1 && pair_is_closed());
	CU_ASSERT(seen.started == 1);
	CU_ASSERT(seen.closed_reason == -ECONNRESET);
	CU_ASSERT_STRING_EQUAL(seen.last_connected.peer, ""); /* nobody is there to ask */
	pair_close();
}

static void reset_while_sending_is_told(void)
{
	pair_connect(&(struct gatio_port_options){0});
	static unsigned char bytes[8u << 20];
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), bytes, sizeof(bytes)) == 0);
	world_settle(&world); /* in flight, and stuck */
	CU_ASSERT(!gi_io_is_idle(&world_connection(&world, 0)->send));
	client_reset(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed == 1);
	CU_ASSERT(seen.closed_reason == -ECONNRESET || seen.closed_reason == -EPIPE);
	pair_close();
}

static void reset_while_paused_is_survived(void)
{
	pair_connect(&(struct gatio_port_options){0});
	world_be(&world, 0);
	struct gi_connection *connection = world_connection(&world, 0);
	connection->is_paused = true;
	gi_connection_stop_receive(connection);
	world_settle(&world);
	client_reset(&client);
	world_settle(&world);
	CU_ASSERT(!pair_is_closed()); /* nobody looks */
	world_be(&world, 0);
	connection->is_paused = false;
	gi_connection_wake(connection);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ECONNRESET);
	pair_close();
}

static void reset_while_lingering_closes(void)
{
	pair_connect(&(struct gatio_port_options){0});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(!pair_is_closed());
	client_reset(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed == 0); /* it had ended before */
	pair_close();
}

static void reset_after_the_peers_end_closes(void)
{
	pair_connect(&(struct gatio_port_options){0});
	client_end(&client);
	WORLD_UNTIL(&world, seen.peer_ended == 1);
	client_reset(&client);
	world_settle(&world);
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), "x", 1) == 0);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -EPIPE || seen.closed_reason == -ECONNRESET);
	pair_close();
}

static void abort_with_nine(int number)
{
	gatio_write("never sent", 10);
	gatio_abort(number);
	CU_ASSERT(gatio_write("late", 4) == -EPIPE);
}

static void abort_cuts(void)
{
	pair_connect(&(struct gatio_port_options){0});
	script.poked = abort_with_nine;
	pair_poke(-9);
	WORLD_UNTIL(&world, pair_is_closed());
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client.size == 0);
	CU_ASSERT_STRING_EQUAL(seen.order, "SCE");
	CU_ASSERT(seen.ended_reason == -9);
	CU_ASSERT(world_counters(&world).sent_bytes == 0);
	pair_close();
}

static void abort_cuts_a_send_in_flight(void)
{
	pair_connect(&(struct gatio_port_options){0});
	static unsigned char bytes[8u << 20];
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), bytes, sizeof(bytes)) == 0);
	world_settle(&world);
	script.poked = abort_with_nine;
	pair_poke(-9);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.ended_reason == -9);
	pair_close();
}

static void actor_ended_by_others_takes_its_connection_along(void)
{
	pair_connect(&(struct gatio_port_options){0});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, -7);
	WORLD_UNTIL(&world, pair_sees_end());
	client_close(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.ended_reason == -7);
	CU_ASSERT(seen.closed == 0);
	pair_close();
}

/* ---- After the end --------------------------------------------------------------------------------------------------- */

static int write_result;

static void write_late(int reason)
{
	(void)reason;
	write_result = gatio_write("late", 4);
	CU_ASSERT(gatio_write_room(1) == NULL);
}

static void nothing_is_written_after_the_close(void)
{
	open_plain();
	script.closed = write_late;
	write_result = 1;
	client_end(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(write_result == -EPIPE);
	CU_ASSERT(pair_sees_end());
	CU_ASSERT(client.size == 0);
	pair_close();
	pair_connect(&(struct gatio_port_options){0});
	script.closed = write_late;
	write_result = 1;
	client_reset(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(write_result == -EPIPE);
	pair_close();
}

static void write_from_nowhere(int number)
{
	(void)number;
	write_result = gatio_write("x", 1);
	CU_ASSERT(gatio_write_room(1) == NULL);
	gatio_write_done(0);
}

static void other_actors_have_no_connection(void)
{
	world_open(&world, &(struct world_options){0});
	script.poked = write_from_nowhere;
	write_result = 1;
	world_be(&world, 0);
	struct gatio_address address = gatio_spawn(bystander, .number = 1);
	CU_ASSERT(gatio_send(address, poke, .number = 1) == 0);
	WORLD_UNTIL(&world, write_result != 1);
	CU_ASSERT(write_result == -ENOTCONN);
	world_close(&world);
}

static void connections_give_their_memory_back(void)
{
	world_open(&world, &(struct world_options){0});
	script.received = script_echo;
	script.peer_ended = script_exit;
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	struct gi_heap *heap = world.system->group.drivers[0]->heap;
	uint64_t used_before = 0;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= 40; i++) {
			client_open(&client, address);
			client_say(&client, "hello");
			WORLD_UNTIL(&world, client_has(&client, "hello"));
			if (i % 2) {
				client_reset(&client);
			} else {
				client_close(&client);
			}
		}
		WORLD_UNTIL(&world, world_counters(&world).open == 0);
		world_settle(&world);
		if (round > 0) { /* tables have their size after the first */
			CU_ASSERT(gi_heap_used(heap) == used_before);
		}
		used_before = gi_heap_used(heap);
	}
	world_close(&world);
}

static void idle_connection_is_small(void)
{
	/* With its actor of a few words: what design says an idle connection may cost. */
	CU_ASSERT(sizeof(struct gi_connection) + sizeof(struct gi_actor) <= 512);
	pair_connect(&(struct gatio_port_options){0});
	client_say(&client, "hello");
	WORLD_UNTIL(&world, seen.received == 1);
	const struct gi_connection *connection = world_connection(&world, 0);
	CU_ASSERT(connection->unread == NULL);
	CU_ASSERT(connection->output_first == NULL);
	CU_ASSERT(connection->gather == NULL);
	CU_ASSERT(world_buffers_held(&world) == 0);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"messages come in their order", messages_come_in_their_order},
        {"what ended() writes is sent", what_ended_writes_is_sent},
        {"started may write", started_may_write},
        {"connected comes before the inbox", connected_comes_before_the_inbox},
        {"started may exit", started_may_exit},
        {"exit flushes, then ends", exit_flushes_then_ends},
        {"half-closed peer gets its answer", half_closed_peer_gets_its_answer},
        {"who handles no end is closed", who_handles_no_end_is_closed},
        {"who handles nothing is served", who_handles_nothing_is_served},
        {"bytes before the end are handled", bytes_before_the_end_are_handled},
        {"reset is told", reset_is_told},
        {"reset before the first turn is told", reset_before_the_first_turn_is_told},
        {"reset while sending is told", reset_while_sending_is_told},
        {"reset while paused is survived", reset_while_paused_is_survived},
        {"reset while lingering closes", reset_while_lingering_closes},
        {"reset after the peer's end closes", reset_after_the_peers_end_closes},
        {"abort cuts", abort_cuts},
        {"abort cuts a send in flight", abort_cuts_a_send_in_flight},
        {"actor ended by others takes its connection along",
         actor_ended_by_others_takes_its_connection_along},
        {"nothing is written after the close", nothing_is_written_after_the_close},
        {"other actors have no connection", other_actors_have_no_connection},
        {"connections give their memory back", connections_give_their_memory_back},
        {"idle connection is small", idle_connection_is_small},
        CU_TEST_INFO_NULL,
};

const struct suite connection_suite = {.name = "connection", .tests = tests};
