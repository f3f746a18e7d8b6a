/* SPDX-License-Identifier: Apache-2.0 */
/* actors/stop.c and signals.c, with threads: who holds up a stop, and who does not. */
#include "tests/actors/log.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/calls.h"
#include "actors/system.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

GATIO_MESSAGE(throw_on, { uint64_t left; });
GATIO_MESSAGE(partner, { struct gatio_address address; });
GATIO_MESSAGE(beat, {});
GATIO_MESSAGE(question, {});
GATIO_MESSAGE(verdict, {});
GATIO_MESSAGE(work_long, { uint64_t ns; });
/* The same through the inbox: too large for a slot. */
GATIO_MESSAGE(work_wide, {
	uint64_t ns;
	unsigned char filler[64];
});

static struct {
	_Atomic uint32_t handled_count; /* balls without a next */
	_Atomic uint32_t ended_count;
	_Atomic uint32_t answered_count;
	_Atomic uint32_t refused_count; /* sends that returned -ESHUTDOWN */
	_Atomic uint32_t worked_count;  /* long ones */
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

static void work(struct gate *gate, uint64_t ns)
{
	gi_fetch_add_acq_rel(&seen.worked_count, 1);
	gate_open(gate);
	struct timespec until = {.tv_sec = (time_t)(ns / GATIO_SECONDS(1)),
	                         .tv_nsec = (long)(ns % GATIO_SECONDS(1))};
	while (nanosleep(&until, &until) < 0) { /* the watchdog may interrupt it */
	}
}

static void on_work_long(struct thrower *self, const struct work_long *long_one)
{
	work(self->gate, long_one->ns);
}

static void on_work_wide(struct thrower *self, const struct work_wide *wide_one)
{
	work(self->gate, wide_one->ns);
}

static void on_thrower_ended(struct thrower *self, int reason)
{
	(void)self;
	gi_store_release(&seen.last_reason, reason);
	gi_fetch_add_acq_rel(&seen.ended_count, 1);
}

GATIO_BEHAVIOR(thrower, on(partner, on_partner), on(throw_on, on_ball), on(beat, on_tick),
               on(question, on_question), on(work_long, on_work_long), on(work_wide, on_work_wide),
               ended(on_thrower_ended));

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

/* Many short ones wait, that are long together: where they lie, or in the inbox. */
static void cut_waits_for_one_handler(void)
{
	enum { MESSAGES = 64 };
	for (uint32_t is_wide = 0; is_wide < 2; is_wide++) {
		open_system((struct gatio_options){.drain_ns = 1});
		for (uint32_t i = 0; i < MESSAGES; i++) {
			int err = is_wide ? gatio_outside_send(outside, players[1], work_wide,
			                                       .ns = GATIO_MS(30))
			                  : gatio_outside_send(outside, players[1], work_long,
			                                       .ns = GATIO_MS(30));
			CU_ASSERT_EQUAL(err, 0);
		}
		CU_ASSERT_TRUE(gate_pass(gate, 1));
		gatio_system_stop(system_now, 0);
		CU_ASSERT_EQUAL(run_system(), 0);
		CU_ASSERT_TRUE(load(&seen.worked_count) < MESSAGES);
		CU_ASSERT_EQUAL(load(&seen.ended_count), 2);
	}
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

static const CU_TestInfo tests[] = {
        {"what was sent is handled once", what_was_sent_is_handled_once},
        {"players do not hold it up", players_do_not_hold_it_up},
        {"timers do not hold it up", timers_do_not_hold_it_up},
        {"who drains is waited for", who_drains_is_waited_for},
        {"deadline cuts who drains too long", deadline_cuts_who_drains_too_long},
        {"cut waits for one handler", cut_waits_for_one_handler},
        {"second signal cuts who drains", second_signal_cuts_who_drains},
        {"destroy waits for a long handler", destroy_waits_for_a_long_handler},
        {"one signal stops all systems", one_signal_stops_all_systems},
        CU_TEST_INFO_NULL,
};

static const struct suite stop_suite = {"stop", tests};
extern const struct suite signals_suite;
extern const struct suite stuck_suite;
/* Children first: while this process has one thread. */
const struct suite *const suites[] = {&signals_suite, &stuck_suite, &stop_suite, NULL};
