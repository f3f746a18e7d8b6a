/* SPDX-License-Identifier: Apache-2.0 */
/* Memcached: the distribution's memcached, one worker thread, under the same load as gatio-kv. */
#include "bench/limits/memcached.h"

#include <errno.h>

#include "bench/load/load.h"
#include "bench/load/open_loop.h"
#include "bench/support.h"

/* A connection's whole batch is served in one go (-R), as the others do; as root it wants to be told whom to become. */
static int start_memcached(const struct bench_context *context, struct bench_server *out_server,
                           struct bench_sample *note)
{
	char port[BENCH_SERVER_PORT_SIZE];
	char *arguments[] = {"memcached", "-l", "127.0.0.1", "-p", port,   "-U",
	                     "0",         "-t", "1",         "-m", "64",   "-R",
	                     "64",        "-c", "1024",      "-u", "root", NULL};
	struct bench_program program = {
	        .path = "memcached", .arguments = arguments, .cpus = context->cpus, .cpu_count = 1};
	int err = bench_server_exec(out_server, &program, port, note);
	if (err == -ENOENT) {
		return bench_fail(note, 0,
		                  "memcached is not installed; ./dev bench --peers fetches it");
	}
	return err;
}

static int load_memcached(const struct bench_context *context, const struct bench_load_mix *mix,
                          struct bench_sample *out_sample)
{
	struct bench_server server;
	int err = start_memcached(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = bench_load_commands(context, &server, mix, out_sample);
	bench_server_kill(&server);
	return err;
}

#define MEMCACHED_PEER(command_, pipeline_, protocol_)                                             \
	static int run_##command_##_##pipeline_(const struct bench_context *context,               \
	                                        struct bench_sample *out_sample)                   \
	{                                                                                          \
		struct bench_load_mix mix = {&bench_protocol_text_##protocol_, pipeline_};         \
		return load_memcached(context, &mix, out_sample);                                  \
	}                                                                                          \
	const struct bench_measure bench_peer_memcached_##command_##_p##pipeline_ = {              \
	        .name = "memcached_" #command_ "_p" #pipeline_,                                    \
	        .unit = BENCH_LOAD_UNIT,                                                           \
	        .run = run_##command_##_##pipeline_}

MEMCACHED_PEER(get, 1, get_p1);
MEMCACHED_PEER(get, 16, get_p16);
MEMCACHED_PEER(get, 64, get_p64);
MEMCACHED_PEER(set, 1, set);
MEMCACHED_PEER(set, 16, set);
MEMCACHED_PEER(set, 64, set);

static int run_p99_half(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_server server;
	int err = start_memcached(context, &server, out_sample);
	if (err) {
		return err;
	}
	err = bench_open_loop_sample(context, &server, &bench_protocol_text_get_p1, out_sample);
	bench_server_kill(&server);
	return err;
}

const struct bench_measure bench_peer_memcached_p99_half = {
        .name = "memcached_p99_half", .unit = "us", .run = run_p99_half};
