/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a group.
 *
 * Orderings   quiet   a driver adds itself to quiet_count -> each acquires the full count   nobody rings a ring that is gone
 */
#include "drivers/quiet.h"

#include "base/assert.h"
#include "drivers/ring.h"
#include "drivers/route.h"

bool gi_driver_has_said_all(struct gi_driver *driver)
{
	return !driver->dirty && driver->doorbells_owed_count == 0 && !driver->ring->queue_first &&
	       gi_ring_flush(driver->ring) == 0;
}

void gi_driver_be_quiet(struct gi_driver *driver)
{
	gi_assert(driver->is_entered);
	gi_assert(!driver->is_quiet);
	gi_assert(!driver->dirty); /* see gi_driver_has_said_all() */
	gi_assert(driver->doorbells_owed_count == 0);
	gi_assert(!driver->ring->queue_first);
	gi_assert(gi_load_relaxed(&driver->group->quiet_count) < driver->group->driver_count);
	gi_routes_close(driver);
	driver->is_quiet = true;
	gi_fetch_add_acq_rel(&driver->group->quiet_count, 1); /* quiet */
}

bool gi_driver_are_all_quiet(const struct gi_driver *driver)
{
	struct gi_driver_group *group = driver->group;
	return gi_load_acquire(&group->quiet_count) >= group->driver_count; /* quiet */
}

bool gi_driver_has_more_to_hear(const struct gi_driver *driver)
{
	return gi_inbound_has_news(&driver->inbound);
}
