/* SPDX-License-Identifier: Apache-2.0 */
/* ping_pong: two actors, on two drivers where there are two, play a ball and say how fast. ping_pong [ROUNDS] */
#include <gatio/gatio.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

GATIO_MESSAGE(ball, { uint64_t number; });

/* ---- pong sends each ball back ---------------------------------------------------------------------------------- */

struct pong {
	uint64_t hit_count;
};

static void on_ball_at_pong(struct pong *self, const struct ball *ball)
{
	self->hit_count++;
	gatio_reply(ball, .number = ball->number);
}

GATIO_BEHAVIOR(pong, on(ball, on_ball_at_pong));

/* ---- ping begins, and counts ------------------------------------------------------------------------------------ */

struct ping {
	uint64_t round_count;
	uint64_t started_ns;
	struct gatio_address pong;
};

static void on_started(struct ping *self)
{
	uint32_t next_driver = (gatio_driver_index() + 1) % gatio_driver_count();
	self->started_ns = gatio_now_ns();
	self->pong = gatio_spawn_at(GATIO_ON_DRIVER(next_driver), pong);
	gatio_send(self->pong, ball, .number = 1);
}

static void on_ball(struct ping *self, const struct ball *ball)
{
	if (ball->number < self->round_count) {
		gatio_send(self->pong, ball, .number = ball->number + 1);
		return;
	}
	double seconds = (double)(gatio_now_ns() - self->started_ns) / 1e9;
	printf("%" PRIu64 " rounds in %.3f s: %.0f messages a second, %.0f ns a round\n",
	       ball->number, seconds, 2.0 * (double)ball->number / seconds,
	       seconds * 1e9 / (double)ball->number);
	gatio_exit(0);
}

GATIO_BEHAVIOR(ping, started(on_started), on(ball, on_ball));

int main(int argc, char **argv)
{
	uint64_t round_count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	return gatio_run(ping, .round_count = round_count);
}
