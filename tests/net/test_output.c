/* SPDX-License-Identifier: Apache-2.0 */
/* Sending: order, partial sends, and peers that read slowly or never. */
#include "actors/life.h"
#include "tests/net/pair.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static void open_connected(const struct gatio_port_options *options)
{
	world_open(&world, &(struct world_options){0});
	script.peer_ended = script_exit;
	const struct client_options small = {.address = world_listen(&world, options),
	                                     .receive_buffer_size = 2048,
	                                     .send_buffer_size = 4096};
	client_open_with(&client, &small);
	WORLD_UNTIL(&world, seen.connected == 1);
}

static void run_on_actor(void (*run)(int), int number)
{
	script.poked = run;
	pair_poke(number);
	world_turn(&world);
	world_turn(&world);
}

static struct gi_connection *connection(void)
{
	return world_connection(&world, 0);
}

/* The output's next bytes of the pattern. */
static size_t written;

static int write_pattern(size_t size)
{
	static unsigned char bytes[1u << 20];
	for (size_t i = 0; i < size; i++) {
		bytes[i] = client_pattern(written + i);
	}
	int err = gatio_write(bytes, size);
	written += err ? 0 : size;
	return err;
}

static void write_some(int size)
{
	CU_ASSERT(write_pattern((size_t)size) == 0);
}

static bool has_all(void)
{
	client_pump(&client);
	return client.size == written;
}

/* ---- Order ------------------------------------------------------------------------------------------------------------ */

static void write_three(int size)
{
	for (int i = 0; i < 3; i++) {
		write_some(size);
	}
	CU_ASSERT(gatio_write_waiting() == 3 * (size_t)size);
}

static void bytes_of_a_turn_leave_together(void)
{
	open_connected(&(struct gatio_port_options){0});
	written = 0;
	run_on_actor(write_three, 100);
	WORLD_UNTIL(&world, has_all());
	WORLD_UNTIL(&world, connection()->output_size == 0);
	CU_ASSERT(world_counters(&world).sends == 1);
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	CU_ASSERT(connection()->output_first == NULL);
	pair_close();
}

static void several_segments_leave_in_one_send(void)
{
	open_connected(&(struct gatio_port_options){.send_buffer_size = 262144});
	written = 0;
	run_on_actor(write_three, 4000); /* a segment holds a little more */
	WORLD_UNTIL(&world, has_all());
	CU_ASSERT(world_counters(&world).sends == 1);
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	WORLD_UNTIL(&world, connection()->output_size == 0);
	CU_ASSERT(connection()->gather == NULL);
	pair_close();
}

static void write_odd_sizes(int count)
{
	for (int i = 0; i < count; i++) {
		write_some(1 + i * 7919 % 9001);
	}
}

static void partial_sends_keep_the_order(void)
{
	open_connected(&(struct gatio_port_options){.send_buffer_size = 4608});
	written = 0;
	for (int round = 0; round < 10; round++) {
		run_on_actor(write_odd_sizes, 40); /* more segments than a send takes */
		world_turns(&world, 5);
		client_pump(&client);
	}
	CU_ASSERT(written > 1000000);
	WORLD_UNTIL(&world, has_all());
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	WORLD_UNTIL(&world, world_counters(&world).sent_bytes == written);
	CU_ASSERT(world_counters(&world).sends > 100);
	CU_ASSERT(connection()->output_first == NULL);
	pair_close();
}

/* ---- Writing ---------------------------------------------------------------------------------------------------------- */

static void write_nothing(int number)
{
	(void)number;
	CU_ASSERT(gatio_write(NULL, 0) == 0);
	CU_ASSERT(gatio_write("x", 0) == 0);
	CU_ASSERT(gatio_write_waiting() == 0);
}

static void nothing_written_sends_nothing(void)
{
	open_connected(&(struct gatio_port_options){0});
	run_on_actor(write_nothing, 0);
	world_settle(&world);
	CU_ASSERT(world_counters(&world).sends == 0);
	pair_close();
}

static void write_in_place(int number)
{
	(void)number;
	written = 0;
	unsigned char *room = gatio_write_room(100);
	CU_ASSERT_FATAL(room != NULL);
	for (size_t i = 0; i < 60; i++) {
		room[i] = client_pattern(i);
	}
	gatio_write_done(60); /* less than there was room for */
	written = 60;
	room = gatio_write_room(50);
	CU_ASSERT(room != NULL);
	gatio_write_done(0);
	write_some(5);
	room = gatio_write_room(200000); /* more than a segment */
	CU_ASSERT_FATAL(room != NULL);
	for (size_t i = 0; i < 200000; i++) {
		room[i] = client_pattern(written + i);
	}
	gatio_write_done(200000);
	written += 200000;
	write_some(5);
	CU_ASSERT(gatio_write_waiting() == written);
}

