/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers turned by hand. */
#include "drivers/hand.h"
#include "drivers/quiet.h"

#include "base/assert.h"

static void leave(struct gi_driver *driver)
{
	gi_driver_become(driver);
	gi_driver_leave_thread(driver);
}

int gi_hand_enter(struct gi_driver_group *group)
{
	int err = 0;
	uint32_t count = 0;
	while (count < group->driver_count && !err) {
		err = gi_driver_enter_thread(group->drivers[count]);
		count += !err;
	}
	while (err && count > 0) {
		leave(group->drivers[--count]);
	}
	gi_driver_become(NULL);
	return err;
}

static uint32_t turn(struct gi_driver *driver)
{
	gi_assert(!gi_driver_current()); /* a turn within a turn */
	gi_driver_become(driver);
	uint32_t done_count = gi_driver_turn(driver, false);
	gi_driver_become(NULL);
	return done_count;
}

uint32_t gi_hand_turn_all(struct gi_driver_group *group)
{
	uint32_t done_count = 0;
	for (uint32_t i = 0; i < group->driver_count; i++) {
		done_count += turn(group->drivers[i]);
	}
	return done_count;
}

void gi_hand_leave(struct gi_driver_group *group)
{
	gi_assert(!gi_driver_current());
	for (uint32_t i = 0; i < group->driver_count; i++) {
		/* All turn: what it has to say may wait for room at another. */
		while (!gi_driver_has_said_all(group->drivers[i])) {
			gi_hand_turn_all(group);
		}
		gi_driver_be_quiet(group->drivers[i]);
	}
	for (uint32_t i = 0; i < group->driver_count; i++) {
		struct gi_driver *driver = group->drivers[i];
		while (gi_driver_has_more_to_hear(driver)) {
			turn(driver);
		}
		leave(driver);
	}
}
