/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: what happens in a room, and between persons. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"
#include "tests/chat/people.h"
#include "tests/support/suite.h"

static void begin(uint64_t seed)
{
	people_begin(seed, 3, 2);
}

/* ann is operator of #a, bob a member. */
static void begin_in_room(uint64_t seed)
{
	begin(seed);
	world_type(ann, "JOIN #a");
	world_type(bob, "JOIN #a");
	people_clear();
}

static void join_shows_topic_and_names(void)
{
	begin(1);
	world_type(ann, "JOIN #A\nTOPIC #a :on gatio");
	world_clear(ann);
	world_type(bob, "JOIN #a");
	CU_ASSERT_TRUE(world_sees(bob, ":bob!~bob@127.0.0.1 JOIN #A\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 332 bob #A :on gatio\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 333 bob #A ann "));
	CU_ASSERT_TRUE(world_sees(bob, " 353 bob = #A :@ann bob\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 366 bob #A :End of /NAMES list\r\n"));
	CU_ASSERT_STRING_EQUAL(fake_output(ann), ":bob!~bob@127.0.0.1 JOIN #A\r\n");
	world_stop();
}

static void messages_go_to_others_once(void)
{
	begin_in_room(2);
	world_type(bob, "PRIVMSG #a :hello  :there\nNOTICE #a :note");
	CU_ASSERT_STRING_EQUAL(fake_output(ann), ":bob!~bob@127.0.0.1 PRIVMSG #a :hello  :there\r\n"
	                                         ":bob!~bob@127.0.0.1 NOTICE #a :note\r\n");
	CU_ASSERT_STRING_EQUAL(fake_output(bob), "");
	world_stop();
}

static void part_kick_and_join_zero(void)
{
	begin_in_room(3);
	const struct step steps[] = {
	        {&bob, "PART #a :so long", &ann, ":bob!~bob@127.0.0.1 PART #a :so long\r\n"},
	        {&bob, "PART #a", &bob, " 442 bob #a :You're not on that channel\r\n"},
	        {&bob, "PART nothing", &bob, " 403 bob nothing :No such channel\r\n"},
	        {&bob, "JOIN #a", &bob, " 366 "},
	        {&bob, "KICK #a ann", &bob, " 482 bob #a :You're not channel operator\r\n"},
	        {&ann, "KICK #a cat", &ann, " 401 ann cat :No such nick/channel\r\n"},
	        {&ann, "KICK #nope bob", &ann, " 403 ann #nope "},
	        {&ann, "KICK #a bob :go", &bob, ":ann!~ann@127.0.0.1 KICK #a bob :go\r\n"},
	        {&bob, "KICK #a ann", &bob, " 442 bob #a "},
	        {&bob, "PRIVMSG #a :hi", &bob, " 404 bob #a :Cannot send to channel\r\n"},
	        {&bob, "JOIN #a,#b", &bob, " 366 bob #b "},
	        {&bob, "JOIN 0", &ann, ":bob!~bob@127.0.0.1 PART #a\r\n"},
	        {&bob, "WHOIS bob", &bob, " 318 bob bob "},
	};
	PLAY_PARTS(steps);
	CU_ASSERT_EQUAL(world_count(bob, " 319 "), 0);
	world_stop();
}

