/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/alarm.c: messages to oneself, later. */
#include "actors/registry.h"
#include "tests/actors/cast.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;

GATIO_MESSAGE(start_alarm, {
	uint64_t delay_ns;
	uint64_t period_ns;
	uint64_t number;
});
GATIO_MESSAGE(stop_alarm, {});
GATIO_MESSAGE(ring, { uint64_t number; });

struct sleeper {
	uint64_t rings[64];
	uint32_t ring_count;
	struct gatio_timer timer;
	struct gatio_address sender; /* of the last ring */
	struct gatio_asker asker;
};

static void on_start_alarm(struct sleeper *self, const struct start_alarm *start)
{
	self->timer = start->period_ns ? gatio_every(start->period_ns, ring, start->number)
	                               : gatio_after(start->delay_ns, ring, start->number);
}

static void on_stop_alarm(struct sleeper *self, const struct stop_alarm *stop)
{
	(void)stop;
	gatio_timer_cancel(self->timer);
}

static void on_ring(struct sleeper *self, const struct ring *ring)
{
	self->rings[self->ring_count++ % 64] = ring->number;
	self->sender = gatio_sender();
	self->asker = gatio_asker();
}

static void on_sleeper_leave(struct sleeper *self, const struct leave *leave)
{
	(void)self;
	gatio_exit(leave->reason);
}

GATIO_BEHAVIOR(sleeper, on(start_alarm, on_start_alarm), on(stop_alarm, on_stop_alarm),
               on(ring, on_ring), on(leave, on_sleeper_leave));

static struct gatio_address address;
static struct sleeper *state;

static void open_sleeper(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	address = gatio_spawn(sleeper, .sender = {.bits = 1});
	scheduler_fixture_settle(&fixture);
	state = cast_state(address);
}

static void start_once(uint64_t delay_ns, uint64_t number)
{
	gatio_send(address, start_alarm, .delay_ns = delay_ns, .number = number);
	scheduler_fixture_settle(&fixture);
}

static void pass_time(uint64_t ns)
{
	manual_clock_advance(ns);
	scheduler_fixture_settle(&fixture);
}

static void alarm_rings_once_never_early(void)
{
	open_sleeper();
	start_once(GATIO_MS(50), 7);
	pass_time(GATIO_MS(50) - 1);
	CU_ASSERT_EQUAL(state->ring_count, 0);
	pass_time(GATIO_MS(1) + 1); /* late by a tick at most */
	CU_ASSERT_EQUAL(state->ring_count, 1);
	CU_ASSERT_EQUAL(state->rings[0], 7);
	CU_ASSERT_EQUAL(state->sender.bits, 0); /* nobody sent it */
	CU_ASSERT_EQUAL(state->asker.address.bits, 0);
	CU_ASSERT_EQUAL(state->asker.token, 0);
	pass_time(GATIO_SECONDS(100));
	CU_ASSERT_EQUAL(state->ring_count, 1);
	scheduler_fixture_close(&fixture);
}

static void periods_follow_from_the_first(void)
{
	open_sleeper();
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(10), .number = 1);
	scheduler_fixture_settle(&fixture);
	for (uint32_t i = 1; i <= 20; i++) {
		/* Each is seen late by some; the next ones are not later for that. */
		pass_time(GATIO_MS(10) + (i == 1 ? GATIO_MS(3) : 0));
		CU_ASSERT_EQUAL(state->ring_count, i);
	}
	pass_time(GATIO_MS(7)); /* 210 ms in all, seen at 203: the 21st is due */
	CU_ASSERT_EQUAL(state->ring_count, 20);
	pass_time(GATIO_MS(1));
	CU_ASSERT_EQUAL(state->ring_count, 21);
	scheduler_fixture_close(&fixture);
}

static void missed_periods_ring_once(void)
{
	open_sleeper();
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(10), .number = 1);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_MS(95));
	CU_ASSERT_EQUAL(state->ring_count, 1);
	pass_time(GATIO_MS(6));
	CU_ASSERT_EQUAL(state->ring_count, 2);
	scheduler_fixture_close(&fixture);
}

static void cancelled_alarm_does_not_ring(void)
{
	open_sleeper();
	start_once(GATIO_MS(5), 1);
	gatio_send(address, stop_alarm);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_SECONDS(1));
	CU_ASSERT_EQUAL(state->ring_count, 0);
	gatio_send(address, stop_alarm); /* stale: accepted */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 0);
	scheduler_fixture_close(&fixture);
}

