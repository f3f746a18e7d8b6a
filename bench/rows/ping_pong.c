/* SPDX-License-Identifier: Apache-2.0 */
/* Ping-pong: two actors and one ball, on one driver, on two that stay awake, and on two that sleep at each turn. */
#include "bench/histogram.h"
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"
#include "bench/support.h"

GATIO_MESSAGE(bench_ball, { uint64_t number; });

GATIO_DECLARE_BEHAVIOR(bench_player);

struct bench_player {
	struct gatio_address other;
	uint64_t balls_between_clocks; /* a power of two; 0: does not look at the clock */
	uint32_t driver_index;         /* of the other player */
};

static void hit(struct gatio_address other, uint64_t number)
{
	int err = gatio_send(other, bench_ball, .number = number);
	if (err) {
		bench_harness_fail(err, "sending the ball");
	}
}

static void on_ball(struct bench_player *self, const struct bench_ball *ball)
{
	uint64_t mask = self->balls_between_clocks - 1;
	if (self->balls_between_clocks != 0 && (ball->number & mask) == 0 &&
	    bench_harness_count(ball->number)) {
		return;
	}
	hit(self->other, ball->number + 1);
}

/* Spawn the other player and send it the first ball. */
static struct gatio_address serve(uint32_t driver_index)
{
	struct gatio_address other =
	        gatio_spawn_at(GATIO_ON_DRIVER(driver_index), bench_player, .other = gatio_self());
	int err = gatio_address_error(other);
	if (err) {
		bench_harness_fail(err, "spawning the other player");
	} else {
		hit(other, 1);
	}
	return other;
}

static void on_go(struct bench_player *self, const struct bench_go *go)
{
	(void)go;
	self->other = serve(self->driver_index);
}

GATIO_BEHAVIOR(bench_player, on(bench_ball, on_ball), on(bench_go, on_go));

/*
 * The first player when each trip is timed. Driver 0 writes the latencies; the main thread reads them when the system
 * is gone.
 */
GATIO_DECLARE_BEHAVIOR(bench_timekeeper);

struct bench_timekeeper {
	struct gatio_address other;
	const struct bench_context *context;
	uint64_t start_ns;
	uint64_t last_ns;
};

static struct bench_histogram latencies;

static void on_timed_ball(struct bench_timekeeper *self, const struct bench_ball *ball)
{
	uint64_t now_ns = bench_now_ns();
	uint64_t age_ns = now_ns - self->start_ns;
	if (age_ns >= self->context->warmup_ns + self->context->duration_ns) {
		bench_harness_finish();
		return;
	}
	if (age_ns >= self->context->warmup_ns) {
		bench_histogram_add(&latencies, now_ns - self->last_ns);
	}
	self->last_ns = now_ns;
	hit(self->other, ball->number + 1);
}

static void on_timed_go(struct bench_timekeeper *self, const struct bench_go *go)
{
	(void)go;
	self->start_ns = bench_now_ns();
	self->last_ns = self->start_ns;
	self->other = serve(1);
}

GATIO_BEHAVIOR(bench_timekeeper, on(bench_ball, on_timed_ball), on(bench_go, on_timed_go));

/* The value is nanoseconds for one way of the ball. */
static int play(const struct bench_context *context, const struct gatio_options *options,
                uint64_t balls_between_clocks, struct bench_sample *out_sample)
{
	struct bench_player first = {.driver_index = options->driver_count - 1,
	                             .balls_between_clocks = balls_between_clocks};
	struct bench_scene scene = {
	        .options = *options, .behavior = &gatio_behavior_bench_player, .state = &first};
	return bench_harness_cost(context, &scene, out_sample);
}

static int run_local(const struct bench_context *context, struct bench_sample *out_sample)
{
	return play(context, &(struct gatio_options){.driver_count = 1}, 8192, out_sample);
}

/* The latencies are those of the whole way, there and back. */
static int time_trips(const struct bench_context *context, const struct gatio_options *options,
                      double unit_ns, struct bench_sample *out_sample)
{
	struct bench_timekeeper first = {.context = context};
	struct bench_span span;
	int err = bench_harness_open(context, options, out_sample);
	if (err == 0) {
		err = bench_harness_go(
		        gatio_system_actor_spawn(bench_harness_system(), GATIO_ON_DRIVER(0),
		                                 &gatio_behavior_bench_timekeeper, &first),
		        out_sample);
	}
	if (err == 0) {
		err = bench_harness_wait(&span, out_sample);
	}
	if (err == 0) {
		bench_histogram_tell(&latencies, unit_ns, out_sample);
	}
	return err;
}

/* A driver that looks for work all the time is awake for sure. */
static const struct gatio_options awake = {.driver_count = 2, .spin_ns = GATIO_SECONDS(1)};
static const struct gatio_options asleep = {.driver_count = 2, .no_spin = true};

static int run_awake(const struct bench_context *context, struct bench_sample *out_sample)
{
	int err = play(context, &awake, 1024, out_sample);
	out_sample->value *= 2;
	return err;
}

static int run_awake_timed(const struct bench_context *context, struct bench_sample *out_sample)
{
	return time_trips(context, &awake, 1, out_sample);
}

static int run_asleep(const struct bench_context *context, struct bench_sample *out_sample)
{
	int err = play(context, &asleep, 64, out_sample);
	out_sample->value *= 2 / 1e3;
	return err;
}

static int run_asleep_timed(const struct bench_context *context, struct bench_sample *out_sample)
{
	return time_trips(context, &asleep, 1e3, out_sample);
}

static const struct bench_measure awake_timed = {
        .name = "cross_rtt_awake_latency", .unit = "ns", .run = run_awake_timed};
static const struct bench_measure asleep_timed = {
        .name = "cross_rtt_asleep_latency", .unit = "us", .run = run_asleep_timed};

const struct bench_measure bench_local_dispatch = {
        .name = "local_dispatch", .unit = "ns", .run = run_local};
const struct bench_measure bench_cross_rtt_awake = {
        .name = "cross_rtt_awake", .unit = "ns", .run = run_awake, .latency = &awake_timed};
const struct bench_measure bench_cross_rtt_asleep = {
        .name = "cross_rtt_asleep", .unit = "us", .run = run_asleep, .latency = &asleep_timed};
