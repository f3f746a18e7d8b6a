/* SPDX-License-Identifier: Apache-2.0 */
/* actors/stop.c and signals.c, with threads and children: who holds up a stop, and who does not. */
#include "tests/actors/log.h"
#include "tests/support/child.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/calls.h"
#include "actors/system.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

GATIO_MESSAGE(throw_on, { uint64_t left; });
GATIO_MESSAGE(partner, { struct gatio_address address; });
GATIO_MESSAGE(beat, {});
GATIO_MESSAGE(question, {});
GATIO_MESSAGE(verdict, {});
GATIO_MESSAGE(work_long, { uint64_t ns; });

static struct {
	_Atomic uint32_t handled_count; /* balls without a next */
	_Atomic uint32_t ended_count;
	_Atomic uint32_t answered_count;
	_Atomic uint32_t refused_count; /* sends that returned -ESHUTDOWN */
	_Atomic int last_reason;
} seen;

static uint32_t load(_Atomic uint32_t *count)
{
	return gi_load_acquire(count);
}

/* ---- An ordinary actor ------------------------------------------------------------------------------------------------ */

struct thrower {
	struct gatio_address partner;
	struct gate *gate;
};

static void note(int err)
{
	if (err == -ESHUTDOWN) {
		gi_fetch_add_acq_rel(&seen.refused_count, 1);
	}
}

static void on_partner(struct thrower *self, const struct partner *partner)
{
	self->partner = partner->address;
	gate_open(self->gate);
}

static void on_ball(struct thrower *self, const struct throw_on *throw_on)
{
	if (throw_on->left == 0) {
		gi_fetch_add_acq_rel(&seen.handled_count, 1);
		return;
	}
	note(gatio_send(self->partner, throw_on, .left = throw_on->left - 1));
}

static void on_tick(struct thrower *self, const struct beat *beat)
{
	(void)beat;
	note(gatio_send(self->partner, beat, ));
}

static void on_question(struct thrower *self, const struct question *question)
{
	(void)self;
	(void)question;
	gatio_reply(verdict, );
}

static void on_work_long(struct thrower *self, const struct work_long *work)
{
	gate_open(self->gate);
	struct timespec until = {.tv_sec = (time_t)(work->ns / GATIO_SECONDS(1)),
	                         .tv_nsec = (long)(work->ns % GATIO_SECONDS(1))};
	while (nanosleep(&until, &until) < 0) { /* the watchdog may interrupt it */
	}
}

static void on_thrower_ended(struct thrower *self, int reason)
{
	(void)self;
	gi_store_release(&seen.last_reason, reason);
	gi_fetch_add_acq_rel(&seen.ended_count, 1);
}

GATIO_BEHAVIOR(thrower, on(partner, on_partner), on(throw_on, on_ball), on(beat, on_tick),
               on(question, on_question), on(work_long, on_work_long), ended(on_thrower_ended));

/* ---- One that ticks ---------------------------------------------------------------------------------------------------- */

struct metronome {
	struct gatio_address partner;
	struct gate *gate;
};

static void on_metronome_started(struct metronome *self)
{
	(void)self;
	gatio_every(GATIO_MS(3), beat);
}

static void on_beat(struct metronome *self, const struct beat *beat)
{
	(void)beat;
	note(gatio_send(self->partner, throw_on, .left = 0));
	gate_open(self->gate);
}

GATIO_BEHAVIOR(metronome, started(on_metronome_started), on(beat, on_beat));

/* ---- One that drains --------------------------------------------------------------------------------------------------- */

struct keeper {
	struct gatio_address partner;
	bool never_ends;
};

static void on_reply(struct keeper *self, const struct verdict *verdict, int err)
{
	(void)self;
	(void)verdict;
	gi_fetch_add_acq_rel(&seen.answered_count, err == 0);
	gatio_exit(0);
}
GATIO_ANSWER(keeper, verdict, on_reply);

static void on_draining(struct keeper *self, const struct gatio_draining *draining)
{
	(void)draining;
	if (!self->never_ends) {
		gatio_ask(self->partner, on_reply, GATIO_SECONDS(60), question, );
	}
}

static void on_keeper_ended(struct keeper *self, int reason)
{
	(void)self;
	gi_store_release(&seen.last_reason, reason);
	gi_fetch_add_acq_rel(&seen.ended_count, 1);
}

GATIO_BEHAVIOR(keeper, on(gatio_draining, on_draining), ended(on_keeper_ended));

/* ------------------------------------------------------------------------------------------------------------------------ */

static struct gate *gate;
static struct gatio_system *system_now;
static struct gatio_outside *outside;
static struct gatio_address players[2];

