/* SPDX-License-Identifier: Apache-2.0 */
/* Draw, text: the tree with its drivers, the plan as a table, and what is worth knowing about it. */
#include "topology/cpu_list.h"
#include "topology/draw.h"

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- The tree ---------------------------------------------------------------------------------------------------- */

static void draw_head(FILE *out, const struct gi_drawing *drawing)
{
	const struct gi_topology *topology = drawing->topology;
	fprintf(out, "%s: %u package%s, %u node%s, %u L3 group%s, %u core%s, %u CPU%s\n",
	        topology->is_this_machine ? "this machine" : "described machine",
	        topology->package_count, plural(topology->package_count), topology->node_count,
	        plural(topology->node_count), topology->l3_count, plural(topology->l3_count),
	        topology->core_count, plural(topology->core_count), topology->pu_count,
	        plural(topology->pu_count));
	if (drawing->limits->cpu_quota_milli) {
		fprintf(out, "  control group: %u.%03u CPUs\n",
		        drawing->limits->cpu_quota_milli / 1000,
		        drawing->limits->cpu_quota_milli % 1000);
	}
	if (drawing->limits->memory_size != GI_LIMIT_NONE) {
		fprintf(out, "  control group: %s of memory\n",
		        gi_draw_size(drawing->limits->memory_size).text);
	}
}

static void draw_pu(FILE *out, const struct gi_drawing *drawing, uint32_t pu_index)
{
	const struct gi_topology_pu *pu = &drawing->topology->pus[pu_index];
	const struct gi_topology_core *core = &drawing->topology->cores[pu->core_index];
	uint32_t count;
	uint32_t first = gi_draw_drivers_of(drawing, pu_index, &count);
	if (pu_index == core->pu_first) {
		fprintf(out, "      core %-9u CPU %-5u", pu->core_index, pu->os_index);
	} else {
		fprintf(out, "                     CPU %-5u", pu->os_index);
	}
	if (first == GI_INDEX_NONE) {
		fprintf(out, "%s\n", pu->is_usable ? "-" : "not available to this process");
		return;
	}
	fprintf(out, "TPC %-3u", drawing->plan->drivers[first].tpc_index);
	for (uint32_t i = first; i < first + count; i++) {
		fprintf(out, "%s driver %u %s", i > first ? "," : "", i,
		        gi_role_name(drawing->plan->drivers[i].role));
	}
	fputc('\n', out);
}

static bool core_has_driver(const struct gi_drawing *drawing, uint32_t core_index)
{
	for (uint32_t i = 0; i < drawing->plan->driver_count; i++) {
		if (drawing->plan->drivers[i].core_index == core_index) {
			return true;
		}
	}
	return false;
}

static bool core_is_usable(const struct gi_topology *topology, uint32_t core_index)
{
	const struct gi_topology_core *core = &topology->cores[core_index];
	for (uint32_t i = core->pu_first; i < core->pu_first + core->pu_count; i++) {
		if (topology->pus[i].is_usable) {
			return true;
		}
	}
	return false;
}

static void add_core_cpus(const struct gi_topology *topology, uint32_t core_index,
                          struct gi_cpu_set *cpus)
{
	const struct gi_topology_core *core = &topology->cores[core_index];
	for (uint32_t i = core->pu_first; i < core->pu_first + core->pu_count; i++) {
		gi_cpu_set_add(cpus, topology->pus[i].os_index);
	}
}

/* Cores in a row that got no driver share a line. Returns the first core after them. */
static uint32_t draw_idle_cores(FILE *out, const struct gi_drawing *drawing, uint32_t first,
                                uint32_t end)
{
	struct gi_cpu_set cpus = {.words = {0}};
	bool is_usable = core_is_usable(drawing->topology, first);
	uint32_t core = first;
	while (core < end && !core_has_driver(drawing, core) &&
	       core_is_usable(drawing->topology, core) == is_usable) {
		add_core_cpus(drawing->topology, core++, &cpus);
	}
	char cores[32];
	char list[128];
	snprintf(cores, sizeof(cores), core - first > 1 ? "cores %u-%u" : "core %u", first,
	         core - 1);
	fprintf(out, "      %-14s CPU %s: %s\n", cores,
	        gi_cpu_list_format(&cpus, list, sizeof(list)),
	        is_usable ? "no driver" : "not available to this process");
	return core;
}

static void draw_l3(FILE *out, const struct gi_drawing *drawing, uint32_t l3_index)
{
	const struct gi_topology_l3 *l3 = &drawing->topology->l3s[l3_index];
	fprintf(out, "    L3 group %u%s%s\n", l3_index, l3->cache_size ? ", " : "",
	        l3->cache_size ? gi_draw_size(l3->cache_size).text : "");
	uint32_t end = l3->core_first + l3->core_count;
	for (uint32_t i = l3->core_first; i < end;) {
		if (!core_has_driver(drawing, i)) {
			i = draw_idle_cores(out, drawing, i, end);
			continue;
		}
		const struct gi_topology_core *core = &drawing->topology->cores[i++];
		for (uint32_t j = core->pu_first; j < core->pu_first + core->pu_count; j++) {
			draw_pu(out, drawing, j);
		}
	}
}

