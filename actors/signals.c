/* SPDX-License-Identifier: Apache-2.0 */
/* The systems of this process, and the signals that stop them. */
#include "actors/signals.h"
#include "actors/log.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <pthread.h>
#include <string.h>

/* Orderings   lock   whoever walks or changes the list, or takes an id, holds it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gatio_system *systems;
static uint64_t thread_id_last;

/* Of this thread. A system that another destroys leaves them alone: a mask is its thread's. */
static _Thread_local struct {
	uint64_t id; /* 0: none of its systems has joined yet */
	bool has_blocked;
	sigset_t mask_before; /* of has_blocked */
} own;

static sigset_t stop_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	return signals;
}

void gi_signals_join(struct gatio_system *system)
{
	gi_assert(system->joined_by == 0);
	sigset_t signals = stop_signals();
	sigset_t before;
	gi_kernel_signals_mask(SIG_BLOCK, &signals, &before);
	if (!own.has_blocked) {
		own.has_blocked = true;
		own.mask_before = before;
	}
	system->mask_before = own.mask_before;
	pthread_mutex_lock(&lock);
	if (own.id == 0) {
		own.id = ++thread_id_last;
	}
	system->joined_by = own.id;
	system->next = systems;
	systems = system;
	pthread_mutex_unlock(&lock);
}

static void tell_all(void)
{
	pthread_mutex_lock(&lock);
	for (struct gatio_system *system = systems; system; system = system->next) {
		gi_assert(system->joined_by != 0);
		gi_fetch_add_acq_rel(&system->signal_count, 1);
		gatio_system_stop(system, 0);
		gi_kernel_signal_raise(system->call_fd);
	}
	pthread_mutex_unlock(&lock);
}

void gi_signals_take(int fd)
{
	while (fd >= 0 && gi_kernel_signals_take(fd)) {
		tell_all();
	}
}

/* Locked. */
static bool has_joined_any(uint64_t thread_id)
{
	const struct gatio_system *system = systems;
	while (system && system->joined_by != thread_id) {
		system = system->next;
	}
	return system;
}

/* true: none of this thread's systems is left. */
static bool leave_list(struct gatio_system *system)
{
	pthread_mutex_lock(&lock);
	struct gatio_system **link = &systems;
	while (*link != system) {
		gi_assert(*link); /* it has joined */
		link = &(*link)->next;
	}
	*link = system->next;
	bool was_last = !has_joined_any(own.id);
	pthread_mutex_unlock(&lock);
	gi_assert(system->joined_by != 0);
	system->joined_by = 0;
	return was_last;
}

void gi_signals_leave(struct gatio_system *system)
{
	bool was_last = system->joined_by != 0 && leave_list(system);
	/* One that came since the drain has nothing left to end here; unblocked it would end the process. */
	gi_signals_take(system->signals_fd);
	if (system->signals_fd >= 0) {
		gi_kernel_close(system->signals_fd);
	}
	if (was_last && own.has_blocked) {
		own.has_blocked = false;
		gi_kernel_signals_mask(SIG_SETMASK, &own.mask_before, NULL);
	}
}

int gi_signals_open(const struct gatio_system *system)
{
	sigset_t signals = stop_signals();
	int fd = gi_kernel_signals_open(&signals);
	if (fd < 0) {
		gi_log(system, GATIO_LOG_WARNING,
		       "SIGTERM and SIGINT will not drain: signalfd4(2) is refused: %s",
		       strerror(-fd));
		gi_kernel_signals_mask(SIG_UNBLOCK, &signals, NULL);
	}
	return fd;
}

uint32_t gi_signals_count(const struct gatio_system *system)
{
	return gi_load_acquire(&system->signal_count);
}
