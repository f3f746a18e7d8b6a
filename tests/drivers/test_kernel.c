/* SPDX-License-Identifier: Apache-2.0 */
/* Conformance: drivers above the real kernel, with rings so small that all of them overflow. Nothing may be lost. */
#include "base/container.h"
#include "drivers/buffers.h"
#include "drivers/outside.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "tests/drivers/machine.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPS = 100, TURNS_MAX = 20000 };

/* It waits for the kernel's own threads, which shut sockets down, but never long. */
static const struct machine_options tiny = {
        .entry_count = 4, .completion_count = 4, .sleep_ns = 1000000};

struct op {
	struct gi_io io;
	int fd;
	uint64_t value;
	int results[OPS]; /* of its events */
	uint32_t event_count;
	bool is_over;
};

static struct op ops[OPS];

static struct gi_driver *driver(void)
{
	return machine.drivers[0];
}

static void on_complete(struct gi_io *io, const struct gi_io_event *event)
{
	struct op *op = gi_container_of(io, struct op, io);
	CU_ASSERT_FATAL(op->event_count < OPS);
	op->results[op->event_count++] = event->result;
	op->is_over = event->is_last;
}

static void setup(const struct machine_options *options)
{
	machine_start(options);
	machine_on(0);
	for (uint32_t i = 0; i < OPS; i++) {
		ops[i] = (struct op){.fd = -1};
		gi_io_init(&ops[i].io, on_complete);
	}
}

static void close_all(void)
{
	for (uint32_t i = 0; i < OPS; i++) {
		if (ops[i].fd >= 0) {
			close(ops[i].fd);
		}
	}
}

/* Turn until this many operations are over. */
static void turn_until_over(uint32_t count)
{
	for (uint32_t turn = 0; turn < TURNS_MAX; turn++) {
		uint32_t over_count = 0;
		for (uint32_t i = 0; i < OPS; i++) {
			over_count += ops[i].is_over;
		}
		if (over_count >= count) {
			return;
		}
		machine_turn(0, true);
	}
	CU_FAIL("operations were lost");
}

static void turn_some(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		machine_turn(0, false);
	}
}

static void ring_is_as_small_as_asked(void)
{
	setup(&tiny);
	CU_ASSERT_EQUAL(driver()->ring->uring.sq.ring_entries, 4);
	CU_ASSERT_EQUAL(driver()->ring->uring.cq.ring_entries, 4);
	char text[256];
	gi_driver_describe(driver(), text, sizeof(text));
	printf("%s ", text);
	machine_stop();
}

static void read_eventfds(void)
{
	for (uint32_t i = 0; i < OPS; i++) {
		ops[i].fd = eventfd(0, EFD_CLOEXEC);
		CU_ASSERT_TRUE_FATAL(ops[i].fd >= 0);
		gi_io_prepare_read(&ops[i].io, ops[i].fd, &ops[i].value, sizeof(ops[i].value));
		CU_ASSERT_EQUAL_FATAL(gi_io_submit(driver(), &ops[i].io), 0);
	}
	turn_some(OPS);
	CU_ASSERT_EQUAL(driver()->ring->queue_count, 0);
}

static void every_read_completes_despite_overflow(void)
{
	setup(&tiny);
	read_eventfds();
	for (uint64_t i = 0; i < OPS; i++) {
		uint64_t value = i + 1;
		CU_ASSERT_EQUAL(write(ops[i].fd, &value, sizeof(value)), sizeof(value));
	}
	turn_until_over(OPS);
	for (uint32_t i = 0; i < OPS; i++) {
		CU_ASSERT_EQUAL(ops[i].event_count, 1);
		CU_ASSERT_EQUAL(ops[i].results[0], sizeof(uint64_t));
		CU_ASSERT_EQUAL(ops[i].value, i + 1);
	}
	CU_ASSERT_EQUAL(gi_driver_io_count(driver()), 1);
	CU_ASSERT_EQUAL(gi_load_relaxed(&driver()->counters.stale_completions), 0);
	close_all();
	machine_stop();
}

static void every_cancel_ends_its_operation(void)
{
	setup(&tiny);
	read_eventfds();
	for (uint32_t i = 0; i < OPS; i++) {
		gi_io_cancel(driver(), &ops[i].io); /* four fit into the queue, the others wait */
		gi_io_cancel(driver(), &ops[i].io);
	}
	CU_ASSERT_TRUE(driver()->ring->cancel_waiting > 0);
	turn_until_over(OPS);
	for (uint32_t i = 0; i < OPS; i++) {
		CU_ASSERT_EQUAL(ops[i].event_count, 1);
		CU_ASSERT_EQUAL(ops[i].results[0], -ECANCELED);
	}
	CU_ASSERT_EQUAL(driver()->ring->cancel_waiting, 0);
	close_all();
	machine_stop();
}

/* ---- Sockets ------------------------------------------------------------------------------------------------------ */

