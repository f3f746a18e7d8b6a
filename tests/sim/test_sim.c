/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/sim.c. */
#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <string.h>

#define EVENTS 500u

static struct {
	uint64_t at_ns[EVENTS];
	uint64_t arguments[EVENTS];
	size_t count;
} happened;

static void note(void *context, uint64_t argument)
{
	(void)context;
	happened.at_ns[happened.count] = gi_sim_here->now_ns;
	happened.arguments[happened.count++] = argument;
}

static void begin(uint64_t seed)
{
	bare_begin(seed);
	happened.count = 0;
}

static void events_happen_at_their_times(void)
{
	begin(1);
	uint64_t start_ns = gi_sim_here->now_ns;
	for (uint64_t i = 0; i < EVENTS; i++) {
		gi_sim_in(i * 7919 % EVENTS * 1000, note, NULL, i * 7919 % EVENTS);
	}
	CU_ASSERT_EQUAL(gi_sim_next_ns(), start_ns);
	bare_finish();
	CU_ASSERT_EQUAL_FATAL(happened.count, EVENTS);
	for (uint64_t i = 0; i < EVENTS; i++) {
		CU_ASSERT_EQUAL_FATAL(happened.arguments[i], i);
		CU_ASSERT_EQUAL_FATAL(happened.at_ns[i], start_ns + i * 1000);
	}
	CU_ASSERT_EQUAL(gi_sim_next_ns(), GI_SIM_NEVER);
	CU_ASSERT_FALSE(gi_sim_step());
}

/* Which of two that are due at once is first. */
static uint64_t first_of_two(uint64_t seed)
{
	begin(seed);
	gi_sim_in(5, note, NULL, 0);
	gi_sim_in(5, note, NULL, 1);
	bare_finish();
	CU_ASSERT_EQUAL_FATAL(happened.count, 2);
	return happened.arguments[0];
}

static void ties_are_drawn(void)
{
	uint64_t count = 0;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		uint64_t first = first_of_two(seed);
		CU_ASSERT_EQUAL(first_of_two(seed), first);
		count += first;
	}
	CU_ASSERT_TRUE(count > 20 && count < 80);
}

static void time_costs_nothing(void)
{
	begin(1);
	uint64_t start_ns = gi_sim_here->now_ns;
	uint64_t year_ns = UINT64_C(31536000000000000);
	gi_sim_in(year_ns, note, NULL, 0);
	CU_ASSERT_TRUE(gi_sim_step());
	CU_ASSERT_EQUAL(gi_sim_here->now_ns, start_ns + year_ns);
	CU_ASSERT_EQUAL(gi_sim_here->trace->now_ns, start_ns + year_ns);
}

static void what_is_late_happens_at_once(void)
{
	begin(1);
	uint64_t start_ns = gi_sim_here->now_ns;
	gi_sim_at(0, note, NULL, 0);
	CU_ASSERT_EQUAL(gi_sim_next_ns(), start_ns);
	gi_sim_in(10, note, NULL, 1);
	gi_sim_advance(start_ns + 50); /* the machine stood still */
	bare_finish();
	CU_ASSERT_EQUAL(happened.at_ns[0], start_ns + 50);
	CU_ASSERT_EQUAL(happened.at_ns[1], start_ns + 50);
}

static void nothing_happens_after_a_violation(void)
{
	begin(1);
	gi_sim_in(1, note, NULL, 0);
	gi_sim_violated("%d is %s", 7, "odd");
	gi_sim_violated("and more");
	CU_ASSERT_FALSE(gi_sim_step());
	CU_ASSERT_EQUAL(gi_sim_here->trace->end, GI_TRACE_VIOLATED);
	CU_ASSERT_STRING_EQUAL(gi_sim_here->trace->violation, "7 is odd");
}

static uint64_t hash_of(uint64_t seed, int64_t value)
{
	begin(seed);
	gi_sim_trace("event", 1, value);
	gi_trace_bytes(gi_sim_here->trace, "some bytes", 10);
	return gi_sim_here->trace->hash;
}

static void hash_is_of_all_that_happened(void)
{
	CU_ASSERT_EQUAL(hash_of(1, 2), hash_of(1, 2));
	CU_ASSERT_NOT_EQUAL(hash_of(1, 2), hash_of(1, 3));
	CU_ASSERT_NOT_EQUAL(hash_of(1, 2), hash_of(2, 2));
}

static void strikes_are_events(void)
{
	begin(1);
	CU_ASSERT_FALSE(gi_sim_strikes(GI_FAULT_DISK_ERROR));
	CU_ASSERT_EQUAL(gi_sim_here->trace->event_count, 0);
	bare_set_rate(GI_FAULT_DISK_ERROR, BARE_ALWAYS);
	CU_ASSERT_TRUE(gi_sim_strikes(GI_FAULT_DISK_ERROR));
	CU_ASSERT_EQUAL(gi_sim_here->trace->event_count, 1);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_ERROR), 1);
	CU_ASSERT_STRING_EQUAL(gi_sim_here->trace->last[0].what, "disk-error");
}

static CU_TestInfo sim_tests[] = {
        {"events happen at their times", events_happen_at_their_times},
        {"ties are drawn", ties_are_drawn},
        {"time costs nothing", time_costs_nothing},
        {"what is late happens at once", what_is_late_happens_at_once},
        {"nothing happens after a violation", nothing_happens_after_a_violation},
        {"the hash is of all that happened", hash_is_of_all_that_happened},
        {"strikes are events", strikes_are_events},
        CU_TEST_INFO_NULL,
};

const struct suite sim_suite = {"sim", sim_tests};
