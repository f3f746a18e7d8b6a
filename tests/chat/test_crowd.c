/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: what is large waits and is done bit by bit; what is not passes it; and the order stays. */
#include <stdio.h>
#include <string.h>

#include "tests/chat/people.h"
#include "tests/support/suite.h"

enum { CROWD = 24 };

static struct gatio_address crowd[CROWD];

/* Besides ann, bob and cat a crowd in #big; what is large waits until go_on(). */
static void begin_with_crowd_on(uint32_t driver_count)
{
	char nick[20];
	people_begin(1, driver_count, 3);
	world_server.under_way_max = 8;
	for (int i = 0; i < CROWD; i++) {
		snprintf(nick, sizeof(nick), "p%d", i);
		crowd[i] = world_person(nick);
		world_type(crowd[i], "JOIN #big");
	}
	world_hub()->lanes[0].sent[CHAT_LARGE] += 100; /* which are not handed on yet */
	world_hub()->lanes[0].handed_ns = gatio_now_ns();
	world_clear(crowd[0]);
	people_clear();
}

static void begin_with_crowd(void)
{
	begin_with_crowd_on(3);
}

static void go_on(void)
{
	world_hub()->lanes[0].sent[CHAT_LARGE] -= 100;
	fake_tell(world_server.hub, &gatio_message_chat_beat);
	fake_run();
}

/* What is light or small passes what waits: nobody who has little to do with a crowd that talks waits for it. */
static void light_lines_pass_the_crowd(void)
{
	static const char *const light[][2] = {
	        {"PRIVMSG bob :hi", " PRIVMSG bob :hi"},
	        {"JOIN #c", " 366 bob #c "},
	        {"PRIVMSG #c :x", " PRIVMSG #c :x"},
	        {"NAMES #c", " 353 bob = #c :@ann bob"},
	        {"WHO #c", " 315 bob #c "},
	        {"WHO ann", " 315 bob ann "},
	        {"NICK other", " NICK :other"},
	        {"PART #c", " PART #c"},
	};
	begin_with_crowd();
	for (int i = 0; i < CROWD; i++) {
		world_type_only(crowd[i], "PRIVMSG #big :x");
	}
	for (size_t i = 0; i < sizeof(light) / sizeof(light[0]); i++) {
		world_type(ann, light[i][0]);
		world_type(bob, light[i][0]);
		CU_ASSERT_TRUE(world_sees(bob, i == 6 ? "433 bob other" : light[i][1]));
	}
	CU_ASSERT_EQUAL(world_count(crowd[0], "PRIVMSG"), 0);
	go_on();
	CU_ASSERT_EQUAL(world_count(crowd[0], "PRIVMSG"), CROWD - 1);
	world_stop();
}

/* Not for one whose line is about them. */
static void large_lines_wait_for_their_turn(void)
{
	static const char *const large[] = {"PRIVMSG #big :x",
	                                    "PRIVMSG nobody,#big :x",
	                                    "JOIN #big",
	                                    "JOIN #c,#big",
	                                    "NAMES #big",
	                                    "NAMES",
	                                    "WHO #big",
	                                    "WHO p*",
	                                    "LIST",
	                                    "TOPIC #big"};
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		begin_with_crowd();
		world_type(ann, large[i]);
		CU_ASSERT_STRING_EQUAL(fake_output(ann), "");
		go_on();
		CU_ASSERT_STRING_NOT_EQUAL(fake_output(ann), "");
		world_stop();
	}
}

static uint64_t sent_in_all(void)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < world_server.driver_count; i++) {
		sum += world_hub()->lanes[i].sent[CHAT_LARGE];
	}
	return sum;
}

static unsigned count_of_served(void)
{
	unsigned count = 0;
	for (int i = 0; i < CROWD; i++) {
		count += fake_has_message(crowd[i]);
	}
	return count;
}

