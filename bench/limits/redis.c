/* SPDX-License-Identifier: Apache-2.0 */
/* Redis: the distribution's redis-server, one thread, persistence off, under the same load as gatio-kv. */
#include "bench/limits/redis.h"

#include <errno.h>

#include "bench/load/load.h"
#include "bench/load/open_loop.h"
#include "bench/support.h"

static int start_redis(const struct bench_context *context, struct bench_server *out_server,
                       struct bench_sample *note)
{
	char port[BENCH_SERVER_PORT_SIZE];
	char *arguments[] = {
	        "redis-server", "--port", port,           "--bind", "127.0.0.1",   "--save", "",
	        "--appendonly", "no",     "--io-threads", "1",      "--daemonize", "no",     NULL};
	struct bench_program program = {.path = "redis-server",
	                                .arguments = arguments,
	                                .cpus = context->cpus,
	                                .cpu_count = 1};
	int err = bench_server_exec(out_server, &program, port, note);
	if (err == -ENOENT) {
		/* Debian's redis-tools holds the same program, which goes by the name it is called. */
		program.path = "redis-check-rdb";
		note->note[0] = '\0';
		err = bench_server_exec(out_server, &program, port, note);
	}
	if (err == -ENOENT) {
		return bench_fail(note, 0, "Redis is not installed; apt-get install redis-tools");
	}
	return err;
}

BENCH_LOAD_MEASURES(limit_redis, start_redis, get, get, get, set);

/* A closed loop without pipelining finds what Redis serves; the note, whether it was Redis that bounded it. */
static int run_half_rate(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_load_mix mix = {&bench_protocol_get, 1};
	int err = bench_load_capacity(context, start_redis, &mix, out_sample);
	out_sample->value /= 2;
	return err;
}

const struct bench_measure bench_redis_half_rate = {
        .name = "redis_half_rate", .unit = "1/s", .run = run_half_rate, .run_max = 3};

BENCH_OPEN_LOOP_MEASURE(limit_redis_p99_half, start_redis, get);
