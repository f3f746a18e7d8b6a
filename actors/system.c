/* SPDX-License-Identifier: Apache-2.0 */
/* System: from options to turning drivers, and back. */
#include "actors/system.h"
#include "actors/advice.h"
#include "actors/ask.h"
#include "actors/backend.h"
#include "actors/deliver.h"
#include "actors/dispatch.h"
#include "actors/executor.h"
#include "actors/log.h"
#include "actors/options.h"
#include "actors/outside.h"
#include "actors/signals.h"
#include "actors/stop.h"
#include "actors/system_id.h"

#include "base/assert.h"
#include "base/misuse.h"
#include "drivers/kernel.h"
#include "topology/limits.h"
#include "topology/placement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Beyond a TPC's limit: refusals of questions that lie in a ring, a line each while the way back is full, a page for each
 * driver; and a route from each driver of the system to each of the TPC. All else that is never refused waits in its own
 * memory; see docs/ARCHITECTURE.md.
 */
#define RESERVE_MIN        ((uint64_t)8 << 20)
#define RESERVE_PER_DRIVER ((uint64_t)GI_ARENA_PAGE_SIZE)
#define RESERVE_PER_ROUTE  UINT64_C(1024) /* beside its slots */

static uint64_t reserve_of(const struct gatio_system *system, const struct gi_plan_tpc *tpc)
{
	uint64_t route_size =
	        system->options.mailbox_slots * sizeof(struct gi_message) + RESERVE_PER_ROUTE;
	uint64_t routes_size = system->plan->driver_count * route_size;
	return RESERVE_MIN + tpc->driver_count * (RESERVE_PER_DRIVER + routes_size);
}

/* ---- Parts, in the order in which they are made --------------------------------------------------------------------- */

/* What is not as one would think, and why it goes on all the same. */
static void tell_of_the_machine(struct gatio_system *system, int pin_refusal)
{
	if (system->topology->assumed_because) {
		gi_log(system, GATIO_LOG_WARNING,
		       "%s: one node is assumed, with all the memory of the machine",
		       system->topology->assumed_because);
	}
	if (pin_refusal) {
		gi_log(system, GATIO_LOG_WARNING,
		       "drivers run unpinned: sched_setaffinity(2) is refused: %s; with the option "
		       "no_pin they do so without a word",
		       strerror(-pin_refusal));
	}
}

static int make_plan(struct gatio_system *system)
{
	system->plan = calloc(1, sizeof(*system->plan));
	if (!system->plan) {
		gi_log(system, GATIO_LOG_ERROR, "no memory for the plan");
		return -ENOMEM;
	}
	const char *machine = gi_kernel_machine();
	struct gi_topology_source source = {
	        .synthetic = system->tuning.synthetic ? system->tuning.synthetic : machine};
	int err = gi_topology_load(&system->topology, &source);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "the machine's topology cannot be read: %s",
		       strerror(-err));
		return err;
	}
	const struct gatio_options *options = &system->options;
	int pin_refusal = 0;
	if (machine) { /* in words: nothing else of it can be asked */
		system->limits = GI_LIMITS_NONE;
	} else {
		gi_limits_load(&system->limits, NULL);
		pin_refusal = options->no_pin ? 0 : gi_thread_may_pin();
	}
	tell_of_the_machine(system, pin_refusal);
	struct gi_plan_options plan_options = {
	        .driver_count = options->driver_count,
	        .cpus = options->cpus,
	        .tpcs = options->tpcs,
	        .roles = options->roles,
	        .memory_limit = options->memory_limit,
	        .no_pin = options->no_pin || pin_refusal != 0,
	};
	struct gi_plan_refusal refusal;
	err = gi_plan_make(system->plan, system->topology, &system->limits, &plan_options,
	                   &refusal);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "%s", refusal.text);
	}
	/* Strings belong to the caller again. */
	system->options.cpus = NULL;
	system->options.tpcs = NULL;
	system->options.roles = NULL;
	return err;
}

static int make_arenas(struct gatio_system *system)
{
	for (uint32_t i = 0; i < system->plan->tpc_count; i++) {
		const struct gi_plan_tpc *tpc = &system->plan->tpcs[i];
		struct gi_arena_options options = {.node = tpc->memory_node,
		                                   .limit = tpc->memory_limit,
		                                   .door = &gi_kernel_memory,
		                                   .reserve = reserve_of(system, tpc)};
		int err = gi_arena_create(&system->arenas[i], &options);
		if (err) {
			gi_log(system, GATIO_LOG_ERROR, "no memory for TPC %u: %s", i,
			       strerror(-err));
			return err;
		}
		int refusal = gi_arena_binding(system->arenas[i]);
		if (refusal && system->topology->is_this_machine &&
		    system->topology->node_count > 1) {
			gi_log(system, GATIO_LOG_WARNING,
			       "memory of TPC %u may lie on any node: mbind(2) to node %d is "
			       "refused: %s",
			       i, tpc->memory_node, strerror(-refusal));
		}
	}
	return 0;
}

