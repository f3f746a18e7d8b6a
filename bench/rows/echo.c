/* SPDX-License-Identifier: Apache-2.0 */
/* Echo: a gatio port with an echo actor for each connection, on one driver, under the load of the bare echo loop. */
#include "bench/load/load.h"
#include "bench/rows/echo_port.h"
#include "bench/rows/rows.h"

/* In a process of its own, pinned to one CPU, so that its system has one driver. */
static int serve_on(const char *backend, int ready_fd)
{
	struct gatio_options options = {.driver_count = 1, .backend = backend};
	struct gatio_system *system;
	uint16_t port = 0;
	int err = gatio_system_create(&system, &options);
	if (err) {
		return err;
	}
	err = bench_echo_port_open(system, BENCH_LOAD_CONNECTIONS * 2, &port);
	if (err) {
		gatio_system_destroy(system);
		return err;
	}
	bench_server_ready(ready_fd, port);
	return gatio_system_run(system);
}

static int serve_on_io_uring(int ready_fd)
{
	return serve_on("io_uring", ready_fd);
}

static int serve_on_epoll(int ready_fd)
{
	return serve_on("epoll", ready_fd);
}

static int start(const struct bench_context *context, struct bench_server *out_server,
                 struct bench_sample *note)
{
	return bench_server_fork(out_server, context->cpus[0], serve_on_io_uring, note);
}

static int start_on_epoll(const struct bench_context *context, struct bench_server *out_server,
                          struct bench_sample *note)
{
	return bench_server_fork(out_server, context->cpus[0], serve_on_epoll, note);
}

BENCH_LOAD_MEASURE(echo_p1, start, echo, 1);
BENCH_LOAD_MEASURE(echo_p16, start, echo, 16);
BENCH_LOAD_MEASURE(echo_p1_epoll, start_on_epoll, echo, 1);
BENCH_LOAD_MEASURE(echo_p16_epoll, start_on_epoll, echo, 16);
