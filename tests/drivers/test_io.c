/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/io.c */
#include "drivers/io.h"

#include "base/container.h"
#include "drivers/buffers.h"
#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { OPS = 600 };

/* An operation that writes down what came. */
struct op {
	struct gi_io io;
	struct gi_io_event last;
	uint32_t event_count;
	bool submits_again;
};

static struct op ops[OPS];
static const struct op *order[OPS * 2];
static uint32_t order_count;

static struct gi_driver *driver(void)
{
	return machine.drivers[0];
}

static struct kernel_ring *ring(void)
{
	return &kernel.rings[0];
}

static void on_complete(struct gi_io *io, const struct gi_io_event *event)
{
	struct op *op = gi_container_of(io, struct op, io);
	op->last = *event;
	op->event_count++;
	CU_ASSERT_EQUAL(gi_io_is_idle(io), event->is_last);
	CU_ASSERT_FATAL(order_count < GI_COUNT_OF(order));
	order[order_count++] = op;
	if (event->has_buffer) {
		gi_buffers_put(driver()->buffers, event->buffer_index);
	}
	if (op->submits_again && event->is_last) {
		CU_ASSERT_EQUAL(gi_io_submit(driver(), io), 0);
	}
}

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	order_count = 0;
	for (uint32_t i = 0; i < OPS; i++) {
		ops[i] = (struct op){0};
		gi_io_init(&ops[i].io, on_complete);
	}
	machine_turn(0, false); /* the read of the signal is in the kernel */
	machine_on(0);
}

static void submit(uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		gi_io_prepare_read(&ops[i].io, (int)i, NULL, 0);
		CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[i].io), 0);
	}
}

/* The user_data with which an operation on this descriptor was submitted last. */
static uint64_t user_data_of(int fd)
{
	for (uint32_t i = ring()->submitted_count; i-- > 0;) {
		if (ring()->submitted[i].fd == fd) {
			return ring()->submitted[i].user_data;
		}
	}
	CU_FAIL("no such submission");
	return 0;
}

static uint64_t stale_count(void)
{
	return gi_load_relaxed(&driver()->counters.stale_completions);
}

static void submitted_completes_once(void)
{
	setup(&(struct machine_options){0});
	submit(7, 1);
	CU_ASSERT_EQUAL(ops[7].io.state, GI_IO_IN_KERNEL);
	CU_ASSERT_EQUAL(gi_driver_io_count(driver()), 2);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[7].event_count, 0);
	kernel_complete(ring(), user_data_of(7), 42, 0);
	CU_ASSERT_EQUAL(machine_turn(0, false), 1);
	CU_ASSERT_EQUAL(ops[7].event_count, 1);
	CU_ASSERT_EQUAL(ops[7].last.result, 42);
	CU_ASSERT_TRUE(ops[7].last.is_last);
	CU_ASSERT_FALSE(ops[7].last.has_buffer);
	CU_ASSERT_EQUAL(gi_driver_io_count(driver()), 1);
	machine_stop();
}

static const struct io_uring_sqe *sqe_of(struct gi_io *io)
{
	CU_ASSERT_EQUAL_FATAL(gi_io_submit(driver(), io), 0);
	machine_turn(0, false);
	return &ring()->submitted[ring()->submitted_count - 1];
}

