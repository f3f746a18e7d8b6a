/* SPDX-License-Identifier: Apache-2.0 */
/* Enter: submit, fetch and wait in the kernel. Private to drivers/. Thread: the driver's. */
#ifndef GI_DRIVERS_ENTER_H
#define GI_DRIVERS_ENTER_H

#include "drivers/driver.h"

#include <stdint.h>

/* wait_count: 0 does not wait; wait_ns bounds the wait, UINT64_MAX does not. */
void gi_enter(struct gi_driver *driver, unsigned submit_count, unsigned wait_count,
              uint64_t wait_ns);

/* Submit what is there and fetch what only an enter brings out, without waiting; no call if there is neither. */
void gi_enter_now(struct gi_driver *driver);

#endif
