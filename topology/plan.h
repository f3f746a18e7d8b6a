/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plan: which TPCs and drivers exist, on which PU, in which role. A plain value and a pure function of topology,
 * limits and options.
 */
#ifndef GI_TOPOLOGY_PLAN_H
#define GI_TOPOLOGY_PLAN_H

#include "topology/limits.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GI_DRIVER_COUNT_MAX 1023u /* one index is left for outside */
#define GI_TPC_COUNT_MAX    64u

enum gi_role {
	GI_ROLE_BOTH = 0,
	GI_ROLE_IO,
	GI_ROLE_TASKS,
};

struct gi_plan_options {
	uint32_t driver_count; /* 0: as many as cores within the quota */
	const char *cpus;      /* as gatio_options; NULL: default */
	const char *tpcs;
	const char *roles;
	uint64_t memory_limit; /* bytes for each TPC; 0: default */
	bool no_pin;           /* drivers run where the kernel puts them */
};

struct gi_plan_driver {
	uint32_t tpc_index;
	uint32_t cpu;        /* the PU, as the kernel numbers it */
	uint32_t core_index; /* in the topology's arrays */
	uint32_t l3_index;
	uint32_t node_index;
	enum gi_role role;
	bool shares_pu; /* with another driver: the plan is oversubscribed */
};

struct gi_plan_tpc {
	int memory_node; /* as the kernel numbers it; -1: no binding */
	uint32_t driver_first;
	uint32_t driver_count;
	uint64_t memory_limit;
};

struct gi_plan {
	uint32_t tpc_count;
	uint32_t driver_count;
	bool spin_allowed; /* no: the quota is small, or drivers share PUs */
	bool pins;         /* each driver to its PU, but for those that share one */
	struct gi_plan_tpc tpcs[GI_TPC_COUNT_MAX];
	struct gi_plan_driver drivers[GI_DRIVER_COUNT_MAX];
};

/* Why a plan was refused: one sentence with the option, its value and what is possible. */
struct gi_plan_refusal {
	char text[512];
};

/* Error: -EINVAL, -ENOMEM; the refusal says why. out_plan is untouched then. */
int gi_plan_make(struct gi_plan *out_plan, const struct gi_topology *topology,
                 const struct gi_limits *limits, const struct gi_plan_options *options,
                 struct gi_plan_refusal *refusal);

#endif
