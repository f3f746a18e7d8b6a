/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Home: blocks that were freed on another driver than their own go back to it, in chains.
 *
 * A chain is put on a stack that its home takes whole, linked through the blocks themselves: what goes home needs no memory,
 * no ring with room and no route that is open, so it comes through when everything else is full. Private to drivers/.
 *
 * May call    send: any driver    take: the home
 * Orderings   home   send exchanges home -> take exchanges it   a chain is linked before it is read
 */
#ifndef GI_DRIVERS_HOME_H
#define GI_DRIVERS_HOME_H

#include "drivers/driver.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Full chains; all of them when this turn has left nothing else to do, or when memory is short somewhere: then whoever
 * asks is refused what lies here.
 */
void gi_home_send(struct gi_driver *driver, bool is_idle);

/* Has gi_home_send() something to do, or to tell? Asked each turn. */
static inline bool gi_home_is_due(const struct gi_driver *driver)
{
	return gi_heap_chains_waiting(driver->heap) > 0 ||
	       gi_arena_is_short(driver->options.arena) != driver->is_short;
}

/* What has come home is free again. Returns how many chains: 0 or 1, however many they were joined of. */
uint32_t gi_home_take_some(struct gi_driver *driver);

static inline uint32_t gi_home_take(struct gi_driver *driver)
{
	/* Relaxed, a guess: what comes now kicks our bell. */
	return gi_load_relaxed(&driver->home) ? gi_home_take_some(driver) : 0;
}

#endif
