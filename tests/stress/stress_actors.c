/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of actors on more drivers than this machine has cores, doing at random what actors can do: send, ask, spawn
 * far away, set and cancel timers, end. Addresses are handed around beyond the life of their actors; threads outside
 * send too. Ways between drivers are narrow, so that they are full all the time, and sleep has no bound: a lost wake-up
 * hangs, and then the alarm ends the program.
 *
 * Each promise is a sum over all actors: what was sent is what was handled or is dead; each ask has one answer; what was
 * spawned has started and ended once. Sums are added by actors in atomics and read when nothing moves any more.
 */
#include "tests/stress/crowd.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FOREIGN_COUNT  2u
#define FOREIGN_SENDS  4000u
#define STEPS          40u
#define HANG_SECONDS   400u
#define SETTLE_SECONDS 60

/* ---- Threads outside ------------------------------------------------------------------------------------------------- */

struct foreigner {
	pthread_t thread;
	struct gatio_system *system;
	uint64_t seed;
};

static void *foreign_main(void *argument)
{
	struct foreigner *foreigner = argument;
	struct gatio_outside *outside = NULL;
	if (gatio_outside_open(&outside, foreigner->system)) {
		crowd_count_send(-EIO);
		return NULL;
	}
	uint64_t chance = foreigner->seed;
	for (uint32_t i = 0; i < FOREIGN_SENDS; i++) {
		chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407u;
		uint64_t bits =
		        gi_load_acquire(&crowd_addresses[(chance >> 33) % WORKER_COUNT]); /* told */
		struct gatio_address to = {.bits = bits};
		int err = i % 4 == 0 ? gatio_outside_send(outside, to, wide_datum, {0})
		                     : gatio_outside_send(outside, to, datum, .number = i);
		crowd_count_send(err);
	}
	gatio_outside_close(outside);
	return NULL;
}

/* ---- The tests ------------------------------------------------------------------------------------------------------- */

static void on_hang(int signal)
{
	(void)signal;
	static const char text[] = "stress_actors: hangs: a wake-up was lost, or an answer\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(written < 0 ? 3 : 1);
}

static struct gatio_system *create(uint32_t driver_count, uint64_t sleep_ns)
{
	struct gatio_options options = {
	        .driver_count = driver_count,
	        .tpcs = "one",
	        .mailbox_slots = 16,
	        .outbox_count_max = 64,
	        .budget = 8,
	        .sleep_ns = sleep_ns,
	        .watchdog_ns = GATIO_SECONDS(60),
	        .log = gatio_log_stderr,
	};
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	return system;
}

static uint64_t dead_letters(struct gatio_system *system)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < gatio_system_driver_count(system); i++) {
		struct gatio_counters counters;
		if (gatio_system_counters(system, i, &counters) == 0) {
			count += counters.dead_letters;
		}
	}
	return count;
}

/* Until everything sent has been handled, or is dead. */
static bool settles(struct gatio_system *system)
{
	struct timespec pause = {.tv_nsec = 2000000};
	time_t until = time(NULL) + SETTLE_SECONDS;
	while (time(NULL) < until) {
		if (gi_load_acquire(&sums.sent) ==
		    gi_load_acquire(&sums.handled) + dead_letters(system)) {
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

static void check_sums(struct gatio_system *system)
{
	CU_ASSERT_TRUE(settles(system));
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.sent),
	                gi_load_acquire(&sums.handled) + dead_letters(system));
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.odd_errors), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.out_of_order), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.late_rings), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.ended_twice), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.wrong_answers), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.spawned), gi_load_acquire(&sums.started));
	/* All of it has happened. */
	CU_ASSERT(gi_load_acquire(&sums.asked) > WORKER_COUNT);
	CU_ASSERT(gi_load_acquire(&sums.ended) > WORKER_COUNT / 4);
	CU_ASSERT(gi_load_acquire(&sums.refused) > 0);
	CU_ASSERT(dead_letters(system) > 0);
}

