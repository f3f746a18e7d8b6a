/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of a connection: idle, linger, and the answer to the peer's end. That of writing: test_output.c. */
#include "tests/net/pair.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include <errno.h>

static void idle_connection_is_closed(void)
{
	pair_connect(&(struct gatio_port_options){.idle_timeout_ns = GATIO_SECONDS(60)});
	manual_clock_advance(GATIO_SECONDS(50));
	client_say(&client, "alive");
	WORLD_UNTIL(&world, seen.received == 1);
	manual_clock_advance(GATIO_SECONDS(50));
	world_settle(&world);
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
		manual_clock_advance(GATIO_SECONDS(50));
		world_settle(&world);
	}
	CU_ASSERT(seen.closed == 0);
	pair_poke(0);
	world_settle(&world);
	CU_ASSERT(seen.closed == 0); /* nor just after */
	manual_clock_advance(GATIO_SECONDS(59));
	world_settle(&world);
	CU_ASSERT(seen.closed == 0);
	manual_clock_advance(GATIO_SECONDS(61));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIMEDOUT);
	pair_close();
}

static void linger_ends_with_its_deadline(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3)});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
	WORLD_UNTIL(&world, pair_sees_end());
	manual_clock_advance(GATIO_MS(2990));
	world_settle(&world);
	CU_ASSERT(!pair_is_closed());
	manual_clock_advance(GATIO_MS(20));
	WORLD_UNTIL(&world, pair_is_closed());
	pair_close();
}

static void talkative_peer_cannot_prolong_the_linger(void)
{
	pair_connect(&(struct gatio_port_options){.linger_ns = GATIO_SECONDS(3)});
	gi_actor_end(world_be(&world, 0), world_connection(&world, 0)->actor, 0);
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
	manual_clock_advance(GATIO_MS(2990));
	world_settle(&world);
	CU_ASSERT(seen.closed == 0);
	manual_clock_advance(GATIO_MS(20));
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -ETIME);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"idle connection is closed", idle_connection_is_closed},
        {"paused connection is not idle", paused_connection_is_not_idle},
        {"linger ends with its deadline", linger_ends_with_its_deadline},
        {"talkative peer cannot prolong the linger", talkative_peer_cannot_prolong_the_linger},
        {"answer to the peer's end has a deadline", answer_to_the_peers_end_has_a_deadline},
        CU_TEST_INFO_NULL,
};

const struct suite deadlines_suite = {.name = "deadlines", .tests = tests};
