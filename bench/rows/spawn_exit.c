/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn and exit: actors that are spawned, get one message and end. */
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"

enum {
	SPAWNS_IN_ROUND = 64,
	ALIVE_MAX = 4096,
	ROUNDS_BETWEEN_CLOCKS = 64,
};

GATIO_MESSAGE(bench_end, { uint64_t number; });

struct bench_mayfly {
	uint64_t *ended_count; /* the spawner's, on the same driver */
};

struct bench_spawner {
	uint64_t spawned_count;
	uint64_t ended_count;
};

static void on_end(struct bench_mayfly *self, const struct bench_end *end)
{
	(void)end;
	++*self->ended_count;
	gatio_exit(0);
}

GATIO_BEHAVIOR(bench_mayfly, on(bench_end, on_end));

static int spawn_some(struct bench_spawner *self)
{
	for (uint32_t i = 0; i < SPAWNS_IN_ROUND; i++) {
		struct gatio_address mayfly =
		        gatio_spawn(bench_mayfly, .ended_count = &self->ended_count);
		int err = gatio_address_error(mayfly);
		if (err == 0) {
			err = gatio_send(mayfly, bench_end, .number = self->spawned_count);
		}
		if (err) {
			return err;
		}
		self->spawned_count++;
	}
	return 0;
}

static void on_go(struct bench_spawner *self, const struct bench_go *go)
{
	int err = 0;
	if (self->spawned_count - self->ended_count < ALIVE_MAX) {
		err = spawn_some(self);
	}
	if (err == 0) {
		err = gatio_send(gatio_self(), bench_go, .round = go->round + 1);
	}
	if (err) {
		bench_harness_fail(err, "spawning or sending");
	} else if (go->round % ROUNDS_BETWEEN_CLOCKS == 0) {
		bench_harness_count(self->ended_count);
	}
}

GATIO_BEHAVIOR(bench_spawner, on(bench_go, on_go));

/* Millions a second. */
static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_spawner first = {.spawned_count = 0};
	struct bench_scene scene = {.options = {.driver_count = 1},
	                            .behavior = &gatio_behavior_bench_spawner,
	                            .state = &first};
	return bench_harness_rate(context, &scene, out_sample);
}

const struct bench_measure bench_spawn_exit = {.name = "spawn_exit", .unit = "M/s", .run = run};
