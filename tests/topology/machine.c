/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: see machine.h. */
#include "tests/topology/machine.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "topology/draw.h"

void machine_open(struct machine *machine, const char *description)
{
	char path[512];
	memset(machine, 0, sizeof(*machine));
	machine->limits = (struct gi_limits){
	        .memory_size = GI_LIMIT_NONE,
	        .machine_size = GI_LIMIT_NONE,
	        .memlock_size = GI_LIMIT_NONE,
	        .nofile_count = GI_LIMIT_NONE,
	};
	struct gi_topology_source source = {.synthetic = description};
	if (strstr(description, ".xml")) {
		snprintf(path, sizeof(path), "%s/%s", TEST_DATA, description);
		source = (struct gi_topology_source){.xml_path = path};
	}
	CU_ASSERT_EQUAL_FATAL(gi_topology_load(&machine->topology, &source), 0);
	CU_ASSERT_FALSE(machine->topology->is_this_machine);
}

void machine_close(struct machine *machine)
{
	gi_topology_destroy(machine->topology);
	machine->topology = NULL;
}

int machine_plan(struct machine *machine, const struct gi_plan_options *options)
{
	machine->refusal.text[0] = '\0';
	return gi_plan_make(&machine->plan, machine->topology, &machine->limits, options,
	                    &machine->refusal);
}

const char *machine_drivers(struct machine *machine, const struct gi_plan_options *options)
{
	if (machine_plan(machine, options)) {
		return machine->refusal.text;
	}
	size_t used = 0;
	for (uint32_t i = 0; i < machine->plan.driver_count; i++) {
		const struct gi_plan_driver *driver = &machine->plan.drivers[i];
		bool is_first = machine->plan.tpcs[driver->tpc_index].driver_first == i;
		const char *before = is_first && i > 0 ? " | " : (i > 0 ? " " : "");
		used += (size_t)snprintf(machine->text + used, sizeof(machine->text) - used,
		                         "%s%u%s%s", before, driver->cpu,
		                         gi_role_name(driver->role), driver->shares_pu ? "*" : "");
		CU_ASSERT_TRUE_FATAL(used < sizeof(machine->text));
	}
	return machine->text;
}

const char *drivers_on(const char *description, const struct gi_plan_options *options)
{
	static struct machine machine;
	machine_open(&machine, description);
	const char *text = machine_drivers(&machine, options);
	machine_close(&machine);
	return text;
}
