/* SPDX-License-Identifier: Apache-2.0 */
/* A system whose drivers a test turns. */
#include "tests/support/by_hand.h"

#include "actors/executor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT ((uint64_t)256 << 20)

void by_hand_must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "system turned by hand: %s\n", what);
		abort();
	}
}

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

/* A machine with a core for each driver, as hwloc describes it. */
static void describe(const struct by_hand_options *options, char *out_text, size_t size)
{
	uint32_t count = value_or(options->options.driver_count, 1);
	uint32_t per_tpc = value_or(options->drivers_per_tpc, count);
	uint32_t per_l3 = value_or(options->drivers_per_l3, per_tpc);
	by_hand_must(count % per_tpc == 0 && per_tpc % per_l3 == 0,
	             "drivers are shared out evenly");
	snprintf(out_text, size, "numa:%u l3:%u core:%u pu:1", count / per_tpc, per_tpc / per_l3,
	         per_l3);
}

struct gatio_system *by_hand_create(const struct by_hand_options *options)
{
	char machine[64];
	char roles[64];
	struct gatio_options full = options->options;
	struct gi_tuning tuning = options->tuning;
	full.driver_count = value_or(full.driver_count, 1);
	full.log = full.log ? full.log : gatio_log_stderr;
	full.memory_limit = full.memory_limit ? full.memory_limit : MEMORY_LIMIT;
	if (options->io_driver_count > 0) {
		snprintf(roles, sizeof(roles), "io:0-%u tasks:%u-%u", options->io_driver_count - 1,
		         options->io_driver_count, full.driver_count - 1);
		full.roles = roles;
	}
	describe(options, machine, sizeof(machine));
	tuning.executor = &gi_executor_hand;
	tuning.synthetic = machine;
	struct gatio_system *system = NULL;
	by_hand_must(gi_system_create_tuned(&system, &full, &tuning) == 0, "no system");
	return system;
}

struct gi_scheduler *by_hand_be(struct gatio_system *system, uint32_t driver_index)
{
	gi_driver_become(system->group.drivers[driver_index]);
	return system->schedulers[driver_index];
}

void by_hand_be_nobody(void)
{
	gi_driver_become(NULL);
}

void by_hand_destroy(struct gatio_system *system)
{
	by_hand_be_nobody();
	gatio_system_destroy(system);
}
