/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: see arrays.h, and what topology.h says of them. */
#include "topology/arrays.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"

int gi_topology_alloc(struct gi_topology **out_topology, uint32_t pu_count, uint32_t node_count)
{
	gi_assert(pu_count > 0);
	gi_assert(node_count > 0);
	if (pu_count > GI_PU_COUNT_MAX || node_count > GI_NODE_COUNT_MAX) {
		return -E2BIG;
	}
	struct gi_topology *topology = calloc(1, sizeof(*topology));
	if (!topology) {
		return -ENOMEM;
	}
	topology->nodes = calloc(node_count, sizeof(*topology->nodes));
	topology->l3s = calloc(pu_count, sizeof(*topology->l3s));
	topology->cores = calloc(pu_count, sizeof(*topology->cores));
	topology->pus = calloc(pu_count, sizeof(*topology->pus));
	if (!topology->nodes || !topology->l3s || !topology->cores || !topology->pus) {
		gi_topology_destroy(topology);
		return -ENOMEM;
	}
	topology->pu_count = pu_count;
	topology->node_count = node_count;
	*out_topology = topology;
	return 0;
}

void gi_topology_destroy(struct gi_topology *topology)
{
	if (!topology) {
		return;
	}
	free(topology->nodes);
	free(topology->l3s);
	free(topology->cores);
	free(topology->pus);
	free(topology);
}

uint32_t gi_topology_pu_index(const struct gi_topology *topology, uint32_t os_index)
{
	for (uint32_t i = 0; i < topology->pu_count; i++) {
		if (topology->pus[i].os_index == os_index) {
			return i;
		}
	}
	return GI_INDEX_NONE;
}
