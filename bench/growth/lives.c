/* SPDX-License-Identifier: Apache-2.0 */
/* Lives: actors of one driver that are spawned, get one message and end, beside many that stay. */
#include "bench/growth/growth.h"

enum {
	LIVES_IN_ROUND = 64,
};

GATIO_MESSAGE(growth_end, { uint64_t number; });

struct growth_mayfly {
	uint64_t *ended_count; /* its parent's, on the same driver */
};

struct growth_lives {
	uint32_t stayer_count;
	uint64_t spawned_count;
	uint64_t ended_count;
};

static void on_end(struct growth_mayfly *self, const struct growth_end *end)
{
	(void)end;
	++*self->ended_count;
	gatio_exit(0);
}

GATIO_BEHAVIOR(growth_mayfly, on(growth_end, on_end));

static int spawn_some(struct growth_lives *self)
{
	for (uint32_t i = 0; i < LIVES_IN_ROUND && self->spawned_count < growth.message_count;
	     i++) {
		struct gatio_address mayfly =
		        gatio_spawn(growth_mayfly, .ended_count = &self->ended_count);
		int err = gatio_address_error(mayfly);
		if (err == 0) {
			err = gatio_send(mayfly, growth_end, .number = self->spawned_count);
		}
		if (err) {
			return err;
		}
		self->spawned_count++;
	}
	return 0;
}

/* It spawns for as long as its budget lets it have its own messages; then all of its mayflies end. */
static void on_go(struct growth_lives *self, const struct growth_go *go)
{
	(void)go;
	if (!growth_populate(&self->stayer_count, NULL)) {
		return;
	}
	if (self->ended_count == growth.message_count) {
		growth_finish();
		return;
	}
	int err = spawn_some(self);
	if (err == 0) {
		err = gatio_send(gatio_self(), growth_go, .round = 1);
	}
	if (err) {
		growth_fail(gatio_current_system(), err, "spawning mayflies");
	}
}

GATIO_SHARED_BEHAVIOR(growth_lives, on(growth_go, on_go));
