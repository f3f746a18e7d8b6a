/* SPDX-License-Identifier: Apache-2.0 */
/* Server: a process that serves a TCP port on loopback while it is measured. It is killed with its parent. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/bench.h"

struct bench_server {
	pid_t process;
	int output; /* its standard output, which must stay open as long as it runs; or -1 */
	uint16_t port;
};

/* Serves until killed. Tells its port by bench_server_ready(). Returns why it could not: a negative errno. */
typedef int (*bench_serve_fn)(int ready_fd);

/*
 * Start a server in a copy of this process, pinned to a CPU.
 *
 * Owner: gives; ends with bench_server_stop.
 * Error: what serve returned; -ETIMEDOUT; others of fork. The note says it in a sentence.
 */
int bench_server_fork(struct bench_server *out_server, uint32_t cpu, bench_serve_fn serve,
                      struct bench_sample *note);

/* For a bench_serve_fn: the port is open. */
void bench_server_ready(int ready_fd, uint16_t port);

/* The program is not pinned from outside. */
#define BENCH_SERVER_ANY_CPU UINT32_MAX

struct bench_server_program {
	const char *path;       /* or a name to be searched */
	char *const *arguments; /* the first is its name; ends with NULL */
	uint32_t cpu;
	uint16_t
	        port; /* to be tried until it accepts; 0: the program prints "ready ADDRESS:PORT ..." */
};

/* Start a program. Owner: gives. Error: -ENOENT no such program; -ETIMEDOUT not ready in time; -ECHILD it ended. */
int bench_server_exec(struct bench_server *out_server, const struct bench_server_program *program,
                      struct bench_sample *note);

/* SIGTERM, and SIGKILL when it has not ended soon. */
void bench_server_stop(struct bench_server *server);

/* SIGKILL, for a server that has nothing to keep and takes its time to end. */
void bench_server_kill(struct bench_server *server);

/* A port on loopback that was free a moment ago. Error: of bind(2). */
int bench_server_free_port(uint16_t *out_port);

/* Connect to a port on loopback: a blocking socket without Nagle's delay, or a negative errno. */
int bench_server_connect(uint16_t port);

/* Close a connection at once, so that no port number stays taken in TIME_WAIT. */
void bench_server_disconnect(int fd);

#endif