/* However much waits: each step of the hub is one line, and each of a courier serves a few sessions. */
static void crowd_is_served_a_few_at_a_time(void)
{
	unsigned most = 0;
	uint64_t longest = 0;
	begin_with_crowd_on(1);
	for (int i = 0; i < CROWD; i++) {
		world_type_only(crowd[i], "PRIVMSG #big :x");
	}
	fake_run();
	world_server.under_way_max = 1000;
	fake_tell(world_server.hub, &gatio_message_chat_beat);
	while (fake_has_messages()) {
		unsigned served = count_of_served();
		uint64_t sent = sent_in_all();
		fake_step();
		sent = sent_in_all() - sent;
		served = count_of_served() > served ? count_of_served() - served : 0;
		longest = sent > longest ? sent : longest;
		most = served > most ? served : most;
	}
	for (int i = 0; i < CROWD; i++) {
		CU_ASSERT_EQUAL(world_count(crowd[i], "PRIVMSG #big :x"), CROWD - 1);
	}
	CU_ASSERT_EQUAL(longest, CROWD - 1);
	CU_ASSERT_TRUE(most > 1 && most <= 16);
	world_stop();
}

/* Small lines wait too, when enough of them is under way, but only for each other. */
static void small_lines_wait_on_their_own_account(void)
{
	begin_with_crowd();
	go_on();
	world_type(ann, "JOIN #c");
	world_type(bob, "JOIN #c");
	people_clear();
	world_hub()->lanes[1].sent[CHAT_SMALL] += 100;
	world_hub()->lanes[1].handed_ns = gatio_now_ns();
	world_type(ann, "PRIVMSG bob :1\nPRIVMSG #c :2\nPRIVMSG bob :3");
	world_type(cat, "NAMES #c\nPRIVMSG bob :4");
	world_type(crowd[0], "PRIVMSG #big :5");
	CU_ASSERT_STRING_EQUAL(fake_output(bob), ":ann!~ann@127.0.0.1 PRIVMSG bob :1\r\n");
	CU_ASSERT_STRING_EQUAL(fake_output(cat), "");
	CU_ASSERT_EQUAL(world_count(crowd[1], "PRIVMSG #big :5"), 1);
	world_hub()->lanes[1].sent[CHAT_SMALL] -= 100;
	fake_tell(world_server.hub, &gatio_message_chat_beat);
	fake_run();
	CU_ASSERT_TRUE(people_see_in_order(bob, " bob :1\n #c :2\n bob :3"));
	CU_ASSERT_TRUE(people_see_in_order(cat, " 366 cat #c "));
	CU_ASSERT_TRUE(world_sees(bob, " bob :4"));
	world_stop();
}

/* A list of large rooms is as many steps: others come in between, and it is still answered in its order. */
static void large_list_is_gone_through_step_by_step(void)
{
	begin_with_crowd();
	for (int i = 0; i < CROWD; i++) {
		world_type_only(crowd[i], "JOIN #big2,#big3,#c");
	}
	go_on();
	world_clear(crowd[0]);
	world_type_only(ann, "JOIN #big,#none,bad,#big2,#big3");
	world_type_only(crowd[0], "PRIVMSG #big :between");
	fake_run();
	CU_ASSERT_TRUE(
	        people_see_in_order(ann, " JOIN #big\n 366 ann #big \n JOIN #none\n 403 ann bad \n"
	                                 " JOIN #big2\n 366 ann #big2 \n JOIN #big3\n"
	                                 " 366 ann #big3 "));
	world_clear(ann);
	world_type_only(ann, "PART #none,#nowhere,#big,#big2 :so long");
	world_type_only(crowd[0], "PRIVMSG #big2 :between");
	fake_run();
	CU_ASSERT_TRUE(people_see_in_order(ann, " PART #none :so long\n 403 ann #nowhere \n"
	                                        " PART #big :so long\n PART #big2 :so long"));
	world_type(ann, "JOIN 0\nWHOIS ann");
	CU_ASSERT_TRUE(people_see_in_order(ann, " PART #big3\n 318 ann ann "));
	CU_ASSERT_EQUAL(world_count(ann, " 319 "), 0);
	world_stop();
}

