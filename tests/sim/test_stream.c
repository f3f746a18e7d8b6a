/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/stream.c. */
#include "sim/machine.h"
#include "sim/stream.h"

#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

#define SEEDS         200u
#define SOON_NS       UINT64_C(1000000)
#define LONG_NS       UINT64_C(2000000000000) /* after which who hears nothing has given up */
#define TOTAL         ((size_t)300000)
#define KEPT_ALIVE_NS UINT64_C(90000000000)

static struct gi_stream *a;
static struct gi_stream *b;

static void connect_both(void)
{
	gi_stream_pair(&a, &b, 0, 0);
}

static void begin(uint64_t seed)
{
	bare_begin(seed);
	connect_both();
}

static int send_bytes(struct gi_stream *stream, const void *bytes, size_t size)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	return gi_stream_send(stream, &message, 0);
}

static int receive_one(struct gi_stream *stream)
{
	char byte;
	int got = gi_stream_receive(stream, &byte, 1, 0);
	return got == 1 ? (unsigned char)byte : got;
}

static bool is_ready(const struct gi_stream *stream, enum gi_direction direction)
{
	return gi_object_ready(&stream->object) & GI_DIRECTION_BIT(direction);
}

static void close_it(struct gi_stream *stream)
{
	gi_object_put(&stream->object);
}

static char byte_at(size_t index)
{
	return (char)(index * 7 + index / 256);
}

/* As much as goes from a to b. Returns how many bytes have come; each must be the right one. */
static size_t transfer(size_t total)
{
	char bytes[5000];
	size_t sent = 0;
	size_t come = 0;
	for (int i = 0; i < 100000 && come < total; i++) {
		size_t size = total - sent < sizeof(bytes) ? total - sent : sizeof(bytes);
		for (size_t j = 0; j < size; j++) {
			bytes[j] = byte_at(sent + j);
		}
		int count = size > 0 ? send_bytes(a, bytes, size) : -EAGAIN;
		sent += count > 0 ? (size_t)count : 0;
		int got = gi_stream_receive(b, bytes, sizeof(bytes), 0);
		bool is_right = true;
		for (int j = 0; j < got; j++) {
			is_right &= bytes[j] == byte_at(come + (size_t)j);
		}
		CU_ASSERT_TRUE_FATAL(is_right);
		come += got > 0 ? (size_t)got : 0;
		if (count <= 0 && got <= 0 && !gi_sim_step()) {
			return come;
		}
	}
	return come;
}

static void bytes_arrive_in_order(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		begin(seed);
		CU_ASSERT_EQUAL(transfer(TOTAL), TOTAL);
	}
}

static void slow_and_short_ones_arrive_in_order_too(void)
{
	static const enum gi_fault faults[] = {GI_FAULT_STREAM_LATENCY, GI_FAULT_STREAM_NARROW,
	                                       GI_FAULT_STREAM_SMALL_BUFFER, GI_FAULT_SHORT_RECEIVE,
	                                       GI_FAULT_SHORT_SEND};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (uint64_t seed = 1; seed <= 10; seed++) {
			bare_begin(seed);
			bare_set_rate(faults[i], BARE_ALWAYS / 2);
			connect_both();
			CU_ASSERT_EQUAL(transfer(10000), 10000);
		}
		CU_ASSERT_TRUE(bare_strikes_ever(faults[i]) > 0);
	}
}

static void peek_leaves_what_it_sees(void)
{
	char bytes[4];
	begin(1);
	CU_ASSERT_EQUAL(send_bytes(a, "abc", 3), 3);
	CU_ASSERT_EQUAL(gi_stream_receive(b, bytes, 4, MSG_PEEK), -EAGAIN);
	bare_go(SOON_NS);
	CU_ASSERT_EQUAL(gi_stream_receive(b, bytes, 2, MSG_PEEK), 2);
	CU_ASSERT_EQUAL(gi_stream_unread(b), 3);
	CU_ASSERT_EQUAL(gi_stream_receive(b, bytes, 4, 0), 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "abc", 3), 0);
}

static void full_window_waits_for_the_reader(void)
{
	static char bytes[TOTAL];
	begin(1);
	int room = (int)b->in.capacity;
	CU_ASSERT_TRUE(is_ready(a, GI_DIRECTION_OUT));
	CU_ASSERT_EQUAL(send_bytes(a, bytes, sizeof(bytes)), room);
	CU_ASSERT_EQUAL(send_bytes(a, bytes, 1), -EAGAIN);
	CU_ASSERT_EQUAL(send_bytes(a, bytes, 0), 0);
	bare_finish();
	CU_ASSERT_EQUAL(send_bytes(a, bytes, 1), -EAGAIN); /* arrived, but not read */
	CU_ASSERT_EQUAL(gi_stream_receive(b, bytes, 10, 0), 10);
	CU_ASSERT_EQUAL(send_bytes(a, bytes, 1), -EAGAIN); /* the word is on its way */
	bare_finish();
	CU_ASSERT_FALSE(is_ready(a, GI_DIRECTION_OUT)); /* a third must be free */
	CU_ASSERT_EQUAL(send_bytes(a, bytes, 100), 10);
	CU_ASSERT_EQUAL(gi_stream_receive(b, bytes, sizeof(bytes), 0), room - 10);
	bare_finish();
	CU_ASSERT_TRUE(is_ready(a, GI_DIRECTION_OUT));
}