/* Two players on drivers of their own, who know each other. */
static void open_system(struct gatio_options options)
{
	memset(&seen, 0, sizeof(seen));
	log_clear();
	gate = gate_create();
	options.driver_count = 2;
	options.log = log_keep;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system_now, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system_now), 0);
	for (uint32_t i = 0; i < 2; i++) {
		players[i] =
		        gatio_system_spawn(system_now, GATIO_ON_DRIVER(i), thrower, .gate = gate);
	}
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(
		        gatio_outside_send(outside, players[i], partner, .address = players[1 - i]),
		        0);
	}
	CU_ASSERT_TRUE(gate_pass(gate, 2));
}

static int run_system(void)
{
	int status = gatio_system_run(system_now);
	gatio_outside_close(outside);
	gate_destroy(gate);
	return status;
}

static const struct gatio_options endless = {.drain_ns = UINT64_MAX};

static void what_was_sent_is_handled_once(void)
{
	enum { BALLS = 900 };
	open_system(endless);
	for (uint32_t i = 0; i < BALLS; i++) {
		CU_ASSERT_EQUAL(gatio_outside_send(outside, players[0], throw_on, .left = 0), 0);
	}
	gatio_system_stop(system_now, 3);
	CU_ASSERT_EQUAL(run_system(), 3);
	CU_ASSERT_EQUAL(load(&seen.handled_count), BALLS);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 2);
	CU_ASSERT_EQUAL(gi_load_acquire(&seen.last_reason), -ESHUTDOWN);
}

/* Were they waited for, the test would not end. */
static void players_do_not_hold_it_up(void)
{
	open_system(endless);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, players[0], throw_on, .left = UINT64_MAX), 0);
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(run_system(), 0);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 2);
	CU_ASSERT_TRUE(load(&seen.refused_count) > 0);
}

static void timers_do_not_hold_it_up(void)
{
	open_system(endless);
	struct gatio_address address = gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), metronome,
	                                                  .partner = players[0], .gate = gate);
	CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	CU_ASSERT_TRUE(gate_pass(gate, 3));
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(run_system(), 0);
	CU_ASSERT_TRUE(load(&seen.handled_count) >= 3);
}

static void who_drains_is_waited_for(void)
{
	open_system(endless);
	for (uint32_t i = 0; i < 2; i++) {
		/* Its answer comes from the other driver, by messages that are sent in the drain. */
		gatio_system_spawn(system_now, GATIO_ON_DRIVER(i), keeper,
		                   .partner = players[1 - i]);
	}
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(run_system(), 0);
	CU_ASSERT_EQUAL(load(&seen.answered_count), 2);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 4);
}

static void deadline_cuts_who_drains_too_long(void)
{
	open_system((struct gatio_options){.drain_ns = GATIO_MS(50)});
	gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), keeper, .never_ends = true);
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(run_system(), 0);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 3);
	CU_ASSERT_EQUAL(gi_load_acquire(&seen.last_reason), -ESHUTDOWN);
	CU_ASSERT_TRUE(log_has("the drain deadline has passed"));
}

/* Without it the drain would have no end. */
static void second_signal_cuts_who_drains(void)
{
	open_system(endless);
	gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), keeper, .never_ends = true);
	raise(SIGTERM);
	raise(SIGINT);
	CU_ASSERT_EQUAL(run_system(), 0);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 3);
	CU_ASSERT_TRUE(log_has("stopping"));
}

/* A handler of seconds is late, not stuck: it returns within what the end allows. */
static void destroy_waits_for_a_long_handler(void)
{
	open_system(endless);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, players[1], work_long, .ns = GATIO_MS(1500)),
	                0);
	CU_ASSERT_TRUE(gate_pass(gate, 1));
	gatio_system_destroy(system_now);
	CU_ASSERT_EQUAL(load(&seen.ended_count), 2);
	CU_ASSERT_TRUE(log_has("waiting for it"));
	gatio_outside_close(outside);
	gate_destroy(gate);
}

static void *run_in_thread(void *argument)
{
	(void)argument;
	struct gatio_options options = endless;
	options.driver_count = 1;
	struct gatio_system *system = NULL;
	if (gatio_system_create(&system, &options)) {
		return NULL;
	}
	gate_open(gate);
	return gatio_system_run(system) == 0 ? &seen : NULL;
}

/* Else the thread would not end. */
static void one_signal_stops_all_systems(void)
{
	open_system(endless);
	pthread_t other;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, run_in_thread, NULL), 0);
	CU_ASSERT_TRUE(gate_pass(gate, 1));
	kill(getpid(), SIGTERM);
	CU_ASSERT_EQUAL(run_system(), 0);
	void *result = NULL;
	pthread_join(other, &result);
	CU_ASSERT_PTR_EQUAL(result, &seen);
}

