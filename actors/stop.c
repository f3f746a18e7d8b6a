/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a stop. */
#include "actors/stop.h"
#include "actors/calls.h"
#include "actors/drain.h"
#include "actors/executor.h"
#include "actors/log.h"
#include "actors/message.h"
#include "actors/signals.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

#define LOOK_MS      5
#define QUIET_ROUNDS 2
/* How long a handler may still run when everything is to be cut, and when a second signal came. */
#define STUCK_NS         GATIO_SECONDS(1)
#define STUCK_HURRIED_NS GATIO_MS(100)
/* And how long many handlers may run in one turn, each in time. */
#define LONG_TURN_NS         GATIO_SECONDS(5)
#define LONG_TURN_HURRIED_NS GATIO_SECONDS(1)
/* For sockets to close. */
#define CLOSE_NS GATIO_SECONDS(5)

/* The steps, in this order; see stop.h. DRAIN and LAST may be left out. */
enum step {
	STEP_NONE = 0,
	STEP_DRAIN,
	STEP_LAST,
	STEP_CUT,
	STEP_END,
};

/* A broadcast for each step: one that a stuck driver has not heard yet must stay where it is. */
struct stop {
	struct gatio_system *system;
	enum step step; /* that has begun */
	uint64_t deadline_ns;
	int signals_fd;
	bool may_end_process;
	struct gi_broadcast drain;
	struct gi_broadcast last;
	struct gi_broadcast look;
	struct gi_broadcast cut;
	struct gi_broadcast end;
	/* What a look adds up. */
	_Atomic uint32_t busy_count;
	_Atomic uint64_t message_count; /* in and out */
};

void gi_stop_wait(struct gatio_system *system, int signals_fd)
{
	struct pollfd waits[2] = {{.fd = system->stop_fd, .events = POLLIN},
	                          {.fd = signals_fd, .events = POLLIN}};
	while (!(waits[0].revents & POLLIN)) {
		int ready = system->executor->poll(system, waits, 2, -1);
		gi_assert(ready >= 0);
		if (waits[1].revents & POLLIN) {
			gi_signals_take(signals_fd);
		}
	}
	/* Only now has whoever raised it left it alone: it may be closed. */
	gi_kernel_signal_take(system->stop_fd);
	if (gi_signals_count(system) == 0) {
		return;
	}
	if (system->options.drain_ns == GI_NEVER_NS) {
		gi_log(system, GATIO_LOG_NOTICE, "stopping: draining, without a deadline");
	} else {
		gi_log(system, GATIO_LOG_NOTICE, "stopping: draining for up to %llu s",
		       (unsigned long long)(system->options.drain_ns / GATIO_SECONDS(1)));
	}
}

/* A driver says something, a signal comes, or a little time passes. */
static void wait_a_little(struct stop *stop)
{
	struct gatio_system *system = stop->system;
	struct pollfd waits[2] = {{.fd = system->call_fd, .events = POLLIN},
	                          {.fd = stop->signals_fd, .events = POLLIN}};
	int ready = system->executor->poll(system, waits, 2, LOOK_MS);
	gi_assert(ready >= 0);
	if (waits[0].revents & POLLIN) {
		gi_kernel_signal_take(system->call_fd);
	}
	if (waits[1].revents & POLLIN) {
		gi_signals_take(stop->signals_fd);
	}
}

static void begin_step(struct stop *stop, enum step step)
{
	gi_assert(stop->step < step);
	gi_assert(stop->system->is_running);
	gi_assert(gi_load_acquire(&stop->system->is_stopping));
	stop->step = step;
}

static bool is_hurried(const struct stop *stop)
{
	return gi_signals_count(stop->system) > 1;
}

static bool is_drain_over(const struct stop *stop)
{
	return is_hurried(stop) || gi_kernel_monotonic_ns() >= stop->deadline_ns;
}

/* How much holds up the drain on one driver: only the sum over all means something, see gi_system_hooks. */
static int64_t open_on(const struct gatio_system *system, uint32_t driver_index)
{
	const struct gi_scheduler *scheduler = system->schedulers[driver_index];
	uint64_t sockets =
	        system->hooks.open_count ? system->hooks.open_count(system, driver_index) : 0;
	return (int64_t)(sockets +
	                 gi_load_relaxed(&scheduler->counters.draining)); /* looked at again */
}

