/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topology: the machine as plain arrays: nodes hold L3 groups, these hold cores, these hold PUs. Constant after load.
 *
 * Each array is in the order of the tree: the L3 groups of a node, the cores of an L3 group and the PUs of a core lie
 * side by side, named by first and count. Nodes come in the order of the kernel's numbers.
 *
 * Thread: any may read.
 */
#ifndef GI_TOPOLOGY_TOPOLOGY_H
#define GI_TOPOLOGY_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define GI_PU_COUNT_MAX   8192u
#define GI_NODE_COUNT_MAX 1024u
#define GI_INDEX_NONE     UINT32_MAX

struct gi_topology_node {
	uint32_t os_index; /* as the kernel numbers it */
	uint32_t l3_first;
	uint32_t l3_count; /* 0: a node without CPUs */
	/* The node itself if this process may use memory there, else the nearest one that has some, or GI_INDEX_NONE. */
	uint32_t memory_node_index;
	uint64_t memory_size; /* bytes */
	bool has_cpus;
	bool memory_allowed; /* for this process */
};

/* Cores of one node that share a last-level cache. A machine that tells of none has one group a node. */
struct gi_topology_l3 {
	uint32_t node_index;
	uint32_t core_first;
	uint32_t core_count;
	uint64_t cache_size; /* bytes; 0: unknown */
};

struct gi_topology_core {
	uint32_t package_index; /* counts from 0 */
	uint32_t node_index;
	uint32_t l3_index;
	uint32_t pu_first;
	uint32_t pu_count; /* more than 1: SMT siblings */
};

struct gi_topology_pu {
	uint32_t os_index; /* as the kernel numbers it */
	uint32_t core_index;
	uint32_t l3_index;
	uint32_t node_index;
	bool is_usable; /* by this process: in its affinity mask and its cpuset */
};

struct gi_topology {
	uint32_t package_count;
	uint32_t node_count;
	uint32_t l3_count;
	uint32_t core_count;
	uint32_t pu_count;
	bool is_this_machine; /* no: described by a string or a file; its CPUs need not exist */
	/* NULL: it is as found; else it does not show itself, for this reason, and one node is assumed (assumed.h). */
	const char *assumed_because;
	struct gi_topology_node *nodes;
	struct gi_topology_l3 *l3s;
	struct gi_topology_core *cores;
	struct gi_topology_pu *pus;
};

/* At most one of the two. */
struct gi_topology_source {
	const char *synthetic; /* as hwloc describes a machine: "numa:4 l3:2 core:8 pu:2" */
	const char *xml_path;  /* as lstopo writes it */
};

/*
 * Read a machine. A NULL source (or one without either) is this machine, unless the environment names another one
 * (HWLOC_SYNTHETIC, HWLOC_XMLFILE).
 *
 * Owner: gives; ends with gi_topology_destroy.
 * Error: -EINVAL the description or the file makes no sense; -ENOENT no such file; -E2BIG more PUs or nodes than
 *        GI_PU_COUNT_MAX and GI_NODE_COUNT_MAX, or a PU numbered beyond; -ENOMEM.
 */
int gi_topology_load(struct gi_topology **out_topology, const struct gi_topology_source *source);

/* NULL is accepted. */
void gi_topology_destroy(struct gi_topology *topology);

/* The PU that the kernel numbers so, or GI_INDEX_NONE. */
uint32_t gi_topology_pu_index(const struct gi_topology *topology, uint32_t os_index);

#endif
