/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quiet: the end of a group. A ring may go only when nobody rings it any more, so all drivers first say what they have
 * to say, then hear what was said to them.
 *
 * Private to drivers/. Thread: its driver, except where said.
 */
#ifndef GI_DRIVERS_QUIET_H
#define GI_DRIVERS_QUIET_H

#include "drivers/driver.h"

/* Nothing of this driver's is on its way to another. */
bool gi_driver_has_said_all(struct gi_driver *driver);
/* From now on it says nothing any more. */
void gi_driver_be_quiet(struct gi_driver *driver);
/* All of its group are: what they have said is published. */
bool gi_driver_are_all_quiet(const struct gi_driver *driver);
bool gi_driver_has_more_to_hear(const struct gi_driver *driver);

#endif
