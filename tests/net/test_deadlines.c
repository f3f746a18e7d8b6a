/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of a connection: idle, linger, and the answer to the peer's end. That of writing: test_output.c. */
#include "actors/life.h"
#include "tests/net/pair.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include "net/deadlines.h"

#include <errno.h>
#include <sys/socket.h>

/* So much later, when all that this brings about has happened. */
static void pass(uint64_t span_ns)
{
	manual_clock_advance(span_ns);
	world_settle(&world);
}

static void end_the_actor(void)
{
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
}

/* Not before, and then at once. */
static void closes_after(uint64_t span_ns)
{
	pass(span_ns - GATIO_MS(10));
	CU_ASSERT(seen.closed == 0);
	CU_ASSERT(!pair_is_closed());
	manual_clock_advance(GATIO_MS(12));
	WORLD_UNTIL(&world, pair_is_closed());
}

static void idle_connection_is_closed(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(60)});
	manual_clock_advance(GATIO_SECONDS(50));
	client_say(&client, "alive");
	WORLD_UNTIL(&world, seen.received == 1);
	pass(GATIO_SECONDS(50));
	CU_ASSERT(seen.closed == 0);
	manual_clock_advance(GATIO_SECONDS(11));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIMEDOUT);
	CU_ASSERT(world_counters(&world).idle_timeouts == 1);
	CU_ASSERT(pair_sees_end());
	pair_close();
}

static void paused_connection_is_not_idle(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(60)});
	script.poked = script_pause_or_resume;
	pair_poke(1);
	world_settle(&world);
	for (int i = 0; i < 5; i++) {
		pass(GATIO_SECONDS(50));
	}
	CU_ASSERT(seen.closed == 0);
	pair_poke(0);
	world_settle(&world);
	CU_ASSERT(seen.closed == 0); /* nor just after */
	pass(GATIO_SECONDS(59));
	CU_ASSERT(seen.closed == 0);
	manual_clock_advance(GATIO_SECONDS(61));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIMEDOUT);
	pair_close();
}

static void linger_ends_with_its_deadline(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3)});
	end_the_actor();
	WORLD_UNTIL(&world, pair_sees_end());
	closes_after(GATIO_SECONDS(3));
	pair_close();
}

/* All is sent: a peer that reads and stays is not waited for as one that has something to get. */
static void peers_end_has_a_time_of_its_own(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3),
	                                          .peer_end_ns = GATIO_MS(100)});
	end_the_actor();
	WORLD_UNTIL(&world, pair_sees_end());
	manual_clock_advance(GATIO_MS(90));
	client_send(&client, "more", 4);
	world_settle(&world);
	CU_ASSERT(!pair_is_closed());
	manual_clock_advance(GATIO_MS(12));
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void talkative_peer_cannot_prolong_the_linger(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3)});
	end_the_actor();
	for (int i = 0; i < 4; i++) {
		client_send(&client, "more", 4);
		world_settle(&world);
		CU_ASSERT(world_buffers_held(&world) == 0);
		manual_clock_advance(GATIO_SECONDS(1));
	}
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.received == 0);
	pair_close();
}

static void answer_to_the_peers_end_has_a_deadline(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3)});
	client_end(&client);
	WORLD_UNTIL(&world, seen.peer_ended == 1);
	closes_after(GATIO_SECONDS(3));
	CU_ASSERT(seen.closed_reason == -ETIME);
	pair_close();
}

/* ---- Never, and turns that take long --------------------------------------------------------------------------------- */

#define STUCK_SIZE (8u << 20)

static unsigned char zeros[STUCK_SIZE];

static void write_much(int size)
{
	CU_ASSERT(gatio_write(zeros, (size_t)size) == 0);
}

/* As much as the sockets do not hold: the rest waits here. */
static void get_stuck(void)
{
	script.poked = write_much;
	pair_poke((int)STUCK_SIZE);
	world_settle(&world);
	CU_ASSERT(world_connection(&world, 0)->output_size > 0);
}

static const struct gatio_port_options never = {
        .idle_timeout_ns = UINT64_MAX, .write_timeout_ns = UINT64_MAX, .linger_ns = UINT64_MAX};

static void age_a_year(void)
{
	for (int i = 0; i < 12; i++) {
		pass(GATIO_SECONDS(30 * 24 * 3600));
	}
}

