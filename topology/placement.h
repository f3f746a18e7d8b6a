/* SPDX-License-Identifier: Apache-2.0 */
/* Placement: which PUs the calling thread runs on. */
#ifndef GI_TOPOLOGY_PLACEMENT_H
#define GI_TOPOLOGY_PLACEMENT_H

#include "topology/cpu_list.h"

#include <stdint.h>

/*
 * Pin the calling thread to one PU.
 *
 * Thread: any; it acts on the caller alone.
 * Error:  -EINVAL there is no such PU, or this process may not use it.
 */
int gi_pin_thread(uint32_t cpu);

/*
 * The PUs on which the calling thread may run.
 *
 * Thread: any.
 * Error:  -EINVAL the kernel numbers PUs beyond GI_CPU_COUNT_MAX.
 */
int gi_thread_cpus(struct gi_cpu_set *out_cpus);

/* Let the calling thread run on these PUs, as far as they exist. Thread: any. Error: -EINVAL none of them does. */
int gi_thread_set_cpus(const struct gi_cpu_set *cpus);

#endif
