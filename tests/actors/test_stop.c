/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/stop.c: what it says of a drain, by a clock that moves with the turns. */
#include "tests/actors/log.h"
#include "tests/support/by_hand.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include "actors/scheduler.h"
#include "actors/stop.h"

#define DEADLINE_LINE "the drain deadline has passed"

static uint32_t turn_count; /* of the stop, until all is cut */

static void take_a_millisecond(struct gi_scheduler *scheduler)
{
	if (!scheduler->is_cut) {
		turn_count++;
		manual_clock_advance(GATIO_MS(1));
	}
}

/* A stop of a system with nobody in it, each of whose turns takes a millisecond. Returns how many there were. */
static uint32_t stop_within(uint64_t drain_ns)
{
	struct by_hand_options options = {.options = {.drain_ns = drain_ns, .log = log_keep}};
	struct gatio_system *system = by_hand_create(&options);
	log_clear();
	turn_count = 0;
	system->schedulers[0]->net_flush = take_a_millisecond;
	gatio_system_stop(system, 0);
	gi_stop_drained(system, -1);
	by_hand_destroy(system);
	return turn_count;
}

static void drain_that_just_completes_has_no_deadline(void)
{
	uint32_t needed_count = stop_within(UINT64_MAX);
	CU_ASSERT_TRUE(needed_count > 2);
	CU_ASSERT_FALSE(log_has(DEADLINE_LINE));
	/* The last turn that it needs ends at the deadline. */
	CU_ASSERT_EQUAL(stop_within(GATIO_MS(needed_count)), needed_count);
	CU_ASSERT_FALSE(log_has(DEADLINE_LINE));
	stop_within(GATIO_MS(needed_count - 1));
	CU_ASSERT_TRUE(log_has(DEADLINE_LINE));
}

static const CU_TestInfo tests[] = {
        {"drain that just completes has no deadline", drain_that_just_completes_has_no_deadline},
        CU_TEST_INFO_NULL,
};

extern const struct suite stop_suite;
const struct suite stop_suite = {"stop", tests};
