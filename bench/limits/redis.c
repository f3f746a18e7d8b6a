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

static int load_redis(const struct bench_context *context, const struct bench_protocol *protocol,
                      uint32_t pipeline, struct bench_sample *out_sample)
{
	struct bench_server server;
	int err = start_redis(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = bench_load_commands(context, &server, &(struct bench_load_mix){protocol, pipeline},
	                          out_sample);
	bench_server_kill(&server);
	return err;
}

#define REDIS_LIMIT(command_, pipeline_)                                                           \
	static int run_##command_##_##pipeline_(const struct bench_context *context,               \
	                                        struct bench_sample *out_sample)                   \
	{                                                                                          \
		return load_redis(context, &bench_protocol_##command_, pipeline_, out_sample);     \
	}                                                                                          \
	const struct bench_measure bench_limit_redis_##command_##_p##pipeline_ = {                 \
	        .name = "limit_redis_" #command_ "_p" #pipeline_,                                  \
	        .unit = BENCH_LOAD_UNIT,                                                           \
	        .run = run_##command_##_##pipeline_}

REDIS_LIMIT(get, 1);
REDIS_LIMIT(get, 16);
REDIS_LIMIT(get, 64);
REDIS_LIMIT(set, 1);
REDIS_LIMIT(set, 16);
REDIS_LIMIT(set, 64);

/* A closed loop without pipelining finds what Redis serves; the note, whether it was Redis that bounded it. */
static int run_half_rate(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_server server;
	double rate = 0;
	int err = start_redis(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = bench_load_capacity(context, &server, &rate, out_sample);
	bench_server_kill(&server);
	out_sample->value = rate / 2;
	return err;
}

const struct bench_measure bench_redis_half_rate = {
        .name = "redis_half_rate", .unit = "1/s", .run = run_half_rate, .run_max = 3};

static int run_p99_half(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_server server;
	int err = start_redis(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = bench_open_loop_sample(context, &server, &bench_protocol_get, out_sample);
	bench_server_kill(&server);
	return err;
}

const struct bench_measure bench_limit_redis_p99_half = {
        .name = "limit_redis_p99_half", .unit = "us", .run = run_p99_half};
