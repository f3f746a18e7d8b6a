/* SPDX-License-Identifier: Apache-2.0 */
/* KV: gatio-kv as it is deployed, in a process of its own, under the load that Redis gets in the same run. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/load/open_loop.h"
#include "bench/rows/rows.h"
#include "bench/support.h"

/* How it is started. */
struct kv_shape {
	uint32_t driver_count;
	char *backend;
};

/* On two CPUs the server is not pinned from outside: its drivers pin themselves. */
static int start_kv(const struct bench_context *context, struct kv_shape kv,
                    struct bench_server *out_server, struct bench_sample *note)
{
	char path[PATH_MAX];
	char drivers[12];
	char cpus[BENCH_CPU_LIST_SIZE];
	snprintf(path, sizeof(path), "%s/gatio-kv", context->program_dir);
	snprintf(drivers, sizeof(drivers), "%u", kv.driver_count);
	bench_list_cpus(context, kv.driver_count, cpus);
	char *arguments[] = {"gatio-kv", "--listen", "127.0.0.1:0", "--drivers", drivers,
	                     "--cpus",   cpus,       "--backend",   kv.backend,  NULL};
	struct bench_program program = {.path = path,
	                                .arguments = arguments,
	                                .cpus = context->cpus,
	                                .cpu_count = kv.driver_count == 1 ? 1 : 0};
	return bench_server_exec(out_server, &program, NULL, note);
}

static int start_one(const struct bench_context *context, struct bench_server *out_server,
                     struct bench_sample *note)
{
	return start_kv(context, (struct kv_shape){1, "io_uring"}, out_server, note);
}

static int start_on_epoll(const struct bench_context *context, struct bench_server *out_server,
                          struct bench_sample *note)
{
	return start_kv(context, (struct kv_shape){1, "epoll"}, out_server, note);
}

static int start_two(const struct bench_context *context, struct bench_server *out_server,
                     struct bench_sample *note)
{
	return start_kv(context, (struct kv_shape){2, "io_uring"}, out_server, note);
}

BENCH_LOAD_MEASURES(kv, start_one, get, get, get, set);

BENCH_LOAD_MEASURE(kv_get_p1_epoll, start_on_epoll, get, 1);
BENCH_LOAD_MEASURE(kv_get_p16_epoll, start_on_epoll, get, 16);

/* Two drivers with the load beside them: what a request costs in CPU time, not how many there are. */
BENCH_LOAD_MEASURE(kv_scale2, start_two, get, 16);

/* An open loop at the rate that is given: half of what Redis serves in a closed one. */
BENCH_OPEN_LOOP_MEASURE(kv_p99_half, start_one, get);

/* From the start of the program to the first reply. */
static int run_start(const struct bench_context *context, struct bench_sample *out_sample)
{
	static const char ping[] = "PING\r\n";
	static const char pong[] = "+PONG\r\n";
	char reply[sizeof(pong)] = "";
	struct bench_server server;
	uint64_t start_ns = bench_now_ns();
	int err = start_one(context, &server, out_sample);
	if (err) {
		return err;
	}
	int fd = bench_server_connect(server.port);
	if (fd < 0) {
		err = bench_fail(out_sample, fd, "connecting to gatio-kv");
	} else if (send(fd, ping, strlen(ping), MSG_NOSIGNAL) != (ssize_t)strlen(ping) ||
	           recv(fd, reply, strlen(pong), MSG_WAITALL) != (ssize_t)strlen(pong) ||
	           memcmp(reply, pong, strlen(pong)) != 0) {
		err = bench_fail(out_sample, 0, "gatio-kv did not answer PING");
	}
	out_sample->value = (double)(bench_now_ns() - start_ns) / 1e6;
	if (fd >= 0) {
		bench_server_disconnect(fd);
	}
	bench_server_kill(&server);
	return err;
}

const struct bench_measure bench_start_ms = {.name = "start_ms", .unit = "ms", .run = run_start};
