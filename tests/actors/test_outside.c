/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/outside.c and calls.c: this test's thread is no driver, and talks to actors all the same. */
#include "tests/actors/log.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/calls.h"
#include "actors/executor.h"
#include "actors/message.h"
#include "actors/system.h"

#include <errno.h>
#include <string.h>

GATIO_MESSAGE(call_in, { uint64_t number; });
GATIO_MESSAGE(call_in_at_length, {
	uint64_t number;
	unsigned char filler[200];
});
GATIO_MESSAGE(huge, { unsigned char filler[32768]; });
GATIO_MESSAGE(last_call, {});
GATIO_MESSAGE(hold_on, {});

struct listener_report {
	struct gate *gate;      /* opened by the last call */
	struct gate *may_go_on; /* for hold_on */
	uint64_t numbers[4096];
	uint32_t count;
	_Atomic uint32_t huge_count;
	uint32_t from_somebody_count;
	int reply_result;
};

struct listener {
	struct listener_report *report;
};

static void hear(struct listener_report *report, uint64_t number)
{
	report->numbers[report->count++ % 4096] = number;
	report->from_somebody_count += gatio_sender().bits != 0;
}

static void on_call_in(struct listener *self, const struct call_in *call)
{
	hear(self->report, call->number);
	self->report->reply_result = gatio_reply(call_in, .number = 1);
}

static void on_call_in_at_length(struct listener *self, const struct call_in_at_length *call)
{
	hear(self->report, call->number);
}

static void on_huge(struct listener *self, const struct huge *huge)
{
	(void)huge;
	gi_fetch_add_acq_rel(&self->report->huge_count, 1);
}

static void on_last_call(struct listener *self, const struct last_call *last)
{
	(void)last;
	gate_open(self->report->gate);
}

static void on_hold_on(struct listener *self, const struct hold_on *hold)
{
	(void)hold;
	gate_open(self->report->gate);
	gate_pass(self->report->may_go_on, 1);
}

GATIO_BEHAVIOR(listener, on(call_in, on_call_in), on(call_in_at_length, on_call_in_at_length),
               on(huge, on_huge), on(last_call, on_last_call), on(hold_on, on_hold_on));

static struct gatio_system *system_now;
static struct gatio_outside *outside;
static struct gatio_address listener_now;
static struct listener_report report;

static void open_world(struct gatio_options options)
{
	memset(&report, 0, sizeof(report));
	report.gate = gate_create();
	report.may_go_on = gate_create();
	log_clear();
	options.driver_count = 2;
	options.log = log_keep;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system_now, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system_now), 0);
	listener_now =
	        gatio_system_spawn(system_now, GATIO_ON_DRIVER(1), listener, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(listener_now), 0);
}

static void close_world(void)
{
	gatio_outside_close(outside);
	gatio_system_destroy(system_now);
	gate_destroy(report.gate);
	gate_destroy(report.may_go_on);
}

