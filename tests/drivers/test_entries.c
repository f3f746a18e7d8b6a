/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/entries/: real entries in ring memory, above a world that a test sets up. */
#include "tests/drivers/entry_ring.h"
#include "tests/drivers/entry_world.h"
#include "tests/support/suite.h"

#include <errno.h>

static void sizes_are_checked(void)
{
	struct gi_entries_options options = {.world = &test_world, .operation_max = 1};
	static const uint32_t wrong[][2] = {{0, 8}, {32769, 65536}, {16, 8}, {8, 65537}, {1, 1}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		options.entry_count = wrong[i][0];
		options.completion_count = wrong[i][1];
		CU_ASSERT_EQUAL(gi_entries_open(&entries, &ring, &options), -EINVAL);
	}
	options.entry_count = 5;
	options.completion_count = 9;
	CU_ASSERT_EQUAL_FATAL(gi_entries_open(&entries, &ring, &options), 0);
	CU_ASSERT_EQUAL(ring.sq.ring_entries, 8);
	CU_ASSERT_EQUAL(ring.cq.ring_entries, 16);
	teardown();
}

static void what_is_done_at_once(void)
{
	setup();
	entry(IORING_OP_NOP, -1, 1);
	entry(IORING_OP_SHUTDOWN, 3, 2)->len = 1;
	entry(IORING_OP_CLOSE, 3, 3);
	entry(IORING_OP_CLOSE, 3, 4);
	entry(IORING_OP_NOP, -1, 5)->flags = IOSQE_CQE_SKIP_SUCCESS;
	entry(IORING_OP_SHUTDOWN, 3, 6)->flags = IOSQE_CQE_SKIP_SUCCESS;
	CU_ASSERT_EQUAL(submit(), 6);
	expect(1, 0, 0);
	expect(2, 0, 0);
	expect(3, 0, 0);
	expect(4, -EBADF, 0);
	expect(6, -EBADF, 0); /* an error is told all the same */
	expect_nothing();
	teardown();
}

static void what_is_not_known_is_refused(void)
{
	setup();
	entry(IORING_OP_TIMEOUT, -1, 1);
	entry(IORING_OP_NOP, -1, 2)->flags = IOSQE_IO_LINK;
	entry(IORING_OP_RECV, 1, 3)->flags = IOSQE_FIXED_FILE;
	receive_more(1, 4);
	ring.sq.sqes[3].buf_group = 1;
	CU_ASSERT_EQUAL(submit(), 4);
	expect(1, -EINVAL, 0);
	expect(2, -EINVAL, 0);
	expect(3, -EINVAL, 0);
	expect(4, -EINVAL, 0);
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_REGISTER_FILES, NULL), -EINVAL);
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_REGISTER_ENABLE_RINGS, NULL), 0);
	teardown();
}

static void sends_leave_in_order(void)
{
	static const char bytes[4] = {0};
	setup();
	for (uint64_t i = 0; i < 3; i++) {
		struct io_uring_sqe *sqe = entry(IORING_OP_SEND, 2, 1 + i);
		sqe->addr = (uint64_t)(uintptr_t)(bytes + i);
		sqe->len = 1;
	}
	submit(); /* the first would wait */
	expect_nothing();
	CU_ASSERT_EQUAL(endpoints[2].watched, GI_DIRECTION_BIT(GI_DIRECTION_OUT));
	will(2, 1);
	entry(IORING_OP_SEND, 2, 4)->addr = (uint64_t)(uintptr_t)(bytes + 3);
	submit(); /* there would be room, but others are before it */
	expect_nothing();
	will(2, 1);
	say_ready(2, GI_DIRECTION_OUT);
	expect(1, 1, 0);
	expect(2, 1, 0);
	expect_nothing();
	will(2, -EPIPE);
	will(2, 1);
	say_ready(2, GI_DIRECTION_OUT);
	expect(3, -EPIPE, 0);
	expect(4, 1, 0);
	CU_ASSERT_EQUAL(endpoints[2].watched, 0);
	CU_ASSERT_EQUAL(endpoints[2].sent_count, 3);
	CU_ASSERT_PTR_EQUAL(endpoints[2].sent[0], bytes);
	CU_ASSERT_PTR_EQUAL(endpoints[2].sent[1], bytes + 1);
	CU_ASSERT_PTR_EQUAL(endpoints[2].sent[2], bytes + 3);
	CU_ASSERT_EQUAL(gi_entries_watch_count(entries), 0);
	teardown();
}

