/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver's thread: named, around the loop. Signals are blocked, so that they go to threads that wait for them; but not
 * the watchdog's, and not those that an instruction of the thread raises.
 *
 * Orderings   ready    the thread releases is_ready after err -> the starter acquires it
 *             go       gi_drivers_go releases may_go -> each thread acquires it    all rings enabled before any doorbell
 */
#include "drivers/thread.h"
#include "base/assert.h"
#include "drivers/driver.h"
#include "drivers/enter.h"
#include "drivers/kernel.h"
#include "drivers/quiet.h"
#include "drivers/reap.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "drivers/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define QUIET_WAIT_NS UINT64_C(1000000)

struct gi_thread {
	pthread_t id;
	_Atomic uint32_t is_ready;
	int err; /* of is_ready */
};

static void report_ready(struct gi_thread *thread, int err)
{
	gi_assert(!gi_load_relaxed(&thread->is_ready)); /* ours alone to change */
	thread->err = err;
	gi_store_release(&thread->is_ready, 1); /* ready */
	gi_kernel_word_wake(&thread->is_ready);
}

/* Turns until every driver of the group has nothing more to say: only then may a ring go away. */
static void fall_quiet(struct gi_driver *driver)
{
	gi_assert(driver->must_stop);
	while (!gi_driver_has_said_all(driver)) {
		gi_driver_turn(driver, false);
	}
	gi_assert(!driver->is_quiet);
	gi_driver_be_quiet(driver);
	while (!gi_driver_are_all_quiet(driver)) {
		gi_driver_turn(driver, false);
		gi_enter(driver, gi_ring_flush(driver->ring), 1, QUIET_WAIT_NS);
	}
	/* The last words of the others are published by now: they are heard. */
	while (gi_driver_has_more_to_hear(driver)) {
		gi_driver_turn(driver, false);
	}
}

/* The only loop without an end in sight. */
static void loop(struct gi_driver *driver)
{
	gi_assert(gi_driver_current() == driver);
	while (!driver->must_stop) {
		gi_driver_turn(driver, true);
	}
	fall_quiet(driver);
}

static void *thread_main(void *argument)
{
	struct gi_driver *driver = argument;
	int err = gi_driver_enter_thread(driver);
	if (!err) {
		err = gi_enter_try(driver);
		if (err) {
			gi_driver_leave_thread(driver);
		}
	}
	report_ready(driver->thread, err);
	if (!err) {
		gi_assert(driver->is_entered);
		while (!gi_load_acquire(&driver->group->may_go)) { /* go */
			gi_enter(driver, 0, 1, QUIET_WAIT_NS);
		}
		if (!driver->must_stop) {
			loop(driver);
		}
		gi_driver_leave_thread(driver);
	}
	return NULL;
}

static int create_thread(struct gi_driver *driver)
{
	char name[16];
	sigset_t open;
	snprintf(name, sizeof(name), "gatio/%u", driver->index);
	sigemptyset(&open);
	sigaddset(&open, gi_watchdog_signal());
	return gi_kernel_thread_start(&driver->thread->id, name, &open, thread_main, driver);
}

int gi_driver_start(struct gi_driver *driver)
{
	gi_assert(!driver->thread);
	struct gi_thread *thread = gi_arena_alloc(driver->options.arena, sizeof(*thread));
	if (!thread) {
		return -ENOMEM;
	}
	memset(thread, 0, sizeof(*thread));
	driver->thread = thread;
	int err = create_thread(driver);
	if (err) {
		gi_arena_free(driver->options.arena, thread, sizeof(*thread));
		driver->thread = NULL;
		return err;
	}
	while (!gi_load_acquire(&thread->is_ready)) { /* ready */
		gi_kernel_word_wait(&thread->is_ready, 0, UINT64_MAX);
	}
	err = thread->err;
	if (err) {
		gi_driver_join(driver);
	}
	return err;
}

void gi_drivers_go(struct gi_driver_group *group)
{
	gi_store_release(&group->may_go, 1); /* go */
}

void gi_driver_join(struct gi_driver *driver)
{
	struct gi_thread *thread = driver->thread;
	if (!thread) {
		return;
	}
	gi_assert(gi_driver_current() != driver);
	gi_kernel_thread_join(thread->id);
	gi_assert(!driver->is_entered);
	gi_arena_free(driver->options.arena, thread, sizeof(*thread));
	driver->thread = NULL;
}

pthread_t gi_driver_thread_id(const struct gi_driver *driver)
{
	gi_assert(driver->thread);
	return driver->thread->id;
}
