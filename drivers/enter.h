/* SPDX-License-Identifier: Apache-2.0 */
/* Enter: submit, fetch and wait in the kernel. Private to drivers/. Thread: the driver's. */
#ifndef GI_DRIVERS_ENTER_H
#define GI_DRIVERS_ENTER_H

#include "drivers/driver.h"

#include <stdint.h>

/* wait_count: 0 does not wait; wait_ns bounds the wait, UINT64_MAX does not. */
void gi_enter(struct gi_driver *driver, unsigned submit_count, unsigned wait_count,
              uint64_t wait_ns);

/*
 * Whether this thread may enter at all, asked once before the loop, which could only abort. 0, or the negative errno of
 * a refusal (-EPERM, -EACCES, -ENOSYS).
 */
int gi_enter_try(struct gi_driver *driver);

/* Submit what is there and fetch what only an enter brings out, without waiting; no call if there is neither. */
void gi_enter_now(struct gi_driver *driver);

#endif
