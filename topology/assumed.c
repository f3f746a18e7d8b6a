/* SPDX-License-Identifier: Apache-2.0 */
/* Assumed: see assumed.h. */
#include "topology/assumed.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "topology/arrays.h"
#include "topology/limits.h"
#include "topology/placement.h"

/* ---- What is hidden ---------------------------------------------------------------------------------------------- */

static bool is_there(const char *root, const char *path)
{
	char full[PATH_MAX];
	int length = snprintf(full, sizeof(full), "%s%s", root, path);
	return length < (int)sizeof(full) && access(full, R_OK) == 0;
}

/* A CPU list of the kernel, "0-3,8". */
static bool read_list(const char *root, const char *path, struct gi_cpu_set *out_cpus)
{
	char full[PATH_MAX];
	char line[4096];
	struct gi_cpu_list_fault fault;
	int length = snprintf(full, sizeof(full), "%s%s", root, path);
	FILE *file = length < (int)sizeof(full) ? fopen(full, "re") : NULL;
	if (!file) {
		return false;
	}
	bool is_read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	size_t size = is_read ? strcspn(line, "\n") : 0;
	return is_read && gi_cpu_list_parse(out_cpus, line, size, &fault) == 0;
}

static bool has_node(const char *root)
{
	char full[PATH_MAX];
	int length = snprintf(full, sizeof(full), "%s/sys/devices/system/node", root);
	DIR *directory = length < (int)sizeof(full) ? opendir(full) : NULL;
	bool has = false;
	struct dirent *entry;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's alone */
	while (directory && !has && (entry = readdir(directory)) != NULL) {
		has = strncmp(entry->d_name, "node", 4) == 0 &&
		      isdigit((unsigned char)entry->d_name[4]);
	}
	if (directory) {
		closedir(directory);
	}
	return has;
}

const char *gi_topology_hidden(const char *root)
{
	struct gi_cpu_set cpus;
	const char *from = root ? root : "";
	if (!is_there(from, "/sys/devices/system/cpu/cpu0/topology") ||
	    !read_list(from, "/sys/devices/system/cpu/online", &cpus)) {
		return "/sys is hidden";
	}
	/* A kernel without NUMA has no such directory; one that is there and empty was covered. */
	if (is_there(from, "/sys/devices/system/node") &&
	    (!has_node(from) || !read_list(from, "/sys/devices/system/node/online", &cpus))) {
		return "/sys/devices/system/node is hidden";
	}
	if (gi_thread_cpus(&cpus) != 0) {
		return "sched_getaffinity(2) is refused";
	}
	return NULL;
}

/* ---- What is assumed --------------------------------------------------------------------------------------------- */

/* The best that can be had: what this process may use, else what is online, else as many as there are said to be. */
static void find_cpus(struct gi_cpu_set *out_cpus)
{
	if (gi_thread_cpus(out_cpus) == 0 ||
	    read_list("", "/sys/devices/system/cpu/online", out_cpus)) {
		return;
	}
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	memset(out_cpus, 0, sizeof(*out_cpus));
	for (uint32_t cpu = 0; cpu == 0 || (cpu < count && cpu < GI_CPU_COUNT_MAX); cpu++) {
		gi_cpu_set_add(out_cpus, cpu);
	}
}

static void fill(struct gi_topology *topology, const struct gi_cpu_set *cpus)
{
	gi_assert(gi_cpu_set_count(cpus) > 0); /* this thread runs somewhere */
	uint32_t count = 0;
	for (uint32_t cpu = gi_cpu_set_next(cpus, 0); cpu < GI_CPU_COUNT_MAX;
	     cpu = gi_cpu_set_next(cpus, cpu + 1), count++) {
		topology->cores[count] = (struct gi_topology_core){
		        .pu_first = count,
		        .pu_count = 1,
		};
		topology->pus[count] = (struct gi_topology_pu){
		        .os_index = cpu,
		        .core_index = count,
		        .is_usable = true,
		};
	}
	uint64_t memory = gi_machine_memory(NULL);
	topology->l3s[0] = (struct gi_topology_l3){.core_count = count};
	topology->nodes[0] = (struct gi_topology_node){
	        .l3_count = 1,
	        .memory_node_index =
	                GI_INDEX_NONE, /* nobody knows where it lies: it is not bound */
	        .memory_size = memory == GI_LIMIT_NONE ? 0 : memory,
	        .has_cpus = true,
	        .memory_allowed = true,
	};
	topology->package_count = 1;
	topology->node_count = 1;
	topology->l3_count = 1;
	topology->core_count = count;
	topology->pu_count = count;
}

int gi_topology_assume(struct gi_topology **out_topology, const char *because)
{
	struct gi_cpu_set cpus;
	find_cpus(&cpus);
	struct gi_topology *topology;
	int err = gi_topology_alloc(&topology, gi_cpu_set_count(&cpus), 1);
	if (err) {
		return err;
	}
	fill(topology, &cpus);
	topology->is_this_machine = true;
	topology->assumed_because = because;
	*out_topology = topology;
	return 0;
}
