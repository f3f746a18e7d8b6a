/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: who comes beyond the connection limit. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#define CLIENTS_MAX 80u

static struct world world;
static struct client clients[CLIENTS_MAX];

static void beyond_the_limit_is_refused_in_words(void)
{
	world_open(&world, &(struct world_options){0});
	script.peer_ended = script_exit;
	const char *address = world_listen(
	        &world, &(struct gatio_port_options){.connection_max = 2, .refusal = "full\r\n"});
	client_open_many(clients, 3, address);
	WORLD_UNTIL(&world, client_has(&clients[2], "full\r\n") && clients[2].has_ended);
	CU_ASSERT(seen.connected == 2);
	struct gatio_net_counters counters = world_counters(&world);
	CU_ASSERT(counters.accepted == 2);
	CU_ASSERT(counters.refused == 1);
	CU_ASSERT(counters.open == 2);
	client_close_many(clients, 3);
	WORLD_UNTIL(&world, world_counters(&world).closed == 2);
	CU_ASSERT(world_counters(&world).open == 0);
	world_close(&world);
}

static uint32_t count_told(void)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		count += client_has(&clients[i], "full\r\n");
	}
	return count;
}

/* More than have time to end, and none of them ends: nobody is closed without a word, whatever it has said before. */
static void many_refused_are_told_all_the_same(void)
{
	world_open(&world, &(struct world_options){0});
	script.peer_ended = script_exit;
	const char *address = world_listen(
	        &world, &(struct gatio_port_options){.connection_max = 2, .refusal = "full\r\n"});
	client_open_many(clients, CLIENTS_MAX, address);
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		client_say(&clients[i], "hello");
	}
	WORLD_UNTIL(&world, count_told() == CLIENTS_MAX - 2);
	CU_ASSERT(world_counters(&world).refused == CLIENTS_MAX - 2);
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		CU_ASSERT(!clients[i].err); /* the end is one in order */
	}
	client_close_many(clients, CLIENTS_MAX);
	world_close(&world);
}

static void beyond_the_limit_is_closed_without_words(void)
{
	world_open(&world, &(struct world_options){0});
	script.peer_ended = script_exit;
	const char *address =
	        world_listen(&world, &(struct gatio_port_options){.connection_max = 2});
	client_open_many(clients, 3, address);
	WORLD_UNTIL(&world, client_have_all_ended(clients + 2, 1));
	CU_ASSERT(clients[2].has_ended);
	CU_ASSERT(clients[2].size == 0);
	CU_ASSERT(world_counters(&world).refused == 1);
	client_close(&clients[0]);
	WORLD_UNTIL(&world, world_counters(&world).closed == 1);
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 3);
	CU_ASSERT(world_counters(&world).refused == 1);
	client_close_many(clients, 3);
	world_close(&world);
}

static void refused_ones_take_no_place(void)
{
	world_open(&world, &(struct world_options){0});
	script.peer_ended = script_exit;
	const char *address = world_listen(
	        &world, &(struct gatio_port_options){.connection_max = 1, .refusal = "full"});
	client_open_many(clients, 2, address);
	WORLD_UNTIL(&world, client_has(&clients[1], "full"));
	/* The refused one stays, as long as it may; the served one goes. */
	client_close(&clients[0]);
	WORLD_UNTIL(&world, world_counters(&world).closed == 1);
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 2);
	CU_ASSERT(world_counters(&world).refused == 1);
	client_close_many(clients, 2);
	world_close(&world);
}

static void stubborn_refused_ones_are_bounded(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address = world_listen(
	        &world, &(struct gatio_port_options){.connection_max = 1, .refusal = "full"});
	client_open_many(clients, 1, address);
	WORLD_UNTIL(&world, seen.connected == 1);
	client_open_many(clients + 1, 70, address);
	WORLD_UNTIL(&world, client_have_all_ended(clients + 1, 70));
	uint32_t told_count = 0;
	for (uint32_t i = 1; i <= 70; i++) {
		told_count += client_has(&clients[i], "full");
	}
	CU_ASSERT(told_count == 70); /* those beyond the bound too, and closed at once */
	CU_ASSERT(world_counters(&world).refused == 70);
	/* None of them has closed its side: the linger deadline does. */
	CU_ASSERT(world_open_count(&world) == 1 + 1 + 64);
	manual_clock_advance(GATIO_SECONDS(5) + GATIO_MS(2));
	WORLD_UNTIL(&world, world_open_count(&world) == 1 + 1);
	client_close_many(clients, 71);
	world_close(&world);
}

static const CU_TestInfo tests[] = {
        {"beyond the limit is refused in words", beyond_the_limit_is_refused_in_words},
        {"many refused are told all the same", many_refused_are_told_all_the_same},
        {"beyond the limit is closed without words", beyond_the_limit_is_closed_without_words},
        {"refused ones take no place", refused_ones_take_no_place},
        {"stubborn refused ones are bounded", stubborn_refused_ones_are_bounded},
        CU_TEST_INFO_NULL,
};

const struct suite refusals_suite = {"refusals", tests};