static void cancel_takes_it_from_the_inbox(void)
{
	for (uint32_t periodic = 0; periodic < 2; periodic++) {
		open_sleeper();
		int64_t used = scheduler_fixture_used(&fixture, 0);
		gatio_send(address, start_alarm, .delay_ns = GATIO_MS(5), .number = 1,
		           .period_ns = periodic ? GATIO_MS(5) : 0);
		scheduler_fixture_settle(&fixture);
		gatio_send(address, stop_alarm); /* in the inbox before it rings ... */
		manual_clock_advance(GATIO_MS(7));
		scheduler_fixture_settle(&fixture); /* ... timers fire before actors run */
		CU_ASSERT_EQUAL(state->ring_count, 0);
		pass_time(GATIO_SECONDS(1));
		CU_ASSERT_EQUAL(state->ring_count, 0);
		CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used);
		scheduler_fixture_close(&fixture);
	}
}

static void stale_timer_cancels_no_other(void)
{
	open_sleeper();
	start_once(GATIO_MS(1), 1);
	pass_time(GATIO_MS(3));
	struct gatio_timer old = state->timer;
	start_once(GATIO_MS(1), 2);
	state->timer = old;
	gatio_send(address, stop_alarm);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_MS(3));
	CU_ASSERT_EQUAL(state->ring_count, 2);
	scheduler_fixture_close(&fixture);
}

static void closed_scheduler_rings_no_more(void)
{
	open_sleeper();
	start_once(GATIO_MS(10), 1);
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(10), .number = 2);
	scheduler_fixture_settle(&fixture);
	gi_scheduler_close(scheduler_fixture_scheduler(&fixture, 0));
	pass_time(GATIO_SECONDS(1));
	CU_ASSERT_EQUAL(state->ring_count, 0);
	scheduler_fixture_close(&fixture);
}

static void slow_actor_gets_one_tick(void)
{
	open_sleeper();
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(10), .number = 1);
	scheduler_fixture_settle(&fixture);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 0);
	struct gi_actor *actor = gi_registry_find(scheduler, address.bits);
	/* Time goes by and it does not run. */
	for (uint32_t i = 0; i < 5; i++) {
		manual_clock_advance(GATIO_MS(10));
		scheduler->driver->turn_number++;
		gi_timer_wheel_advance(&scheduler->driver->timers,
		                       gi_driver_now_ns(scheduler->driver));
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(actor->inbox_first);
	CU_ASSERT_PTR_NULL(actor->inbox_first->next);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(state->ring_count, 1);
	pass_time(GATIO_MS(11));
	CU_ASSERT_EQUAL(state->ring_count, 2);
	scheduler_fixture_close(&fixture);
}

static void alarms_end_with_their_actor(void)
{
	open_sleeper();
	int64_t used = scheduler_fixture_used(&fixture, 0);
	start_once(GATIO_MS(5), 1);
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(5), .number = 2);
	scheduler_fixture_settle(&fixture);
	gatio_send(address, leave, 0); /* before what rings in the same turn */
	manual_clock_advance(GATIO_MS(7));
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_SECONDS(1));
	CU_ASSERT(scheduler_fixture_used(&fixture, 0) < used);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 0);
	scheduler_fixture_close(&fixture);
}

static void alarm_without_memory_is_zero(void)
{
	open_sleeper();
	gatio_send(address, start_alarm, .delay_ns = GATIO_MS(5));
	scheduler_fixture_fill(&fixture, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(state->timer.bits, 0);
	scheduler_fixture_unfill(&fixture, 0);
	gatio_send(address, stop_alarm); /* a zero timer is accepted */
	start_once(GATIO_MS(5), 1);
	CU_ASSERT_NOT_EQUAL(state->timer.bits, 0);
	pass_time(GATIO_MS(7));
	CU_ASSERT_EQUAL(state->ring_count, 1);
	scheduler_fixture_close(&fixture);
}

static void tick_without_memory_comes_next_period(void)
{
	open_sleeper();
	gatio_send(address, start_alarm, .period_ns = GATIO_MS(10), .number = 1);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_fill(&fixture, 0);
	pass_time(GATIO_MS(11));
	CU_ASSERT_EQUAL(state->ring_count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_unfill(&fixture, 0);
	pass_time(GATIO_MS(10));
	CU_ASSERT_EQUAL(state->ring_count, 1);
	scheduler_fixture_close(&fixture);
}

struct ticker {
	struct gatio_timer *timers;
	uint32_t count;
	uint32_t ring_count;
};
GATIO_MESSAGE(start_many, { uint64_t delay_ns; });
GATIO_MESSAGE(stop_many, { uint32_t first, step; });
GATIO_MESSAGE(stop_one, { struct gatio_timer timer; });

static void on_start_many(struct ticker *self, const struct start_many *start)
{
	for (uint32_t i = 0; i < self->count; i++) {
		self->timers[i] = gatio_after(start->delay_ns, ring, i);
		CU_ASSERT_NOT_EQUAL(self->timers[i].bits, 0);
	}
}

static void on_stop_many(struct ticker *self, const struct stop_many *stop)
{
	for (uint32_t i = stop->first; i < self->count; i += stop->step) {
		gatio_timer_cancel(self->timers[i]);
	}
}

static void on_stop_one(struct ticker *self, const struct stop_one *stop)
{
	(void)self;
	gatio_timer_cancel(stop->timer);
}

static void on_ticker_ring(struct ticker *self, const struct ring *ring)
{
	CU_ASSERT_EQUAL(ring->number % 2, 1);
	self->ring_count++;
}

GATIO_BEHAVIOR(ticker, on(start_many, on_start_many), on(stop_many, on_stop_many),
               on(stop_one, on_stop_one), on(ring, on_ticker_ring));

/* Each of them once walked along all that were younger: so many would not come to an end here. */
static void cancel_finds_one_among_many(void)
{
	enum { MANY = 200000 };
	static struct gatio_timer timers[MANY];
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct gatio_address ticker = gatio_spawn(ticker, .timers = timers, .count = MANY);
	gatio_send(ticker, start_many, .delay_ns = GATIO_SECONDS(1));
	gatio_send(ticker, stop_many, .first = 0, .step = 2);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_SECONDS(2));
	CU_ASSERT_EQUAL(((struct ticker *)cast_state(ticker))->ring_count, MANY / 2);
	/* All of them are stale, and name none of the next. */
	static struct gatio_timer before[MANY];
	memcpy(before, timers, sizeof(before));
	gatio_send(ticker, start_many, .delay_ns = GATIO_SECONDS(1));
	gatio_send(ticker, stop_many, .first = 0, .step = 2);
	scheduler_fixture_settle(&fixture);
	struct ticker *state_now = cast_state(ticker);
	state_now->timers = before;
	gatio_send(ticker, stop_many, .first = 0, .step = 1);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_SECONDS(2));
	CU_ASSERT_EQUAL(((struct ticker *)cast_state(ticker))->ring_count, MANY);
	scheduler_fixture_close(&fixture);
}

