/* SPDX-License-Identifier: Apache-2.0 */
/* Topology: hwloc's tree, flattened into arrays. hwloc's types end in this file. */
#include "topology/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <hwloc.h>

#include "base/assert.h"
#include "base/container.h"
#include "topology/arrays.h"
#include "topology/assumed.h"
#include "topology/placement.h"

/* One PU on its way from hwloc's tree to the arrays: where it belongs, by numbers that sort into the tree's order. */
struct pu_place {
	uint32_t node_index;
	uint32_t package;
	uint32_t l3; /* GI_INDEX_NONE: the machine tells of no L3 */
	uint32_t core;
	uint32_t os_index;
	uint64_t l3_size;
	bool is_usable;
};

static int compare_numbers(uint32_t left, uint32_t right)
{
	return (left > right) - (left < right);
}

static int compare_places(const void *left, const void *right)
{
	const struct pu_place *a = left;
	const struct pu_place *b = right;
	int order = compare_numbers(a->node_index, b->node_index);
	order = order ? order : compare_numbers(a->package, b->package);
	order = order ? order : compare_numbers(a->l3, b->l3);
	order = order ? order : compare_numbers(a->core, b->core);
	return order ? order : compare_numbers(a->os_index, b->os_index);
}

static int compare_nodes(const void *left, const void *right)
{
	const hwloc_obj_t *a = left;
	const hwloc_obj_t *b = right;
	return compare_numbers((*a)->os_index, (*b)->os_index);
}

/* ---- What hwloc says --------------------------------------------------------------------------------------------- */

static int load_source(hwloc_topology_t machine, const struct gi_topology_source *source)
{
	if (source && source->synthetic) {
		return hwloc_topology_set_synthetic(machine, source->synthetic) ? -EINVAL : 0;
	}
	if (source && source->xml_path) {
		if (access(source->xml_path, R_OK)) {
			return -errno;
		}
		return hwloc_topology_set_xml(machine, source->xml_path) ? -EINVAL : 0;
	}
	/* hwloc reads it as well, but passes over one that makes no sense. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): hwloc itself reads the environment here */
	const char *synthetic = getenv("HWLOC_SYNTHETIC");
	if (synthetic && synthetic[0]) {
		return hwloc_topology_set_synthetic(machine, synthetic) ? -EINVAL : 0;
	}
	return 0;
}

static int load_machine(hwloc_topology_t *out_machine, const struct gi_topology_source *source)
{
	hwloc_topology_t machine;
	if (hwloc_topology_init(&machine)) {
		return -ENOMEM;
	}
	/* PUs of other processes' cpusets are part of the picture; which are ours is asked below. */
	hwloc_topology_set_flags(machine, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
	int err = load_source(machine, source);
	if (!err && hwloc_topology_load(machine)) {
		err = errno == ENOMEM ? -ENOMEM : -EINVAL;
	}
	if (err) {
		hwloc_topology_destroy(machine);
		return err;
	}
	*out_machine = machine;
	return 0;
}

/*
 * The node of a PU is the smallest one around it: memory attached to a whole package comes second to memory attached
 * to a part of it. Of equals it is the lowest number: the kernel numbers nodes of CPUs before those of memory alone.
 */
static uint32_t find_node(hwloc_obj_t pu, const hwloc_obj_t *nodes, uint32_t node_count)
{
	uint32_t best = GI_INDEX_NONE;
	int best_weight = 0;
	for (uint32_t i = 0; i < node_count; i++) {
		if (!hwloc_bitmap_isset(nodes[i]->cpuset, pu->os_index)) {
			continue;
		}
		int weight = hwloc_bitmap_weight(nodes[i]->cpuset);
		if (best == GI_INDEX_NONE || weight < best_weight) {
			best = i;
			best_weight = weight;
		}
	}
	return best == GI_INDEX_NONE ? 0 : best;
}

static bool is_pu_usable(hwloc_topology_t machine, uint32_t os_index,
                         const struct gi_cpu_set *affinity)
{
	if (!hwloc_bitmap_isset(hwloc_topology_get_allowed_cpuset(machine), os_index)) {
		return false;
	}
	return !affinity || gi_cpu_set_has(affinity, os_index);
}

static struct pu_place place_pu(hwloc_topology_t machine, hwloc_obj_t pu)
{
	hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_PACKAGE, pu);
	hwloc_obj_t l3 = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_L3CACHE, pu);
	hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, pu);
	return (struct pu_place){
	        .package = package ? package->logical_index : 0,
	        .l3 = l3 ? l3->logical_index : GI_INDEX_NONE,
	        .l3_size = l3 ? l3->attr->cache.size : 0,
	        .core = core ? core->logical_index : pu->logical_index,
	        .os_index = pu->os_index,
	};
}

