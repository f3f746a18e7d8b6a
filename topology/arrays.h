/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: the memory of a topology, for those that fill one. Private to topology/. */
#ifndef GI_TOPOLOGY_ARRAYS_H
#define GI_TOPOLOGY_ARRAYS_H

#include "topology/topology.h"

/*
 * Room for so many PUs, as many cores and L3 groups at the most, and nodes; zeroed, with the counts of PUs and nodes.
 *
 * Owner: gives; ends with gi_topology_destroy.
 * Error: -ENOMEM; -E2BIG more than GI_PU_COUNT_MAX or GI_NODE_COUNT_MAX.
 */
int gi_topology_alloc(struct gi_topology **out_topology, uint32_t pu_count, uint32_t node_count);

#endif
