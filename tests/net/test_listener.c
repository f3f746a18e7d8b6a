/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: a full completion queue, no descriptors left, the stop. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/scarce.h"
#include "tests/net/world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include "base/container.h"
#include "drivers/ring.h"
#include "net/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS_MAX 80u

static struct world world;
static struct client clients[CLIENTS_MAX];

/* Each arming of an accept. */
static uint32_t armed_count;

/* The linker gives these names: NOLINTBEGIN(bugprone-reserved-identifier) */
void __wrap_gi_io_prepare_accept(struct gi_io *io, int fd);
void __real_gi_io_prepare_accept(struct gi_io *io, int fd);

void __wrap_gi_io_prepare_accept(struct gi_io *io, int fd)
{
	armed_count++;
	__real_gi_io_prepare_accept(io, fd);
}

/* What an accept of a listener that stops meets. */
static enum { ACCEPT, NO_DESCRIPTORS, A_PLACE_IS_FREE } accept_meets;

int __wrap_gi_kernel_accept(int fd, int flags);
int __real_gi_kernel_accept(int fd, int flags);

int __wrap_gi_kernel_accept(int fd, int flags)
{
	if (accept_meets == NO_DESCRIPTORS) {
		return -EMFILE;
	}
	if (accept_meets == A_PLACE_IS_FREE) { /* as when one it has just taken ends at once */
		accept_meets = ACCEPT;
		gi_listeners_retry(world.system->schedulers[0]->net);
	}
	return __real_gi_kernel_accept(fd, flags);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static struct gi_listener *listener(void)
{
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	CU_ASSERT_FATAL(!gi_list_is_empty(&net->listeners));
	return gi_container_of(net->listeners.next, struct gi_listener, link);
}

static void full_queue_loses_no_connection(void)
{
	world_open(&world,
	           &(struct world_options){.tuning = {.entry_count = 4, .completion_count = 4}});
	script.received = script_echo;
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	world_settle(&world);
	uint32_t armed_before = armed_count;
	/* Nobody reaps meanwhile: the accept ends in a full queue, with a descriptor in its last completion. */
	client_open_many(clients, 20, address);
	WORLD_UNTIL(&world, seen.connected == 20);
	CU_ASSERT(armed_count > armed_before || world_is_epoll(&world));
	CU_ASSERT(world_has_overflowed(&world));
	for (uint32_t i = 0; i < 20; i++) {
		client_say(&clients[i], "hello");
	}
	for (uint32_t i = 0; i < 20; i++) {
		WORLD_UNTIL(&world, client_has(&clients[i], "hello"));
	}
	CU_ASSERT(world_counters(&world).accepted == 20);
	CU_ASSERT(world_counters(&world).accept_errors == 0);
	client_close_many(clients, 20);
	world_close(&world);
}

/* ---- Descriptors ---------------------------------------------------------------------------------------------------- */

static void without_descriptors_connections_wait(void)
{
	scarce_open(&world, clients, 8, 3);
	script.peer_ended = script_exit;
	WORLD_UNTIL(&world, world_counters(&world).accept_errors == 1);
	CU_ASSERT(seen.connected == 3);
	/* It does not try again and again. */
	world_settle(&world);
	uint32_t armed_before = armed_count;
	world_assert_quiet(&world);
	CU_ASSERT(armed_count == armed_before);
	/* It goes on when a descriptor becomes free, */
	client_end(&clients[0]);
	WORLD_UNTIL(&world, seen.connected == 4);
	WORLD_UNTIL(&world, world_counters(&world).accept_errors == 2);
	world_settle(&world);
	CU_ASSERT(seen.connected == 4);
	CU_ASSERT(armed_count == armed_before + 1);
	/* or after a while. */
	scarce_end();
	manual_clock_advance(GATIO_MS(99));
	world_turns(&world, 10);
	CU_ASSERT(seen.connected == 4);
	manual_clock_advance(GATIO_MS(3));
	WORLD_UNTIL(&world, seen.connected == 8);
	CU_ASSERT(world_counters(&world).refused == 0);
	client_close_many(clients, 8);
	world_close(&world);
}

static struct client *open_short_of_descriptors(void)
{
	scarce_open(&world, clients, 1, 0);
	WORLD_UNTIL(&world, world_counters(&world).accept_errors == 1);
	world_drain(&world, UINT64_MAX);
	world_turns(&world, 10);
	CU_ASSERT(world_open_count(&world) == 1);
	CU_ASSERT(seen.connected == 0);
	return &clients[0];
}

static void drain_waits_for_descriptors(void)
{
	struct client *waiting = open_short_of_descriptors();
	scarce_end();
	manual_clock_advance(GATIO_SECONDS(1));
	script.draining = script_exit;
	WORLD_UNTIL(&world, seen.draining == 1);
	client_close(waiting);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	world_close(&world);
}

static void cut_ends_a_listener_that_waits(void)
{
	struct client *waiting = open_short_of_descriptors();
	scarce_end();
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	manual_clock_advance(GATIO_SECONDS(1));
	world_turns(&world, 10);
	CU_ASSERT(seen.connected == 0);
	client_close(waiting);
	world_close(&world);
}

/* ---- What ends an accept -------------------------------------------------------------------------------------------- */

static const char *open_listening(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	world_settle(&world);
	return address;
}

static void ended_accept_is_armed_again(void)
{
	const char *address = open_listening();
	world_be(&world, 0);
	gi_io_cancel(world.system->group.drivers[0], &listener()->accept); /* as the kernel may */
	world_settle(&world);
	client_open_many(clients, 1, address);
	WORLD_UNTIL(&world, seen.connected == 1);
	CU_ASSERT(world_counters(&world).accept_errors == 0);
	client_close_many(clients, 1);
	world_close(&world);
}

/* Each time the kernel ends the accept with -ECANCELED: an error that goes away by itself. */
static void end_accept(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t armed_before = armed_count;
		gi_io_cancel(world_be(&world, 0)->driver, &listener()->accept);
		WORLD_UNTIL(&world, armed_count > armed_before || listener()->is_waiting_to_retry);
	}
}

