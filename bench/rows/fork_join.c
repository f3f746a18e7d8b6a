/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fork-join: one actor sends to sixty workers on two drivers, round and round. A worker may have WINDOW messages on
 * their way and gives credit for each CREDIT that it has handled.
 */
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"

enum {
	WORKER_COUNT = 60,
	WINDOW = 64,
	CREDIT = 32,
	CREDITS_BETWEEN_CLOCKS = 512,
};

GATIO_MESSAGE(bench_task, { uint64_t number; });
GATIO_MESSAGE(bench_done, { uint32_t worker; });

struct bench_worker {
	uint32_t number;
	uint64_t handled_count;
};

struct bench_forker {
	uint64_t credit_count;
	uint64_t task_count;
	struct gatio_address workers[WORKER_COUNT];
};

static void on_task(struct bench_worker *self, const struct bench_task *task)
{
	(void)task;
	self->handled_count++;
	if (self->handled_count % CREDIT != 0) {
		return;
	}
	int err = gatio_reply(bench_done, .worker = self->number);
	if (err) {
		bench_harness_fail(err, "giving credit");
	}
}

GATIO_BEHAVIOR(bench_worker, on(bench_task, on_task));

static void hand_out(struct bench_forker *self, uint32_t worker, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int err = gatio_send(self->workers[worker], bench_task, .number = self->task_count);
		if (err) {
			bench_harness_fail(err, "sending a task");
			return;
		}
		self->task_count++;
	}
}

static void on_done(struct bench_forker *self, const struct bench_done *done)
{
	self->credit_count++;
	bool is_over = self->credit_count % CREDITS_BETWEEN_CLOCKS == 0 &&
	               bench_harness_count(self->credit_count * CREDIT);
	if (!is_over) {
		hand_out(self, done->worker, CREDIT);
	}
}

static void on_go(struct bench_forker *self, const struct bench_go *go)
{
	(void)go;
	for (uint32_t i = 0; i < WORKER_COUNT; i++) {
		struct gatio_address worker =
		        gatio_spawn_at(GATIO_ON_DRIVER(i % 2), bench_worker, .number = i);
		int err = gatio_address_error(worker);
		if (err) {
			bench_harness_fail(err, "spawning a worker");
			return;
		}
		self->workers[i] = worker;
		hand_out(self, i, WINDOW);
	}
}

GATIO_BEHAVIOR(bench_forker, on(bench_done, on_done), on(bench_go, on_go));

/* Millions of tasks a second. */
static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_forker first = {.task_count = 0};
	struct bench_scene scene = {.options = {.driver_count = 2},
	                            .behavior = &gatio_behavior_bench_forker,
	                            .state = &first};
	return bench_harness_rate(context, &scene, out_sample);
}

const struct bench_measure bench_fjthrput = {.name = "fjthrput", .unit = "M/s", .run = run};