static void block(void)
{
	world_hub()->lanes[0].sent[CHAT_LARGE] += 100;
}

static void advance_blocked(unsigned half_seconds)
{
	for (unsigned i = 0; i < half_seconds; i++) {
		world_hub()->lanes[0].handed_ns = gatio_now_ns();
		fake_advance(GATIO_MS(500));
	}
}

/* Each step of a list may have a crowd before it; the asker waits for each as long as for any line. */
static void large_list_may_take_its_time(void)
{
	const struct chat_waiting *waiting;
	begin_with_crowd();
	waiting = &world_hub()->waiting[CHAT_LARGE];
	world_type_only(ann, "JOIN #big,#other");
	fake_run();
	advance_blocked(8);
	world_hub()->lanes[0].sent[CHAT_LARGE] -= 100;
	fake_tell(world_server.hub, &gatio_message_chat_beat);
	while (!waiting->first || strcmp(waiting->first->text, "#other") != 0) {
		fake_step();
	}
	block();
	advance_blocked(8);
	go_on();
	CU_ASSERT_TRUE(people_see_in_order(ann, " 366 ann #big \n 366 ann #other "));
	CU_ASSERT_EQUAL(world_count(ann, " 437 "), 0);
	world_stop();
}

/* All that 10,000 others have said to rooms of 1,000 is written before it, at 5 us each: it is still answered. */
static void line_waits_for_the_longest_crowd(void)
{
	const uint64_t crowd_ns = UINT64_C(10000) * 1000 * 5000;
	begin_with_crowd();
	world_server.answer_ns = CHAT_ANSWER_NS;
	world_type_only(ann, "JOIN #big");
	fake_run();
	advance_blocked((unsigned)(crowd_ns / GATIO_MS(500)));
	CU_ASSERT_STRING_EQUAL(fake_output(ann), "");
	go_on();
	CU_ASSERT_TRUE(people_see_in_order(ann, " JOIN #big\n 366 ann #big "));
	CU_ASSERT_EQUAL(world_count(ann, " 437 "), 0);
	world_stop();
}

/* Keys stay with the channels that they are of. */
static void large_list_keeps_its_keys(void)
{
	begin_with_crowd();
	world_type_only(crowd[0], "MODE #big +k one\nJOIN #two\nMODE #two +k two\nJOIN #three");
	go_on();
	world_type(ann, "JOIN #big,#two,#three one,two");
	CU_ASSERT_TRUE(
	        people_see_in_order(ann, " 366 ann #big \n 366 ann #two \n 366 ann #three "));
	world_stop();
}

/* One that waits for its line is not told the answer of another, and a crowd's lines come to it in one write. */
static void member_hears_a_crowd_in_order(void)
{
	begin_with_crowd();
	world_type(ann, "JOIN #big");
	for (int i = 0; i < CROWD; i++) {
		char line[60];
		snprintf(line, sizeof(line), "PRIVMSG #big :%d.\nPRIVMSG ann :%d!", i, i);
		world_type_only(crowd[i], line);
	}
	go_on();
	CU_ASSERT_EQUAL(world_count(ann, "PRIVMSG #big"), CROWD);
	for (int i = 0; i < CROWD; i++) {
		char parts[60];
		snprintf(parts, sizeof(parts), " PRIVMSG #big :%d.\n PRIVMSG ann :%d!", i, i);
		CU_ASSERT_TRUE(people_see_in_order(ann, parts));
	}
	world_stop();
}

