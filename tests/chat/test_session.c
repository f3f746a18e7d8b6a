/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: registration, input, limits and the end of a session. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/session.h"
#include "tests/chat/world.h"
#include "tests/support/suite.h"

static struct gatio_address ann;
static struct gatio_address bob;

static void registration_gets_the_welcome(void)
{
	world_start(1, 2, 0);
	world_server.motd = "first\n\nsecond";
	ann = world_connect();
	world_type(ann, "CAP LS 302\nNICK ann\nUSER ann 0 * :Ann A.");
	CU_ASSERT_TRUE(world_sees(ann, ":chat.test CAP * LS :\r\n"));
	CU_ASSERT_EQUAL(world_count(ann, " 001 "), 0); /* waits for CAP END */
	world_type(ann, "CAP REQ :server-time\nCAP END");
	CU_ASSERT_TRUE(world_sees(ann, ":chat.test CAP ann NAK :server-time\r\n"));
	static const char *const lines[] = {
	        ":chat.test 001 ann :Welcome to the Test Network ann!~ann@127.0.0.1\r\n",
	        ":chat.test 002 ann :Your host is chat.test, running version gatio-chat-",
	        ":chat.test 003 ann :This server was created today\r\n",
	        ":chat.test 004 ann chat.test gatio-chat-",
	        "CASEMAPPING=rfc1459",
	        "NICKLEN=30",
	        ":chat.test 251 ann :There are 1 users and 0 invisible on 1 servers\r\n",
	        ":chat.test 252 ann 0 :operator(s) online\r\n",
	        ":chat.test 254 ann 0 :channels formed\r\n",
	        ":chat.test 255 ann :I have 1 clients and 0 servers\r\n",
	        ":chat.test 375 ann :- chat.test Message of the day -\r\n",
	        ":chat.test 372 ann :- first\r\n",
	        ":chat.test 372 ann :- \r\n",
	        ":chat.test 372 ann :- second\r\n",
	        ":chat.test 376 ann :End of /MOTD command\r\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CU_ASSERT_TRUE(world_sees(ann, lines[i]));
	}
	world_stop();
}

static void registration_without_motd_says_so(void)
{
	world_start(2, 1, 0);
	ann = world_connect();
	world_type(ann, "USER ann 0 * :Ann\nNICK ann");
	CU_ASSERT_TRUE(world_sees(ann, " 001 ann "));
	CU_ASSERT_TRUE(world_sees(ann, " 422 ann :MOTD File is missing\r\n"));
	world_stop();
}

