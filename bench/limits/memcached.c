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

BENCH_LOAD_MEASURES(memcached, start_memcached, text_get_p1, text_get_p16, text_get_p64, text_set);

BENCH_OPEN_LOOP_MEASURE(memcached_p99_half, start_memcached, text_get_p1);
