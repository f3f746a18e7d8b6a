/* SPDX-License-Identifier: Apache-2.0 */
/* Echo: a gatio port with an echo actor for each connection, on one driver, under the load of the bare echo loop. */
#include "bench/load/load.h"
#include "bench/rows/echo_port.h"
#include "bench/rows/rows.h"

/* In a process of its own, pinned to one CPU, so that its system has one driver. */
static int serve(int ready_fd)
{
	struct gatio_system *system;
	uint16_t port = 0;
	int err = gatio_system_create(&system, &(struct gatio_options){.driver_count = 1});
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

static int start(const struct bench_context *context, struct bench_server *out_server,
                 struct bench_sample *note)
{
	return bench_server_fork(out_server, context->cpus[0], serve, note);
}

BENCH_LOAD_MEASURE(echo_p1, start, echo, 1);
BENCH_LOAD_MEASURE(echo_p16, start, echo, 16);
