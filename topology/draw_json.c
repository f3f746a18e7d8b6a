/* SPDX-License-Identifier: Apache-2.0 */
/* Draw, JSON: {"machine": ..., "limits": ..., "plan": ...}, numbers in bytes and thousandths, null where none. */
#include <inttypes.h>

#include "topology/draw.h"

static const char *separator(uint32_t index)
{
	return index ? ", " : "";
}

static const char *truth(bool is_true)
{
	return is_true ? "true" : "false";
}

static void draw_limit(FILE *out, const char *name, uint64_t limit)
{
	if (limit == GI_LIMIT_NONE) {
		fprintf(out, "\"%s\": null", name);
	} else {
		fprintf(out, "\"%s\": %" PRIu64, name, limit);
	}
}

static void draw_core(FILE *out, const struct gi_topology *topology, uint32_t core_index)
{
	const struct gi_topology_core *core = &topology->cores[core_index];
	fprintf(out, "\n          {\"core\": %u, \"package\": %u, \"cpus\": [", core_index,
	        core->package_index);
	for (uint32_t i = 0; i < core->pu_count; i++) {
		const struct gi_topology_pu *pu = &topology->pus[core->pu_first + i];
		fprintf(out, "%s{\"cpu\": %u, \"usable\": %s}", separator(i), pu->os_index,
		        truth(pu->is_usable));
	}
	fprintf(out, "]}");
}

static void draw_l3(FILE *out, const struct gi_topology *topology, uint32_t l3_index)
{
	const struct gi_topology_l3 *l3 = &topology->l3s[l3_index];
	fprintf(out, "\n        {\"l3\": %u, \"cache_size\": %" PRIu64 ", \"cores\": [", l3_index,
	        l3->cache_size);
	for (uint32_t i = 0; i < l3->core_count; i++) {
		fprintf(out, "%s", separator(i));
		draw_core(out, topology, l3->core_first + i);
	}
	fprintf(out, "]}");
}

static void draw_node(FILE *out, const struct gi_topology *topology, uint32_t node_index)
{
	const struct gi_topology_node *node = &topology->nodes[node_index];
	fprintf(out,
	        "\n      {\"node\": %u, \"memory_size\": %" PRIu64 ", \"memory_allowed\": %s, ",
	        node->os_index, node->memory_size, truth(node->memory_allowed));
	if (node->memory_node_index == GI_INDEX_NONE) {
		fprintf(out, "\"memory_node\": null, \"l3s\": [");
	} else {
		fprintf(out, "\"memory_node\": %u, \"l3s\": [",
		        topology->nodes[node->memory_node_index].os_index);
	}
	for (uint32_t i = 0; i < node->l3_count; i++) {
		fprintf(out, "%s", separator(i));
		draw_l3(out, topology, node->l3_first + i);
	}
	fprintf(out, "]}");
}

static void draw_machine(FILE *out, const struct gi_topology *topology)
{
	fprintf(out,
	        "  \"machine\": {\n    \"this_machine\": %s,\n    \"assumed\": %s,\n    "
	        "\"packages\": %u,\n",
	        truth(topology->is_this_machine), truth(topology->assumed_because != NULL),
	        topology->package_count);
	fprintf(out, "    \"nodes\": [");
	for (uint32_t i = 0; i < topology->node_count; i++) {
		fprintf(out, "%s", separator(i));
		draw_node(out, topology, i);
	}
	fprintf(out, "]\n  },\n");
}

static void draw_limits(FILE *out, const struct gi_limits *limits)
{
	fprintf(out, "  \"limits\": {");
	draw_limit(out, "cpu_quota_milli",
	           limits->cpu_quota_milli ? limits->cpu_quota_milli : GI_LIMIT_NONE);
	fprintf(out, ", ");
	draw_limit(out, "memory_size", limits->memory_size);
	fprintf(out, ", ");
	draw_limit(out, "machine_size", limits->machine_size);
	fprintf(out, ", ");
	draw_limit(out, "memlock_size", limits->memlock_size);
	fprintf(out, ", ");
	draw_limit(out, "nofile_count", limits->nofile_count);
	fprintf(out, "},\n");
}

static void draw_driver(FILE *out, const struct gi_drawing *drawing, uint32_t driver_index)
{
	const struct gi_plan_driver *driver = &drawing->plan->drivers[driver_index];
	fprintf(out,
	        "\n        {\"driver\": %u, \"cpu\": %u, \"core\": %u, \"l3\": %u, \"node\": %u, "
	        "\"role\": \"%s\", \"shares_cpu\": %s}",
	        driver_index, driver->cpu, driver->core_index, driver->l3_index,
	        drawing->topology->nodes[driver->node_index].os_index, gi_role_name(driver->role),
	        truth(driver->shares_pu));
}

static void draw_tpc(FILE *out, const struct gi_drawing *drawing, uint32_t tpc_index)
{
	const struct gi_plan_tpc *tpc = &drawing->plan->tpcs[tpc_index];
	fprintf(out, "\n      {\"tpc\": %u, ", tpc_index);
	draw_limit(out, "memory_node",
	           tpc->memory_node < 0 ? GI_LIMIT_NONE : (uint64_t)tpc->memory_node);
	fprintf(out, ", ");
	draw_limit(out, "memory_limit", tpc->memory_limit ? tpc->memory_limit : GI_LIMIT_NONE);
	fprintf(out, ", \"drivers\": [");
	for (uint32_t i = 0; i < tpc->driver_count; i++) {
		fprintf(out, "%s", separator(i));
		draw_driver(out, drawing, tpc->driver_first + i);
	}
	fprintf(out, "]}");
}

int gi_draw_json(FILE *out, const struct gi_drawing *drawing)
{
	fprintf(out, "{\n");
	draw_machine(out, drawing->topology);
	draw_limits(out, drawing->limits);
	fprintf(out, "  \"plan\": {\n    \"spin_allowed\": %s,\n    \"pins\": %s,\n    \"tpcs\": [",
	        truth(drawing->plan->spin_allowed), truth(drawing->plan->pins));
	for (uint32_t i = 0; i < drawing->plan->tpc_count; i++) {
		fprintf(out, "%s", separator(i));
		draw_tpc(out, drawing, i);
	}
	fprintf(out, "]\n  }\n}\n");
	return gi_draw_finish(out);
}
