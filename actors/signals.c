/* SPDX-License-Identifier: Apache-2.0 */
/* The systems of this process, and the signals that stop them. */
#include "actors/signals.h"
#include "actors/log.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <pthread.h>
#include <string.h>

/* Orderings   lock   whoever walks or changes the list holds it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gatio_system *systems;

/* Of this thread. */
static _Thread_local uint32_t joined_count;
static _Thread_local sigset_t mask_before;

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
	gi_assert(!system->has_joined);
	sigset_t signals = stop_signals();
	sigset_t before;
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	if (joined_count++ == 0) {
		mask_before = before;
	}
	system->mask_before = mask_before;
	pthread_mutex_lock(&lock);
	system->next = systems;
	systems = system;
	pthread_mutex_unlock(&lock);
	system->has_joined = true;
}

static void tell_all(void)
{
	pthread_mutex_lock(&lock);
	for (struct gatio_system *system = systems; system; system = system->next) {
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

static void leave_list(struct gatio_system *system)
{
	pthread_mutex_lock(&lock);
	struct gatio_system **link = &systems;
	while (*link != system) {
		gi_assert(*link); /* it has joined */
		link = &(*link)->next;
	}
	*link = system->next;
	pthread_mutex_unlock(&lock);
	system->has_joined = false;
}

void gi_signals_leave(struct gatio_system *system)
{
	bool has_joined = system->has_joined;
	if (has_joined) {
		leave_list(system);
	}
	/* One that came since the drain has nothing left to end here; unblocked it would end the process. */
	gi_signals_take(system->signals_fd);
	if (system->signals_fd >= 0) {
		gi_kernel_close(system->signals_fd);
	}
	/* A system that another thread destroys leaves its creator's mask alone. */
	if (has_joined && joined_count > 0 && --joined_count == 0) {
		pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
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
		pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	}
	return fd;
}

uint32_t gi_signals_count(const struct gatio_system *system)
{
	return gi_load_acquire(&system->signal_count);
}
