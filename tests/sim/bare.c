/* SPDX-License-Identifier: Apache-2.0 */
/* Bare: see bare.h. */
#include "tests/sim/bare.h"

#include "base/assert.h"

/* It outlives what a run makes: the leaks of runs are no news. */
/* NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer gives the name */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static GI_SIM_KEPT struct gi_trace trace;
static GI_SIM_KEPT uint64_t strikes_before[GI_FAULT_COUNT];

static void begin(uint64_t seed, uint64_t without)
{
	for (int i = 0; i < GI_FAULT_COUNT; i++) {
		strikes_before[i] += trace.strikes[i];
	}
	gi_trace_init(&trace, false);
	int err = gi_sim_begin(&trace, seed, without);
	gi_assert(err == 0);
}

void bare_begin(uint64_t seed)
{
	begin(seed, UINT64_MAX);
}

void bare_begin_with_faults(uint64_t seed)
{
	begin(seed, 0);
}

void bare_set_rate(enum gi_fault fault, uint32_t per_million)
{
	gi_sim_here->faults.per_million[fault] = per_million;
}

void bare_finish(void)
{
	while (gi_sim_step()) { /* each event makes a bounded number of others */
	}
}

void bare_go(uint64_t ns)
{
	uint64_t until_ns = gi_sim_here->now_ns + ns;
	while (gi_sim_next_ns() <= until_ns && gi_sim_step()) {
	}
	if (gi_sim_here->now_ns < until_ns) {
		gi_sim_advance(until_ns);
	}
}

uint64_t bare_strikes(enum gi_fault fault)
{
	return trace.strikes[fault];
}

uint64_t bare_strikes_ever(enum gi_fault fault)
{
	return strikes_before[fault] + trace.strikes[fault];
}
