/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of operations, made on the kernel. -EINTR of a receive or send cannot be made: only a worker of the kernel that
 * is interrupted says it, and sockets are polled instead; it takes the way of -EAGAIN. Those of accept: test_listener.c.
 */
#include "actors/life.h"
#include "tests/net/pair.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include <errno.h>

static void receive_that_would_block_is_tried_later(void)
{
	pair_connect(&(struct gatio_port_options){0});
	world_settle(&world);
	world_would_block = true;
	world_be(&world, 0);
	gi_connection_stop_receive(world_connection(&world, 0));
	WORLD_UNTIL(&world, world_connection(&world, 0)->is_to_retry);
	world_assert_quiet(&world); /* it does not try again and again */
	client_say(&client, "here");
	world_settle(&world);
	CU_ASSERT(seen.received == 0);
	world_would_block = false;
	manual_clock_advance(GATIO_MS(12));
	WORLD_UNTIL(&world, seen.size == 4);
	client_say(&client, "more");
	WORLD_UNTIL(&world, seen.size == 8);
	pair_close();
}

static void send_that_would_block_is_tried_later(void)
{
	enum { SIZE = 8 << 20 };
	static unsigned char bytes[SIZE];
	for (size_t i = 0; i < SIZE; i++) {
		bytes[i] = client_pattern(i);
	}
	pair_connect(&(struct gatio_port_options){0});
	world_would_block = true;
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), bytes, SIZE) == 0);
	WORLD_UNTIL(&world, world_connection(&world, 0)->is_to_retry);
	world_assert_quiet(&world);
	while (client_pump(&client) < SIZE && !world_is_late(false)) {
		manual_clock_advance(GATIO_MS(1));
		world_turn(&world);
	}
	(void)world_is_late(true);
	CU_ASSERT(client.size == SIZE);
	CU_ASSERT(client_is_pattern(client.bytes, client.size));
	CU_ASSERT(seen.closed == 0);
	world_would_block = false;
	pair_close();
}

static void lingers_on_after_would_block(void)
{
	pair_connect(&(struct gatio_port_options){0});
	static unsigned char bytes[4 << 20];
	world_would_block = true;
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), bytes, sizeof(bytes)) == 0);
	WORLD_UNTIL(&world, world_connection(&world, 0)->is_to_retry);
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
	while (client_pump(&client) < sizeof(bytes) && !world_is_late(false)) {
		manual_clock_advance(GATIO_MS(1));
		world_turn(&world);
	}
	(void)world_is_late(true);
	CU_ASSERT(client.size == sizeof(bytes));
	world_would_block = false;
	client_end(&client);
	while (!pair_is_closed() && !world_is_late(false)) {
		manual_clock_advance(GATIO_MS(1));
		world_turn(&world);
	}
	(void)world_is_late(true);
	CU_ASSERT(pair_sees_end() && client.has_ended);
	pair_close();
}

static void reset_is_told(void)
{
	pair_connect(&(struct gatio_port_options){0});
	world_settle(&world);
	client_reset(&client);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ECONNRESET);
	pair_close();
}

static void pause_only(const struct gatio_received *received)
{
	script_keep(received->data, received->size);
	gatio_pause();
}

/* Nobody receives, so it is the send that hears of it: first the reset, then that the pipe is broken. */
static void broken_pipe_is_told(void)
{
	pair_connect(&(struct gatio_port_options){0});
	script.received = pause_only;
	client_say(&client, "x");
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	int fd = world_connection(&world, 0)->fd;
	client_reset(&client);
	world_settle(&world);
	int err = 0;
	socklen_t size = sizeof(err);
	CU_ASSERT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) == 0); /* takes the reset */
	CU_ASSERT(err == ECONNRESET);
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), "y", 1) == 0);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -EPIPE);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"receive that would block is tried later", receive_that_would_block_is_tried_later},
        {"send that would block is tried later", send_that_would_block_is_tried_later},
        {"lingers on after would block", lingers_on_after_would_block},
        {"reset is told", reset_is_told},
        {"broken pipe is told", broken_pipe_is_told},
        CU_TEST_INFO_NULL,
};

const struct suite kernel_errors_suite = {.name = "kernel_errors", .tests = tests};