static void draw_node(FILE *out, const struct gi_drawing *drawing, uint32_t node_index)
{
	const struct gi_topology_node *node = &drawing->topology->nodes[node_index];
	fprintf(out, "  node %u, ", node->os_index);
	if (node->memory_size == 0) {
		fprintf(out, "no memory");
	} else {
		fprintf(out, "%s%s", gi_draw_size(node->memory_size).text,
		        node->memory_allowed ? "" : " that this process may not use");
	}
	if (!node->has_cpus) {
		fprintf(out, ", no CPUs: not used");
	} else if (node->memory_node_index != node_index &&
	           node->memory_node_index != GI_INDEX_NONE) {
		fprintf(out, ", uses node %u's",
		        drawing->topology->nodes[node->memory_node_index].os_index);
	}
	fputc('\n', out);
	for (uint32_t i = 0; i < node->l3_count; i++) {
		draw_l3(out, drawing, node->l3_first + i);
	}
}

/* ---- The plan ---------------------------------------------------------------------------------------------------- */

static void draw_driver(FILE *out, const struct gi_drawing *drawing, uint32_t driver_index)
{
	const struct gi_plan_driver *driver = &drawing->plan->drivers[driver_index];
	const struct gi_plan_tpc *tpc = &drawing->plan->tpcs[driver->tpc_index];
	if (driver_index == tpc->driver_first) {
		char memory[32] = "any node";
		if (tpc->memory_node >= 0) {
			snprintf(memory, sizeof(memory), "node %d", tpc->memory_node);
		}
		fprintf(out, "  %3u  %-9s %10s", driver->tpc_index, memory,
		        tpc->memory_limit ? gi_draw_size(tpc->memory_limit).text : "none");
	} else {
		fprintf(out, "  %25s", "");
	}
	fprintf(out, "  %6u  %4u  %4u  %4u  %4u  %s%s\n", driver_index, driver->cpu,
	        driver->core_index, driver->l3_index,
	        drawing->topology->nodes[driver->node_index].os_index, gi_role_name(driver->role),
	        driver->shares_pu ? ", shares its CPU" : "");
}

static void draw_plan(FILE *out, const struct gi_drawing *drawing)
{
	const struct gi_plan *plan = drawing->plan;
	fprintf(out, "\nplan: %u TPC%s, %u driver%s\n\n", plan->tpc_count, plural(plan->tpc_count),
	        plan->driver_count, plural(plan->driver_count));
	fprintf(out, "  TPC  memory         limit  driver   CPU  core    L3  node  role\n");
	for (uint32_t i = 0; i < plan->driver_count; i++) {
		draw_driver(out, drawing, i);
	}
}

static bool has_sharing(const struct gi_plan *plan)
{
	for (uint32_t i = 0; i < plan->driver_count; i++) {
		if (plan->drivers[i].shares_pu) {
			return true;
		}
	}
	return false;
}

static void draw_notes(FILE *out, const struct gi_drawing *drawing)
{
	const struct gi_plan *plan = drawing->plan;
	fputc('\n', out);
	if (plan->spin_allowed) {
		fprintf(out, "note: drivers may spin before they sleep\n");
	} else {
		fprintf(out, "note: drivers do not spin before they sleep: %s\n",
		        has_sharing(plan) ? "they share CPUs"
		                          : "the control group gives too little CPU");
	}
	if (gi_draw_role_count(plan, GI_INDEX_NONE, GI_ROLE_TASKS) == plan->driver_count) {
		fprintf(out, "note: no driver has the role io: this system can serve no port\n");
	}
	if (!plan->pins) {
		fprintf(out, "note: drivers are not pinned: the kernel moves them as it likes\n");
	}
	if (drawing->topology->assumed_because) {
		fprintf(out, "note: %s: one node is assumed, with all the memory of the machine\n",
		        drawing->topology->assumed_because);
	}
	if (!drawing->topology->is_this_machine) {
		fprintf(out,
		        "note: this machine is described, not found: pinning may fail on the real "
		        "one\n");
	}
}

int gi_draw_text(FILE *out, const struct gi_drawing *drawing)
{
	draw_head(out, drawing);
	for (uint32_t i = 0; i < drawing->topology->node_count; i++) {
		draw_node(out, drawing, i);
	}
	draw_plan(out, drawing);
	draw_notes(out, drawing);
	return gi_draw_finish(out);
}
