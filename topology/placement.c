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

int gi_thread_may_pin(void)
{
	/* No CPU at all is no mask: a kernel that looks at it says EINVAL, and who may not ask hears something else. */
	union affinity_mask none;
	memset(&none, 0, sizeof(none));
	int err = sched_setaffinity(0, sizeof(none), &none.kernel) ? -errno : 0;
	return err == -EINVAL ? 0 : err;
}
