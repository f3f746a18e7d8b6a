/* SPDX-License-Identifier: Apache-2.0 */
/* Ping-pong: two actors and one ball, on one driver, on two that stay awake, and on two that sleep at each turn. */
#include "bench/rows/rows.h"
#include "bench/rows/stage.h"

GATIO_MESSAGE(bench_ball, { uint64_t number; });

GATIO_DECLARE_BEHAVIOR(bench_player);

struct bench_player {
	struct gatio_address other;
	uint64_t balls_between_clocks; /* a power of two; 0: does not look at the clock */
	uint32_t driver_index;         /* of the other player */
};

static void hit(const struct bench_player *self, uint64_t number)
{
	int err = gatio_send(self->other, bench_ball, .number = number);
	if (err) {
		bench_stage_fail(err, "sending the ball");
	}
}

static void on_ball(struct bench_player *self, const struct bench_ball *ball)
{
	uint64_t mask = self->balls_between_clocks - 1;
	if (self->balls_between_clocks != 0 && (ball->number & mask) == 0 &&
	    bench_stage_count(ball->number)) {
		return;
	}
	hit(self, ball->number + 1);
}

static void on_go(struct bench_player *self, const struct bench_go *go)
{
	(void)go;
	self->other = gatio_spawn_at(GATIO_ON_DRIVER(self->driver_index), bench_player,
	                             .other = gatio_self());
	int err = gatio_address_error(self->other);
	if (err) {
		bench_stage_fail(err, "spawning the other player");
		return;
	}
	hit(self, 1);
}

GATIO_BEHAVIOR(bench_player, on(bench_ball, on_ball), on(bench_go, on_go));

/* The value is nanoseconds for one way of the ball. */
static int play(const struct bench_context *context, const struct gatio_options *options,
                uint64_t balls_between_clocks, struct bench_sample *out_sample)
{
	struct bench_player first = {.driver_index = options->driver_count - 1,
	                             .balls_between_clocks = balls_between_clocks};
	struct bench_scene scene = {
	        .options = *options, .behavior = &gatio_behavior_bench_player, .state = &first};
	return bench_stage_cost(context, &scene, out_sample);
}

static int run_local(const struct bench_context *context, struct bench_sample *out_sample)
{
	return play(context, &(struct gatio_options){.driver_count = 1}, 8192, out_sample);
}

/* A driver that looks for work all the time is awake for sure. */
static int run_awake(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct gatio_options options = {.driver_count = 2, .spin_ns = GATIO_SECONDS(1)};
	int err = play(context, &options, 1024, out_sample);
	out_sample->value *= 2;
	return err;
}

static int run_asleep(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct gatio_options options = {.driver_count = 2, .no_spin = true};
	int err = play(context, &options, 64, out_sample);
	out_sample->value *= 2 / 1e3;
	return err;
}

const struct bench_measure bench_local_dispatch = {
        .name = "local_dispatch", .unit = "ns", .run = run_local};
const struct bench_measure bench_cross_rtt_awake = {
        .name = "cross_rtt_awake", .unit = "ns", .run = run_awake};
const struct bench_measure bench_cross_rtt_asleep = {
        .name = "cross_rtt_asleep", .unit = "us", .run = run_asleep};
