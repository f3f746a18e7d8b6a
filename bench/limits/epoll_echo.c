/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epoll echo: the shortest TCP echo server on epoll that is still right, on one thread. A wait says who is ready; one
 * receive into the loop's only buffer and one send from it echo what has come.
 *
 * Right means: what a send leaves over is kept, and nothing more is received until it has gone. Level triggered: who has
 * more than a buffer is ready again. Edges bring no more: 1.00 and 1.01 times as many, medians of 9 in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/limits/limits.h"
#include "bench/load/load.h"
#include "bench/server.h"

enum {
	EVENTS_AT_ONCE = 64,
	BUFFER_SIZE = 8192, /* as large as one of a driver of gatio: drivers/buffers.h */
	DESCRIPTOR_MAX = 4096,
};

/* What a send has left over; the socket is then watched for room alone. */
struct rest {
	char *bytes; /* NULL: nothing */
	size_t size;
	size_t sent_size;
};

struct echo {
	int epoll;
	int listener;
	char buffer[BUFFER_SIZE];
	struct rest rests[DESCRIPTOR_MAX]; /* by descriptor */
};

static int watch(const struct echo *echo, int change, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	return epoll_ctl(echo->epoll, change, fd, &event) == 0 ? 0 : -errno;
}

static void end(struct echo *echo, int fd)
{
	free(echo->rests[fd].bytes);
	echo->rests[fd] = (struct rest){.bytes = NULL};
	close(fd);
}

/* Who cannot be served is closed. */
static void accept_all(struct echo *echo)
{
	int one = 1;
	int fd;
	while ((fd = accept4(echo->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (fd >= DESCRIPTOR_MAX || watch(echo, EPOLL_CTL_ADD, fd, EPOLLIN) != 0) {
			close(fd);
		}
	}
}

/* Returns false when the connection is lost. */
static bool keep_rest(struct echo *echo, int fd, const char *bytes, size_t size)
{
	struct rest *rest = &echo->rests[fd];
	rest->bytes = malloc(size);
	if (!rest->bytes) {
		return false;
	}
	memcpy(rest->bytes, bytes, size);
	rest->size = size;
	rest->sent_size = 0;
	return watch(echo, EPOLL_CTL_MOD, fd, EPOLLOUT) == 0;
}

static bool send_rest(struct echo *echo, int fd)
{
	struct rest *rest = &echo->rests[fd];
	ssize_t sent =
	        send(fd, rest->bytes + rest->sent_size, rest->size - rest->sent_size, MSG_NOSIGNAL);
	if (sent < 0) {
		return errno == EAGAIN;
	}
	rest->sent_size += (size_t)sent;
	if (rest->sent_size < rest->size) {
		return true;
	}
	free(rest->bytes);
	*rest = (struct rest){.bytes = NULL};
	return watch(echo, EPOLL_CTL_MOD, fd, EPOLLIN) == 0;
}

/* Sends back what has come. */
static bool echo_back(struct echo *echo, int fd)
{
	ssize_t got = recv(fd, echo->buffer, BUFFER_SIZE, 0);
	if (got <= 0) {
		return got < 0 && errno == EAGAIN;
	}
	ssize_t sent = send(fd, echo->buffer, (size_t)got, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		return false;
	}
	sent = sent < 0 ? 0 : sent;
	return sent == got || keep_rest(echo, fd, echo->buffer + sent, (size_t)(got - sent));
}

static void on_ready(struct echo *echo, const struct epoll_event *event)
{
	int fd = event->data.fd;
	if (fd == echo->listener) {
		accept_all(echo);
		return;
	}
	bool goes_on = echo->rests[fd].bytes ? send_rest(echo, fd) : echo_back(echo, fd);
	if (!goes_on) {
		end(echo, fd);
	}
}

/* Loops until the process is killed. What it holds goes with the process. */
static int serve(int ready_fd)
{
	static struct echo echo;
	struct epoll_event events[EVENTS_AT_ONCE];
	uint16_t port = 0;
	echo.listener = bench_server_listen(&port);
	if (echo.listener < 0) {
		return echo.listener;
	}
	echo.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (echo.epoll < 0 || fcntl(echo.listener, F_SETFL, O_NONBLOCK) < 0) {
		return -errno;
	}
	int err = watch(&echo, EPOLL_CTL_ADD, echo.listener, EPOLLIN);
	if (err) {
		return err;
	}
	bench_server_ready(ready_fd, port);
	for (;;) {
		int count = epoll_wait(echo.epoll, events, EVENTS_AT_ONCE, -1);
		if (count < 0 && errno != EINTR) {
			return -errno;
		}
		for (int i = 0; i < count; i++) {
			on_ready(&echo, &events[i]);
		}
	}
}

static int start(const struct bench_context *context, struct bench_server *out_server,
                 struct bench_sample *note)
{
	return bench_server_fork(out_server, context->cpus[0], serve, note);
}

BENCH_LOAD_MEASURE(limit_echo_p1_epoll, start, echo, 1);
BENCH_LOAD_MEASURE(limit_echo_p16_epoll, start, echo, 16);