static int place_pus(hwloc_topology_t machine, const hwloc_obj_t *nodes,
                     struct gi_topology *topology, struct pu_place *places)
{
	struct gi_cpu_set affinity;
	if (topology->is_this_machine) {
		int err = gi_thread_cpus(&affinity);
		if (err) {
			return err;
		}
	}
	for (uint32_t i = 0; i < topology->pu_count; i++) {
		hwloc_obj_t pu = hwloc_get_obj_by_type(machine, HWLOC_OBJ_PU, i);
		if (pu->os_index >= GI_CPU_COUNT_MAX) {
			return -E2BIG;
		}
		places[i] = place_pu(machine, pu);
		places[i].node_index = find_node(pu, nodes, topology->node_count);
		places[i].is_usable = is_pu_usable(machine, pu->os_index,
		                                   topology->is_this_machine ? &affinity : NULL);
	}
	qsort(places, topology->pu_count, sizeof(*places), compare_places);
	return 0;
}

/* ---- The arrays -------------------------------------------------------------------------------------------------- */

/* A new L3 group, core or package begins where the sorted places change. */
static void add_place(struct gi_topology *topology, const struct pu_place *place,
                      const struct pu_place *before)
{
	bool is_new_node = !before || before->node_index != place->node_index;
	bool is_new_l3 =
	        is_new_node || before->l3 != place->l3 || before->package != place->package;
	bool is_new_core = is_new_l3 || before->core != place->core;
	struct gi_topology_node *node = &topology->nodes[place->node_index];

	if (is_new_l3) {
		if (node->l3_count++ == 0) {
			node->l3_first = topology->l3_count;
		}
		topology->l3s[topology->l3_count++] = (struct gi_topology_l3){
		        .node_index = place->node_index,
		        .core_first = topology->core_count,
		        .cache_size = place->l3_size,
		};
	}
	uint32_t l3_index = topology->l3_count - 1;
	if (is_new_core) {
		topology->l3s[l3_index].core_count++;
		topology->cores[topology->core_count++] = (struct gi_topology_core){
		        .package_index = place->package,
		        .node_index = place->node_index,
		        .l3_index = l3_index,
		        .pu_first = topology->pu_count,
		};
	}
	uint32_t core_index = topology->core_count - 1;
	topology->cores[core_index].pu_count++;
	topology->pus[topology->pu_count++] = (struct gi_topology_pu){
	        .os_index = place->os_index,
	        .core_index = core_index,
	        .l3_index = l3_index,
	        .node_index = place->node_index,
	        .is_usable = place->is_usable,
	};
	node->has_cpus = true;
}

static void add_places(struct gi_topology *topology, const struct pu_place *places)
{
	uint32_t place_count = topology->pu_count;
	topology->pu_count = 0;
	for (uint32_t i = 0; i < place_count; i++) {
		add_place(topology, &places[i], i ? &places[i - 1] : NULL);
	}
}

/* ---- Nearest memory ---------------------------------------------------------------------------------------------- */

/* Without measured distances: the size of the smallest part of the machine around both nodes. */
static uint64_t span_of(hwloc_topology_t machine, hwloc_obj_t a, hwloc_obj_t b)
{
	uint64_t span = UINT64_MAX;
	hwloc_bitmap_t both = hwloc_bitmap_alloc();
	if (both && hwloc_bitmap_or(both, a->parent->cpuset, b->parent->cpuset) == 0) {
		hwloc_obj_t around = hwloc_get_obj_covering_cpuset(machine, both);
		span = around ? (uint64_t)hwloc_bitmap_weight(around->cpuset) : span;
	}
	hwloc_bitmap_free(both);
	return span;
}

static uint64_t distance_of(struct hwloc_distances_s *distances, hwloc_obj_t from, hwloc_obj_t to)
{
	int from_index = hwloc_distances_obj_index(distances, from);
	int to_index = hwloc_distances_obj_index(distances, to);
	if (from_index < 0 || to_index < 0) {
		return UINT64_MAX;
	}
	return distances->values[(unsigned)from_index * distances->nbobjs + (unsigned)to_index];
}

static bool has_memory(const struct gi_topology_node *node)
{
	return node->memory_size > 0 && node->memory_allowed;
}

