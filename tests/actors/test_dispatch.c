/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/dispatch.c: who runs when, for how long, and how it ends. */
#include "actors/drain.h"
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;

/* The order in which actors of these tests ran. */
static char runs[4096];
static uint32_t run_count;

GATIO_MESSAGE(step, { uint32_t left; });

struct runner {
	char name;
};

static void on_step(struct runner *self, const struct step *step)
{
	runs[run_count++ % sizeof(runs)] = self->name;
	if (step->left > 0) {
		gatio_send(gatio_self(), step, .left = step->left - 1);
	}
}

struct urgent_runner {
	char name;
};

static void on_urgent_step(struct urgent_runner *self, const struct step *step)
{
	on_step((struct runner *)self, step);
}

struct background_runner {
	char name;
};

static void on_background_step(struct background_runner *self, const struct step *step)
{
	on_step((struct runner *)self, step);
}

struct frugal_runner {
	char name;
};

static void on_frugal_step(struct frugal_runner *self, const struct step *step)
{
	on_step((struct runner *)self, step);
}

GATIO_BEHAVIOR(runner, on(step, on_step));
GATIO_BEHAVIOR(urgent_runner, on(step, on_urgent_step), priority(GATIO_URGENT));
GATIO_BEHAVIOR(background_runner, on(step, on_background_step), priority(GATIO_BACKGROUND));
GATIO_BEHAVIOR(frugal_runner, on(step, on_frugal_step), budget(1));

static uint32_t runs_of(char name)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < run_count; i++) {
		count += runs[i] == name;
	}
	return count;
}

static void hot_actor_starves_nobody(void)
{
	scheduler_fixture_open(&fixture,
	                       &(struct scheduler_fixture_options){.driver_count = 1, .budget = 8});
	run_count = 0;
	struct gatio_address hot = gatio_spawn(runner, .name = 'h');
	struct gatio_address calm = gatio_spawn(runner, .name = 'c');
	for (uint32_t i = 0; i < 500; i++) {
		gatio_send(hot, step, 0);
	}
	gatio_send(calm, step, 0);
	scheduler_fixture_turn(&fixture, 0);
	CU_ASSERT_EQUAL(memcmp(runs, "hhhhhhhhc", 9), 0); /* its budget, then the others */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(runs_of('h'), 500);
	scheduler_fixture_close(&fixture);
}

static void behavior_has_its_own_budget(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	run_count = 0;
	struct gatio_address frugal = gatio_spawn(frugal_runner, .name = 'f');
	struct gatio_address other = gatio_spawn(runner, .name = 'o');
	for (uint32_t i = 0; i < 3; i++) {
		gatio_send(frugal, step, 0);
		gatio_send(other, step, 0);
	}
	scheduler_fixture_turn(&fixture, 0);
	CU_ASSERT_EQUAL(memcmp(runs, "fooo", 4), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(run_count, 6);
	scheduler_fixture_close(&fixture);
}

static void urgent_runs_first_none_starves(void)
{
	scheduler_fixture_open(&fixture,
	                       &(struct scheduler_fixture_options){.driver_count = 1, .budget = 1});
	run_count = 0;
	/* More of each class than it may run in one pass, and each is always ready: it goes on by itself. */
	for (uint32_t i = 0; i < 40; i++) {
		gatio_send(gatio_spawn(background_runner, .name = 'b'), step, .left = 1000);
		gatio_send(gatio_spawn(runner, .name = 'n'), step, .left = 1000);
		gatio_send(gatio_spawn(urgent_runner, .name = 'u'), step, .left = 1000);
	}
	for (uint32_t i = 0; i < 10; i++) {
		scheduler_fixture_turn(&fixture, 0);
	}
	CU_ASSERT_EQUAL(runs[0], 'u');
	CU_ASSERT_EQUAL(runs_of('u'), 320); /* by weight: 32, 8 and 2 in each turn */
	CU_ASSERT_EQUAL(runs_of('n'), 80);
	CU_ASSERT_EQUAL(runs_of('b'), 20);
	scheduler_fixture_close(&fixture);
}

static void started_runs_before_first_message(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		scheduler_fixture_open(&fixture,
		                       &(struct scheduler_fixture_options){.driver_count = 2});
		struct diary diary = {0};
		struct gatio_address to =
		        gatio_spawn_at(GATIO_ON_DRIVER(target), probe, .diary = &diary);
		gatio_send(to, note, .number = 1); /* at once: not lost */
		CU_ASSERT_EQUAL(diary.started_count, 0);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(diary.started_count, 1);
		CU_ASSERT_EQUAL(diary.count_at_start, 0);
		CU_ASSERT_EQUAL(diary.driver_index, target); /* on its own driver */
		CU_ASSERT_EQUAL(diary.count, 1);
		scheduler_fixture_close(&fixture);
	}
}

