/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Route: what is done once a turn or batch for what was sent, and doorbells.
 *
 * Private to drivers/. Thread: the sending driver.
 */
#ifndef GI_DRIVERS_ROUTE_H
#define GI_DRIVERS_ROUTE_H

#include "drivers/send.h"

#include <stdbool.h>
#include <stdint.h>

/* There are routes with something new, or with something that waits. */
void gi_routes_publish_dirty(struct gi_driver *driver);

/* Publish every route with something new, ring the doorbells that are due: at the end of a turn. */
static inline void gi_routes_publish(struct gi_driver *driver)
{
	if (driver->dirty) {
		gi_routes_publish_dirty(driver);
	}
}

/* Nothing more goes into any ring; nothing waits for it. */
void gi_routes_close(struct gi_driver *driver);

/*
 * Before a sleep: the full rings are marked STALLED, so that their receivers ring when there is room. false: some route still
 * has something that could go now; do not sleep.
 */
__attribute__((warn_unused_result)) bool gi_routes_sleep(struct gi_driver *driver);

/* Ring a receiver's doorbell: with this turn's submission, or later if there is no room. */
void gi_doorbell_ring(struct gi_driver *driver, uint32_t receiver);

/* Doorbells that could not be sent are tried again. */
void gi_doorbells_retry(struct gi_driver *driver);

/* The kernel refused one. */
void gi_doorbell_failed(struct gi_driver *driver, uint32_t receiver, int err);

#endif
