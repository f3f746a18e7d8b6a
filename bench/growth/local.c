/* SPDX-License-Identifier: Apache-2.0 */
/* Local: one ball on one driver, between two actors beside many, or from one actor to each of many. */
#include <errno.h>
#include <stdlib.h>

#include "bench/growth/growth.h"

enum {
	SPAWNS_IN_ROUND = 256,
	STRIDE = 7919, /* a prime: neighbours in time are no neighbours in memory */
};

GATIO_MESSAGE(growth_ball, { uint64_t number; });

struct growth_player {
	uint64_t ball_count;
};

struct growth_local {
	uint32_t spawned_count;
};

struct growth_everyone {
	uint32_t spawned_count;
	struct gatio_address *players; /* for the life of the process */
};

static void hit(struct gatio_address to, uint64_t number)
{
	int err = gatio_send(to, growth_ball, .number = number);
	if (err) {
		growth_fail(gatio_current_system(), err, "sending the ball");
	}
}

static void on_player_ball(struct growth_player *self, const struct growth_ball *ball)
{
	self->ball_count++;
	hit(gatio_sender(), ball->number + 1);
}

GATIO_BEHAVIOR(growth_player, on(growth_ball, on_player_ball));

bool growth_populate(uint32_t *spawned_count, struct gatio_address *players)
{
	int err = 0;
	for (uint32_t i = 0; i < SPAWNS_IN_ROUND && *spawned_count < growth.count && err == 0;
	     i++) {
		struct gatio_address player = gatio_spawn(growth_player, .ball_count = 0);
		err = gatio_address_error(player);
		if (players) {
			players[*spawned_count] = player;
		}
		++*spawned_count;
	}
	if (err == 0 && *spawned_count < growth.count) {
		err = gatio_send(gatio_self(), growth_go, .round = 1);
		if (err == 0) {
			return false;
		}
	}
	if (err) {
		growth_fail(gatio_current_system(), err, "spawning players");
	}
	return true;
}

static void on_local_go(struct growth_local *self, const struct growth_go *go)
{
	(void)go;
	if (growth_populate(&self->spawned_count, NULL)) {
		hit(gatio_spawn(growth_player, .ball_count = 0), 1);
	}
}

static void on_local_ball(struct growth_local *self, const struct growth_ball *ball)
{
	(void)self;
	if (ball->number >= growth.message_count) {
		growth_finish();
		return;
	}
	hit(gatio_sender(), ball->number + 1);
}

GATIO_SHARED_BEHAVIOR(growth_local, on(growth_go, on_local_go), on(growth_ball, on_local_ball));

static void hit_next(const struct growth_everyone *self, uint64_t number)
{
	hit(self->players[number / 2 * STRIDE % growth.count], number);
}

static void on_everyone_go(struct growth_everyone *self, const struct growth_go *go)
{
	(void)go;
	if (!self->players) {
		self->players = calloc(growth.count, sizeof(*self->players));
	}
	if (!self->players) {
		growth_fail(gatio_current_system(), -ENOMEM, "a list of players");
		return;
	}
	if (growth_populate(&self->spawned_count, self->players)) {
		hit_next(self, 1);
	}
}

static void on_everyone_ball(struct growth_everyone *self, const struct growth_ball *ball)
{
	if (ball->number >= growth.message_count) {
		free(self->players);
		growth_finish();
		return;
	}
	hit_next(self, ball->number + 1);
}

GATIO_SHARED_BEHAVIOR(growth_everyone, on(growth_go, on_everyone_go),
                      on(growth_ball, on_everyone_ball));
