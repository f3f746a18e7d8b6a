/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run: wait for the stop, then drain, cut and end.
 *
 * Drain: ports stop accepting, connections finish, messages on their way arrive. Cut: every actor left ends with
 * -ESHUTDOWN, connections are closed. End: drivers fall quiet together, threads are joined.
 */
#include "actors/system.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_MS       5
#define SETTLE_ROUNDS 20
#define CUT_NS        GATIO_SECONDS(5)

void gatio_system_stop(struct gatio_system *system, int status)
{
	/* The status is written before the flag is seen: the first call wins both. */
	uint32_t not_stopping = 0;
	if (gi_compare_exchange_acq_rel(&system->is_stopping, &not_stopping, 1)) {
		gi_store_release(&system->status, status);
		gi_kernel_signal_raise(system->stop_fd);
	}
}

void gi_system_actor_ended(struct gatio_system *system, uint64_t address, int reason)
{
	/* Relaxed: the root's own driver has set it before the root could run. */
	if (address == gi_load_relaxed(&system->root)) {
		gatio_system_stop(system, reason);
	}
}

/* A second signal ends the drain. Waits up to wait_ms. */
static bool is_signalled(int signal_fd, int wait_ms)
{
	struct pollfd wait = {.fd = signal_fd, .events = POLLIN};
	if (poll(&wait, 1, wait_ms) <= 0 || signal_fd < 0) {
		return false;
	}
	struct signalfd_siginfo info;
	return read(signal_fd, &info, sizeof(info)) > 0;
}

struct drain {
	struct gatio_system *system;
	uint64_t deadline_ns;
	_Atomic uint32_t busy_count;
};

static void begin_drain(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct drain *drain = argument;
	if (stage->system->hooks.drain) {
		stage->system->hooks.drain(stage, drain->deadline_ns);
	}
}

static void count_busy(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct drain *drain = argument;
	if (stage->driver->ready.count > 0 || stage->driver->dirty) {
		gi_fetch_add_relaxed(&drain->busy_count, 1); /* read after all have returned */
	}
}

static uint64_t open_count(struct gatio_system *system)
{
	return system->hooks.open_count ? system->hooks.open_count(system) : 0;
}

/* Messages on their way arrive: until all drivers were idle in two rounds, or too many rounds have passed. */
static void settle(struct gatio_system *system, int signal_fd)
{
	uint32_t idle_rounds = 0;
	for (uint32_t i = 0; i < SETTLE_ROUNDS && idle_rounds < 2; i++) {
		struct drain drain = {.system = system};
		struct gi_call call = {.run = count_busy, .argument = &drain};
		if (gi_system_call_all(system, &call)) {
			return;
		}
		bool is_busy = gi_load_acquire(&drain.busy_count) > 0;
		idle_rounds = is_busy ? 0 : idle_rounds + 1;
		if (is_busy && is_signalled(signal_fd, LOOK_MS)) {
			return;
		}
	}
}

static void drain(struct gatio_system *system, int signal_fd)
{
	struct drain drain = {.system = system,
	                      .deadline_ns = gi_kernel_monotonic_ns() + system->options.drain_ns};
	struct gi_call call = {.run = begin_drain, .argument = &drain};
	if (gi_system_call_all(system, &call)) {
		return;
	}
	while (open_count(system) > 0 && gi_kernel_monotonic_ns() < drain.deadline_ns) {
		if (is_signalled(signal_fd, LOOK_MS)) {
			return;
		}
	}
	settle(system, signal_fd);
}

static void cut_stage(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	if (stage->system->hooks.cut) {
		stage->system->hooks.cut(stage);
	}
	gi_stage_end_all(stage, -ESHUTDOWN);
}

static void stop_stage(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	gi_stage_end_all(stage, -ESHUTDOWN); /* those that came meanwhile */
	gi_driver_stop(stage->driver);
}