static void preparations_say_what_is_meant(void)
{
	static const struct msghdr message;
	char bytes[10];
	setup(&(struct machine_options){0});
	gi_io_prepare_accept(&ops[0].io, 30);
	const struct io_uring_sqe *sqe = sqe_of(&ops[0].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_ACCEPT);
	CU_ASSERT_EQUAL(sqe->ioprio, IORING_ACCEPT_MULTISHOT);
	CU_ASSERT_EQUAL(sqe->accept_flags, SOCK_CLOEXEC);
	gi_io_prepare_receive(&ops[1].io, 31, 5);
	sqe = sqe_of(&ops[1].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_RECV);
	CU_ASSERT_EQUAL(sqe->ioprio, IORING_RECV_MULTISHOT);
	CU_ASSERT_EQUAL(sqe->flags, IOSQE_BUFFER_SELECT);
	CU_ASSERT_EQUAL(sqe->buf_group, 5);
	gi_io_prepare_send(&ops[2].io, 32, bytes, sizeof(bytes));
	sqe = sqe_of(&ops[2].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_SEND);
	CU_ASSERT_EQUAL(sqe->msg_flags, MSG_NOSIGNAL);
	CU_ASSERT_EQUAL(sqe->addr, (uint64_t)(uintptr_t)bytes);
	CU_ASSERT_EQUAL(sqe->len, sizeof(bytes));
	gi_io_prepare_send_message(&ops[3].io, 33, &message);
	sqe = sqe_of(&ops[3].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_SENDMSG);
	CU_ASSERT_EQUAL(sqe->addr, (uint64_t)(uintptr_t)&message);
	gi_io_prepare_shutdown(&ops[4].io, 34, SHUT_RDWR);
	sqe = sqe_of(&ops[4].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_SHUTDOWN);
	CU_ASSERT_EQUAL(sqe->len, SHUT_RDWR);
	gi_io_prepare_close(&ops[5].io, 35);
	sqe = sqe_of(&ops[5].io);
	CU_ASSERT_EQUAL(sqe->opcode, IORING_OP_CLOSE);
	CU_ASSERT_EQUAL(sqe->fd, 35);
	gi_io_prepare_nop(&ops[6].io);
	CU_ASSERT_EQUAL(sqe_of(&ops[6].io)->opcode, IORING_OP_NOP);
	machine_stop();
}

static void multishot_goes_on_until_its_last(void)
{
	setup(&(struct machine_options){0});
	submit(1, 1);
	machine_turn(0, false);
	for (int i = 0; i < 3; i++) {
		kernel_complete(ring(), user_data_of(1), i, IORING_CQE_F_MORE);
		machine_turn(0, false);
		CU_ASSERT_EQUAL(ops[1].last.result, i);
		CU_ASSERT_FALSE(ops[1].last.is_last);
		CU_ASSERT_EQUAL(ops[1].io.state, GI_IO_IN_KERNEL);
	}
	/* The last one may carry a result like any other. */
	kernel_complete(ring(), user_data_of(1), 99, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[1].last.result, 99);
	CU_ASSERT_TRUE(ops[1].last.is_last);
	CU_ASSERT_EQUAL(ops[1].event_count, 4);
	machine_stop();
}

static void stale_completion_is_counted_and_dropped(void)
{
	setup(&(struct machine_options){0});
	submit(1, 1);
	machine_turn(0, false);
	uint64_t old = user_data_of(1);
	kernel_complete(ring(), old, 0, 0);
	kernel_complete(ring(), old, 1, 0); /* nobody is there any more */
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[1].event_count, 1);
	CU_ASSERT_EQUAL(stale_count(), 1);
	/* The slot has a new operation now. */
	submit(2, 1);
	machine_turn(0, false);
	CU_ASSERT_NOT_EQUAL(user_data_of(2), old);
	kernel_complete(ring(), old, 2, 0);
	/* A slot that never was. */
	kernel_complete(ring(), GI_CQE_IO | UINT64_C(0xffffff) << 8, 3, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(stale_count(), 3);
	CU_ASSERT_EQUAL(ops[2].event_count, 0);
	CU_ASSERT_EQUAL(ops[2].io.state, GI_IO_IN_KERNEL);
	machine_stop();
}

static void buffer_of_a_stale_completion_goes_home(void)
{
	setup(&(struct machine_options){0});
	CU_ASSERT_EQUAL_FATAL(gi_buffers_open(driver(), 4, 64), 0);
	submit(1, 1);
	machine_turn(0, false);
	kernel_complete(ring(), user_data_of(1), 0, 0);
	unsigned index = (unsigned)kernel_take_buffer(ring());
	kernel_complete(ring(), user_data_of(1), 10,
	                IORING_CQE_F_BUFFER | index << IORING_CQE_BUFFER_SHIFT);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(stale_count(), 1);
	CU_ASSERT_EQUAL(gi_buffers_held(driver()->buffers), 0);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(kernel_take_buffer(ring()) >= 0);
	}
	CU_ASSERT_EQUAL(kernel_take_buffer(ring()), -1);
	machine_stop();
}

static void full_queue_keeps_operations_in_order(void)
{
	setup(&(struct machine_options){.entry_count = 8});
	submit(1, 30);
	CU_ASSERT_EQUAL(ops[8].io.state, GI_IO_IN_KERNEL);
	CU_ASSERT_EQUAL(ops[9].io.state, GI_IO_QUEUED);
	for (uint32_t i = 0; i < 10; i++) {
		machine_turn(0, false);
	}
	CU_ASSERT_EQUAL(driver()->ring->queue_count, 0);
	CU_ASSERT_EQUAL_FATAL(ring()->submitted_count, 31);
	for (int i = 1; i <= 30; i++) {
		CU_ASSERT_EQUAL(ring()->submitted[i].fd, i);
	}
	machine_stop();
}

