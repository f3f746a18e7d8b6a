/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, actors and operations at their limits: who comes then is refused, nothing breaks, and it goes on later. */
#include "actors/life.h"
#include "base/container.h"
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 300u

static struct world world;
static struct client clients[CLIENTS_MAX];

static void open_many(const struct world_options *options, uint32_t count)
{
	world_open(&world, options);
	script.received = script_echo;
	script.peer_ended = script_exit;
	client_open_many(clients, count, world_listen(&world, &(struct gatio_port_options){0}));
}

/* A new connection is served as if nothing had been. */
static void assert_works_again(void)
{
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	struct client client;
	client_open(&client, address);
	client_say(&client, "again");
	WORLD_UNTIL(&world, client_has(&client, "again"));
	client_close(&client);
}

static struct gi_heap *heap(void)
{
	return world.system->group.drivers[0]->heap;
}

/* Takes all memory of the TPC, down to the smallest blocks; gives it back. */
struct hoard {
	void *blocks[8192];
	uint32_t count;
};

static void take_all(struct hoard *hoard)
{
	for (size_t size = 1u << 20; size >= 16; size /= 4) {
		while (hoard->count < GI_COUNT_OF(hoard->blocks) &&
		       (hoard->blocks[hoard->count] = gi_heap_alloc(heap(), size))) {
			hoard->count++;
		}
	}
	CU_ASSERT(hoard->count < GI_COUNT_OF(hoard->blocks));
}

static void give_back(struct hoard *hoard)
{
	while (hoard->count > 0) {
		gi_heap_free(heap(), hoard->blocks[--hoard->count]);
	}
}

static void without_memory_connections_are_refused(void)
{
	static struct hoard hoard;
	open_many(&(struct world_options){.memory_limit = 8u << 20}, 0);
	assert_works_again();
	WORLD_UNTIL(&world, world_counters(&world).open == 0);
	world_be(&world, 0);
	take_all(&hoard);
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	client_open_many(clients, 5, address);
	WORLD_UNTIL(&world, world_counters(&world).refused == 5);
	CU_ASSERT(world_counters(&world).accepted == 1);
	CU_ASSERT(world_counters(&world).open == 0);
	world_settle(&world);
	for (uint32_t i = 0; i < 5; i++) {
		client_pump(&clients[i]);
		CU_ASSERT(clients[i].has_ended);
	}
	give_back(&hoard);
	assert_works_again();
	client_close_many(clients, 5);
	world_close(&world);
}

static int write_result;

static void echo_or_note(const struct gatio_received *received)
{
	write_result = gatio_write(received->data, received->size);
	CU_ASSERT(gatio_write_room(100000) == NULL);
}

static void without_memory_a_write_is_refused(void)
{
	static struct hoard hoard;
	open_many(&(struct world_options){.memory_limit = 8u << 20}, 1);
	WORLD_UNTIL(&world, seen.connected == 1);
	script.received = echo_or_note;
	write_result = 1;
	world_be(&world, 0);
	take_all(&hoard);
	client_say(&clients[0], "hello");
	WORLD_UNTIL(&world, write_result != 1);
	CU_ASSERT(write_result == -ENOMEM);
	CU_ASSERT(seen.closed == 0);
	give_back(&hoard);
	script.received = script_echo;
	client_say(&clients[0], "again");
	WORLD_UNTIL(&world, client_has(&clients[0], "again"));
	client_close_many(clients, 1);
	world_close(&world);
}

static void leave_unread(const struct gatio_received *received)
{
	gatio_unread(received->size);
}

static void without_memory_unread_bytes_close(void)
{
	static struct hoard hoard;
	open_many(&(struct world_options){.memory_limit = 8u << 20}, 1);
	WORLD_UNTIL(&world, seen.connected == 1);
	script.received = leave_unread;
	world_be(&world, 0);
	take_all(&hoard);
	client_say(&clients[0], "hello");
	WORLD_UNTIL(&world, world_counters(&world).closed == 1);
	CU_ASSERT(seen.closed_reason == -ENOMEM);
	client_pump(&clients[0]);
	CU_ASSERT(!clients[0].has_ended && clients[0].err == -ECONNRESET); /* its bytes are lost */
	give_back(&hoard);
	script.received = script_echo;
	assert_works_again();
	client_close_many(clients, 1);
	world_close(&world);
}

static void connections_run_into_the_limit_and_out(void)
{
	/* Each holds what it has not consumed, until there is no more. */
	open_many(&(struct world_options){.memory_limit = 8u << 20}, 100);
	script.received = leave_unread;
	WORLD_UNTIL(&world, seen.connected == 100);
	size_t sent[100] = {0};
	for (int round = 0; round < 60; round++) {
		for (uint32_t i = 0; i < 100; i++) {
			sent[i] += client_send_pattern(&clients[i], sent[i], 4000);
		}
		world_turns(&world, 3);
	}
	world_settle(&world);
	CU_ASSERT(seen.closed > 0);
	CU_ASSERT(seen.closed < 100);
	CU_ASSERT(seen.closed_reason == -ENOMEM);
	CU_ASSERT(world_counters(&world).closed == seen.closed);
	client_close_many(clients, 100);
	WORLD_UNTIL(&world, world_counters(&world).open == 0);
	script.received = script_echo;
	assert_works_again();
	world_close(&world);
}