static void end_comes_after_the_bytes(void)
{
	begin(1);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	CU_ASSERT_EQUAL(gi_stream_shutdown(a, SHUT_WR), 0);
	CU_ASSERT_EQUAL(send_bytes(a, "y", 1), -EPIPE);
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), 'x');
	CU_ASSERT_EQUAL(receive_one(b), 0);
	CU_ASSERT_EQUAL(receive_one(b), 0);
	CU_ASSERT_EQUAL(send_bytes(b, "z", 1), 1); /* the other way is open still */
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), 'z');
	CU_ASSERT_TRUE(gi_stream_is_connected(a));
	CU_ASSERT_EQUAL(gi_stream_shutdown(b, SHUT_WR), 0);
	bare_finish();
	CU_ASSERT_FALSE(gi_stream_is_connected(a));
	CU_ASSERT_EQUAL(gi_stream_shutdown(a, SHUT_WR), -ENOTCONN);
}

static void close_is_an_end(void)
{
	begin(1);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	close_it(a);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), 'x');
	CU_ASSERT_EQUAL(receive_one(b), 0);
}

static void close_with_unread_bytes_resets(void)
{
	begin(1);
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), 1);
	bare_finish();
	close_it(a);
	bare_finish();
	CU_ASSERT_TRUE(is_ready(b, GI_DIRECTION_IN));
	CU_ASSERT_EQUAL(receive_one(b), -ECONNRESET);
	CU_ASSERT_EQUAL(receive_one(b), 0); /* told once */
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), -EPIPE);
}

static void bytes_for_a_closed_one_reset(void)
{
	begin(1);
	close_it(a);
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), 1);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), 0); /* the end was there first */
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), -EPIPE);
}

static void reset_drops_what_has_not_arrived(void)
{
	begin(1);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	gi_stream_reset(b);
	close_it(b);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ECONNRESET);
	CU_ASSERT_FALSE(gi_stream_is_connected(a));
}

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

static void reset_strikes_at_any_byte(void)
{
	bool seen[4] = {false};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		bare_set_rate(GI_FAULT_STREAM_RESET, BARE_ALWAYS);
		CU_ASSERT_EQUAL(send_bytes(a, "abcd", 4), 4);
		bare_finish();
		char bytes[8];
		int got = gi_stream_receive(b, bytes, sizeof(bytes), 0);
		if (got > 0) {
			CU_ASSERT_EQUAL(memcmp(bytes, "abcd", (size_t)got), 0);
			CU_ASSERT_EQUAL(receive_one(b), -ECONNRESET);
		} else {
			CU_ASSERT_EQUAL(got, -ECONNRESET);
			got = 0;
		}
		CU_ASSERT_TRUE_FATAL(got < 4);
		seen[got] = true;
		CU_ASSERT_EQUAL(send_bytes(a, "x", 1), -ECONNRESET);
		CU_ASSERT_EQUAL(send_bytes(a, "x", 1), -EPIPE);
	}
	CU_ASSERT_TRUE(seen[0] && seen[1] && seen[2] && seen[3]);
}

static void half_open_one_hears_nothing_and_gives_up(void)
{
	begin(1);
	bare_set_rate(GI_FAULT_STREAM_HALF_OPEN, BARE_ALWAYS);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_STREAM_HALF_OPEN), 1);
	uint64_t start_ns = gi_sim_here->now_ns;
	bare_go(UINT64_C(100000000000));
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN);
	CU_ASSERT_FALSE(is_ready(a, GI_DIRECTION_IN)); /* nobody is told */
	CU_ASSERT_EQUAL(gi_stream_moved_ago_ns(a), UINT64_MAX);
	CU_ASSERT_EQUAL(send_bytes(b, "y", 1), 1);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ETIMEDOUT);
	CU_ASSERT_EQUAL(receive_one(b), -ETIMEDOUT);
	CU_ASSERT_TRUE(gi_sim_here->now_ns - start_ns < LONG_NS);
	close_it(a);
	close_it(b);
	bare_finish();
}

static void cut_link_holds_up_until_it_is_healed(void)
{
	bare_begin(1);
	gi_stream_pair(&a, &b, 0, 1);
	gi_link_set_cut(0, 1, true);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	CU_ASSERT_EQUAL(gi_stream_shutdown(a, SHUT_WR), 0);
	bare_go(UINT64_C(60000000000));
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN);
	gi_link_set_cut(0, 1, false);
	bare_go(UINT64_C(2000000000));
	CU_ASSERT_EQUAL(receive_one(b), 'x');
	CU_ASSERT_EQUAL(receive_one(b), 0);
}

static void link_that_stays_cut_is_given_up(void)
{
	bare_begin(1);
	gi_stream_pair(&a, &b, 0, 1);
	gi_link_set_cut(0, 1, true);
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ETIMEDOUT);
	gi_link_set_cut(0, 1, false);
}

