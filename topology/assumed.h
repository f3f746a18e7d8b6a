/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assumed: a machine that does not show itself.
 *
 * Containers mount something over /sys, or answer sched_getaffinity(2) with a refusal. hwloc then finds nothing, asserts
 * (an empty /sys/devices/system/node) or asks for ever (the affinity), so it is not asked: one node with all the memory
 * and one group of cores are assumed, a core for each CPU that this process may use.
 */
#ifndef GI_TOPOLOGY_ASSUMED_H
#define GI_TOPOLOGY_ASSUMED_H

#include "topology/topology.h"

/*
 * Why hwloc must not be asked about this machine, as a clause: "/sys is hidden". NULL: it may.
 *
 * root: stands before every path that is read; NULL or "" is this machine.
 */
const char *gi_topology_hidden(const char *root);

/* As gi_topology_load(). because: a clause that lives as long as the process. Error: -ENOMEM. */
int gi_topology_assume(struct gi_topology **out_topology, const char *because);

#endif
