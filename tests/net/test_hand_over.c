/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers whose role is io: they accept, others of their TPC run the actors. */
#include "actors/drain.h"
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

#define CLIENTS 60u

static struct world world;
static struct client clients[CLIENTS];

static void close_all(uint32_t count)
{
	client_close_many(clients, count);
	world_close(&world);
}

static struct gatio_net_counters counters_of(uint32_t driver_index)
{
	struct gatio_net_counters counters;
	CU_ASSERT(gatio_net_counters(world.system, driver_index, &counters) == 0);
	return counters;
}

static void io_drivers_run_no_actors(void)
{
	world_open(&world, &(struct world_options){.driver_count = 3, .io_driver_count = 1});
	script.received = script_echo;
	script.peer_ended = script_exit;
	client_open_many(clients, CLIENTS, world_listen(&world, &(struct gatio_port_options){0}));
	for (uint32_t i = 0; i < CLIENTS; i++) {
		client_say(&clients[i], "hello");
	}
	for (uint32_t i = 0; i < CLIENTS; i++) {
		WORLD_UNTIL(&world, client_has(&clients[i], "hello"));
	}
	CU_ASSERT(seen.by_driver[0] == 0);
	/* The least loaded: evenly, also when all come at once. */
	CU_ASSERT(seen.by_driver[1] == CLIENTS / 2);
	CU_ASSERT(seen.by_driver[2] == CLIENTS / 2);
	/* Counted where they are. */
	CU_ASSERT(counters_of(0).accepted == 0);
	CU_ASSERT(counters_of(1).accepted == CLIENTS / 2);
	CU_ASSERT(counters_of(1).open == CLIENTS / 2);
	CU_ASSERT(counters_of(2).received_bytes == 5 * CLIENTS / 2);
	for (uint32_t i = 0; i < GI_WORK_CLASS_COUNT; i++) {
		CU_ASSERT(gi_load_relaxed(&world.system->schedulers[1]->coming[i]) == 0);
		CU_ASSERT(gi_load_relaxed(&world.system->schedulers[2]->coming[i]) == 0);
	}
	close_all(CLIENTS);
}

static void sockets_stay_in_their_tpc(void)
{
	world_open(&world, &(struct world_options){
	                           .driver_count = 4, .io_driver_count = 1, .tpc_count = 2});
	/* Drivers 0 and 1 are one TPC. Only driver 0 serves. */
	client_open_many(clients, 20, world_listen(&world, &(struct gatio_port_options){0}));
	WORLD_UNTIL(&world, seen.connected == 20);
	CU_ASSERT(seen.by_driver[1] == 20);
	close_all(20);
}

static void limit_refuses_before_the_way(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2, .io_driver_count = 1});
	script.peer_ended = script_exit;
	const char *address = world_listen(
	        &world, &(struct gatio_port_options){.connection_max = 3, .refusal = "full"});
	client_open_many(clients, 5, address);
	WORLD_UNTIL(&world, client_has(&clients[3], "full") && client_has(&clients[4], "full"));
	CU_ASSERT(seen.connected == 3);
	CU_ASSERT(counters_of(0).refused == 2);
	client_close(&clients[0]);
	WORLD_UNTIL(&world, counters_of(1).closed == 1);
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 4);
	close_all(5);
}

static void drain_waits_for_sockets_on_their_way(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2, .io_driver_count = 1});
	client_open_many(clients, 3, world_listen(&world, &(struct gatio_port_options){0}));
	struct gi_driver *acceptor = world.system->group.drivers[0];
	while (gi_load_relaxed(&acceptor->counters.messages_out) < 3 && !world_is_late(false)) {
		gi_driver_turn(world_be(&world, 0)->driver, false);
	}
	(void)world_is_late(true);
	CU_ASSERT(seen.started == 0);
	CU_ASSERT(world_open_count(&world) == 1 + 3);
	world_drain(&world, UINT64_MAX);
	while (world_open_count(&world) > 3 && !world_is_late(false)) { /* the listener's end */
		gi_driver_turn(world_be(&world, 0)->driver, false);
	}
	(void)world_is_late(true);
	CU_ASSERT(world_open_count(&world) == 3);
	script.draining = script_exit;
	WORLD_UNTIL(&world, seen.draining == 3);
	CU_ASSERT(seen.connected == 3);
	client_close_many(clients, 3);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	world_close(&world);
}