static void modes_are_kept_and_told(void)
{
	begin_in_room(4);
	const struct step steps[] = {
	        {&bob, "MODE #a", &bob, " 324 bob #a +nt\r\n"},
	        {&bob, "MODE #a +m", &bob, " 482 bob #a "},
	        {&bob, "MODE #a b", &bob, " 368 bob #a :End of channel ban list\r\n"},
	        {&ann, "MODE #a +mv-t bob", &bob, ":ann!~ann@127.0.0.1 MODE #a +mv-t bob\r\n"},
	        {&ann, "MODE #a -v bob", &bob, " MODE #a -v bob\r\n"},
	        {&bob, "PRIVMSG #a :x", &bob, " 404 bob #a "},
	        {&ann, "MODE #a -m+lk 5 key", &bob, " MODE #a -m+lk 5 key\r\n"},
	        {&bob, "MODE #a", &bob, " 324 bob #a +nkl key 5\r\n"},
	        {&ann, "MODE #a -kl x", &bob, " MODE #a -kl *\r\n"},
	        {&ann, "MODE #a +Z", &ann, " 472 ann Z :is unknown mode char to me\r\n"},
	        {&ann, "MODE #a +o", &ann, " 461 ann MODE "},
	        {&ann, "MODE #a +o cat", &ann, " 401 ann cat :No such nick/channel\r\n"},
	        {&ann, "MODE #a +l x", &ann, " 696 ann #a l x :Invalid mode parameter\r\n"},
	        {&ann, "MODE #a +b bob", &bob, " MODE #a +b bob!*@*\r\n"},
	        {&bob, "MODE #a b", &bob, " 367 bob #a bob!*@* ann "},
	        {&bob, "PRIVMSG #a :x", &bob, " 404 bob #a "},
	        {&ann, "MODE #a -b bob", &bob, " MODE #a -b bob!*@*\r\n"},
	        {&ann, "MODE #a +o bob", &bob, " MODE #a +o bob\r\n"},
	        {&bob, "MODE #a -o ann", &ann, " MODE #a -o ann\r\n"},
	        {&bob, "MODE ann +i", &bob, " 502 bob "},
	        {&bob, "MODE bob", &bob, " 221 bob +\r\n"},
	        {&bob, "MODE bob +i", &bob, ":bob MODE bob :+i\r\n"},
	        {&bob, "MODE bob +x", &bob, " 501 bob "},
	        {&bob, "MODE #nope", &bob, " 403 bob #nope "},
	};
	PLAY_PARTS(steps);
	world_stop();
}

static void locked_room_refuses_by_reason(void)
{
	begin(5);
	world_type(ann, "JOIN #a");
	const struct step steps[] = {
	        {&ann, "MODE #a +k secret", &ann, " +k secret"},
	        {&bob, "JOIN #a", &bob, " 475 bob #a :Cannot join channel (+k)\r\n"},
	        {&bob, "JOIN #a wrong", &bob, " 475 bob #a "},
	        {&bob, "JOIN #a secret", &bob, " 366 bob #a "},
	        {&bob, "PART #a", &bob, " PART #a"},
	        {&ann, "MODE #a -k x", &ann, " -k *"},
	        {&ann, "MODE #a +l 1", &ann, " +l 1"},
	        {&bob, "JOIN #a", &bob, " 471 bob #a :Cannot join channel (+l)\r\n"},
	        {&ann, "MODE #a -l+b bob!*@*", &ann, " -l+b bob!*@*"},
	        {&bob, "JOIN #a", &bob, " 474 bob #a :Cannot join channel (+b)\r\n"},
	        {&ann, "MODE #a -b+i bob!*@*", &ann, " -b+i bob!*@*"},
	        {&bob, "JOIN #a", &bob, " 473 bob #a :Cannot join channel (+i)\r\n"},
	        {&bob, "INVITE bob #a", &bob, " 442 bob #a "},
	        {&ann, "INVITE nobody #a", &ann, " 401 ann nobody :No such nick/channel\r\n"},
	        {&ann, "INVITE bob #a", &ann, " 341 ann bob #a\r\n"},
	        {&bob, "JOIN #a", &bob, " 366 bob #a "},
	        {&ann, "INVITE bob #a", &ann, " 443 ann bob #a :is already on channel\r\n"},
	        {&bob, "INVITE cat #a", &bob, " 401 bob cat "},
	        {&bob, "INVITE ann #a", &bob, " 482 bob #a "},
	};
	PLAY_PARTS(steps);
	world_stop();
}

static void invitation_reaches_the_invited(void)
{
	begin(6);
	const struct step steps[] = {
	        {&ann, "JOIN #a", &ann, " 366 "},
	        {&ann, "INVITE bob #a", &bob, ":ann!~ann@127.0.0.1 INVITE bob #a\r\n"},
	};
	PLAY_PARTS(steps);
	world_stop();
}

