/* SPDX-License-Identifier: Apache-2.0 */
/* What net.h forbids ends the program with the function's name and what to do. Each in a process of its own. */
#include "tests/net/pair.h"
#include "tests/support/child.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* A connection actor that does this when it is poked, and before that when it has received something. */
static void (*deed)(void);

static void do_it(int number)
{
	(void)number;
	deed();
}

static void do_it_in_received(const struct gatio_received *received)
{
	(void)received;
	deed();
}

static void poke_one_that(void (*what)(void))
{
	deed = what;
	pair_connect(&(struct gatio_port_options){0});
	script.poked = do_it;
	pair_poke(1);
	world_turns(&world, 100);
}

static void tell_one_that(void (*what)(void))
{
	deed = what;
	pair_connect(&(struct gatio_port_options){0});
	script.received = do_it_in_received;
	client_say(&client, "four");
	world_settle(&world);
}

static void unread_five(void)
{
	gatio_unread(5);
}

static void more_unread_than_received(void)
{
	tell_one_that(unread_five);
}

static void unread_in_another_handler(void)
{
	poke_one_that(unread_five);
}

static void write_eleven_in_ten(void)
{
	gatio_write_room(10);
	gatio_write_done(11);
}

static void more_done_than_room(void)
{
	poke_one_that(write_eleven_in_ten);
}

static void be_done_twice(void)
{
	gatio_write_room(10);
	gatio_write_done(5);
	gatio_write_done(5);
}

static void done_without_room(void)
{
	poke_one_that(be_done_twice);
}

static void write_in_between(void)
{
	gatio_write_room(10);
	gatio_write("between", 7);
	gatio_write_done(10);
}

static void written_in_between(void)
{
	poke_one_that(write_in_between);
}

static void open_in_a_handler(void)
{
	int err = gatio_port_open(
	        world.system, &(struct gatio_port_options){.listen = "127.0.0.1:0"}, scripted, 0);
	(void)err;
}

static void port_opened_in_a_handler(void)
{
	poke_one_that(open_in_a_handler);
}

/* In a thread that is no driver's. */
static void wait_outside(void)
{
	gatio_write_waiting();
}

static void unread_outside(void)
{
	gatio_unread(1);
}

static void pause_outside(void)
{
	gatio_pause();
}

static void resume_outside(void)
{
	gatio_resume();
}

static void abort_outside(void)
{
	gatio_abort(-1);
}

static void done_outside(void)
{
	gatio_write_done(1);
}

static void forbidden_sizes_are_named(void)
{
	CHILD_ASSERT_MISUSE(more_unread_than_received, "gatio_unread", "more than was received");
	CHILD_ASSERT_MISUSE(unread_in_another_handler, "gatio_unread",
	                    "in the handler of gatio_received");
	CHILD_ASSERT_MISUSE(more_done_than_room, "gatio_write_done", "ask for as much");
	CHILD_ASSERT_MISUSE(done_without_room, "gatio_write_done",
	                    "call gatio_write_room() before");
	CHILD_ASSERT_MISUSE(written_in_between, "gatio_write_done", "has come between");
}

static void forbidden_places_are_named(void)
{
	CHILD_ASSERT_MISUSE(wait_outside, "gatio_write_waiting", "not a connection actor");
	CHILD_ASSERT_MISUSE(unread_outside, "gatio_unread", "not a connection actor");
	CHILD_ASSERT_MISUSE(pause_outside, "gatio_pause", "not a connection actor");
	CHILD_ASSERT_MISUSE(resume_outside, "gatio_resume", "not a connection actor");
	CHILD_ASSERT_MISUSE(abort_outside, "gatio_abort", "not a connection actor");
	CHILD_ASSERT_MISUSE(done_outside, "gatio_write_done", "not a connection actor");
	CHILD_ASSERT_MISUSE(port_opened_in_a_handler, "gatio_port_open", "the thread that created");
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
