/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/turn.c: what a turn does, in which order, and when it enters the kernel. */
#include "base/container.h"
#include "drivers/hand.h"
#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>

static char steps[32];
static uint32_t step_count;

static void step(char what)
{
	CU_ASSERT_FATAL(step_count + 1 < GI_COUNT_OF(steps));
	steps[step_count++] = what;
	steps[step_count] = '\0';
}

static struct kernel_ring *ring(void)
{
	return &kernel.rings[0];
}

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	machine_turn(0, false);
	step_count = 0;
	machine_on(0);
}

static void on_completed(struct gi_io *io, const struct gi_io_event *event)
{
	(void)io;
	(void)event;
	step('c');
}

static void on_message(uint32_t index, struct gi_message *message)
{
	(void)index;
	(void)message;
	step('m');
}

static void on_fire(struct gi_timer *timer)
{
	(void)timer;
	step('t');
}

static bool on_run(struct gi_work *work, void *context)
{
	(void)work;
	(void)context;
	step('w');
	return false;
}

static void on_flush(uint32_t index)
{
	(void)index;
	step('f');
}

static void turn_follows_the_one_direction(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	struct gi_driver *driver = machine_on(0);
	struct gi_io io;
	gi_io_init(&io, on_completed);
	gi_io_prepare_nop(&io);
	CU_ASSERT_EQUAL(gi_io_submit(driver, &io), 0);
	machine_turn(0, false);
	kernel_complete(ring(), kernel_last(ring(), IORING_OP_NOP)->user_data, 0, 0);
	machine_send(1, 0, 1);
	machine_turn(1, false);
	machine_on(0);
	struct gi_timer timer;
	gi_timer_init(&timer, on_fire);
	gi_timer_start(&driver->timers, &timer, gi_driver_now_ns(driver), 0);
	kernel.now_ns += 2 * GI_TIMER_TICK_NS;
	struct gi_work work = {.run = on_run, .class = GI_WORK_NORMAL};
	gi_work_push(&driver->ready, &work);
	machine.logs[0].on_message = on_message;
	machine.logs[0].on_flush = on_flush;
	CU_ASSERT_EQUAL(machine_turn(0, false), 4);
	CU_ASSERT_STRING_EQUAL(steps, "cmwtf");
	machine_stop();
}

static void idle_turn_makes_no_call(void)
{
	setup(&(struct machine_options){0});
	uint32_t enters_before = ring()->enter_count;
	for (uint32_t i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(machine_turn(0, false), 0);
	}
	CU_ASSERT_EQUAL(ring()->enter_count, enters_before);
	CU_ASSERT_EQUAL(gi_load_relaxed(&machine.drivers[0]->counters.turns), 11);
	machine_stop();
}

/* Work in the kernel that only an enter brings out. */
static void task_work_leads_to_an_enter(void)
{
	setup(&(struct machine_options){0});
	kernel_complete_deferred(ring(), GI_CQE_NONE, 0, 0);
	uint32_t enters_before = ring()->enter_count;
	machine_turn(0, false);
	CU_ASSERT_EQUAL(ring()->enter_count, enters_before + 1);
	CU_ASSERT_EQUAL(ring()->last_min_complete, 0);
	CU_ASSERT_EQUAL(machine_turn(0, false), 1);
	CU_ASSERT_EQUAL(ring()->enter_count, enters_before + 1);
	machine_stop();
}

static void overflow_leads_to_an_enter(void)
{
	setup(&(struct machine_options){.entry_count = 4, .completion_count = 4});
	for (uint32_t i = 0; i < 11; i++) {
		kernel_complete(ring(), GI_CQE_NONE, 0, 0);
	}
	CU_ASSERT_EQUAL(ring()->overflowed.count, 7);
	uint32_t reaped = 0;
	for (uint32_t i = 0; i < 4; i++) {
		reaped += machine_turn(0, false);
	}
	CU_ASSERT_EQUAL(reaped, 11);
	CU_ASSERT_EQUAL(ring()->overflowed.count, 0);
	CU_ASSERT_TRUE(gi_load_relaxed(&machine.drivers[0]->counters.cq_overflows) > 0);
	machine_stop();
}

static void overflow_does_not_wait_for_a_sleeper(void)
{
	setup(&(struct machine_options){.entry_count = 4, .completion_count = 4});
	for (uint32_t i = 0; i < 5; i++) {
		kernel_complete(ring(), GI_CQE_NONE, 0, 0);
	}
	uint32_t reaped = 0;
	for (uint32_t i = 0; i < 3; i++) {
		reaped += machine_turn(0, true);
	}
	CU_ASSERT_EQUAL(reaped, 5);
	machine_stop();
}

