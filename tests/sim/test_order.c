/* SPDX-License-Identifier: Apache-2.0 */
/* tests/sim/order.c: what several clients of a chat server cannot have been told. */
#include "tests/sim/order.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 3 };

#define U0 ":ann!~u0@h "
#define U1 ":bob!~u1@h "
#define U2 ":cat!~u2@h "

/* Ann has been in first, then bob has come, then cat. */
#define ANN                                                                                        \
	":s 001 ann :x\n" U0 "JOIN #a\n:s 353 ann = #a :@ann\n:s 366 ann #a :x\n" U1 "JOIN #a\n"   \
	":ann!~u0@h PRIVMSG ann :u0.1 #a\n" U2 "JOIN #a\n"
#define BOB                                                                                        \
	":s 001 bob :x\n" U1 "JOIN #a\n:s 353 bob = #a :@ann bob\n:s 366 bob #a :x\n" U0           \
	"PRIVMSG #a :u0.1 #a\n" U2 "JOIN #a\n"
#define CAT ":s 001 cat :x\n" U2 "JOIN #a\n:s 353 cat = #a :@ann bob cat\n:s 366 cat #a :x\n"

static struct view *views;
static struct order order;

static void hear(struct view *view, const char *lines)
{
	char copy[2000];
	char *rest = copy;
	snprintf(copy, sizeof(copy), "%s", lines);
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (*line) {
			view_hear(view, line);
		}
	}
	CU_ASSERT_STRING_EQUAL(view->fault, "");
}

static void begin(void)
{
	static const char *const first[CLIENTS] = {ANN, BOB, CAT};
	views = calloc(CLIENTS, sizeof(*views));
	CU_ASSERT_PTR_NOT_NULL_FATAL(views);
	order = (struct order){.count = CLIENTS};
	for (uint32_t i = 0; i < CLIENTS; i++) {
		view_init(&views[i], i);
		hear(&views[i], first[i]);
		order.views[i] = &views[i];
	}
}

/* Returns the fault, or "". */
static const char *end(void)
{
	static char fault[VIEW_FAULT];
	CU_ASSERT_EQUAL(order_holds(&order), order.fault[0] == '\0');
	memcpy(fault, order.fault, sizeof(fault));
	for (uint32_t i = 0; i < CLIENTS; i++) {
		view_finish(&views[i]);
	}
	free(views);
	return fault;
}

/* Behind what all have been told, each was told this. */
static const char *fault_of(const char *ann, const char *bob, const char *cat)
{
	begin();
	hear(&views[0], ann);
	hear(&views[1], bob);
	hear(&views[2], cat);
	return end();
}

static const char *fault_of_settled(const char *ann, const char *bob, const char *cat)
{
	begin();
	const char *lines[CLIENTS] = {ann, bob, cat};
	for (uint32_t i = 0; i < CLIENTS; i++) {
		hear(&views[i], lines[i]);
		views[i].is_settled = true;
	}
	return end();
}

static void same_order_holds(void)
{
	const char *said = U1 "TOPIC #a :u1.1\n:ann!~u0@h TOPIC #a :u0.2\n" U2 "PART #a :u2.1\n";
	CU_ASSERT_STRING_EQUAL(fault_of(said, said, said), "");
	CU_ASSERT_STRING_EQUAL(fault_of_settled(said, said, said), "");
	CU_ASSERT_STRING_EQUAL(fault_of(said, "", U1 "TOPIC #a :u1.1\n"), "");
}

static void two_orders_are_found(void)
{
	const char *one = U1 "TOPIC #a :u1.1\n" U0 "TOPIC #a :u0.2\n";
	const char *other = U0 "TOPIC #a :u0.2\n" U1 "TOPIC #a :u1.1\n";
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(one, other, ""), "in different orders"));
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(one, one, other), "in different orders"));
	/* In private too. */
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(fault_of(U1 "PRIVMSG ann :u1.1 -\n" U2 "PRIVMSG ann :u2.1 -",
	                        U2 "PRIVMSG bob :u2.1 -\n" U1 "PRIVMSG bob :u1.1 -", ""),
	               "in different orders"));
}