static bool is_anything_open(const struct gatio_system *system)
{
	int64_t count = 0;
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		count += open_on(system, i);
	}
	return count > 0;
}

/* ---- DRAIN ----------------------------------------------------------------------------------------------------------- */

static void drain_scheduler(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct stop *stop = argument;
	if (scheduler->system->hooks.drain) {
		scheduler->system->hooks.drain(scheduler, stop->deadline_ns);
	}
	gi_scheduler_drain_actors(scheduler, stop->deadline_ns);
}

/* false: the deadline came first. */
static bool drain(struct stop *stop)
{
	struct gi_call call = {.run = drain_scheduler, .argument = stop};
	begin_step(stop, STEP_DRAIN);
	gi_broadcast_begin(&stop->drain, stop->system, &call);
	while (!gi_broadcast_has_returned(&stop->drain) || is_anything_open(stop->system)) {
		if (is_drain_over(stop)) {
			return false;
		}
		wait_a_little(stop);
	}
	return true;
}

/* ---- LAST ------------------------------------------------------------------------------------------------------------ */

static void close_scheduler(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	gi_assert(!scheduler->is_closed);
	gi_assert(!scheduler->is_cut);
	gi_scheduler_close(scheduler);
}

/* What this driver has done, as it knows it. */
static void look_at_scheduler(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct stop *stop = argument;
	const struct gi_driver *driver = scheduler->driver;
	bool is_busy = gi_work_is_waiting(&driver->ready) || driver->dirty;
	/* Relaxed: all are read after all have returned. */
	gi_fetch_add_relaxed(&stop->busy_count, is_busy);
	gi_fetch_add_relaxed(&stop->message_count, gi_load_relaxed(&driver->counters.messages_in));
	gi_fetch_add_relaxed(&stop->message_count, gi_load_relaxed(&driver->counters.messages_out));
}

/* false: the deadline came first. */
static bool ask_all(struct stop *stop, struct gi_broadcast *broadcast, const struct gi_call *call)
{
	gi_broadcast_begin(broadcast, stop->system, call);
	while (!gi_broadcast_has_returned(broadcast)) {
		if (is_drain_over(stop)) {
			return false;
		}
		wait_a_little(stop);
	}
	return true;
}

/*
 * Nothing new is sent, so what was sent becomes less with each round: until nobody has been busy and nothing but our own
 * calls has come or gone for some rounds. A message that one round misses, because a driver looked at our mailbox
 * before that one, is seen in the next. false: the deadline came first.
 */
static bool handle_last(struct stop *stop)
{
	struct gi_call close = {.run = close_scheduler};
	begin_step(stop, STEP_LAST);
	if (!ask_all(stop, &stop->last, &close)) {
		return false;
	}
	struct gi_call look = {.run = look_at_scheduler, .argument = stop};
	uint64_t seen_count = 0;
	uint32_t quiet_rounds = 0;
	while (quiet_rounds < QUIET_ROUNDS && !is_drain_over(stop)) {
		gi_store_relaxed(&stop->busy_count, 0); /* the call orders it */
		gi_store_relaxed(&stop->message_count, 0);
		if (!ask_all(stop, &stop->look, &look)) {
			return false;
		}
		uint64_t message_count = gi_load_acquire(&stop->message_count);
		bool is_busy = gi_load_acquire(&stop->busy_count) > 0 ||
		               message_count != seen_count + stop->system->plan->driver_count;
		seen_count = message_count;
		quiet_rounds = is_busy ? 0 : quiet_rounds + 1;
		if (is_busy) {
			wait_a_little(stop);
		}
	}
	return quiet_rounds == QUIET_ROUNDS;
}

/* ---- CUT ------------------------------------------------------------------------------------------------------------- */

static void cut_scheduler(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	gi_assert(!gi_load_acquire(&scheduler->has_cut));
	gi_store_relaxed(&scheduler->is_to_cut, 0); /* it is at it */
	if (scheduler->system->hooks.cut) {
		scheduler->system->hooks.cut(scheduler);
	}
	gi_scheduler_close(scheduler);
	scheduler->is_cut = true;
	gi_scheduler_end_all(scheduler, -ESHUTDOWN);
	gi_assert(scheduler->alive_count == 0); /* none of them could make another one */
	gi_store_release(&scheduler->has_cut, 1);
}

