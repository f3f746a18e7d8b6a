/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand: the drivers of a group turned by one thread, for tests and simulations. Between the calls the thread is no driver.
 *
 * Thread: always the same one.
 */
#ifndef GI_DRIVERS_HAND_H
#define GI_DRIVERS_HAND_H

#include "drivers/driver.h"

/* Enable all rings. On error none is entered, and they may be destroyed. */
int gi_hand_enter(struct gi_driver_group *group);

/* Each turns once, in order; none sleeps. Returns the number of things done. */
uint32_t gi_hand_turn_all(struct gi_driver_group *group);

/* All have been told to stop: they fall quiet together. Then their rings may go. */
void gi_hand_leave(struct gi_driver_group *group);

#endif
