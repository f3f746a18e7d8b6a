/* SPDX-License-Identifier: Apache-2.0 */
/* Placement: the affinity mask of the calling thread. */
#include "topology/placement.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/assert.h"

/* glibc's cpu_set_t ends at 1024 PUs; the kernel takes masks of any size, as words of bits like ours. */
union affinity_mask {
	struct gi_cpu_set cpus;
	cpu_set_t kernel;
};

int gi_thread_cpus(struct gi_cpu_set *out_cpus)
{
	gi_assert(out_cpus);
	union affinity_mask mask;
	memset(&mask, 0, sizeof(mask));
	if (sched_getaffinity(0, sizeof(mask), &mask.kernel)) {
		return -errno;
	}
	*out_cpus = mask.cpus;
	return 0;
}

int gi_thread_set_cpus(const struct gi_cpu_set *cpus)
{
	gi_assert(cpus);
	union affinity_mask mask = {.cpus = *cpus};
	return sched_setaffinity(0, sizeof(mask), &mask.kernel) ? -errno : 0;
}

int gi_pin_thread(uint32_t cpu)
{
	if (cpu >= GI_CPU_COUNT_MAX) {
		return -EINVAL;
	}
	struct gi_cpu_set cpus = {.words = {0}};
	gi_cpu_set_add(&cpus, cpu);
	return gi_thread_set_cpus(&cpus);
}
