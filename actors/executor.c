/* SPDX-License-Identifier: Apache-2.0 */
/* The two executors. */
#include "actors/executor.h"
#include "actors/advice.h"
#include "actors/log.h"

#include "base/assert.h"
#include "drivers/hand.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

#define PAUSE_NS GATIO_US(200)

static int logged(struct gatio_system *system, uint32_t index, int err)
{
	struct gi_advice advice;
	gi_log(system, GATIO_LOG_ERROR, "driver %u cannot start on CPU %u: %s", index,
	       system->plan->drivers[index].cpu, gi_advice_on_start(&advice, system, err));
	return err;
}

/* ---- Threads --------------------------------------------------------------------------------------------------------- */

static void join_threads(struct gatio_system *system)
{
	for (uint32_t i = 0; i < system->started_count; i++) {
		gi_driver_join(system->group.drivers[i]);
	}
}

/* Drivers that wait at the start gate while another one could not start. */
static void release_started(struct gatio_system *system)
{
	for (uint32_t i = 0; i < system->started_count; i++) {
		gi_driver_stop(system->group.drivers[i]);
	}
	gi_drivers_go(&system->group);
	join_threads(system);
	system->started_count = 0;
}

static int start_threads(struct gatio_system *system)
{
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		int err = gi_driver_start(system->group.drivers[i]);
		if (err) {
			release_started(system);
			return logged(system, i, err);
		}
		system->started_count++;
	}
	gi_drivers_go(&system->group);
	return 0;
}

static int poll_threads(struct gatio_system *system, struct pollfd *fds, unsigned count,
                        int timeout_ms)
{
	(void)system;
	return gi_kernel_poll(fds, count, timeout_ms);
}

static void wait_threads(struct gatio_system *system, _Atomic uint32_t *word, uint32_t value)
{
	(void)system;
	gi_kernel_word_wait(word, value, UINT64_MAX);
}

static void pause_threads(struct gatio_system *system)
{
	(void)system;
	gi_kernel_pause_ns(PAUSE_NS);
}

const struct gi_executor gi_executor_threads = {
        .start = start_threads,
        .join = join_threads,
        .poll = poll_threads,
        .wait = wait_threads,
        .pause = pause_threads,
        .has_threads = true,
};

/* ---- By hand --------------------------------------------------------------------------------------------------------- */

static int start_hand(struct gatio_system *system)
{
	int err = gi_hand_enter(&system->group);
	return err ? logged(system, 0, err) : 0;
}

static void join_hand(struct gatio_system *system)
{
	gi_hand_leave(&system->group);
}

static int poll_hand(struct gatio_system *system, struct pollfd *fds, unsigned count,
                     int timeout_ms)
{
	int ready;
	do { /* as often as the drivers need; a bounded wait is one round of turns */
		gi_hand_turn_all(&system->group);
		ready = gi_kernel_poll(fds, count, 0);
	} while (ready == 0 && timeout_ms < 0);
	return ready;
}

static void wait_hand(struct gatio_system *system, _Atomic uint32_t *word, uint32_t value)
{
	(void)word;
	(void)value;
	gi_hand_turn_all(&system->group);
}

static void pause_hand(struct gatio_system *system)
{
	gi_hand_turn_all(&system->group);
}

const struct gi_executor gi_executor_hand = {
        .start = start_hand,
        .join = join_hand,
        .poll = poll_hand,
        .wait = wait_hand,
        .pause = pause_hand,
};
