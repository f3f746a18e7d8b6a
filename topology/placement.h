/* SPDX-License-Identifier: Apache-2.0 */
/* Placement: which PUs the calling thread runs on. */
#ifndef GI_TOPOLOGY_PLACEMENT_H
#define GI_TOPOLOGY_PLACEMENT_H

#include "topology/cpu_list.h"

#include <stdint.h>

/*
 * The PUs on which the calling thread may run.
 *
 * Thread: any.
 * Error:  -EINVAL the kernel numbers PUs beyond GI_CPU_COUNT_MAX.
 */
int gi_thread_cpus(struct gi_cpu_set *out_cpus);

/*
 * Whether this process may pin threads at all: 0, or the negative errno of the refusal (a seccomp profile's). Changes
 * nothing. Thread: any.
 */
int gi_thread_may_pin(void);

#endif
