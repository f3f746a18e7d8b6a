/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actors: CAF and Erlang at the workloads of bench/rows/. What runs one driver of gatio runs one scheduler of theirs, on
 * the first CPU; what runs two runs two, on both.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/peers/peers.h"
#include "bench/peers/program.h"
#include "bench/support.h"

struct workload {
	const char *name;
	uint32_t scheduler_count;
};

/* How long, as the programs are told. */
struct span {
	char warmup_ms[24];
	char duration_ms[24];
};

static struct span span_of(const struct bench_context *context)
{
	struct span span;
	snprintf(span.warmup_ms, sizeof(span.warmup_ms), "%llu",
	         (unsigned long long)(context->warmup_ns / 1000000));
	snprintf(span.duration_ms, sizeof(span.duration_ms), "%llu",
	         (unsigned long long)(context->duration_ns / 1000000));
	return span;
}

static int fail_absent(struct bench_sample *note, const char *what)
{
	return bench_fail(note, 0, "%s; ./dev bench --peers installs and builds it", what);
}

static int run_caf(const struct bench_context *context, const struct workload *workload,
                   struct bench_sample *out_sample)
{
	char path[PATH_MAX];
	char name[32];
	struct span span = span_of(context);
	snprintf(path, sizeof(path), "%s/gatio-peer-caf", context->peer_dir);
	snprintf(name, sizeof(name), "%s", workload->name);
	char *arguments[] = {"gatio-peer-caf", name, span.warmup_ms, span.duration_ms, NULL};
	struct bench_program program = {.path = path,
	                                .arguments = arguments,
	                                .cpus = context->cpus,
	                                .cpu_count = workload->scheduler_count};
	int err = bench_peer_program_run(context, &program, out_sample);
	return err == -ENOENT ? fail_absent(out_sample, "no program for CAF") : err;
}

/* No distribution, so no epmd; threads that the workloads do not need are as few as it allows. */
static int run_erlang(const struct bench_context *context, const struct workload *workload,
                      struct bench_sample *out_sample)
{
	char folder[PATH_MAX];
	char module[PATH_MAX + 32];
	char schedulers[32];
	char name[32];
	struct span span = span_of(context);
	snprintf(folder, sizeof(folder), "%s", context->peer_dir);
	snprintf(module, sizeof(module), "%s/gatio_peer.beam", folder);
	snprintf(schedulers, sizeof(schedulers), "%u:%u", workload->scheduler_count,
	         workload->scheduler_count);
	snprintf(name, sizeof(name), "%s", workload->name);
	if (access(module, R_OK) != 0) {
		return fail_absent(out_sample, "no module for Erlang");
	}
	char *arguments[] = {"erl",    "-noinput", "+S",           "",
	                     "+SDcpu", "1:1",      "+SDio",        "1",
	                     "+A",     "1",        "+sbt",         "db",
	                     "-pa",    folder,     "-run",         "gatio_peer",
	                     "main",   name,       span.warmup_ms, span.duration_ms,
	                     NULL};
	arguments[3] = schedulers;
	struct bench_program program = {.path = "erl",
	                                .arguments = arguments,
	                                .cpus = context->cpus,
	                                .cpu_count = workload->scheduler_count};
	int err = bench_peer_program_run(context, &program, out_sample);
	return err == -ENOENT ? fail_absent(out_sample, "Erlang is not installed") : err;
}

#define PEER(peer_, workload_, unit_, scheduler_count_)                                            \
	static int run_##peer_##_##workload_(const struct bench_context *context,                  \
	                                     struct bench_sample *out_sample)                      \
	{                                                                                          \
		struct workload workload = {#workload_, scheduler_count_};                         \
		return run_##peer_(context, &workload, out_sample);                                \
	}                                                                                          \
	const struct bench_measure bench_peer_##peer_##_##workload_ = {                            \
	        .name = #peer_ "_" #workload_, .unit = (unit_), .run = run_##peer_##_##workload_}

#define BOTH(workload_, unit_, scheduler_count_)                                                   \
	PEER(caf, workload_, unit_, scheduler_count_);                                             \
	PEER(erlang, workload_, unit_, scheduler_count_)

BOTH(local_dispatch, "ns", 1);
BOTH(ring503_hop, "ns", 1);
BOTH(fanin8, "M/s", 2);
BOTH(fjthrput, "M/s", 2);
BOTH(big, "M/s", 2);
BOTH(spawn_exit, "M/s", 1);
