/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of actors on more drivers than this machine has cores, doing at random what actors can do: send, ask, spawn
 * far away, set and cancel timers, end. Addresses are handed around beyond the life of their actors; foreign threads
 * send too. Ways between drivers are narrow, so that they are full all the time, and sleep has no bound: a lost wake-up
 * hangs, and then the alarm ends the program.
 *
 * Each promise is a sum over all actors: what was sent is what was handled or is dead; each ask has one answer; what was
 * spawned has started and ended once. Sums are added by actors in atomics and read when nothing moves any more.
 */
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/system.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DRIVER_COUNT   4u
#define WORKER_COUNT   2000u
#define STEPS          40u
#define STREAM_COUNT   12u
#define STREAM_LENGTH  3000u
#define FOREIGN_COUNT  2u
#define FOREIGN_SENDS  4000u
#define HANG_SECONDS   400u
#define SETTLE_SECONDS 60

GATIO_MESSAGE(step, { uint32_t left; });
GATIO_MESSAGE(datum, { uint64_t number; });
GATIO_MESSAGE(wide_datum, { unsigned char filler[150]; });
GATIO_MESSAGE(question, { uint64_t number; });
GATIO_MESSAGE(reply_to_question, { uint64_t number; });
GATIO_MESSAGE(ring, { uint64_t generation; });
GATIO_MESSAGE(stream_item, { uint64_t sequence; });
GATIO_MESSAGE(stream_wide_item, {
	uint64_t sequence;
	unsigned char filler[100];
});
GATIO_MESSAGE(pump, {});

/* All of the actors' sums. */
static struct {
	_Atomic uint64_t sent; /* went in, or was refused with -ESRCH, which is a dead letter too */
	_Atomic uint64_t handled;
	_Atomic uint64_t refused; /* -ENOBUFS: the sender keeps it */
	_Atomic uint64_t odd_errors;
	_Atomic uint64_t asked;
	_Atomic uint64_t answered;
	_Atomic uint64_t abandoned; /* asks whose actor ended first */
	_Atomic uint64_t wrong_answers;
	_Atomic uint64_t spawned;
	_Atomic uint64_t started;
	_Atomic uint64_t ended;
	_Atomic uint64_t ended_twice;
	_Atomic uint64_t late_rings; /* after their cancel */
	_Atomic uint64_t out_of_order;
	_Atomic uint64_t streamed;
} sums;

/* Orderings   told   a store releases the address -> a load acquires it   what it was made from is seen */
static _Atomic uint64_t addresses[WORKER_COUNT];
static struct gate *done;

static void add(_Atomic uint64_t *sum)
{
	gi_fetch_add_relaxed(sum, 1); /* read when all threads are joined, or nothing moves */
}

static void count_send(int err)
{
	if (err == 0 || err == -ESRCH) {
		add(&sums.sent);
	} else if (err == -ENOBUFS) {
		add(&sums.refused);
	} else {
		add(&sums.odd_errors);
	}
}

static struct gatio_address random_address(void)
{
	uint64_t index = gatio_random() % WORKER_COUNT;
	return (struct gatio_address){.bits = gi_load_acquire(&addresses[index])}; /* told */
}

static struct gatio_place random_place(void)
{
	switch (gatio_random() % 4) {
	case 0:
		return GATIO_HERE;
	case 1:
		return GATIO_ANYWHERE;
	case 2:
		return GATIO_ON_TPC(0);
	default:
		return GATIO_ON_DRIVER((uint32_t)(gatio_random() % gatio_driver_count()));
	}
}

/* ---- Workers -------------------------------------------------------------------------------------------------------- */

struct worker {
	uint32_t index;
	uint32_t steps;   /* still to do, by it and those who take its place */
	uint32_t waiting; /* asks */
	uint64_t generation;
	struct gatio_timer timer;
	void *memory;
	bool has_ended;
};
GATIO_DECLARE_BEHAVIOR(worker);

static void on_started(struct worker *self)
{
	add(&sums.started);
	gi_store_release(&addresses[self->index], gatio_self().bits); /* told */
	count_send(gatio_send(gatio_self(), step, .left = self->steps));
}