static bool may_pin(const struct gatio_system *system, const struct gi_plan_driver *planned)
{
	return system->plan->pins && system->topology->is_this_machine && !planned->shares_pu;
}

static struct gi_driver_options driver_options(struct gatio_system *system, uint32_t index)
{
	const struct gi_plan_driver *planned = &system->plan->drivers[index];
	return (struct gi_driver_options){
	        .backend = system->backend,
	        .index = index,
	        .cpu = planned->cpu,
	        .pin = may_pin(system, planned),
	        .spin_allowed = system->plan->spin_allowed && !system->options.no_spin &&
	                        system->executor->has_threads,
	        .spin_ns = system->options.spin_ns,
	        .sleep_ns = system->options.sleep_ns,
	        .entry_count = system->tuning.entry_count,
	        .completion_count = system->tuning.completion_count,
	        .wants_whole_ring = system->may_fall_back,
	        .io_count_max = system->options.io_count_max,
	        .mailbox_slots = system->options.mailbox_slots,
	        .outbox_count_max = system->options.outbox_count_max,
	        .arena = system->arenas[planned->tpc_index],
	        .group = &system->group,
	};
}

static void become(void *context)
{
	gi_scheduler_here = context;
}

/* The end of a turn. */
static void flush(void *context)
{
	struct gi_scheduler *scheduler = context;
	gi_assert_slow(!scheduler->actor); /* whoever ran has been left */
	gi_assert_slow(!scheduler->message);
	if (!gi_list_is_empty(&scheduler->asked)) {
		gi_asks_leave(scheduler);
	}
	if (scheduler->net_flush) {
		scheduler->net_flush(scheduler);
	}
	/* For whoever reads the counters. */
	gi_store_relaxed(&scheduler->counters.messages_local, scheduler->sent_here_count);
	gi_store_relaxed(&scheduler->counters.memory_used, gi_heap_used(scheduler->driver->heap));
}

static int make_driver(struct gatio_system *system, uint32_t index)
{
	/* The context of the hooks is the scheduler, which is made after its driver. */
	static const struct gi_driver_hooks hooks = {
	        .deliver = gi_scheduler_deliver, .flush = flush, .become = become};
	struct gi_driver_options options = driver_options(system, index);
	struct gi_driver *driver;
	int err = gi_driver_create(&driver, &options, &hooks);
	if (!err) {
		err = gi_scheduler_create(&system->schedulers[index], driver, system,
		                          gi_dispatch_run);
	}
	if (!err) {
		driver->hooks.context = system->schedulers[index];
	}
	return err;
}

static int make_each_driver(struct gatio_system *system)
{
	struct gi_advice advice;
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		int err = make_driver(system, i);
		if (err == -EDQUOT && system->may_fall_back) {
			return err;
		}
		if (err) {
			gi_log(system, GATIO_LOG_ERROR, "driver %u cannot be made: %s", i,
			       gi_advice_on_start(&advice, system, err));
			return err;
		}
	}
	return 0;
}

/* Schedulers lie in the arenas of their drivers, routes in those of their receivers: all first, then the drivers. */
static void unmake_drivers(struct gatio_system *system)
{
	struct gi_driver **drivers = system->group.drivers;
	for (uint32_t i = 0; system->schedulers && i < system->group.driver_count; i++) {
		gi_scheduler_destroy(system->schedulers[i]);
		system->schedulers[i] = NULL;
	}
	for (uint32_t i = 0; drivers && i < system->group.driver_count; i++) {
		if (drivers[i]) {
			gi_driver_free_routes(drivers[i]);
		}
	}
	for (uint32_t i = 0; drivers && i < system->group.driver_count; i++) {
		gi_driver_destroy(drivers[i]);
		drivers[i] = NULL;
	}
}

static int make_drivers(struct gatio_system *system)
{
	int err = make_each_driver(system);
	if (err != -EDQUOT || !system->may_fall_back) {
		return err;
	}
	unmake_drivers(system);
	err = gi_backend_fall_back(system);
	return err ? err : make_each_driver(system);
}

