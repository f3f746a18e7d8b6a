/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers and stages turned by hand. */
#include "tests/support/stage_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_ROUNDS 4
#define ROUNDS_MAX   100000

static void must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "stage_fixture: %s\n", what);
		abort();
	}
}

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void make_plan(struct gatio_system *system, const struct stage_fixture_options *options)
{
	struct gi_plan *plan = system->plan;
	uint32_t count = options->driver_count;
	uint32_t per_tpc = value_or(options->drivers_per_tpc, count);
	uint32_t per_l3 = value_or(options->drivers_per_l3, per_tpc);
	plan->driver_count = count;
	plan->tpc_count = (count + per_tpc - 1) / per_tpc;
	must(plan->tpc_count > 0, "a fixture has a driver");
	for (uint32_t i = 0; i < count; i++) {
		plan->drivers[i] = (struct gi_plan_driver){
		        .tpc_index = i / per_tpc,
		        .l3_index = i / per_l3,
		        .role = i < options->io_driver_count ? GI_ROLE_IO : GI_ROLE_BOTH,
		};
	}
	for (uint32_t i = 0; i < plan->tpc_count; i++) {
		plan->tpcs[i] = (struct gi_plan_tpc){
		        .memory_node = -1, .driver_first = i * per_tpc, .driver_count = per_tpc};
	}
}

static void make_system(struct gatio_system *system, const struct stage_fixture_options *options)
{
	system->options.budget = value_or(options->budget, 64);
	system->options.actor_count_max = value_or(options->actor_count_max, GI_SLOT_COUNT);
	system->stop_fd = -1;
	system->plan = calloc(1, sizeof(*system->plan));
	must(system->plan != NULL, "no memory");
	make_plan(system, options);
	uint32_t count = system->plan->driver_count;
	system->arenas = calloc(system->plan->tpc_count, sizeof(struct gi_arena *));
	system->stages = calloc(count, sizeof(struct gi_stage *));
	system->group.drivers = calloc(count, sizeof(struct gi_driver *));
	system->group.driver_count = count;
	must(system->arenas && system->stages && system->group.drivers, "no memory");
	struct gi_arena_options arena = {.node = -1,
	                                 .limit = options->memory_limit ? options->memory_limit
	                                                                : (uint64_t)256 << 20,
	                                 .reserve = (uint64_t)16 << 20};
	for (uint32_t i = 0; i < system->plan->tpc_count; i++) {
		must(gi_arena_create(&system->arenas[i], &arena) == 0, "no arena");
	}
}

static void make_driver(struct gatio_system *system, const struct stage_fixture_options *options,
                        uint32_t index)
{
	static const struct gi_driver_hooks hooks = {.deliver = gi_stage_deliver,
	                                             .flush = gi_stage_flush};
	struct gi_driver_options driver_options = {
	        .index = index,
	        .sleep_ns = UINT64_MAX,
	        .entry_count = 8,
	        .completion_count = 16,
	        .io_count_max = 64,
	        .mailbox_slots = value_or(options->mailbox_slots, 16),
	        .outbox_count_max = value_or(options->outbox_count_max, 64),
	        .arena = system->arenas[system->plan->drivers[index].tpc_index],
	        .group = &system->group,
	};
	struct gi_driver *driver = NULL;
	int err = gi_driver_create(&driver, &driver_options, &hooks);
	if (err) {
		fprintf(stderr, "stage_fixture: no driver: %s\n", strerror(-err));
		abort();
	}
	must(gi_stage_create(&system->stages[index], driver, system) == 0, "no stage");
	driver->hooks.context = system->stages[index];
	must(gi_driver_enter_thread(driver) == 0, "the ring cannot be enabled");
}

void stage_fixture_open(struct stage_fixture *fixture, const struct stage_fixture_options *options)
{
	char why[1024] = "";
	must(gi_types_prepare(why, sizeof(why)) == 0, why);
	*fixture = (struct stage_fixture){0};
	struct gatio_system *system =
	        aligned_alloc(GI_CACHE_LINE_PAIR, gi_round_up(sizeof(*system), GI_CACHE_LINE_PAIR));
	must(system != NULL, "no memory");
	memset(system, 0, sizeof(*system));
	fixture->system = system;
	make_system(system, options);
	for (uint32_t i = 0; i < options->driver_count; i++) {
		make_driver(system, options, i);
	}
	for (uint32_t i = 0; i < options->driver_count; i++) {
		fixture->used_at_start[i] = gi_heap_used(system->stages[i]->driver->heap);
	}
	stage_fixture_be(fixture, 0);
}