/* Private lines may follow each other; a line that may wait is followed by none, whatever is answered before it. */
static void nothing_passes_ones_own_line(void)
{
	begin_with_crowd();
	world_type(ann, "PRIVMSG none :0\nPRIVMSG #big :1\nPRIVMSG p0 :2");
	world_type(crowd[1], "PRIVMSG none :0\nPRIVMSG #big :3\nPRIVMSG p0 :4");
	CU_ASSERT_TRUE(world_sees(crowd[1], " 401 p1 none "));
	CU_ASSERT_EQUAL(world_count(crowd[0], "PRIVMSG"), 0);
	go_on();
	CU_ASSERT_TRUE(world_sees(ann, " 404 ann #big "));
	CU_ASSERT_TRUE(world_sees(crowd[0], "PRIVMSG p0 :2"));
	CU_ASSERT_TRUE(people_see_in_order(crowd[0], " #big :3\n p0 :4"));
	world_stop();
}

/* A driver that hands on nothing holds up what waits for it, but not for ever. */
static void stuck_driver_holds_nobody_for_long(void)
{
	people_begin(1, 3, 3);
	world_server.under_way_max = 8;
	world_type(ann, "JOIN #a");
	world_hub()->lanes[1].sent[CHAT_LARGE] += 100;
	world_hub()->lanes[1].handed_ns = gatio_now_ns();
	world_clear(ann);
	world_type(ann, "NAMES");
	CU_ASSERT_EQUAL(world_count(ann, " 366 "), 0);
	fake_advance(GATIO_SECONDS(2));
	world_type(bob, "NAMES");
	CU_ASSERT_TRUE(world_sees(ann, " 366 ann * "));
	CU_ASSERT_TRUE(world_sees(bob, " 366 bob * "));
	world_stop();
}

/* What a client had in the line ends with it; its good-bye is still told. */
static void gone_client_leaves_nothing_in_line(void)
{
	begin_with_crowd();
	world_type(ann, "JOIN #a");
	world_type(bob, "JOIN #a");
	world_type(crowd[0], "JOIN #a\nPRIVMSG #big :x");
	world_type(bob, "JOIN #c,#big");
	people_clear();
	fake_close(bob);
	fake_close(crowd[0]);
	fake_run();
	CU_ASSERT_EQUAL(world_count(ann, ":bob!~bob@127.0.0.1 QUIT :"), 1);
	CU_ASSERT_EQUAL(world_count(ann, ":p0!~p0@127.0.0.1 QUIT :"), 0); /* it tells many */
	go_on();
	CU_ASSERT_EQUAL(world_count(ann, ":p0!~p0@127.0.0.1 QUIT :"), 1);
	CU_ASSERT_EQUAL(world_count(crowd[1], ":p0!~p0@127.0.0.1 QUIT :"), 1);
	CU_ASSERT_EQUAL(world_count(crowd[1], "PRIVMSG"), 0);
	CU_ASSERT_EQUAL(world_count(crowd[1], ":bob!"), 0);
	CU_ASSERT_EQUAL(world_hub()->room_count, 2);
	world_stop();
}

static const CU_TestInfo tests[] = {
        {"light lines pass the crowd", light_lines_pass_the_crowd},
        {"large lines wait for their turn", large_lines_wait_for_their_turn},
        {"small lines wait on their own account", small_lines_wait_on_their_own_account},
        {"crowd is served a few at a time", crowd_is_served_a_few_at_a_time},
        {"large list is gone through step by step", large_list_is_gone_through_step_by_step},
        {"large list may take its time", large_list_may_take_its_time},
        {"line waits for the longest crowd", line_waits_for_the_longest_crowd},
        {"large list keeps its keys", large_list_keeps_its_keys},
        {"member hears a crowd in order", member_hears_a_crowd_in_order},
        {"nothing passes one's own line", nothing_passes_ones_own_line},
        {"stuck driver holds nobody for long", stuck_driver_holds_nobody_for_long},
        {"gone client leaves nothing in line", gone_client_leaves_nothing_in_line},
        CU_TEST_INFO_NULL,
};

const struct suite crowd_suite = {"crowd", tests};