static void cut(struct gatio_system *system)
{
	struct gi_call call = {.run = cut_stage};
	if (gi_system_call_all(system, &call)) {
		return;
	}
	uint64_t deadline_ns = gi_kernel_monotonic_ns() + CUT_NS;
	while (open_count(system) > 0 && gi_kernel_monotonic_ns() < deadline_ns) {
		poll(NULL, 0, 1);
	}
	uint64_t left = open_count(system);
	if (left > 0) {
		gi_log(system, GATIO_LOG_WARNING, "%llu connections did not close in time",
		       (unsigned long long)left);
	}
}

void gi_system_stop_drivers(struct gatio_system *system, int signal_fd)
{
	gatio_system_stop(system, 0);
	if (signal_fd >= 0) {
		drain(system, signal_fd);
	}
	cut(system);
	struct gi_call call = {.run = stop_stage};
	int err = gi_system_call_all(system, &call);
	gi_assert(!err); /* without a descriptor to wait on, drivers cannot be ended */
	gi_watchdog_stop(system->watchdog);
	system->watchdog = NULL;
	for (uint32_t i = 0; i < system->started_count; i++) {
		gi_driver_join(system->group.drivers[i]);
	}
	system->is_running = false;
	system->started_count = 0;
}

/* Until a stop is asked for or a signal comes. */
static void wait_for_stop(struct gatio_system *system, int signal_fd)
{
	struct pollfd waits[2] = {{.fd = system->stop_fd, .events = POLLIN},
	                          {.fd = signal_fd, .events = POLLIN}};
	while (!gi_load_acquire(&system->is_stopping)) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR) {
			return;
		}
		if (waits[1].revents && is_signalled(signal_fd, 0)) {
			gi_log(system, GATIO_LOG_NOTICE, "stopping: draining for up to %llu s",
			       (unsigned long long)(system->options.drain_ns / 1000000000));
			gatio_system_stop(system, 0);
		}
	}
}

static sigset_t stop_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	return signals;
}

void gi_signals_block(struct gatio_system *system)
{
	sigset_t signals = stop_signals();
	pthread_sigmask(SIG_BLOCK, &signals, &system->signals_before);
	system->signals_are_blocked = true;
}

void gi_signals_restore(struct gatio_system *system)
{
	if (system->signals_are_blocked) {
		pthread_sigmask(SIG_SETMASK, &system->signals_before, NULL);
	}
}

int gatio_system_run(struct gatio_system *system)
{
	sigset_t signals = stop_signals();
	int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	wait_for_stop(system, signal_fd);
	gi_system_stop_drivers(system, signal_fd);
	if (signal_fd >= 0) {
		close(signal_fd);
	}
	int status = gi_load_acquire(&system->status);
	gatio_system_destroy(system);
	return status;
}

struct root {
	struct gatio_behavior *behavior;
	const void *state;
	struct gatio_address address;
};

/* On the driver where the root is to live: it cannot end before this returns. */
static void spawn_root(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct root *root = argument;
	root->address =
	        gatio_actor_spawn(GATIO_ON_DRIVER(stage->index), root->behavior, root->state);
	if (!gatio_address_error(root->address)) {
		gi_store_relaxed(&stage->system->root,
		                 root->address.bits); /* see gi_system_actor_ended */
	}
}

static int run_root(struct gatio_system *system, struct root *root)
{
	uint32_t driver;
	struct gatio_place anywhere = GATIO_ANYWHERE;
	int err = gi_place_choose(system, NULL, &anywhere, &driver);
	if (err) {
		return err;
	}
	struct gi_call call = {.run = spawn_root, .argument = root};
	err = gi_system_call(system, driver, &call);
	return err ? err : gatio_address_error(root->address);
}

int gatio_run_actor(const struct gatio_options *options, struct gatio_behavior *behavior,
                    const void *state)
{
	struct gatio_options with_log = options ? *options : (struct gatio_options){0};
	if (!with_log.log) {
		with_log.log = gatio_log_stderr;
	}
	struct gatio_system *system;
	if (gatio_system_create(&system, &with_log)) {
		return 1;
	}
	struct root root = {.behavior = behavior, .state = state};
	int err = run_root(system, &root);
	if (err) {
		gi_log(system, GATIO_LOG_ERROR, "the first actor cannot be spawned: %s",
		       strerror(-err));
		gatio_system_destroy(system);
		return 1;
	}
	return gatio_system_run(system);
}