static void room_is_written_in_place(void)
{
	open_connected(&(struct gatio_port_options){0});
	run_on_actor(write_in_place, 0);
	CU_ASSERT(written == 200070);
	WORLD_UNTIL(&world, has_all());
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	WORLD_UNTIL(&world, connection()->output_first == NULL);
	pair_close();
}

static void ask_for_room_only(int number)
{
	(void)number;
	CU_ASSERT(gatio_write_room(100) != NULL);
	gatio_write_done(0);
}

static void unused_room_is_not_kept(void)
{
	open_connected(&(struct gatio_port_options){0});
	run_on_actor(ask_for_room_only, 0);
	world_settle(&world);
	CU_ASSERT(connection()->output_first == NULL);
	CU_ASSERT(world_counters(&world).sends == 0);
	pair_close();
}

static void write_up_to_the_limit(int limit)
{
	CU_ASSERT(write_pattern((size_t)limit - 10) == 0);
	CU_ASSERT(write_pattern(11) == -ENOBUFS);
	CU_ASSERT(gatio_write_waiting() == (size_t)limit - 10);
	CU_ASSERT(gatio_write_room(11) == NULL);
	CU_ASSERT(write_pattern(10) == 0);
	CU_ASSERT(write_pattern(1) == -ENOBUFS);
	CU_ASSERT(gatio_write(NULL, 0) == 0);
	CU_ASSERT(write_pattern(1u << 20) == -ENOBUFS);
}

static void beyond_the_limit_a_write_is_refused(void)
{
	open_connected(
	        &(struct gatio_port_options){.output_size_high = 1000, .output_size_max = 50000});
	written = 0;
	run_on_actor(write_up_to_the_limit, 50000);
	CU_ASSERT(written == 50000);
	WORLD_UNTIL(&world, has_all()); /* what was refused has left no trace */
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	WORLD_UNTIL(&world, connection()->output_size == 0);
	run_on_actor(write_some, 50000);
	WORLD_UNTIL(&world, has_all());
	pair_close();
}

/* ---- Peers that do not read ------------------------------------------------------------------------------------------- */

static void peer_that_never_reads_is_held(void)
{
	open_connected(&(struct gatio_port_options){
	        .output_size_high = 20000, .send_buffer_size = 4608, .receive_buffer_size = 4096});
	script.received = script_echo;
	size_t sent = 0;
	for (int i = 0; i < 300; i++) {
		sent += client_send_pattern(&client, sent, 10000);
		world_turns(&world, 10);
		/* What had come already when receiving stopped may still be answered. */
		CU_ASSERT(connection()->output_size < 20000 + 65536);
	}
	CU_ASSERT(connection()->output_size >= 20000);
	CU_ASSERT(client_send_pattern(&client, sent, 1) == 0); /* TCP holds it */
	CU_ASSERT(world_buffers_held(&world) == 0);
	CU_ASSERT(world_counters(&world).pauses == 1);
	CU_ASSERT(seen.writable == 0);
	/* It goes on where it stopped. */
	WORLD_UNTIL(&world, client_pump(&client) == sent);
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	CU_ASSERT(seen.writable >= 1);
	CU_ASSERT(seen.writable_waiting <= 10000);
	sent += client_send_pattern(&client, sent, 1000);
	WORLD_UNTIL(&world, client_pump(&client) == sent);
	pair_close();
}

/* Its actor bounds what it takes in: all that the peer writes comes, whatever waits to be sent. */
static void peer_that_never_reads_may_write_on(void)
{
	open_connected(&(struct gatio_port_options){.output_size_high = 20000,
	                                            .send_buffer_size = 4608,
	                                            .receive_buffer_size = 4096,
	                                            .no_hold_back = true});
	script.received = script_echo;
	size_t sent = 0;
	for (int i = 0; i < 10000 && sent < 3000000; i++) {
		sent += client_send_pattern(&client, sent, 10000);
		world_turns(&world, 10);
	}
	CU_ASSERT(sent >= 3000000);
	WORLD_UNTIL(&world, world_counters(&world).received_bytes == sent);
	CU_ASSERT(world_counters(&world).pauses == 0);
	CU_ASSERT(seen.writable == 0);
	WORLD_UNTIL(&world, client_pump(&client) == sent);
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	CU_ASSERT(seen.writable >= 1);
	CU_ASSERT(seen.writable_waiting <= 10000);
	pair_close();
}

