/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/plan.c, plan_tpcs.c and plan_choose.c: what is planned. What is refused: test_plan_refusals.c. */
#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "tests/support/suite.h"
#include "tests/topology/machine.h"

#define SMT   "package:2 numa:1 l3:1 core:8 pu:2"
#define FOUR  "numa:4 l3:2 core:2 pu:1"
#define EIGHT "core:8 pu:1"
#define GIB   (UINT64_C(1) << 30)

static struct machine machine;
static const struct gi_plan_options defaults;

/* The plan of a machine within a quota. */
static const char *within(const char *description, uint32_t quota_milli,
                          const struct gi_plan_options *options)
{
	machine_open(&machine, description);
	machine.limits.cpu_quota_milli = quota_milli;
	const char *drivers = machine_drivers(&machine, options);
	machine_close(&machine);
	return drivers;
}

/* ---- Drivers ----------------------------------------------------------------------------------------------------- */

static void one_core_gets_one_driver(void)
{
	CU_ASSERT_STRING_EQUAL(within("pu:1", 0, &defaults), "0both");
	CU_ASSERT_EQUAL(machine.plan.tpc_count, 1);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].driver_count, 1);
	CU_ASSERT_TRUE(machine.plan.spin_allowed);
}

static void two_cores_get_two_drivers(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on("core:2 pu:1", &defaults), "0both 1both");
}

static void siblings_get_one_driver(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on(SMT, &defaults),
	                       "0both 2both 4both 6both 8both 10both 12both 14both | "
	                       "16both 18both 20both 22both 24both 26both 28both 30both");
}

static void each_node_is_a_tpc(void)
{
	machine_open(&machine, FOUR);
	CU_ASSERT_STRING_EQUAL(machine_drivers(&machine, &defaults),
	                       "0both 1both 2both 3both | 4both 5both 6both 7both | "
	                       "8both 9both 10both 11both | 12both 13both 14both 15both");
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(machine.plan.tpcs[i].memory_node, (int)i);
		CU_ASSERT_EQUAL(machine.plan.tpcs[i].driver_first, i * 4);
	}
	const struct gi_plan_driver *driver = &machine.plan.drivers[7];
	CU_ASSERT_EQUAL(driver->tpc_index, 1);
	CU_ASSERT_EQUAL(driver->core_index, 7);
	CU_ASSERT_EQUAL(driver->l3_index, 3);
	CU_ASSERT_EQUAL(driver->node_index, 1);
	machine_close(&machine);
}

static void many_cores_all_get_drivers(void)
{
	CU_ASSERT_PTR_NOT_NULL(within("numa:2 core:64 pu:1", 0, &defaults));
	CU_ASSERT_EQUAL(machine.plan.driver_count, 128);
	CU_ASSERT_EQUAL(machine.plan.tpc_count, 2);
	CU_ASSERT_EQUAL(machine.plan.drivers[127].cpu, 127);
	machine_open(&machine, "core:2000 pu:1");
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.driver_count, GI_DRIVER_COUNT_MAX);
	machine_close(&machine);
}

static void few_drivers_spread_over_tpcs(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on(FOUR, &(struct gi_plan_options){.driver_count = 6}),
	                       "0both 2both | 4both 6both | 8both | 12both");
	CU_ASSERT_STRING_EQUAL(drivers_on(FOUR, &(struct gi_plan_options){.driver_count = 2}),
	                       "0both | 4both");
}

static void few_drivers_spread_over_l3_groups(void)
{
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("numa:1 l3:2 core:4 pu:2", &(struct gi_plan_options){.driver_count = 3}),
	        "0both 2both 8both");
}

static void siblings_serve_when_cores_run_out(void)
{
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("core:2 pu:2", &(struct gi_plan_options){.driver_count = 3}),
	        "0both 1both 2both");
}

static void too_many_drivers_share_pus(void)
{
	CU_ASSERT_STRING_EQUAL(
	        within("core:2 pu:1", 0, &(struct gi_plan_options){.driver_count = 3}),
	        "0both* 0both* 1both");
	CU_ASSERT_FALSE(machine.plan.spin_allowed);
	CU_ASSERT_STRING_EQUAL(within("pu:1", 0, &(struct gi_plan_options){.driver_count = 4}),
	                       "0both* 0both* 0both* 0both*");
	machine_open(&machine, "core:2 pu:1");
	CU_ASSERT_EQUAL(
	        machine_plan(&machine,
	                     &(struct gi_plan_options){.driver_count = GI_DRIVER_COUNT_MAX}),
	        0);
	CU_ASSERT_EQUAL(machine.plan.driver_count, GI_DRIVER_COUNT_MAX);
	machine_close(&machine);
}

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