/* Has what is watched been the same for so long? */
static bool stands_still(struct gi_stop_watch *watch, uint64_t value, uint64_t limit_ns)
{
	uint64_t now_ns = gi_kernel_monotonic_ns();
	if (value != watch->value || watch->since_ns == 0) {
		*watch = (struct gi_stop_watch){.value = value, .since_ns = now_ns};
		return false;
	}
	return now_ns - watch->since_ns >= limit_ns;
}

static uint64_t handler_limit_ns(const struct stop *stop)
{
	return is_hurried(stop) ? STUCK_HURRIED_NS : STUCK_NS;
}

/* One handler has been running on this driver since longer than it may. */
static bool handler_is_stuck(struct stop *stop, struct gi_scheduler *scheduler)
{
	/* Relaxed: it is looked at again; a stale value only delays the verdict. */
	uint64_t sequence = gi_load_relaxed(&scheduler->driver->running.sequence);
	return stands_still(&scheduler->stop_handler, sequence, handler_limit_ns(stop));
}

/* So many handlers run in its turn, each in time, that it does not come to cut. */
static bool turn_is_stuck(struct stop *stop, struct gi_scheduler *scheduler)
{
	uint64_t limit_ns = is_hurried(stop) ? LONG_TURN_HURRIED_NS : LONG_TURN_NS;
	/* Relaxed: the same. */
	uint64_t turns = gi_load_relaxed(&scheduler->driver->counters.turns);
	return stands_still(&scheduler->stop_turn, turns, limit_ns) &&
	       gi_load_relaxed(&scheduler->is_to_cut);
}

static bool is_stuck(struct stop *stop, struct gi_scheduler *scheduler)
{
	bool handler = handler_is_stuck(stop, scheduler);
	bool turn = turn_is_stuck(stop, scheduler);
	bool is_running = gi_load_relaxed(&scheduler->driver->running.name); /* the same */
	return is_running && (handler || turn);
}

/* A driver that is stuck, when all others are as well, or have cut and closed what they had; else NULL. */
static struct gi_scheduler *find_stuck(struct stop *stop)
{
	struct gatio_system *system = stop->system;
	struct gi_scheduler *stuck = NULL;
	int64_t open_count = 0;
	bool is_last = true;
	/* Also behind one that is not: its time counts from the first look. */
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		struct gi_scheduler *scheduler = system->schedulers[i];
		if (gi_load_acquire(&scheduler->has_cut)) {
			open_count += open_on(system, i);
		} else if (is_stuck(stop, scheduler)) {
			stuck = scheduler;
		} else {
			is_last = false;
		}
	}
	return is_last && open_count <= 0 ? stuck : NULL;
}

/* It will not end by itself: say who it is, and end the process if that is promised. */
static void report_stuck(struct stop *stop, const struct gi_scheduler *scheduler)
{
	const struct gi_driver_running *running = &scheduler->driver->running;
	/* Relaxed: for the report only. */
	const char *name = gi_load_relaxed(&running->name);
	uint64_t now_ns = gi_kernel_monotonic_ns();
	uint64_t handler_ns = now_ns - scheduler->stop_handler.since_ns;
	uint64_t turn_ns = now_ns - scheduler->stop_turn.since_ns;
	bool is_handler = handler_ns >= handler_limit_ns(stop);
	gi_log(stop->system, GATIO_LOG_ERROR,
	       "driver %u: actor %s (address %016llx) %s for more than %llu ms in the stop; %s",
	       scheduler->index, name ? name : "?",
	       (unsigned long long)gi_load_relaxed(&running->address),
	       is_handler ? "has not returned from its handler"
	                  : "and those before it have run without a pause",
	       (unsigned long long)((is_handler ? handler_ns : turn_ns) / GATIO_MS(1)),
	       stop->may_end_process ? "the process ends with status 70" : "waiting for it");
	if (stop->may_end_process) {
		gi_kernel_exit(GATIO_STATUS_STUCK);
	}
}

