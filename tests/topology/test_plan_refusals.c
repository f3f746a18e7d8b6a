/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/plan*.c: each refusal is one sentence that names the option, its value and what is possible. */
#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "tests/support/suite.h"
#include "tests/topology/machine.h"

#define TWO   "core:2 pu:1"
#define NODES "numa:2 core:2 pu:1"

struct refusal {
	const char *machine;
	struct gi_plan_options options;
	const char *sentence;
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *sentence = drivers_on(refusals[i].machine, &refusals[i].options);
		CU_ASSERT_STRING_EQUAL(sentence, refusals[i].sentence);
		if (strcmp(sentence, refusals[i].sentence) != 0) {
			fprintf(stderr, "\n    is:        %s\n    should be: %s\n", sentence,
			        refusals[i].sentence);
		}
	}
}

static void bad_cpus_are_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO, {.cpus = "0,9"}, "cpus \"0,9\": there is no CPU 9; this process may use 0-1"},
	        {TWO,
	         {.cpus = "0-9999999999"},
	         "cpus \"0-9999999999\": there is no CPU 9999999999; this process may use 0-1"},
	        {TWO, {.cpus = "1,1"}, "cpus \"1,1\": CPU 1 is named twice; name each CPU once"},
	        {TWO, {.cpus = "1-0"}, "cpus \"1-0\": the range 1-0 is reversed; write 0-1"},
	        {TWO,
	         {.cpus = "a"},
	         "cpus \"a\": \"a\" is not a CPU; write numbers and ranges, such as 0-3,8"},
	        {TWO,
	         {.cpus = ""},
	         "cpus \"\": the list names no CPU; write numbers and ranges, such as 0-3,8"},
	        {"cpuset.xml",
	         {.cpus = "0-2"},
	         "cpus \"0-2\": CPU 1 is not available; this process may use 0,2-3,5-7,12-15"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void bad_tpcs_are_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO,
	         {.tpcs = "nodes"},
	         "tpcs \"nodes\": use node, one, l3, or CPU lists such as 0-3;4-7"},
	        {TWO, {.tpcs = ""}, "tpcs \"\": use node, one, l3, or CPU lists such as 0-3;4-7"},
	        {TWO, {.tpcs = "0;5"}, "tpcs \"0;5\": there is no CPU 5; this process may use 0-1"},
	        {TWO,
	         {.tpcs = "0;0-1"},
	         "tpcs \"0;0-1\": CPU 0 is in two TPCs; name each CPU once"},
	        {TWO,
	         {.tpcs = "0;"},
	         "tpcs \"0;\": the list names no CPU; write numbers and ranges, such as 0-3,8"},
	        {TWO,
	         {.tpcs = "0;1", .cpus = "0"},
	         "tpcs \"0;1\": CPU 1 is not available; the option cpus allows 0"},
	        {TWO,
	         {.tpcs = "0;1", .driver_count = 1},
	         "driver_count \"1\": the option tpcs names 2 TPCs, and each needs a driver"},
	        {TWO,
	         {.tpcs = "0;1", .roles = "both:0"},
	         "roles \"both:0\": TPC 1 (CPUs 1) has no driver; give one of its CPUs the role "
	         "tasks or both, or take it out of tpcs"},
	        {"numa:65 core:1 pu:1",
	         {.tpcs = "node"},
	         "tpcs \"node\": that makes 65 TPCs; there can be at most 64"},
	        {"l3:70 core:1 pu:1",
	         {.tpcs = "l3"},
	         "tpcs \"l3\": that makes 70 TPCs; there can be at most 64"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void too_many_lists_are_refused(void)
{
	char lists[512] = "0";
	for (unsigned i = 1; i < 65; i++) {
		size_t used = strlen(lists);
		snprintf(lists + used, sizeof(lists) - used, ";%u", i);
	}
	const char *sentence = drivers_on("core:80 pu:1", &(struct gi_plan_options){.tpcs = lists});
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(sentence, "...\": that makes 65 TPCs; there can be at most 64"));
	*strrchr(lists, ';') = '\0';
	sentence = drivers_on("core:80 pu:1", &(struct gi_plan_options){.tpcs = lists});
	CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "| 63both"));
}