static void topic_is_guarded(void)
{
	begin_in_room(7);
	const struct step steps[] = {
	        {&bob, "TOPIC #a", &bob, " 331 bob #a :No topic is set\r\n"},
	        {&bob, "TOPIC #a :x", &bob, " 482 bob #a "},
	        {&ann, "TOPIC #a :one", &bob, ":ann!~ann@127.0.0.1 TOPIC #a :one\r\n"},
	        {&bob, "TOPIC #a", &bob, " 332 bob #a :one\r\n"},
	        {&ann, "TOPIC #a :", &bob, ":ann!~ann@127.0.0.1 TOPIC #a :\r\n"},
	        {&bob, "TOPIC #a", &bob, " 331 bob #a "},
	        {&bob, "TOPIC #b", &bob, " 403 bob #b "},
	        {&bob, "TOPIC", &bob, " 461 bob TOPIC "},
	        {&bob, "PART #a", &bob, " PART "},
	        {&bob, "TOPIC #a :x", &bob, " 442 bob #a "},
	};
	PLAY_PARTS(steps);
	world_stop();
}

static void secret_room_is_hidden(void)
{
	begin(8);
	world_type(ann, "JOIN #a,#open\nMODE #a +s");
	world_type(bob, "LIST\nNAMES #a\nWHO #a\nWHOIS ann\nTOPIC #a");
	CU_ASSERT_EQUAL(world_count(bob, " 322 bob #a "), 0);
	CU_ASSERT_EQUAL(world_count(bob, " 322 bob #open 1 :"), 1);
	CU_ASSERT_EQUAL(world_count(bob, " 353 "), 0);
	CU_ASSERT_EQUAL(world_count(bob, " 352 "), 0);
	CU_ASSERT_TRUE(world_sees(bob, " 319 bob ann :@#open\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 442 bob #a "));
	world_clear(ann);
	world_type(ann, "LIST\nNAMES #a");
	CU_ASSERT_TRUE(world_sees(ann, " 322 ann #a 1 :"));
	CU_ASSERT_TRUE(world_sees(ann, " 353 ann @ #a :@ann\r\n"));
	world_stop();
}

static void persons_are_found_and_told(void)
{
	begin(9);
	const struct step steps[] = {
	        {&ann, "PRIVMSG bob :hi", &bob, ":ann!~ann@127.0.0.1 PRIVMSG bob :hi\r\n"},
	        {&ann, "PRIVMSG nobody :hi", &ann, " 401 ann nobody :No such nick/channel\r\n"},
	        {&ann, "PRIVMSG #nope :hi", &ann, " 403 ann #nope "},
	        {&ann, "PRIVMSG", &ann, " 411 ann :No recipient given (PRIVMSG)\r\n"},
	        {&ann, "PRIVMSG bob", &ann, " 412 ann :No text to send\r\n"},
	        {&ann, "PRIVMSG bob,bob,bob,bob,x :y", &ann, " 407 ann x :Too many targets\r\n"},
	        {&bob, "AWAY :out", &bob, " 306 bob "},
	        {&ann, "PRIVMSG bob :hi", &ann, " 301 ann bob :out\r\n"},
	        {&ann, "WHOIS bob", &ann, " 311 ann bob ~bob 127.0.0.1 * :Some bob\r\n"},
	        {&ann, "WHOIS chat.test BOB", &ann, " 318 ann BOB :End of /WHOIS list\r\n"},
	        {&ann, "WHOIS bob", &ann, " 317 ann bob "},
	        {&ann, "WHOIS bob", &ann, " 312 ann bob chat.test :Test\r\n"},
	        {&ann, "WHOIS nobody", &ann, " 401 ann nobody "},
	        {&ann, "WHOIS nobody", &ann, " 318 ann nobody "},
	        {&ann, "WHOWAS bob", &ann, " 406 ann bob "},
	        {&ann, "WHO bob", &ann,
	         " 352 ann * ~bob 127.0.0.1 chat.test bob G :0 Some bob\r\n"},
	        {&ann, "USERHOST bob ann x", &ann, "bob=-~bob@127.0.0.1"},
	        {&ann, "ISON bob x ann", &ann, " 303 ann :"},
	        {&bob, "AWAY", &bob, " 305 bob "},
	        {&ann, "USERHOST bob", &ann, " 302 ann :bob=+~bob@127.0.0.1\r\n"},
	        {&ann, "WHO", &ann, " 315 ann * "},
	        {&ann, "NAMES", &ann, " 366 ann * "},
	        {&ann, "VERSION", &ann, " 351 ann gatio-chat-"},
	        {&ann, "TIME", &ann, " 391 ann chat.test :"},
	        {&ann, "LUSERS", &ann, " 255 ann :I have 2 clients"},
	        {&ann, "NONSENSE x", &ann, " 421 ann NONSENSE :Unknown command\r\n"},
	};
	PLAY_PARTS(steps);
	world_clear(ann);
	world_type(ann, "NOTICE nobody :x\nNOTICE #nope :x\nNOTICE\nNOTICE bob");
	CU_ASSERT_STRING_EQUAL(fake_output(ann), ""); /* a NOTICE is never answered */
	world_stop();
}

