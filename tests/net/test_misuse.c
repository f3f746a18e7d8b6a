/* SPDX-License-Identifier: Apache-2.0 */
/* What net.h forbids ends the program with the function's name and what to do. Each in a process of its own. */
#include "tests/net/pair.h"
#include "tests/support/child.h"
#include "tests/support/suite.h"

#include "base/container.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

/* A connection actor does this when it is poked, or when it has received something. */
static void (*now)(void);

static void do_it(int number)
{
	(void)number;
	now();
}

static void do_it_in_received(const struct gatio_received *received)
{
	(void)received;
	now();
}

/* ---- Stages: in a child ---------------------------------------------------------------------------------------------- */

static void outside(void (*deed)(void))
{
	deed();
}

static void when_poked(void (*deed)(void))
{
	now = deed;
	pair_connect(&(struct gatio_port_options){0});
	script.poked = do_it;
	pair_poke(1);
	world_turns(&world, 100);
}

static void when_received(void (*deed)(void))
{
	now = deed;
	pair_connect(&(struct gatio_port_options){0});
	script.received = do_it_in_received;
	client_say(&client, "four");
	world_settle(&world);
}

#define ASSERT_MISUSES(misuses, stage)                                                             \
	child_assert_misuses((misuses), GI_COUNT_OF(misuses), (stage))

/* ---- Deeds ----------------------------------------------------------------------------------------------------------- */

static void unread_five(void)
{
	gatio_unread(5);
}

static void write_eleven_in_ten(void)
{
	gatio_write_room(10);
	gatio_write_done(11);
}

static void be_done_twice(void)
{
	gatio_write_room(10);
	gatio_write_done(5);
	gatio_write_done(5);
}

static void write_in_between(void)
{
	gatio_write_room(10);
	gatio_write("between", 7);
	gatio_write_done(10);
}

static void open_port(void)
{
	int err = gatio_port_open(
	        world.system, &(struct gatio_port_options){.listen = "127.0.0.1:0"}, scripted, 0);
	(void)err;
}

static void ask_what_waits(void)
{
	gatio_write_waiting();
}

static void unread_one(void)
{
	gatio_unread(1);
}

static void abort_now(void)
{
	gatio_abort(-1);
}

static void be_done(void)
{
	gatio_write_done(1);
}

static void forbidden_sizes_are_named(void)
{
	static const struct child_misuse received[] = {
	        {unread_five, "gatio_unread", "more than was received"},
	};
	static const struct child_misuse poked[] = {
	        {unread_five, "gatio_unread", "in the handler of gatio_received"},
	        {write_eleven_in_ten, "gatio_write_done", "ask for as much"},
	        {be_done_twice, "gatio_write_done", "call gatio_write_room() before"},
	        {write_in_between, "gatio_write_done", "has come between"},
	};
	ASSERT_MISUSES(received, when_received);
	ASSERT_MISUSES(poked, when_poked);
}

static void forbidden_places_are_named(void)
{
	static const struct child_misuse nowhere[] = {
	        {ask_what_waits, "gatio_write_waiting", "not a connection actor"},
	        {unread_one, "gatio_unread", "not a connection actor"},
	        {gatio_pause, "gatio_pause", "not a connection actor"},
	        {gatio_resume, "gatio_resume", "not a connection actor"},
	        {abort_now, "gatio_abort", "not a connection actor"},
	        {be_done, "gatio_write_done", "not a connection actor"},
	};
	static const struct child_misuse poked[] = {
	        {open_port, "gatio_port_open", "the thread that created"},
	};
	ASSERT_MISUSES(nowhere, outside);
	ASSERT_MISUSES(poked, when_poked);
}

/* No driver has ever been this thread. */
static void write_outside(void)
{
	bool is_refused = gatio_write("x", 1) == -ENOTCONN && !gatio_write_room(1);
	gatio_write_done(0);
	if (!is_refused) {
		abort();
	}
}

static void writing_elsewhere_is_an_error(void)
{
	char text[256];
	CU_ASSERT(child_run(write_outside, text, sizeof(text)) == 0);
}

static const CU_TestInfo tests[] = {
        {"forbidden sizes are named", forbidden_sizes_are_named},
        {"forbidden places are named", forbidden_places_are_named},
        {"writing elsewhere is an error", writing_elsewhere_is_an_error},
        CU_TEST_INFO_NULL,
};

const struct suite misuse_suite = {.name = "misuse", .tests = tests};
