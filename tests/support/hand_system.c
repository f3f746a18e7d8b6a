/* SPDX-License-Identifier: Apache-2.0 */
/* A system turned by hand. */
#include "tests/support/hand_system.h"

#include "actors/system_id.h"
#include "drivers/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hand_system_must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "system turned by hand: %s\n", what);
		abort();
	}
}

static void must_work(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "system turned by hand: %s: %s\n", what, strerror(-err));
		abort();
	}
}

static void *must_get(void *memory)
{
	hand_system_must(memory != NULL, "no memory");
	return memory;
}

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static enum gi_role role_of(uint32_t driver_index, uint32_t io_driver_count)
{
	if (io_driver_count == 0) {
		return GI_ROLE_BOTH;
	}
	return driver_index < io_driver_count ? GI_ROLE_IO : GI_ROLE_TASKS;
}

static void make_plan(struct gi_plan *plan, const struct hand_system_options *options)
{
	uint32_t count = value_or(options->options.driver_count, 1);
	uint32_t per_tpc = value_or(options->drivers_per_tpc, count);
	uint32_t per_l3 = value_or(options->drivers_per_l3, per_tpc);
	plan->driver_count = count;
	plan->tpc_count = (count + per_tpc - 1) / per_tpc;
	hand_system_must(plan->tpc_count > 0, "it has a driver");
	for (uint32_t i = 0; i < count; i++) {
		plan->drivers[i] =
		        (struct gi_plan_driver){.tpc_index = i / per_tpc,
		                                .l3_index = i / per_l3,
		                                .role = role_of(i, options->io_driver_count)};
	}
	for (uint32_t i = 0; i < plan->tpc_count; i++) {
		plan->tpcs[i] = (struct gi_plan_tpc){
		        .memory_node = -1, .driver_first = i * per_tpc, .driver_count = per_tpc};
	}
}

static void make_arenas(struct gatio_system *system)
{
	struct gi_arena_options options = {.node = -1,
	                                   .door = &gi_kernel_memory,
	                                   .limit = system->options.memory_limit,
	                                   .reserve = (uint64_t)16 << 20};
	uint32_t count = system->plan->tpc_count;
	system->arenas = must_get(calloc(count, sizeof(struct gi_arena *)));
	for (uint32_t i = 0; i < count; i++) {
		must_work(gi_arena_create(&system->arenas[i], &options), "no arena");
	}
}

struct gatio_system *hand_system_create(const struct hand_system_options *options)
{
	char why[1024] = "";
	hand_system_must(gi_types_prepare(why, sizeof(why)) == 0, why);
	struct gatio_system *system = must_get(aligned_alloc(
	        GI_CACHE_LINE_PAIR, gi_round_up(sizeof(*system), GI_CACHE_LINE_PAIR)));
	memset(system, 0, sizeof(*system));
	system->options = options->options;
	system->options.budget = value_or(options->options.budget, 64);
	system->options.actor_count_max =
	        value_or(options->options.actor_count_max, GI_ACTOR_COUNT_MAX);
	if (system->options.memory_limit == 0) {
		system->options.memory_limit = (uint64_t)256 << 20;
	}
	system->tuning = options->tuning;
	must_work(gi_system_id_take(&system->id), "no id");
	system->stop_fd = -1;
	system->plan = must_get(calloc(1, sizeof(*system->plan)));
	system->topology = must_get(calloc(1, sizeof(*system->topology))); /* not this machine */
	make_plan(system->plan, options);
	make_arenas(system);
	uint32_t count = system->plan->driver_count;
	system->stages = must_get(calloc(count, sizeof(struct gi_stage *)));
	system->group.drivers = must_get(calloc(count, sizeof(struct gi_driver *)));
	system->group.driver_count = count;
	for (uint32_t i = 0; i < count; i++) {
		must_work(gi_system_make_driver(system, i), "no driver");
		must_work(gi_driver_enter_thread(system->group.drivers[i]),
		          "the ring cannot be enabled");
	}
	return system;
}

struct gi_stage *hand_system_be(struct gatio_system *system, uint32_t driver_index)
{
	gi_stage_here = system->stages[driver_index];
	gi_driver_become(gi_stage_here->driver);
	return gi_stage_here;
}

void hand_system_destroy(struct gatio_system *system)
{
	uint32_t count = system->plan->driver_count;
	gi_stage_here = NULL;
	for (uint32_t i = 0; i < count; i++) {
		gi_driver_leave_thread(system->group.drivers[i]);
	}
	if (system->hooks.destroy) {
		system->hooks.destroy(system);
	}
	for (uint32_t i = 0; i < count; i++) {
		gi_stage_destroy(system->stages[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		gi_driver_free_routes(system->group.drivers[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		gi_driver_destroy(system->group.drivers[i]);
	}
	for (uint32_t i = 0; i < system->plan->tpc_count; i++) {
		gi_arena_destroy(system->arenas[i]);
	}
	free(system->group.drivers);
	free(system->stages);
	free(system->arenas);
	free(system->plan);
	free(system->topology);
	gi_system_id_put(system->id);
	free(system);
}
