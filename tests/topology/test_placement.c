/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/placement.c and of gi_kernel_pin(): the affinity of the calling thread, which every test puts back. */
#include <errno.h>
#include <sched.h>

#include "drivers/kernel.h"
#include "tests/support/suite.h"
#include "topology/placement.h"
#include "topology/topology.h"

static struct gi_cpu_set before;

static int set_cpus(const struct gi_cpu_set *cpus)
{
	return sched_setaffinity(0, sizeof(*cpus), (const cpu_set_t *)(const void *)cpus);
}

static void setup(void)
{
	CU_ASSERT_EQUAL_FATAL(gi_thread_cpus(&before), 0);
	CU_ASSERT_TRUE_FATAL(gi_cpu_set_count(&before) > 0);
}

static void teardown(void)
{
	struct gi_cpu_set after;
	CU_ASSERT_EQUAL(set_cpus(&before), 0);
	CU_ASSERT_EQUAL(gi_thread_cpus(&after), 0);
	CU_ASSERT_EQUAL(gi_cpu_set_count(&after), gi_cpu_set_count(&before));
}

static void pinned_thread_runs_on_its_pu(void)
{
	setup();
	uint32_t cpu = gi_cpu_set_next(&before, 0);
	for (; cpu < GI_CPU_COUNT_MAX; cpu = gi_cpu_set_next(&before, cpu + 1)) {
		struct gi_cpu_set now;
		CU_ASSERT_EQUAL(gi_kernel_pin(cpu), 0);
		CU_ASSERT_EQUAL(gi_thread_cpus(&now), 0);
		CU_ASSERT_EQUAL(gi_cpu_set_count(&now), 1);
		CU_ASSERT_TRUE(gi_cpu_set_has(&now, cpu));
		CU_ASSERT_EQUAL((uint32_t)sched_getcpu(), cpu);
	}
	teardown();
}

static void absent_pu_cannot_be_pinned(void)
{
	setup();
	CU_ASSERT_EQUAL(gi_kernel_pin(GI_CPU_COUNT_MAX - 1), -EINVAL);
	CU_ASSERT_EQUAL(gi_kernel_pin(GI_CPU_COUNT_MAX), -EINVAL);
	CU_ASSERT_EQUAL(gi_kernel_pin(UINT32_MAX), -EINVAL);
	teardown();
}

static void affinity_decides_what_is_usable(void)
{
	setup();
	uint32_t cpu = gi_cpu_set_next(&before, 0);
	CU_ASSERT_EQUAL(gi_kernel_pin(cpu), 0);
	struct gi_topology *topology;
	CU_ASSERT_EQUAL_FATAL(gi_topology_load(&topology, NULL), 0);
	if (topology->is_this_machine) { /* the environment may name another */
		for (uint32_t i = 0; i < topology->pu_count; i++) {
			CU_ASSERT_EQUAL(topology->pus[i].is_usable,
			                topology->pus[i].os_index == cpu);
		}
	}
	gi_topology_destroy(topology);
	teardown();
}

static const CU_TestInfo tests[] = {
        {"a pinned thread runs on its PU", pinned_thread_runs_on_its_pu},
        {"an absent PU cannot be pinned", absent_pu_cannot_be_pinned},
        {"affinity decides what is usable", affinity_decides_what_is_usable},
        CU_TEST_INFO_NULL,
};

const struct suite placement_suite = {"placement", tests};