struct gi_stage *stage_fixture_stage(struct stage_fixture *fixture, uint32_t index)
{
	return fixture->system->stages[index];
}

struct gi_stage *stage_fixture_be(struct stage_fixture *fixture, uint32_t index)
{
	gi_stage_here = fixture->system->stages[index];
	gi_driver_become(gi_stage_here->driver);
	return gi_stage_here;
}

uint32_t stage_fixture_turn(struct stage_fixture *fixture, uint32_t index)
{
	return gi_driver_turn(stage_fixture_be(fixture, index)->driver, false);
}

void stage_fixture_settle(struct stage_fixture *fixture)
{
	uint32_t quiet_rounds = 0;
	uint32_t rounds = 0;
	while (quiet_rounds < QUIET_ROUNDS) {
		uint32_t done_count = 0;
		for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
			done_count += stage_fixture_turn(fixture, i);
			done_count += fixture->system->stages[i]->driver->dirty != NULL;
		}
		quiet_rounds = done_count == 0 ? quiet_rounds + 1 : 0;
		must(++rounds < ROUNDS_MAX, "the actors do not settle");
	}
	stage_fixture_be(fixture, 0);
}

void stage_fixture_close(struct stage_fixture *fixture)
{
	struct gatio_system *system = fixture->system;
	uint32_t count = system->plan->driver_count;
	for (uint32_t i = 0; i < count; i++) {
		gi_stage_end_all(stage_fixture_be(fixture, i), -ESHUTDOWN);
	}
	stage_fixture_settle(fixture);
	gi_stage_here = NULL;
	for (uint32_t i = 0; i < count; i++) {
		gi_driver_leave_thread(system->group.drivers[i]);
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
	free(system);
}

/* The driver sends incomplete chains only before it sleeps, which it does not do here. */
static void send_home(struct stage_fixture *fixture)
{
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		struct gi_heap *heap = fixture->system->stages[i]->driver->heap;
		struct gi_block_chain chain;
		while (gi_heap_take_chain(heap, 1, &chain)) {
			gi_heap_put_chain(fixture->system->stages[chain.home_index]->driver->heap,
			                  chain.first);
		}
	}
}

int64_t stage_fixture_used(struct stage_fixture *fixture, uint32_t index)
{
	send_home(fixture);
	uint64_t used = gi_heap_used(fixture->system->stages[index]->driver->heap);
	return (int64_t)used - (int64_t)fixture->used_at_start[index];
}

static void fill_with(struct stage_fixture *fixture, uint32_t index, size_t size)
{
	void **block;
	while ((block = gi_heap_alloc(fixture->system->stages[index]->driver->heap, size))) {
		*block = fixture->filling[index];
		fixture->filling[index] = block;
	}
}

void stage_fixture_fill(struct stage_fixture *fixture, uint32_t index)
{
	for (size_t size = (size_t)1 << 20; size > 1024; size /= 2) {
		fill_with(fixture, index, size);
	}
	for (size_t size = 1024; size > 0;
	     size -= 16) { /* what is left in the pages of each class */
		fill_with(fixture, index, size);
	}
}

void stage_fixture_unfill(struct stage_fixture *fixture, uint32_t index)
{
	while (fixture->filling[index]) {
		void **block = fixture->filling[index];
		fixture->filling[index] = *block;
		gi_heap_free(fixture->system->stages[index]->driver->heap, block);
	}
}

struct gatio_counters stage_fixture_counters(struct stage_fixture *fixture, uint32_t index)
{
	struct gatio_counters counters;
	must(gatio_system_counters(fixture->system, index, &counters) == 0, "no counters");
	return counters;
}

uint64_t stage_fixture_dead_letters(struct stage_fixture *fixture)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		count += stage_fixture_counters(fixture, i).dead_letters;
	}
	return count;
}