static void never_does_not_come(void)
{
	pair_connect(&never);
	age_a_year(); /* idle */
	client_say(&client, "here");
	WORLD_UNTIL(&world, seen.received == 1);
	get_stuck();
	age_a_year(); /* the peer takes nothing */
	CU_ASSERT(seen.closed == 0);
	end_the_actor();
	age_a_year(); /* lingers */
	CU_ASSERT(!pair_is_closed());
	script.poked = NULL;
	WORLD_UNTIL(&world, client_pump(&client) == STUCK_SIZE);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client.has_ended);
	client_end(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void end_of_the_peer_may_have_no_deadline(void)
{
	pair_connect(&never);
	client_end(&client);
	WORLD_UNTIL(&world, seen.peer_ended == 1);
	CU_ASSERT(seen.deadline_ns == UINT64_MAX);
	age_a_year();
	CU_ASSERT(seen.closed == 0);
	pair_close();
}

static void take_three_seconds(const struct gatio_received *received)
{
	script_keep(received->data, received->size);
	manual_clock_advance(GATIO_SECONDS(3));
}

static void long_turn_is_not_the_peers_silence(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_MS(200)});
	script.received = take_three_seconds;
	client_say(&client, "ask");
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	CU_ASSERT(seen.closed == 0); /* only now does the peer know that it may speak */
	closes_after(GATIO_MS(200));
	CU_ASSERT(seen.closed_reason == -ETIMEDOUT);
	pair_close();
}

/* The driver stood still, and what has come meanwhile is handled in the turn in which the deadline is judged. */
static void who_wrote_in_time_is_not_idle(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(1)});
	world_settle(&world);
	for (uint32_t i = 1; i <= 20; i++) {
		client_say(&client, "here");
		manual_clock_advance(GATIO_MS(2500));
		WORLD_UNTIL(&world, seen.received == i);
		world_turns(&world, i); /* the judgement may come a little later */
		CU_ASSERT(seen.closed == 0);
	}
	world_settle(&world);
	CU_ASSERT(seen.closed == 0);
	manual_clock_advance(GATIO_MS(1002));
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void idle_counts_from_the_end_of_back_pressure(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(2),
	                                          .write_timeout_ns = GATIO_SECONDS(30)});
	get_stuck();
	pass(GATIO_SECONDS(10));
	CU_ASSERT(seen.closed == 0); /* it is not listened to */
	WORLD_UNTIL(&world, client_pump(&client) == STUCK_SIZE);
	world_settle(&world);
	closes_after(GATIO_SECONDS(2));
	CU_ASSERT(seen.closed_reason == -ETIMEDOUT);
	pair_close();
}

static void write_and_take_three_seconds(int size)
{
	write_much(size);
	manual_clock_advance(GATIO_SECONDS(3));
}

static void write_deadline_begins_with_the_send(void)
{
	pair_connect(&(struct gatio_port_options){.write_timeout_ns = GATIO_SECONDS(1)});
	script.poked = write_and_take_three_seconds;
	pair_poke((int)STUCK_SIZE);
	world_settle(&world);
	CU_ASSERT(seen.closed == 0);
	closes_after(GATIO_SECONDS(1));
	CU_ASSERT(seen.closed_reason == -ETIME);
	pair_close();
}

static void exit_after_three_seconds(int size)
{
	write_and_take_three_seconds(size);
	gatio_exit(0);
}

static void lingers_a_second(int size)
{
	/* With a deadline that runs the turn has read the clock before. */
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(1),
	                                          .idle_timeout_ns = GATIO_SECONDS(3600)});
	script.poked = exit_after_three_seconds;
	pair_poke(size);
	world_settle(&world);
	CU_ASSERT(!pair_is_closed());
	closes_after(GATIO_SECONDS(1));
	pair_close();
}

static void linger_begins_with_the_end(void)
{
	lingers_a_second((int)STUCK_SIZE);
	lingers_a_second(0);
}

static void default_write_timeout_is_thirty_seconds(void)
{
	pair_connect(&(struct gatio_port_options){0});
	get_stuck();
	closes_after(GATIO_SECONDS(30));
	CU_ASSERT(seen.closed_reason == -ETIME);
	CU_ASSERT(world_counters(&world).write_timeouts == 1);
	pair_close();
}

