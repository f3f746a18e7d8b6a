/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/system.c: real drivers on threads of their own, from create to destroy. */
#include "tests/actors/log.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/place.h"
#include "actors/system.h"
#include "actors/system_id.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* Where an actor of these tests says what it sees. */
struct report {
	struct gate *gate;
	_Atomic uint32_t driver_index;
	_Atomic uint32_t tpc_index;
	_Atomic uint32_t started_count;
	_Atomic uint32_t ended_count;
	_Atomic int reason;
};

GATIO_MESSAGE(be_stuck, { struct gatio_system *system; });

struct reporter {
	struct report *report;
};

static void on_started(struct reporter *self)
{
	gi_store_relaxed(&self->report->driver_index, gatio_driver_index());
	gi_store_relaxed(&self->report->tpc_index, gatio_tpc_index());
	gi_fetch_add_acq_rel(&self->report->started_count, 1);
	gate_open(self->report->gate);
}

static void on_ended(struct reporter *self, int reason)
{
	gi_store_relaxed(&self->report->reason, reason);
	gi_fetch_add_acq_rel(&self->report->ended_count, 1);
}

static uint64_t stuck_count(struct gatio_system *system)
{
	struct gatio_counters counters;
	return gatio_system_counters(system, gatio_driver_index(), &counters) == 0
	               ? counters.stuck_handlers
	               : 0;
}

/* As long as nobody has noticed. */
static void on_be_stuck(struct reporter *self, const struct be_stuck *stuck)
{
	time_t until = time(NULL) + 30;
	while (stuck_count(stuck->system) == 0 && time(NULL) < until) {
	}
	gate_open(self->report->gate);
}

GATIO_BEHAVIOR(reporter, started(on_started), ended(on_ended), on(be_stuck, on_be_stuck));

static struct gatio_system *create(struct gatio_options options)
{
	log_clear();
	options.log = log_keep;
	struct gatio_system *system = NULL;
	int err = gatio_system_create(&system, &options);
	if (err) {
		printf("the log says: %s", log_text());
	}
	CU_ASSERT_EQUAL_FATAL(err, 0);
	return system;
}

static uint32_t open_files(void)
{
	uint32_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (folder && readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

static void systems_come_and_go(void)
{
	struct report report = {.gate = gate_create()};
	uint32_t file_count = 0;
	for (uint32_t i = 0; i < 12; i++) {
		if (i == 2) {
			file_count = open_files();
		}
		struct gatio_system *system =
		        create((struct gatio_options){.driver_count = 1 + i % 4});
		CU_ASSERT_EQUAL(gatio_system_driver_count(system), 1 + i % 4);
		struct gatio_address address =
		        gatio_system_spawn(system, GATIO_ANYWHERE, reporter, .report = &report);
		CU_ASSERT_EQUAL(gatio_address_error(address), 0);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		gatio_system_destroy(system);
		CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), i + 1);
		CU_ASSERT_EQUAL(gi_load_acquire(&report.reason), -ESHUTDOWN);
	}
	CU_ASSERT_EQUAL(open_files(), file_count);
	gatio_system_destroy(NULL);
	gate_destroy(report.gate);
}

static void two_systems_run_side_by_side(void)
{
	struct report report = {.gate = gate_create()};
	struct gatio_system *first = create((struct gatio_options){.driver_count = 2});
	struct gatio_system *second = create((struct gatio_options){.driver_count = 2});
	gatio_system_spawn(first, GATIO_ON_DRIVER(1), reporter, .report = &report);
	gatio_system_spawn(second, GATIO_ON_DRIVER(1), reporter, .report = &report);
	CU_ASSERT_TRUE(gate_pass(report.gate, 2));
	gatio_system_destroy(first);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 1);
	gatio_system_destroy(second);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 2);
	gate_destroy(report.gate);
}

