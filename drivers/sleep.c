/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleep: spin a little where that has paid lately, then announce it and wait in the kernel.
 *
 * Spinning is for messages from other drivers, which come within microseconds or not for long; a wake-up costs tens of
 * them. The budget follows what happened: it doubles when a mailbox ends the spin and halves when anything else does, so
 * a driver that serves sockets alone does not spin. A closed spin is opened again when sleeps turn out to have been
 * shorter than a spin would have been: after one such sleep, then after 3, 7, 15 while opening it does not pay.
 */
#include "drivers/sleep.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/clock.h"
#include "drivers/enter.h"
#include "drivers/ring.h"
#include "drivers/route.h"

#define SPIN_MAX_NS     UINT64_C(50000)
#define SPIN_MIN_NS     UINT64_C(2000)
#define SPIN_OPEN_NS    UINT64_C(20000)
#define SPINS_PER_CLOCK 32u
#define OPENS_AFTER_MAX 1023u
/* A sleep this long without news: time to give idle memory back. */
#define IDLE_NS UINT64_C(50000000)

bool gi_may_sleep(struct gi_driver *driver)
{
	if (gi_work_is_waiting(&driver->ready) || driver->must_not_sleep) {
		return false;
	}
	if (driver->doorbells_owed_count > 0 || driver->ring->queue_first ||
	    driver->ring->cancel_waiting > 0 || gi_clock_is_looking(driver)) {
		return false;
	}
	return !gi_ring_has_completions(driver->ring) && !gi_inbound_has_news(&driver->inbound);
}

static uint64_t spin_limit(const struct gi_driver *driver)
{
	return driver->options.spin_ns ? driver->options.spin_ns : SPIN_MAX_NS;
}

enum spin_end {
	SPIN_FOUND_NOTHING,
	SPIN_FOUND_MESSAGE,
	SPIN_FOUND_COMPLETION,
};

/*
 * Something has come to a driver that had nothing to do: it is likely to answer, and who waits for that looks at the slot it
 * goes to, so the right to write it is in the other core. It comes over while the handler runs.
 */
static void expect_answer(const struct gi_driver *driver)
{
	const struct gi_mailbox *mailbox = driver->inbound.active;
	while (mailbox && !gi_mailbox_peek(mailbox)) {
		mailbox = mailbox->next_active;
	}
	if (!mailbox || mailbox->sender_index >= driver->group->driver_count) { /* from outside */
		return;
	}
	const struct gi_route *route = driver->routes[mailbox->sender_index];
	if (route && route->batch_next != route->batch_limit) {
		gi_prefetch_to_write(route->batch_next);
	}
}

static enum spin_end spin(struct gi_driver *driver, uint64_t start_ns)
{
	gi_assert(driver->spin_budget_ns > 0);
	gi_assert(driver->spin_budget_ns <= spin_limit(driver));
	uint64_t spin_ns =
	        gi_timer_wheel_wait_ns(&driver->timers, start_ns, driver->spin_budget_ns);
	for (;;) { /* until news or the budget ends */
		for (uint32_t i = 0; i < SPINS_PER_CLOCK; i++) {
			if (gi_inbound_has_news(&driver->inbound)) {
				expect_answer(driver);
				return SPIN_FOUND_MESSAGE;
			}
			if (gi_ring_needs_enter(driver->ring) ||
			    gi_ring_has_completions(driver->ring)) {
				return SPIN_FOUND_COMPLETION;
			}
			gi_cpu_relax();
		}
		if (driver->ring->is_asked) {
			gi_ring_look(driver->ring);
			gi_enter_now(driver);
		}
		if (gi_kernel_monotonic_ns() - start_ns >= spin_ns) {
			return SPIN_FOUND_NOTHING;
		}
	}
}

static void grow_spin(struct gi_driver *driver)
{
	uint64_t budget = gi_time_add_ns(driver->spin_budget_ns, driver->spin_budget_ns);
	driver->spin_budget_ns = budget < spin_limit(driver) ? budget : spin_limit(driver);
	driver->opens_after = 0;
}

static void shrink_spin(struct gi_driver *driver)
{
	gi_assert(driver->spin_budget_ns <= spin_limit(driver));
	driver->spin_budget_ns /= 2;
	if (driver->spin_budget_ns < SPIN_MIN_NS) {
		driver->spin_budget_ns = 0;
		driver->short_sleeps = 0;
		uint32_t after = driver->opens_after * 2 + 1;
		driver->opens_after = after < OPENS_AFTER_MAX ? after : OPENS_AFTER_MAX;
	}
}