static void accept_failing_17_times_waits(void)
{
	const char *address = open_listening();
	uint32_t armed_before = armed_count;
	end_accept(16);
	CU_ASSERT(armed_count == armed_before + 16);
	end_accept(1);
	client_open_many(clients, 1, address);
	manual_clock_advance(GATIO_MS(99));
	world_settle(&world);
	CU_ASSERT(armed_count == armed_before + 16);
	CU_ASSERT(seen.connected == 0);
	manual_clock_advance(GATIO_MS(3));
	WORLD_UNTIL(&world, seen.connected == 1);
	CU_ASSERT(armed_count == armed_before + 17);
	client_close_many(clients, 1);
	world_close(&world);
}

static void accepted_connection_ends_the_row(void)
{
	const char *address = open_listening();
	uint32_t armed_before = armed_count;
	end_accept(16);
	client_open_many(clients, 1, address);
	WORLD_UNTIL(&world, seen.connected == 1);
	end_accept(16);
	CU_ASSERT(armed_count == armed_before + 32);
	client_close_many(clients, 1);
	world_close(&world);
}

static void dead_listener_is_not_armed_again(void)
{
	open_listening();
	uint32_t armed_before = armed_count;
	CU_ASSERT(shutdown(listener()->fd, SHUT_RDWR) == 0); /* -EINVAL from now on */
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	CU_ASSERT(armed_count == armed_before);
	CU_ASSERT(strstr(world.log, "driver 0 cannot accept any more: Invalid argument") != NULL);
	CU_ASSERT(world_counters(&world).accept_errors == 1);
	world_close(&world);
}

/* What the kernel says at the end of an accept, and whether that is armed at once, later or never. */
static void errors_are_told_apart(void)
{
	static const struct {
		int result;
		enum { AT_ONCE, LATER, NEVER } verdict;
	} cases[] = {
	        {-ECONNABORTED, AT_ONCE}, {-ECONNRESET, AT_ONCE}, {-EPERM, AT_ONCE},
	        {-EPROTO, AT_ONCE},       {-EMFILE, LATER},       {-ENFILE, LATER},
	        {-ENOMEM, LATER},         {-ENOBUFS, LATER},      {-EBADF, NEVER},
	        {-EINVAL, NEVER},         {-ENOTSOCK, NEVER},     {-EOPNOTSUPP, NEVER},
	};
	for (size_t i = 0; i < GI_COUNT_OF(cases); i++) {
		scarce_open(&world, clients, 1, 0);
		WORLD_UNTIL(&world, world_counters(&world).accept_errors == 1);
		scarce_end();
		/* The accept is idle now, so it may complete by our hand, as if it had not failed. */
		struct gi_io *accept = &listener()->accept;
		uint32_t armed_before = armed_count;
		gi_timer_cancel(&world_be(&world, 0)->driver->timers, &listener()->retry);
		listener()->is_waiting_to_retry = false;
		struct gi_io_event event = {.result = cases[i].result, .is_last = true};
		accept->complete(accept, &event);
		CU_ASSERT(world_counters(&world).accept_errors == 2);
		CU_ASSERT(armed_count - armed_before == (cases[i].verdict == AT_ONCE));
		CU_ASSERT(world_open_count(&world) == (cases[i].verdict != NEVER));
		manual_clock_advance(GATIO_MS(150));
		world_settle(&world);
		CU_ASSERT(seen.connected == (cases[i].verdict != NEVER));
		client_close_many(clients, 1);
		world_close(&world);
	}
}

/* ---- The stop ------------------------------------------------------------------------------------------------------- */