static void who_does_not_wait_is_told(void)
{
	setup();
	struct io_uring_sqe *sqe = entry(IORING_OP_SEND, 2, 1);
	sqe->len = 1;
	sqe->msg_flags = MSG_DONTWAIT;
	submit();
	expect(1, -EAGAIN, 0);
	CU_ASSERT_EQUAL(endpoints[2].watched, 0);
	teardown();
}

static void receive_goes_on_with_buffers(void)
{
	setup();
	struct io_uring_buf_ring *buffers = provide(3);
	receive_more(1, 7);
	will(1, 5);
	submit();
	expect(7, 5, with_buffer(0) | IORING_CQE_F_MORE);
	expect_nothing();
	CU_ASSERT_EQUAL(endpoints[1].watched, GI_DIRECTION_BIT(GI_DIRECTION_IN));
	will(1, 64); /* full: there may be more */
	will(1, 2);
	say_ready(1, GI_DIRECTION_IN);
	expect(7, 64, with_buffer(1) | IORING_CQE_F_MORE);
	expect(7, 2, with_buffer(2) | IORING_CQE_F_MORE);
	will(1, 9);
	say_ready(1, GI_DIRECTION_IN);
	expect(7, -ENOBUFS, 0); /* and what came stays where it is */
	CU_ASSERT_EQUAL(endpoints[1].pending_next, 3);
	CU_ASSERT_EQUAL(endpoints[1].watched, 0);
	io_uring_buf_ring_add(buffers, memory + 64, 64, 1, io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(buffers, 1);
	receive_more(1, 8);
	submit();
	expect(8, 9, with_buffer(1) | IORING_CQE_F_MORE);
	will(1, 0); /* the end takes no buffer */
	io_uring_buf_ring_add(buffers, memory, 64, 0, io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(buffers, 1);
	say_ready(1, GI_DIRECTION_IN);
	expect(8, 0, 0);
	expect_nothing();
	struct io_uring_buf_reg registration = {.bgid = 0};
	struct io_uring_buf_reg again = {.ring_addr = (uint64_t)(uintptr_t)buffers,
	                                 .ring_entries = BUFFERS};
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_REGISTER_PBUF_RING, &again), -EEXIST);
	again.ring_entries = 3;
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_REGISTER_PBUF_RING, &again), -EINVAL);
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_UNREGISTER_PBUF_RING, &registration),
	                0);
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_UNREGISTER_PBUF_RING, &registration),
	                -ENOENT);
	teardown();
}

static void full_buffers_end_when_more_comes(void)
{
	setup();
	(void)provide(1);
	receive_more(1, 7);
	will(1, 64); /* full, and the last one */
	submit();
	expect(7, 64, with_buffer(0) | IORING_CQE_F_MORE);
	expect_nothing();
	CU_ASSERT_EQUAL(endpoints[1].watched, GI_DIRECTION_BIT(GI_DIRECTION_IN));
	will(1, 2);
	say_ready(1, GI_DIRECTION_IN);
	expect(7, -ENOBUFS, 0);
	teardown();
}

static void accept_takes_all_that_wait(void)
{
	setup();
	entry(IORING_OP_ACCEPT, 5, 1)->ioprio = 1u << 0; /* multishot */
	submit();
	expect_nothing();
	will(5, 20);
	will(5, 21);
	will(5, -EMFILE);
	say_ready(5, GI_DIRECTION_IN);
	expect(1, 20, IORING_CQE_F_MORE);
	expect(1, 21, IORING_CQE_F_MORE);
	expect(1, -EMFILE, 0);
	CU_ASSERT_EQUAL(endpoints[5].watched, 0);
	endpoints[4].is_closed = true;
	entry(IORING_OP_ACCEPT, 4, 2);
	submit();
	expect(2, -EBADF, 0);
	teardown();
}

static void read_waits_until_it_is_ready(void)
{
	char bytes[8];
	setup();
	will(6, 8);
	entry(IORING_OP_READ, 6, 1)->addr = (uint64_t)(uintptr_t)bytes;
	submit();
	expect_nothing(); /* it might have blocked */
	entry(IORING_OP_READ, 6, 2)->addr = (uint64_t)(uintptr_t)bytes;
	submit();
	say_ready(6, GI_DIRECTION_IN);
	CU_ASSERT_EQUAL(gi_entries_completions(entries), 1); /* what is ready is for one */
	CU_ASSERT_EQUAL(endpoints[6].watched, GI_DIRECTION_BIT(GI_DIRECTION_IN));
	teardown();
}