static void on_ended(struct worker *self, int reason)
{
	(void)reason;
	add(&sums.ended);
	if (self->has_ended) {
		add(&sums.ended_twice);
	}
	self->has_ended = true;
	gi_fetch_add_relaxed(&sums.abandoned, self->waiting);
}

static void on_datum(struct worker *self, const struct datum *datum)
{
	(void)self;
	(void)datum;
	add(&sums.handled);
}

static void on_wide_datum(struct worker *self, const struct wide_datum *datum)
{
	(void)self;
	(void)datum;
	add(&sums.handled);
}

static void on_question(struct worker *self, const struct question *question)
{
	(void)self;
	add(&sums.handled);
	count_send(gatio_reply(reply_to_question, .number = question->number + 1));
}

static void on_reply(struct worker *self, const struct reply_to_question *reply, int err)
{
	self->waiting--;
	add(&sums.answered);
	if (err == 0) {
		add(&sums.handled);
		if (reply->number != gatio_tag() + 1) {
			add(&sums.wrong_answers);
		}
	} else if (err != -ESRCH && err != -ETIMEDOUT) {
		add(&sums.odd_errors);
	}
}

GATIO_ANSWER(worker, reply_to_question, on_reply);

static void ask_somebody(struct worker *self)
{
	uint64_t number = gatio_random();
	uint64_t deadline_ns = gatio_random() % 8 == 0 ? GATIO_US(100) : GATIO_SECONDS(30);
	int err = gatio_ask_tagged(number, random_address(), on_reply, deadline_ns, question,
	                           .number = number);
	count_send(err);
	if (err == 0) {
		self->waiting++;
		add(&sums.asked);
	}
}

static void set_timer(struct worker *self)
{
	gatio_timer_cancel(self->timer);
	self->generation++;
	self->timer = gatio_random() % 2 ? gatio_every(GATIO_MS(1), ring, self->generation)
	                                 : gatio_after(GATIO_MS(1), ring, self->generation);
}

static void on_ring(struct worker *self, const struct ring *ring)
{
	if (ring->generation != self->generation) {
		add(&sums.late_rings);
	}
}

static void use_memory(struct worker *self)
{
	self->memory = gatio_realloc(self->memory, gatio_random() % 3000);
	(void)gatio_alloc(gatio_random() % 300); /* goes with the actor */
}

/* Another one takes over; from here on this address is stale. */
static void hand_over(struct worker *self, uint32_t steps)
{
	struct gatio_address next =
	        gatio_spawn_at(random_place(), worker, .index = self->index, .steps = steps);
	if (gatio_address_error(next)) {
		add(&sums.odd_errors);
		gate_open(done);
	} else {
		add(&sums.spawned);
		/* At once: others may reach it before it has arrived. */
		gi_store_release(&addresses[self->index], next.bits); /* told */
		count_send(gatio_send(next, datum, .number = 1));
	}
	gatio_exit(0);
}

static void on_step(struct worker *self, const struct step *step)
{
	add(&sums.handled);
	if (step->left == 0) {
		gatio_timer_cancel(self->timer);
		gate_open(done);
		return;
	}
	switch (gatio_random() % 8) {
	case 0:
		ask_somebody(self);
		break;
	case 1:
		set_timer(self);
		break;
	case 2:
		use_memory(self);
		break;
	case 3:
		if (gatio_random() % 4 == 0) {
			hand_over(self, step->left - 1);
			return;
		}
		break;
	case 4:
		count_send(gatio_send(random_address(), wide_datum, {0}));
		break;
	default:
		count_send(gatio_send(random_address(), datum, .number = 1));
	}
	count_send(gatio_send(gatio_self(), step, .left = step->left - 1));
}

GATIO_BEHAVIOR(worker, started(on_started), ended(on_ended), on(datum, on_datum),
               on(wide_datum, on_wide_datum), on(question, on_question), on(step, on_step),
               on(ring, on_ring));

/* ---- Streams: each number once and in order, whatever the way is like --------------------------------------------------- */

struct drain_end {
	uint64_t next;
};