/* ---- What ends its process --------------------------------------------------------------------------------------------- */

static void log_to_child(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

struct witness {
	int unused;
};

static void on_witness_ended(struct witness *self, int reason)
{
	(void)self;
	fprintf(stderr, "witness ended with %d\n", reason);
}

GATIO_BEHAVIOR(witness, ended(on_witness_ended));

/* Driver 1 is in a handler that does not return, driver 0 has a witness. */
static void open_stuck(uint64_t drain_ns)
{
	struct gatio_options options = {
	        .driver_count = 2, .drain_ns = drain_ns, .log = log_to_child};
	gate = gate_create();
	if (gatio_system_create(&system_now, &options) ||
	    gatio_outside_open(&outside, system_now)) {
		_exit(1);
	}
	gatio_system_spawn(system_now, GATIO_ON_DRIVER(0), witness, 0);
	players[1] = gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), thrower, .gate = gate);
	gatio_outside_send(outside, players[1], work_long, .ns = GATIO_SECONDS(100000));
	gate_pass(gate, 1);
}

static void stop_stuck(void)
{
	open_stuck(GATIO_MS(50));
	gatio_system_stop(system_now, 0);
	gatio_system_run(system_now);
}

static void hurry_stuck(void)
{
	open_stuck(UINT64_MAX);
	raise(SIGTERM);
	raise(SIGINT);
	gatio_system_run(system_now);
}

static void *spawn_on_stuck(void *argument)
{
	gate_open(gate);
	gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), witness, 0);
	return argument;
}

static void stop_stuck_that_is_called(void)
{
	open_stuck(GATIO_MS(50));
	pthread_t caller;
	if (pthread_create(&caller, NULL, spawn_on_stuck, NULL)) {
		_exit(1);
	}
	pthread_detach(
	        caller); /* it may return when the stop comes first; nobody is there to join it */
	gate_pass(gate, 1);
	gatio_system_stop(system_now, 0);
	gatio_system_run(system_now);
}

static void assert_stuck_ends(void (*run)(void))
{
	char text[4096];
	int status = child_run(run, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), GATIO_STATUS_STUCK);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "witness ended with -108"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "what is left is cut"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "driver 1: actor thrower"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "the process ends with status 70"));
}

static void stuck_handler_is_named_at_the_deadline(void)
{
	assert_stuck_ends(stop_stuck);
}

static void second_signal_ends_a_stuck_process(void)
{
	assert_stuck_ends(hurry_stuck);
}

static void call_to_a_stuck_driver_does_not_hold_it_up(void)
{
	assert_stuck_ends(stop_stuck_that_is_called);
}

struct destroyer {
	bool runs;
};

static void on_destroyer_started(struct destroyer *self)
{
	if (self->runs) {
		gatio_system_run(gatio_current_system());
	} else {
		gatio_system_destroy(gatio_current_system());
	}
}

GATIO_BEHAVIOR(destroyer, started(on_destroyer_started));

static void destroy_in_a_handler(void)
{
	gatio_run(destroyer, 0);
}

static void run_in_a_handler(void)
{
	gatio_run(destroyer, .runs = true);
}

static void end_in_a_handler_is_refused(void)
{
	CHILD_ASSERT_MISUSE(destroy_in_a_handler, "gatio_system_destroy", "gatio_system_stop()");
	CHILD_ASSERT_MISUSE(run_in_a_handler, "gatio_system_run", "handler");
}

static const CU_TestInfo tests[] = {
        /* Children first: while this process has one thread. */
        {"stuck handler is named at the deadline", stuck_handler_is_named_at_the_deadline},
        {"second signal ends a stuck process", second_signal_ends_a_stuck_process},
        {"call to a stuck driver does not hold it up", call_to_a_stuck_driver_does_not_hold_it_up},
        {"end in a handler is refused", end_in_a_handler_is_refused},
        {"what was sent is handled once", what_was_sent_is_handled_once},
        {"players do not hold it up", players_do_not_hold_it_up},
        {"timers do not hold it up", timers_do_not_hold_it_up},
        {"who drains is waited for", who_drains_is_waited_for},
        {"deadline cuts who drains too long", deadline_cuts_who_drains_too_long},
        {"second signal cuts who drains", second_signal_cuts_who_drains},
        {"destroy waits for a long handler", destroy_waits_for_a_long_handler},
        {"one signal stops all systems", one_signal_stops_all_systems},
        CU_TEST_INFO_NULL,
};

static const struct suite stop_suite = {"stop", tests};
extern const struct suite signals_suite;
const struct suite *const suites[] = {&signals_suite, &stop_suite, NULL};