static void hold_the_driver(void)
{
	CU_ASSERT_EQUAL(gatio_outside_send(outside, listener_now, hold_on), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
}

static void let_it_go(void)
{
	gate_open(report.may_go_on);
	while (gatio_outside_send(outside, listener_now, last_call) == -ENOBUFS) {
	}
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
}

static void messages_arrive_in_order(void)
{
	open_world((struct gatio_options){0});
	for (uint64_t i = 0; i < 500; i++) {
		int err = i % 3 == 0 ? gatio_outside_send(outside, listener_now, call_in_at_length,
		                                          .number = i)
		                     : gatio_outside_send(outside, listener_now, call_in, i);
		CU_ASSERT_EQUAL(err, 0);
	}
	let_it_go();
	CU_ASSERT_EQUAL(report.count, 500);
	for (uint64_t i = 0; i < 500; i++) {
		CU_ASSERT_EQUAL(report.numbers[i], i);
	}
	CU_ASSERT_EQUAL(report.from_somebody_count, 0);
	CU_ASSERT_EQUAL(report.reply_result, -ESRCH); /* replies come to nobody */
	close_world();
}

static void nobody_is_told_at_once(void)
{
	open_world((struct gatio_options){0});
	CU_ASSERT_EQUAL(gatio_outside_send(outside, GATIO_NOBODY, call_in, 1), -ESRCH);
	struct gatio_address no_driver = {
	        .bits = gi_address_make(2, 0, gi_identity_make(system_now->id, 1))};
	CU_ASSERT_EQUAL(gatio_outside_send(outside, no_driver, call_in, 1), -ESRCH);
	struct gatio_address foreign = {.bits = gi_address_make(1, 0, gi_identity_make(63, 1))};
	CU_ASSERT_NOT_EQUAL(system_now->id, 63);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, foreign, call_in, 1), -ESRCH);
	struct gatio_address stale = {
	        .bits = gi_address_make(1, 900, gi_identity_make(system_now->id, 1))};
	CU_ASSERT_EQUAL(gatio_outside_send(outside, stale, call_in, 1), 0); /* a dead letter */
	let_it_go();
	/* What was refused has come to nobody, and nobody has counted it. */
	struct gatio_counters counters;
	CU_ASSERT_EQUAL(gatio_system_counters(system_now, 0, &counters), 0);
	CU_ASSERT_EQUAL(counters.dead_letters, 0);
	CU_ASSERT_EQUAL(gatio_system_counters(system_now, 1, &counters), 0);
	CU_ASSERT_EQUAL(counters.dead_letters, 1);
	close_world();
}

static void full_mailbox_refuses(void)
{
	open_world((struct gatio_options){0});
	hold_the_driver();
	uint64_t count = 0;
	int err;
	while ((err = gatio_outside_send(outside, listener_now, call_in, count)) == 0) {
		count++;
	}
	CU_ASSERT_EQUAL(err, -ENOBUFS);
	CU_ASSERT(count > GI_OUTSIDE_SLOTS - 16); /* slots go back in batches */
	CU_ASSERT(count <= GI_OUTSIDE_SLOTS);
	let_it_go();
	CU_ASSERT_EQUAL(report.count, count); /* none was lost */
	close_world();
}

static void do_nothing(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)scheduler;
	(void)argument;
	(void)value;
}

static void memory_limit_refuses(void)
{
	open_world((struct gatio_options){.memory_limit = (uint64_t)8 << 20});
	hold_the_driver();
	static const struct huge message;
	uint32_t count = 0;
	int err;
	while ((err = gatio_outside_actor_send(outside, listener_now, &gatio_message_huge,
	                                       &message)) == 0) {
		count++;
	}
	CU_ASSERT_EQUAL(err, -ENOMEM);
	CU_ASSERT(count > 10);
	gate_open(report.may_go_on);
	while (gi_load_acquire(&report.huge_count) < count) {
		struct gi_call call = {.run = do_nothing};
		CU_ASSERT_EQUAL_FATAL(gi_system_submit(system_now, 1, &call), 0);
	}
	/* The blocks come home when the driver has nothing else to do: then there is room again. */
	do {
		err = gatio_outside_actor_send(outside, listener_now, &gatio_message_huge,
		                               &message);
	} while (err == -ENOMEM);
	CU_ASSERT_EQUAL(err, 0);
	close_world();
}

static void spawn_from_outside_has_places(void)
{
	open_world((struct gatio_options){0});
	struct gatio_place places[] = {GATIO_HERE, GATIO_NEAR(listener_now), GATIO_ANYWHERE,
	                               GATIO_ON_TPC(0), GATIO_ON_DRIVER(0)};
	for (uint32_t i = 0; i < 5; i++) {
		struct gatio_address address =
		        gatio_system_spawn(system_now, places[i], listener, .report = &report);
		CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	}
	struct gatio_address refused =
	        gatio_system_spawn(system_now, GATIO_ON_DRIVER(2), listener, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EINVAL);
	refused = gatio_system_spawn(system_now, GATIO_ON_TPC(9), listener, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EINVAL);
	close_world();
}

