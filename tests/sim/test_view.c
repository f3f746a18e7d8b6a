/* SPDX-License-Identifier: Apache-2.0 */
/* tests/sim/view.c: what a client of a chat server cannot be told. */
#include "tests/sim/view.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

#define U0         ":ann!~u0@h "
#define U1         ":bob!~u1@h "
#define U2         ":cat!~u2@h "
#define WELCOME    ":s 001 ann :Welcome\n"
#define NAMES(...) ":s 353 ann = #a :" __VA_ARGS__ "\n:s 366 ann #a :End\n"
#define ALONE      WELCOME U0 "JOIN #a\n" NAMES("@ann")
/* With bob, who is an operator, and cat. */
#define AMONG WELCOME U0 "JOIN #a\n" NAMES("@bob ann cat")

/* Lines with '\n' between them, to ann, who is u0. Owner: the view, ends with view_finish(). */
static void hear(struct view *view, const char *lines)
{
	char copy[2000];
	char *rest = copy;
	view_init(view, 0);
	snprintf(copy, sizeof(copy), "%s", lines);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (*line) {
			view_hear(view, line);
		}
	}
}

/* The reason that it gives, or "". */
static const char *fault_of(const char *lines)
{
	static char fault[VIEW_FAULT];
	static struct view view;
	hear(&view, lines);
	const char *why = strstr(view.fault, "': ");
	snprintf(fault, sizeof(fault), "%s", why ? why + 3 : "");
	view_finish(&view);
	return fault;
}

#define CAN_BE(lines_)          CU_ASSERT_STRING_EQUAL(fault_of(lines_), "")
#define CANNOT_BE(why_, lines_) CU_ASSERT_STRING_EQUAL(fault_of(lines_), why_)

static void usual_log_can_be(void)
{
	CAN_BE(AMONG U1 "PRIVMSG #a :u1.1 - x\n" U2 "NICK :dan\n:dan!~u2@h PRIVMSG ann :u2.1 -\n" U1
	                "MODE #a +o-v dan bob\n:dan!~u2@h TOPIC #a :u2.2\n:s 332 ann #a :u2.2\n" U1
	                "KICK #a ann :u1.2\n" U0
	                "JOIN #a\n:s 332 ann #a :u2.2\n" NAMES("@bob @dan ann") U1
	       "PART #a :u1.3\n:dan!~u2@h QUIT :Quit: u2.3\n"
	       "PING :s\nERROR :Closing Link: h (x)");
}

static void absent_do_nothing(void)
{
	CANNOT_BE("it is not in #b", AMONG U1 "PRIVMSG #b :u1.1 -");
	CANNOT_BE("dan is not in #a", AMONG ":dan!~u3@h PRIVMSG #a :u3.1 -");
	CANNOT_BE("bob is not in #a", AMONG U1 "PART #a :u1.1\n" U1 "TOPIC #a :u1.2");
	CANNOT_BE("bob is not in #a", AMONG U2 "NICK :dan\n" U1 "PART #a\n" U1 "PART #a");
	CANNOT_BE("dan is not in", AMONG U1 "KICK #a dan :u1.1");
	CANNOT_BE("nobody knows dan", AMONG ":dan!~u3@h NICK :eve");
	CANNOT_BE("nobody knows dan", AMONG ":dan!~u3@h QUIT :x");
	CANNOT_BE("it is in", ALONE U0 "JOIN #a");
	CANNOT_BE("bob is in", AMONG U1 "JOIN #a");
	CANNOT_BE("it is not in", AMONG U1 "JOIN #b");
	CANNOT_BE("its own good-bye", ALONE U0 "QUIT :x");
}

static void nicks_are_of_one(void)
{
	CANNOT_BE("somebody else is cat", AMONG U1 "NICK :cat");
	CANNOT_BE("somebody else is ann", AMONG U1 "NICK :ann");
	CANNOT_BE("u1 is bob", AMONG U1 "PRIVMSG #a :u1.1 -\n:bob!~u2@h PRIVMSG ann :u2.1 -");
	CANNOT_BE("u1 is bob", AMONG U1 "PRIVMSG #a :u1.1 -\n:dan!~u1@h PRIVMSG ann :u1.2 -");
	CANNOT_BE("that is not who has this nick", AMONG ":eve!~u0@h PART #a");
	CANNOT_BE("it is ann", AMONG U1 "PRIVMSG eve :u1.1 -");
	CANNOT_BE("it is ann", ALONE ":s 403 eve #x :No such channel");
	CANNOT_BE("u1 has quit", AMONG U1 "QUIT :x\n" U1 "PRIVMSG ann :u1.1 -");
}

