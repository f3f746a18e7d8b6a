/* SPDX-License-Identifier: Apache-2.0 */
/* Plan: which PUs are in use, then TPCs (plan_tpcs.c), then drivers (plan_roles.c), then memory. */
#include "topology/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "topology/plan_build.h"

/* Spinning on less than this takes the time from the work itself. */
#define SPIN_QUOTA_MILLI_MIN 1500u

/* ---- PUs in use -------------------------------------------------------------------------------------------------- */

static int use_cpus(struct gi_plan_build *build)
{
	struct gi_cpu_set usable = {.words = {0}};
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		if (build->topology->pus[i].is_usable) {
			gi_cpu_set_add(&usable, build->topology->pus[i].os_index);
		}
	}
	const char *cpus = build->options->cpus;
	if (!cpus) {
		build->cpus = usable;
		if (gi_cpu_set_count(&usable) == 0) {
			return gi_plan_refuse(build, (struct gi_plan_option){"cpus", "default"},
			                      "this process may use no CPU of this machine");
		}
		return 0;
	}
	struct gi_plan_list list = {
	        .option = {"cpus", cpus},
	        .text = cpus,
	        .length = strlen(cpus),
	        .possible = &usable,
	        .whose = "this process may use",
	};
	return gi_plan_read_list(build, &list, &build->cpus);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* TPCs that use a node share its memory evenly. */
struct memory_shares {
	uint32_t tpc_count[GI_NODE_COUNT_MAX]; /* TPCs with drivers near that node's memory */
	uint32_t seen_by[GI_NODE_COUNT_MAX];   /* a TPC's mark: it has met that node */
};

/* The memory of a driver, once a TPC: GI_INDEX_NONE if there is none or the TPC has met it. A mark is never 0. */
static uint32_t meet_node(const struct gi_plan_build *build, struct memory_shares *shares,
                          const struct gi_plan_driver *driver, uint32_t mark)
{
	uint32_t node = build->topology->nodes[driver->node_index].memory_node_index;
	if (node == GI_INDEX_NONE || shares->seen_by[node] == mark) {
		return GI_INDEX_NONE;
	}
	shares->seen_by[node] = mark;
	return node;
}

static void count_shares(const struct gi_plan_build *build, struct memory_shares *shares)
{
	for (uint32_t i = 0; i < build->plan.driver_count; i++) {
		const struct gi_plan_driver *driver = &build->plan.drivers[i];
		uint32_t node = meet_node(build, shares, driver, driver->tpc_index + 1);
		if (node != GI_INDEX_NONE) {
			shares->tpc_count[node]++;
		}
	}
}

/* Four fifths: the rest is for the kernel, its buffers and the program itself. */
static uint64_t most_of(uint64_t size)
{
	return size / 5 * 4;
}

static void plan_tpc_memory(struct gi_plan_build *build, uint32_t tpc_index,
                            struct memory_shares *shares)
{
	struct gi_plan_tpc *tpc = &build->plan.tpcs[tpc_index];
	uint64_t share = 0;
	uint32_t node_count = 0;
	tpc->memory_node = -1;
	for (uint32_t i = 0; i < tpc->driver_count; i++) {
		const struct gi_plan_driver *driver = &build->plan.drivers[tpc->driver_first + i];
		uint32_t node = meet_node(build, shares, driver, GI_TPC_COUNT_MAX + tpc_index + 1);
		if (node != GI_INDEX_NONE) {
			gi_assert(shares->tpc_count[node] > 0); /* this TPC at the least */
			node_count++;
			tpc->memory_node = (int)build->topology->nodes[node].os_index;
			share += build->topology->nodes[node].memory_size / shares->tpc_count[node];
		}
	}
	if (node_count > 1) {
		tpc->memory_node = -1;
	}
	/* No node shows its memory: then it is a share of what the machine has. "None" would end in the kernel's killer. */
	if (share == 0 && build->limits->machine_size != GI_LIMIT_NONE) {
		share = build->limits->machine_size / build->plan.tpc_count;
	}
	uint64_t limit = most_of(share);
	if (build->limits->memory_size != GI_LIMIT_NONE) {
		uint64_t group_share = most_of(build->limits->memory_size) / build->plan.tpc_count;
		limit = limit == 0 || group_share < limit ? group_share : limit;
	}
	tpc->memory_limit = build->options->memory_limit ? build->options->memory_limit : limit;
}

