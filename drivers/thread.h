/* SPDX-License-Identifier: Apache-2.0 */
/* A driver's thread, for the watchdog. Private to drivers/. */
#ifndef GI_DRIVERS_THREAD_H
#define GI_DRIVERS_THREAD_H

#include "drivers/driver.h"

#include <pthread.h>

/* Of a started driver. Thread: any, while it is not joined. */
pthread_t gi_driver_thread_id(const struct gi_driver *driver);

#endif