static void cancel_finds_it_anywhere_in_line(void)
{
	setup();
	for (uint64_t i = 1; i <= 4; i++) {
		entry(IORING_OP_SEND, 2, i)->len = 1;
	}
	submit();
	static const uint64_t order[] = {2, 4, 1, 3};
	for (size_t i = 0; i < 4; i++) {
		entry(IORING_OP_ASYNC_CANCEL, -1, 100 + order[i])->addr = order[i];
		submit();
		expect(order[i], -ECANCELED, 0);
		expect(100 + order[i], 0, 0);
	}
	CU_ASSERT_EQUAL(endpoints[2].watched, 0);
	entry(IORING_OP_ASYNC_CANCEL, -1, 105)->addr = 3;
	submit();
	expect(105, -ENOENT, 0);
	/* Who comes when the last one has gone is behind those who stay. */
	entry(IORING_OP_SEND, 2, 5)->len = 1;
	entry(IORING_OP_SEND, 2, 6)->len = 1;
	entry(IORING_OP_ASYNC_CANCEL, -1, 106)->addr = 6;
	entry(IORING_OP_SEND, 2, 7)->len = 1;
	submit();
	expect(6, -ECANCELED, 0);
	expect(106, 0, 0);
	will(2, 1);
	will(2, 1);
	say_ready(2, GI_DIRECTION_OUT);
	expect(5, 1, 0);
	expect(7, 1, 0);
	expect_nothing();
	teardown();
}

static void close_ends_what_waits(void)
{
	setup();
	provide(1);
	receive_more(1, 1);
	entry(IORING_OP_SEND, 1, 2)->len = 1;
	submit();
	CU_ASSERT_EQUAL(endpoints[1].watched,
	                GI_DIRECTION_BIT(GI_DIRECTION_IN) | GI_DIRECTION_BIT(GI_DIRECTION_OUT));
	entry(IORING_OP_CLOSE, 1, 3);
	submit();
	expect(1, -ECANCELED, 0);
	expect(2, -ECANCELED, 0);
	expect(3, 0, 0);
	expect_nothing();
	CU_ASSERT_EQUAL(endpoints[1].watched, 0); /* before it was closed */
	/* The number comes again, as another socket's: it is watched anew. */
	endpoints[1] = (struct endpoint){.watched = 0};
	receive_more(1, 4);
	submit();
	CU_ASSERT_EQUAL(endpoints[1].watched, GI_DIRECTION_BIT(GI_DIRECTION_IN));
	teardown();
}

/* So the number never comes again, as another socket's, while what was asked of the one before waits for it. */
static void close_waits_for_room_for_what_it_ends(void)
{
	struct io_uring_cqe other = {.user_data = 50};
	setup();
	for (uint64_t i = 1; i <= OPERATION_MAX; i++) {
		entry(IORING_OP_SEND, 2, i)->len = 1;
	}
	submit();
	for (uint32_t i = 0; i < COMPLETIONS - 4; i++) {
		CU_ASSERT_TRUE(gi_entries_post(entries, &other));
	}
	entry(IORING_OP_CLOSE, 2, 7);
	CU_ASSERT_EQUAL(submit(), 0);
	CU_ASSERT_FALSE(endpoints[2].is_closed);
	CU_ASSERT_EQUAL(submit(), 0);
	for (uint32_t i = 0; i < COMPLETIONS - 4; i++) {
		expect(50, 0, 0);
	}
	for (uint64_t i = 1; i <= 3; i++) {
		expect(i, -ECANCELED, 0);
	}
	expect_nothing();
	CU_ASSERT_EQUAL(submit(), 1);
	CU_ASSERT_TRUE(endpoints[2].is_closed);
	for (uint64_t i = 4; i <= OPERATION_MAX; i++) {
		expect(i, -ECANCELED, 0);
	}
	expect(7, 0, 0);
	expect_nothing();
	CU_ASSERT_EQUAL(gi_entries_watch_count(entries), 0);
	teardown();
}

static void what_cannot_be_watched_fails(void)
{
	setup();
	endpoints[3].watch_error = -EPERM;
	entry(IORING_OP_READ, 3, 1);
	entry(IORING_OP_SEND, 3, 2)->len = 1;
	submit();
	expect(1, -EPERM, 0);
	expect(2, -EPERM, 0);
	expect_nothing();
	submit();
	CU_ASSERT_EQUAL(gi_entries_watch_count(entries), 0);
	/* It is nobody's now: others may have its place, and it may be tried again. */
	for (uint64_t i = 0; i < 3; i++) {
		entry(IORING_OP_READ, (int)(1 + i), 3 + i);
		entry(IORING_OP_READ, 6, 6 + i);
	}
	submit();
	expect(5, -EPERM, 0);
	expect_nothing();
	submit();
	CU_ASSERT_EQUAL(gi_entries_watch_count(entries), 3);
	teardown();
}

