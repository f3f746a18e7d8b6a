/* SPDX-License-Identifier: Apache-2.0 */
/* Harness: the one system of a sample's process, from its first actor to the end of the measured time. */
#include "bench/rows/harness.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "bench/support.h"

/* Fields below `system` belong to the driver that counts; the main thread reads them when the system is gone. */
static struct {
	const struct bench_context *context;
	struct gatio_system *system;
	uint64_t begin_ns;
	uint64_t start_ns;    /* 0: still warming up */
	uint64_t start_count; /* at start_ns */
	struct bench_span span;
	bool is_finished;
	int err;
	const char *failed;
} harness;

/* The last thing that went wrong; written by drivers and the main thread. */
static struct {
	pthread_mutex_t lock;
	char text[BENCH_NOTE_SIZE];
} complaint = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keep_complaint(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	if (level != GATIO_LOG_ERROR) {
		return;
	}
	pthread_mutex_lock(&complaint.lock);
	snprintf(complaint.text, sizeof(complaint.text), "%.150s", text);
	pthread_mutex_unlock(&complaint.lock);
}

static int explain(struct bench_sample *note, int err, const char *what)
{
	pthread_mutex_lock(&complaint.lock);
	int result = complaint.text[0] != '\0' ? bench_fail(note, err, "%s", complaint.text)
	                                       : bench_fail(note, err, "%s", what);
	pthread_mutex_unlock(&complaint.lock);
	return result;
}

int bench_harness_open(const struct bench_context *context, const struct gatio_options *options,
                       struct bench_sample *note)
{
	char cpus[BENCH_CPU_LIST_SIZE];
	struct gatio_options own = *options;
	bench_list_cpus(context, own.driver_count, cpus);
	own.cpus = cpus;
	own.drain_ns = GATIO_MS(1);
	own.log = keep_complaint;
	int err = gatio_system_create(&harness.system, &own);
	if (err) {
		return explain(note, err, "no system");
	}
	harness.context = context;
	return 0;
}

struct gatio_system *bench_harness_system(void)
{
	return harness.system;
}

int bench_harness_go(struct gatio_address first, struct bench_sample *note)
{
	struct gatio_outside *outside;
	int err = gatio_address_error(first);
	if (err) {
		return explain(note, err, "no first actor");
	}
	err = gatio_outside_open(&outside, harness.system);
	if (err) {
		return explain(note, err, "no way in");
	}
	err = gatio_outside_send(outside, first, bench_go, .round = 0);
	gatio_outside_close(outside);
	return err ? explain(note, err, "the first message") : 0;
}

bool bench_harness_count(uint64_t count)
{
	uint64_t now_ns = bench_now_ns();
	if (harness.begin_ns == 0) {
		harness.begin_ns = now_ns;
	}
	if (harness.start_ns == 0) {
		if (now_ns - harness.begin_ns >= harness.context->warmup_ns) {
			harness.start_ns = now_ns;
			harness.start_count = count;
		}
		return false;
	}
	if (now_ns - harness.start_ns < harness.context->duration_ns) {
		return false;
	}
	if (!harness.is_finished) {
		harness.span.ns = now_ns - harness.start_ns;
		harness.span.count = count - harness.start_count;
		harness.is_finished = true;
		gatio_system_stop(harness.system, 0);
	}
	return true;
}

void bench_harness_finish(void)
{
	harness.is_finished = true;
	gatio_system_stop(harness.system, 0);
}

void bench_harness_fail(int err, const char *what)
{
	if (!harness.is_finished && harness.err == 0) {
		harness.err = err;
		harness.failed = what;
		gatio_system_stop(harness.system, 0);
	}
}

int bench_harness_wait(struct bench_span *out_span, struct bench_sample *note)
{
	int status = gatio_system_run(harness.system);
	harness.system = NULL;
	if (harness.err) {
		return explain(note, harness.err, harness.failed);
	}
	if (!harness.is_finished) {
		return bench_fail(note, 0, "the system stopped early with status %d", status);
	}
	*out_span = harness.span;
	return 0;
}

static int play(const struct bench_context *context, const struct bench_scene *scene,
                struct bench_span *out_span, struct bench_sample *note)
{
	int err = bench_harness_open(context, &scene->options, note);
	if (err) {
		return err;
	}
	err = bench_harness_go(gatio_system_actor_spawn(harness.system,
	                                                GATIO_ON_DRIVER(scene->driver_index),
	                                                scene->behavior, scene->state),
	                       note);
	return err ? err : bench_harness_wait(out_span, note);
}

int bench_harness_cost(const struct bench_context *context, const struct bench_scene *scene,
                       struct bench_sample *out_sample)
{
	struct bench_span span = {.ns = 0};
	int err = play(context, scene, &span, out_sample);
	if (err == 0) {
		out_sample->value = (double)span.ns / (double)span.count;
	}
	return err;
}

int bench_harness_rate(const struct bench_context *context, const struct bench_scene *scene,
                       struct bench_sample *out_sample)
{
	struct bench_span span = {.ns = 0};
	int err = play(context, scene, &span, out_sample);
	if (err == 0) {
		out_sample->value = (double)span.count * 1e3 / (double)span.ns;
	}
	return err;
}