static int make_outside(struct gatio_system *system)
{
	int err = gi_outside_create(&system->group.outside, &system->group, system->arenas[0]);
	return err ? err : gi_gate_open(system);
}

static int start_drivers(struct gatio_system *system)
{
	int err = system->executor->start(system);
	system->is_running = !err;
	return err;
}

static void report_stuck(void *context, const struct gi_stuck *stuck)
{
	struct gatio_system *system = context;
	gi_count(&system->schedulers[stuck->driver_index]->counters.stuck, 1);
	gi_log(system, GATIO_LOG_WARNING,
	       "driver %u is stuck: actor %s (address %016llx) has been in one handler for %llu ms",
	       stuck->driver_index, stuck->name, (unsigned long long)stuck->address,
	       (unsigned long long)(stuck->running_ns / 1000000));
	for (int i = 0; i < stuck->frame_count; i++) {
		gi_log(system, GATIO_LOG_WARNING, "  %2d %s", i, stuck->frames[i]);
	}
}

static int start_watchdog(struct gatio_system *system)
{
	if (!system->executor->has_threads) {
		return 0;
	}
	struct gi_watchdog_options options = {.group = &system->group,
	                                      .limit_ns = system->options.watchdog_ns,
	                                      .report = report_stuck,
	                                      .context = system};
	return gi_watchdog_start(&system->watchdog, &options);
}

static int allocate(struct gatio_system *system)
{
	uint32_t driver_count = system->plan->driver_count;
	system->arenas = calloc(system->plan->tpc_count, sizeof(struct gi_arena *));
	system->schedulers = calloc(driver_count, sizeof(struct gi_scheduler *));
	system->group.drivers = calloc(driver_count, sizeof(struct gi_driver *));
	system->group.driver_count = driver_count;
	if (!system->arenas || !system->schedulers || !system->group.drivers) {
		return -ENOMEM;
	}
	return 0;
}

static int open_signals(struct gatio_system *system)
{
	struct gi_advice advice;
	system->stop_fd = gi_kernel_signal_open();
	system->call_fd = gi_kernel_signal_open();
	if (system->stop_fd >= 0 && system->call_fd >= 0) {
		if (system->executor->has_threads) {
			gi_signals_join(system);
		}
		system->cpus_size =
		        gi_kernel_affinity_get(system->cpus_before, sizeof(system->cpus_before));
		return 0;
	}
	int err = system->stop_fd < 0 ? system->stop_fd : system->call_fd;
	gi_log(system, GATIO_LOG_ERROR, "no descriptor to call drivers by: %s",
	       gi_advice_on_descriptors(&advice, err));
	return err;
}

static int prepare_types(struct gatio_system *system)
{
	char why[768] = "no memory for the tables of message types";
	int err = gi_types_prepare(why, sizeof(why));
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "%s", why);
	}
	return err;
}

/* For what has not said more by itself. */
static int logged(struct gatio_system *system, int err, const char *what)
{
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "%s: %s", what, strerror(-err));
	}
	return err;
}

static int take_id(struct gatio_system *system)
{
	int err = gi_system_id_take(&system->id);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR,
		       "%u systems run in this process, the most whose addresses can be told "
		       "apart: destroy one",
		       GI_SYSTEM_COUNT_MAX);
	}
	return err;
}

static int try_granted(struct gatio_system *system)
{
	struct gi_advice advice;
	int err = gi_advice_try_granted(&advice);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "no system can be made: %s", advice.text);
	}
	return err;
}

static int build(struct gatio_system *system)
{
	int err = take_id(system);
	err = err ? err : try_granted(system);
	err = err ? err : prepare_types(system);
	err = err ? err : make_plan(system);
	err = err ? err : logged(system, allocate(system), "no room to keep the drivers' tables");
	err = err ? err : gi_backend_choose(system);
	err = err ? err : open_signals(system);
	err = err ? err : make_arenas(system);
	err = err ? err : make_drivers(system);
	err = err ? err : logged(system, make_outside(system), "no way in for threads outside");
	err = err ? err : start_drivers(system);
	err = err ? err : logged(system, start_watchdog(system), "the watchdog cannot start");
	return err;
}

