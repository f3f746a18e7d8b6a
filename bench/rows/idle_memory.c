/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle memory: what an actor and a connection cost while nothing happens, all told, without the state that belongs to
 * the user: resident memory of the process for an actor, blocks of the driver's heap for a connection, by their count.
 */
#include "bench/load/crowd.h"
#include "bench/rows/echo_port.h"
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"
#include "bench/support.h"

enum {
	ACTORS_QUICK = 200000,
	ACTORS_FULL = 1000000,
	ACTORS_FIRST = 1000, /* before the first look: pages that are there anyway */
	SPAWNS_IN_ROUND = 256,
	CONNECTIONS_QUICK = 4000,
	CONNECTIONS_FULL = 10000,
	CONNECTIONS_FIRST = 100,
	SETTLE_MS = 100,
};

struct bench_sleeper {
	uint64_t greeted_count;
};

struct bench_census {
	uint32_t population; /* to be spawned after the first */
	uint32_t spawned_count;
	uint32_t first_count; /* 0: the first look is to come */
	uint64_t first_size;
	double *out_bytes;
};

static void on_greeting(struct bench_sleeper *self, const struct bench_go *go)
{
	(void)go;
	self->greeted_count++;
}

GATIO_BEHAVIOR(bench_sleeper, on(bench_go, on_greeting));

static int spawn_some(struct bench_census *self)
{
	for (uint32_t i = 0; i < SPAWNS_IN_ROUND; i++) {
		struct gatio_address sleeper = gatio_spawn(bench_sleeper, .greeted_count = 0);
		int err = gatio_address_error(sleeper);
		if (err == 0) {
			err = gatio_send(sleeper, bench_go, .round = 0);
		}
		if (err) {
			return err;
		}
		self->spawned_count++;
	}
	return 0;
}

static void finish_census(const struct bench_census *self)
{
	uint64_t grown = bench_resident_size() - self->first_size;
	uint32_t counted = self->spawned_count - self->first_count;
	*self->out_bytes = (double)grown / counted - (double)sizeof(struct bench_sleeper);
	bench_harness_finish();
}

/* A round is handled when the sleepers of the one before have been. */
static void on_round(struct bench_census *self, const struct bench_go *go)
{
	if (self->first_count == 0 && self->spawned_count >= ACTORS_FIRST) {
		self->first_count = self->spawned_count;
		self->first_size = bench_resident_size();
	}
	if (self->first_count != 0 && self->spawned_count - self->first_count >= self->population) {
		finish_census(self);
		return;
	}
	int err = spawn_some(self);
	if (err == 0) {
		err = gatio_send(gatio_self(), bench_go, .round = go->round + 1);
	}
	if (err) {
		bench_harness_fail(err, "spawning");
	}
}

GATIO_BEHAVIOR(bench_census, on(bench_go, on_round));

static int run_actors(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_span span;
	uint32_t population = context->is_quick ? ACTORS_QUICK : ACTORS_FULL;
	int err =
	        bench_harness_open(context, &(struct gatio_options){.driver_count = 1}, out_sample);
	if (err) {
		return err;
	}
	err = bench_harness_go(gatio_system_spawn(bench_harness_system(), GATIO_ON_DRIVER(0),
	                                          bench_census, .population = population,
	                                          .out_bytes = &out_sample->value),
	                       out_sample);
	err = err ? err : bench_harness_wait(&span, out_sample);
	if (err == 0 && population < ACTORS_FULL) {
		bench_note(out_sample, "%u actors, not %d: quick", population, ACTORS_FULL);
	}
	return err;
}

static uint64_t memory_used(void)
{
	struct gatio_counters counters = {.memory_used = 0};
	gatio_system_counters(bench_harness_system(), 0, &counters);
	return counters.memory_used;
}

/*
 * Blocks of the driver's heap for `count` connections more than the first, which made what is there for all. Resident
 * memory is only noted: it comes in huge pages of 2 MiB, and includes buffers that all connections share.
 */
static int weigh_connections(const struct bench_crowd *crowd, uint16_t port, uint32_t count,
                             struct bench_sample *out_sample)
{
	int err = bench_crowd_connect(crowd, port, CONNECTIONS_FIRST, out_sample);
	if (err) {
		return err;
	}
	bench_sleep_ms(SETTLE_MS);
	uint64_t first_size = memory_used();
	uint64_t first_resident = bench_resident_size();
	err = bench_crowd_connect(crowd, port, count, out_sample);
	if (err) {
		return err;
	}
	bench_sleep_ms(SETTLE_MS);
	uint64_t grown = memory_used() - first_size;
	out_sample->value = (double)grown / count - (double)sizeof(struct bench_echo);
	double resident = (double)bench_resident_size() - (double)first_resident;
	bool is_cut = count + CONNECTIONS_FIRST == crowd->size_max;
	bench_note(out_sample,
	           "blocks of the heap; resident, in huge pages: %.0f B for each of %u%s",
	           resident / count - (double)sizeof(struct bench_echo), count,
	           is_cut ? " (ulimit -n)" : "");
	return 0;
}

static int serve_crowd(const struct bench_context *context, const struct bench_crowd *crowd,
                       struct bench_sample *out_sample)
{
	uint16_t port;
	uint32_t count = context->is_quick ? CONNECTIONS_QUICK : CONNECTIONS_FULL;
	if (count + CONNECTIONS_FIRST > crowd->size_max) {
		count = crowd->size_max - CONNECTIONS_FIRST;
	}
	int err =
	        bench_harness_open(context, &(struct gatio_options){.driver_count = 1}, out_sample);
	if (err) {
		return err;
	}
	err = bench_echo_port_open(bench_harness_system(), count + CONNECTIONS_FIRST, &port);
	if (err) {
		return bench_fail(out_sample, err, "opening the port");
	}
	return weigh_connections(crowd, port, count, out_sample);
}

static int run_connections(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_crowd crowd;
	int err = bench_crowd_start(&crowd, out_sample);
	if (err == 0) {
		err = serve_crowd(context, &crowd, out_sample);
		bench_crowd_stop(&crowd);
		gatio_system_destroy(bench_harness_system());
	}
	return err;
}

const struct bench_measure bench_bytes_per_idle_actor = {
        .name = "bytes_per_idle_actor", .unit = "B", .run = run_actors, .run_max = 2};
const struct bench_measure bench_bytes_per_idle_connection = {
        .name = "bytes_per_idle_connection", .unit = "B", .run = run_connections, .run_max = 2};
