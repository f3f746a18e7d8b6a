/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of one driver: a hierarchical wheel (Varghese and Lauck, 1987, scheme 6) of four levels of 64 slots and a
 * tick of 1 ms. Start and cancel are O(1); a timer moves down at most three times before it fires. What lies beyond
 * the wheel's 4.6 hours waits in its last slot and is put back until its time comes.
 *
 * Never early, late by at most a tick and the length of a turn. Thread: its driver.
 */
#ifndef GI_DRIVERS_TIMER_H
#define GI_DRIVERS_TIMER_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#define GI_TIMER_TICK_NS     UINT64_C(1000000)
#define GI_TIMER_LEVEL_COUNT 4u
#define GI_TIMER_SLOT_COUNT  64u

struct gi_timer {
	struct gi_list link;
	uint64_t expiry_tick; /* 0: not running */
	void (*fire)(struct gi_timer *timer);
};

struct gi_timer_wheel {
	uint64_t now_tick; /* all timers up to here have fired */
	uint64_t start_ns; /* tick 0 */
	uint64_t count;
	uint64_t occupied[GI_TIMER_LEVEL_COUNT]; /* a bit for each slot that holds timers */
	struct gi_list slots[GI_TIMER_LEVEL_COUNT][GI_TIMER_SLOT_COUNT];
};

void gi_timer_wheel_init(struct gi_timer_wheel *wheel, uint64_t now_ns);
void gi_timer_init(struct gi_timer *timer, void (*fire)(struct gi_timer *timer));

/* now_ns may be ahead of what the wheel has seen. keeps until it fires or is cancelled. A running timer is moved. */
void gi_timer_start(struct gi_timer_wheel *wheel, struct gi_timer *timer, uint64_t now_ns,
                    uint64_t delay_ns);

/* Nothing happens if it does not run. */
void gi_timer_cancel(struct gi_timer_wheel *wheel, struct gi_timer *timer);

bool gi_timer_is_running(const struct gi_timer *timer);

/* Whether it runs, and fires no later than one that is started for this time. */
static inline bool gi_timer_fires_by(const struct gi_timer_wheel *wheel,
                                     const struct gi_timer *timer, uint64_t due_ns)
{
	uint64_t due_tick = (due_ns - wheel->start_ns) / GI_TIMER_TICK_NS + 1;
	return timer->expiry_tick != 0 && timer->expiry_tick <= due_tick;
}

/*
 * Whether advance has something to do by then. If not, the wheel stands there already.
 */
bool gi_timer_wheel_is_due(struct gi_timer_wheel *wheel, uint64_t now_ns);

/* For how long it has been due; it is. Since the slot's time, which may be before the timer's that stands there. */
uint64_t gi_timer_wheel_late_ns(const struct gi_timer_wheel *wheel, uint64_t now_ns);

/*
 * Fire what is due, in order of expiry; within a tick in order of start, but for those that were beyond the wheel.
 * Returns how many.
 */
uint32_t gi_timer_wheel_advance(struct gi_timer_wheel *wheel, uint64_t now_ns);

/* Nanoseconds until advance has something to do, at most `max_ns`: not later than the next timer's time. */
uint64_t gi_timer_wheel_wait_ns(const struct gi_timer_wheel *wheel, uint64_t now_ns,
                                uint64_t max_ns);

#endif
