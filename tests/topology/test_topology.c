/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/topology.c: described machines become arrays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/topology/machine.h"
#include "topology/cpu_list.h"

static struct machine machine;

/* Every member of the tree is inside of what holds it, and all are reached. */
static void check_tree(const struct gi_topology *topology)
{
	uint32_t l3_count = 0;
	uint32_t core_count = 0;
	uint32_t pu_count = 0;
	for (uint32_t i = 0; i < topology->node_count; i++) {
		const struct gi_topology_node *node = &topology->nodes[i];
		CU_ASSERT_EQUAL(node->has_cpus, node->l3_count > 0);
		for (uint32_t j = node->l3_first; j < node->l3_first + node->l3_count; j++) {
			CU_ASSERT_EQUAL(topology->l3s[j].node_index, i);
			CU_ASSERT_EQUAL(j, l3_count++);
		}
	}
	for (uint32_t i = 0; i < topology->l3_count; i++) {
		CU_ASSERT_EQUAL(topology->l3s[i].core_first, core_count);
		core_count += topology->l3s[i].core_count;
	}
	for (uint32_t i = 0; i < topology->core_count; i++) {
		const struct gi_topology_core *core = &topology->cores[i];
		CU_ASSERT_EQUAL(core->node_index, topology->l3s[core->l3_index].node_index);
		CU_ASSERT_EQUAL(core->pu_first, pu_count);
		pu_count += core->pu_count;
	}
	for (uint32_t i = 0; i < topology->pu_count; i++) {
		const struct gi_topology_pu *pu = &topology->pus[i];
		CU_ASSERT_EQUAL(pu->l3_index, topology->cores[pu->core_index].l3_index);
		CU_ASSERT_EQUAL(pu->node_index, topology->cores[pu->core_index].node_index);
		CU_ASSERT_EQUAL(gi_topology_pu_index(topology, pu->os_index), i);
	}
	CU_ASSERT_EQUAL(l3_count, topology->l3_count);
	CU_ASSERT_EQUAL(core_count, topology->core_count);
	CU_ASSERT_EQUAL(pu_count, topology->pu_count);
}

static void check_counts(const char *description, const uint32_t counts[5])
{
	machine_open(&machine, description);
	CU_ASSERT_EQUAL(machine.topology->package_count, counts[0]);
	CU_ASSERT_EQUAL(machine.topology->node_count, counts[1]);
	CU_ASSERT_EQUAL(machine.topology->l3_count, counts[2]);
	CU_ASSERT_EQUAL(machine.topology->core_count, counts[3]);
	CU_ASSERT_EQUAL(machine.topology->pu_count, counts[4]);
	check_tree(machine.topology);
	machine_close(&machine);
}

static void described_machines_are_counted(void)
{
	check_counts("pu:1", (const uint32_t[]){1, 1, 1, 1, 1});
	check_counts("core:2 pu:1", (const uint32_t[]){1, 1, 1, 2, 2});
	check_counts("package:2 l3:1 core:8 pu:2", (const uint32_t[]){2, 1, 2, 16, 32});
	check_counts("numa:4 l3:2 core:8 pu:2", (const uint32_t[]){1, 4, 8, 64, 128});
	check_counts("core:128 pu:1", (const uint32_t[]){1, 1, 1, 128, 128});
	check_counts("l3:2 numa:2 core:2 pu:1", (const uint32_t[]){1, 4, 4, 8, 8});
	check_counts("package:2 pu:4", (const uint32_t[]){2, 1, 2, 8, 8});
}

static void l3_has_its_cache_size(void)
{
	machine_open(&machine, "l3:2(size=32MiB) core:2 pu:1");
	CU_ASSERT_EQUAL(machine.topology->l3s[0].cache_size, 32u << 20);
	CU_ASSERT_EQUAL(machine.topology->l3s[1].cache_size, 32u << 20);
	machine_close(&machine);
}