static void waiting_has_its_bound(void)
{
	setup();
	for (uint64_t i = 0; i <= OPERATION_MAX; i++) {
		entry(IORING_OP_SEND, (int)i, 1 + i)->len = 1;
	}
	entry(IORING_OP_SEND, 0, 1)->len = 1; /* this user_data waits already */
	submit();
	expect(1 + OPERATION_MAX, -ENOMEM, 0);
	expect(1, -EEXIST, 0);
	expect_nothing();
	/* One that ends makes room, also for a descriptor that nobody waited for before. */
	entry(IORING_OP_ASYNC_CANCEL, -1, 50)->addr = 3;
	entry(IORING_OP_SEND, OPERATION_MAX, 51)->len = 1;
	submit();
	expect(3, -ECANCELED, 0);
	expect(50, 0, 0);
	expect_nothing();
	CU_ASSERT_EQUAL(endpoints[2].watched, 0);
	CU_ASSERT_EQUAL(endpoints[OPERATION_MAX].watched, GI_DIRECTION_BIT(GI_DIRECTION_OUT));
	teardown();
}

static void full_queue_begins_nothing(void)
{
	setup();
	for (uint64_t i = 0; i < COMPLETIONS; i++) {
		entry(IORING_OP_NOP, -1, i);
	}
	unsigned consumed = submit();
	CU_ASSERT_TRUE(consumed < COMPLETIONS);
	CU_ASSERT_EQUAL(gi_entries_completions(entries), consumed);
	for (uint64_t i = 0; i < consumed; i++) {
		expect(i, 0, 0);
	}
	CU_ASSERT_EQUAL(submit(), COMPLETIONS - consumed); /* they were kept */
	for (uint64_t i = consumed; i < COMPLETIONS; i++) {
		expect(i, 0, 0);
	}
	provide(BUFFERS);
	receive_more(1, 77);
	submit();
	struct io_uring_cqe other = {.user_data = 5, .res = 6};
	for (uint32_t i = 0; i < COMPLETIONS; i++) {
		CU_ASSERT_TRUE(gi_entries_post(entries, &other));
	}
	CU_ASSERT_FALSE(gi_entries_post(entries, &other));
	will(1, 3);
	CU_ASSERT_FALSE(say_ready(1, GI_DIRECTION_IN));
	CU_ASSERT_EQUAL(endpoints[1].pending_next, 0); /* the bytes are where they were */
	for (uint32_t i = 0; i < COMPLETIONS; i++) {
		expect(5, 6, 0);
	}
	CU_ASSERT_TRUE(say_ready(1, GI_DIRECTION_IN));
	expect(77, 3, with_buffer(0) | IORING_CQE_F_MORE);
	teardown();
}

static void messages_reach_the_other_ring(void)
{
	setup();
	struct io_uring_sqe *sqe = entry(IORING_OP_MSG_RING, 42, 1);
	sqe->off = 1234;
	sqe->len = 7;
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	submit();
	expect_nothing();
	CU_ASSERT_EQUAL(told.user_data, 1234);
	CU_ASSERT_EQUAL(told.res, 7);
	told_error = -EOVERFLOW;
	entry(IORING_OP_MSG_RING, 42, 2)->flags = IOSQE_CQE_SKIP_SUCCESS;
	submit();
	expect(2, -EOVERFLOW, 0);
	teardown();
}

static CU_TestInfo tests[] = {
        {"sizes are checked", sizes_are_checked},
        {"what is done at once", what_is_done_at_once},
        {"what is not known is refused", what_is_not_known_is_refused},
        {"sends leave in order", sends_leave_in_order},
        {"who does not wait is told", who_does_not_wait_is_told},
        {"receive goes on with buffers", receive_goes_on_with_buffers},
        {"full buffers end it when more comes", full_buffers_end_when_more_comes},
        {"accept takes all that wait", accept_takes_all_that_wait},
        {"read waits until it is ready", read_waits_until_it_is_ready},
        {"cancel finds it anywhere in line", cancel_finds_it_anywhere_in_line},
        {"close ends what waits", close_ends_what_waits},
        {"close waits for room for what it ends", close_waits_for_room_for_what_it_ends},
        {"what cannot be watched fails", what_cannot_be_watched_fails},
        {"waiting has its bound", waiting_has_its_bound},
        {"full queue begins nothing", full_queue_begins_nothing},
        {"messages reach the other ring", messages_reach_the_other_ring},
        CU_TEST_INFO_NULL,
};

static const struct suite entries_suite = {"entries", tests};
extern const struct suite entry_map_suite;

const struct suite *const suites[] = {&entries_suite, &entry_map_suite, NULL};