static int listen_on_loopback(struct sockaddr_storage *out_address)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	struct gi_kernel_listen listen = {.address = (struct sockaddr *)&address,
	                                  .address_size = sizeof(address),
	                                  .backlog = 64};
	int fd = gi_kernel_listen(&listen);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(gi_kernel_socket_name(fd, out_address), 0);
	return fd;
}

static void every_connection_is_accepted_once(void)
{
	enum { CLIENTS = 30 };
	setup(&tiny);
	struct sockaddr_storage address;
	ops[0].fd = listen_on_loopback(&address);
	gi_io_prepare_accept(&ops[0].io, ops[0].fd);
	CU_ASSERT_EQUAL_FATAL(gi_io_submit(driver(), &ops[0].io), 0);
	turn_some(2);
	int clients[CLIENTS];
	for (uint32_t i = 0; i < CLIENTS; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		CU_ASSERT_EQUAL(connect(clients[i], (struct sockaddr *)&address,
		                        sizeof(struct sockaddr_in)),
		                0);
	}
	/* A full CQ ends the multishot with a descriptor in hand: it is armed again, and none is lost. */
	for (uint32_t turn = 0; turn < TURNS_MAX && ops[0].event_count < CLIENTS; turn++) {
		machine_turn(0, true);
		if (gi_io_is_idle(&ops[0].io)) {
			CU_ASSERT_EQUAL_FATAL(gi_io_submit(driver(), &ops[0].io), 0);
		}
	}
	CU_ASSERT_EQUAL(ops[0].event_count, CLIENTS);
	for (uint32_t i = 0; i < ops[0].event_count; i++) {
		CU_ASSERT_TRUE(ops[0].results[i] >= 0);
		close(ops[0].results[i]);
		close(clients[i]);
	}
	close_all();
	machine_stop();
}

/* By TCP: a Unix socket's end is not always told to a multishot receive (axboe/liburing#1549). */
static void connect_pair(int *out_fds)
{
	struct sockaddr_storage address;
	int listener = listen_on_loopback(&address);
	out_fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(
	        connect(out_fds[1], (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
	out_fds[0] = accept(listener, NULL, NULL);
	CU_ASSERT_TRUE_FATAL(out_fds[0] >= 0);
	close(listener);
}

enum { STREAM_SIZE = 20000, CHUNK_SIZE = 64, CHUNKS = 4 };

/* One that reads a stream into its own memory, with the driver's few buffers. */
struct reader {
	struct gi_io io;
	struct gi_buffer_wait wait;
	uint8_t bytes[STREAM_SIZE];
	uint32_t size;
	uint32_t starved_count;
	bool has_ended;
};

static struct reader readers[2];

static void on_received(struct gi_io *io, const struct gi_io_event *event)
{
	struct reader *reader = gi_container_of(io, struct reader, io);
	struct gi_buffers *buffers = gi_driver_buffers(driver());
	if (event->has_buffer) {
		CU_ASSERT_FATAL(event->result > 0);
		CU_ASSERT_FATAL(reader->size + (uint32_t)event->result <= STREAM_SIZE);
		memcpy(reader->bytes + reader->size, gi_buffers_at(buffers, event->buffer_index),
		       (size_t)event->result);
		reader->size += (uint32_t)event->result;
		gi_buffers_put(buffers, event->buffer_index);
	}
	if (!event->is_last) {
		return;
	}
	if (event->result == 0) {
		reader->has_ended = true;
	} else if (event->result == -ENOBUFS) {
		reader->starved_count++;
		gi_buffers_wait(buffers, &reader->wait);
	} else {
		CU_ASSERT_TRUE(event->result > 0); /* the CQ was full */
		CU_ASSERT_EQUAL(gi_io_submit(driver(), io), 0);
	}
}

static void on_buffers(struct gi_buffer_wait *wait)
{
	struct reader *reader = gi_container_of(wait, struct reader, wait);
	CU_ASSERT_EQUAL(gi_io_submit(driver(), &reader->io), 0);
}

static void reader_start(struct reader *reader, int fd)
{
	*reader = (struct reader){.wait = {.ready = on_buffers}};
	gi_list_init(&reader->wait.link);
	gi_io_init(&reader->io, on_received);
	gi_io_prepare_receive(&reader->io, fd, gi_buffers_group(gi_driver_buffers(driver())));
	CU_ASSERT_EQUAL(gi_io_submit(driver(), &reader->io), 0);
}

static bool is_stream(const struct reader *reader)
{
	bool is_right = reader->size == STREAM_SIZE;
	for (uint32_t i = 0; i < reader->size && is_right; i++) {
		is_right = reader->bytes[i] == (uint8_t)(i * 7 + i / 256);
	}
	return is_right;
}

static void every_byte_arrives_with_four_buffers(void)
{
	static uint8_t stream[STREAM_SIZE];
	int pairs[2][2];
	setup(&tiny);
	for (uint32_t i = 0; i < STREAM_SIZE; i++) {
		stream[i] = (uint8_t)(i * 7 + i / 256);
	}
	CU_ASSERT_EQUAL_FATAL(gi_buffers_open(driver(), CHUNKS, CHUNK_SIZE), 0);
	for (uint32_t i = 0; i < 2; i++) {
		connect_pair(pairs[i]);
		reader_start(&readers[i], pairs[i][0]);
		gi_io_prepare_send(&ops[i].io, pairs[i][1], stream, sizeof(stream));
		CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[i].io), 0);
	}
	turn_until_over(2);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(ops[i].results[0], STREAM_SIZE);
		ops[i].is_over = false;
		gi_io_prepare_shutdown(&ops[i].io, pairs[i][1], SHUT_WR);
		CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[i].io), 0);
	}
	for (uint32_t turn = 0; turn < TURNS_MAX; turn++) {
		machine_turn(0, true);
		if (readers[0].has_ended && readers[1].has_ended) {
			break;
		}
	}
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(readers[i].has_ended);
		CU_ASSERT_TRUE(is_stream(&readers[i]));
		gi_io_prepare_close(&ops[i + 2].io, pairs[i][1]);
		CU_ASSERT_EQUAL(gi_io_submit(driver(), &ops[i + 2].io), 0);
		close(pairs[i][0]);
	}
	turn_until_over(4);
	CU_ASSERT_EQUAL(ops[2].results[0], 0);
	/* Without io_uring nothing is received while the completion queue is full, which it is first. */
	CU_ASSERT_TRUE(machine_backend == GI_BACKEND_EPOLL ||
	               readers[0].starved_count + readers[1].starved_count > 0);
	CU_ASSERT_EQUAL(gi_buffers_held(gi_driver_buffers(driver())), 0);
	machine_stop();
}

