/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: what must hold in whatever order messages arrive, with full ways and without memory. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"
#include "samples/chat/session.h"
#include "tests/chat/world.h"
#include "tests/support/suite.h"

enum { SEEDS = 150, SEEDS_FOR_RARE = 600, PERSONS = 6 };

static struct gatio_address people[PERSONS];

static void begin(uint64_t seed, uint32_t refuse_permille)
{
	world_start(seed, 3, refuse_permille);
	for (int i = 0; i < PERSONS; i++) {
		char nick[20];
		snprintf(nick, sizeof(nick), "p%d", i);
		people[i] = world_person(nick);
	}
}

static void settle(void)
{
	fake_run();
	fake_advance(GATIO_SECONDS(12));
}

static void nick_and_quit_are_shown_once(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 0);
		for (int i = 0; i < PERSONS; i++) {
			world_type(people[i], "JOIN #a,#b,#c");
			world_clear(people[i]);
		}
		world_type_only(people[0], "NICK q0\nNICK r0\nQUIT");
		world_type_only(people[1], "NICK q1");
		settle();
		CU_ASSERT_EQUAL(world_count(people[1], "NICK :q1\r\n"), 1);
		for (int i = 2; i < PERSONS; i++) {
			CU_ASSERT_EQUAL(world_count(people[i], "NICK :q0\r\n"), 1);
			CU_ASSERT_EQUAL(world_count(people[i], "NICK :r0\r\n"), 1);
			CU_ASSERT_EQUAL(world_count(people[i], "NICK :q1\r\n"), 1);
			CU_ASSERT_EQUAL(world_count(people[i], "r0!~p0@127.0.0.1 QUIT"), 1);
		}
		world_stop();
	}
}

static void leaving_and_quitting_never_hides_a_quit(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 0);
		world_type(people[0], "JOIN #a,#b");
		world_type(people[1], "JOIN #a,#b");
		world_clear(people[1]);
		world_type_only(people[0], "QUIT");
		world_type_only(people[1], "PART #a");
		settle();
		CU_ASSERT_EQUAL(world_count(people[1], "p0!~p0@127.0.0.1 QUIT"), 1);
		world_stop();
	}
}

static void nick_is_granted_to_one(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 0);
		unsigned granted = 0;
		for (int i = 0; i < PERSONS; i++) {
			world_type_only(people[i], "NICK same");
		}
		settle();
		for (int i = 0; i < PERSONS; i++) {
			granted += world_count(people[i], " NICK :same\r\n");
			CU_ASSERT_EQUAL(world_count(people[i], " NICK :same\r\n") +
			                        world_count(people[i], " 433 "),
			                1);
		}
		CU_ASSERT_EQUAL(granted, 1);
		world_stop();
	}
}

static void rooms_empty_and_fill_at_once(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 0);
		for (int i = 0; i < PERSONS; i++) {
			world_type_only(people[i], "JOIN #a\nPART #a\nJOIN #a\nPART #a\nJOIN #a");
		}
		settle();
		CU_ASSERT_EQUAL(world_hub()->room_count, 1);
		world_clear(people[0]);
		world_type(people[0], "NAMES #a");
		for (int i = 0; i < PERSONS; i++) {
			char nick[20];
			snprintf(nick, sizeof(nick), "p%d", i);
			CU_ASSERT_TRUE(world_sees(people[0], nick));
			world_type_only(people[i], "PART #a");
		}
		settle();
		CU_ASSERT_EQUAL(world_hub()->room_count, 0);
		world_stop();
	}
}

/* The kick may strike before or after it has come back: both sides must agree on which. */
static void kicked_one_knows_where_it_is(void)
{
	unsigned in_count = 0;
	for (uint64_t seed = 1; seed < SEEDS_FOR_RARE; seed++) {
		begin(seed, 0);
		world_type(people[0], "JOIN #a");
		world_type(people[1], "JOIN #a");
		world_type_only(people[0], "KICK #a p1");
		world_type_only(people[1], "PART #a\nJOIN #a");
		settle();
		world_clear(people[0]);
		world_type(people[0], "NAMES #a");
		uint32_t is_in = chat_person_named(world_hub(), "p1")->room_count;
		CU_ASSERT_EQUAL(world_count(people[0], "p1"), is_in);
		in_count += is_in;
		world_stop();
	}
	CU_ASSERT_TRUE(in_count > 0 && in_count < SEEDS_FOR_RARE - 1); /* both have happened */
}