static void quota_rounds_up_to_drivers(void)
{
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 1500, &defaults), "0both 1both");
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 500, &defaults), "0both");
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 1, &defaults), "0both");
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 3000, &defaults), "0both 1both 2both");
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 3001, &defaults), "0both 1both 2both 3both");
	CU_ASSERT_STRING_EQUAL(within("core:2 pu:1", 64000, &defaults), "0both 1both");
}

static void asked_count_beats_quota(void)
{
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 1500, &(struct gi_plan_options){.driver_count = 3}),
	                       "0both 1both 2both");
	CU_ASSERT_FALSE(machine.plan.spin_allowed);
}

static bool may_spin(uint32_t quota_milli, uint32_t driver_count)
{
	within(EIGHT, quota_milli, &(struct gi_plan_options){.driver_count = driver_count});
	CU_ASSERT_EQUAL(machine.plan.driver_count, driver_count);
	return machine.plan.spin_allowed;
}

static void small_quota_forbids_spinning(void)
{
	CU_ASSERT_FALSE(may_spin(500, 1));
	CU_ASSERT_FALSE(may_spin(1000, 1));
	CU_ASSERT_FALSE(may_spin(1499, 1));
	CU_ASSERT_TRUE(may_spin(1500, 1));
	CU_ASSERT_FALSE(may_spin(1500, 2));
	CU_ASSERT_FALSE(may_spin(1999, 2));
	CU_ASSERT_TRUE(may_spin(2000, 2));
	CU_ASSERT_TRUE(may_spin(0, 8));
}

static void cpuset_with_holes_is_kept(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on("cpuset.xml", &defaults),
	                       "0both 2both 5both 6both | 12both 14both");
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("cpuset.xml", &(struct gi_plan_options){.roles = "split"}),
	        "0both 2io 3tasks 5both 6io 7tasks | 12io 13tasks 14io 15tasks");
}

static void cpus_option_restricts_pus(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on(SMT, &(struct gi_plan_options){.cpus = "1,4-7,31"}),
	                       "1both 4both 6both | 31both");
	CU_ASSERT_STRING_EQUAL(drivers_on(FOUR, &(struct gi_plan_options){.cpus = "9"}), "9both");
}

/* ---- TPCs -------------------------------------------------------------------------------------------------------- */

static void one_tpc_merges_nodes(void)
{
	CU_ASSERT_STRING_EQUAL(
	        within("numa:2 core:2 pu:1", 0, &(struct gi_plan_options){.tpcs = "one"}),
	        "0both 1both 2both 3both");
	CU_ASSERT_EQUAL(machine.plan.tpc_count, 1);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_node, -1);
	CU_ASSERT_STRING_EQUAL(within("core:2 pu:1", 0, &(struct gi_plan_options){.tpcs = "one"}),
	                       "0both 1both");
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_node, 0);
}

static void l3_groups_can_be_tpcs(void)
{
	CU_ASSERT_STRING_EQUAL(
	        within("numa:2 l3:2 core:2 pu:1", 0, &(struct gi_plan_options){.tpcs = "l3"}),
	        "0both 1both | 2both 3both | 4both 5both | 6both 7both");
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_node, 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[2].memory_node, 1);
}

static void cpu_lists_can_be_tpcs(void)
{
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 0, &(struct gi_plan_options){.tpcs = "4-6;0,2"}),
	                       "4both 5both 6both | 0both 2both");
	CU_ASSERT_EQUAL(machine.plan.tpc_count, 2);
	CU_ASSERT_STRING_EQUAL(
	        within("numa:2 core:2 pu:1", 0, &(struct gi_plan_options){.tpcs = "0,2;1;3"}),
	        "0both 2both | 1both | 3both");
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_node, -1);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_node, 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[2].memory_node, 1);
}

/* A core cut in two by lists has a first PU in each TPC. */
static void lists_may_cut_a_core(void)
{
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("core:2 pu:2", &(struct gi_plan_options){.tpcs = "0,2;1,3"}),
	        "0both 2both | 1both 3both");
}

static void listed_tpcs_all_get_drivers(void)
{
	CU_ASSERT_STRING_EQUAL(within(EIGHT, 500, &(struct gi_plan_options){.tpcs = "0-1;2-3;4-7"}),
	                       "0both | 2both | 4both");
}

/* ---- Roles ------------------------------------------------------------------------------------------------------- */

