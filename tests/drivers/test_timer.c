/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/timer.c; random ones against a plain array. DRIVERS_SEED=n repeats a run. */
#include "drivers/timer.h"

#include "base/container.h"
#include "tests/support/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK  GI_TIMER_TICK_NS
#define START UINT64_C(123456789123)

enum { TIMERS = 200 };

struct alarm {
	struct gi_timer timer;
	uint64_t due_ns; /* model: not before; 0: not running */
	uint64_t number; /* of its start */
	uint32_t fired_count;
	struct alarm *cancels;  /* by its fire */
	struct alarm *restarts; /* the same */
	uint64_t restart_delay_ns;
};

static struct gi_timer_wheel wheel;
static struct alarm alarms[TIMERS];
static struct alarm *fired[100000];
static uint32_t fired_count;
static uint64_t now_ns;
static uint64_t last_fired_expiry;
static uint64_t start_count;

static void start(struct alarm *alarm, uint64_t delay_ns)
{
	gi_timer_start(&wheel, &alarm->timer, now_ns, delay_ns);
	alarm->due_ns = now_ns + delay_ns;
	alarm->number = start_count++;
}

static void cancel(struct alarm *alarm)
{
	gi_timer_cancel(&wheel, &alarm->timer);
	alarm->due_ns = 0;
}

static void fire(struct gi_timer *timer)
{
	struct alarm *alarm = gi_container_of(timer, struct alarm, timer);
	CU_ASSERT_FALSE(gi_timer_is_running(timer));
	CU_ASSERT_NOT_EQUAL(alarm->due_ns, 0);
	CU_ASSERT_TRUE(alarm->due_ns <= now_ns); /* never early */
	uint64_t expiry = (alarm->due_ns - START) / TICK + 1;
	CU_ASSERT_TRUE(expiry >= last_fired_expiry);
	last_fired_expiry = expiry;
	alarm->due_ns = 0;
	alarm->fired_count++;
	CU_ASSERT_FATAL(fired_count < GI_COUNT_OF(fired));
	fired[fired_count++] = alarm;
	if (alarm->cancels) {
		cancel(alarm->cancels);
	}
	if (alarm->restarts) {
		start(alarm->restarts, alarm->restart_delay_ns);
	}
}

static void setup(void)
{
	now_ns = START;
	fired_count = 0;
	start_count = 0;
	last_fired_expiry = 0;
	gi_timer_wheel_init(&wheel, now_ns);
	for (uint32_t i = 0; i < TIMERS; i++) {
		alarms[i] = (struct alarm){0};
		gi_timer_init(&alarms[i].timer, fire);
	}
}

static uint32_t advance(uint64_t delta_ns)
{
	now_ns += delta_ns;
	last_fired_expiry = 0;
	return gi_timer_wheel_advance(&wheel, now_ns);
}

static void empty_wheel_fires_nothing(void)
{
	setup();
	CU_ASSERT_EQUAL(advance(UINT64_C(86400) * 1000 * TICK), 0);
	CU_ASSERT_EQUAL(gi_timer_wheel_wait_ns(&wheel, now_ns, 777), 777);
	CU_ASSERT_EQUAL(gi_timer_wheel_wait_ns(&wheel, now_ns, UINT64_MAX), UINT64_MAX);
}

static void timer_fires_once_and_never_early(void)
{
	setup();
	start(&alarms[0], 5 * TICK);
	CU_ASSERT_TRUE(gi_timer_is_running(&alarms[0].timer));
	CU_ASSERT_EQUAL(advance(5 * TICK - 1), 0);
	CU_ASSERT_EQUAL(advance(TICK + 1), 1);
	CU_ASSERT_FALSE(gi_timer_is_running(&alarms[0].timer));
	CU_ASSERT_EQUAL(advance(1000 * TICK), 0);
	CU_ASSERT_EQUAL(alarms[0].fired_count, 1);
	CU_ASSERT_EQUAL(wheel.count, 0);
}

