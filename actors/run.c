/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run: wait for the stop, then drain, cut and end.
 *
 * Drain: ports stop accepting, connections finish, messages on their way arrive. Cut: every actor left ends with
 * -ESHUTDOWN, connections are closed. End: drivers fall quiet together, threads are joined.
 */
#include "actors/system.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_MS      5
#define QUIET_ROUNDS 3
#define CUT_NS       GATIO_SECONDS(5)

void gatio_system_stop(struct gatio_system *system, int status)
{
	/* The system may be gone once its descriptor is raised. */
	int stop_fd = system->stop_fd;
	uint32_t not_stopping = 0;
	if (gi_compare_exchange_acq_rel(&system->is_stopping, &not_stopping, 1)) {
		gi_store_release(&system->status, status);
		gi_kernel_signal_raise(stop_fd);
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
	_Atomic uint64_t message_count; /* in and out */
};

static void begin_drain(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct drain *drain = argument;
	if (stage->system->hooks.drain) {
		stage->system->hooks.drain(stage, drain->deadline_ns);
	}
}

/* What all drivers have done, as each of them knows it. */
static void look(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct drain *drain = argument;
	const struct gi_driver *driver = stage->driver;
	bool is_busy = gi_work_is_waiting(&driver->ready) || driver->dirty;
	gi_fetch_add_relaxed(&drain->busy_count,
	                     is_busy); /* all are read after all have returned */
	gi_fetch_add_relaxed(&drain->message_count, gi_load_relaxed(&driver->counters.messages_in));
	gi_fetch_add_relaxed(&drain->message_count,
	                     gi_load_relaxed(&driver->counters.messages_out));
}

static uint64_t open_count(struct gatio_system *system)
{
	return system->hooks.open_count ? system->hooks.open_count(system) : 0;
}

/*
 * Messages on their way arrive: until nobody has been busy and nothing but our own calls has come or gone for some
 * rounds. A message that one round misses, because a driver looked at our mailbox before that one, is seen in the next.
 */
static void settle(struct drain *drain, int signal_fd)
{
	struct gatio_system *system = drain->system;
	struct gi_call call = {.run = look, .argument = drain};
	uint64_t seen_count = 0;
	uint32_t quiet_rounds = 0;
	while (quiet_rounds < QUIET_ROUNDS && gi_kernel_monotonic_ns() < drain->deadline_ns) {
		gi_store_relaxed(&drain->busy_count, 0); /* the call orders it */
		gi_store_relaxed(&drain->message_count, 0);
		gi_system_call_stopping(system, &call);
		uint64_t message_count = gi_load_acquire(&drain->message_count);
		uint64_t calls_and_seen = seen_count + system->plan->driver_count;
		bool is_busy =
		        gi_load_acquire(&drain->busy_count) > 0 || message_count != calls_and_seen;
		seen_count = message_count;
		quiet_rounds = is_busy ? 0 : quiet_rounds + 1;
		if (is_busy && is_signalled(signal_fd, LOOK_MS)) {
			return;
		}
	}
}

static void drain(struct gatio_system *system, int signal_fd)
{
	struct drain drain = {
	        .system = system,
	        .deadline_ns = gi_time_add_ns(gi_kernel_monotonic_ns(), system->options.drain_ns)};
	struct gi_call call = {.run = begin_drain, .argument = &drain};
	gi_system_call_stopping(system, &call);
	while (open_count(system) > 0 && gi_kernel_monotonic_ns() < drain.deadline_ns) {
		if (is_signalled(signal_fd, LOOK_MS)) {
			return;
		}
	}
	settle(&drain, signal_fd);
}

static void cut_stage(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	if (stage->system->hooks.cut) {
		stage->system->hooks.cut(stage);
	}
	stage->is_closed = true;
	gi_stage_end_all(stage, -ESHUTDOWN);
}

static void stop_stage(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	gi_assert(stage->alive_count == 0); /* cut has ended them, and none can come */
	gi_driver_stop(stage->driver);
}

static void cut(struct gatio_system *system)
{
	struct gi_call call = {.run = cut_stage};
	gi_system_call_stopping(system, &call);
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

void gi_system_stop_drivers(struct gatio_system *system)
{
	gatio_system_stop(system, 0);
	cut(system);
	struct gi_call call = {.run = stop_stage};
	gi_system_call_stopping(system, &call);
	gi_watchdog_stop(system->watchdog);
	system->watchdog = NULL;
	for (uint32_t i = 0; i < system->started_count; i++) {
		gi_driver_join(system->group.drivers[i]);
	}
	system->is_running = false;
	system->started_count = 0;
}

/* Until a stop is asked for, and whoever asked is done with the system, or a signal comes. */
static void wait_for_stop(struct gatio_system *system, int signal_fd)
{
	struct pollfd waits[2] = {{.fd = system->stop_fd, .events = POLLIN},
	                          {.fd = signal_fd, .events = POLLIN}};
	while (!(waits[0].revents & POLLIN)) {
		if (poll(waits, 2, -1) < 0) {
			gi_assert(errno == EINTR);
			waits[0].revents = 0;
			waits[1].revents = 0;
		}
		if (waits[1].revents && is_signalled(signal_fd, 0)) {
			gi_log(system, GATIO_LOG_NOTICE, "stopping: draining for up to %llu s",
			       (unsigned long long)(system->options.drain_ns / 1000000000));
			gatio_system_stop(system, 0);
			waits[1].fd = -1; /* the next one is for the drain */
		}
	}
	/* Only now has whoever raised it left it alone: it may be closed. */
	uint64_t value;
	ssize_t got = read(system->stop_fd, &value, sizeof(value));
	gi_assert(got == sizeof(value));
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
		system->signals_are_blocked = false;
	}
}

/* Without a descriptor for them signals do what they do elsewhere. */
static int open_signals(struct gatio_system *system)
{
	sigset_t signals = stop_signals();
	int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0) {
		gi_log(system, GATIO_LOG_WARNING, "SIGTERM and SIGINT will not drain: %s",
		       strerror(errno));
		gi_signals_restore(system);
	}
	return signal_fd;
}

int gatio_system_run(struct gatio_system *system)
{
	int signal_fd = open_signals(system);
	wait_for_stop(system, signal_fd);
	drain(system, signal_fd);
	gi_system_stop_drivers(system);
	while (is_signalled(signal_fd, 0)) {
		/* Another signal has nothing left to end; unblocked it would end the process. */
	}
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
	struct gi_spawner spawner = {.behavior = root->behavior};
	int err = gi_place_choose(system, &spawner, &anywhere, &driver);
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