static void wait_for_sockets(struct stop *stop)
{
	uint64_t until_ns = gi_time_add_ns(gi_kernel_monotonic_ns(), CLOSE_NS);
	while (is_anything_open(stop->system) && gi_kernel_monotonic_ns() < until_ns) {
		wait_a_little(stop);
	}
	if (is_anything_open(stop->system)) {
		gi_log(stop->system, GATIO_LOG_WARNING,
		       "some connections did not close in time; their peers see a reset");
	}
}

static void cut(struct stop *stop)
{
	struct gi_call call = {.run = cut_scheduler};
	begin_step(stop, STEP_CUT);
	for (uint32_t i = 0; i < stop->system->plan->driver_count; i++) {
		gi_store_relaxed(&stop->system->schedulers[i]->is_to_cut, 1); /* a hint */
	}
	gi_broadcast_begin(&stop->cut, stop->system, &call);
	bool is_reported = false;
	while (!gi_broadcast_has_returned(&stop->cut)) {
		struct gi_scheduler *stuck = is_reported ? NULL : find_stuck(stop);
		if (stuck) {
			report_stuck(stop, stuck);
			is_reported = true;
		}
		wait_a_little(stop);
	}
	wait_for_sockets(stop);
}

/* ---- END ------------------------------------------------------------------------------------------------------------- */

static void end_scheduler(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)argument;
	(void)value;
	gi_assert(scheduler->is_cut);
	gi_assert(scheduler->alive_count == 0); /* cut has ended them, and none can come */
	gi_driver_stop(scheduler->driver);
}

/*
 * The drivers have ended, after each had heard all that was said to it: nothing is on its way any more, so what one adds
 * and another subtracts has come out even.
 */
static void check_sums(const struct gatio_system *system)
{
	uint32_t count = system->plan->driver_count;
	uint64_t draining = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct gi_scheduler *scheduler = system->schedulers[i];
		gi_assert(scheduler->alive_count == 0);
		gi_assert(scheduler->early.queue_count == 0);
		draining +=
		        gi_load_relaxed(&scheduler->counters.draining); /* its thread has ended */
		for (uint32_t k = 0; k < count; k++) {
			/* Relaxed: so has the other's. */
			gi_assert(
			        scheduler->credits[k].sent_count ==
			        gi_load_relaxed(&system->schedulers[k]->credits[i].arrived_count));
		}
	}
	gi_assert(draining == 0);
	for (uint32_t number = 0; number < GI_CENSUS_COUNT; number++) {
		uint32_t alive = 0;
		for (uint32_t i = 0; i < count; i++) {
			/* Relaxed: see struct gi_census. */
			alive += gi_load_relaxed(&system->schedulers[i]->census.counts[number]);
		}
		gi_assert(alive == 0);
	}
}

static void end(struct stop *stop)
{
	struct gatio_system *system = stop->system;
	struct gi_call call = {.run = end_scheduler};
	begin_step(stop, STEP_END);
	gi_broadcast_begin(&stop->end, system, &call);
	while (!gi_broadcast_has_returned(&stop->end)) {
		wait_a_little(stop);
	}
	gi_watchdog_stop(system->watchdog);
	system->watchdog = NULL;
	system->executor->join(system);
	check_sums(system);
	system->is_running = false;
	system->started_count = 0;
}

void gi_stop_drained(struct gatio_system *system, int signals_fd)
{
	struct stop stop = {
	        .system = system,
	        .deadline_ns = gi_time_add_ns(gi_kernel_monotonic_ns(), system->options.drain_ns),
	        .signals_fd = signals_fd,
	        .may_end_process = true};
	/* Not by the clock: it may pass the deadline when nothing is left. */
	bool is_complete = drain(&stop) && handle_last(&stop);
	if (!is_complete && is_hurried(&stop)) {
		gi_log(system, GATIO_LOG_NOTICE, "second signal: what is left is cut");
	} else if (!is_complete) {
		gi_log(system, GATIO_LOG_WARNING,
		       "the drain deadline has passed: what is left is cut");
	}
	cut(&stop);
	end(&stop);
}

void gi_stop_at_once(struct gatio_system *system)
{
	gatio_system_stop(system, 0);
	struct stop stop = {.system = system, .signals_fd = -1};
	cut(&stop);
	end(&stop);
}