static void zero_delay_fires_at_next_tick(void)
{
	setup();
	start(&alarms[0], 0);
	CU_ASSERT_EQUAL(advance(0), 0);
	CU_ASSERT_EQUAL(advance(TICK), 1);
}

/* One tick before, at, and after each boundary of a level, from several positions of now. */
static void every_level_fires_in_time(void)
{
	static const uint64_t spans[] = {1, 64, 64 * 64, 64 * 64 * 64, 64ul * 64 * 64 * 64};
	static const uint64_t begins[] = {0,    1,      63,     64,       4095,
	                                  4096, 262143, 262144, 16777215, 99999999};
	for (uint32_t b = 0; b < GI_COUNT_OF(begins); b++) {
		for (uint32_t s = 0; s < GI_COUNT_OF(spans) * 3; s++) {
			setup();
			advance(begins[b] * TICK);
			uint64_t ticks = spans[s / 3] + s % 3 - 1;
			start(&alarms[0], ticks * TICK);
			CU_ASSERT_EQUAL(advance(ticks * TICK), 0);
			CU_ASSERT_EQUAL(advance(TICK), 1);
		}
	}
}

/* By the wheel's own advice of how long to sleep, which must never be too long. */
static uint32_t sleep_until_fired(uint64_t max_ns)
{
	for (uint32_t wakes = 1; wakes < 100000; wakes++) {
		uint64_t wait_ns = gi_timer_wheel_wait_ns(&wheel, now_ns, max_ns);
		CU_ASSERT_TRUE(wait_ns <= max_ns);
		if (advance(wait_ns) > 0) {
			return wakes;
		}
	}
	return 0;
}

static void far_timers_wait_beyond_the_wheel(void)
{
	static const uint64_t hours[] = {4, 5, 9, 10, 24, 24 * 365};
	for (uint32_t i = 0; i < GI_COUNT_OF(hours); i++) {
		setup();
		advance(987654321);
		uint64_t delay_ns = hours[i] * 3600 * 1000 * TICK;
		uint64_t due_ns = now_ns + delay_ns;
		start(&alarms[0], delay_ns);
		uint32_t wakes = sleep_until_fired(UINT64_MAX);
		CU_ASSERT_TRUE(now_ns >= due_ns);
		CU_ASSERT_TRUE(now_ns <= due_ns + 2 * TICK);
		CU_ASSERT_TRUE(wakes > 0);
		CU_ASSERT_TRUE(wakes <= 8 + hours[i]);
	}
}

static void endless_delay_is_harmless(void)
{
	setup();
	advance(3 * TICK);
	gi_timer_start(&wheel, &alarms[0].timer, now_ns, UINT64_MAX);
	gi_timer_start(&wheel, &alarms[1].timer, now_ns, UINT64_MAX - 3 * TICK);
	CU_ASSERT_EQUAL(advance(UINT64_C(100) * 86400 * 1000 * TICK), 0);
	CU_ASSERT_TRUE(gi_timer_is_running(&alarms[0].timer));
	gi_timer_cancel(&wheel, &alarms[0].timer);
	gi_timer_cancel(&wheel, &alarms[1].timer);
	CU_ASSERT_EQUAL(wheel.count, 0);
}

static void cancelled_timer_does_not_fire(void)
{
	setup();
	start(&alarms[0], 10 * TICK);
	cancel(&alarms[0]);
	cancel(&alarms[0]);
	CU_ASSERT_EQUAL(wheel.count, 0);
	CU_ASSERT_EQUAL(advance(100 * TICK), 0);
	start(&alarms[0], 10 * TICK);
	CU_ASSERT_EQUAL(advance(11 * TICK), 1);
}