static void stopped_listener_accepts_no_more(void)
{
	world_open(&world, &(struct world_options){0});
	char address[GI_ADDRESS_TEXT_SIZE];
	snprintf(address, sizeof(address), "%s",
	         world_listen(&world, &(struct gatio_port_options){0}));
	world_settle(&world);
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	struct sockaddr_storage name;
	socklen_t size;
	CU_ASSERT(gi_address_parse(address, &name, &size) == 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT(connect(fd, (struct sockaddr *)&name, size) < 0);
	CU_ASSERT(errno == ECONNREFUSED);
	close(fd);
	world_close(&world);
}

/* One is tried again, and closes, from within the other's try. */
static void waiting_listeners_close_in_each_others_try(void)
{
	world_open(&world, &(struct world_options){0});
	world_listen(&world, &(struct gatio_port_options){.listen = "127.0.0.1:0"});
	world_listen(&world, &(struct gatio_port_options){.listen = "127.0.0.1:0"});
	world_settle(&world);
	accept_meets = NO_DESCRIPTORS;
	world_drain(&world, UINT64_MAX);
	world_settle(&world);
	struct gi_net_driver *net = world_be(&world, 0)->net;
	CU_ASSERT(listener()->is_waiting_to_retry);
	CU_ASSERT(net->listeners.next != net->listeners.previous);
	accept_meets = A_PLACE_IS_FREE;
	gi_listeners_retry(net);
	CU_ASSERT(accept_meets == ACCEPT);
	CU_ASSERT(gi_list_is_empty(&net->listeners));
	CU_ASSERT(world_open_count(&world) == 0);
	world_close(&world);
}

static void have_accepted_unseen(void)
{
	const char *address = open_listening();
	client_open_many(clients, 3, address);
	struct gi_driver *driver = world.system->group.drivers[0];
	WORLD_UNTIL(&world, gi_ring_has_completions(driver->ring));
	CU_ASSERT(seen.connected == 0); /* they are accepted, and nobody has looked yet */
}

static void drain_serves_the_accepted(void)
{
	have_accepted_unseen();
	script.draining = script_exit;
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, client_have_all_ended(clients, 3));
	CU_ASSERT(clients[0].has_ended && clients[1].has_ended && clients[2].has_ended);
	CU_ASSERT(seen.connected == 3);
	CU_ASSERT(seen.draining == 3);
	client_close_many(clients, 3);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	world_close(&world);
}

static void cut_resets_the_accepted(void)
{
	have_accepted_unseen();
	world_cut(&world);
	WORLD_UNTIL(&world, client_have_all_ended(clients, 3));
	CU_ASSERT(clients[0].err == -ECONNRESET);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	CU_ASSERT(seen.connected == 0);
	CU_ASSERT(world_counters(&world).accepted == 0);
	client_close_many(clients, 3);
	world_close(&world);
}

/* ---- Spreading ------------------------------------------------------------------------------------------------------- */

static void connections_spread_over_drivers(void)
{
	world_open(&world, &(struct world_options){.driver_count = 3});
	script.received = script_echo;
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	client_open_many(clients, 60, address);
	WORLD_UNTIL(&world, seen.connected == 60);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT(seen.by_driver[i] > 0);
		struct gatio_net_counters counters;
		CU_ASSERT(gatio_net_counters(world.system, i, &counters) == 0);
		CU_ASSERT(counters.open == seen.by_driver[i]);
	}
	for (uint32_t i = 0; i < 60; i++) {
		client_say(&clients[i], "hello");
	}
	for (uint32_t i = 0; i < 60; i++) {
		WORLD_UNTIL(&world, client_has(&clients[i], "hello"));
	}
	client_close_many(clients, 60);
	world_close(&world);
}

static void limit_counts_all_drivers_together(void)
{
	world_open(&world, &(struct world_options){.driver_count = 3});
	const char *address =
	        world_listen(&world, &(struct gatio_port_options){.connection_max = 7});
	client_open_many(clients, 40, address);
	WORLD_UNTIL(&world, world_counters(&world).refused == 33 && seen.connected == 7);
	client_close_many(clients, 40);
	world_close(&world);
}

static const CU_TestInfo tests[] = {
        {"full queue loses no connection", full_queue_loses_no_connection},
        {"without descriptors connections wait", without_descriptors_connections_wait},
        {"drain waits for descriptors", drain_waits_for_descriptors},
        {"cut ends a listener that waits", cut_ends_a_listener_that_waits},
        {"ended accept is armed again", ended_accept_is_armed_again},
        {"accept failing 17 times waits", accept_failing_17_times_waits},
        {"accepted connection ends the row", accepted_connection_ends_the_row},
        {"dead listener is not armed again", dead_listener_is_not_armed_again},
        {"errors are told apart", errors_are_told_apart},
        {"stopped listener accepts no more", stopped_listener_accepts_no_more},
        {"waiting listeners close in each other's try", waiting_listeners_close_in_each_others_try},
        {"drain serves the accepted", drain_serves_the_accepted},
        {"cut resets the accepted", cut_resets_the_accepted},
        {"connections spread over drivers", connections_spread_over_drivers},
        {"limit counts all drivers together", limit_counts_all_drivers_together},
        CU_TEST_INFO_NULL,
};

const struct suite listener_suite = {.name = "listener", .tests = tests};