static void password_is_asked_for(void)
{
	static const struct {
		const char *lines;
		bool is_right;
	} cases[] = {
	        {"PASS secret\nNICK a\nUSER a 0 * :a", true},
	        {"PASS wrong\nNICK a\nUSER a 0 * :a", false},
	        {"PASS secretsecret\nNICK a\nUSER a 0 * :a", false},
	        {"PASS :\nNICK a\nUSER a 0 * :a", false},
	        {"NICK a\nUSER a 0 * :a", false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_start(3, 1, 0);
		world_server.password = "secret";
		ann = world_connect();
		world_type(ann, cases[i].lines);
		CU_ASSERT_EQUAL(world_count(ann, " 001 a "), cases[i].is_right);
		CU_ASSERT_EQUAL(world_count(ann, " 464 a :Password incorrect"), !cases[i].is_right);
		CU_ASSERT_EQUAL(fake_is_ended(ann), !cases[i].is_right);
		world_stop();
	}
}

static void errors_before_registration(void)
{
	world_start(4, 2, 0);
	ann = world_connect();
	static const struct {
		const char *line;
		const char *answer;
	} cases[] = {
	        {"JOIN #a", " 451 * :You have not registered\r\n"},
	        {"NONSENSE", " 451 * :You have not registered\r\n"},
	        {"NICK", " 431 * :No nickname given\r\n"},
	        {"NICK :", " 431 * :No nickname given\r\n"},
	        {"NICK 1a", " 432 * 1a :Erroneous nickname\r\n"},
	        {"USER a b", " 461 * USER :Not enough parameters\r\n"},
	        {"CAP FOO", " 410 * FOO :Invalid CAP command\r\n"},
	        {"CAP LIST", " CAP * LIST :\r\n"},
	        {"PING", " 409 * :No origin specified\r\n"},
	        {"PING :a b", ":chat.test PONG chat.test :a b\r\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_clear(ann);
		world_type(ann, cases[i].line);
		CU_ASSERT_TRUE(world_sees(ann, cases[i].answer));
	}
	world_stop();
}

static void taken_nick_is_refused(void)
{
	world_start(5, 2, 0);
	ann = world_person("ann[]");
	bob = world_connect();
	world_type(bob, "NICK ANN{}\nUSER b 0 * :b");
	CU_ASSERT_TRUE(world_sees(bob, " 433 * ANN{} :Nickname is already in use\r\n"));
	world_type(bob, "NICK bob");
	CU_ASSERT_TRUE(world_sees(bob, " 001 bob "));
	world_type(bob, "NICK ann{}\nUSER b 0 * :b\nPASS x");
	CU_ASSERT_TRUE(world_sees(bob, " 433 bob ann{} "));
	CU_ASSERT_TRUE(world_sees(bob, " 462 bob :You may not reregister\r\n"));
	world_type(ann, "QUIT");
	world_clear(bob);
	world_type(bob, "NICK ann{}");
	CU_ASSERT_TRUE(world_sees(bob, ":bob!~b@127.0.0.1 NICK :ann{}\r\n"));
	world_stop();
}

static void nick_left_behind_is_freed(void)
{
	world_start(6, 2, 0);
	ann = world_person("ann");
	fake_kill(ann); /* its good-bye is lost */
	bob = world_person("bob");
	world_type(bob, "NICK ann");
	CU_ASSERT_TRUE(world_sees(bob, " 433 bob ann "));
	world_type(bob, "NICK ann");
	CU_ASSERT_TRUE(world_sees(bob, " NICK :ann\r\n"));
	world_stop();
}

static void nick_changes_case(void)
{
	world_start(7, 2, 0);
	ann = world_person("ann");
	bob = world_person("bob");
	world_type(ann, "NICK Ann");
	CU_ASSERT_TRUE(world_sees(ann, ":ann!~ann@127.0.0.1 NICK :Ann\r\n"));
	world_clear(ann);
	world_type(ann, "NICK Ann"); /* nothing to do, nothing to say */
	CU_ASSERT_STRING_EQUAL(fake_output(ann), "");
	world_type(bob, "PRIVMSG ANN :hi\nNICK ann");
	CU_ASSERT_TRUE(world_sees(ann, ":bob!~bob@127.0.0.1 PRIVMSG Ann :hi\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, " 433 "));
	world_stop();
}

/* Nothing is left behind of a name that was changed. */
static void old_nicks_leave_nothing(void)
{
	world_start(7, 2, 0);
	ann = world_person("ann");
	for (int i = 0; i < 50; i++) {
		world_type(ann, "NICK other\nNICK ann");
	}
	CU_ASSERT_EQUAL(world_hub()->nick_index.count, 1);
	CU_ASSERT_EQUAL(world_count(ann, " NICK :ann\r\n"), 50);
	world_stop();
}

static void silence_before_registration_ends(void)
{
	world_start(8, 1, 0);
	ann = world_connect();
	world_type(ann, "NICK ann");
	fake_advance(GATIO_SECONDS(29));
	CU_ASSERT_FALSE(fake_is_ended(ann));
	fake_advance(GATIO_SECONDS(2));
	CU_ASSERT_TRUE(fake_is_ended(ann));
	CU_ASSERT_TRUE(
	        world_sees(ann, "ERROR :Closing Link: 127.0.0.1 (Registration timed out)\r\n"));
	bob = world_person("ann"); /* the nick is free again */
	world_stop();
}

static void silent_person_is_pinged_and_ended(void)
{
	world_start(9, 1, 0);
	ann = world_person("ann");
	bob = world_person("bob");
	fake_advance(GATIO_SECONDS(121));
	CU_ASSERT_TRUE(world_sees(ann, "PING :chat.test\r\n"));
	CU_ASSERT_TRUE(world_sees(bob, "PING :chat.test\r\n"));
	world_type(bob, "PONG :chat.test");
	fake_advance(GATIO_SECONDS(121));
	CU_ASSERT_TRUE(fake_is_ended(ann));
	CU_ASSERT_TRUE(world_sees(ann, "(Ping timeout)"));
	CU_ASSERT_FALSE(fake_is_ended(bob));
	world_stop();
}

static void peer_that_does_not_read_is_ended(void)
{
	world_start(14, 2, 0);
	ann = world_person("ann");
	bob = world_person("bob");
	struct gatio_address deaf = world_person("deaf");
	world_type(ann, "JOIN #a");
	world_type(bob, "JOIN #a");
	world_type(deaf, "JOIN #a");
	fake_stop_reading(deaf, 2000);
	for (int i = 0; i < 50; i++) {
		world_type(ann, "PRIVMSG #a :0123456789012345678901234567890123456789");
	}
	CU_ASSERT_TRUE(fake_is_ended(deaf));
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), 50);
	CU_ASSERT_TRUE(world_sees(bob, ":deaf!~deaf@127.0.0.1 QUIT :SendQ exceeded\r\n"));
	world_stop();
}

static void quit_and_close_are_told(void)
{
	world_start(15, 2, 0);
	ann = world_person("ann");
	bob = world_person("bob");
	struct gatio_address cat = world_person("cat");
	world_type(ann, "JOIN #a");
	world_type(bob, "JOIN #a");
	world_type(cat, "JOIN #a");
	world_type(bob, "QUIT :so long\nPRIVMSG #a :not any more");
	CU_ASSERT_TRUE(world_sees(bob, "ERROR :Closing Link: 127.0.0.1 (Quit: so long)\r\n"));
	CU_ASSERT_TRUE(fake_is_ended(bob));
	CU_ASSERT_TRUE(world_sees(ann, ":bob!~bob@127.0.0.1 QUIT :Quit: so long\r\n"));
	CU_ASSERT_EQUAL(world_count(ann, "not any more"), 0);
	fake_close(cat);
	fake_run();
	CU_ASSERT_TRUE(
	        world_sees(ann, ":cat!~cat@127.0.0.1 QUIT :Remote host closed the connection"));
	world_stop();
}

static void draining_says_why(void)
{
	world_start(16, 2, 0);
	ann = world_person("ann");
	bob = world_person("bob");
	world_type(ann, "JOIN #a");
	world_type(bob, "JOIN #a");
	world_clear(ann);
	fake_drain();
	fake_run();
	CU_ASSERT_TRUE(fake_is_ended(ann));
	CU_ASSERT_TRUE(fake_is_ended(bob));
	CU_ASSERT_STRING_EQUAL(fake_output(ann),
	                       "ERROR :Closing Link: 127.0.0.1 (Server shutting down)\r\n");
	world_stop();
}

static void commands_of_one_packet_keep_their_order(void)
{
	for (uint64_t seed = 1; seed < 50; seed++) {
		world_start(seed, 3, 0);
		bob = world_person("bob");
		world_type(bob, "JOIN #a");
		ann = world_connect();
		world_type(ann, "NICK ann\nUSER a 0 * :a\nJOIN #a\nPRIVMSG #a :one\nNICK anna\n"
		                "PRIVMSG #a :two\nPART #a :done\nQUIT");
		static const char *const order[] = {
		        ":ann!~a@127.0.0.1 JOIN #a\r\n",
		        ":ann!~a@127.0.0.1 PRIVMSG #a :one\r\n",
		        ":ann!~a@127.0.0.1 NICK :anna\r\n",
		        ":anna!~a@127.0.0.1 PRIVMSG #a :two\r\n",
		        ":anna!~a@127.0.0.1 PART #a :done\r\n",
		};
		const char *at = fake_output(bob);
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && at; i++) {
			at = strstr(at, order[i]);
			CU_ASSERT_PTR_NOT_NULL(at);
		}
		CU_ASSERT_TRUE(fake_is_ended(ann));
		world_stop();
	}
}

static void half_closed_client_gets_its_answers(void)
{
	world_start(17, 2, 0);
	ann = world_connect();
	world_type_only(ann, "NICK ann\nUSER a 0 * :a\nJOIN #a\nWHOIS ann\nTOPIC #a :x\nNAMES #a");
	fake_run();
	fake_half_close(ann);
	fake_run();
	CU_ASSERT_TRUE(world_sees(ann, " 318 ann ann "));
	CU_ASSERT_TRUE(world_sees(ann, " TOPIC #a :x\r\n"));
	CU_ASSERT_EQUAL(world_count(ann, " 366 ann #a "), 2);
	CU_ASSERT_TRUE(world_sees(ann, "(Remote host closed the connection)"));
	CU_ASSERT_TRUE(fake_is_ended(ann));
	world_stop();
}

static void half_close_while_parked_loses_nothing(void)
{
	for (uint64_t seed = 1; seed < 50; seed++) {
		world_start(seed, 3, 0);
		ann = world_connect();
		world_type_only(ann, "NICK ann\nUSER a 0 * :a\nJOIN #a\nPING last");
		fake_half_close(ann);
		fake_run();
		CU_ASSERT_TRUE(world_sees(ann, " PONG chat.test :last\r\n"));
		CU_ASSERT_TRUE(fake_is_ended(ann));
		world_stop();
	}
}

/* It has sent all that may be under way, and no more comes: what is still to be said is said. */
static void half_close_waits_for_all_answers(void)
{
	for (uint64_t seed = 1; seed < 50; seed++) {
		world_start(seed, 3, 0);
		ann = world_person("ann");
		for (int i = 0; i < 5; i++) {
			world_type_only(ann, "PRIVMSG none :x");
		}
		fake_half_close(ann);
		fake_run();
		CU_ASSERT_EQUAL(world_count(ann, " 401 ann none "), 5);
		CU_ASSERT_TRUE(fake_is_ended(ann));
		world_stop();
	}
}

/* What each of the questions is answered with, one after the other. */
static const char *const answers[] = {
        " 332 ann #b ", " 318 ann ann ", " 366 ann #b ", " 315 ann #a ",    " 329 ann #a ",
        " 323 ann ",    " 303 ann ",     " 302 ann ",    " 403 ann #nope ", "PONG",
};

static void answers_keep_the_order_of_questions(void)
{
	for (uint64_t seed = 1; seed < 50; seed++) {
		world_start(seed, 3, 0);
		ann = world_person("ann");
		world_type(ann, "JOIN #a,#b\nTOPIC #b :x");
		world_clear(ann);
		world_type(ann, "TOPIC #b\nWHOIS ann\nNAMES #b\nWHO #a\nMODE #a\nLIST\nISON ann\n"
		                "USERHOST ann\nTOPIC #nope\nPING x");
		const char *at = fake_output(ann);
		for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]) && at; i++) {
			at = strstr(at, answers[i]);
			CU_ASSERT_PTR_NOT_NULL(at);
		}
		world_stop();
	}
}

static const CU_TestInfo tests[] = {
        {"half closed client gets its answers", half_closed_client_gets_its_answers},
        {"half close while parked loses nothing", half_close_while_parked_loses_nothing},
        {"half close waits for all answers", half_close_waits_for_all_answers},
        {"answers keep the order of questions", answers_keep_the_order_of_questions},
        {"registration gets the welcome", registration_gets_the_welcome},
        {"registration without motd says so", registration_without_motd_says_so},
        {"password is asked for", password_is_asked_for},
        {"errors before registration", errors_before_registration},
        {"taken nick is refused", taken_nick_is_refused},
        {"nick left behind is freed", nick_left_behind_is_freed},
        {"nick changes case", nick_changes_case},
        {"old nicks leave nothing", old_nicks_leave_nothing},
        {"silence before registration ends", silence_before_registration_ends},
        {"silent person is pinged and ended", silent_person_is_pinged_and_ended},
        {"peer that does not read is ended", peer_that_does_not_read_is_ended},
        {"quit and close are told", quit_and_close_are_told},
        {"draining says why", draining_says_why},
        {"commands of one packet keep their order", commands_of_one_packet_keep_their_order},
        CU_TEST_INFO_NULL,
};

const struct suite session_suite = {"session", tests};
