/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of a driver: the turn's, and that of deadlines. */
#include "drivers/clock.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/ring.h"

/* Work items that the kernel runs in an enter, at least, while there are any: 20 since Linux 6.13, all before. */
#define LOOK_EVENTS_MIN 16u
/* A sender may not come to send what it has promised, and some work is always ready. */
#define SETTLE_MAX_NS UINT64_C(100000000)

uint64_t gi_driver_now_ns(struct gi_driver *driver)
{
	if (driver->now_turn != driver->turn_number) {
		driver->now_ns = gi_kernel_monotonic_ns();
		driver->now_turn = driver->turn_number;
	}
	return driver->now_ns;
}

uint64_t gi_driver_fresh_ns(struct gi_driver *driver)
{
	driver->now_ns = gi_kernel_monotonic_ns();
	driver->now_turn = driver->turn_number;
	return driver->now_ns;
}

uint64_t gi_driver_judged_ns(const struct gi_driver *driver)
{
	return driver->clock.judged_ns;
}

/* Enters after which all that waited in the kernel when the look began is in the completion queue. */
static uint32_t enters_max(const struct gi_driver *driver)
{
	uint32_t events = driver->ring->in_kernel_count + driver->group->driver_count;
	return events / LOOK_EVENTS_MIN + 2;
}

void gi_clock_look_if_due(struct gi_driver *driver)
{
	struct gi_clock *clock = &driver->clock;
	uint64_t now_ns = gi_driver_now_ns(driver);
	if (!gi_timer_wheel_is_due(&driver->timers, now_ns)) {
		return;
	}
	gi_assert(now_ns >= clock->judged_ns);
	gi_assert(clock->look_ns == 0); /* one look at a time */
	uint64_t late_ns = gi_timer_wheel_late_ns(&driver->timers, now_ns);
	clock->settle_until_ns =
	        gi_time_add_ns(now_ns, late_ns < SETTLE_MAX_NS ? late_ns : SETTLE_MAX_NS);
	clock->look_ns = now_ns;
	clock->is_fetched = false;
	clock->enters_left = enters_max(driver);
	gi_inbound_look(&driver->inbound);
	gi_ring_look(driver->ring);
}

/* Everything that the kernel had for us by then is in the completion queue, up to completion_end. */
static bool has_fetched(struct gi_driver *driver)
{
	struct gi_clock *clock = &driver->clock;
	if (clock->is_fetched) {
		return true;
	}
	/* What is not submitted yet may find its bytes there already. */
	bool is_clean =
	        !gi_ring_needs_enter(driver->ring) && !gi_ring_has_unsubmitted(driver->ring);
	if (!is_clean && clock->enters_left > 0) {
		clock->enters_left--; /* the turn ends with one */
		return false;
	}
	clock->is_fetched = true;
	clock->completion_end = gi_ring_completion_end(driver->ring);
	return true;
}

bool gi_clock_has_taken_all(struct gi_driver *driver)
{
	struct gi_clock *clock = &driver->clock;
	gi_assert_slow(gi_clock_is_looking(driver));
	if (!has_fetched(driver)) {
		return false;
	}
	/* Numbers of completions wrap. */
	return (int32_t)(clock->completion_end - gi_ring_completion_next(driver->ring)) <= 0 &&
	       gi_inbound_has_looked(&driver->inbound);
}

/* What has been taken is not all handled, or not all that there was. */
static bool is_settling(struct gi_driver *driver)
{
	bool has_more =
	        gi_work_is_waiting(&driver->ready) || gi_inbound_has_promises(&driver->inbound);
	return has_more && gi_driver_now_ns(driver) < driver->clock.settle_until_ns;
}

bool gi_clock_end_look(struct gi_driver *driver)
{
	struct gi_clock *clock = &driver->clock;
	gi_assert(clock->is_fetched);
	if (is_settling(driver)) {
		return false;
	}
	gi_assert(clock->look_ns >= clock->judged_ns);
	clock->judged_ns = clock->look_ns;
	clock->look_ns = 0;
	return true;
}
