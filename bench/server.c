/* SPDX-License-Identifier: Apache-2.0 */
/* Server: a process that serves a TCP port on loopback while it is measured. */
#include "bench/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	READY_LIMIT_MS = 10000,
	STOP_LIMIT_MS = 2000,
	STEP_MS = 2,
	EXIT_NO_PROGRAM = 127,
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

static void serve_in_child(uint32_t cpu, bench_serve_fn serve, int ready_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int err = bench_pin(cpu);
	if (err == 0) {
		err = serve(ready_fd);
	}
	struct readiness readiness = {.err = err};
	ssize_t size = write(ready_fd, &readiness, sizeof(readiness));
	_exit(size == (ssize_t)sizeof(readiness) ? 1 : 2);
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
	int ends[2];
	if (pipe(ends) != 0) {
		return bench_fail(note, -errno, "no pipe for the server");
	}
	pid_t child = fork();
	if (child < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return bench_fail(note, err, "no process for the server");
	}
	if (child == 0) {
		close(ends[0]);
		serve_in_child(cpu, serve, ends[1]);
	}
	close(ends[1]);
	struct bench_server server = {.process = child, .output = ends[0]};
	int err = read_readiness(ends[0], &server.port);
	if (err) {
		bench_server_stop(&server);
		return bench_fail(note, err, "the server could not start");
	}
	*out_server = server;
	return 0;
}

static void become_program(const struct bench_server_program *program, int output)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (program->cpu != BENCH_SERVER_ANY_CPU) {
		bench_pin(program->cpu);
	}
	dup2(null, STDIN_FILENO);
	dup2(program->port == 0 ? output : null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(program->path, program->arguments);
	_exit(EXIT_NO_PROGRAM);
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
	const char *colon = strrchr(line, ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
	if (port == 0 || port > UINT16_MAX) {
		return -EPROTO;
	}
	*out_port = (uint16_t)port;
	return 0;
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

/* Tell a program that is not there from one that did not work. */
static int name_failure(pid_t process, int err)
{
	siginfo_t ended = {.si_pid = 0};
	if (err != -ECHILD || waitid(P_PID, (id_t)process, &ended, WEXITED | WNOWAIT) != 0) {
		return err;
	}
	return ended.si_code == CLD_EXITED && ended.si_status == EXIT_NO_PROGRAM ? -ENOENT : err;
}

int bench_server_exec(struct bench_server *out_server, const struct bench_server_program *program,
                      struct bench_sample *note)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return bench_fail(note, -errno, "no pipe for the server");
	}
	pid_t child = fork();
	if (child < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return bench_fail(note, err, "no process for the server");
	}
	if (child == 0) {
		become_program(program, ends[1]);
	}
	close(ends[1]);
	struct bench_server server = {.process = child, .output = ends[0], .port = program->port};
	int err = program->port == 0 ? read_ready_line(ends[0], &server.port)
	                             : wait_for_port(child, program->port);
	if (err) {
		err = name_failure(child, err);
		bench_server_stop(&server);
		const char *what = err == -ENOENT ? "cannot be run" : "did not become ready";
		return bench_fail(note, err, "%s %s", program->arguments[0], what);
	}
	*out_server = server;
	return 0;
}

void bench_server_kill(struct bench_server *server)
{
	kill(server->process, SIGKILL);
	waitpid(server->process, NULL, 0);
	close(server->output);
}

void bench_server_stop(struct bench_server *server)
{
	kill(server->process, SIGTERM);
	for (int waited = 0; waited < STOP_LIMIT_MS; waited += STEP_MS) {
		pid_t ended = waitpid(server->process, NULL, WNOHANG);
		if (ended == server->process || (ended < 0 && errno == ECHILD)) {
			close(server->output);
			return;
		}
		bench_sleep_ms(STEP_MS);
	}
	bench_server_kill(server);
}

int bench_server_free_port(uint16_t *out_port)
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
	close(fd);
	*out_port = ntohs(address.sin_port);
	return 0;
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
