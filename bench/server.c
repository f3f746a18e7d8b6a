/* SPDX-License-Identifier: Apache-2.0 */
/* Server: a process that serves a TCP port on loopback while it is measured. */
#include "bench/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	READY_LIMIT_MS = 10000,
	STEP_MS = 2,
	BACKLOG = 511,
};

/* What a forked server tells first: its port, or why there is none. */
struct readiness {
	int err;
	uint16_t port;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons(port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void bench_server_ready(int ready_fd, uint16_t port)
{
	struct readiness readiness = {.port = port};
	if (write(ready_fd, &readiness, sizeof(readiness)) != (ssize_t)sizeof(readiness)) {
		_exit(1);
	}
}

/* What a forked server is to do. */
struct service {
	uint32_t cpu;
	bench_serve_fn serve;
};

static int serve_in_child(int ready_fd, const void *context)
{
	const struct service *service = context;
	int err = bench_pin(service->cpu);
	if (err == 0) {
		err = service->serve(ready_fd);
	}
	struct readiness readiness = {.err = err};
	ssize_t size = write(ready_fd, &readiness, sizeof(readiness));
	return size == (ssize_t)sizeof(readiness) ? 1 : 2;
}

static int read_readiness(int fd, uint16_t *out_port)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	struct readiness readiness;
	if (poll(&waiting, 1, READY_LIMIT_MS) <= 0) {
		return -ETIMEDOUT;
	}
	if (read(fd, &readiness, sizeof(readiness)) != (ssize_t)sizeof(readiness)) {
		return -ECHILD;
	}
	*out_port = readiness.port;
	return readiness.err;
}

int bench_server_fork(struct bench_server *out_server, uint32_t cpu, bench_serve_fn serve,
                      struct bench_sample *note)
{
	struct bench_server server;
	struct service service = {.cpu = cpu, .serve = serve};
	int err = bench_child_fork(&server.child, serve_in_child, &service);
	if (err) {
		return bench_fail(note, err, "no process for the server");
	}
	err = read_readiness(server.child.output, &server.port);
	if (err) {
		bench_server_kill(&server);
		return bench_fail(note, err, "the server could not start");
	}
	*out_server = server;
	return 0;
}

/* Wait for "ready ADDRESS:PORT ...", which may come in pieces. */
static int read_ready_line(int fd, uint16_t *out_port)
{
	char line[256];
	size_t size = 0;
	while (size < sizeof(line) - 1) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		if (poll(&waiting, 1, READY_LIMIT_MS) <= 0) {
			return -ETIMEDOUT;
		}
		ssize_t got = read(fd, line + size, sizeof(line) - 1 - size);
		if (got <= 0) {
			return -ECHILD;
		}
		size += (size_t)got;
		line[size] = '\0';
		if (strchr(line, '\n')) {
			break;
		}
	}
	if (strncmp(line, "ready ", 6) != 0) {
		return -EPROTO;
	}
	line[6 + strcspn(line + 6, " \n")] = '\0';
	return bench_port_of(line, out_port);
}

static int wait_for_port(pid_t process, uint16_t port)
{
	for (int waited = 0; waited < READY_LIMIT_MS; waited += STEP_MS) {
		int fd = bench_server_connect(port);
		if (fd >= 0) {
			bench_server_disconnect(fd);
			return 0;
		}
		siginfo_t ended = {.si_pid = 0};
		waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid == process) {
			return -ECHILD;
		}
		bench_sleep_ms(STEP_MS);
	}
	return -ETIMEDOUT;
}

/* A socket on a port of loopback that the kernel chooses, or a negative errno. */
static int bind_any(uint16_t *out_port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	*out_port = ntohs(address.sin_port);
	return fd;
}

/* A port on loopback that was free a moment ago. */
static int find_free_port(uint16_t *out_port)
{
	int fd = bind_any(out_port);
	if (fd < 0) {
		return fd;
	}
	close(fd);
	return 0;
}

static int wait_until_ready(struct bench_server *server, bool is_told)
{
	return is_told ? read_ready_line(server->child.output, &server->port)
	               : wait_for_port(server->child.process, server->port);
}

int bench_server_exec(struct bench_server *out_server, const struct bench_program *program,
                      char port_text[BENCH_SERVER_PORT_SIZE], struct bench_sample *note)
{
	const char *name = program->arguments[0];
	struct bench_server server = {.port = 0};
	if (port_text) {
		int err = find_free_port(&server.port);
		if (err) {
			return bench_fail(note, err, "no port for %s", name);
		}
		snprintf(port_text, BENCH_SERVER_PORT_SIZE, "%u", server.port);
	}
	int err = bench_child_exec(&server.child, program,
	                           port_text ? BENCH_CHILD_NOTHING : BENCH_CHILD_STDOUT);
	if (err) {
		return bench_fail(note, err, "%s cannot be run", name);
	}
	err = wait_until_ready(&server, !port_text);
	if (err) {
		bench_server_kill(&server);
		return bench_fail(note, err, "%s did not become ready", name);
	}
	*out_server = server;
	return 0;
}

void bench_server_kill(struct bench_server *server)
{
	bench_child_kill(&server->child);
}

int bench_server_listen(uint16_t *out_port)
{
	int fd = bind_any(out_port);
	if (fd >= 0 && listen(fd, BACKLOG) != 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int bench_server_connect(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

void bench_server_disconnect(int fd)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}
