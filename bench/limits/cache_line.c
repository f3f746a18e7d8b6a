/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache line: how long a line takes from one CPU to the other and back.
 *
 * One word that both write in turn, so that exactly one line moves; two lines, one for each direction, would take
 * up to twice as long.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "base/atomic.h"
#include "bench/histogram.h"
#include "bench/limits/limits.h"
#include "bench/support.h"

enum {
	TRIPS_BETWEEN_CLOCKS = 4096,
};

/*
 * Orderings   served    the server releases an odd ball -> the returner acquires it
 *             returned  the returner releases the even one after it -> the server acquires it
 */
struct court {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t ball;
	/* Constant. */
	_Alignas(GI_CACHE_LINE_PAIR) uint32_t cpu;
};

#define GAME_OVER UINT64_MAX /* odd */

static void *return_balls(void *argument)
{
	struct court *court = argument;
	bench_pin(court->cpu);
	uint64_t ball = 0;
	while (ball != GAME_OVER) {
		ball = gi_load_acquire(&court->ball); /* served */
		if (ball % 2 == 1) {
			gi_store_release(&court->ball, ball + 1); /* returned */
		} else {
			gi_cpu_relax();
		}
	}
	return NULL;
}

static void serve(struct court *court, uint64_t ball)
{
	gi_store_release(&court->ball, ball);           /* served */
	while (gi_load_acquire(&court->ball) == ball) { /* returned */
		gi_cpu_relax();
	}
}

static struct court court;

/* Returns when the other thread is there; the balls from here on are 3, 5, 7 and so on. */
static int begin(const struct bench_context *context, pthread_t *out_returner,
                 struct bench_sample *note)
{
	court.cpu = context->cpus[1];
	bench_pin(context->cpus[0]);
	int err = -pthread_create(out_returner, NULL, return_balls, &court);
	if (err) {
		return bench_fail(note, err, "no thread");
	}
	serve(&court, 1);
	return 0;
}

static void end(pthread_t returner)
{
	serve(&court, GAME_OVER);
	pthread_join(returner, NULL);
}

static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	pthread_t returner;
	int err = begin(context, &returner, out_sample);
	if (err) {
		return err;
	}
	uint64_t trips = 0;
	uint64_t start_ns = bench_now_ns();
	uint64_t now_ns = start_ns;
	while (now_ns - start_ns < context->duration_ns) {
		for (uint32_t i = 0; i < TRIPS_BETWEEN_CLOCKS; i++) {
			serve(&court, 2 * ++trips + 1);
		}
		now_ns = bench_now_ns();
	}
	end(returner);
	out_sample->value = (double)(now_ns - start_ns) / (double)trips;
	return 0;
}

/* Looks at the clock once a trip, as the row's latencies do. */
static int run_timed(const struct bench_context *context, struct bench_sample *out_sample)
{
	static struct bench_histogram latencies;
	pthread_t returner;
	int err = begin(context, &returner, out_sample);
	if (err) {
		return err;
	}
	uint64_t trips = 0;
	uint64_t last_ns = bench_now_ns();
	uint64_t counted_from_ns = last_ns + context->warmup_ns;
	uint64_t end_ns = counted_from_ns + context->duration_ns;
	while (last_ns < end_ns) {
		serve(&court, 2 * ++trips + 1);
		uint64_t now_ns = bench_now_ns();
		if (last_ns >= counted_from_ns) {
			bench_histogram_add(&latencies, now_ns - last_ns);
		}
		last_ns = now_ns;
	}
	end(returner);
	bench_histogram_tell(&latencies, 1, out_sample);
	return 0;
}

static const struct bench_measure timed = {
        .name = "limit_cache_line_latency", .unit = "ns", .run = run_timed};
const struct bench_measure bench_limit_cache_line = {
        .name = "limit_cache_line_rtt", .unit = "ns", .run = run, .latency = &timed};
