/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numa: actors look at the machine from inside: are they on the CPU that the plan names, and does their memory lie on
 * the node of their TPC? Runs anywhere; it says most in the machine of numa_vm.sh, where GATIO_VM is set and nothing may
 * be skipped.
 */
#include "tests/support/suite.h"
#include "topology/limits.h"
#include "topology/plan.h"
#include "topology/topology.h"

#include <errno.h>
#include <gatio/gatio.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_COUNT_MAX 64u
#define BLOCK_COUNT      16u
#define BLOCK_SIZE       (24u * 1024u) /* several pages, whatever the allocator does at a page's edge */

/* What the actor on one driver found. */
struct sight {
	bool is_seen;
	uint32_t tpc_index;
	int allowed_count; /* CPUs that its thread may use */
	int cpu;
	int state_node; /* of the page with the actor's own state, or a negative errno */
	int block_nodes[BLOCK_COUNT]; /* of the last page of each block, or a negative errno */
};

static struct {
	uint32_t driver_count;
	struct sight sights[DRIVER_COUNT_MAX]; /* each is written by its driver's actor only */
	bool is_mapping_read;
	bool is_mapping_right;
	char mapping[256]; /* the first wrong line of numa_maps */
} seen;

GATIO_MESSAGE(sight_seen, { uint32_t driver_index; });

struct collector {
	uint32_t seen_count;
};

struct looker {
	struct gatio_address collector;
};

/* The node of the page at an address, or a negative errno. The page must have been touched. */
static int node_of(void *memory)
{
	int node = -1;
	void *page = memory;
	if (move_pages(0, 1, &page, NULL, &node, 0) != 0) {
		return -errno;
	}
	return node;
}

static void look_at_thread(struct sight *sight)
{
	cpu_set_t allowed;
	CPU_ZERO(&allowed);
	sight->allowed_count =
	        sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : -1;
	sight->cpu = sched_getcpu();
}

static void on_looker_started(struct looker *self)
{
	struct sight *sight = &seen.sights[gatio_driver_index()];
	look_at_thread(sight);
	sight->tpc_index = gatio_tpc_index();
	sight->state_node = node_of(self);
	for (uint32_t i = 0; i < BLOCK_COUNT; i++) {
		unsigned char *block = gatio_alloc(BLOCK_SIZE);
		if (!block) {
			sight->block_nodes[i] = -ENOMEM;
			continue;
		}
		memset(block, 1, BLOCK_SIZE);
		sight->block_nodes[i] = node_of(block + BLOCK_SIZE - 1);
	}
	sight->is_seen = true;
	gatio_send(self->collector, sight_seen, .driver_index = gatio_driver_index());
}

GATIO_BEHAVIOR(looker, started(on_looker_started));

/* "N1=5" in a line of numa_maps names a node that holds pages of the mapping. */
static bool line_has_pages_elsewhere(const char *line, long wanted_node)
{
	for (const char *at = strstr(line, " N"); at; at = strstr(at + 1, " N")) {
		char *end;
		long node = strtol(at + 2, &end, 10);
		if (end != at + 2 && *end == '=' && node != wanted_node) {
			return true;
		}
	}
	return false;
}

/* The number in the policy of a line of numa_maps, or NULL when it names no node. */
static const char *node_in_policy(const char *line)
{
	static const char *const policies[] = {" bind:", " prefer:"};
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const char *at = strstr(line, policies[i]);
		if (at) {
			return at + strlen(policies[i]);
		}
	}
	return NULL;
}

/* Every mapping that is bound to a node has all its pages there: arenas, and so rings, heaps and tables. */
static void look_at_mappings(void)
{
	FILE *file = fopen("/proc/self/numa_maps", "r");
	if (!file) {
		return;
	}
	seen.is_mapping_right = true;
	char line[1024];
	while (fgets(line, sizeof(line), file)) {
		const char *node = node_in_policy(line);
		if (!node) {
			continue;
		}
		seen.is_mapping_read = true;
		if (seen.is_mapping_right &&
		    line_has_pages_elsewhere(line, strtol(node, NULL, 10))) {
			seen.is_mapping_right = false;
			snprintf(seen.mapping, sizeof(seen.mapping), "%.200s", line);
		}
	}
	fclose(file);
}

