/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/plan*.c: whatever the options say, a plan keeps its promises or is refused with a sentence. */
#include <string.h>

#include "base/container.h"
#include "tests/support/suite.h"
#include "tests/topology/machine.h"

#define ROUND_COUNT 10000u

static const char *const words[] = {"io",  "tasks",  "both",       "=",     "=1",  "=2",
                                    ":",   ":0",     "-",          "0-3",   "4-7", ",",
                                    ";",   " ",      "node",       "l3",    "one", "split",
                                    "1",   "8",      "9999999999", "15",    "x",   "io=1 tasks=1",
                                    "0,2", "both:0", "tasks:",     "both=2"};

static struct machine machine;
static uint64_t state;
static char text[3][96];

/* xorshift64: the same options in each run. */
static uint32_t draw_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % bound;
}

static const char *draw_option(unsigned place)
{
	if (draw_below(3) == 0) {
		return NULL;
	}
	text[place][0] = '\0';
	for (uint32_t i = draw_below(6); i > 0; i--) {
		strncat(text[place], words[draw_below(GI_COUNT_OF(words))], 15);
	}
	return text[place];
}

static bool shares_pu(const struct gi_plan *plan, uint32_t driver_index)
{
	for (uint32_t i = 0; i < plan->driver_count; i++) {
		if (i != driver_index && plan->drivers[i].cpu == plan->drivers[driver_index].cpu) {
			return true;
		}
	}
	return false;
}

/* false: the plan breaks a promise of plan.h or of the room. */
static bool is_sound(const struct gi_plan *plan, uint32_t wanted)
{
	uint32_t driver_count = 0;
	for (uint32_t i = 0; i < plan->tpc_count; i++) {
		const struct gi_plan_tpc *tpc = &plan->tpcs[i];
		bool has_tasks = false;
		for (uint32_t j = tpc->driver_first; j < tpc->driver_first + tpc->driver_count;
		     j++) {
			has_tasks = has_tasks || plan->drivers[j].role != GI_ROLE_IO;
			if (plan->drivers[j].tpc_index != i ||
			    plan->drivers[j].shares_pu != shares_pu(plan, j)) {
				return false;
			}
		}
		if (!has_tasks || tpc->driver_first != driver_count || tpc->memory_limit == 0) {
			return false;
		}
		driver_count += tpc->driver_count;
	}
	return driver_count == plan->driver_count && driver_count > 0 &&
	       (wanted == 0 || wanted == driver_count);
}

static void try_options(uint32_t *plan_count)
{
	struct gi_plan_options options = {
	        .driver_count = draw_below(2) ? 0 : draw_below(20),
	        .cpus = draw_below(2) ? NULL : draw_option(0),
	        .tpcs = draw_option(1),
	        .roles = draw_option(2),
	};
	machine.limits.cpu_quota_milli = draw_below(3) ? 0 : draw_below(5000);
	bool is_kept;
	if (machine_plan(&machine, &options)) {
		size_t length = strlen(machine.refusal.text);
		is_kept = length > 0 && length + 1 < sizeof(machine.refusal.text);
	} else {
		++*plan_count;
		is_kept = is_sound(&machine.plan, options.driver_count);
	}
	if (!is_kept) {
		fprintf(stderr,
		        "\n    drivers %u cpus \"%s\" tpcs \"%s\" roles \"%s\" quota %u: %s\n",
		        options.driver_count, options.cpus ? options.cpus : "-",
		        options.tpcs ? options.tpcs : "-", options.roles ? options.roles : "-",
		        machine.limits.cpu_quota_milli, machine.refusal.text);
	}
	CU_ASSERT_TRUE(is_kept);
}

static void random_options_keep_promises(void)
{
	const char *machines[] = {"numa:2 l3:2 core:2 pu:2", "core:3 pu:1", "pu:1",
	                          "numa:4 core:2 pu:2"};
	uint32_t plan_count = 0;
	state = 20260;
	for (size_t i = 0; i < GI_COUNT_OF(machines); i++) {
		machine_open(&machine, machines[i]);
		for (uint32_t j = 0; j < ROUND_COUNT; j++) {
			try_options(&plan_count);
		}
		machine_close(&machine);
	}
	CU_ASSERT_TRUE(plan_count >
	               ROUND_COUNT / 10); /* or the words are too wild to test anything */
}

static const CU_TestInfo tests[] = {
        {"random options keep the promises", random_options_keep_promises},
        CU_TEST_INFO_NULL,
};

const struct suite plan_random_suite = {"plan_random", tests};
