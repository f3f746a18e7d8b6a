/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: what the process's control groups and resource limits leave it of the machine. */
#ifndef GI_TOPOLOGY_LIMITS_H
#define GI_TOPOLOGY_LIMITS_H

#include <stdint.h>

#define GI_LIMIT_NONE UINT64_MAX

struct gi_limits {
	uint32_t cpu_quota_milli; /* thousandths of a CPU; 0: no quota */
	uint64_t memory_size;     /* bytes, of the control group; GI_LIMIT_NONE: no limit */
	uint64_t
	        machine_size; /* bytes of memory there are, for who cannot see a node's; GI_LIMIT_NONE: unknown */
	uint64_t memlock_size; /* bytes that may be locked; GI_LIMIT_NONE: no limit */
	uint64_t nofile_count; /* descriptors that may be open; GI_LIMIT_NONE: no limit */
};

/* Nothing is limited, and nothing is known. */
#define GI_LIMITS_NONE                                                                             \
	((struct gi_limits){.memory_size = GI_LIMIT_NONE,                                          \
	                    .machine_size = GI_LIMIT_NONE,                                         \
	                    .memlock_size = GI_LIMIT_NONE,                                         \
	                    .nofile_count = GI_LIMIT_NONE})

/*
 * Read the limits of this process. The quota and the memory limit are the smallest of its own control group and all
 * the groups above it, in both versions of control groups. What cannot be read limits nothing.
 *
 * root: stands before every path that is read ("/proc/self/cgroup", "/proc/self/mountinfo" and the mounts named
 *       there); NULL or "" is this machine.
 */
void gi_limits_load(struct gi_limits *out_limits, const char *root);

/* Bytes of memory of the machine, by /proc/meminfo below `root`, else by the C library; GI_LIMIT_NONE: nobody tells. */
uint64_t gi_machine_memory(const char *root);

#endif