struct quitter {
	struct diary *diary;
};

static void on_quitter_started(struct quitter *self)
{
	self->diary->started_count++;
	gatio_send(gatio_self(), note, .number = 1);
	gatio_exit(-EIO);
	gatio_exit(7); /* the first one counts */
}

static void on_quitter_note(struct quitter *self, const struct note *note)
{
	self->diary->numbers[self->diary->count++] = note->number;
}

static void on_quitter_ended(struct quitter *self, int reason)
{
	self->diary->ended_count++;
	self->diary->reason = reason;
	/* What an end does is its own business, and is over with it. */
	gatio_exit(1);
	gatio_after(1, note, .number = 2);
	gatio_send(gatio_self(), note, .number = 3);
	(void)gatio_alloc(100);
}

GATIO_BEHAVIOR(quitter, started(on_quitter_started), on(note, on_quitter_note),
               ended(on_quitter_ended));

static void exit_in_started_ends_it(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	gatio_spawn(probe, .diary = &diary);
	scheduler_fixture_settle(&fixture); /* the registry has its memory */
	diary = (struct diary){0};
	int64_t used = scheduler_fixture_used(&fixture, 0);
	struct gatio_address gone = gatio_spawn(quitter, .diary = &diary);
	gatio_send(gone, note, .number = 1);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.started_count, 1);
	CU_ASSERT_EQUAL(diary.count, 0);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	CU_ASSERT_EQUAL(diary.reason, -EIO);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 3);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used);
	scheduler_fixture_close(&fixture);
}

static void messages_after_exit_are_dead(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	struct gatio_address to = gatio_spawn(probe, .diary = &diary);
	gatio_send(to, note, .number = 1);
	gatio_send(to, leave, .reason = 5);
	gatio_send(to, note, .number = 2);
	gatio_send(to, wide_note, .number = 3);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diary.count, 1);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	CU_ASSERT_EQUAL(diary.reason, 5);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 2);
	struct gatio_counters counters = scheduler_fixture_counters(&fixture, 0);
	CU_ASSERT_EQUAL(counters.actors_spawned, 1);
	CU_ASSERT_EQUAL(counters.actors_ended, 1);
	CU_ASSERT_EQUAL(counters.actors_alive, 0);
	scheduler_fixture_close(&fixture);
}

static void stop_ends_each_actor_once(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	static struct diary diaries[3];
	memset(diaries, 0, sizeof(diaries));
	gatio_spawn(probe, .diary = &diaries[0]);
	struct gatio_address left = gatio_spawn(probe, .diary = &diaries[1]);
	scheduler_fixture_settle(&fixture);
	gatio_spawn(probe, .diary = &diaries[2]); /* it has not started */
	gatio_send(left, leave, .reason = 2);
	gatio_send(left, note, .number = 1);
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 0);
	gi_scheduler_end_all(scheduler, -ESHUTDOWN);
	gi_scheduler_end_all(scheduler, -ESHUTDOWN);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(diaries[0].ended_count, 1);
	CU_ASSERT_EQUAL(diaries[0].reason, -ESHUTDOWN);
	CU_ASSERT_EQUAL(diaries[1].ended_count, 1);
	CU_ASSERT_EQUAL(diaries[1].count, 0);
	CU_ASSERT_EQUAL(diaries[2].started_count, 0);
	CU_ASSERT_EQUAL(diaries[2].ended_count,
	                1); /* its state may hold what has to be given back */
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 0).actors_alive, 0);
	scheduler_fixture_close(&fixture);
}

struct catcher {
	const char *name; /* of the last message that had no on() */
};

static void on_other(struct catcher *self, const void *message)
{
	(void)message;
	self->name = gatio_current_type()->name;
	gatio_reply(value, .number = 5);
}

GATIO_BEHAVIOR(catcher, other(on_other));