static void default_linger_is_five_seconds(void)
{
	pair_connect(&(struct gatio_port_options){0});
	get_stuck();
	end_the_actor();
	closes_after(GATIO_SECONDS(5));
	pair_close();
}

/* ---- Progress --------------------------------------------------------------------------------------------------------- */

/* What its connection has not given to the kernel; it may be gone when that has all. */
static uint32_t output_size(void)
{
	const struct gi_connection *connection = world_connection(&world, 0);
	return connection ? connection->output_size : 0;
}

/* Eight MiB in some forty steps of a second each, with a linger of two. */
static void steady_reader_gets_all_that_lingers(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(2)});
	get_stuck();
	end_the_actor();
	world_settle(&world);
	static unsigned char bytes[200000];
	size_t size = 0;
	while (size < STUCK_SIZE && !world_is_late(false)) {
		uint32_t waiting = output_size();
		ssize_t got;
		while ((got = recv(client.fd, bytes, sizeof(bytes), 0)) > 0) {
			size += (size_t)got;
			world_turns(&world, 20);
			if (output_size() != waiting) {
				break; /* progress that a completion shows */
			}
		}
		manual_clock_advance(GATIO_SECONDS(1));
	}
	(void)world_is_late(true);
	CU_ASSERT(size == STUCK_SIZE);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client.has_ended); /* in order */
	client_end(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void progress_inside_the_kernel_counts(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(2),
	                                          .write_timeout_ns = GATIO_SECONDS(4)});
	get_stuck();
	for (int i = 0; i < 5; i++) {
		manual_clock_socket_takes(true);
		pass(GATIO_SECONDS(3));
	}
	CU_ASSERT(seen.closed == 0);
	end_the_actor();
	for (int i = 0; i < 5; i++) {
		manual_clock_socket_takes(true);
		pass(GATIO_MS(1500));
	}
	CU_ASSERT(!pair_is_closed());
	manual_clock_socket_takes(false);
	manual_clock_advance(GATIO_SECONDS(3));
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void trickle_cannot_linger_for_ever(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(2),
	                                          .write_timeout_ns = UINT64_MAX});
	get_stuck();
	end_the_actor();
	uint32_t waiting = world_connection(&world, 0)->output_size;
	uint32_t steps = 0;
	while (!pair_is_closed() && steps < STUCK_SIZE) {
		manual_clock_socket_takes(true);
		manual_clock_advance(GATIO_MS(1900));
		world_turns(&world, 4);
		steps++;
	}
	CU_ASSERT(steps >= waiting / GI_LINGER_STEP);
	CU_ASSERT(steps <= (2 + waiting / GI_LINGER_STEP) * 20 / 19 + 10);
	manual_clock_socket_takes(false);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"idle connection is closed", idle_connection_is_closed},
        {"paused connection is not idle", paused_connection_is_not_idle},
        {"linger ends with its deadline", linger_ends_with_its_deadline},
        {"peer's end has a time of its own", peers_end_has_a_time_of_its_own},
        {"talkative peer cannot prolong the linger", talkative_peer_cannot_prolong_the_linger},
        {"answer to the peer's end has a deadline", answer_to_the_peers_end_has_a_deadline},
        {"never does not come", never_does_not_come},
        {"the peer's end may have no deadline", end_of_the_peer_may_have_no_deadline},
        {"long turn is not the peer's silence", long_turn_is_not_the_peers_silence},
        {"who wrote in time is not idle", who_wrote_in_time_is_not_idle},
        {"idle counts from the end of back-pressure", idle_counts_from_the_end_of_back_pressure},
        {"write deadline begins with the send", write_deadline_begins_with_the_send},
        {"linger begins with the end", linger_begins_with_the_end},
        {"default write timeout is 30 s", default_write_timeout_is_thirty_seconds},
        {"default linger is 5 s", default_linger_is_five_seconds},
        {"steady reader gets all that lingers", steady_reader_gets_all_that_lingers},
        {"progress inside the kernel counts", progress_inside_the_kernel_counts},
        {"trickle cannot linger for ever", trickle_cannot_linger_for_ever},
        CU_TEST_INFO_NULL,
};

const struct suite deadlines_suite = {.name = "deadlines", .tests = tests};