static void machine_without_l3_has_one_group(void)
{
	machine_open(&machine, "numa:2 core:3 pu:1");
	CU_ASSERT_EQUAL(machine.topology->l3_count, 2);
	CU_ASSERT_EQUAL(machine.topology->l3s[0].cache_size, 0);
	CU_ASSERT_EQUAL(machine.topology->l3s[1].core_count, 3);
	machine_close(&machine);
}

/* Kernels like to number the first siblings of all cores, then the second ones. */
static void siblings_lie_side_by_side(void)
{
	machine_open(&machine, "core:4 pu:2(indexes=0,4,1,5,2,6,3,7)");
	const struct gi_topology *topology = machine.topology;
	for (uint32_t i = 0; i < 4; i++) {
		const struct gi_topology_core *core = &topology->cores[i];
		CU_ASSERT_EQUAL_FATAL(core->pu_count, 2);
		CU_ASSERT_EQUAL(topology->pus[core->pu_first].os_index, i);
		CU_ASSERT_EQUAL(topology->pus[core->pu_first + 1].os_index, i + 4);
	}
	machine_close(&machine);
}

static void node_without_cpus_holds_none(void)
{
	machine_open(&machine, "[numa(memory=1GB)] package:2 [numa(memory=4GB)] core:2 pu:1");
	const struct gi_topology *topology = machine.topology;
	CU_ASSERT_EQUAL_FATAL(topology->node_count, 3);
	CU_ASSERT_TRUE(topology->nodes[0].has_cpus);
	CU_ASSERT_TRUE(topology->nodes[1].has_cpus);
	CU_ASSERT_FALSE(topology->nodes[2].has_cpus);
	CU_ASSERT_EQUAL(topology->nodes[2].l3_count, 0);
	CU_ASSERT_TRUE(topology->nodes[2].memory_size > 0);
	check_tree(topology);
	machine_close(&machine);
}

/* So Linux describes memory that came later: beside the CPUs of another node. */
static void second_memory_of_cpus_holds_none(void)
{
	machine_open(&machine, "package:1 [numa(memory=4GB)] [numa(memory=1GB)] core:2 pu:1");
	CU_ASSERT_EQUAL_FATAL(machine.topology->node_count, 2);
	CU_ASSERT_TRUE(machine.topology->nodes[0].has_cpus);
	CU_ASSERT_FALSE(machine.topology->nodes[1].has_cpus);
	machine_close(&machine);
}

static void memoryless_node_uses_near_one(void)
{
	machine_open(&machine, "memoryless.xml");
	const struct gi_topology_node *nodes = machine.topology->nodes;
	const uint32_t nearest[] = {0, 0, 2, 2};
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(nodes[i].memory_node_index, nearest[i]);
		CU_ASSERT_EQUAL(nodes[i].memory_size > 0, i == 0 || i == 2);
		CU_ASSERT_TRUE(nodes[i].has_cpus);
	}
	machine_close(&machine);
}

static void measured_distance_decides_what_is_near(void)
{
	machine_open(&machine, "distances.xml");
	CU_ASSERT_EQUAL(machine.topology->nodes[1].memory_node_index, 2);
	machine_close(&machine);
}

static void machine_without_memory_has_none_near(void)
{
	machine_open(&machine, "no_memory.xml");
	CU_ASSERT_EQUAL(machine.topology->nodes[0].memory_node_index, GI_INDEX_NONE);
	machine_close(&machine);
}

static void cpuset_with_holes_is_honoured(void)
{
	machine_open(&machine, "cpuset.xml");
	struct gi_cpu_set usable = {.words = {0}};
	char text[64];
	for (uint32_t i = 0; i < machine.topology->pu_count; i++) {
		if (machine.topology->pus[i].is_usable) {
			gi_cpu_set_add(&usable, machine.topology->pus[i].os_index);
		}
	}
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&usable, text, sizeof(text)), "0,2-3,5-7,12-15");
	CU_ASSERT_TRUE(machine.topology->nodes[0].memory_allowed);
	CU_ASSERT_FALSE(machine.topology->nodes[1].memory_allowed);
	CU_ASSERT_EQUAL(machine.topology->nodes[1].memory_node_index, 0);
	machine_close(&machine);
}