static void timer_of_another_actor_stays(void)
{
	struct gatio_timer timer;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct gatio_address owner = gatio_spawn(sleeper, .ring_count = 0);
	struct gatio_address other = gatio_spawn(ticker, .timers = &timer, .count = 1);
	gatio_send(owner, start_alarm, .delay_ns = GATIO_MS(10), .number = 1);
	scheduler_fixture_settle(&fixture);
	gatio_send(other, stop_one, .timer = ((struct sleeper *)cast_state(owner))->timer);
	scheduler_fixture_settle(&fixture);
	pass_time(GATIO_MS(20));
	CU_ASSERT_EQUAL(((struct sleeper *)cast_state(owner))->ring_count, 1);
	scheduler_fixture_close(&fixture);
}

static struct gatio_timer odd_timers[3];

struct odd_ticker {
	uint32_t ring_count;
};

static void on_odd_started(struct odd_ticker *self)
{
	(void)self;
	odd_timers[0] = gatio_every(0, ring, 1);
	odd_timers[1] = gatio_every(UINT64_MAX, ring, 1);
	odd_timers[2] = gatio_after(UINT64_MAX, ring, 1);
}

static void on_odd_ring(struct odd_ticker *self, const struct ring *ring)
{
	(void)ring;
	self->ring_count++;
}

GATIO_BEHAVIOR(odd_ticker, started(on_odd_started), on(ring, on_odd_ring));

/* A period of 0 once rang a single time. */
static void odd_durations_are_refused_or_never(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct gatio_address odd = gatio_spawn(odd_ticker, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(odd_timers[0].bits, 0);
	CU_ASSERT_NOT_EQUAL(odd_timers[1].bits, 0);
	CU_ASSERT_NOT_EQUAL(odd_timers[2].bits, 0);
	for (uint32_t i = 0; i < 10; i++) {
		pass_time(GATIO_SECONDS(1000));
	}
	CU_ASSERT_EQUAL(((struct odd_ticker *)cast_state(odd))->ring_count, 0);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"cancel finds one among many", cancel_finds_one_among_many},
        {"timer of another actor stays", timer_of_another_actor_stays},
        {"odd durations are refused or never", odd_durations_are_refused_or_never},
        {"alarm rings once never early", alarm_rings_once_never_early},
        {"periods follow from the first", periods_follow_from_the_first},
        {"missed periods ring once", missed_periods_ring_once},
        {"cancelled alarm does not ring", cancelled_alarm_does_not_ring},
        {"cancel takes it from the inbox", cancel_takes_it_from_the_inbox},
        {"stale timer cancels no other", stale_timer_cancels_no_other},
        {"closed scheduler rings no more", closed_scheduler_rings_no_more},
        {"slow actor gets one tick", slow_actor_gets_one_tick},
        {"alarms end with their actor", alarms_end_with_their_actor},
        {"alarm without memory is zero", alarm_without_memory_is_zero},
        {"tick without memory comes next period", tick_without_memory_comes_next_period},
        CU_TEST_INFO_NULL,
};

const struct suite alarm_suite = {"alarm", tests};
