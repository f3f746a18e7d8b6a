/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: what RFC 1459, RFC 2812 and modern.ircdocs.horse say about single lines, and tests of other servers. */
#include <stdio.h>
#include <string.h>

#include "tests/chat/people.h"
#include "tests/support/suite.h"

static void begin(uint64_t seed)
{
	people_begin(seed, 1 + (uint32_t)seed % 3, 3);
}

static void ban_mask_is_one_word(void)
{
	begin(1);
	const struct step steps[] = {
	        {&ann, "JOIN #c", &ann, NULL},
	        {&ann, "MODE #c +b :x y!z@w", &ann,
	         ":chat.test 696 ann #c b x :Invalid mode parameter\r\n"},
	        {&ann, "MODE #c -b :x y!z@w", &ann,
	         ":chat.test 696 ann #c b x :Invalid mode parameter\r\n"},
	        {&ann, "MODE #c +b ::x", &ann,
	         ":chat.test 696 ann #c b * :Invalid mode parameter\r\n"},
	        {&ann, "MODE #c +b :", &ann, ":chat.test 368 ann #c :End of channel ban list\r\n"},
	        {&ann, "MODE #c b", &ann, ":chat.test 368 ann #c :End of channel ban list\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void bad_mode_parameter_is_named(void)
{
	begin(2);
	const struct step steps[] = {
	        {&ann, "JOIN #c", &ann, NULL},
	        {&ann, "MODE #c +l none", &ann,
	         ":chat.test 696 ann #c l none :Invalid mode parameter\r\n"},
	        {&ann, "MODE #c +k :a b", &ann,
	         ":chat.test 696 ann #c k a :Invalid mode parameter\r\n"},
	        {&ann, "MODE #c +k :", &ann, ":chat.test 461 ann MODE :Not enough parameters\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void invitation_of_a_member_opens_nothing(void)
{
	static const char *const closed[][2] = {{"+b bob", " 474 bob #c "},
	                                        {"+k secret", " 475 bob #c "},
	                                        {"+l 2", " 471 bob #c "}};
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		char text[100];
		begin(3 + i);
		world_type(ann, "JOIN #c");
		world_type(cat, "JOIN #c");
		snprintf(text, sizeof(text), "MODE #c %s", closed[i][0]);
		world_type(ann, text);
		world_type(cat, "INVITE bob #c");
		CU_ASSERT_TRUE(world_sees(cat, " 341 cat bob #c\r\n"));
		CU_ASSERT_TRUE(world_sees(bob, " INVITE bob #c\r\n"));
		world_type(bob, "JOIN #c");
		CU_ASSERT_TRUE(world_sees(bob, closed[i][1]));
		world_type(ann, "INVITE bob #c");
		world_type(bob, "JOIN #c");
		CU_ASSERT_TRUE(world_sees(bob, " 366 bob #c "));
		world_type(bob, "PART #c");
		world_clear(bob);
		world_type(bob, "JOIN #c"); /* it was good for once */
		CU_ASSERT_TRUE(world_sees(bob, closed[i][1]));
		world_stop();
	}
}

static void invisible_person_is_seen_in_common_channels_only(void)
{
	begin(6);
	const char *const who =
	        ":chat.test 352 ann * ~bob 127.0.0.1 chat.test bob H :0 Some bob\r\n"
	        ":chat.test 315 ann bob :End of /WHO list\r\n";
	const struct step hidden[] = {
	        {&bob, "MODE bob +i\nJOIN #c", &bob, NULL},
	        {&cat, "JOIN #c", &cat, NULL},
	        {&ann, "NAMES #c", &ann,
	         ":chat.test 353 ann = #c :cat\r\n:chat.test 366 ann #c :End of /NAMES list\r\n"},
	        {&ann, "NAMES", &ann,
	         ":chat.test 353 ann = #c :cat\r\n:chat.test 353 ann * * :ann\r\n"
	         ":chat.test 366 ann * :End of /NAMES list\r\n"},
	        {&ann, "WHO #c", &ann,
	         ":chat.test 352 ann #c ~cat 127.0.0.1 chat.test cat H :0 Some cat\r\n"
	         ":chat.test 315 ann #c :End of /WHO list\r\n"},
	        {&ann, "WHO b*", &ann, ":chat.test 315 ann b* :End of /WHO list\r\n"},
	        {&ann, "WHO bob", &ann, who}, /* whoever knows the name may ask */
	        {&ann, "LUSERS", &ann,
	         ":chat.test 251 ann :There are 2 users and 1 invisible on 1 servers\r\n"
	         ":chat.test 252 ann 0 :operator(s) online\r\n"
	         ":chat.test 254 ann 1 :channels formed\r\n"
	         ":chat.test 255 ann :I have 3 clients and 0 servers\r\n"},
	        {&cat, "NAMES #c", &cat,
	         ":chat.test 353 cat = #c :@bob cat\r\n"
	         ":chat.test 366 cat #c :End of /NAMES list\r\n"},
	        {&ann, "JOIN #c", &ann, NULL},
	        {&ann, "WHO b*", &ann,
	         ":chat.test 352 ann * ~bob 127.0.0.1 chat.test bob H :0 Some bob\r\n"
	         ":chat.test 315 ann b* :End of /WHO list\r\n"},
	        {&bob, "PART #c\nMODE bob -i", &bob, NULL},
	        {&ann, "WHO b*", &ann,
	         ":chat.test 352 ann * ~bob 127.0.0.1 chat.test bob H :0 Some bob\r\n"
	         ":chat.test 315 ann b* :End of /WHO list\r\n"},
	};
	PLAY(hidden);
	world_stop();
}

/* Tilde is the small letter of circumflex, in all names. */
static void circumflex_is_tilde(void)
{
	begin(7);
	const struct step steps[] = {
	        {&ann, "NICK a^", &ann, ":ann!~ann@127.0.0.1 NICK :a^\r\n"},
	        {&bob, "NICK A~", &bob, ":chat.test 433 bob A~ :Nickname is already in use\r\n"},
	        {&bob, "PRIVMSG a~ :x", &ann, ":bob!~bob@127.0.0.1 PRIVMSG a^ :x\r\n"},
	        {&bob, "ISON a~", &bob, ":chat.test 303 bob :a^\r\n"},
	        {&ann, "NICK a~", &ann, ":a^!~ann@127.0.0.1 NICK :a~\r\n"},
	        {&ann, "JOIN #~", &ann, NULL},
	        {&ann, "MODE #^ +b ^ob", &ann, ":a~!~ann@127.0.0.1 MODE #~ +b ^ob!*@*\r\n"},
	        {&bob, "NICK ~ob", &bob, NULL},
	        {&bob, "JOIN #^", &bob, ":chat.test 474 ~ob #~ :Cannot join channel (+b)\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void unregistered_nick_is_in_no_list(void)
{
	begin(8);
	struct gatio_address new = world_connect();
	world_type(new, "NICK new");
	const struct step steps[] = {
	        {&ann, "ISON new ann", &ann, ":chat.test 303 ann :ann\r\n"},
	        {&ann, "USERHOST new ann", &ann, ":chat.test 302 ann :ann=+~ann@127.0.0.1\r\n"},
	        {&ann, "WHO n*", &ann, ":chat.test 315 ann n* :End of /WHO list\r\n"},
	        {&ann, "NAMES", &ann,
	         ":chat.test 353 ann * * :cat bob ann\r\n"
	         ":chat.test 366 ann * :End of /NAMES list\r\n"},
	        {&ann, "JOIN #c\nMODE #c +o new", &ann, NULL},
	        {&ann, "MODE #c +o new", &ann, ":chat.test 401 ann new :No such nick/channel\r\n"},
	};
	PLAY(steps);
	world_clear(ann);
	world_type(ann, "LUSERS");
	CU_ASSERT_TRUE(world_sees(ann, ":There are 3 users and 0 invisible on 1 servers\r\n"));
	CU_ASSERT_TRUE(world_sees(ann, ":I have 3 clients and 0 servers\r\n"));
	world_stop();
}

static void nobody_and_elsewhere_are_told_apart(void)
{
	begin(9);
	const struct step steps[] = {
	        {&ann, "JOIN #C", &ann, NULL},
	        {&ann, "MODE #c +o nobody", &ann,
	         ":chat.test 401 ann nobody :No such nick/channel\r\n"},
	        {&ann, "MODE #c +o BOB", &ann,
	         ":chat.test 441 ann bob #C :They aren't on that channel\r\n"},
	        {&ann, "KICK #c nobody", &ann,
	         ":chat.test 401 ann nobody :No such nick/channel\r\n"},
	        {&ann, "KICK #c bob", &ann,
	         ":chat.test 441 ann bob #C :They aren't on that channel\r\n"},
	        {&ann, "PART #none", &ann, ":chat.test 403 ann #none :No such channel\r\n"},
	        {&bob, "PART #c", &bob, ":chat.test 442 bob #C :You're not on that channel\r\n"},
	        {&ann, "INVITE bob #none", &ann, ":chat.test 403 ann #none :No such channel\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void empty_parameter_is_a_missing_one(void)
{
	begin(10);
	const struct step steps[] = {
	        {&ann, "JOIN :", &ann, ":chat.test 461 ann JOIN :Not enough parameters\r\n"},
	        {&ann, "JOIN ,", &ann, ":chat.test 461 ann JOIN :Not enough parameters\r\n"},
	        {&ann, "PART :", &ann, ":chat.test 461 ann PART :Not enough parameters\r\n"},
	        {&ann, "PART ,,", &ann, ":chat.test 461 ann PART :Not enough parameters\r\n"},
	        {&ann, "TOPIC :", &ann, ":chat.test 461 ann TOPIC :Not enough parameters\r\n"},
	        {&ann, "KICK #c :", &ann, ":chat.test 461 ann KICK :Not enough parameters\r\n"},
	        {&ann, "INVITE bob :", &ann,
	         ":chat.test 461 ann INVITE :Not enough parameters\r\n"},
	        {&ann, "WHOIS :", &ann, ":chat.test 431 ann :No nickname given\r\n"},
	        {&ann, "WHOIS ,", &ann, ":chat.test 431 ann :No nickname given\r\n"},
	        {&ann, "WHOWAS :", &ann, ":chat.test 431 ann :No nickname given\r\n"},
	        {&ann, "PRIVMSG , :x", &ann,
	         ":chat.test 411 ann :No recipient given (PRIVMSG)\r\n"},
	        {&ann, "NOTICE , :x", &ann, ""},
	};
	PLAY(steps);
	struct gatio_address new = world_connect();
	world_type(new, "NICK new\nUSER new 0 * :");
	CU_ASSERT_TRUE(world_sees(new, ":chat.test 461 new USER :Not enough parameters\r\n"));
	CU_ASSERT_EQUAL(world_count(new, " 001 "), 0);
	world_type(new, "USER new 0 * :New");
	CU_ASSERT_EQUAL(world_count(new, " 001 "), 1);
	world_stop();
}

/* What may be asked of a server, which is named behind it. */
static const char *const asked[] = {"MOTD",   "VERSION", "TIME",     "LUSERS *",
                                    "PING x", "LIST #a", "NAMES #a", "WHOWAS x 1"};

static void other_servers_are_unknown(void)
{
	begin(11);
	struct gatio_address new = world_connect();
	world_type(new, "NICK new\nPING x bob");
	CU_ASSERT_TRUE(world_sees(new, ":chat.test 402 new bob :No such server\r\n"));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s other.test", asked[i]);
		world_clear(ann);
		world_type(ann, text);
		CU_ASSERT_STRING_EQUAL(fake_output(ann),
		                       ":chat.test 402 ann other.test :No such server\r\n");
		snprintf(text, sizeof(text), "%s nobody\n%s new\n%s b*", asked[i], asked[i],
		         asked[i]);
		world_clear(ann);
		world_type(ann, text);
		CU_ASSERT_STRING_EQUAL(fake_output(ann),
		                       ":chat.test 402 ann nobody :No such server\r\n"
		                       ":chat.test 402 ann new :No such server\r\n"
		                       ":chat.test 402 ann b* :No such server\r\n");
	}
	world_stop();
}

/* By its name, a mask of it, or the nick of somebody who is on it: the same answer as when none is named. */
static void own_server_answers_by_any_name(void)
{
	static const char *const names[] = {"chat.test", "CHAT.*", "*", "ann", "BOB"};
	char text[100];
	char plain[30]; /* without the time of day */
	begin(19);
	world_type(bob, "JOIN #a");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		people_clear();
		world_type(ann, asked[i]);
		snprintf(plain, sizeof(plain), "%s", fake_output(ann));
		CU_ASSERT_STRING_NOT_EQUAL(plain, "");
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			snprintf(text, sizeof(text), "%s %s", asked[i], names[k]);
			people_clear();
			world_type(ann, text);
			CU_ASSERT_EQUAL(strncmp(fake_output(ann), plain, strlen(plain)), 0);
		}
	}
	people_clear();
	world_type(
	        ann,
	        "LUSERS"); /* what may stand before the server is a mask of servers: it says nothing of one */
	snprintf(plain, sizeof(plain), "%s", fake_output(ann));
	people_clear();
	world_type(ann, "LUSERS other.test");
	CU_ASSERT_EQUAL(strncmp(fake_output(ann), plain, strlen(plain)), 0);
	people_clear();
	world_type(ann, "NAMES #a bob");
	CU_ASSERT_STRING_EQUAL(fake_output(ann), ":chat.test 353 ann = #a :@bob\r\n"
	                                         ":chat.test 366 ann #a :End of /NAMES list\r\n");
	const struct step steps[] = {
	        {&ann, "WHOIS other.test bob", &ann,
	         ":chat.test 402 ann other.test :No such server\r\n"},
	        {&ann, "WHOIS :two words", &ann,
	         ":chat.test 401 ann two :No such nick/channel\r\n"
	         ":chat.test 318 ann two :End of /WHOIS list\r\n"},
	};
	PLAY(steps);
	world_type(ann, "WHOIS chat.test bob\nWHOIS bob bob\nWHOIS BOB bob");
	CU_ASSERT_EQUAL(world_count(ann, " 311 ann bob "), 3);
	world_stop();
}

static void who_finds_by_mask_and_no_operators(void)
{
	begin(12);
	const struct step steps[] = {
	        {&ann, "JOIN #c", &ann, NULL},
	        {&ann, "WHO #c o", &ann, ":chat.test 315 ann #c :End of /WHO list\r\n"},
	        {&ann, "WHO * o", &ann, ":chat.test 315 ann * :End of /WHO list\r\n"},
	        {&ann, "WHO #none", &ann, ":chat.test 315 ann #none :End of /WHO list\r\n"},
	        {&ann, "WHO nobody", &ann, ":chat.test 315 ann nobody :End of /WHO list\r\n"},
	        {&ann, "WHO :*ome bo?", &ann,
	         ":chat.test 352 ann * ~bob 127.0.0.1 chat.test bob H :0 Some bob\r\n"
	         ":chat.test 315 ann *ome :End of /WHO list\r\n"},
	};
	PLAY(steps);
	static const char *const all[] = {"WHO",   "WHO :",      "WHO *",
	                                  "WHO 0", "WHO chat.*", "WHO 127.*"};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		world_clear(ann);
		world_type(ann, all[i]);
		CU_ASSERT_EQUAL(world_count(ann, " 352 "), 3);
		CU_ASSERT_EQUAL(world_count(ann, " 315 "), 1);
	}
	world_stop();
}

static void names_are_spelled_as_they_were_made(void)
{
	begin(13);
	const struct step steps[] = {
	        {&ann, "JOIN #Chan", &ann, NULL},
	        {&bob, "JOIN #chaN", &bob, NULL},
	        {&bob, "PRIVMSG #CHAN :x", &ann, ":bob!~bob@127.0.0.1 PRIVMSG #Chan :x\r\n"},
	        {&bob, "NOTICE ANN :x", &ann, ":bob!~bob@127.0.0.1 NOTICE ann :x\r\n"},
	        {&bob, "TOPIC #CHAN", &bob, ":chat.test 331 bob #Chan :No topic is set\r\n"},
	        {&cat, "PRIVMSG #CHAN :x", &cat,
	         ":chat.test 404 cat #Chan :Cannot send to channel\r\n"},
	};
	PLAY(steps);
	world_type(cat, "WHOIS bob\nWHOIS ann");
	CU_ASSERT_TRUE(world_sees(cat, ":chat.test 319 cat bob :#Chan\r\n"));
	CU_ASSERT_TRUE(world_sees(cat, ":chat.test 319 cat ann :@#Chan\r\n"));
	world_stop();
}

static void being_away_is_told_to_who_invites(void)
{
	begin(14);
	const struct step steps[] = {
	        {&ann, "JOIN #c", &ann, NULL},
	        {&bob, "AWAY :out", &bob, NULL},
	        {&ann, "INVITE BOB #c", &ann,
	         ":chat.test 341 ann bob #c\r\n:chat.test 301 ann bob :out\r\n"},
	        {&bob, "AWAY", &bob, NULL},
	        {&ann, "INVITE bob #c", &ann, ":chat.test 341 ann bob #c\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void lists_of_words_end_with_a_word(void)
{
	begin(15);
	const struct step steps[] = {
	        {&ann, "ISON bob nobody cat", &ann, ":chat.test 303 ann :bob cat\r\n"},
	        {&ann, "ISON nobody", &ann, ":chat.test 303 ann :\r\n"},
	        {&ann, "USERHOST bob cat", &ann,
	         ":chat.test 302 ann :bob=+~bob@127.0.0.1 cat=+~cat@127.0.0.1\r\n"},
	        {&ann, "USERHOST nobody", &ann, ":chat.test 302 ann :\r\n"},
	};
	PLAY(steps);
	world_stop();
}

static void targets_are_as_many_as_announced(void)
{
	begin(16);
	struct gatio_address new = world_connect();
	world_type(new, "NICK new\nUSER new 0 * :New");
	CU_ASSERT_TRUE(world_sees(new, " TARGMAX=PRIVMSG:4,NOTICE:4,NAMES:4,WHOIS:4,KICK:1,"
	                               "JOIN:,PART:,LIST: "));
	world_type(ann, "NAMES #1,#2,#3,#4,#5\nWHOIS a,b,c,d,e");
	CU_ASSERT_EQUAL(world_count(ann, " 366 "), 4);
	CU_ASSERT_TRUE(world_sees(ann, ":chat.test 407 ann #5 :Too many targets\r\n"));
	CU_ASSERT_EQUAL(world_count(ann, " 318 "), 4);
	CU_ASSERT_TRUE(world_sees(ann, ":chat.test 407 ann e :Too many targets\r\n"));
	world_stop();
}

static void plain_names_shows_all_that_may_be_seen(void)
{
	begin(17);
	const struct step steps[] = {
	        {&ann, "JOIN #open\nJOIN #own\nMODE #own +s", &ann, NULL},
	        {&bob, "JOIN #hidden\nMODE #hidden +s", &bob, NULL},
	        {&cat, "JOIN #open", &cat, NULL},
	        {&ann, "NAMES", &ann,
	         ":chat.test 353 ann @ #own :@ann\r\n:chat.test 353 ann = #open :@ann cat\r\n"
	         ":chat.test 353 ann * * :bob\r\n:chat.test 366 ann * :End of /NAMES list\r\n"},
	        {&bob, "NAMES :", &bob,
	         ":chat.test 353 bob @ #hidden :@bob\r\n:chat.test 353 bob = #open :@ann cat\r\n"
	         ":chat.test 366 bob * :End of /NAMES list\r\n"},
	};
	PLAY(steps);
	world_stop();
}

/* More than are looked at in one step, in rooms and outside. */
static void long_answers_go_page_by_page(void)
{
	enum { IN_ROOMS = 300, OUTSIDE = 300 };
	char text[100];
	begin(18);
	world_server.sendq_size = 4 << 20;
	for (int i = 0; i < IN_ROOMS + OUTSIDE; i++) {
		snprintf(text, sizeof(text), "p%d", i);
		struct gatio_address person = world_person(text);
		if (i < IN_ROOMS) {
			snprintf(text, sizeof(text), "JOIN #%d", i / 3);
			world_type(person, text);
		}
	}
	world_clear(ann);
	world_type(ann, "NAMES\nWHO p*\nPING end");
	CU_ASSERT_EQUAL(world_count(ann, " 353 ann = "), IN_ROOMS / 3);
	CU_ASSERT_EQUAL(world_count(ann, " 352 "), IN_ROOMS + OUTSIDE);
	CU_ASSERT_EQUAL(world_count(ann, " 366 ann * "), 1);
	CU_ASSERT_EQUAL(world_count(ann, " 315 ann p* "), 1);
	CU_ASSERT_TRUE(world_sees(ann, "PONG chat.test :end"));
	for (int i = 0; i < IN_ROOMS + OUTSIDE; i++) {
		snprintf(text, sizeof(text), " p%d H :0 ", i);
		CU_ASSERT_EQUAL(world_count(ann, text), 1);
	}
	world_stop();
}

static const CU_TestInfo tests[] = {
        {"ban mask is one word", ban_mask_is_one_word},
        {"bad mode parameter is named", bad_mode_parameter_is_named},
        {"invitation of a member opens nothing", invitation_of_a_member_opens_nothing},
        {"invisible person is seen in common channels only",
         invisible_person_is_seen_in_common_channels_only},
        {"circumflex is tilde", circumflex_is_tilde},
        {"unregistered nick is in no list", unregistered_nick_is_in_no_list},
        {"nobody and elsewhere are told apart", nobody_and_elsewhere_are_told_apart},
        {"empty parameter is a missing one", empty_parameter_is_a_missing_one},
        {"other servers are unknown", other_servers_are_unknown},
        {"own server answers by any name", own_server_answers_by_any_name},
        {"who finds by mask and no operators", who_finds_by_mask_and_no_operators},
        {"names are spelled as they were made", names_are_spelled_as_they_were_made},
        {"being away is told to who invites", being_away_is_told_to_who_invites},
        {"lists of words end with a word", lists_of_words_end_with_a_word},
        {"targets are as many as announced", targets_are_as_many_as_announced},
        {"plain names shows all that may be seen", plain_names_shows_all_that_may_be_seen},
        {"long answers go page by page", long_answers_go_page_by_page},
        CU_TEST_INFO_NULL,
};

const struct suite protocol_suite = {"protocol", tests};