static void stopping_system_takes_nothing(void)
{
	open_world((struct gatio_options){0});
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, listener_now, call_in, 1), -ESHUTDOWN);
	struct gatio_address refused =
	        gatio_system_spawn(system_now, GATIO_ANYWHERE, listener, .report = &report);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -ESHUTDOWN);
	struct gi_call call = {0};
	CU_ASSERT_EQUAL(gi_system_submit(system_now, 0, &call), -ESHUTDOWN);
	CU_ASSERT_EQUAL(gi_system_submit_all(system_now, &call), -ESHUTDOWN);
	close_world();
}

static void handle_outlives_its_system(void)
{
	open_world((struct gatio_options){0});
	struct gatio_outside *other = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&other, system_now), 0);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, listener_now, call_in, 1), 0);
	gatio_system_destroy(system_now);
	struct gatio_outside *handles[] = {other, outside};
	for (uint32_t i = 0; i < 2; i++) {
		struct gatio_outside *handle = handles[i];
		CU_ASSERT_EQUAL(gatio_outside_send(handle, listener_now, call_in, 1), -ESHUTDOWN);
		CU_ASSERT_EQUAL(
		        gatio_outside_send(handle, listener_now, call_in_at_length, .number = 1),
		        -ESHUTDOWN);
		CU_ASSERT_EQUAL(gatio_outside_send(handle, GATIO_NOBODY, call_in, 1), -ESHUTDOWN);
		gatio_outside_close(handle);
	}
	gate_destroy(report.gate);
	gate_destroy(report.may_go_on);
}

static void count_driver(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	_Atomic uint64_t *counts = argument;
	gi_fetch_add_acq_rel(&counts[scheduler->index], value);
}

static void call_returns_after_all_drivers(void)
{
	open_world((struct gatio_options){0});
	_Atomic uint64_t counts[2] = {0};
	struct gi_call call = {.run = count_driver, .argument = counts, .value = 2};
	for (uint32_t i = 0; i < 50; i++) {
		CU_ASSERT_EQUAL(gi_system_submit_all(system_now, &call), 0);
		CU_ASSERT_EQUAL(gi_load_acquire(&counts[0]), 2 * i + 2);
		CU_ASSERT_EQUAL(gi_load_acquire(&counts[1]), 2 * i + 2);
	}
	CU_ASSERT_EQUAL(gi_system_submit(system_now, 1, &call), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&counts[0]), 100);
	CU_ASSERT_EQUAL(gi_load_acquire(&counts[1]), 102);
	close_world();
}

static void stop_in_the_pause(struct gatio_system *system)
{
	gatio_system_stop(system, 0);
}

/* One driver's mailbox is full; while the call waits for it the stop begins. */
static void call_that_meets_the_stop_runs_nowhere(void)
{
	open_world((struct gatio_options){0});
	hold_the_driver();
	while (gatio_outside_send(outside, listener_now, call_in, 1) == 0) {
	}
	struct gi_executor stops = gi_executor_threads;
	stops.pause = stop_in_the_pause;
	system_now->executor = &stops;
	_Atomic uint64_t counts[2] = {0};
	struct gi_call call = {.run = count_driver, .argument = counts, .value = 1};
	CU_ASSERT_EQUAL(gi_system_submit_all(system_now, &call), -ESHUTDOWN);
	system_now->executor = &gi_executor_threads;
	gate_open(report.may_go_on);
	close_world();
	CU_ASSERT_EQUAL(gi_load_acquire(&counts[0]), 0);
	CU_ASSERT_EQUAL(gi_load_acquire(&counts[1]), 0);
}

static const CU_TestInfo tests[] = {
        {"messages arrive in order", messages_arrive_in_order},
        {"nobody is told at once", nobody_is_told_at_once},
        {"full mailbox refuses", full_mailbox_refuses},
        {"memory limit refuses", memory_limit_refuses},
        {"spawn from outside has places", spawn_from_outside_has_places},
        {"stopping system takes nothing", stopping_system_takes_nothing},
        {"handle outlives its system", handle_outlives_its_system},
        {"call returns after all drivers", call_returns_after_all_drivers},
        {"call that meets the stop runs nowhere", call_that_meets_the_stop_runs_nowhere},
        CU_TEST_INFO_NULL,
};

const struct suite outside_suite = {"outside", tests};