static void writable_is_told_once(void)
{
	open_connected(
	        &(struct gatio_port_options){.output_size_high = 50000, .send_buffer_size = 4608});
	written = 0;
	run_on_actor(write_some, 49999);
	WORLD_UNTIL(&world, has_all());
	WORLD_UNTIL(&world, connection()->output_size == 0);
	world_settle(&world);
	CU_ASSERT(seen.writable == 0); /* it had not gone beyond */
	run_on_actor(write_some, 50000);
	run_on_actor(write_some, 50000);
	WORLD_UNTIL(&world, has_all());
	WORLD_UNTIL(&world, connection()->output_size == 0);
	world_settle(&world);
	CU_ASSERT(seen.writable == 1);
	CU_ASSERT(seen.writable_waiting <= 25000);
	pair_close();
}

static void peer_that_never_reads_is_closed(void)
{
	open_connected(&(struct gatio_port_options){.write_timeout_ns = GATIO_SECONDS(7),
	                                            .send_buffer_size = 4608});
	written = 0;
	run_on_actor(write_some, 1 << 20);
	world_settle(&world);
	CU_ASSERT(connection()->output_size > 0);
	manual_clock_advance(GATIO_SECONDS(6));
	world_settle(&world);
	CU_ASSERT(!pair_is_closed());
	manual_clock_advance(GATIO_SECONDS(1) + GATIO_MS(5));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIME);
	CU_ASSERT(world_counters(&world).write_timeouts == 1);
	CU_ASSERT(world_counters(&world).idle_timeouts == 0);
	pair_close();
}

static void write_deadline_strikes_before_a_later_one(void)
{
	open_connected(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(600),
	                                            .send_buffer_size = 4608,
	                                            .write_timeout_ns = GATIO_SECONDS(7)});
	written = 0;
	run_on_actor(write_some, 1 << 20);
	world_settle(&world);
	manual_clock_advance(GATIO_SECONDS(8));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIME);
	CU_ASSERT(world_counters(&world).write_timeouts == 1);
	pair_close();
}

static void write_deadline_holds_while_lingering(void)
{
	open_connected(&(struct gatio_port_options){.write_timeout_ns = GATIO_SECONDS(2),
	                                            .send_buffer_size = 4608,
	                                            .linger_ns = GATIO_SECONDS(600)});
	written = 0;
	run_on_actor(write_some, 1 << 20);
	gi_actor_end(world_be(&world, 0), connection()->actor, 0);
	world_settle(&world);
	manual_clock_advance(GATIO_SECONDS(3));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(world_counters(&world).write_timeouts == 1);
	pair_close();
}

static void slow_reader_is_not_closed(void)
{
	open_connected(&(struct gatio_port_options){.write_timeout_ns = GATIO_SECONDS(7),
	                                            .send_buffer_size = 4608});
	written = 0;
	run_on_actor(write_some, 500000);
	world_settle(&world);
	uint64_t before = world_counters(&world).sent_bytes;
	/* Each time it takes a little, within the deadline; all of it takes far longer. */
	for (int i = 0; i < 10; i++) {
		client_pump(&client);
		WORLD_UNTIL(&world, world_counters(&world).sent_bytes > before);
		before = world_counters(&world).sent_bytes;
		world_settle(&world);
		CU_ASSERT(connection()->output_size > 0);
		manual_clock_advance(GATIO_SECONDS(5));
		world_settle(&world);
		CU_ASSERT(!pair_is_closed());
	}
	WORLD_UNTIL(&world, has_all());
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	CU_ASSERT(world_counters(&world).write_timeouts == 0);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"bytes of a turn leave together", bytes_of_a_turn_leave_together},
        {"several segments leave in one send", several_segments_leave_in_one_send},
        {"partial sends keep the order", partial_sends_keep_the_order},
        {"nothing written sends nothing", nothing_written_sends_nothing},
        {"room is written in place", room_is_written_in_place},
        {"unused room is not kept", unused_room_is_not_kept},
        {"beyond the limit a write is refused", beyond_the_limit_a_write_is_refused},
        {"peer that never reads is held", peer_that_never_reads_is_held},
        {"peer that never reads may write on", peer_that_never_reads_may_write_on},
        {"writable is told once", writable_is_told_once},
        {"peer that never reads is closed", peer_that_never_reads_is_closed},
        {"write deadline strikes before a later one", write_deadline_strikes_before_a_later_one},
        {"write deadline holds while lingering", write_deadline_holds_while_lingering},
        {"slow reader is not closed", slow_reader_is_not_closed},
        CU_TEST_INFO_NULL,
};

const struct suite output_suite = {.name = "output", .tests = tests};
