/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/run.c: the stop, from whoever asks for it, with its drain. */
#include "tests/actors/log.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/system.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

GATIO_MESSAGE(hop, { uint64_t left; });
GATIO_MESSAGE(meet, { struct gatio_address next; });
GATIO_MESSAGE(quit, { int reason; });

struct walker_report {
	_Atomic uint64_t hop_count;
	_Atomic uint32_t ended_count;
	_Atomic uint32_t refused_count; /* what ended tried, the cut refused */
	_Atomic int reason;
};

GATIO_DECLARE_BEHAVIOR(walker);

struct walker {
	struct walker_report *report;
	struct gatio_address next;
};

static void on_meet(struct walker *self, const struct meet *meet)
{
	self->next = meet->next;
}

static void on_hop(struct walker *self, const struct hop *hop)
{
	gi_fetch_add_acq_rel(&self->report->hop_count, 1);
	if (hop->left > 0) {
		gatio_send(self->next, hop, .left = hop->left - 1);
	}
}

static void on_quit(struct walker *self, const struct quit *quit)
{
	(void)self;
	gatio_system_stop(gatio_current_system(), quit->reason);
}

static void on_walker_ended(struct walker *self, int reason)
{
	gi_store_release(&self->report->reason, reason);
	gi_fetch_add_acq_rel(&self->report->ended_count, 1);
	/* Whoever ends in the cut finds nobody any more, and comes to no harm by it. */
	if (reason == -ESHUTDOWN) {
		int send_result = gatio_send(self->next, hop, 0);
		struct gatio_address address = gatio_spawn_at(GATIO_ANYWHERE, walker, 0);
		bool is_refused =
		        send_result == -ESHUTDOWN && gatio_address_error(address) == -ESHUTDOWN;
		gi_fetch_add_acq_rel(&self->report->refused_count, is_refused);
	}
}

GATIO_BEHAVIOR(walker, on(meet, on_meet), on(hop, on_hop), on(quit, on_quit),
               ended(on_walker_ended));

static struct walker_report report;

/* Three walkers in a ring, each on a driver of its own; `hops` of the message they pass on. */
static struct gatio_system *create(struct gatio_options options, uint64_t hops)
{
	memset(&report, 0, sizeof(report));
	log_clear();
	options.driver_count = 3;
	options.log = log_keep;
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	struct gatio_address walkers[3];
	struct gatio_outside *outside = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system), 0);
	for (uint32_t i = 0; i < 3; i++) {
		walkers[i] =
		        gatio_system_spawn(system, GATIO_ON_DRIVER(i), walker, .report = &report);
	}
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(
		        gatio_outside_send(outside, walkers[i], meet, .next = walkers[(i + 1) % 3]),
		        0);
	}
	/* Each knows the next before the first hop: an answer to a call comes after the messages before it. */
	for (uint32_t i = 0; i < 3; i++) {
		gatio_system_spawn(system, GATIO_ON_DRIVER(i), walker, .report = &report);
	}
	if (hops > 0) {
		CU_ASSERT_EQUAL(gatio_outside_send(outside, walkers[0], hop, .left = hops - 1), 0);
	}
	gatio_outside_close(outside);
	return system;
}

static void first_stop_gives_the_status(void)
{
	struct gatio_system *system = create((struct gatio_options){0}, 0);
	gatio_system_stop(system, 5);
	gatio_system_stop(system, 6);
	CU_ASSERT_EQUAL(gatio_system_run(system), 5);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 6);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.refused_count), 6);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.reason), -ESHUTDOWN);
}

static void actor_stops_its_system(void)
{
	struct gatio_system *system = create((struct gatio_options){0}, 0);
	struct gatio_outside *outside = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system), 0);
	struct gatio_address address =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(2), walker, .report = &report);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, address, quit, .reason = -7), 0);
	gatio_outside_close(outside);
	CU_ASSERT_EQUAL(gatio_system_run(system), -7);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 7);
}

static void sigterm_begins_the_drain(void)
{
	static const int signals[] = {SIGTERM, SIGINT};
	for (uint32_t i = 0; i < 2; i++) {
		sigset_t before;
		sigset_t after;
		pthread_sigmask(SIG_SETMASK, NULL, &before);
		struct gatio_system *system = create((struct gatio_options){0}, 1000);
		raise(signals[i]); /* it waits for the run */
		CU_ASSERT_EQUAL(gatio_system_run(system), 0);
		CU_ASSERT_TRUE(log_has("stopping"));
		pthread_sigmask(SIG_SETMASK, NULL, &after);
		CU_ASSERT_EQUAL(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
		CU_ASSERT_EQUAL(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
	}
}

static void raise_sigterm(struct gatio_system *system)
{
	(void)system;
	raise(SIGTERM);
}

/* Unblocked again it would end this process, and the status of the run with it. */
static void signal_in_the_destroy_ends_nothing(void)
{
	struct gatio_system *system = create((struct gatio_options){0}, 0);
	system->hooks.destroy = raise_sigterm;
	gatio_system_stop(system, 3);
	CU_ASSERT_EQUAL(gatio_system_run(system), 3);
	sigset_t pending;
	sigpending(&pending);
	CU_ASSERT_FALSE(sigismember(&pending, SIGTERM));
}

static void destroy_does_not_drain(void)
{
	struct gatio_system *system =
	        create((struct gatio_options){.drain_ns = UINT64_MAX}, UINT64_MAX);
	gatio_system_destroy(system);
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ended_count), 6);
}

/* ---- gatio_run ------------------------------------------------------------------------------------------------------ */

struct root {
	int reason;
	struct gate *gate;
};

static void on_root_started(struct root *self)
{
	gatio_exit(self->reason);
}

GATIO_BEHAVIOR(root, started(on_root_started));

static void run_returns_the_reason_of_its_actor(void)
{
	struct gatio_options options = {.driver_count = 2, .log = log_keep};
	CU_ASSERT_EQUAL(gatio_run_with(&options, root, .reason = 42), 42);
	CU_ASSERT_EQUAL(gatio_run_with(&options, root, .reason = 0), 0);
	CU_ASSERT_EQUAL(gatio_run_with(&options, root, .reason = -EIO), -EIO);
	CU_ASSERT_EQUAL(gatio_run(root, .reason = 9), 9);
}

static void run_without_system_is_one(void)
{
	log_clear();
	struct gatio_options bad = {.mailbox_slots = 3, .log = log_keep};
	CU_ASSERT_EQUAL(gatio_run_with(&bad, root, .reason = 42), 1);
	CU_ASSERT_TRUE(log_has("mailbox_slots"));
}

static const CU_TestInfo tests[] = {
        {"first stop gives the status", first_stop_gives_the_status},
        {"actor stops its system", actor_stops_its_system},
        {"SIGTERM begins the drain", sigterm_begins_the_drain},
        {"signal in the destroy ends nothing", signal_in_the_destroy_ends_nothing},
        {"destroy does not drain", destroy_does_not_drain},
        {"run returns the actor's reason", run_returns_the_reason_of_its_actor},
        {"run without system is one", run_without_system_is_one},
        CU_TEST_INFO_NULL,
};

const struct suite run_suite = {"run", tests};