int gi_system_create_tuned(struct gatio_system **out_system, const struct gatio_options *options,
                           const struct gi_tuning *tuning)
{
	struct gatio_system *system =
	        aligned_alloc(GI_CACHE_LINE_PAIR, gi_round_up(sizeof(*system), GI_CACHE_LINE_PAIR));
	if (!system) {
		return gi_options_no_memory(options);
	}
	memset(system, 0, sizeof(*system));
	system->stop_fd = -1;
	system->call_fd = -1;
	system->signals_fd = -1;
	system->tuning = *tuning;
	system->executor = tuning->executor ? tuning->executor : &gi_executor_threads;
	int err = gi_options_check(system, options);
	err = err ? err : build(system);
	if (err) {
		gatio_system_destroy(system);
		return err;
	}
	*out_system = system;
	return 0;
}

int gatio_system_create(struct gatio_system **out_system, const struct gatio_options *options)
{
	gi_refuse_handlers("gatio_system_create",
	                   "called in a handler, whose driver would wait for it",
	                   "create systems in threads that are no drivers");
	struct gi_tuning defaults = {0};
	return gi_system_create_tuned(out_system, options, &defaults);
}

static void free_drivers(struct gatio_system *system)
{
	gi_outside_destroy(system->group.outside);
	unmake_drivers(system);
	free(system->group.drivers);
	free(system->schedulers);
}

void gatio_system_destroy(struct gatio_system *system)
{
	if (!system) {
		return;
	}
	gi_require(!gi_scheduler_here, "gatio_system_destroy",
	           "called in a handler, which it would wait for",
	           "call gatio_system_stop() there, and destroy in the thread that created the "
	           "system");
	if (system->is_running) {
		gi_stop_at_once(system);
	}
	gi_gate_close(system->gate);
	if (system->hooks.destroy) {
		system->hooks.destroy(system);
	}
	free_drivers(system);
	for (uint32_t i = 0; system->arenas && i < system->plan->tpc_count; i++) {
		gi_arena_destroy(system->arenas[i]);
	}
	free(system->arenas);
	gi_topology_destroy(system->topology);
	free(system->plan);
	gi_signals_leave(system);
	if (system->stop_fd >= 0) {
		gi_kernel_close(system->stop_fd);
	}
	if (system->call_fd >= 0) {
		gi_kernel_close(system->call_fd);
	}
	gi_system_id_put(system->id);
	free(system);
}

uint32_t gatio_system_driver_count(const struct gatio_system *system)
{
	return system->plan->driver_count;
}

uint64_t gatio_system_memory_share(const struct gatio_system *system, uint32_t driver_index)
{
	const struct gi_plan *plan = system->plan;
	if (driver_index >= plan->driver_count) {
		return 0;
	}
	const struct gi_plan_tpc *tpc = &plan->tpcs[plan->drivers[driver_index].tpc_index];
	return tpc->memory_limit / tpc->driver_count;
}

int gatio_system_counters(const struct gatio_system *system, uint32_t driver_index,
                          struct gatio_counters *out_counters)
{
	if (driver_index >= system->plan->driver_count) {
		return -EINVAL;
	}
	/* Relaxed, but for two: each counter is exact, the set is not one instant. */
	const struct gi_driver_counters *driver = &system->group.drivers[driver_index]->counters;
	const struct gi_scheduler_counters *scheduler = &system->schedulers[driver_index]->counters;
	*out_counters = (struct gatio_counters){
	        .turns = gi_load_relaxed(&driver->turns),
	        .sleeps = gi_load_relaxed(&driver->sleeps),
	        .enters = gi_load_relaxed(&driver->enters),
	        .doorbells = gi_load_relaxed(&driver->doorbells),
	        .doorbell_errors = gi_load_relaxed(&driver->doorbell_errors),
	        .messages_local = gi_load_relaxed(&scheduler->messages_local),
	        .messages_out = gi_load_relaxed(&driver->messages_out),
	        .messages_in = gi_load_relaxed(&driver->messages_in),
	        .dead_letters = gi_load_relaxed(&scheduler->dead_letters),
	        .refused = gi_load_relaxed(&driver->refused),
	        .actors_spawned = gi_load_relaxed(&scheduler->spawned),
	        .actors_ended = gi_load_acquire(&scheduler->ended), /* unused */
	        .actors_alive = gi_load_acquire(&scheduler->alive), /* unused */
	        .completions = gi_load_relaxed(&driver->completions),
	        .cq_overflows = gi_load_relaxed(&driver->cq_overflows),
	        .stale_completions = gi_load_relaxed(&driver->stale_completions),
	        .stuck_handlers = gi_load_relaxed(&scheduler->stuck),
	        .memory_used = gi_load_relaxed(&scheduler->memory_used),
	};
	return 0;
}