static void unregistered_nick_is_nobody(void)
{
	begin(10);
	struct gatio_address new = world_connect();
	world_type(new, "NICK new");
	world_clear(new);
	world_type(ann, "PRIVMSG new :x\nWHOIS new\nWHO new\nNOTICE new :x");
	CU_ASSERT_EQUAL(world_count(ann, " 401 ann new "), 2);
	CU_ASSERT_TRUE(world_sees(ann, " 318 ann new "));
	CU_ASSERT_TRUE(world_sees(ann, " 315 ann new "));
	CU_ASSERT_STRING_EQUAL(fake_output(new), "");
	world_type(world_connect(),
	           "NICK cat\nUSER cat 0 * :Cat"); /* who registers counts himself only */
	world_type(ann, "LUSERS\nISON new\nUSERHOST new");
	CU_ASSERT_TRUE(world_sees(ann, " 251 ann :There are 3 users and 0 invisible "));
	CU_ASSERT_TRUE(world_sees(ann, " 255 ann :I have 3 clients "));
	CU_ASSERT_TRUE(world_sees(ann, " 303 ann :\r\n"));
	CU_ASSERT_TRUE(world_sees(ann, " 302 ann :\r\n"));
	world_stop();
}

static void bounds_have_their_numerics(void)
{
	char text[100];
	world_start(11, 3, 0);
	world_server.room_count_max = 3;
	world_server.member_count_max = 1;
	ann = world_person("ann");
	bob = world_person("bob");
	world_type(ann, "JOIN #1,#2,#3,#4");
	CU_ASSERT_TRUE(world_sees(ann, " 405 ann #4 :You have joined too many channels\r\n"));
	world_type(bob, "JOIN #1,bad,#");
	CU_ASSERT_TRUE(world_sees(bob, " 471 bob #1 "));
	CU_ASSERT_TRUE(world_sees(bob, " 403 bob bad "));
	CU_ASSERT_TRUE(world_sees(bob, " 476 bob # :Bad Channel Mask\r\n"));
	for (int i = 0; i <= CHAT_BANS_MAX; i++) {
		snprintf(text, sizeof(text), "MODE #1 +b nick%d", i);
		world_type(ann, text);
	}
	CU_ASSERT_EQUAL(world_count(ann, " MODE #1 +b nick"), CHAT_BANS_MAX);
	CU_ASSERT_EQUAL(world_count(ann, " 478 ann #1 nick64!*@* "), 1);
	world_stop();
}

