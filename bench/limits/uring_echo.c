/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io_uring echo: the shortest TCP echo server on io_uring that is still right, on one thread. Multishot accept,
 * multishot receive into provided buffers, and each buffer sent back from where it lies, one send at a time for each
 * connection.
 *
 * Right means: a short send goes on where it stopped; a multishot that ends is armed again; a receive that found no
 * buffer waits until one comes back; a descriptor is closed when nothing of it is in the kernel.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/limits/bare_ring.h"
#include "bench/limits/limits.h"
#include "bench/load/load.h"
#include "bench/server.h"

enum {
	RING_ENTRIES = 256,
	/* As many and as large as a driver of gatio has: drivers/buffers.h. */
	BUFFER_COUNT = 256, /* a power of two */
	BUFFER_SIZE = 8192,
	BUFFER_GROUP = 0,
	DESCRIPTOR_MAX = 4096,
	NONE = -1,
};

enum operation {
	ACCEPT = 1,
	RECEIVE,
	SEND,
};

struct connection {
	bool is_receiving;
	bool is_sending;
	bool is_starved; /* waits for a buffer */
	bool is_over;    /* nothing more will come */
	int first;       /* buffers to be sent, in order; NONE: none */
	int last;
};

struct buffer {
	int next;
	uint32_t offset;
	uint32_t size;
};

struct echo {
	struct io_uring ring;
	struct io_uring_buf_ring *buffer_ring;
	char *memory;
	uint32_t starved_count;
	bool has_returned; /* a buffer came back in this round */
	int listener;
	struct buffer buffers[BUFFER_COUNT];
	struct connection connections[DESCRIPTOR_MAX]; /* by descriptor */
};

static void tag(struct io_uring_sqe *sqe, enum operation operation, int fd)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)operation << 32 | (uint32_t)fd);
}

static void return_buffer(struct echo *echo, int index)
{
	io_uring_buf_ring_add(echo->buffer_ring, echo->memory + (size_t)index * BUFFER_SIZE,
	                      BUFFER_SIZE, (unsigned short)index,
	                      io_uring_buf_ring_mask(BUFFER_COUNT), 0);
	io_uring_buf_ring_advance(echo->buffer_ring, 1);
	echo->has_returned = true;
}

static void arm_accept(struct echo *echo)
{
	struct io_uring_sqe *sqe = bench_bare_ring_entry(&echo->ring);
	io_uring_prep_multishot_accept(sqe, echo->listener, NULL, NULL, SOCK_CLOEXEC);
	tag(sqe, ACCEPT, echo->listener);
}

static void arm_receive(struct echo *echo, int fd)
{
	struct io_uring_sqe *sqe = bench_bare_ring_entry(&echo->ring);
	io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = BUFFER_GROUP;
	tag(sqe, RECEIVE, fd);
	echo->connections[fd].is_receiving = true;
}

static void start_send(struct echo *echo, int fd)
{
	struct connection *connection = &echo->connections[fd];
	if (connection->is_sending || connection->first == NONE) {
		return;
	}
	const struct buffer *buffer = &echo->buffers[connection->first];
	const char *data = echo->memory + (size_t)connection->first * BUFFER_SIZE;
	struct io_uring_sqe *sqe = bench_bare_ring_entry(&echo->ring);
	io_uring_prep_send(sqe, fd, data + buffer->offset, buffer->size - buffer->offset,
	                   MSG_NOSIGNAL);
	tag(sqe, SEND, fd);
	connection->is_sending = true;
}

static void close_if_over(struct echo *echo, int fd)
{
	struct connection *connection = &echo->connections[fd];
	bool is_in_kernel = connection->is_receiving || connection->is_sending;
	if (connection->is_over && !is_in_kernel && connection->first == NONE) {
		close(fd);
	}
}

static void on_accepted(struct echo *echo, const struct io_uring_cqe *cqe)
{
	int fd = cqe->res;
	int one = 1;
	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		arm_accept(echo);
	}
	if (fd < 0) {
		return;
	}
	if (fd >= DESCRIPTOR_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	echo->connections[fd] = (struct connection){.first = NONE, .last = NONE};
	arm_receive(echo, fd);
}

static void queue_buffer(struct echo *echo, struct connection *connection, int index, int size)
{
	echo->buffers[index] = (struct buffer){.next = NONE, .size = (uint32_t)size};
	if (connection->first == NONE) {
		connection->first = index;
	} else {
		echo->buffers[connection->last].next = index;
	}
	connection->last = index;
}