static void bad_driver_counts_are_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO, {.driver_count = 1024}, "driver_count \"1024\": there can be at most 1023"},
	        {TWO,
	         {.driver_count = UINT32_MAX},
	         "driver_count \"4294967295\": there can be at most 1023"},
	        {"core:2 pu:2",
	         {.driver_count = 3, .roles = "split"},
	         "roles \"split\": 3 drivers cannot be made of pairs of SMT siblings; there are 2 "
	         "pairs, so driver_count can be an even number up to 4"},
	        {"core:2 pu:2",
	         {.driver_count = 6, .roles = "split"},
	         "roles \"split\": 6 drivers cannot be made of pairs of SMT siblings; there are 2 "
	         "pairs, so driver_count can be an even number up to 4"},
	        {TWO,
	         {.driver_count = 2, .roles = "io=1 tasks=2"},
	         "roles \"io=1 tasks=2\": that is 3 drivers, but the option driver_count says 2"},
	        {TWO,
	         {.driver_count = 3, .roles = "tasks=1"},
	         "roles \"tasks=1\": that is 1 driver, but the option driver_count says 3"},
	        {"core:1 pu:2",
	         {.driver_count = 1, .roles = "split"},
	         "roles \"split\": 1 driver cannot be made of pairs of SMT siblings; there is 1 "
	         "pair, so driver_count can be an even number up to 2"},
	        {TWO,
	         {.roles = "both=9", .cpus = "0"},
	         "roles \"both=9\": TPC 0 has 1 PU (CPU 0) for 9 drivers; use fewer, or "
	         "driver_count=9 to let them share"},
	        {TWO,
	         {.driver_count = 1, .roles = "io:0 tasks:1"},
	         "roles \"io:0 tasks:1\": that names 2 drivers, but the option driver_count says "
	         "1"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void bad_roles_are_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO,
	         {.roles = "splitt"},
	         "roles \"splitt\": use both, split, counts such as io=1 tasks=7, or CPU lists "
	         "such as io:0,8 tasks:1-7"},
	        {TWO,
	         {.roles = ""},
	         "roles \"\": use both, split, counts such as io=1 tasks=7, or CPU lists such as "
	         "io:0,8 tasks:1-7"},
	        {TWO,
	         {.roles = "oi=1"},
	         "roles \"oi=1\": \"oi\" is not a role; a role is io, tasks or both"},
	        {TWO,
	         {.roles = "=1"},
	         "roles \"=1\": \"\" is not a role; a role is io, tasks or both"},
	        {TWO,
	         {.roles = "io=1 io=2"},
	         "roles \"io=1 io=2\": io is given twice; give each role once"},
	        {TWO,
	         {.roles = "io=x"},
	         "roles \"io=x\": \"x\" is not a number of drivers; write 0 to 1023"},
	        {TWO,
	         {.roles = "io="},
	         "roles \"io=\": \"\" is not a number of drivers; write 0 to 1023"},
	        {TWO,
	         {.roles = "io=99999999999"},
	         "roles \"io=99999999999\": \"99999999999\" is not a number of drivers; write 0 to "
	         "1023"},
	        {TWO,
	         {.roles = "io=1 tasks:1"},
	         "roles \"io=1 tasks:1\": counts and CPU lists do not mix; use both, split, counts "
	         "such as io=1 tasks=7, or CPU lists such as io:0,8 tasks:1-7"},
	        {TWO,
	         {.roles = "io=0 tasks=0"},
	         "roles \"io=0 tasks=0\": that is no driver at all; each TPC needs one for tasks"},
	        {TWO,
	         {.roles = "split"},
	         "roles \"split\": no core in use has two PUs (SMT siblings); use both, or counts "
	         "such as io=1 tasks=1"},
	        {"core:2 pu:2",
	         {.roles = "split", .cpus = "0,2"},
	         "roles \"split\": no core in use has two PUs (SMT siblings); use both, or counts "
	         "such as io=1 tasks=1"},
	        {TWO,
	         {.roles = "io=1 tasks=2"},
	         "roles \"io=1 tasks=2\": TPC 0 has 2 PUs (CPUs 0-1) for 3 drivers; use fewer, or "
	         "driver_count=3 to let them share"},
	        {"numa:32 core:2 pu:1",
	         {.roles = "tasks=40"},
	         "roles \"tasks=40\": that is 40 drivers in each of 32 TPCs, 1280 in all; there "
	         "can be at most 1023"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void bad_role_lists_are_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO,
	         {.roles = "io:0 tasks:0-1"},
	         "roles \"io:0 tasks:0-1\": CPU 0 has two roles, but a PU holds one driver; name "
	         "it once, or as both:0"},
	        {TWO,
	         {.roles = "tasks:1,1"},
	         "roles \"tasks:1,1\": CPU 1 is named twice; name each CPU once"},
	        {TWO,
	         {.roles = "io:0 tasks:2"},
	         "roles \"io:0 tasks:2\": there is no CPU 2; this process may use 0-1"},
	        {TWO,
	         {.roles = "io:0 tasks:1", .cpus = "0"},
	         "roles \"io:0 tasks:1\": CPU 1 is not available; the option cpus allows 0"},
	        {TWO,
	         {.roles = "io:"},
	         "roles \"io:\": the list names no CPU; write numbers and ranges, such as 0-3,8"},
	        {"core:3 pu:1",
	         {.roles = "io:0 tasks:2", .tpcs = "0-1"},
	         "roles \"io:0 tasks:2\": CPU 2 is in no TPC; the option tpcs is \"0-1\""},
	        {"core:2000 pu:1",
	         {.roles = "tasks:0-1999"},
	         "roles \"tasks:0-1999\": that makes more than 1023 drivers, the most there can "
	         "be"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void tpc_without_tasks_driver_is_refused(void)
{
	static const struct refusal refusals[] = {
	        {TWO,
	         {.roles = "io=1"},
	         "roles \"io=1\": TPC 0 (CPUs 0-1) has no tasks driver; give one of its CPUs the "
	         "role tasks or both"},
	        {NODES,
	         {.roles = "io:2-3 tasks:0-1"},
	         "roles \"io:2-3 tasks:0-1\": TPC 1 (CPUs 2-3) has no tasks driver; give one of "
	         "its CPUs the role tasks or both"},
	};
	check_refusals(refusals, GI_COUNT_OF(refusals));
}

static void system_without_io_is_allowed(void)
{
	CU_ASSERT_STRING_EQUAL(drivers_on(TWO, &(struct gi_plan_options){.roles = "tasks=2"}),
	                       "0tasks 1tasks");
}

static void long_value_is_cut(void)
{
	char cpus[300];
	memset(cpus, '7', sizeof(cpus) - 1);
	cpus[sizeof(cpus) - 1] = '\0';
	const char *sentence = drivers_on(TWO, &(struct gi_plan_options){.cpus = cpus});
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(sentence, "7...\": there is no CPU 7777777777777777...; this process"));
	CU_ASSERT_TRUE(strlen(sentence) < 200);
}