static void bound_of_operations_is_exact(void)
{
	setup(&(struct machine_options){.io_count_max = 300});
	submit(0, 299); /* and the read of the signal */
	gi_io_prepare_nop(&ops[299].io);
	CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[299].io), -ENOBUFS);
	CU_ASSERT_TRUE(gi_io_is_idle(&ops[299].io));
	CU_ASSERT_EQUAL(gi_driver_io_count(driver()), 300);
	for (uint32_t i = 0; i < 4; i++) {
		machine_turn(0, false);
	}
	kernel_complete(ring(), user_data_of(5), 0, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[299].io), 0);
	machine_stop();
}

static void no_memory_leaves_operation_idle(void)
{
	setup(&(struct machine_options){.memory_limit = 8ul << 20});
	machine_exhaust_memory();
	uint32_t i = 0;
	int err = 0;
	for (; i < OPS && !err; i++) {
		gi_io_prepare_nop(&ops[i].io);
		err = gi_io_submit(driver(), &ops[i].io);
	}
	CU_ASSERT_EQUAL(err, -ENOMEM);
	CU_ASSERT_EQUAL(i, GI_IO_SEGMENT_COUNT); /* one slot is the signal's */
	CU_ASSERT_TRUE(gi_io_is_idle(&ops[i - 1].io));
	machine_stop();
}

static void cancel_of_idle_does_nothing(void)
{
	setup(&(struct machine_options){0});
	gi_io_cancel(driver(), &ops[0].io);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ring()->submitted_count, 1);
	submit(1, 1);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[0].event_count, 0);
	machine_stop();
}

static void cancel_in_kernel_names_the_operation(void)
{
	setup(&(struct machine_options){0});
	submit(3, 1);
	machine_turn(0, false);
	gi_io_cancel(driver(), &ops[3].io);
	gi_io_cancel(driver(), &ops[3].io); /* asking twice does nothing */
	machine_turn(0, false);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 1);
	const struct io_uring_sqe *cancel = kernel_last(ring(), IORING_OP_ASYNC_CANCEL);
	CU_ASSERT_EQUAL(cancel->addr, user_data_of(3));
	/* Its own completion says nothing, the operation's does. */
	kernel_complete(ring(), cancel->user_data, 0, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[3].event_count, 0);
	kernel_complete(ring(), user_data_of(3), -ECANCELED, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[3].last.result, -ECANCELED);
	CU_ASSERT_EQUAL(stale_count(), 0);
	machine_stop();
}

static void cancel_of_queued_never_submits(void)
{
	setup(&(struct machine_options){.entry_count = 8});
	submit(1, 12);
	gi_io_cancel(driver(), &ops[10].io);
	CU_ASSERT_EQUAL(ops[10].event_count, 0); /* complete() comes on a later turn */
	for (uint32_t i = 0; i < 4; i++) {
		machine_turn(0, false);
	}
	CU_ASSERT_EQUAL(ops[10].event_count, 1);
	CU_ASSERT_EQUAL(ops[10].last.result, -ECANCELED);
	CU_ASSERT_TRUE(ops[10].last.is_last);
	CU_ASSERT_EQUAL(ring()->submitted_count, 12);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 0);
	machine_stop();
}

/* Asked twice with a full queue it was counted twice, and the driver never slept again. */
static void cancel_waits_for_room(void)
{
	setup(&(struct machine_options){.entry_count = 8});
	submit(1, 1);
	machine_turn(0, false);
	submit(2, 8);
	gi_io_cancel(driver(), &ops[1].io);
	gi_io_cancel(driver(), &ops[1].io);
	CU_ASSERT_EQUAL(driver()->ring->cancel_waiting, 1);
	machine_turn(0, true);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 1);
	CU_ASSERT_EQUAL(kernel_last(ring(), IORING_OP_ASYNC_CANCEL)->addr, user_data_of(1));
	CU_ASSERT_EQUAL(driver()->ring->cancel_waiting, 0);
	machine_turn(0, true);
	CU_ASSERT_TRUE(ring()->wait_count > 0);
	machine_stop();
}

