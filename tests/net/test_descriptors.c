/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that are short, and numbers that are none. How a listener goes on: test_listener.c. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/scarce.h"
#include "tests/net/world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include "base/container.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct world world;
static struct client clients[4];

static struct gi_listener *listener(void)
{
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	return gi_container_of(net->listeners.next, struct gi_listener, link);
}

static uint32_t lines_with(const char *text)
{
	uint32_t count = 0;
	for (const char *at = world.log; (at = strstr(at, text)); at++) {
		count++;
	}
	return count;
}

static void out_of_descriptors_is_said_once_a_minute(void)
{
	scarce_open(&world, clients, 2, 0);
	WORLD_UNTIL(&world, world_counters(&world).accept_errors == 1);
	CU_ASSERT(lines_with("out of descriptors, the limit is ") == 1);
	CU_ASSERT(lines_with("port 127.0.0.1:") == 1); /* which one */
	char limit[32];
	struct rlimit now;
	CU_ASSERT(getrlimit(RLIMIT_NOFILE, &now) == 0);
	snprintf(limit, sizeof(limit), "the limit is %llu:", (unsigned long long)now.rlim_cur);
	CU_ASSERT(lines_with(limit) == 1);
	for (uint32_t i = 0; i < 59; i++) {
		manual_clock_advance(GATIO_SECONDS(1));
		world_turns(&world, 10);
	}
	CU_ASSERT(world_counters(&world).accept_errors > 30);
	CU_ASSERT(lines_with("out of descriptors") == 1);
	manual_clock_advance(GATIO_SECONDS(1));
	WORLD_UNTIL(&world, lines_with("out of descriptors") == 2);
	scarce_end();
	manual_clock_advance(GATIO_SECONDS(1));
	WORLD_UNTIL(&world, seen.connected == 2);
	client_close_many(clients, 2);
	world_close(&world);
}

/* One is left, which the client takes. An accept goes by the limit of the time when it was armed. */
static void leave_none_to_accept(const char *address)
{
	scarce_leave(1);
	gi_io_cancel(world_be(&world, 0)->driver, &listener()->accept);
	world_settle(&world);
	client_open(&clients[1], address);
}

/* The accept waits for descriptors, so it may complete by our hand. */
static void complete_with(int result)
{
	gi_timer_cancel(&world_be(&world, 0)->driver->timers, &listener()->retry);
	listener()->is_waiting_to_retry = false;
	struct gi_io_event event = {.result = result, .is_last = true};
	listener()->accept.complete(&listener()->accept, &event);
}

/* The files of all processes together: fs.file-max. */
static void machine_without_descriptors_is_said(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 1);
	uint64_t errors = world_counters(&world).accept_errors;
	leave_none_to_accept(address);
	WORLD_UNTIL(&world, world_counters(&world).accept_errors == errors + 1);
	scarce_end();
	struct gi_net *net = gi_load_acquire(&world.system->net);
	gi_store_relaxed(&net->short_told_ns, 0); /* as after a minute */
	complete_with(-ENFILE);
	CU_ASSERT(lines_with("the machine is out of descriptors: connections wait") == 1);
	CU_ASSERT(lines_with("raise fs.file-max") == 1);
	manual_clock_advance(GATIO_SECONDS(1));
	WORLD_UNTIL(&world, seen.connected == 2); /* it goes on */
	client_close_many(clients, 2);
	world_close(&world);
}

static void number_that_is_no_connection_is_not_taken(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 1);
	uint64_t errors = world_counters(&world).accept_errors;
	int numbers[] = {0, 195, clients[0].fd, listener()->fd, world_connection(&world, 0)->fd};
	uint32_t connected = seen.connected;
	for (size_t i = 0; i < GI_COUNT_OF(numbers); i++) {
		leave_none_to_accept(address);
		WORLD_UNTIL(&world, world_counters(&world).accept_errors == errors + 1);
		scarce_end();
		complete_with(numbers[i]);
		CU_ASSERT(world_counters(&world).accept_errors == errors + 2);
		WORLD_UNTIL(&world, seen.connected == connected + 1); /* it goes on */
		connected++;
		errors += 2;
		client_close(&clients[1]);
		world_settle(&world);
	}
	client_say(&clients[0], "still here");
	WORLD_UNTIL(&world, seen.size == 10);
	client_close(&clients[0]);
	world_close(&world);
}

/* They are accepted when they have gone already, some in the last completion of an accept: none is left open. */
static void reset_ones_are_taken_and_closed(void)
{
	enum { MANY = 20 };
	static struct client many[MANY];
	world_open(&world,
	           &(struct world_options){.tuning = {.entry_count = 4, .completion_count = 4}});
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	world_settle(&world);
	client_open_many(many, MANY, address);
	for (uint32_t i = 0; i < MANY; i++) {
		client_reset(&many[i]);
	}
	WORLD_UNTIL(&world, world_counters(&world).closed == MANY);
	CU_ASSERT(world_has_overflowed(&world));
	CU_ASSERT(world_counters(&world).accept_errors == 0);
	world_close(&world); /* counts descriptors */
}

static const CU_TestInfo tests[] = {
        {"out of descriptors is said once a minute", out_of_descriptors_is_said_once_a_minute},
        {"machine without descriptors is said", machine_without_descriptors_is_said},
        {"number that is no connection is not taken", number_that_is_no_connection_is_not_taken},
        {"reset ones are taken and closed", reset_ones_are_taken_and_closed},
        CU_TEST_INFO_NULL,
};

const struct suite descriptors_suite = {.name = "descriptors", .tests = tests};