static void closing_at_any_moment_leaves_nothing(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 0);
		for (int i = 0; i < PERSONS; i++) {
			world_type_only(people[i],
			                "JOIN #a,#b\nNICK x\nPRIVMSG #a :x\nWHOIS p0\nLIST");
			fake_close(people[i]);
		}
		settle();
		CU_ASSERT_EQUAL(fake_actor_count(&gatio_behavior_chat_session), 0);
		CU_ASSERT_EQUAL(world_hub()->room_count, 0);
		struct gatio_address late = world_person("p0");
		world_type(late, "LUSERS");
		CU_ASSERT_TRUE(world_sees(late, " 255 p0 :I have 1 clients"));
		CU_ASSERT_TRUE(world_sees(late, " 254 p0 0 :channels formed"));
		world_stop();
	}
}

static void full_ways_lose_nothing(void)
{
	for (uint64_t seed = 1; seed < SEEDS; seed++) {
		begin(seed, 300);
		for (int i = 0; i < PERSONS; i++) {
			world_type_only(people[i], "JOIN #a");
		}
		settle();
		for (int i = 0; i < PERSONS; i++) {
			world_clear(people[i]);
		}
		world_type_only(people[0],
		                "PRIVMSG #a :1\nPRIVMSG #a :2\nPRIVMSG #a :3\nPRIVMSG #a :4");
		settle();
		for (int i = 1; i < PERSONS; i++) {
			CU_ASSERT_STRING_EQUAL(fake_output(people[i]),
			                       ":p0!~p0@127.0.0.1 PRIVMSG #a :1\r\n"
			                       ":p0!~p0@127.0.0.1 PRIVMSG #a :2\r\n"
			                       ":p0!~p0@127.0.0.1 PRIVMSG #a :3\r\n"
			                       ":p0!~p0@127.0.0.1 PRIVMSG #a :4\r\n");
		}
		world_stop();
	}
}

static void member_that_vanished_is_noticed(void)
{
	begin(1, 0);
	world_type(people[0], "JOIN #a");
	world_type(people[1], "JOIN #a");
	fake_kill(people[1]); /* its good-bye is lost */
	world_clear(people[0]);
	world_type(people[0], "PRIVMSG #a :anybody?\nPRIVMSG #a :really?");
	CU_ASSERT_EQUAL(world_count(people[0], "QUIT"), 0); /* its good-bye may be late */
	fake_advance(GATIO_SECONDS(2));
	CU_ASSERT_EQUAL(world_count(people[0], "QUIT"), 1);
	CU_ASSERT_TRUE(world_sees(people[0], ":p1!~p1@127.0.0.1 QUIT :Connection lost\r\n"));
	world_stop();
}

static void lack_of_memory_crashes_nobody(void)
{
	for (size_t allocations = 0; allocations < 250; allocations++) {
		begin(allocations + 1, 0);
		fake_limit_memory(allocations);
		for (int i = 0; i < PERSONS; i++) {
			world_type_only(people[i],
			                "JOIN #a,#b\nNICK n\nPRIVMSG #a :x\nMODE #a +b x\n"
			                "TOPIC #a :x\nAWAY :x\nLIST\nWHOIS p0\nQUIT");
		}
		fake_run();
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(400));
		CU_ASSERT_EQUAL(fake_actor_count(&gatio_behavior_chat_session), 0);
		struct gatio_address late = world_person("late");
		world_type(late, "JOIN #late\nPING x");
		CU_ASSERT_TRUE(world_sees(late, " 366 late #late "));
		CU_ASSERT_TRUE(world_sees(late, "PONG"));
		world_stop();
	}
}

static const CU_TestInfo tests[] = {
        {"nick and quit are shown once", nick_and_quit_are_shown_once},
        {"leaving never hides a quit", leaving_and_quitting_never_hides_a_quit},
        {"nick is granted to one", nick_is_granted_to_one},
        {"rooms empty and fill at once", rooms_empty_and_fill_at_once},
        {"kicked one knows where it is", kicked_one_knows_where_it_is},
        {"closing at any moment leaves nothing", closing_at_any_moment_leaves_nothing},
        {"full ways lose nothing", full_ways_lose_nothing},
        {"member that vanished is noticed", member_that_vanished_is_noticed},
        {"lack of memory crashes nobody", lack_of_memory_crashes_nobody},
        CU_TEST_INFO_NULL,
};

const struct suite race_suite = {"race", tests};