static void started_again_is_moved(void)
{
	setup();
	start(&alarms[0], 10 * TICK);
	start(&alarms[0], 500 * TICK);
	CU_ASSERT_EQUAL(wheel.count, 1);
	CU_ASSERT_EQUAL(advance(500 * TICK), 0);
	CU_ASSERT_EQUAL(advance(TICK), 1);
}

static void fires_by_means_as_early_as_one_started_for_it(void)
{
	CU_ASSERT_FALSE(gi_timer_fires_by(&wheel, &alarms[0].timer, UINT64_MAX));
	start(&alarms[0], 10 * TICK);
	CU_ASSERT_TRUE(gi_timer_fires_by(&wheel, &alarms[0].timer, now_ns + 10 * TICK));
	CU_ASSERT_TRUE(gi_timer_fires_by(&wheel, &alarms[0].timer, now_ns + 11 * TICK));
	CU_ASSERT_FALSE(gi_timer_fires_by(&wheel, &alarms[0].timer, now_ns + 9 * TICK));
	cancel(&alarms[0]);
	CU_ASSERT_FALSE(gi_timer_fires_by(&wheel, &alarms[0].timer, now_ns + 11 * TICK));
}

static void fire_may_cancel_its_neighbour(void)
{
	setup();
	start(&alarms[0], 70 * TICK);
	start(&alarms[1], 70 * TICK);
	start(&alarms[2], 70 * TICK);
	alarms[0].cancels = &alarms[1];
	CU_ASSERT_EQUAL(advance(71 * TICK), 2);
	CU_ASSERT_EQUAL(alarms[1].fired_count, 0);
	CU_ASSERT_EQUAL(alarms[2].fired_count, 1);
	CU_ASSERT_EQUAL(wheel.count, 0);
}

static void fire_may_start_itself_and_others(void)
{
	setup();
	start(&alarms[0], TICK);
	alarms[0].restarts = &alarms[0];
	for (uint32_t i = 0; i < 200; i++) {
		advance(TICK / 2);
	}
	/* Due at 1, and again 0 ms after each fire: at every tick. Fires that are late do not pile up. */
	CU_ASSERT_EQUAL(alarms[0].fired_count, 99);
	uint32_t before = alarms[0].fired_count;
	CU_ASSERT_EQUAL(advance(5000 * TICK), 1);
	CU_ASSERT_EQUAL(alarms[0].fired_count, before + 1);
}

static void equal_times_fire_in_order_of_start(void)
{
	setup();
	uint64_t due_ns = START + 200 * TICK;
	for (uint32_t i = 0; i < 50; i++) {
		start(&alarms[i], due_ns - now_ns);
		advance(4 * TICK);
	}
	advance(TICK);
	CU_ASSERT_EQUAL_FATAL(fired_count, 50);
	for (uint32_t i = 0; i < 50; i++) {
		CU_ASSERT_PTR_EQUAL(fired[i], &alarms[i]);
	}
}

/* 127: it moves down from level 1 at tick 64, where another fires that starts one for the same tick. */
static void fire_does_not_overtake_older_timers(void)
{
	setup();
	start(&alarms[0], 63 * TICK);
	start(&alarms[1], 126 * TICK);
	alarms[0].restarts = &alarms[2];
	alarms[0].restart_delay_ns = 62 * TICK;
	CU_ASSERT_EQUAL(advance(64 * TICK), 1);
	CU_ASSERT_EQUAL(advance(63 * TICK), 2);
	CU_ASSERT_EQUAL_FATAL(fired_count, 3);
	CU_ASSERT_PTR_EQUAL(fired[1], &alarms[1]);
	CU_ASSERT_PTR_EQUAL(fired[2], &alarms[2]);
}

static void wheel_that_stood_still_catches_up(void)
{
	setup();
	/* A driver without timers does not advance its wheel: the next start is far ahead of what it has seen. */
	now_ns += UINT64_C(10) * 3600 * 1000 * TICK;
	start(&alarms[0], 3 * TICK);
	CU_ASSERT_TRUE(sleep_until_fired(UINT64_MAX) > 0);
	CU_ASSERT_TRUE(now_ns <= START + UINT64_C(10) * 3600 * 1000 * TICK + 5 * TICK);
}

