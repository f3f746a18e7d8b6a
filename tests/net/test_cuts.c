/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer sees when output is dropped: a reset, never an end in order. */
#include "actors/life.h"
#include "net/life.h"
#include "tests/net/pair.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#define STUCK_SIZE (8u << 20)

static unsigned char bytes[STUCK_SIZE];

/* More is written than the sockets hold, so something is dropped whenever it ends. */
static void open_stuck(const struct gatio_port_options *options)
{
	pair_connect(options);
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), bytes, sizeof(bytes)) == 0);
	world_settle(&world);
	CU_ASSERT(world_connection(&world, 0)->output_size > 0);
}

static void assert_reset(void)
{
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client.err == -ECONNRESET);
	CU_ASSERT(!client.has_ended);
}

static void linger_over_is_a_reset(void)
{
	open_stuck(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(1)});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
	manual_clock_advance(GATIO_SECONDS(2));
	WORLD_UNTIL(&world, pair_is_closed());
	assert_reset();
	pair_close();
}

static void write_deadline_is_a_reset(void)
{
	open_stuck(&(struct gatio_port_options){.write_timeout_ns = GATIO_SECONDS(1)});
	manual_clock_advance(GATIO_SECONDS(2));
	WORLD_UNTIL(&world, pair_is_closed());
	assert_reset();
	pair_close();
}

static void broken_is_a_reset(void)
{
	open_stuck(&(struct gatio_port_options){0});
	world_be(&world, 0);
	gi_connection_break(world_connection(&world, 0), -EMSGSIZE);
	WORLD_UNTIL(&world, pair_is_closed());
	assert_reset();
	pair_close();
}

static void cut_is_a_reset(void)
{
	open_stuck(&(struct gatio_port_options){0});
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	assert_reset();
	pair_close();
}

static void cut_while_lingering_is_a_reset(void)
{
	open_stuck(&(struct gatio_port_options){0});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	assert_reset();
	pair_close();
}

static void say_and_abort(int number)
{
	gatio_write("dropped", 7);
	gatio_abort(number);
}

static void abort_is_a_reset(void)
{
	pair_connect(&(struct gatio_port_options){0});
	script.poked = say_and_abort;
	pair_poke(-9);
	WORLD_UNTIL(&world, pair_is_closed());
	assert_reset();
	pair_close();
}

static void only_abort(int number)
{
	gatio_abort(number);
}

/* A reply that broke off ends like one, though the part that was written has left. */
static void abort_with_all_sent_is_a_reset(void)
{
	pair_connect(&(struct gatio_port_options){0});
	script.poked = only_abort;
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), "half", 4) == 0);
	WORLD_UNTIL(&world, client_has(&client, "half"));
	pair_poke(-9);
	WORLD_UNTIL(&world, pair_is_closed());
	assert_reset();
	pair_close();
}

static void assert_end_comes(void)
{
	while (!pair_sees_end() && !world_is_late(false)) {
		sched_yield(); /* rings are torn down by the kernel's workers */
	}
	(void)world_is_late(true);
	CU_ASSERT(pair_sees_end());
}

/* Nobody turns the drivers any more: what the cut had no time for is closed when the system goes. */
static void destroy_closes_what_is_left(void)
{
	open_stuck(&(struct gatio_port_options){0});
	world_abandon(&world);
	CU_ASSERT(world_fd_count() == world.fd_count_before + 1); /* the client's */
	assert_end_comes();
	CU_ASSERT(client.err == -ECONNRESET);
	client_close(&client);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* At destroy, of those that have missed the cut's time: each descriptor is closed once. */
static void abandoned_is_closed_once(void)
{
	open_stuck(&(struct gatio_port_options){0});
	const struct gi_connection *connection = world_connection(&world, 0);
	struct gi_connection left = *connection;
	left.fd = dup(connection->fd);
	CU_ASSERT_FATAL(left.fd >= 0);
	left.is_finished = true; /* it has been closed */
	gi_connection_abandon(&left);
	CU_ASSERT(is_open(left.fd));
	left.is_finished = false;
	left.is_closing_fd = true;
	left.send.state = GI_IO_IN_KERNEL; /* which closes it */
	gi_connection_abandon(&left);
	CU_ASSERT(is_open(left.fd));
	left.send.state = GI_IO_QUEUED; /* the close is not submitted */
	gi_connection_abandon(&left);
	CU_ASSERT(!is_open(left.fd));
	pair_close();
}

static void cut_with_all_sent_is_in_order(void)
{
	pair_connect(&(struct gatio_port_options){0});
	world_be(&world, 0);
	CU_ASSERT(gi_output_write(world_connection(&world, 0), "all", 3) == 0);
	world_settle(&world);
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	WORLD_UNTIL(&world, pair_sees_end());
	CU_ASSERT(client_has(&client, "all"));
	CU_ASSERT(client.has_ended);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"linger over is a reset", linger_over_is_a_reset},
        {"write deadline is a reset", write_deadline_is_a_reset},
        {"broken is a reset", broken_is_a_reset},
        {"cut is a reset", cut_is_a_reset},
        {"cut while lingering is a reset", cut_while_lingering_is_a_reset},
        {"abort is a reset", abort_is_a_reset},
        {"abort with all sent is a reset", abort_with_all_sent_is_a_reset},
        {"destroy closes what is left", destroy_closes_what_is_left},
        {"abandoned is closed once", abandoned_is_closed_once},
        {"cut with all sent is in order", cut_with_all_sent_is_in_order},
        CU_TEST_INFO_NULL,
};

const struct suite cuts_suite = {.name = "cuts", .tests = tests};
