/* SPDX-License-Identifier: Apache-2.0 */
/* Server: a process that serves a TCP port on loopback while it is measured. It is killed with its parent. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdint.h>

#include "bench/bench.h"
#include "bench/child.h"

struct bench_server {
	struct bench_child child; /* its output stays open as long as it runs */
	uint16_t port;
};

/* Serves until killed. Tells its port by bench_server_ready(). Returns why it could not: a negative errno. */
typedef int (*bench_serve_fn)(int ready_fd);

/*
 * Start a server in a copy of this process, pinned to a CPU.
 *
 * Owner: gives; ends with bench_server_kill.
 * Error: what serve returned; -ETIMEDOUT; others of bench_child_fork. The note says it in a sentence.
 */
int bench_server_fork(struct bench_server *out_server, uint32_t cpu, bench_serve_fn serve,
                      struct bench_sample *note);

/* For a bench_serve_fn: the port is open. */
void bench_server_ready(int ready_fd, uint16_t port);

enum {
	BENCH_SERVER_PORT_SIZE = 8, /* of a port in digits, with its end */
};

/*
 * Start a program. The port is one of its arguments, which this writes: one that is free, tried until it accepts. NULL:
 * the program chooses one and prints "ready ADDRESS:PORT ...".
 *
 * Owner: gives; ends with bench_server_kill.
 * Error: of bench_child_exec; -ETIMEDOUT not ready in time; -ECHILD it ended; -EPROTO it printed something else; of
 *        bind(2) where no port is free. The note says it in a sentence.
 */
int bench_server_exec(struct bench_server *out_server, const struct bench_program *program,
                      char port_text[BENCH_SERVER_PORT_SIZE], struct bench_sample *note);

/*
 * Start one server of a kind on the CPUs of the context. Error: as bench_server_fork or bench_server_exec; -ENOENT it is
 * not installed. The note says it in a sentence.
 */
typedef int (*bench_server_start_fn)(const struct bench_context *context,
                                     struct bench_server *out_server, struct bench_sample *note);

/* A server has nothing to keep, and takes its time to end when it is asked to. */
void bench_server_kill(struct bench_server *server);

/* Listen on a port of loopback that the kernel chooses: a blocking socket, or a negative errno. */
int bench_server_listen(uint16_t *out_port);

/* Connect to a port on loopback: a blocking socket without Nagle's delay, or a negative errno. */
int bench_server_connect(uint16_t port);

/* Close a connection at once, so that no port number stays taken in TIME_WAIT. */
void bench_server_disconnect(int fd);

#endif