/* ---- At random, against a model ---------------------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % bound;
}

static uint64_t random_delay(void)
{
	/* All magnitudes alike, up to 36 hours. */
	return random_below(UINT64_C(1) << (10 + random_below(37)));
}

/* None is late, and the advice for a sleep is not later than the first of them. */
static void compare_with_model(uint64_t seed)
{
	uint64_t first_ns = UINT64_MAX;
	uint64_t count = 0;
	for (uint32_t i = 0; i < TIMERS; i++) {
		uint64_t due_ns = alarms[i].due_ns;
		CU_ASSERT_EQUAL(due_ns != 0, gi_timer_is_running(&alarms[i].timer));
		if (due_ns != 0) {
			count++;
			first_ns = due_ns < first_ns ? due_ns : first_ns;
			if (due_ns + TICK <= now_ns) {
				printf("seed %" PRIu64 ": late\n", seed);
				CU_FAIL("a timer is late");
			}
		}
	}
	CU_ASSERT_EQUAL(wheel.count, count);
	uint64_t wait_ns = gi_timer_wheel_wait_ns(&wheel, now_ns, UINT64_MAX);
	if (count > 0) {
		CU_ASSERT_TRUE(now_ns + wait_ns <= first_ns + TICK);
	}
}

static void random_run(uint64_t seed)
{
	setup();
	random_state = seed;
	for (uint32_t step = 0; step < 3000; step++) {
		struct alarm *alarm = &alarms[random_below(TIMERS)];
		switch (random_below(4)) {
		case 0:
		case 1:
			start(alarm, random_delay());
			alarm->cancels =
			        random_below(8) == 0 ? &alarms[random_below(TIMERS)] : NULL;
			alarm->restarts =
			        random_below(8) == 0 ? &alarms[random_below(TIMERS)] : NULL;
			alarm->restart_delay_ns = random_delay();
			break;
		case 2:
			cancel(alarm);
			break;
		default:
			advance(random_below(2)
			                ? random_below(3 * TICK)
			                : gi_timer_wheel_wait_ns(&wheel, now_ns, random_delay()));
			compare_with_model(seed);
		}
	}
}

static void random_timers_agree_with_model(void)
{
	const char *given = getenv("DRIVERS_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("DRIVERS_SEED=%" PRIu64 " ", seed);
	for (uint64_t i = 0; i < 20; i++) {
		random_run((seed + i) * UINT64_C(0x9e3779b97f4a7c15) | 1);
	}
}

static CU_TestInfo tests[] = {
        {"empty wheel fires nothing", empty_wheel_fires_nothing},
        {"timer fires once, never early", timer_fires_once_and_never_early},
        {"zero delay fires at next tick", zero_delay_fires_at_next_tick},
        {"every level fires in time", every_level_fires_in_time},
        {"far timers wait beyond the wheel", far_timers_wait_beyond_the_wheel},
        {"endless delay is harmless", endless_delay_is_harmless},
        {"cancelled timer does not fire", cancelled_timer_does_not_fire},
        {"started again is moved", started_again_is_moved},
        {"fires by: as early as one started for it", fires_by_means_as_early_as_one_started_for_it},
        {"fire may cancel its neighbour", fire_may_cancel_its_neighbour},
        {"fire may start itself and others", fire_may_start_itself_and_others},
        {"equal times fire in order of start", equal_times_fire_in_order_of_start},
        {"fire does not overtake older timers", fire_does_not_overtake_older_timers},
        {"wheel that stood still catches up", wheel_that_stood_still_catches_up},
        {"random timers agree with model", random_timers_agree_with_model},
        CU_TEST_INFO_NULL,
};

extern const struct suite timer_suite;
const struct suite timer_suite = {"timer", tests};
