/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as this kernel gives them, by operations as net/ prepares them: what its files say they do about a result rests
 * on these. -ENOMEM and -ENFILE cannot be made without taking the machine's memory or descriptors; -EINTR is made of a
 * wait, not of an operation: what a worker of the kernel could be interrupted in, it polls.
 */
#include "base/container.h"
#include "drivers/buffers.h"
#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TURNS_MAX = 20000, BUFFERS = 4, BUFFER_SIZE = 64 };

struct op {
	struct gi_io io;
	int result; /* of its last event */
	uint32_t event_count;
	uint32_t held_count;
	bool is_over;
};

static struct op op;
static int ends[2]; /* of a connection by TCP: ours and the peer's */
static int listener;

static struct gi_driver *driver(void)
{
	return machine.drivers[0];
}

static void on_complete(struct gi_io *io, const struct gi_io_event *event)
{
	struct op *completed = gi_container_of(io, struct op, io);
	completed->result = event->result;
	completed->event_count++;
	completed->held_count += event->has_buffer;
	completed->is_over = event->is_last;
}

static void connect_ends(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	struct gi_kernel_listen listen = {.address = (struct sockaddr *)&address,
	                                  .address_size = sizeof(address),
	                                  .backlog = 64};
	listener = gi_kernel_listen(&listen);
	CU_ASSERT_TRUE_FATAL(listener >= 0);
	struct sockaddr_storage name;
	CU_ASSERT_EQUAL(gi_kernel_socket_name(listener, &name), 0);
	ends[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(
	        connect(ends[1], (struct sockaddr *)&name, sizeof(struct sockaddr_in)), 0);
	ends[0] = gi_kernel_accept(listener, SOCK_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(ends[0] >= 0);
}

static void setup(void)
{
	machine_start(&(struct machine_options){.sleep_ns = 1000000});
	machine_on(0);
	connect_ends();
	CU_ASSERT_EQUAL_FATAL(gi_buffers_open(driver(), BUFFERS, BUFFER_SIZE), 0);
	op = (struct op){0};
	gi_io_init(&op.io, on_complete);
}

static void teardown(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (ends[i] >= 0) {
			close(ends[i]);
		}
	}
	close(listener);
	machine_stop();
}

static void turn_some(void)
{
	for (uint32_t i = 0; i < 5; i++) {
		machine_turn(0, false);
	}
}

static void assert_ends_with(int result)
{
	for (uint32_t turn = 0; turn < TURNS_MAX && !op.is_over; turn++) {
		machine_turn(0, true);
	}
	CU_ASSERT_TRUE(op.is_over);
	CU_ASSERT_EQUAL(op.result, result);
}

static void submit(void)
{
	CU_ASSERT_EQUAL_FATAL(gi_io_submit(driver(), &op.io), 0);
}

static void submit_receive(void)
{
	gi_io_prepare_receive(&op.io, ends[0], gi_buffers_group(gi_driver_buffers(driver())));
	submit();
}

static void receive_without_buffers_has_none(void)
{
	setup();
	uint8_t bytes[(BUFFERS + 1) * BUFFER_SIZE] = {0};
	submit_receive();
	CU_ASSERT_EQUAL(send(ends[1], bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	assert_ends_with(-ENOBUFS);
	CU_ASSERT_EQUAL(op.held_count, BUFFERS);
	op.is_over = false;
	submit_receive(); /* at once: the rest of the bytes is there */
	assert_ends_with(-ENOBUFS);
	CU_ASSERT_EQUAL(gi_kernel_socket_unread(ends[0]), BUFFER_SIZE);
	for (uint32_t i = 0; i < BUFFERS; i++) {
		gi_buffers_put(gi_driver_buffers(driver()), (uint16_t)i);
	}
	teardown();
}

static void receive_is_reset(void)
{
	setup();
	submit_receive();
	turn_some();
	gi_kernel_socket_reset(ends[1]);
	close(ends[1]);
	ends[1] = -1;
	assert_ends_with(-ECONNRESET);
	teardown();
}

static void receive_is_cancelled(void)
{
	setup();
	submit_receive();
	turn_some();
	gi_io_cancel(driver(), &op.io);
	assert_ends_with(-ECANCELED);
	teardown();
}

static void receive_that_may_not_wait_would_block(void)
{
	setup();
	gi_io_prepare_receive(&op.io, ends[0], gi_buffers_group(gi_driver_buffers(driver())));
	op.io.op_flags |= MSG_DONTWAIT;
	submit();
	assert_ends_with(-EAGAIN);
	teardown();
}

static void send_into_a_broken_pipe(void)
{
	setup();
	CU_ASSERT_EQUAL(shutdown(ends[0], SHUT_WR), 0);
	gi_io_prepare_send(&op.io, ends[0], "x", 1);
	submit();
	assert_ends_with(-EPIPE); /* and no signal */
	teardown();
}

static void send_of_much_is_cancelled_short(void)
{
	static const uint8_t much[16 << 20];
	setup();
	gi_io_prepare_send(&op.io, ends[0], much, sizeof(much));
	submit();
	for (uint32_t turn = 0; turn < TURNS_MAX && !op.is_over; turn++) {
		machine_turn(0, true);
	}
	CU_ASSERT_TRUE(op.result > 0 && op.result < (int)sizeof(much)); /* short, as it should */
	op.is_over = false;
	do { /* until the socket takes no more */
		gi_io_prepare_send(&op.io, ends[0], much, sizeof(much));
		submit();
		turn_some();
	} while (op.is_over && (op.is_over = false, true));
	gi_io_cancel(driver(), &op.io);
	assert_ends_with(-ECANCELED);
	teardown();
}

static void accept_without_descriptors(void)
{
	setup();
	struct rlimit before;
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct sockaddr_storage name;
	CU_ASSERT_EQUAL(gi_kernel_socket_name(listener, &name), 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(connect(client, (struct sockaddr *)&name, sizeof(struct sockaddr_in)), 0);
	int lowest = dup(0);
	close(lowest);
	struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max};
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	gi_io_prepare_accept(&op.io, listener);
	submit();
	assert_ends_with(-EMFILE);
	CU_ASSERT_EQUAL(gi_kernel_accept_prepare(listener), 0);
	CU_ASSERT_EQUAL(gi_kernel_accept(listener, 0), -EMFILE);
	CU_ASSERT_EQUAL(gi_kernel_descriptor_max(), (uint64_t)lowest);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	int accepted = gi_kernel_accept(listener, SOCK_CLOEXEC); /* it has waited in the backlog */
	CU_ASSERT_TRUE(accepted >= 0);
	CU_ASSERT_EQUAL(gi_kernel_accept(listener, 0), -EAGAIN);
	close(accepted);
	close(client);
	teardown();
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* The timer comes again and again, so one comes in the wait. */
static void wait_is_interrupted(void)
{
	setup();
	submit_receive();
	turn_some();
	struct sigaction action = {.sa_handler = on_alarm};
	struct sigaction action_before;
	CU_ASSERT_EQUAL(sigaction(SIGALRM, &action, &action_before), 0);
	struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
	struct itimerval never = {.it_value.tv_sec = 0};
	CU_ASSERT_EQUAL(setitimer(ITIMER_REAL, &often, NULL), 0);
	struct io_uring_getevents_arg arg = {0};
	struct gi_ring *ring = driver()->ring;
	CU_ASSERT_EQUAL(ring->door->enter(&ring->uring, 0, 1, ring->enter_flags, &arg), -EINTR);
	for (uint32_t i = 0; i < 20; i++) {
		machine_turn(0, true); /* it sleeps and is interrupted: just another turn */
	}
	CU_ASSERT_EQUAL(setitimer(ITIMER_REAL, &never, NULL), 0);
	CU_ASSERT_EQUAL(sigaction(SIGALRM, &action_before, NULL), 0);
	CU_ASSERT_EQUAL(op.event_count, 0);
	gi_io_cancel(driver(), &op.io);
	assert_ends_with(-ECANCELED);
	teardown();
}

static void progress_is_known_of_connections_only(void)
{
	setup();
	CU_ASSERT_EQUAL(send(ends[0], "x", 1, MSG_NOSIGNAL), 1);
	CU_ASSERT_NOT_EQUAL(gi_kernel_socket_taken_ns(ends[0]), UINT64_MAX);
	CU_ASSERT_EQUAL(gi_kernel_socket_unread(ends[1]), 1);
	int pipes[2];
	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	CU_ASSERT_EQUAL(gi_kernel_socket_taken_ns(pipes[0]), UINT64_MAX);
	close(pipes[0]);
	close(pipes[1]);
	teardown();
}

static CU_TestInfo tests[] = {
        {"receive without buffers has none", receive_without_buffers_has_none},
        {"receive is reset", receive_is_reset},
        {"receive is cancelled", receive_is_cancelled},
        {"receive that may not wait would block", receive_that_may_not_wait_would_block},
        {"send into a broken pipe", send_into_a_broken_pipe},
        {"send of much is cancelled short", send_of_much_is_cancelled_short},
        {"accept without descriptors", accept_without_descriptors},
        {"wait is interrupted", wait_is_interrupted},
        {"progress is known of connections only", progress_is_known_of_connections_only},
        CU_TEST_INFO_NULL,
};

extern const struct suite kernel_errors_suite;
const struct suite kernel_errors_suite = {"kernel errors", tests};