static void cut_takes_sockets_on_their_way_along(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2, .io_driver_count = 1});
	client_open_many(clients, 3, world_listen(&world, &(struct gatio_port_options){0}));
	struct gi_driver *acceptor = world.system->group.drivers[0];
	while (gi_load_relaxed(&acceptor->counters.messages_out) < 3 && !world_is_late(false)) {
		gi_driver_turn(world_be(&world, 0)->driver, false);
	}
	(void)world_is_late(true);
	world_cut(&world);
	WORLD_UNTIL(&world, world_open_count(&world) == 0);
	CU_ASSERT(seen.started == 0);
	world_settle(&world);
	for (uint32_t i = 0; i < 3; i++) {
		client_pump(&clients[i]);
		CU_ASSERT(clients[i].err == -ECONNRESET);
	}
	close_all(3);
}

static uint64_t alive_count(uint32_t driver_index)
{
	return gi_load_relaxed(&world.system->schedulers[driver_index]->counters.alive);
}

/* As many as a ring holds may be on their way to a driver that does not turn; the others are refused, with the port's words. */
static void sockets_on_their_way_are_bounded(void)
{
	enum { MANY = 100, SLOTS = 64 };
	static struct client many[MANY];
	world_open(&world, &(struct world_options){.driver_count = 2, .io_driver_count = 1});
	client_open_many(many, MANY,
	                 world_listen(&world, &(struct gatio_port_options){.refusal = "later"}));
	while (counters_of(0).refused < MANY - SLOTS && !world_is_late(false)) {
		gi_driver_turn(world_be(&world, 0)->driver, false);
	}
	(void)world_is_late(true);
	CU_ASSERT(counters_of(0).refused == MANY - SLOTS);
	CU_ASSERT(seen.started == 0);
	WORLD_UNTIL(&world, seen.connected == SLOTS);
	uint32_t told = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		client_pump(&many[i]);
		told += client_has(&many[i], "later");
	}
	CU_ASSERT(told == MANY - SLOTS);
	client_close_many(many, MANY);
	world_close(&world);
}

/* What a connection's actor was called by is free for its own driver when it has ended. */
static void connections_take_no_slots_along(void)
{
	world_open(&world, &(struct world_options){
	                           .driver_count = 2, .io_driver_count = 1, .actor_count_max = 64});
	script.peer_ended = script_exit;
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	for (uint32_t round = 0; round < 4; round++) { /* 240 of them, three times what there is */
		client_open_many(clients, CLIENTS, address);
		WORLD_UNTIL(&world, seen.connected == (round + 1) * CLIENTS);
		client_close_many(clients, CLIENTS);
		WORLD_UNTIL(&world, alive_count(1) == 0);
	}
	CU_ASSERT(world_counters(&world).refused == 0);
	/* The driver that runs them can spawn, and so can the other. */
	for (uint32_t i = 0; i < 64; i++) {
		world_be(&world, i % 2);
		struct gatio_address own =
		        gatio_spawn_at(GATIO_ON_DRIVER(1), scripted, .number = 1);
		CU_ASSERT(gatio_address_error(own) == 0);
		world_turns(&world, 2);
	}
	CU_ASSERT(alive_count(1) == 64);
	gi_scheduler_end_all(world_be(&world, 1), 0);
	world_close(&world);
}

static const CU_TestInfo tests[] = {
        {"io drivers run no actors", io_drivers_run_no_actors},
        {"sockets stay in their TPC", sockets_stay_in_their_tpc},
        {"limit refuses before the way", limit_refuses_before_the_way},
        {"drain waits for sockets on their way", drain_waits_for_sockets_on_their_way},
        {"sockets on their way are bounded", sockets_on_their_way_are_bounded},
        {"cut takes sockets on their way along", cut_takes_sockets_on_their_way_along},
        {"connections take no slots along", connections_take_no_slots_along},
        CU_TEST_INFO_NULL,
};

const struct suite hand_over_suite = {.name = "hand_over", .tests = tests};