static void take_item(struct drain_end *self, uint64_t sequence)
{
	add(&sums.handled);
	if (sequence != self->next) {
		add(&sums.out_of_order);
	}
	self->next = sequence + 1;
	if (self->next == STREAM_LENGTH) {
		gate_open(done);
	}
}

static void on_stream_item(struct drain_end *self, const struct stream_item *item)
{
	take_item(self, item->sequence);
}

static void on_stream_wide_item(struct drain_end *self, const struct stream_wide_item *item)
{
	take_item(self, item->sequence);
}

GATIO_BEHAVIOR(drain_end, on(stream_item, on_stream_item),
               on(stream_wide_item, on_stream_wide_item));

struct source_end {
	struct gatio_address to;
	uint64_t next;
};

static void on_source_started(struct source_end *self)
{
	(void)self;
	count_send(gatio_send(gatio_self(), pump));
}

/* Until the way is full, then again when its turn comes. */
static void on_pump(struct source_end *self, const struct pump *pump)
{
	(void)pump;
	add(&sums.handled);
	int err = 0;
	while (err == 0 && self->next < STREAM_LENGTH) {
		err = self->next % 5 == 0
		              ? gatio_send(self->to, stream_wide_item, .sequence = self->next,
		                           .filler = {0})
		              : gatio_send(self->to, stream_item, .sequence = self->next);
		count_send(err);
		self->next += err == 0;
	}
	if (self->next < STREAM_LENGTH) {
		count_send(gatio_send(gatio_self(), pump));
	}
}

GATIO_BEHAVIOR(source_end, started(on_source_started), on(pump, on_pump));

/* ---- Foreign threads ------------------------------------------------------------------------------------------------- */

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
		add(&sums.odd_errors);
		return NULL;
	}
	uint64_t chance = foreigner->seed;
	for (uint32_t i = 0; i < FOREIGN_SENDS; i++) {
		chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407u;
		uint64_t bits =
		        gi_load_acquire(&addresses[(chance >> 33) % WORKER_COUNT]); /* told */
		struct gatio_address to = {.bits = bits};
		int err = i % 4 == 0 ? gatio_outside_send(outside, to, wide_datum, {0})
		                     : gatio_outside_send(outside, to, datum, .number = i);
		count_send(err);
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

static void start_streams(struct gatio_system *system)
{
	for (uint32_t i = 0; i < STREAM_COUNT; i++) {
		struct gatio_address to = gatio_system_spawn(
		        system, GATIO_ON_DRIVER(i % DRIVER_COUNT), drain_end, .next = 0);
		gatio_system_spawn(system, GATIO_ON_DRIVER(i / DRIVER_COUNT), source_end, .to = to);
	}
}

static void start_workers(struct gatio_system *system, uint32_t steps)
{
	for (uint32_t i = 0; i < WORKER_COUNT; i++) {
		struct gatio_address address = gatio_system_spawn(system, GATIO_ANYWHERE, worker,
		                                                  .index = i, .steps = steps);
		CU_ASSERT_EQUAL(gatio_address_error(address), 0);
		add(&sums.spawned);
	}
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
	memset(&sums, 0, sizeof(sums));
	done = gate_create();
	struct gatio_system *system = create(DRIVER_COUNT, UINT64_MAX);
	start_workers(system, STEPS);
	start_streams(system);
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
	CU_ASSERT_TRUE(gate_pass(done, WORKER_COUNT + STREAM_COUNT));
	check_sums(system);
	gatio_system_destroy(system);
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.ended), gi_load_acquire(&sums.started));
	CU_ASSERT_EQUAL(gi_load_acquire(&sums.asked),
	                gi_load_acquire(&sums.answered) + gi_load_acquire(&sums.abandoned));
	gate_destroy(done);
}

/* Systems end in the middle of it all. */
static void systems_end_amid_traffic(void)
{
	done = gate_create();
	for (uint32_t i = 0; i < 12; i++) {
		memset(&sums, 0, sizeof(sums));
		memset(addresses, 0, sizeof(addresses));
		struct gatio_system *system = create(1 + i % DRIVER_COUNT, UINT64_MAX);
		start_workers(system, 100000);
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
	gate_destroy(done);
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