static void plan_memory(struct gi_plan_build *build)
{
	struct memory_shares shares = {.tpc_count = {0}};
	count_shares(build, &shares);
	for (uint32_t i = 0; i < build->plan.tpc_count; i++) {
		plan_tpc_memory(build, i, &shares);
	}
}

/* ---- Drivers ----------------------------------------------------------------------------------------------------- */

static int compare_choices(const void *left, const void *right)
{
	const struct gi_choice *a = left;
	const struct gi_choice *b = right;
	if (a->tpc_index != b->tpc_index) {
		return a->tpc_index < b->tpc_index ? -1 : 1;
	}
	if (a->pu_index != b->pu_index) {
		return a->pu_index < b->pu_index ? -1 : 1;
	}
	return a->order < b->order ? -1 : 1;
}

/* TPCs that got no driver do not exist; the others close up. */
static void plan_drivers(struct gi_plan_build *build)
{
	struct gi_plan *plan = &build->plan;
	qsort(build->choices, build->choice_count, sizeof(build->choices[0]), compare_choices);
	for (uint32_t i = 0; i < build->choice_count; i++) {
		const struct gi_choice *choice = &build->choices[i];
		const struct gi_topology_pu *pu = &build->topology->pus[choice->pu_index];
		bool shares_before = i > 0 && build->choices[i - 1].pu_index == choice->pu_index;
		if (i == 0 || build->choices[i - 1].tpc_index != choice->tpc_index) {
			plan->tpcs[plan->tpc_count++].driver_first = i;
		}
		gi_assert(plan->tpc_count > 0);
		gi_assert(plan->tpc_count <= GI_TPC_COUNT_MAX);
		plan->tpcs[plan->tpc_count - 1].driver_count++;
		plan->drivers[i] = (struct gi_plan_driver){
		        .tpc_index = plan->tpc_count - 1,
		        .cpu = pu->os_index,
		        .core_index = pu->core_index,
		        .l3_index = pu->l3_index,
		        .node_index = pu->node_index,
		        .role = choice->role,
		        .shares_pu = shares_before,
		};
		if (shares_before) {
			plan->drivers[i - 1].shares_pu = true;
		}
	}
	plan->driver_count = build->choice_count;
}

static bool is_spin_allowed(const struct gi_plan_build *build)
{
	for (uint32_t i = 0; i < build->plan.driver_count; i++) {
		if (build->plan.drivers[i].shares_pu) {
			return false;
		}
	}
	uint32_t quota = build->limits->cpu_quota_milli;
	return quota == 0 ||
	       (quota >= SPIN_QUOTA_MILLI_MIN && quota / 1000 >= build->plan.driver_count);
}

static int make(struct gi_plan_build *build)
{
	int err = use_cpus(build);
	if (!err) {
		err = gi_plan_group(build);
	}
	if (!err) {
		err = gi_plan_choose(build);
	}
	if (err) {
		return err;
	}
	plan_drivers(build);
	plan_memory(build);
	build->plan.spin_allowed = is_spin_allowed(build);
	build->plan.pins = !build->options->no_pin;
	return 0;
}

int gi_plan_make(struct gi_plan *out_plan, const struct gi_topology *topology,
                 const struct gi_limits *limits, const struct gi_plan_options *options,
                 struct gi_plan_refusal *refusal)
{
	gi_assert(out_plan);
	gi_assert(topology);
	gi_assert(limits);
	gi_assert(options);
	gi_assert(refusal);
	struct gi_plan_build *build = calloc(1, sizeof(*build));
	if (!build) {
		snprintf(refusal->text, sizeof(refusal->text), "no memory to make the plan");
		return -ENOMEM;
	}
	build->topology = topology;
	build->limits = limits;
	build->options = options;
	build->refusal = refusal;
	int err = make(build);
	if (!err) {
		*out_plan = build->plan;
	}
	free(build);
	return err;
}