static void on_received(struct echo *echo, int fd, const struct io_uring_cqe *cqe)
{
	struct connection *connection = &echo->connections[fd];
	if (cqe->flags & IORING_CQE_F_BUFFER) {
		int index = (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
		if (cqe->res > 0 && !connection->is_over) {
			queue_buffer(echo, connection, index, cqe->res);
		} else {
			return_buffer(echo, index);
		}
	}
	start_send(echo, fd);
	if (cqe->flags & IORING_CQE_F_MORE) {
		return;
	}
	connection->is_receiving = false;
	if (cqe->res > 0 && !connection->is_over) {
		arm_receive(echo, fd);
	} else if (cqe->res == -ENOBUFS && !connection->is_over) {
		connection->is_starved = true;
		echo->starved_count++;
	} else {
		connection->is_over = true;
		close_if_over(echo, fd);
	}
}

/* Returns the buffer behind the one that is done with. */
static void drop_first(struct echo *echo, struct connection *connection)
{
	int index = connection->first;
	connection->first = echo->buffers[index].next;
	return_buffer(echo, index);
}

static void on_sent(struct echo *echo, int fd, int result)
{
	struct connection *connection = &echo->connections[fd];
	struct buffer *buffer = &echo->buffers[connection->first];
	connection->is_sending = false;
	if (result < 0) {
		while (connection->first != NONE) {
			drop_first(echo, connection);
		}
		connection->is_over = true;
		shutdown(fd, SHUT_RDWR); /* ends the receive */
		close_if_over(echo, fd);
		return;
	}
	buffer->offset += (uint32_t)result;
	if (buffer->offset == buffer->size) {
		drop_first(echo, connection);
	}
	start_send(echo, fd);
	close_if_over(echo, fd);
}

static void feed_starved(struct echo *echo)
{
	echo->has_returned = false;
	for (int fd = 0; fd < DESCRIPTOR_MAX && echo->starved_count > 0; fd++) {
		if (echo->connections[fd].is_starved) {
			echo->connections[fd].is_starved = false;
			echo->starved_count--;
			arm_receive(echo, fd);
		}
	}
}

static void reap(struct echo *echo)
{
	struct io_uring_cqe *cqe;
	unsigned int head;
	unsigned int count = 0;
	io_uring_for_each_cqe(&echo->ring, head, cqe)
	{
		uint64_t data = io_uring_cqe_get_data64(cqe);
		int fd = (int)(uint32_t)data;
		switch ((enum operation)(data >> 32)) {
		case ACCEPT:
			on_accepted(echo, cqe);
			break;
		case RECEIVE:
			on_received(echo, fd, cqe);
			break;
		case SEND:
			on_sent(echo, fd, cqe->res);
			break;
		}
		count++;
	}
	io_uring_cq_advance(&echo->ring, count);
	if (echo->starved_count > 0 && echo->has_returned) {
		feed_starved(echo);
	}
}

static int open_buffers(struct echo *echo)
{
	size_t ring_size = BUFFER_COUNT * sizeof(struct io_uring_buf);
	echo->buffer_ring =
	        mmap(NULL, ring_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	echo->memory = malloc((size_t)BUFFER_COUNT * BUFFER_SIZE);
	if (echo->buffer_ring == MAP_FAILED || !echo->memory) {
		return -ENOMEM;
	}
	struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)echo->buffer_ring,
	                                        .ring_entries = BUFFER_COUNT,
	                                        .bgid = BUFFER_GROUP};
	int err = io_uring_register_buf_ring(&echo->ring, &registration, 0);
	if (err) {
		return err;
	}
	for (int i = 0; i < BUFFER_COUNT; i++) {
		return_buffer(echo, i);
	}
	return 0;
}

/* Loops until the process is killed. What it holds goes with the process. */
static int serve(int ready_fd)
{
	static struct echo echo;
	uint16_t port = 0;
	echo.listener = bench_server_listen(&port);
	if (echo.listener < 0) {
		return echo.listener;
	}
	int err = bench_bare_ring_open(&echo.ring, RING_ENTRIES);
	if (err == 0) {
		err = open_buffers(&echo);
	}
	if (err) {
		return err;
	}
	arm_accept(&echo);
	bench_server_ready(ready_fd, port);
	while (err == 0 || err == -ETIME || err == -EBUSY) {
		err = bench_bare_ring_enter(&echo.ring, 1);
		reap(&echo);
	}
	return err;
}

static int start(const struct bench_context *context, struct bench_server *out_server,
                 struct bench_sample *note)
{
	return bench_server_fork(out_server, context->cpus[0], serve, note);
}

BENCH_LOAD_MEASURE(limit_echo_p1, start, echo, 1);
BENCH_LOAD_MEASURE(limit_echo_p16, start, echo, 16);