static void other_takes_what_has_no_handler(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	struct diary asked = {0};
	struct gatio_address catcher = gatio_spawn(catcher, 0);
	struct gatio_address deaf = gatio_spawn(probe, .diary = &diary);
	struct gatio_address asker = gatio_spawn(asker, .diary = &asked);
	gatio_send(catcher, note, .number = 1);
	gatio_send(deaf, unhandled, .number = 1);
	gatio_send(asker, do_ask, .to = catcher, .deadline_ns = GATIO_SECONDS(1));
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_STRING_EQUAL(((struct catcher *)cast_state(catcher))->name, "question");
	CU_ASSERT_EQUAL(asked.numbers[0], 5);
	/* Dead: what the deaf one got, and the reply to the first, which came from nobody. */
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 2);
	scheduler_fixture_close(&fixture);
}

static char warnings[4096];
static uint32_t warning_count;

static void keep_warning(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	CU_ASSERT_EQUAL(level, GATIO_LOG_WARNING);
	warning_count++;
	strncat(warnings, text, sizeof(warnings) - strlen(warnings) - 1);
}

/* A forgotten on() once showed in a counter only. */
static void unhandled_message_is_warned_of_once(void)
{
	warnings[0] = 0;
	warning_count = 0;
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	fixture.system->options.log = keep_warning;
	struct diary diary = {0};
	struct gatio_address probes[4];
	for (uint32_t i = 0; i < 4; i++) {
		probes[i] = gatio_spawn_at(GATIO_ON_DRIVER(i % 2), probe, .diary = &diary);
	}
	struct gatio_address runner = gatio_spawn(runner, .name = 'r');
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 4; i++) { /* from its own driver, and from the other */
			CU_ASSERT_EQUAL(gatio_send(probes[i], unhandled, 1), 0);
		}
		scheduler_fixture_settle(&fixture);
	}
	CU_ASSERT_EQUAL(warning_count, 1);
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(warnings, "actor probe has no handler for message unhandled"));
	CU_ASSERT_EQUAL(gatio_send(runner, unhandled, 1), 0); /* another behaviour */
	CU_ASSERT_EQUAL(gatio_send(probes[1], step, 1), 0);   /* another type */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(warning_count, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(warnings, "actor runner"));
	CU_ASSERT_PTR_NOT_NULL(strstr(warnings, "message step"));
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 14);
	fixture.system->options.log = NULL;
	scheduler_fixture_close(&fixture);
}

/* What is full warns no more, and nothing else happens. */
static void warnings_have_a_bound(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	for (uint32_t i = 0; i < GI_UNHANDLED_COUNT_MAX; i++) {
		gi_store_relaxed(&fixture.system->unhandled.seen[i], i + 1);
	}
	warning_count = 0;
	fixture.system->options.log = keep_warning;
	CU_ASSERT_EQUAL(gatio_send(gatio_spawn(runner, .name = 'r'), unhandled, 1), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(warning_count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	fixture.system->options.log = NULL;
	scheduler_fixture_close(&fixture);
}

struct last_stepper {
	uint32_t unused;
};

static void on_step_as_last(struct last_stepper *self, const struct step *step)
{
	(void)self;
	CU_ASSERT_EQUAL(gatio_send(gatio_self(), step, .left = step->left), 0);
	gatio_exit(0);
}

GATIO_BEHAVIOR(last_stepper, on(step, on_step_as_last));

/* What it has woken by that is not there any more. */
static void send_to_itself_and_exit_ends_it(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct gatio_address last_stepper = gatio_spawn(last_stepper, 0);
	CU_ASSERT_EQUAL(gatio_send(last_stepper, step, .left = 1), 0);
	scheduler_fixture_turn(&fixture, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	CU_ASSERT_PTR_NULL(scheduler_fixture_scheduler(&fixture, 0)->driver->ready.running);
	CU_ASSERT_FALSE(
	        gi_work_is_waiting(&scheduler_fixture_scheduler(&fixture, 0)->driver->ready));
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"send to itself and exit ends it", send_to_itself_and_exit_ends_it},
        {"unhandled message is warned of once", unhandled_message_is_warned_of_once},
        {"warnings have a bound", warnings_have_a_bound},
        {"hot actor starves nobody", hot_actor_starves_nobody},
        {"behavior has its own budget", behavior_has_its_own_budget},
        {"urgent runs first none starves", urgent_runs_first_none_starves},
        {"started runs before first message", started_runs_before_first_message},
        {"exit in started ends it", exit_in_started_ends_it},
        {"messages after exit are dead", messages_after_exit_are_dead},
        {"stop ends each actor once", stop_ends_each_actor_once},
        {"other takes what has no handler", other_takes_what_has_no_handler},
        CU_TEST_INFO_NULL,
};

const struct suite dispatch_suite = {"dispatch", tests};
