/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/input.c: floods, lines without an end, what is held meanwhile. */
#include <string.h>

#include "samples/chat/session.h"
#include "tests/chat/world.h"
#include "tests/support/suite.h"

static struct gatio_address ann;
static struct gatio_address bob;

static void flood_is_slowed_down(void)
{
	world_start(10, 1, 0);
	world_server.flood_lines = 10;
	world_server.flood_ns = GATIO_MS(500);
	ann = world_person("ann");
	fake_advance(GATIO_SECONDS(60));
	for (int i = 0; i < 14; i++) {
		world_type_only(ann, "PING x");
	}
	fake_run();
	CU_ASSERT_EQUAL(world_count(ann, "PONG"), 10);
	CU_ASSERT_FALSE(fake_is_paused(ann)); /* so little is held here, to see its end */
	fake_advance(GATIO_MS(499));
	CU_ASSERT_EQUAL(world_count(ann, "PONG"), 10);
	fake_advance(GATIO_MS(2));
	CU_ASSERT_EQUAL(world_count(ann, "PONG"), 11);
	fake_advance(GATIO_SECONDS(2));
	CU_ASSERT_EQUAL(world_count(ann, "PONG"), 14);
	CU_ASSERT_FALSE(fake_is_paused(ann));
	world_stop();
}

static struct chat_session *session_of(struct gatio_address client)
{
	return fake_state(client);
}

/* ann sends much more than she may: a line of 20 bytes each half second. */
static void begin_flood(int line_count)
{
	world_server.flood_lines = 10;
	world_server.flood_ns = GATIO_MS(500);
	world_server.ping_ns = GATIO_SECONDS(100000);
	ann = world_person("ann");
	bob = world_person("bob");
	world_type(bob, "JOIN #a");
	world_type(ann, "JOIN #a");
	fake_advance(GATIO_SECONDS(60));
	world_type_only(ann, "PING x"); /* she is there */
	fake_run();
	world_clear(ann);
	world_clear(bob);
	for (int i = 0; i < line_count; i++) {
		world_type_only(ann, "PRIVMSG #a :1234567");
	}
	fake_run();
}

static void flood_is_held_in_bounds(void)
{
	world_start(18, 2, 0);
	begin_flood(2000);
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), 9);
	CU_ASSERT_TRUE(fake_is_paused(ann));
	CU_ASSERT_TRUE(session_of(ann)->held.capacity <= CHAT_HELD_MAX);
	CU_ASSERT_EQUAL(fake_block_count(ann), 1);
	fake_advance(GATIO_SECONDS(400));
	world_clear(bob);
	fake_advance(GATIO_SECONDS(100));
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), 200);
	fake_advance(GATIO_SECONDS(600));
	CU_ASSERT_EQUAL(fake_block_count(ann), 0);
	world_stop();
}

static void flood_ends_with_its_client(void)
{
	world_start(19, 2, 0);
	begin_flood(300);
	CU_ASSERT_FALSE(fake_is_paused(ann)); /* her end can be seen */
	fake_half_close(ann);
	fake_run();
	CU_ASSERT_TRUE(fake_is_ended(ann));
	CU_ASSERT_EQUAL(world_count(bob, "PRIVMSG"), 9);
	CU_ASSERT_TRUE(world_sees(bob, " QUIT :Remote host closed the connection\r\n"));
	world_stop();
}

/* Who is held by the window cannot be seen to end: it is written to, and its kernel answers. */
static void held_client_is_written_to(void)
{
	world_start(20, 2, 0);
	begin_flood(2000);
	world_clear(ann);
	fake_advance(GATIO_SECONDS(11));
	CU_ASSERT_EQUAL(world_count(ann, "PING :chat.test"), 2);
	world_stop();
}

static void endless_line_is_ended(void)
{
	static char piece[4001];
	memset(piece, 'x', sizeof(piece) - 1);
	world_start(21, 1, 0);
	ann = world_person("ann");
	for (int i = 0; i < 10; i++) {
		fake_input(ann, piece);
		fake_run();
	}
	CU_ASSERT_EQUAL(world_count(ann, " 417 ann :Input line was too long\r\n"), 1);
	CU_ASSERT_TRUE(
	        world_sees(ann, "ERROR :Closing Link: 127.0.0.1 (Input line was too long)\r\n"));
	CU_ASSERT_TRUE(fake_is_ended(ann));
	world_stop();
}

static void empty_lines_cost_as_others(void)
{
	world_start(11, 1, 0);
	world_server.flood_lines = 10;
	world_server.flood_ns = GATIO_MS(500);
	ann = world_person("ann");
	fake_advance(GATIO_SECONDS(60));
	fake_input(ann, "\n\n\n\n\n\n\n\n\n\nPING x\r\n");
	fake_run();
	CU_ASSERT_EQUAL(world_count(ann, "PONG"), 0);
	world_stop();
}

static void too_long_line_is_refused(void)
{
	char text[1200];
	world_start(12, 1, 0);
	ann = world_person("ann");
	memset(text, 'x', sizeof(text));
	text[1100] = '\0';
	world_type(ann, text);
	CU_ASSERT_EQUAL(world_count(ann, ":chat.test 417 ann :Input line was too long\r\n"), 1);
	world_type(ann, "PING a\n@tag=value PING b");
	CU_ASSERT_TRUE(world_sees(ann, " :a\r\n"));
	CU_ASSERT_TRUE(world_sees(ann, " :b\r\n"));
	world_stop();
}

static void idle_session_holds_no_buffer(void)
{
	world_start(13, 2, 0);
	ann = world_person("ann");
	CU_ASSERT_EQUAL(fake_block_count(ann), 0);
	fake_input(ann, "PI");
	fake_run();
	CU_ASSERT_EQUAL(fake_block_count(ann), 0);
	fake_input(ann, "NG a\r\n");
	fake_run();
	CU_ASSERT_TRUE(world_sees(ann, "PONG"));
	CU_ASSERT_EQUAL(fake_block_count(ann), 0);
	world_type(ann, "ISON ann\nUSERHOST ann\nLIST\nLUSERS\nAWAY :x\nAWAY");
	CU_ASSERT_EQUAL(fake_block_count(ann), 0);
	world_stop();
}

static const CU_TestInfo tests[] = {
        {"flood is slowed down", flood_is_slowed_down},
        {"flood is held in bounds", flood_is_held_in_bounds},
        {"flood ends with its client", flood_ends_with_its_client},
        {"held client is written to", held_client_is_written_to},
        {"endless line is ended", endless_line_is_ended},
        {"empty lines cost as others", empty_lines_cost_as_others},
        {"too long line is refused", too_long_line_is_refused},
        {"idle session holds no buffer", idle_session_holds_no_buffer},
        CU_TEST_INFO_NULL,
};

const struct suite input_suite = {"input", tests};