static void split_makes_pairs_of_siblings(void)
{
	struct gi_plan_options split = {.roles = "split"};
	CU_ASSERT_STRING_EQUAL(drivers_on("numa:2 core:2 pu:2", &split),
	                       "0io 1tasks 2io 3tasks | 4io 5tasks 6io 7tasks");
	CU_ASSERT_STRING_EQUAL(drivers_on("core:2 pu:2(indexes=0,2,1,3)", &split),
	                       "0io 2tasks 1io 3tasks");
	CU_ASSERT_STRING_EQUAL(drivers_on("core:2 pu:4", &split), "0io 1tasks 4io 5tasks");
}

static void split_takes_as_many_pairs_as_asked(void)
{
	struct gi_plan_options split = {.roles = "split", .driver_count = 4};
	CU_ASSERT_STRING_EQUAL(drivers_on("numa:2 core:2 pu:2", &split), "0io 1tasks | 4io 5tasks");
	split.driver_count = 0;
	CU_ASSERT_STRING_EQUAL(within("core:4 pu:2", 500, &split), "0io 1tasks");
	CU_ASSERT_STRING_EQUAL(within("core:4 pu:2", 3500, &split), "0io 1tasks 2io 3tasks");
	CU_ASSERT_STRING_EQUAL(within("core:4 pu:2", 2500, &split), "0io 1tasks");
}

static void counts_hold_for_each_tpc(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on("numa:2 core:4 pu:1",
	                                  &(struct gi_plan_options){.roles = "io=1 tasks=3"}),
	                       "0io 1tasks 2tasks 3tasks | 4io 5tasks 6tasks 7tasks");
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("core:4 pu:1",
	                   &(struct gi_plan_options){.roles = " tasks=1\tboth=1 io=0 "}),
	        "0both 1tasks");
}

static void io_drivers_spread_over_l3_groups(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on("numa:1 l3:2 core:3 pu:1",
	                                  &(struct gi_plan_options){.roles = "io=2 tasks=4"}),
	                       "0io 1tasks 2tasks 3io 4tasks 5tasks");
}

static void counts_share_pus_when_told(void)
{
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("core:2 pu:1",
	                   &(struct gi_plan_options){.roles = "io=1 tasks=3", .driver_count = 4}),
	        "0io* 0tasks* 1tasks* 1tasks*");
}

static void lists_give_roles_by_cpu(void)
{
	CU_ASSERT_STRING_EQUAL(
	        drivers_on(EIGHT, &(struct gi_plan_options){.roles = "io:0,7 tasks:1-3"}),
	        "0io 1tasks 2tasks 3tasks 7io");
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("numa:2 core:2 pu:1",
	                   &(struct gi_plan_options){.roles = "both:0 io:2 tasks:3"}),
	        "0both | 2io 3tasks");
	CU_ASSERT_STRING_EQUAL(
	        drivers_on("numa:2 core:2 pu:1", &(struct gi_plan_options){.roles = "tasks:3"}),
	        "3tasks");
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void tpcs_of_a_node_share_its_memory(void)
{
	const char *node = "numa:2(memory=10GiB) l3:2 core:2 pu:1";
	machine_open(&machine, node);
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 8 * GIB);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.tpcs = "l3"}), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[3].memory_limit, 4 * GIB);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.tpcs = "one"}), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 16 * GIB);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.tpcs = "0,4,1,5;2"}), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 12 * GIB);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_limit, 4 * GIB);
	machine_close(&machine);
}

static void group_memory_bounds_each_tpc(void)
{
	machine_open(&machine, "numa:2(memory=10GiB) core:2 pu:1");
	machine.limits.memory_size = 5 * GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 2 * GIB);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_limit, 2 * GIB);
	machine.limits.memory_size = 500 * GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 8 * GIB);
	machine_close(&machine);
}

static void memory_option_is_taken_as_is(void)
{
	machine_open(&machine, "numa:2(memory=10GiB) core:2 pu:1");
	machine.limits.memory_size = GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.memory_limit = 3 * GIB}),
	                0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 3 * GIB);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_limit, 3 * GIB);
	machine_close(&machine);
}

static void memoryless_node_is_a_tpc_too(void)
{
	machine_open(&machine, "memoryless.xml");
	CU_ASSERT_STRING_EQUAL(machine_drivers(&machine, &defaults),
	                       "0both | 1both | 2both | 3both");
	const int nodes[] = {0, 0, 2, 2};
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(machine.plan.tpcs[i].memory_node, nodes[i]);
		CU_ASSERT_EQUAL(machine.plan.tpcs[i].memory_limit, GIB / 2 / 5 * 4);
	}
	machine_close(&machine);
}