static void names_of_many_take_several_lines(void)
{
	char text[200];
	world_start(12, 3, 0);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "a-rather-long-nick-%d", i);
		bob = world_person(text);
		world_type(bob, "JOIN #a");
	}
	world_clear(bob);
	world_type(bob, "NAMES #a\nWHO #a");
	/* Each once in NAMES, twice in WHO as its real name has it; bob's own at the beginning of each line. */
	CU_ASSERT_EQUAL(world_count(bob, "a-rather-long-nick-"),
	                100 + 200 + world_count(bob, "\r\n"));
	CU_ASSERT_TRUE(world_count(bob, " 353 ") > 5);
	CU_ASSERT_EQUAL(world_count(bob, " 352 "), 100);
	for (const char *at = fake_output(bob); *at; at = strstr(at, "\r\n") + 2) {
		CU_ASSERT_TRUE(strstr(at, "\r\n") + 2 - at <= CHAT_LINE_MAX);
	}
	world_stop();
}

static void list_goes_page_by_page(void)
{
	char text[100];
	world_start(13, 2, 0);
	for (int i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "p%d", i);
		ann = world_person(text);
		for (int k = 0; k < 10; k++) {
			snprintf(text, sizeof(text), "JOIN #%d-%d", i, k);
			world_type(ann, text);
		}
	}
	world_clear(ann);
	world_type(ann, "LIST\nPING x");
	CU_ASSERT_EQUAL(world_count(ann, " 322 "), 300);
	CU_ASSERT_EQUAL(world_count(ann, " 323 "), 1);
	CU_ASSERT_TRUE(world_sees(ann, "PONG"));
	world_clear(ann);
	world_type(ann, "LIST #3-3,#nope,#4-4");
	CU_ASSERT_EQUAL(world_count(ann, " 322 "), 2);
	world_stop();
}

static void empty_room_ends_and_begins_anew(void)
{
	begin_in_room(14);
	CU_ASSERT_EQUAL(world_hub()->room_count, 1);
	world_type(ann, "MODE #a +s\nPART #a");
	world_type(bob, "PART #a");
	CU_ASSERT_EQUAL(world_hub()->room_count, 0);
	world_clear(bob);
	world_type(bob, "JOIN #a\nMODE #a\nLUSERS");
	CU_ASSERT_TRUE(world_sees(bob, " 353 bob = #a :@bob\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 324 bob #a +nt\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 254 bob 1 :channels formed\r\n"));
	world_stop();
}

/* However its last member goes. */
static void room_ends_with_its_last_member(void)
{
	begin_in_room(15);
	world_type(bob, "PART #a");
	world_type(ann, "KICK #a ann");
	CU_ASSERT_TRUE(world_sees(ann, ":ann!~ann@127.0.0.1 KICK #a ann :ann\r\n"));
	CU_ASSERT_EQUAL(world_hub()->room_count, 0);
	world_type(ann, "JOIN #b\nQUIT");
	CU_ASSERT_EQUAL(world_hub()->room_count, 0);
	world_stop();
}

static const CU_TestInfo tests[] = {
        {"join shows topic and names", join_shows_topic_and_names},
        {"messages go to others once", messages_go_to_others_once},
        {"part kick and join zero", part_kick_and_join_zero},
        {"modes are kept and told", modes_are_kept_and_told},
        {"locked room refuses by reason", locked_room_refuses_by_reason},
        {"invitation reaches the invited", invitation_reaches_the_invited},
        {"topic is guarded", topic_is_guarded},
        {"secret room is hidden", secret_room_is_hidden},
        {"persons are found and told", persons_are_found_and_told},
        {"unregistered nick is nobody", unregistered_nick_is_nobody},
        {"bounds have their numerics", bounds_have_their_numerics},
        {"names of many take several lines", names_of_many_take_several_lines},
        {"list goes page by page", list_goes_page_by_page},
        {"room ends with its last member", room_ends_with_its_last_member},
        {"empty room ends and begins anew", empty_room_ends_and_begins_anew},
        CU_TEST_INFO_NULL,
};

const struct suite room_suite = {"room", tests};
