/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clock: the time by which deadlines are judged.
 *
 * A turn may take seconds, and a process may be stopped. What others did meanwhile lies in the ring, in the kernel behind
 * it and in the mailboxes, and was in time. So before a timer fires, the driver looks: it notes the time and what lies
 * there, and only when all of that has been taken do deadlines up to that time pass. A look is begun when a timer is due,
 * so it costs nothing else; the driver does not sleep while one is under way.
 *
 * A look ends: of what the kernel had to say, at most one event waits for each operation and doorbell, and an enter brings
 * out LOOK_EVENTS_MIN of them; of a mailbox, at most its slots are waited for.
 *
 * What has been taken may wait again, for the actor that has the answer, or there is more behind a full ring. Who comes
 * late by a turn of its own gives others as much time, up to SETTLE_MAX_NS: so long a look goes on while work is ready or
 * a sender has something that waited for room when it began.
 *
 * Private to drivers/, but for gi_driver_judged_ns(). Thread: its driver.
 */
#ifndef GI_DRIVERS_CLOCK_H
#define GI_DRIVERS_CLOCK_H

#include "drivers/driver.h"

#include <stdbool.h>

/* A look is under way: the driver must not sleep. */
static inline bool gi_clock_is_looking(const struct gi_driver *driver)
{
	return driver->clock.look_ns != 0;
}

/* There are timers, and no look is under way. */
void gi_clock_look_if_due(struct gi_driver *driver);

/* At the beginning of a turn, before anything is fetched: begin a look if a timer is due. */
static inline void gi_clock_begin(struct gi_driver *driver)
{
	if (driver->timers.count > 0 && !gi_clock_is_looking(driver)) {
		gi_clock_look_if_due(driver);
	}
}

/* A look is under way. */
bool gi_clock_has_taken_all(struct gi_driver *driver);

/* After completions and mailboxes: all that had come when the look began is taken. */
static inline bool gi_clock_has_looked(struct gi_driver *driver)
{
	return gi_clock_is_looking(driver) && gi_clock_has_taken_all(driver);
}

/* And what was ready has run. false: more is waited for. Else the look ends, and judged_ns has advanced. */
bool gi_clock_end_look(struct gi_driver *driver);

#endif