static void what_one_missed_is_found(void)
{
	const char *all = U1 "TOPIC #a :u1.1\n" U1 "TOPIC #a :u1.2\n" U1 "TOPIC #a :u1.3\n";
	const char *some = U1 "TOPIC #a :u1.1\n" U1 "TOPIC #a :u1.3\n";
	const char *none = "";
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(all, some, ""), "are not the same"));
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(some, all, ""), "are not the same"));
	CU_ASSERT_STRING_EQUAL(fault_of(all, none, none), ""); /* cut before */
	/* But not if it has heard of something behind it. */
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(U1 "TOPIC #a :u1.1\n" U2 "PRIVMSG ann :u2.1 -\n",
	                                       U2 "PRIVMSG bob :u2.1 -\n", ""),
	                              "was not told"));
}

static void settled_ones_miss_nothing(void)
{
	const char *said = U1 "TOPIC #a :u1.1\n";
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_settled(said, said, ""), "was not told"));
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_settled("", said, said), "was not told"));
	/* A client that ends when others have settled is no loss to them. */
	CU_ASSERT_STRING_EQUAL(fault_of_settled(U2 "QUIT :x", "", ""), "");
}

static void unechoed_lines_are_not_missed(void)
{
	const char *said = U1 "PRIVMSG #a :u1.1 -\n" U0 "TOPIC #a :u0.2\n";
	CU_ASSERT_STRING_EQUAL(fault_of_settled(said, U0 "TOPIC #a :u0.2\n", said), "");
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(fault_of_settled(said, U0 "TOPIC #a :u0.2\n", U0 "TOPIC #a :u0.2\n"),
	               "are not the same"));
}

static void order_before_coming_in_is_compared(void)
{
	/* Bob is told of cat's coming, cat of something that came before it. */
	const char *said = U0 "TOPIC #a :u0.2\n";
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of(said, U1 "NICK :b2\n" U0 "TOPIC #a :u0.2\n", said),
	                              "are not the same"));
}

static void ghosts_are_found(void)
{
	begin();
	views[0].is_settled = true;
	views[1].has_ended = true;
	order.is_quiet = true;
	CU_ASSERT_PTR_NOT_NULL(strstr(end(), "knows bob in #a, who is no more"));
	begin();
	views[0].is_settled = true;
	order.is_quiet = true;
	CU_ASSERT_STRING_EQUAL(end(), "");
	begin();
	views[0].is_settled = true;
	views[0].clients = 4;
	order.is_quiet = true;
	CU_ASSERT_PTR_NOT_NULL(strstr(end(), "4 clients are counted, 3 are there"));
}

static void settled_ones_agree_who_is_there(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_settled("", "", U2 "PART #a\n"), "was not told"));
	begin();
	views[0].is_settled = true;
	views[2].is_settled = true;
	snprintf(views[2].nick, sizeof(views[2].nick), "dan");
	CU_ASSERT_PTR_NOT_NULL(strstr(end(), "is dan (u2) in #a?"));
}

static void loss_of_memory_excuses_loss_of_lines(void)
{
	begin();
	order.is_lossy = true;
	hear(&views[0], U1 "TOPIC #a :u1.1\n" U1 "TOPIC #a :u1.2\n");
	hear(&views[1], U1 "TOPIC #a :u1.2\n");
	CU_ASSERT_STRING_EQUAL(end(), "");
}

static const CU_TestInfo tests[] = {
        {"same order holds", same_order_holds},
        {"two orders are found", two_orders_are_found},
        {"what one missed is found", what_one_missed_is_found},
        {"settled ones miss nothing", settled_ones_miss_nothing},
        {"unechoed lines are not missed", unechoed_lines_are_not_missed},
        {"order before coming in is compared", order_before_coming_in_is_compared},
        {"ghosts are found", ghosts_are_found},
        {"settled ones agree who is there", settled_ones_agree_who_is_there},
        {"loss of memory excuses loss of lines", loss_of_memory_excuses_loss_of_lines},
        CU_TEST_INFO_NULL,
};

const struct suite order_suite = {"order", tests};