static void many_completions_take_several_turns(void)
{
	setup(&(struct machine_options){0});
	for (uint32_t i = 0; i < 600; i++) {
		kernel_complete(ring(), GI_CQE_NONE, 0, 0);
	}
	CU_ASSERT_EQUAL(machine_turn(0, true), 256);
	CU_ASSERT_EQUAL(machine_turn(0, true), 256);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	CU_ASSERT_EQUAL(machine_turn(0, true), 88);
	CU_ASSERT_EQUAL(ring()->wait_count, 1); /* in the same turn: nothing is left */
	machine_stop();
}

static void one_sender_cannot_hold_a_turn(void)
{
	setup(&(struct machine_options){.driver_count = 3, .mailbox_slots = 512});
	for (uint32_t i = 0; i < 400; i++) {
		machine_send(1, 0, i);
	}
	machine_turn(1, false);
	machine_send(2, 0, 1000);
	machine_turn(2, false);
	CU_ASSERT_EQUAL(machine_turn(0, true), 257);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	CU_ASSERT_EQUAL(machine_turn(0, true), 144);
	machine_stop();
}

/* What was published and not consumed is offered again, from where the kernel stands. */
static void partial_submission_is_offered_again(void)
{
	static struct gi_io ios[6];
	setup(&(struct machine_options){0});
	for (uint32_t i = 0; i < 6; i++) {
		gi_io_init(&ios[i], on_completed);
		gi_io_prepare_nop(&ios[i]);
		CU_ASSERT_EQUAL(gi_io_submit(machine.drivers[0], &ios[i]), 0);
	}
	kernel.consume_max = 2;
	for (uint32_t left = 6; left > 0; left -= 2) {
		machine_turn(0, true);
		CU_ASSERT_EQUAL(ring()->last_submit_count, left);
	}
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_NOP), 6);
	for (uint32_t i = 1; i < 7; i++) { /* each once */
		for (uint32_t j = i + 1; j < 7; j++) {
			CU_ASSERT_NOT_EQUAL(ring()->submitted[i].user_data,
			                    ring()->submitted[j].user_data);
		}
	}
	machine_stop();
}

static void refused_enter_strands_nothing(void)
{
	static const int errors[] = {-EBUSY, -EAGAIN, -EINTR, -ENOMEM};
	for (uint32_t i = 0; i < GI_COUNT_OF(errors); i++) {
		setup(&(struct machine_options){0});
		struct gi_io io;
		gi_io_init(&io, on_completed);
		gi_io_prepare_nop(&io);
		CU_ASSERT_EQUAL(gi_io_submit(machine.drivers[0], &io), 0);
		kernel_fail_enter(errors[i]);
		kernel_fail_enter(errors[i]);
		kernel_fail_enter(errors[i]);
		for (uint32_t turn = 0; turn < 3; turn++) {
			machine_turn(0, true);
			CU_ASSERT_EQUAL(ring()->last_submit_count, 1);
			CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_NOP), 0);
		}
		machine_turn(0, true);
		CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_NOP), 1);
		machine_stop();
	}
}

/* Before the first turn the clock said 0, and a timer started then would have fired far too late. */
static void time_is_known_before_the_first_turn(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	struct gi_driver *driver = machine_on(0);
	CU_ASSERT_TRUE(gi_driver_now_ns(driver) >= kernel.now_ns - 10 * kernel.step_ns);
	machine_stop();
}

static void time_is_read_once_a_turn(void)
{
	setup(&(struct machine_options){0});
	struct gi_driver *driver = machine_on(0);
	machine_turn(0, false);
	uint64_t now_ns = gi_driver_now_ns(driver);
	kernel.now_ns += 5000000;
	CU_ASSERT_EQUAL(gi_driver_now_ns(driver), now_ns);
	machine_turn(0, false);
	CU_ASSERT_TRUE(gi_driver_now_ns(driver) >= now_ns + 5000000);
	machine_stop();
}

/* The first has more to say than the other has room for, and falls quiet before the other does. */
static void drivers_turned_by_hand_fall_quiet_together(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = 4});
	for (uint32_t i = 0; i < 6; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	gi_driver_become(NULL);
	gi_hand_leave(&machine.group);
	CU_ASSERT_TRUE(machine_got(1, 0, 6));
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"turn follows the one direction", turn_follows_the_one_direction},
        {"idle turn makes no call", idle_turn_makes_no_call},
        {"task work leads to an enter", task_work_leads_to_an_enter},
        {"overflow leads to an enter", overflow_leads_to_an_enter},
        {"overflow does not wait for sleep", overflow_does_not_wait_for_a_sleeper},
        {"many completions take several turns", many_completions_take_several_turns},
        {"one sender cannot hold a turn", one_sender_cannot_hold_a_turn},
        {"partial submission is offered again", partial_submission_is_offered_again},
        {"refused enter strands nothing", refused_enter_strands_nothing},
        {"time is known before first turn", time_is_known_before_the_first_turn},
        {"time is read once a turn", time_is_read_once_a_turn},
        {"turned by hand they fall quiet together", drivers_turned_by_hand_fall_quiet_together},
        CU_TEST_INFO_NULL,
};

extern const struct suite turn_suite;
const struct suite turn_suite = {"turn", tests};
