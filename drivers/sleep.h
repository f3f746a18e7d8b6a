/* SPDX-License-Identifier: Apache-2.0 */
/* When a driver sleeps, for how long, and the look around before. Private to drivers/. */
#ifndef GI_DRIVERS_SLEEP_H
#define GI_DRIVERS_SLEEP_H

#include "drivers/driver.h"

#include <stdbool.h>

/* Nothing left to do on this driver, as far as it can see without asking anyone. */
bool gi_may_sleep(struct gi_driver *driver);

/* Spin a while, then announce the sleep and wait in the kernel, submitting what is there. */
void gi_sleep(struct gi_driver *driver);

#endif