static void everything_is_accounted_for(void)
{
	crowd_forget();
	crowd_done = gate_create();
	struct gatio_system *system = create(DRIVER_COUNT, UINT64_MAX);
	CU_ASSERT_EQUAL(crowd_start_workers(system, STEPS), 0);
	crowd_start_streams(system);
	struct foreigner foreigners[FOREIGN_COUNT];
	for (uint32_t i = 0; i < FOREIGN_COUNT; i++) {
		foreigners[i] = (struct foreigner){.system = system, .seed = i + 1};
		CU_ASSERT_EQUAL_FATAL(
		        pthread_create(&foreigners[i].thread, NULL, foreign_main, &foreigners[i]),
		        0);
	}
	for (uint32_t i = 0; i < FOREIGN_COUNT; i++) {
		pthread_join(foreigners[i].thread, NULL);
	}
	CU_ASSERT_TRUE(gate_pass(crowd_done, WORKER_COUNT + STREAM_COUNT));
	check_sums(system);
	gatio_system_destroy(system);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.ended), gi_load_acquire(&sums.started));
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.asked),
	                gi_load_acquire(&sums.answered) + gi_load_acquire(&sums.abandoned));
	gate_destroy(crowd_done);
}

/* Systems end in the middle of it all. */
static void systems_end_amid_traffic(void)
{
	crowd_done = gate_create();
	for (uint32_t i = 0; i < 12; i++) {
		crowd_forget();
		struct gatio_system *system = create(1 + i % DRIVER_COUNT, UINT64_MAX);
		CU_ASSERT_EQUAL(crowd_start_workers(system, 100000), 0);
		if (i % 3 == 0) {
			gatio_system_stop(system, (int)i);
			CU_ASSERT_EQUAL(gatio_system_run(system), (int)i);
		} else {
			gatio_system_destroy(system);
		}
		/* Some ended before their start, some never came. */
		CU_ASSERT(gi_load_acquire(&sums.ended) >= gi_load_acquire(&sums.started));
		CU_ASSERT(gi_load_acquire(&sums.ended) <= gi_load_acquire(&sums.spawned));
		CU_ASSERT(gi_load_acquire(&sums.ended) >= WORKER_COUNT);
		CU_ASSERT_EQUAL(gi_load_acquire(&sums.ended_twice), 0);
		CU_ASSERT_EQUAL(gi_load_acquire(&sums.late_rings), 0);
	}
	gate_destroy(crowd_done);
}

struct stopper {
	pthread_t thread;
	struct gatio_system *system;
};

static void *stop_main(void *argument)
{
	struct stopper *stopper = argument;
	gatio_system_stop(stopper->system, 77);
	return NULL;
}

static void stop_from_outside_gives_its_status(void)
{
	for (uint32_t i = 0; i < 50; i++) {
		struct stopper stopper = {.system = create(2, UINT64_MAX)};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&stopper.thread, NULL, stop_main, &stopper),
		                      0);
		CU_ASSERT_EQUAL(gatio_system_run(stopper.system), 77);
		pthread_join(stopper.thread, NULL);
	}
}

static void idle_system_sleeps(void)
{
	struct gatio_options options = {.driver_count = 2};
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	struct timespec second = {.tv_sec = 1};
	nanosleep(&second, NULL);
	struct gatio_counters before[2];
	struct gatio_counters after[2];
	struct timespec start;
	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(gatio_system_counters(system, i, &before[i]), 0);
	}
	for (uint32_t i = 0; i < 3; i++) {
		nanosleep(&second, NULL);
	}
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(gatio_system_counters(system, i, &after[i]), 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	uint64_t seconds = (uint64_t)(end.tv_sec - start.tv_sec) + 1;
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t sleeps = after[i].sleeps - before[i].sleeps;
		CU_ASSERT(sleeps >= 1);
		CU_ASSERT(sleeps <= 2 * seconds);
		CU_ASSERT(after[i].turns - before[i].turns <= 3 * sleeps + 3);
		CU_ASSERT_EQUAL(after[i].doorbells, before[i].doorbells);
	}
	gatio_system_destroy(system);
}

const char *suite_skip_reason(void)
{
	/* Before anything else: an end to all waiting. */
	signal(SIGALRM, on_hang);
	alarm(HANG_SECONDS);
	return NULL;
}

static const CU_TestInfo tests[] = {
        {"everything is accounted for", everything_is_accounted_for},
        {"systems end amid traffic", systems_end_amid_traffic},
        {"stop from outside gives its status", stop_from_outside_gives_its_status},
        {"idle system sleeps", idle_system_sleeps},
        CU_TEST_INFO_NULL,
};

static const struct suite actors_suite = {"actors", tests};

const struct suite *const suites[] = {&actors_suite, NULL};