static int load_error(const char *synthetic, const char *xml_path)
{
	struct gi_topology *topology = NULL;
	struct gi_topology_source source = {synthetic, xml_path};
	int err = gi_topology_load(&topology, &source);
	CU_ASSERT_PTR_NULL(topology);
	gi_topology_destroy(topology);
	return err;
}

static void senseless_machines_are_refused(void)
{
	CU_ASSERT_EQUAL(load_error("no:3", NULL), -EINVAL);
	CU_ASSERT_EQUAL(load_error("", NULL), -EINVAL);
	CU_ASSERT_EQUAL(load_error("numa:1025 pu:1", NULL), -E2BIG);
	CU_ASSERT_EQUAL(load_error("core:2 pu:1(indexes=0,8192)", NULL), -E2BIG);
	CU_ASSERT_EQUAL(load_error(NULL, TEST_DATA "/absent.xml"), -ENOENT);
	CU_ASSERT_EQUAL(load_error(NULL, "/dev/null"), -EINVAL);
}

/* NOLINTBEGIN(concurrency-mt-unsafe): there is one thread */
static void environment_names_the_machine(void)
{
	char *before = getenv("HWLOC_SYNTHETIC");
	before = before ? strdup(before) : NULL;
	struct gi_topology *topology = NULL;
	setenv("HWLOC_SYNTHETIC", "numa:4 l3:2 core:8 pu:2", 1);
	CU_ASSERT_EQUAL_FATAL(gi_topology_load(&topology, NULL), 0);
	CU_ASSERT_EQUAL(topology->pu_count, 128);
	CU_ASSERT_FALSE(topology->is_this_machine);
	gi_topology_destroy(topology);

	setenv("HWLOC_SYNTHETIC", "nonsense", 1);
	CU_ASSERT_EQUAL(load_error(NULL, NULL), -EINVAL);
	unsetenv("HWLOC_SYNTHETIC");
	if (before) {
		setenv("HWLOC_SYNTHETIC", before, 1);
	}
	free(before);
}
/* NOLINTEND(concurrency-mt-unsafe) */

static void this_machine_is_read(void)
{
	struct gi_topology *topology = NULL;
	CU_ASSERT_EQUAL_FATAL(gi_topology_load(&topology, NULL), 0);
	check_tree(topology);
	if (topology->is_this_machine) {
		CU_ASSERT_EQUAL((long)topology->pu_count, sysconf(_SC_NPROCESSORS_ONLN));
		CU_ASSERT_NOT_EQUAL(topology->nodes[0].memory_node_index, GI_INDEX_NONE);
	}
	gi_topology_destroy(topology);
	gi_topology_destroy(NULL);
}

static void absent_pu_has_no_index(void)
{
	machine_open(&machine, "core:2 pu:1(indexes=3,7)");
	CU_ASSERT_EQUAL(gi_topology_pu_index(machine.topology, 7), 1);
	CU_ASSERT_EQUAL(gi_topology_pu_index(machine.topology, 1), GI_INDEX_NONE);
	machine_close(&machine);
}

static const CU_TestInfo tests[] = {
        {"described machines are counted", described_machines_are_counted},
        {"an L3 group has its cache size", l3_has_its_cache_size},
        {"no L3 means one group a node", machine_without_l3_has_one_group},
        {"siblings lie side by side", siblings_lie_side_by_side},
        {"a node without CPUs holds none", node_without_cpus_holds_none},
        {"a second memory of CPUs holds none", second_memory_of_cpus_holds_none},
        {"a memoryless node uses a near one", memoryless_node_uses_near_one},
        {"measured distance decides what is near", measured_distance_decides_what_is_near},
        {"no memory at all is no crash", machine_without_memory_has_none_near},
        {"a cpuset with holes is honoured", cpuset_with_holes_is_honoured},
        {"senseless machines are refused", senseless_machines_are_refused},
        {"the environment names the machine", environment_names_the_machine},
        {"this machine is read", this_machine_is_read},
        {"an absent PU has no index", absent_pu_has_no_index},
        CU_TEST_INFO_NULL,
};

const struct suite topology_suite = {"topology", tests};
