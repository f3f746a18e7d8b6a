/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle CPU: what a system of two drivers with many idle actors and connections uses while nothing happens, how often
 * each of its drivers wakes up, and how often one rings for the other.
 */
#include <unistd.h>

#include "bench/load/crowd.h"
#include "bench/rows/echo_port.h"
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"
#include "bench/support.h"

enum {
	DRIVER_COUNT = 2,
	CONNECTIONS_QUICK = 1000,
	CONNECTIONS_FULL = 10000,
	ACTORS_QUICK = 50000,
	ACTORS_FULL = 500000, /* on each driver */
	SPAWNS_IN_ROUND = 256,
	SETTLE_MS = 500,
	IDLE_QUICK_MS = 1500,
	IDLE_FULL_MS = 5000,
};

struct idle {
	double cpu_percent;
	double wakeups_per_second; /* of each driver */
	uint64_t doorbells;
};

struct events {
	uint64_t sleeps;
	uint64_t doorbells;
};

struct bench_idler {
	uint64_t greeted_count;
};

struct bench_landlord {
	uint32_t population;
	uint32_t spawned_count;
};

static void on_greeting(struct bench_idler *self, const struct bench_go *go)
{
	(void)go;
	self->greeted_count++;
}

GATIO_BEHAVIOR(bench_idler, on(bench_go, on_greeting));

static void on_round(struct bench_landlord *self, const struct bench_go *go)
{
	int err = 0;
	for (uint32_t i = 0; i < SPAWNS_IN_ROUND && err == 0; i++) {
		err = gatio_address_error(gatio_spawn(bench_idler, .greeted_count = 0));
	}
	self->spawned_count += SPAWNS_IN_ROUND;
	if (err == 0 && self->spawned_count < self->population) {
		err = gatio_send(gatio_self(), bench_go, .round = go->round + 1);
	}
	if (err) {
		bench_harness_fail(err, "spawning");
	}
}

GATIO_BEHAVIOR(bench_landlord, on(bench_go, on_round));

static struct events count_events(void)
{
	struct events events = {.sleeps = 0};
	for (uint32_t i = 0; i < DRIVER_COUNT; i++) {
		struct gatio_counters counters = {.sleeps = 0};
		if (gatio_system_counters(bench_harness_system(), i, &counters) == 0) {
			events.sleeps += counters.sleeps;
			events.doorbells += counters.doorbells;
		}
	}
	return events;
}

static uint64_t count_actors(void)
{
	uint64_t actors = 0;
	for (uint32_t i = 0; i < DRIVER_COUNT; i++) {
		struct gatio_counters counters = {.actors_alive = 0};
		if (gatio_system_counters(bench_harness_system(), i, &counters) == 0) {
			actors += counters.actors_alive;
		}
	}
	return actors;
}

static int settle_in(const struct bench_context *context, const struct bench_crowd *crowd,
                     struct bench_sample *note)
{
	uint32_t population = context->is_quick ? ACTORS_QUICK : ACTORS_FULL;
	uint32_t connections = context->is_quick ? CONNECTIONS_QUICK : CONNECTIONS_FULL;
	uint16_t port;
	const char *why = context->is_quick ? "quick" : "";
	if (connections > crowd->size_max) {
		connections = crowd->size_max;
		why = "ulimit -n";
	}
	if (population < ACTORS_FULL || connections < CONNECTIONS_FULL) {
		bench_note(note, "%u actors and %u connections, not %d and %d: %s",
		           population * DRIVER_COUNT, connections, ACTORS_FULL * DRIVER_COUNT,
		           CONNECTIONS_FULL, why);
	}
	int err = bench_echo_port_open(bench_harness_system(), connections, &port);
	if (err) {
		return bench_fail(note, err, "opening the port");
	}
	for (uint32_t i = 0; i < DRIVER_COUNT && err == 0; i++) {
		err = bench_harness_go(gatio_system_spawn(bench_harness_system(),
		                                          GATIO_ON_DRIVER(i), bench_landlord,
		                                          .population = population),
		                       note);
	}
	if (err == 0) {
		err = bench_crowd_connect(crowd, port, connections, note);
	}
	while (err == 0 && count_actors() < (uint64_t)population * DRIVER_COUNT + connections) {
		bench_sleep_ms(1); /* the sampler's deadline ends this */
	}
	return err;
}

static void watch_idleness(const struct bench_context *context, struct idle *out_idle)
{
	bench_sleep_ms(SETTLE_MS);
	uint64_t start_ns = bench_now_ns();
	uint64_t start_cpu_ns = bench_cpu_ns(getpid());
	struct events start = count_events();
	bench_sleep_ms(context->is_quick ? IDLE_QUICK_MS : IDLE_FULL_MS);
	struct events end = count_events();
	double sleeps = (double)(end.sleeps - start.sleeps);
	double cpu_ns = (double)(bench_cpu_ns(getpid()) - start_cpu_ns);
	double ns = (double)(bench_now_ns() - start_ns);
	out_idle->cpu_percent = 100 * cpu_ns / ns;
	out_idle->wakeups_per_second = sleeps / DRIVER_COUNT * 1e9 / ns;
	out_idle->doorbells = end.doorbells - start.doorbells;
}

static int measure_idle(const struct bench_context *context, struct idle *out_idle,
                        struct bench_sample *note)
{
	struct bench_crowd crowd;
	int err = bench_crowd_start(&crowd, note);
	if (err) {
		return err;
	}
	err = bench_harness_open(context, &(struct gatio_options){.driver_count = DRIVER_COUNT},
	                         note);
	if (err == 0) {
		err = settle_in(context, &crowd, note);
	}
	if (err == 0) {
		watch_idleness(context, out_idle);
	}
	bench_crowd_stop(&crowd);
	gatio_system_destroy(bench_harness_system());
	return err;
}

static int run_cpu(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct idle idle = {.cpu_percent = 0};
	int err = measure_idle(context, &idle, out_sample);
	out_sample->value = idle.cpu_percent;
	return err;
}

static int run_wakeups(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct idle idle = {.wakeups_per_second = 0};
	int err = measure_idle(context, &idle, out_sample);
	out_sample->value = idle.wakeups_per_second;
	return err;
}

static int run_doorbells(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct idle idle = {.doorbells = 0};
	int err = measure_idle(context, &idle, out_sample);
	out_sample->value = (double)idle.doorbells;
	return err;
}

const struct bench_measure bench_idle_cpu = {
        .name = "idle_cpu", .unit = "%", .run = run_cpu, .run_max = 3};
const struct bench_measure bench_idle_wakeups = {
        .name = "idle_wakeups", .unit = "1/s", .run = run_wakeups, .run_max = 2};
const struct bench_measure bench_idle_doorbells = {
        .name = "idle_doorbells", .unit = "rung", .run = run_doorbells, .run_max = 2};