static void cpuless_node_is_no_tpc(void)
{
	machine_open(&machine, "[numa(memory=1GiB)] package:2 [numa(memory=5GiB)] core:2 pu:1");
	CU_ASSERT_STRING_EQUAL(machine_drivers(&machine, &defaults), "0both 1both | 2both 3both");
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 4 * GIB);
	machine_close(&machine);
}

static void machine_without_memory_binds_nowhere(void)
{
	machine_open(&machine, "no_memory.xml");
	CU_ASSERT_STRING_EQUAL(machine_drivers(&machine, &defaults), "0both 1both");
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_node, -1);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 0);
	machine.limits.memory_size = 5 * GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 4 * GIB);
	machine_close(&machine);
}

static void hidden_memory_is_that_of_the_machine(void)
{
	machine_open(&machine, "no_memory.xml");
	machine.limits.machine_size = 10 * GIB;
	struct gi_plan_options two = {.tpcs = "0;1"};
	CU_ASSERT_EQUAL(machine_plan(&machine, &two), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 4 * GIB);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_limit, 4 * GIB);
	machine.limits.memory_size = 5 * GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &two), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, 2 * GIB);
	machine_close(&machine);
	machine_open(&machine, "memoryless.xml"); /* whose memory is seen */
	machine.limits.machine_size = 100 * GIB;
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[0].memory_limit, GIB / 2 / 5 * 4);
	machine_close(&machine);
}

static void memory_of_others_is_not_used(void)
{
	machine_open(&machine, "cpuset.xml");
	CU_ASSERT_EQUAL(machine_plan(&machine, &defaults), 0);
	CU_ASSERT_EQUAL(machine.plan.tpcs[1].memory_node, 0);
	machine_close(&machine);
}

static void same_input_makes_same_plan(void)
{
	static struct gi_plan first;
	machine_open(&machine, SMT);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.driver_count = 9}), 0);
	first = machine.plan;
	memset(&machine.plan, 0xff, sizeof(machine.plan));
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.driver_count = 9}), 0);
	CU_ASSERT_EQUAL(memcmp(&first, &machine.plan, sizeof(first)), 0);
	machine_close(&machine);
}

static const CU_TestInfo tests[] = {
        {"one core gets one driver", one_core_gets_one_driver},
        {"two cores get two drivers", two_cores_get_two_drivers},
        {"siblings get one driver", siblings_get_one_driver},
        {"each node is a TPC", each_node_is_a_tpc},
        {"128 cores all get drivers", many_cores_all_get_drivers},
        {"few drivers spread over TPCs", few_drivers_spread_over_tpcs},
        {"few drivers spread over L3 groups", few_drivers_spread_over_l3_groups},
        {"siblings serve when cores run out", siblings_serve_when_cores_run_out},
        {"too many drivers share PUs", too_many_drivers_share_pus},
        {"a quota rounds up to drivers", quota_rounds_up_to_drivers},
        {"the asked count beats the quota", asked_count_beats_quota},
        {"a small quota forbids spinning", small_quota_forbids_spinning},
        {"a cpuset with holes is kept", cpuset_with_holes_is_kept},
        {"the option cpus restricts PUs", cpus_option_restricts_pus},
        {"one TPC merges nodes", one_tpc_merges_nodes},
        {"L3 groups can be TPCs", l3_groups_can_be_tpcs},
        {"CPU lists can be TPCs", cpu_lists_can_be_tpcs},
        {"lists may cut a core", lists_may_cut_a_core},
        {"listed TPCs all get drivers", listed_tpcs_all_get_drivers},
        {"split makes pairs of siblings", split_makes_pairs_of_siblings},
        {"split takes as many as asked", split_takes_as_many_pairs_as_asked},
        {"counts hold for each TPC", counts_hold_for_each_tpc},
        {"io drivers spread over L3 groups", io_drivers_spread_over_l3_groups},
        {"counts share PUs when told", counts_share_pus_when_told},
        {"lists give roles by CPU", lists_give_roles_by_cpu},
        {"TPCs of a node share memory", tpcs_of_a_node_share_its_memory},
        {"group memory bounds each TPC", group_memory_bounds_each_tpc},
        {"the memory option is taken as is", memory_option_is_taken_as_is},
        {"a memoryless node is a TPC", memoryless_node_is_a_tpc_too},
        {"a CPU-less node is no TPC", cpuless_node_is_no_tpc},
        {"no memory binds nowhere", machine_without_memory_binds_nowhere},
        {"hidden memory is that of the machine", hidden_memory_is_that_of_the_machine},
        {"memory of others is not used", memory_of_others_is_not_used},
        {"same input makes same plan", same_input_makes_same_plan},
        CU_TEST_INFO_NULL,
};

const struct suite plan_suite = {"plan", tests};