static void too_many_systems_are_refused_in_words(void)
{
	uint32_t ids[GI_SYSTEM_COUNT_MAX];
	uint32_t count = 0;
	while (count < GI_SYSTEM_COUNT_MAX && gi_system_id_take(&ids[count]) == 0) {
		count++;
	}
	log_clear();
	struct gatio_options options = {.driver_count = 1, .log = log_keep};
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL(gatio_system_create(&system, &options), -EAGAIN);
	CU_ASSERT_PTR_NULL(system);
	CU_ASSERT_TRUE(log_has("63 systems run in this process"));
	gi_system_id_put(ids[--count]);
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	gatio_system_destroy(system); /* gives its id back */
	CU_ASSERT_EQUAL(gi_system_id_take(&ids[count]), 0);
	count++;
	while (count > 0) {
		gi_system_id_put(ids[--count]);
	}
}

static void every_actor_ends_once_at_the_stop(void)
{
	struct report report = {.gate = gate_create()};
	struct gatio_system *system = create((struct gatio_options){.driver_count = 3});
	for (uint32_t i = 0; i < 3000; i++) {
		gatio_system_spawn(system, GATIO_ANYWHERE, reporter, .report = &report);
	}
	CU_ASSERT_TRUE(gate_pass(report.gate, 3000));
	for (uint32_t i = 0; i < 3; i++) { /* the least loaded was taken each time */
		struct gatio_counters counters;
		CU_ASSERT_EQUAL(gatio_system_counters(system, i, &counters), 0);
		CU_ASSERT_EQUAL(counters.actors_alive, 1000);
		CU_ASSERT_EQUAL(counters.actors_spawned, 1000);
		CU_ASSERT(counters.memory_used > 0);
	}
	gatio_system_destroy(system);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 3000);
	gate_destroy(report.gate);
}

static void counters_of_no_driver_are_refused(void)
{
	struct gatio_system *system = create((struct gatio_options){.driver_count = 1});
	struct gatio_counters counters;
	CU_ASSERT_EQUAL(gatio_system_counters(system, 1, &counters), -EINVAL);
	CU_ASSERT_EQUAL(gatio_system_counters(system, UINT32_MAX, &counters), -EINVAL);
	CU_ASSERT_EQUAL(gatio_system_counters(system, 0, &counters), 0);
	gatio_system_destroy(system);
}

static void drivers_share_their_memory(void)
{
	struct gatio_system *system = create((struct gatio_options){
	        .driver_count = 2, .tpcs = "one", .memory_limit = 64u << 20});
	CU_ASSERT_EQUAL(gatio_system_memory_share(system, 0), 32u << 20);
	CU_ASSERT_EQUAL(gatio_system_memory_share(system, 1), 32u << 20);
	CU_ASSERT_EQUAL(gatio_system_memory_share(system, 2), 0);
	CU_ASSERT_EQUAL(gatio_system_memory_share(system, UINT32_MAX), 0);
	gatio_system_destroy(system);
}

static void watchdog_names_a_stuck_actor(void)
{
	struct report report = {.gate = gate_create()};
	struct gatio_system *system =
	        create((struct gatio_options){.driver_count = 2, .watchdog_ns = GATIO_MS(20)});
	struct gatio_address address =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(1), reporter, .report = &report);
	struct gatio_outside *outside = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system), 0);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, address, be_stuck, .system = system), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 2));
	struct gatio_counters counters;
	CU_ASSERT_EQUAL(gatio_system_counters(system, 1, &counters), 0);
	CU_ASSERT(counters.stuck_handlers >= 1);
	CU_ASSERT_EQUAL(gatio_system_counters(system, 0, &counters), 0);
	CU_ASSERT_EQUAL(counters.stuck_handlers, 0);
	gatio_outside_close(outside);
	gatio_system_destroy(system); /* the report is over with the watchdog */
	CU_ASSERT_TRUE(log_has("driver 1 is stuck: actor reporter"));
	gate_destroy(report.gate);
}