static void refused_plan_is_untouched(void)
{
	static struct machine machine;
	static struct gi_plan before;
	machine_open(&machine, TWO);
	memset(&machine.plan, 0x5a, sizeof(machine.plan));
	before = machine.plan;
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.cpus = "9"}), -EINVAL);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.roles = "io=1"}),
	                -EINVAL);
	CU_ASSERT_EQUAL(memcmp(&before, &machine.plan, sizeof(before)), 0);
	machine_close(&machine);
}

static void machine_of_others_is_refused(void)
{
	static struct machine machine;
	machine_open(&machine, TWO);
	machine.topology->pus[0].is_usable = false;
	machine.topology->pus[1].is_usable = false;
	CU_ASSERT_STRING_EQUAL(machine_drivers(&machine, &(struct gi_plan_options){.cpus = NULL}),
	                       "cpus \"default\": this process may use no CPU of this machine");
	machine_close(&machine);
}

static const CU_TestInfo tests[] = {
        {"bad cpus are refused", bad_cpus_are_refused},
        {"bad tpcs are refused", bad_tpcs_are_refused},
        {"too many lists are refused", too_many_lists_are_refused},
        {"bad driver counts are refused", bad_driver_counts_are_refused},
        {"bad roles are refused", bad_roles_are_refused},
        {"bad role lists are refused", bad_role_lists_are_refused},
        {"a TPC needs a tasks driver", tpc_without_tasks_driver_is_refused},
        {"a system without io is allowed", system_without_io_is_allowed},
        {"a long value is cut", long_value_is_cut},
        {"a refused plan is untouched", refused_plan_is_untouched},
        {"a machine of others is refused", machine_of_others_is_refused},
        CU_TEST_INFO_NULL,
};

const struct suite plan_refusals_suite = {"plan_refusals", tests};