/* A message has ended this sleep: would a spin have met it? */
static void maybe_open_spin(struct gi_driver *driver, uint64_t slept_ns)
{
	if (driver->spin_budget_ns > 0 || slept_ns / 2 >= spin_limit(driver)) {
		return;
	}
	gi_assert(driver->opens_after <= OPENS_AFTER_MAX);
	driver->short_sleeps++;
	if (driver->short_sleeps >= driver->opens_after) {
		driver->spin_budget_ns =
		        SPIN_OPEN_NS < spin_limit(driver) ? SPIN_OPEN_NS : spin_limit(driver);
	}
}

/* The blocking wait, alone in its function so that a stack trace says it. */
__attribute__((noinline)) static void wait_in_kernel(struct gi_driver *driver, uint64_t wait_ns)
{
	gi_assert_slow(!gi_work_is_waiting(&driver->ready));
	gi_assert_slow(!gi_clock_is_looking(driver));
	gi_assert_slow(!driver->inbound.active);
	gi_assert_slow(driver->doorbells_owed_count == 0);
	gi_assert_slow(!driver->ring->queue_first);
	gi_count(&driver->counters.sleeps, 1);
	gi_enter(driver, gi_ring_flush(driver->ring), 1, wait_ns);
}

/* Spin if that has paid lately, and learn from how it ends. */
static enum spin_end maybe_spin(struct gi_driver *driver)
{
	if (!driver->options.spin_allowed || driver->spin_budget_ns == 0) {
		return SPIN_FOUND_NOTHING;
	}
	gi_enter_now(driver); /* what is asked of the kernel does not wait for the spin's end */
	enum spin_end end = spin(driver, gi_kernel_monotonic_ns());
	if (end == SPIN_FOUND_MESSAGE) {
		gi_count(&driver->counters.spins_won, 1);
		grow_spin(driver);
		return end;
	}
	if (end == SPIN_FOUND_NOTHING) {
		gi_count(&driver->counters.spins_lost, 1);
	}
	shrink_spin(driver); /* after a completion too: the sleep would have ended as well */
	return end;
}

enum fall {
	FALL_ASLEEP,
	FALL_HAS_WORK,
	FALL_MET_MESSAGE, /* in the spin; what was asked of the kernel went before it */
};

/*
 * The steps into a sleep. Each may find that there is something to do: then the next turn does it, and what the steps
 * before have done is done again before the next sleep.
 */
static enum fall fall_asleep(struct gi_driver *driver)
{
	if (driver->hooks.idle) {
		driver->hooks.idle(driver->hooks.context);
	}
	if (!gi_may_sleep(driver)) { /* also for what idle() has begun */
		return FALL_HAS_WORK;
	}
	switch (maybe_spin(driver)) {
	case SPIN_FOUND_MESSAGE:
		return FALL_MET_MESSAGE;
	case SPIN_FOUND_COMPLETION:
		return FALL_HAS_WORK;
	case SPIN_FOUND_NOTHING:
		break;
	}
	if (!gi_routes_sleep(driver)) { /* from now on who makes room for us rings */
		return FALL_HAS_WORK;
	}
	/* From now on who publishes to us rings. */
	return gi_inbound_sleep(&driver->inbound) ? FALL_ASLEEP : FALL_HAS_WORK;
}

/* Back from the kernel. */
static void learn_from_sleep(struct gi_driver *driver, uint64_t slept_ns)
{
	if (gi_inbound_has_news(&driver->inbound)) {
		maybe_open_spin(driver, slept_ns);
	} else if (slept_ns >= IDLE_NS) {
		gi_heap_trim(driver->heap);
	}
}

void gi_sleep(struct gi_driver *driver)
{
	gi_assert_on_driver(driver);
	driver->was_idle = true;
	switch (fall_asleep(driver)) {
	case FALL_ASLEEP:
		break;
	case FALL_HAS_WORK:
		gi_enter_now(driver);
		return;
	case FALL_MET_MESSAGE:
		return;
	}
	gi_assert(!driver->must_stop); /* which ends the sleeping before it begins */
	uint64_t start_ns = gi_kernel_monotonic_ns();
	wait_in_kernel(driver,
	               gi_timer_wheel_wait_ns(&driver->timers, start_ns, driver->options.sleep_ns));
	gi_inbound_wake(&driver->inbound);
	/* The next turn follows at once, and has this time. */
	driver->now_ns = gi_kernel_monotonic_ns();
	driver->now_turn = driver->turn_number + 1;
	learn_from_sleep(driver, driver->now_ns - start_ns);
}
