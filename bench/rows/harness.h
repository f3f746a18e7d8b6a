/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harness: the one system of a sample's process, from its first actor to the end of the measured time.
 *
 * The main thread opens it, spawns the first actor, and waits. An actor that counts tells the harness now and then how far
 * it is; when the time is over the harness stops the system. Warm-up is not counted.
 */
#ifndef BENCH_ROWS_HARNESS_H
#define BENCH_ROWS_HARNESS_H

#include <gatio/gatio.h>

#include "bench/bench.h"

/* Said by an actor to itself, or to the first one: go on. */
GATIO_MESSAGE(bench_go, { uint32_t round; });

/*
 * Create the system on the CPUs of the context: options->driver_count drivers, 1 or 2; driver 0 is on the first.
 *
 * Error: as gatio_system_create; the note is what its log said.
 */
int bench_harness_open(const struct bench_context *context, const struct gatio_options *options,
                       struct bench_sample *note);

struct gatio_system *bench_harness_system(void);

/* Send a spawned actor bench_go from the main thread. Error: as the spawn and gatio_outside_send. */
int bench_harness_go(struct gatio_address first, struct bench_sample *note);

/*
 * How many of what is counted have been done so far. Returns whether the time is over; then the system is stopping.
 *
 * Thread: one driver, always the same.
 */
bool bench_harness_count(uint64_t count);

/* Stop before the time is over, with nothing counted. Thread: a driver. */
void bench_harness_finish(void);

/* Something failed: stop. Thread: a driver. */
void bench_harness_fail(int err, const char *what);

/* What was counted in the measured time. */
struct bench_span {
	uint64_t ns;
	uint64_t count;
};

/* Wait for the end and destroy the system. Error: what failed; -ENOENT it stopped by itself. */
int bench_harness_wait(struct bench_span *out_span, struct bench_sample *note);

/* A sample from beginning to end: a system, one actor that gets bench_go, and what it counts. */
struct bench_scene {
	struct gatio_options options;
	uint32_t driver_index; /* of the first actor */
	struct gatio_behavior *behavior;
	const void *state;
};

/* The value is the nanoseconds for each that was counted. */
int bench_harness_cost(const struct bench_context *context, const struct bench_scene *scene,
                       struct bench_sample *out_sample);

/* The value is the millions counted in a second. */
int bench_harness_rate(const struct bench_context *context, const struct bench_scene *scene,
                       struct bench_sample *out_sample);

#endif
