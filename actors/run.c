/* SPDX-License-Identifier: Apache-2.0 */
/* Run: a system from here to its end, and the shortest program. */
#include "actors/calls.h"
#include "actors/log.h"
#include "actors/message.h"
#include "actors/place.h"
#include "actors/signals.h"
#include "actors/stop.h"
#include "actors/system.h"

#include "base/misuse.h"

#include <string.h>

int gatio_system_run(struct gatio_system *system)
{
	gi_require(!gi_scheduler_here, "gatio_system_run",
	           "called in a handler, which would never return",
	           "call it in the thread that created the system");
	system->signals_fd = gi_signals_open(system);
	gi_stop_wait(system, system->signals_fd);
	gi_stop_drained(system, system->signals_fd);
	int status = gi_load_acquire(&system->status);
	gatio_system_destroy(system);
	return status;
}

struct root {
	struct gatio_behavior *behavior;
	const void *state;
	struct gatio_address address;
};

/* On the driver where the root is to live: it cannot end before this returns. */
static void spawn_root(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct root *root = argument;
	root->address =
	        gatio_actor_spawn(GATIO_ON_DRIVER(scheduler->index), root->behavior, root->state);
	if (!gatio_address_error(root->address)) {
		gi_store_relaxed(&scheduler->system->root,
		                 root->address.bits); /* see gi_system_actor_ended */
	}
}

static int run_root(struct gatio_system *system, struct root *root)
{
	uint32_t driver;
	struct gatio_place anywhere = GATIO_ANYWHERE;
	struct gi_spawner spawner = {.behavior = root->behavior};
	int err = gi_place_choose(system, &spawner, &anywhere, &driver);
	if (err) {
		return err;
	}
	struct gi_call call = {.run = spawn_root, .argument = root};
	err = gi_system_submit(system, driver, &call);
	return err ? err : gatio_address_error(root->address);
}

int gatio_run_actor(const struct gatio_options *options, struct gatio_behavior *behavior,
                    const void *state)
{
	gi_refuse_handlers("gatio_run", "called in a handler, which would never return",
	                   "call it in main()");
	struct gatio_options with_log = options ? *options : (struct gatio_options){0};
	if (!with_log.log) {
		with_log.log = gatio_log_stderr;
	}
	struct gatio_system *system;
	if (gatio_system_create(&system, &with_log)) {
		return 1;
	}
	struct root root = {.behavior = behavior, .state = state};
	int err = run_root(system, &root);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "the first actor cannot be spawned: %s",
		       strerror(-err));
		gatio_system_destroy(system);
		return 1;
	}
	return gatio_system_run(system);
}