/* a and b on two machines, and the link is cut. */
static void begin_apart(void)
{
	bare_begin(1);
	gi_stream_pair(&a, &b, 0, 1);
	gi_stream_keep_alive(a, KEPT_ALIVE_NS);
	gi_link_set_cut(0, 1, true);
	gi_stream_link_was_cut(0, 1);
}

static void reset_now(struct gi_stream *stream)
{
	gi_stream_reset(stream);
	close_it(stream);
}

static void kept_alive_one_learns_of_a_lost_reset(void)
{
	begin_apart();
	reset_now(b);
	bare_go(KEPT_ALIVE_NS / 2);
	CU_ASSERT_EQUAL(receive_one(a), -EAGAIN);
	gi_link_set_cut(0, 1, false);
	CU_ASSERT_EQUAL(receive_one(a), -EAGAIN);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ECONNRESET);
	CU_ASSERT_EQUAL(receive_one(a), 0);
}

static void kept_alive_one_goes_on_when_all_is_well(void)
{
	begin_apart();
	bare_go(KEPT_ALIVE_NS / 2);
	gi_link_set_cut(0, 1, false);
	bare_finish();
	CU_ASSERT_EQUAL(send_bytes(a, "x", 1), 1);
	CU_ASSERT_EQUAL(send_bytes(b, "y", 1), 1);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), 'x');
	CU_ASSERT_EQUAL(receive_one(a), 'y');
}

static void kept_alive_one_gives_up_while_it_waits(void)
{
	begin_apart();
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ETIMEDOUT);
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN); /* it has asked for nothing */
	gi_link_set_cut(0, 1, false);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN);
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), 1);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), -ECONNRESET);
}

static void what_a_lost_reset_leaves_on_its_way_is_reset(void)
{
	begin_apart();
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), 1);
	reset_now(a);
	bare_go(KEPT_ALIVE_NS);
	CU_ASSERT_EQUAL(receive_one(b), -EAGAIN);
	gi_link_set_cut(0, 1, false);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), -ECONNRESET);
}

static void end_after_a_lost_reset_is_reset(void)
{
	begin_apart();
	reset_now(a);
	bare_finish();
	gi_link_set_cut(0, 1, false);
	CU_ASSERT_EQUAL(gi_stream_shutdown(b, SHUT_WR), 0);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(b), -ECONNRESET);
}

static void reset_that_is_lost_leaves_nothing_behind(void)
{
	begin_apart();
	CU_ASSERT_EQUAL(send_bytes(b, "x", 1), 1);
	reset_now(b);
	bare_go(SOON_NS);
	gi_link_set_cut(0, 1, false);
	bare_finish();
	CU_ASSERT_EQUAL(receive_one(a), -ECONNRESET); /* what it had sent is not sent again */
}

static void what_comes_is_a_beginning_of_what_was_sent(void)
{
	unsigned whole_count = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		bare_begin_with_faults(seed);
		connect_both();
		whole_count += transfer(TOTAL / 4) == TOTAL / 4;
	}
	CU_ASSERT_TRUE(whole_count > SEEDS / 4 && whole_count < SEEDS);
}

static CU_TestInfo stream_tests[] = {
        {"bytes arrive in order", bytes_arrive_in_order},
        {"slow and short ones arrive in order too", slow_and_short_ones_arrive_in_order_too},
        {"peek leaves what it sees", peek_leaves_what_it_sees},
        {"a full window waits for the reader", full_window_waits_for_the_reader},
        {"the end comes after the bytes", end_comes_after_the_bytes},
        {"close is an end", close_is_an_end},
        {"close with unread bytes resets", close_with_unread_bytes_resets},
        {"bytes for a closed one reset", bytes_for_a_closed_one_reset},
        {"reset drops what has not arrived", reset_drops_what_has_not_arrived},
        {"reset strikes at any byte", reset_strikes_at_any_byte},
        {"a half-open one hears nothing and gives up", half_open_one_hears_nothing_and_gives_up},
        {"a cut link holds up until it is healed", cut_link_holds_up_until_it_is_healed},
        {"a link that stays cut is given up", link_that_stays_cut_is_given_up},
        {"a kept-alive one learns of a lost reset", kept_alive_one_learns_of_a_lost_reset},
        {"a kept-alive one goes on when all is well", kept_alive_one_goes_on_when_all_is_well},
        {"a kept-alive one gives up while it waits", kept_alive_one_gives_up_while_it_waits},
        {"what a lost reset leaves on its way is reset",
         what_a_lost_reset_leaves_on_its_way_is_reset},
        {"an end after a lost reset is reset", end_after_a_lost_reset_is_reset},
        {"a reset that is lost leaves nothing behind", reset_that_is_lost_leaves_nothing_behind},
        {"what comes is a beginning of what was sent", what_comes_is_a_beginning_of_what_was_sent},
        CU_TEST_INFO_NULL,
};

const struct suite stream_suite = {"stream", stream_tests};