static void on_sight_seen(struct collector *self, const struct sight_seen *sight)
{
	(void)sight;
	self->seen_count++;
	if (self->seen_count == seen.driver_count) {
		look_at_mappings();
		gatio_system_stop(gatio_current_system(), 0);
	}
}

static void on_collector_started(struct collector *self)
{
	(void)self;
	for (uint32_t i = 0; i < gatio_driver_count(); i++) {
		gatio_spawn_at(GATIO_ON_DRIVER(i), looker, .collector = gatio_self());
	}
}

GATIO_BEHAVIOR(collector, started(on_collector_started), on(sight_seen, on_sight_seen));

static struct gi_plan plan;

static int make_plan(void)
{
	struct gi_topology *topology;
	int err = gi_topology_load(&topology, NULL);
	if (err < 0) {
		return err;
	}
	struct gi_limits limits;
	gi_limits_load(&limits, NULL);
	struct gi_plan_refusal refusal;
	err = gi_plan_make(&plan, topology, &limits, &(struct gi_plan_options){0}, &refusal);
	gi_topology_destroy(topology);
	return err;
}

/* Spawn a looker on each driver and let it report; the other tests read what was seen. */
static void every_driver_is_looked_at(void)
{
	CU_ASSERT_EQUAL_FATAL(make_plan(), 0);
	CU_ASSERT_FATAL(plan.driver_count <= DRIVER_COUNT_MAX);
	struct gatio_system *system;
	struct gatio_options options = {.log = gatio_log_stderr};
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	seen.driver_count = gatio_system_driver_count(system);
	CU_ASSERT_EQUAL(seen.driver_count, plan.driver_count);
	struct gatio_address collector =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(0), collector, .seen_count = 0);
	CU_ASSERT_EQUAL(gatio_address_error(collector), 0);
	CU_ASSERT_EQUAL(gatio_system_run(system), 0);
	for (uint32_t i = 0; i < seen.driver_count; i++) {
		CU_ASSERT(seen.sights[i].is_seen);
	}
}

static void driver_runs_on_planned_cpu_only(void)
{
	for (uint32_t i = 0; i < seen.driver_count; i++) {
		CU_ASSERT_EQUAL(seen.sights[i].cpu, (int)plan.drivers[i].cpu);
		CU_ASSERT_EQUAL(seen.sights[i].allowed_count, 1);
		CU_ASSERT_EQUAL(seen.sights[i].tpc_index, plan.drivers[i].tpc_index);
	}
}

static bool may_ask_for_pages(void)
{
	if (seen.sights[0].state_node == -EPERM || seen.sights[0].state_node == -ENOSYS) {
		CU_ASSERT(getenv("GATIO_VM") == NULL);
		suite_skip("move_pages is forbidden or missing");
		return false;
	}
	return true;
}

static void actor_memory_lies_on_its_node(void)
{
	if (!may_ask_for_pages()) {
		return;
	}
	for (uint32_t i = 0; i < seen.driver_count; i++) {
		const struct sight *sight = &seen.sights[i];
		int node = plan.tpcs[sight->tpc_index].memory_node;
		if (node < 0) {
			node = 0; /* no binding: a machine of one node */
		}
		CU_ASSERT_EQUAL(sight->state_node, node);
		for (uint32_t block = 0; block < BLOCK_COUNT; block++) {
			CU_ASSERT_EQUAL(sight->block_nodes[block], node);
		}
	}
}

static void bound_mappings_have_no_pages_elsewhere(void)
{
	if (!seen.is_mapping_read) {
		CU_ASSERT(getenv("GATIO_VM") == NULL);
		suite_skip("no mapping is bound to a node here");
		return;
	}
	if (!seen.is_mapping_right) {
		printf("%s\n", seen.mapping);
	}
	CU_ASSERT(seen.is_mapping_right);
}

static const CU_TestInfo tests[] = {
        {"every driver is looked at", every_driver_is_looked_at},
        {"driver runs on planned CPU only", driver_runs_on_planned_cpu_only},
        {"actor memory lies on its node", actor_memory_lies_on_its_node},
        {"bound mappings have no pages elsewhere", bound_mappings_have_no_pages_elsewhere},
        CU_TEST_INFO_NULL,
};

static const struct suite numa_suite = {"numa", tests};

const struct suite *const suites[] = {&numa_suite, NULL};