/* ---- Doorbells ---------------------------------------------------------------------------------------------------- */

static void every_doorbell_reaches_a_full_ring(void)
{
	enum { DOORBELLS = 40 };
	setup(&(struct machine_options){
	        .driver_count = 2, .entry_count = 4, .completion_count = 4, .sleep_ns = 1000000});
	for (uint32_t i = 0; i < DOORBELLS; i++) {
		gi_doorbell_ring(machine_on(0), 1);
		machine_turn(0, false);
	}
	uint32_t reaped = 0;
	for (uint32_t turn = 0; turn < TURNS_MAX && reaped < DOORBELLS; turn++) {
		reaped += machine_turn(1, false);
		machine_turn(0, false);
	}
	CU_ASSERT_EQUAL(reaped, DOORBELLS);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.drivers[0]->counters.doorbell_errors), 0);
	machine_stop();
}

static void refused_doorbell_rings_in_the_end(void)
{
	CU_ASSERT_EQUAL_FATAL(machine_create(&(struct machine_options){.driver_count = 2}), 0);
	CU_ASSERT_EQUAL_FATAL(gi_driver_enter_thread(machine.drivers[0]), 0);
	gi_doorbell_ring(machine_on(0), 1);
	turn_some(3); /* -EBADFD: the other ring is not enabled yet; Linux 6.1 takes it */
	CU_ASSERT_EQUAL_FATAL(gi_driver_enter_thread(machine.drivers[1]), 0);
	turn_some(3);
	CU_ASSERT_EQUAL(machine.drivers[0]->doorbells_owed_count, 0);
	uint32_t reaped = 0;
	for (uint32_t turn = 0; turn < 10; turn++) {
		reaped += machine_turn(1, false);
	}
	CU_ASSERT_EQUAL(reaped, 1);
	machine_stop();
}

static void raise_from_outside_is_read_again(void)
{
	setup(&(struct machine_options){0});
	turn_some(2);
	for (uint32_t i = 0; i < 5; i++) {
		gi_driver_raise(driver());
		gi_driver_raise(driver());
		uint32_t reaped = 0;
		for (uint32_t turn = 0; turn < 20; turn++) { /* epoll is not asked in each */
			reaped += machine_turn(0, false);
		}
		CU_ASSERT_EQUAL(reaped, 1);
	}
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"ring is as small as asked", ring_is_as_small_as_asked},
        {"every read completes despite overflow", every_read_completes_despite_overflow},
        {"every cancel ends its operation", every_cancel_ends_its_operation},
        {"every connection is accepted once", every_connection_is_accepted_once},
        {"every byte arrives with four buffers", every_byte_arrives_with_four_buffers},
        {"every doorbell reaches a full ring", every_doorbell_reaches_a_full_ring},
        {"refused doorbell rings in the end", refused_doorbell_rings_in_the_end},
        {"raise from outside is read again", raise_from_outside_is_read_again},
        CU_TEST_INFO_NULL,
};

extern const struct suite kernel_suite;
const struct suite kernel_suite = {"kernel", tests};
