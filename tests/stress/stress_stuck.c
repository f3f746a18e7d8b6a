/* SPDX-License-Identifier: Apache-2.0 */
/* actors/stop.c, in children: handlers that do not let a system stop. */
#include "tests/support/child.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include <gatio/gatio.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

GATIO_MESSAGE(work_long, { uint64_t ns; });
/* Through the inbox: too large for a slot. */
GATIO_MESSAGE(work_wide, {
	uint64_t ns;
	unsigned char filler[64];
});

struct sleeper {
	struct gate *gate;
};

static void work(struct gate *gate, uint64_t ns)
{
	gate_open(gate);
	struct timespec until = {.tv_sec = (time_t)(ns / GATIO_SECONDS(1)),
	                         .tv_nsec = (long)(ns % GATIO_SECONDS(1))};
	while (nanosleep(&until, &until) < 0) { /* the watchdog may interrupt it */
	}
}

static void on_work_long(struct sleeper *self, const struct work_long *long_one)
{
	work(self->gate, long_one->ns);
}

static void on_work_wide(struct sleeper *self, const struct work_wide *wide_one)
{
	work(self->gate, wide_one->ns);
}

GATIO_BEHAVIOR(sleeper, on(work_long, on_work_long), on(work_wide, on_work_wide),
               priority(GATIO_URGENT));

static void log_to_child(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

static struct gate *gate;
static struct gatio_system *system_now;
static struct gatio_outside *outside;
static struct gatio_address stuck;

struct witness {
	int unused;
};

static void on_witness_ended(struct witness *self, int reason)
{
	(void)self;
	fprintf(stderr, "witness ended with %d\n", reason);
}

GATIO_BEHAVIOR(witness, ended(on_witness_ended));

static void open_child(uint64_t drain_ns)
{
	struct gatio_options options = {
	        .driver_count = 2, .drain_ns = drain_ns, .log = log_to_child};
	gate = gate_create();
	if (gatio_system_create(&system_now, &options) ||
	    gatio_outside_open(&outside, system_now)) {
		_exit(1);
	}
	gatio_system_spawn(system_now, GATIO_ON_DRIVER(0), witness, 0);
	stuck = gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), sleeper, .gate = gate);
}

/* Driver 1 is in a handler that does not return, driver 0 has a witness. */
static void open_stuck(uint64_t drain_ns)
{
	open_child(drain_ns);
	gatio_outside_send(outside, stuck, work_long, .ns = GATIO_SECONDS(100000));
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
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "driver 1: actor sleeper"));
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

/* Each is in time, and all run in one turn. */
static void hurry_a_crowd(void)
{
	enum { ACTORS = 32 };
	struct gatio_address crowd[ACTORS];
	open_child(UINT64_MAX);
	for (uint32_t i = 0; i < ACTORS; i++) {
		crowd[i] =
		        gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), sleeper, .gate = gate);
	}
	/* All of them wait when the first begins. */
	gatio_outside_send(outside, stuck, work_long, .ns = GATIO_MS(200));
	gate_pass(gate, 1);
	for (uint32_t i = 0; i < ACTORS; i++) {
		gatio_outside_send(outside, crowd[i], work_wide, .ns = GATIO_MS(70));
	}
	gate_pass(gate, 1);
	raise(SIGTERM);
	raise(SIGINT);
	gatio_system_run(system_now);
}

static void second_signal_waits_for_no_crowd(void)
{
	char text[4096];
	int status = child_run(hurry_a_crowd, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), GATIO_STATUS_STUCK);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "driver 1: actor sleeper"));
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
        {"stuck handler is named at the deadline", stuck_handler_is_named_at_the_deadline},
        {"second signal ends a stuck process", second_signal_ends_a_stuck_process},
        {"call to a stuck driver does not hold it up", call_to_a_stuck_driver_does_not_hold_it_up},
        {"second signal waits for no crowd", second_signal_waits_for_no_crowd},
        {"end in a handler is refused", end_in_a_handler_is_refused},
        CU_TEST_INFO_NULL,
};

extern const struct suite stuck_suite;
const struct suite stuck_suite = {"stuck", tests};