/* So many connections that each has an operation, and not each may have another: the table of 512 has to grow for that. */
static struct gi_list *open_with_few_operations(void)
{
	open_many(&(struct world_options){.memory_limit = 8u << 20}, CLIENTS_MAX);
	WORLD_UNTIL(&world, seen.connected == CLIENTS_MAX);
	world_settle(&world);
	world_be(&world, 0);
	struct gi_net_driver *net = world.system->schedulers[0]->net;
	return &net->connections;
}

static struct gi_connection *connection_at(struct gi_list *link)
{
	return gi_container_of(link, struct gi_connection, link);
}

/* Some wait, not all; nobody is closed. */
static void assert_some_wait(struct gi_list *connections)
{
	uint32_t waiting_count = 0;
	for (struct gi_list *link = connections->next; link != connections; link = link->next) {
		waiting_count += connection_at(link)->is_to_retry;
	}
	CU_ASSERT(waiting_count > 0);
	CU_ASSERT(waiting_count < CLIENTS_MAX);
	CU_ASSERT(world_counters(&world).closed == 0);
}

static void close_with_few_operations(struct hoard *hoard)
{
	CU_ASSERT(world_counters(&world).closed == 0);
	give_back(hoard);
	client_close_many(clients, CLIENTS_MAX);
	WORLD_UNTIL(&world, world_counters(&world).open == 0);
	world_close(&world);
}

static void without_memory_for_operations_output_waits(void)
{
	static struct hoard hoard;
	struct gi_list *connections = open_with_few_operations();
	for (struct gi_list *link = connections->next; link != connections; link = link->next) {
		CU_ASSERT(gi_output_write(connection_at(link), "late", 4) == 0);
	}
	take_all(&hoard);
	world_turn(&world);
	assert_some_wait(connections);
	world_settle(&world);
	manual_clock_advance(GATIO_MS(12));
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		WORLD_UNTIL(&world, client_has(&clients[i], "late"));
	}
	close_with_few_operations(&hoard);
}

/* A close instead of a shutdown would take from the peer what it has not read. */
static void without_memory_for_operations_ends_wait(void)
{
	static struct hoard hoard;
	struct gi_list *connections = open_with_few_operations();
	take_all(&hoard);
	for (struct gi_list *link = connections->next; link != connections; link = link->next) {
		gi_actor_end(world_be(&world, 0), connection_at(link)->actor, 0);
	}
	assert_some_wait(connections);
	world_settle(&world);
	manual_clock_advance(GATIO_MS(12));
	WORLD_UNTIL(&world, client_have_all_ended(clients, CLIENTS_MAX));
	close_with_few_operations(&hoard);
}

static void without_addresses_connections_are_refused(void)
{
	open_many(&(struct world_options){.actor_count_max = 64}, 100);
	WORLD_UNTIL(&world, seen.connected + world_counters(&world).refused == 100);
	CU_ASSERT(seen.connected == 64);
	CU_ASSERT(world_counters(&world).refused == 100 - 64);
	CU_ASSERT(world_counters(&world).accepted == 64);
	client_close_many(clients, 100);
	WORLD_UNTIL(&world, world_counters(&world).open == 0);
	assert_works_again();
	world_close(&world);
}

static void without_operations_connections_are_closed(void)
{
	/* One for the outside, one for the listener, the rest for receives. */
	open_many(&(struct world_options){.io_count_max = 20}, 60);
	WORLD_UNTIL(&world, world_counters(&world).closed > 0);
	world_settle(&world);
	CU_ASSERT(seen.closed_reason == -ENOBUFS);
	struct gatio_net_counters counters = world_counters(&world);
	CU_ASSERT(counters.accepted == counters.closed + counters.open);
	CU_ASSERT(counters.open >= 10);
	CU_ASSERT(counters.open <= 18);
	client_close_many(clients, 60);
	WORLD_UNTIL(&world, world_counters(&world).open == 0);
	assert_works_again();
	world_close(&world);
}

static const CU_TestInfo tests[] = {
        {"without memory connections are refused", without_memory_connections_are_refused},
        {"without memory a write is refused", without_memory_a_write_is_refused},
        {"without memory unread bytes close", without_memory_unread_bytes_close},
        {"without memory for operations output waits", without_memory_for_operations_output_waits},
        {"without memory for operations ends wait", without_memory_for_operations_ends_wait},
        {"connections run into the limit and out", connections_run_into_the_limit_and_out},
        {"without addresses connections are refused", without_addresses_connections_are_refused},
        {"without operations connections are closed", without_operations_connections_are_closed},
        CU_TEST_INFO_NULL,
};

const struct suite limits_suite = {.name = "limits", .tests = tests};
