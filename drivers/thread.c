/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver's thread: named, around the loop. Signals are blocked, so that they go to threads that wait for them; but not
 * the watchdog's, and not those that an instruction of the thread raises, which are for a crash handler or a sanitizer.
 *
 * Orderings   ready    the thread unlocks after it stands ready -> the starter locks and reads
 *             go       gi_drivers_go releases may_go -> each thread acquires it    all rings enabled before any doorbell
 */
#include "drivers/thread.h"
#include "base/assert.h"
#include "drivers/driver.h"
#include "drivers/enter.h"
#include "drivers/quiet.h"
#include "drivers/reap.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "drivers/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define QUIET_WAIT_NS UINT64_C(1000000)

struct gi_thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_ready;
	int err;
};

static void report_ready(struct gi_thread *thread, int err)
{
	pthread_mutex_lock(&thread->lock);
	gi_assert(!thread->is_ready);
	thread->err = err;
	thread->is_ready = true;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->lock);
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
	char name[16];
	snprintf(name, sizeof(name), "gatio/%u", driver->index);
	pthread_setname_np(pthread_self(), name);
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
	struct gi_thread *thread = driver->thread;
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t blocked;
	sigset_t before;
	sigfillset(&blocked);
	sigdelset(&blocked, gi_watchdog_signal());
	for (size_t i = 0; i < GI_COUNT_OF(own); i++) {
		sigdelset(&blocked, own[i]);
	}
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	int err = -pthread_create(&thread->id, NULL, thread_main, driver);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

int gi_driver_start(struct gi_driver *driver)
{
	gi_assert(!driver->thread);
	struct gi_thread *thread = gi_arena_alloc(driver->options.arena, sizeof(*thread));
	if (!thread) {
		return -ENOMEM;
	}
	pthread_mutex_init(&thread->lock, NULL);
	pthread_cond_init(&thread->changed, NULL);
	driver->thread = thread;
	int err = create_thread(driver);
	if (err) {
		gi_arena_free(driver->options.arena, thread, sizeof(*thread));
		driver->thread = NULL;
		return err;
	}
	pthread_mutex_lock(&thread->lock);
	while (!thread->is_ready) {
		pthread_cond_wait(&thread->changed, &thread->lock);
	}
	err = thread->err; /* ready */
	pthread_mutex_unlock(&thread->lock);
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
	pthread_join(thread->id, NULL);
	gi_assert(!driver->is_entered);
	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->lock);
	gi_arena_free(driver->options.arena, thread, sizeof(*thread));
	driver->thread = NULL;
}

pthread_t gi_driver_thread_id(const struct gi_driver *driver)
{
	gi_assert(driver->thread);
	return driver->thread->id;
}
