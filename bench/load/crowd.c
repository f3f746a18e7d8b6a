/* SPDX-License-Identifier: Apache-2.0 */
/* Crowd: a process that opens many connections to this one and then leaves them idle. */
#include "bench/load/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "bench/server.h"
#include "bench/support.h"

enum {
	DESCRIPTORS_ASIDE = 256,
};

struct command {
	uint32_t count;
	uint16_t port;
};

static int greet(int fd, uint64_t number)
{
	char request[BENCH_LOAD_TEXT_MAX];
	char reply[BENCH_LOAD_TEXT_MAX];
	size_t size = bench_protocol_echo.write_request(number, request);
	if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) {
		return -EPIPE;
	}
	ssize_t got = recv(fd, reply, size, MSG_WAITALL);
	if (got < 0) {
		return -errno;
	}
	return (size_t)got == size && memcmp(request, reply, size) == 0 ? 0 : -EPROTO;
}

/* The connections stay open until the process ends; then they are reset by the kernel or closed. */
static int open_connections(const struct command *command)
{
	for (uint32_t i = 0; i < command->count; i++) {
		int fd = bench_server_connect(command->port);
		if (fd < 0) {
			return fd;
		}
		struct linger at_once = {.l_onoff = 1, .l_linger = 0};
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		int err = greet(fd, i);
		if (err) {
			return err;
		}
	}
	return 0;
}

static int be_crowd(int replies, const void *context)
{
	const int *commands = context;
	struct command command;
	close(commands[1]);
	while (read(commands[0], &command, sizeof(command)) == (ssize_t)sizeof(command)) {
		int err = open_connections(&command);
		if (write(replies, &err, sizeof(err)) != (ssize_t)sizeof(err)) {
			break;
		}
	}
	return 0;
}

int bench_crowd_start(struct bench_crowd *out_crowd, struct bench_sample *note)
{
	int commands[2];
	uint64_t limit = bench_raise_descriptor_limit();
	if (limit <= DESCRIPTORS_ASIDE) {
		return bench_fail(note, -EMFILE, "ulimit -n is too small");
	}
	if (pipe2(commands, O_CLOEXEC) != 0) {
		return bench_fail(note, -errno, "no pipe to the crowd");
	}
	struct bench_child child;
	int err = bench_child_fork(&child, be_crowd, commands);
	close(commands[0]);
	if (err) {
		close(commands[1]);
		return bench_fail(note, err, "no process for the crowd");
	}
	limit -= DESCRIPTORS_ASIDE;
	*out_crowd =
	        (struct bench_crowd){.child = child,
	                             .commands = commands[1],
	                             .size_max = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit};
	return 0;
}

int bench_crowd_connect(const struct bench_crowd *crowd, uint16_t port, uint32_t count,
                        struct bench_sample *note)
{
	struct command command = {.count = count, .port = port};
	int err = -ECHILD;
	if (write(crowd->commands, &command, sizeof(command)) != (ssize_t)sizeof(command) ||
	    read(crowd->child.output, &err, sizeof(err)) != (ssize_t)sizeof(err)) {
		err = -ECHILD;
	}
	return err ? bench_fail(note, err, "opening %u connections", count) : 0;
}

void bench_crowd_stop(struct bench_crowd *crowd)
{
	bench_child_kill(&crowd->child);
	close(crowd->commands);
}