/* 4 nodes with 2 L3 groups of 2 cores each, on whatever this machine is. */
static void places_hold_on_a_synthetic_machine(void)
{
	setenv("HWLOC_SYNTHETIC", "numa:4 l3:2 core:2 pu:1", 1);
	struct gatio_system *system = create((struct gatio_options){.driver_count = 16});
	unsetenv("HWLOC_SYNTHETIC");
	struct report report = {.gate = gate_create()};
	CU_ASSERT_EQUAL(gatio_system_driver_count(system), 16);
	CU_ASSERT_EQUAL_FATAL(system->plan->tpc_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		gatio_system_spawn(system, GATIO_ON_TPC(i), reporter, .report = &report);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		CU_ASSERT_EQUAL(gi_load_relaxed(&report.tpc_index), i);
		uint32_t driver = gi_load_relaxed(&report.driver_index);
		CU_ASSERT_EQUAL(system->plan->drivers[driver].tpc_index, i);
	}
	struct gatio_address refused =
	        gatio_system_spawn(system, GATIO_ON_TPC(4), reporter, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EINVAL);
	/* Near: the L3 group of each driver, seen from another node. */
	for (uint32_t i = 0; i < 16; i++) {
		struct gatio_address mate = {
		        .bits = gi_address_make(i, 0, gi_identity_make(system->id, 1))};
		struct gatio_place near = GATIO_NEAR(mate);
		struct gi_spawner spawner = {.here = system->schedulers[(i + 5) % 16],
		                             .behavior = &gatio_behavior_reporter};
		uint32_t chosen;
		CU_ASSERT_EQUAL(gi_place_choose(system, &spawner, &near, &chosen), 0);
		CU_ASSERT_EQUAL(system->plan->drivers[chosen].l3_index,
		                system->plan->drivers[i].l3_index);
		CU_ASSERT_EQUAL(system->plan->drivers[chosen].tpc_index,
		                system->plan->drivers[i].tpc_index);
	}
	gatio_system_destroy(system);
	gate_destroy(report.gate);
}

static void stop_needs_no_free_descriptor(void)
{
	struct gatio_system *system = create((struct gatio_options){.driver_count = 2});
	struct report report = {.gate = gate_create()};
	gatio_system_spawn(system, GATIO_ON_DRIVER(1), reporter, .report = &report);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	struct rlimit before;
	getrlimit(RLIMIT_NOFILE, &before);
	/* Standard streams take these. */
	struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	struct gatio_address address =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(0), reporter, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	gatio_system_stop(system, 3);
	int status = gatio_system_run(system);
	setrlimit(RLIMIT_NOFILE, &before);
	CU_ASSERT_EQUAL(status, 3);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 2);
	gate_destroy(report.gate);
}

static void system_without_descriptors_says_so(void)
{
	struct rlimit before;
	getrlimit(RLIMIT_NOFILE, &before);
	uint32_t file_count = open_files();
	/* Each limit fails at another step; all of it is given back each time. */
	for (uint32_t limit = 0; limit < 24; limit++) {
		struct rlimit few = {.rlim_cur = limit, .rlim_max = before.rlim_max};
		log_clear();
		struct gatio_options options = {.driver_count = 2, .log = log_keep};
		struct gatio_system *system = NULL;
		setrlimit(RLIMIT_NOFILE, &few);
		int err = gatio_system_create(&system, &options);
		setrlimit(RLIMIT_NOFILE, &before);
		if (err) {
			CU_ASSERT_PTR_NULL(system);
			CU_ASSERT_STRING_NOT_EQUAL(log_text(), "");
		} else {
			gatio_system_destroy(system);
		}
	}
	CU_ASSERT_EQUAL(open_files(), file_count);
}

static const CU_TestInfo tests[] = {
        {"systems come and go", systems_come_and_go},
        {"two systems run side by side", two_systems_run_side_by_side},
        {"every actor ends once", every_actor_ends_once_at_the_stop},
        {"too many systems are refused in words", too_many_systems_are_refused_in_words},
        {"drivers share their memory", drivers_share_their_memory},
        {"counters of no driver are refused", counters_of_no_driver_are_refused},
        {"watchdog names a stuck actor", watchdog_names_a_stuck_actor},
        {"places hold on a synthetic machine", places_hold_on_a_synthetic_machine},
        {"stop needs no free descriptor", stop_needs_no_free_descriptor},
        {"system without descriptors says so", system_without_descriptors_says_so},
        CU_TEST_INFO_NULL,
};

const struct suite system_suite = {"system", tests};
