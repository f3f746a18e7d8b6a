/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/assumed.c: a machine that hides its /sys, in a tree of files made for the test. */
#include "topology/assumed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"
#include "topology/limits.h"
#include "topology/placement.h"
#include "topology/plan.h"

static void put_cpus(void)
{
	tree_put("/sys/devices/system/cpu/online", "0-3\n");
	tree_put_folder("/sys/devices/system/cpu/cpu0/topology");
}

static void whole_sys_is_asked(void)
{
	tree_open();
	put_cpus();
	CU_ASSERT_PTR_NULL(gi_topology_hidden(tree_root)); /* a kernel without NUMA */
	tree_put("/sys/devices/system/node/online", "0\n");
	tree_put_folder("/sys/devices/system/node/node0");
	CU_ASSERT_PTR_NULL(gi_topology_hidden(tree_root));
	tree_close();
}

static void check_hidden(const char *because)
{
	const char *hidden = gi_topology_hidden(tree_root);
	CU_ASSERT_PTR_NOT_NULL_FATAL(hidden);
	CU_ASSERT_STRING_EQUAL(hidden, because);
	tree_close();
}

static void empty_sys_is_hidden(void)
{
	tree_open();
	check_hidden("/sys is hidden");
	tree_open();
	tree_put_folder("/sys");
	check_hidden("/sys is hidden");
	tree_open();
	tree_put_folder("/sys/devices/system/cpu");
	check_hidden("/sys is hidden");
}

static void covered_files_are_hidden(void)
{
	static const char *const contents[] = {"", "\n", "junk\n", "3-1\n", "9999999999\n"};
	for (size_t i = 0; i < 5; i++) {
		tree_open();
		put_cpus();
		tree_put("/sys/devices/system/cpu/online", contents[i]);
		check_hidden("/sys is hidden");
		tree_open();
		put_cpus();
		tree_put_folder("/sys/devices/system/node/node0");
		tree_put("/sys/devices/system/node/online", contents[i]);
		check_hidden("/sys/devices/system/node is hidden");
	}
}

/* There hwloc asserts. */
static void empty_folder_of_nodes_is_hidden(void)
{
	tree_open();
	put_cpus();
	tree_put("/sys/devices/system/node/online", "0\n");
	tree_put_folder("/sys/devices/system/node/nodes");
	check_hidden("/sys/devices/system/node is hidden");
}

static void assumed_machine_has_one_node_and_our_cpus(void)
{
	struct gi_topology *topology;
	struct gi_cpu_set cpus;
	CU_ASSERT_EQUAL_FATAL(gi_thread_cpus(&cpus), 0);
	CU_ASSERT_EQUAL_FATAL(gi_topology_assume(&topology, "/sys is hidden"), 0);
	CU_ASSERT_TRUE(topology->is_this_machine);
	CU_ASSERT_STRING_EQUAL(topology->assumed_because, "/sys is hidden");
	CU_ASSERT_EQUAL(topology->node_count, 1);
	CU_ASSERT_EQUAL(topology->nodes[0].memory_size, gi_machine_memory(NULL));
	CU_ASSERT_EQUAL_FATAL(topology->pu_count, gi_cpu_set_count(&cpus));
	for (uint32_t i = 0; i < topology->pu_count; i++) {
		CU_ASSERT_TRUE(topology->pus[i].is_usable);
		CU_ASSERT_TRUE(gi_cpu_set_has(&cpus, topology->pus[i].os_index));
		CU_ASSERT_EQUAL(topology->cores[topology->pus[i].core_index].pu_first, i);
	}
	gi_topology_destroy(topology);
}

static void plan_of_an_assumed_machine_has_a_limit(void)
{
	static struct gi_plan plan;
	struct gi_topology *topology;
	struct gi_plan_refusal refusal;
	struct gi_limits limits;
	gi_limits_load(&limits, "/nowhere");
	CU_ASSERT_EQUAL_FATAL(gi_topology_assume(&topology, "/sys is hidden"), 0);
	CU_ASSERT_EQUAL_FATAL(
	        gi_plan_make(&plan, topology, &limits, &(struct gi_plan_options){0}, &refusal), 0);
	CU_ASSERT_EQUAL(plan.driver_count, topology->pu_count);
	CU_ASSERT_EQUAL(plan.tpcs[0].memory_node, -1);
	CU_ASSERT_EQUAL(plan.tpcs[0].memory_limit, gi_machine_memory(NULL) / 5 * 4);
	gi_topology_destroy(topology);
}

static const CU_TestInfo tests[] = {
        {"whole /sys is asked", whole_sys_is_asked},
        {"empty /sys is hidden", empty_sys_is_hidden},
        {"covered files are hidden", covered_files_are_hidden},
        {"empty folder of nodes is hidden", empty_folder_of_nodes_is_hidden},
        {"assumed machine has one node and our CPUs", assumed_machine_has_one_node_and_our_cpus},
        {"plan of an assumed machine has a limit", plan_of_an_assumed_machine_has_a_limit},
        CU_TEST_INFO_NULL,
};

const struct suite assumed_suite = {"assumed", tests};
