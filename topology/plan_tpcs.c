/* SPDX-License-Identifier: Apache-2.0 */
/* Plan, TPCs: which PUs form one, and in which order a TPC takes its PUs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "topology/plan_build.h"

/* ---- Which TPC --------------------------------------------------------------------------------------------------- */

static int refuse_count(struct gi_plan_build *build, uint32_t count)
{
	return gi_plan_refuse(build, gi_plan_tpcs_option(build),
	                      "that makes %u TPCs; there can be at most %u", count,
	                      GI_TPC_COUNT_MAX);
}

/* A key is a node or an L3 group: both ascend along the PUs, so a key that changes is a new TPC. */
static int group_by_key(struct gi_plan_build *build, bool by_l3)
{
	uint32_t before = GI_INDEX_NONE;
	uint32_t count = 0;
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		const struct gi_topology_pu *pu = &build->topology->pus[i];
		if (!gi_cpu_set_has(&build->cpus, pu->os_index)) {
			continue;
		}
		uint32_t key = by_l3 ? pu->l3_index : pu->node_index;
		count += key != before;
		before = key;
		build->tpc_of_pu[i] = count - 1;
	}
	build->tpc_count = count;
	return count > GI_TPC_COUNT_MAX ? refuse_count(build, count) : 0;
}

static void group_as_one(struct gi_plan_build *build)
{
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		if (gi_cpu_set_has(&build->cpus, build->topology->pus[i].os_index)) {
			build->tpc_of_pu[i] = 0;
		}
	}
	build->tpc_count = 1;
}

static int add_listed_tpc(struct gi_plan_build *build, const char *text, size_t length)
{
	struct gi_cpu_set cpus;
	struct gi_plan_list list =
	        gi_plan_list_in_use(build, gi_plan_tpcs_option(build), text, length);
	int err = gi_plan_read_list(build, &list, &cpus);
	if (err) {
		return err;
	}
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		uint32_t cpu = build->topology->pus[i].os_index;
		if (!gi_cpu_set_has(&cpus, cpu)) {
			continue;
		}
		if (build->tpc_of_pu[i] != GI_TPC_NONE) {
			return gi_plan_refuse(build, gi_plan_tpcs_option(build),
			                      "CPU %u is in two TPCs; name each CPU once", cpu);
		}
		build->tpc_of_pu[i] = build->tpc_count;
	}
	build->tpc_count++;
	return 0;
}

static int group_by_lists(struct gi_plan_build *build)
{
	build->has_tpc_lists = true;
	const char *list = build->options->tpcs;
	for (;;) { /* ends with the text or after GI_TPC_COUNT_MAX lists */
		size_t length = strcspn(list, ";");
		if (build->tpc_count == GI_TPC_COUNT_MAX) {
			return refuse_count(build, GI_TPC_COUNT_MAX + 1);
		}
		int err = add_listed_tpc(build, list, length);
		if (err || list[length] == '\0') {
			return err;
		}
		list += length + 1;
	}
}

static int group_pus(struct gi_plan_build *build)
{
	const char *tpcs = gi_plan_tpcs_option(build).value;
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		build->tpc_of_pu[i] = GI_TPC_NONE;
	}
	if (strcmp(tpcs, "node") == 0 || strcmp(tpcs, "l3") == 0) {
		return group_by_key(build, strcmp(tpcs, "l3") == 0);
	}
	if (strcmp(tpcs, "one") == 0) {
		group_as_one(build);
		return 0;
	}
	if (strpbrk(tpcs, "0123456789")) {
		return group_by_lists(build);
	}
	return gi_plan_refuse(build, gi_plan_tpcs_option(build),
	                      "use node, one, l3, or CPU lists such as 0-3;4-7");
}

/* ---- In which order ---------------------------------------------------------------------------------------------- */

static int compare_picks(const void *left, const void *right)
{
	const struct gi_pick *a = left;
	const struct gi_pick *b = right;
	if (a->tpc_index != b->tpc_index) {
		return a->tpc_index < b->tpc_index ? -1 : 1;
	}
	if (a->rank != b->rank) {
		return a->rank < b->rank ? -1 : 1;
	}
	if (a->ordinal != b->ordinal) {
		return a->ordinal < b->ordinal ? -1 : 1;
	}
	return a->pu_index < b->pu_index ? -1 : 1;
}

/* PUs come in the order of the tree; what belongs to a core or an L3 group starts anew where that changes. */
struct pick_walk {
	uint32_t l3_index;
	uint32_t core_index;
	uint32_t core_count[GI_TPC_COUNT_MAX]; /* of this L3 group, in each TPC */
	uint32_t pu_count[GI_TPC_COUNT_MAX];   /* of this core, in each TPC */
	uint32_t first[GI_TPC_COUNT_MAX];      /* of this core: where its first pick lies */
};

static void add_pick(struct gi_plan_build *build, struct pick_walk *walk, uint32_t pu_index)
{
	const struct gi_topology_pu *pu = &build->topology->pus[pu_index];
	uint32_t tpc = build->tpc_of_pu[pu_index];
	gi_assert(tpc < build->tpc_count);
	gi_assert(build->pick_count < GI_PU_COUNT_MAX);
	if (walk->l3_index != pu->l3_index) {
		memset(walk->core_count, 0, sizeof(walk->core_count));
	}
	if (walk->core_index != pu->core_index) {
		memset(walk->pu_count, 0, sizeof(walk->pu_count));
	}
	walk->l3_index = pu->l3_index;
	walk->core_index = pu->core_index;

	uint32_t rank = walk->pu_count[tpc]++;
	if (rank == 0) {
		walk->core_count[tpc]++;
		walk->first[tpc] = build->pick_count;
		build->groups[tpc].core_count++;
	}
	if (rank == 1) {
		gi_assert(walk->first[tpc] < build->pick_count);
		build->picks[walk->first[tpc]].sibling_pu_index = pu_index;
	}
	build->groups[tpc].pick_count++;
	build->picks[build->pick_count++] = (struct gi_pick){
	        .tpc_index = tpc,
	        .rank = rank,
	        .ordinal = walk->core_count[tpc] - 1,
	        .pu_index = pu_index,
	        .sibling_pu_index = GI_INDEX_NONE,
	};
}

static void order_picks(struct gi_plan_build *build)
{
	struct pick_walk walk = {.l3_index = GI_INDEX_NONE, .core_index = GI_INDEX_NONE};
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		if (build->tpc_of_pu[i] != GI_TPC_NONE) {
			add_pick(build, &walk, i);
		}
	}
	qsort(build->picks, build->pick_count, sizeof(build->picks[0]), compare_picks);
	uint32_t first = 0;
	for (uint32_t i = 0; i < build->tpc_count; i++) {
		build->groups[i].pick_first = first;
		first += build->groups[i].pick_count;
	}
	gi_assert(first == build->pick_count);
}

int gi_plan_group(struct gi_plan_build *build)
{
	int err = group_pus(build);
	if (!err) {
		order_picks(build);
	}
	return err;
}