static void lines_of_one_come_once_in_order(void)
{
	CANNOT_BE("its line 2 came before", AMONG U1 "PRIVMSG #a :u1.2 -\n" U1 "PART #a :u1.1");
	CANNOT_BE("its line 2 came before", AMONG U1 "NICK :u1-2\n:u1-2!~u1@h NOTICE ann :u1.1 -");
	CANNOT_BE("it has come before", AMONG U1 "PRIVMSG #a :u1.1 -\n" U1 "PRIVMSG #a :u1.1 -");
	CAN_BE(AMONG U1 "PRIVMSG #a :u1.1 #a\n" U1 "PRIVMSG ann :u1.1 #a");
	CANNOT_BE("that is what it has said itself", ALONE U0 "PRIVMSG #a :u0.1 -");
}

static void only_operators_kick(void)
{
	CANNOT_BE("cat is no operator", AMONG U2 "KICK #a ann :u2.1");
	CANNOT_BE("cat is no operator", AMONG U2 "MODE #a +m");
	CANNOT_BE("bob is no operator", AMONG U1 "MODE #a +k-o key bob\n" U1 "MODE #a +m");
	CAN_BE(AMONG U1 "MODE #a +lo 4 cat\n" U2 "KICK #a ann :u2.1");
	CANNOT_BE("dan is not in", AMONG U1 "MODE #a +o dan");
}

static void lists_show_what_is_known(void)
{
	CANNOT_BE("2 are listed and 3 are in", AMONG NAMES("@bob ann"));
	CANNOT_BE("dan is not in", AMONG NAMES("@bob ann dan"));
	CANNOT_BE("is bob operator?", AMONG NAMES("bob ann cat"));
	CANNOT_BE("bob twice", AMONG NAMES("@bob ann bob"));
	CANNOT_BE("it is not in the list", WELCOME U0 "JOIN #a\n" NAMES("@bob"));
	CAN_BE(ALONE ":s 352 ann #a ~u0 h s ann H@ :0 x\n:s 315 ann #a :End");
	CANNOT_BE("u1 is bob", AMONG U1 "PRIVMSG #a :u1.1 -\n:s 352 ann #a ~u0 h s ann H :0 x\n"
	                                ":s 352 ann #a ~u2 h s bob H@ :0 x\n"
	                                ":s 352 ann #a ~u3 h s cat H :0 x\n:s 315 ann #a :End");
	CANNOT_BE("that is not the topic", ALONE ":s 332 ann #a :x");
	CANNOT_BE("that is not the topic", ALONE U0 "TOPIC #a :u0.1\n:s 331 ann #a :No topic");
	CAN_BE(AMONG ":s 353 ann = #a :dan\n:s 366 ann * :End\n" NAMES("@bob ann cat"));
}

static void pings_are_answered_in_order(void)
{
	CAN_BE(ALONE U0 "PRIVMSG ann :u0.1 #a\n:s PONG s :u0.1.1\n:s PONG s :u0.2.1");
	CANNOT_BE("it waits for the answer to 1", ALONE ":s PONG s :u0.2.0");
	CANNOT_BE("it waits for the answer to 2", ALONE ":s PONG s :u0.1.0\n:s PONG s :u0.1.0");
	CANNOT_BE("0 lines have come back before it", ALONE ":s PONG s :u0.1.1");
	CANNOT_BE("what is that?", ALONE "x");
	CANNOT_BE("what is that?", ALONE U0 "DANCE #a");
}

static void refused_line_is_no_event(void)
{
	static struct view view;
	hear(&view, ALONE ":s 404 ann #a :Cannot send\nPING :s\n" U0 "PRIVMSG ann :u0.1 #a");
	CU_ASSERT_EQUAL(view.event_count, 2); /* its JOIN, and what it said to itself */
	CU_ASSERT_EQUAL(view.echoed, 1);
	view_finish(&view);
	hear(&view,
	     ALONE ":s 404 ann #a :Cannot send\n" U1 "JOIN #a\n" U0 "PRIVMSG ann :u0.1 #a,#b");
	CU_ASSERT_EQUAL(view.event_count, 4);
	CU_ASSERT_EQUAL(view.events[3].room, 0);
	view_finish(&view);
}

static const CU_TestInfo tests[] = {
        {"usual log can be", usual_log_can_be},
        {"absent do nothing", absent_do_nothing},
        {"nicks are of one", nicks_are_of_one},
        {"lines of one come once in order", lines_of_one_come_once_in_order},
        {"only operators kick", only_operators_kick},
        {"lists show what is known", lists_show_what_is_known},
        {"pings are answered in order", pings_are_answered_in_order},
        {"refused line is no event", refused_line_is_no_event},
        CU_TEST_INFO_NULL,
};

const struct suite view_suite = {"view", tests};