static void waiting_cancel_ends_with_its_operation(void)
{
	setup(&(struct machine_options){.entry_count = 8});
	submit(1, 1);
	machine_turn(0, false);
	submit(2, 8);
	gi_io_cancel(driver(), &ops[1].io);
	kernel_complete(ring(), user_data_of(1), 5, 0);
	machine_turn(0, false);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(driver()->ring->cancel_waiting, 0);
	CU_ASSERT_EQUAL(ops[1].last.result, 5);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 0);
	machine_stop();
}

/* A multishot that is between two of its events is not found, and goes on. */
static void cancel_that_finds_nothing_is_asked_again(void)
{
	setup(&(struct machine_options){0});
	submit(1, 1);
	machine_turn(0, false);
	gi_io_cancel(driver(), &ops[1].io);
	for (uint32_t i = 1; i <= 3; i++) {
		machine_turn(0, false);
		CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), i);
		uint64_t cancel = kernel_last(ring(), IORING_OP_ASYNC_CANCEL)->user_data;
		kernel_complete(ring(), cancel, -ENOENT, 0);
	}
	machine_turn(0, false);
	uint64_t late = kernel_last(ring(), IORING_OP_ASYNC_CANCEL)->user_data;
	kernel_complete(ring(), late, -EALREADY, 0); /* a worker has been told: it will end */
	machine_turn(0, false);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 4);
	kernel_complete(ring(), user_data_of(1), -ECANCELED, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ops[1].last.result, -ECANCELED);
	kernel_complete(ring(), late, -ENOENT, 0); /* it is over: nothing more is asked */
	machine_turn(0, false);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 4);
	CU_ASSERT_EQUAL(driver()->ring->cancel_waiting, 0);
	CU_ASSERT_EQUAL(stale_count(), 0);
	machine_stop();
}

/* Submitted again as it was, it could not be cancelled again. */
static void cancelled_operation_may_start_anew(void)
{
	setup(&(struct machine_options){0});
	submit(1, 1);
	machine_turn(0, false);
	gi_io_cancel(driver(), &ops[1].io);
	machine_turn(0, false);
	kernel_complete(ring(), user_data_of(1), -ECANCELED, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[1].io), 0);
	machine_turn(0, false);
	gi_io_cancel(driver(), &ops[1].io);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_ASYNC_CANCEL), 2);
	CU_ASSERT_EQUAL(kernel_last(ring(), IORING_OP_ASYNC_CANCEL)->addr, user_data_of(1));
	machine_stop();
}

static void completion_may_submit_again(void)
{
	setup(&(struct machine_options){.io_count_max = 2});
	ops[1].submits_again = true;
	submit(1, 1);
	for (uint32_t i = 1; i <= 300; i++) {
		machine_turn(0, false);
		kernel_complete(ring(), user_data_of(1), (int)i, 0);
		machine_turn(0, false);
		CU_ASSERT_EQUAL(ops[1].event_count, i);
	}
	CU_ASSERT_EQUAL(stale_count(), 0);
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"submitted completes once", submitted_completes_once},
        {"preparations say what is meant", preparations_say_what_is_meant},
        {"multishot goes on until its last", multishot_goes_on_until_its_last},
        {"stale completion is counted, dropped", stale_completion_is_counted_and_dropped},
        {"buffer of stale completion goes home", buffer_of_a_stale_completion_goes_home},
        {"full queue keeps operations in order", full_queue_keeps_operations_in_order},
        {"bound of operations is exact", bound_of_operations_is_exact},
        {"no memory leaves operation idle", no_memory_leaves_operation_idle},
        {"cancel of idle does nothing", cancel_of_idle_does_nothing},
        {"cancel in kernel names the operation", cancel_in_kernel_names_the_operation},
        {"cancel of queued never submits", cancel_of_queued_never_submits},
        {"cancel waits for room", cancel_waits_for_room},
        {"waiting cancel ends with its operation", waiting_cancel_ends_with_its_operation},
        {"cancel that finds nothing is asked again", cancel_that_finds_nothing_is_asked_again},
        {"cancelled operation may start anew", cancelled_operation_may_start_anew},
        {"completion may submit again", completion_may_submit_again},
        CU_TEST_INFO_NULL,
};

extern const struct suite io_suite;
const struct suite io_suite = {"io", tests};