static void find_nearest_memory(hwloc_topology_t machine, const hwloc_obj_t *nodes,
                                struct hwloc_distances_s *distances, struct gi_topology *topology)
{
	for (uint32_t i = 0; i < topology->node_count; i++) {
		struct gi_topology_node *node = &topology->nodes[i];
		uint64_t best = UINT64_MAX;
		node->memory_node_index = has_memory(node) ? i : GI_INDEX_NONE;
		for (uint32_t j = 0; j < topology->node_count && !has_memory(node); j++) {
			if (!has_memory(&topology->nodes[j])) {
				continue;
			}
			uint64_t distance = distances ? distance_of(distances, nodes[i], nodes[j])
			                              : span_of(machine, nodes[i], nodes[j]);
			if (node->memory_node_index == GI_INDEX_NONE || distance < best) {
				node->memory_node_index = j;
				best = distance;
			}
		}
	}
}

static void add_memory(hwloc_topology_t machine, const hwloc_obj_t *nodes,
                       struct gi_topology *topology)
{
	hwloc_const_nodeset_t allowed = hwloc_topology_get_allowed_nodeset(machine);
	for (uint32_t i = 0; i < topology->node_count; i++) {
		topology->nodes[i].os_index = nodes[i]->os_index;
		topology->nodes[i].memory_size = nodes[i]->attr->numanode.local_memory;
		topology->nodes[i].memory_allowed = hwloc_bitmap_isset(allowed, nodes[i]->os_index);
	}
	struct hwloc_distances_s *distances = NULL;
	unsigned distances_count = 1;
	if (hwloc_distances_get_by_type(machine, HWLOC_OBJ_NUMANODE, &distances_count, &distances,
	                                HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) ||
	    distances_count == 0) {
		distances = NULL;
	}
	find_nearest_memory(machine, nodes, distances, topology);
	if (distances) {
		hwloc_distances_release(machine, distances);
	}
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static int create_arrays(hwloc_topology_t machine, struct gi_topology **out_topology)
{
	int pu_count = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PU);
	int node_count = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_NUMANODE);
	if (pu_count <= 0 || node_count <= 0) {
		return -EINVAL;
	}
	return gi_topology_alloc(out_topology, (uint32_t)pu_count, (uint32_t)node_count);
}

static int fill(hwloc_topology_t machine, struct gi_topology *topology)
{
	int err = -ENOMEM;
	hwloc_obj_t *nodes = calloc(topology->node_count, sizeof(hwloc_obj_t));
	struct pu_place *places = calloc(topology->pu_count, sizeof(*places));
	if (nodes && places) {
		for (uint32_t i = 0; i < topology->node_count; i++) {
			nodes[i] = hwloc_get_obj_by_type(machine, HWLOC_OBJ_NUMANODE, i);
		}
		qsort(nodes, topology->node_count, sizeof(hwloc_obj_t), compare_nodes);
		err = place_pus(machine, nodes, topology, places);
	}
	if (!err) {
		add_places(topology, places);
		add_memory(machine, nodes, topology);
	}
	free(places);
	free(nodes);
	return err;
}

static int load_by_hwloc(struct gi_topology **out_topology, const struct gi_topology_source *source)
{
	hwloc_topology_t machine = NULL;
	int err = load_machine(&machine, source);
	if (err) {
		return err;
	}
	struct gi_topology *topology;
	err = create_arrays(machine, &topology);
	if (!err) {
		int packages = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PACKAGE);
		topology->package_count = packages > 0 ? (uint32_t)packages : 1;
		topology->is_this_machine = hwloc_topology_is_thissystem(machine) == 1;
		err = fill(machine, topology);
		if (err) {
			gi_topology_destroy(topology);
		}
	}
	hwloc_topology_destroy(machine);
	if (!err) {
		*out_topology = topology;
	}
	return err;
}

/* By the source, or in the environment, where hwloc looks as well. */
static bool is_described(const struct gi_topology_source *source)
{
	static const char *const names[] = {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_FSROOT",
	                                    "HWLOC_COMPONENTS"};
	if (source && (source->synthetic || source->xml_path)) {
		return true;
	}
	for (size_t i = 0; i < GI_COUNT_OF(names); i++) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): hwloc itself reads the environment here */
		const char *value = getenv(names[i]);
		if (value && value[0]) {
			return true;
		}
	}
	return false;
}

int gi_topology_load(struct gi_topology **out_topology, const struct gi_topology_source *source)
{
	gi_assert(out_topology);
	if (source && source->synthetic) {
		gi_assert(!source->xml_path);
	}
	const char *hidden = is_described(source) ? NULL : gi_topology_hidden(NULL);
	return hidden ? gi_topology_assume(out_topology, hidden)
	              : load_by_hwloc(out_topology, source);
}
