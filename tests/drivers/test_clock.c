/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/clock.c: what has come is taken before a deadline passes. */
#include "drivers/clock.h"

#include "base/container.h"
#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#define DELAY_NS (UINT64_C(200) * GI_TIMER_TICK_NS)

enum { SLOTS = 1024, OUTBOX = 100, TURNS_MAX = 1000 };

/* Somebody whose deadline is put off by whatever comes. */
static struct gi_timer deadline;
static uint32_t fired_count;
static uint32_t completed_count;
static uint32_t completed_when_fired;
static uint32_t messages_when_fired;
static uint64_t judged_when_fired_ns;

static struct kernel_ring *ring(void)
{
	return &kernel.rings[0];
}

static void on_fire(struct gi_timer *timer)
{
	(void)timer;
	fired_count++;
	completed_when_fired = completed_count;
	messages_when_fired = machine.logs[0].count;
	judged_when_fired_ns = gi_driver_judged_ns(machine.drivers[0]);
}

static void on_completed(struct gi_io *io, const struct gi_io_event *event)
{
	(void)io;
	(void)event;
	completed_count++;
}

static void setup(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){
	        .driver_count = 2, .mailbox_slots = SLOTS, .outbox_count_max = OUTBOX});
	machine_turn(0, false);
	machine_turn(1, false);
	fired_count = 0;
	completed_count = 0;
	struct gi_driver *driver = machine_on(0);
	gi_timer_init(&deadline, on_fire);
	gi_timer_start(&driver->timers, &deadline, gi_driver_now_ns(driver), DELAY_NS);
}

/* Until the deadline has passed. Returns how many turns that took. */
static uint32_t turn_until_fired(void (*between)(void))
{
	uint32_t turns = 0;
	while (fired_count == 0 && turns < TURNS_MAX) {
		if (between) {
			between();
		}
		machine_turn(0, false);
		turns++;
	}
	return turns;
}

static void submit_nop(struct gi_io *io)
{
	gi_io_init(io, on_completed);
	gi_io_prepare_nop(io);
	CU_ASSERT_EQUAL(gi_io_submit(machine_on(0), io), 0);
}

static void without_news_one_turn_is_enough(void)
{
	setup();
	kernel.now_ns += DELAY_NS - 1;
	machine_turn(0, false);
	CU_ASSERT_EQUAL(fired_count, 0);
	kernel.now_ns += 1 + GI_TIMER_TICK_NS;
	machine_turn(0, false);
	CU_ASSERT_EQUAL(fired_count, 1);
	CU_ASSERT_EQUAL(judged_when_fired_ns, kernel.now_ns);
	machine_stop();
}

/* The process was stopped: what came meanwhile lies behind the ring, and only an enter brings it out. */
static void what_the_kernel_holds_back_is_in_time(void)
{
	setup();
	struct gi_io io;
	submit_nop(&io);
	machine_turn(0, false);
	kernel_complete_deferred(ring(), kernel_last(ring(), IORING_OP_NOP)->user_data, 0, 0);
	kernel.now_ns += 10 * DELAY_NS;
	turn_until_fired(NULL);
	CU_ASSERT_EQUAL(fired_count, 1);
	CU_ASSERT_EQUAL(completed_when_fired, 1);
	machine_stop();
}

/* A receive that was just armed may find its bytes there. */
static void what_is_not_submitted_yet_is_in_time(void)
{
	setup();
	kernel.now_ns += 10 * DELAY_NS;
	struct gi_io io;
	submit_nop(&io);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(fired_count, 0);
	kernel_complete(ring(), kernel_last(ring(), IORING_OP_NOP)->user_data, 0, 0);
	turn_until_fired(NULL);
	CU_ASSERT_EQUAL(completed_when_fired, 1);
	machine_stop();
}

/* More completions than a turn takes. */
static void a_full_completion_queue_is_in_time(void)
{
	enum { COUNT = 700 };
	setup();
	static struct gi_io ios[COUNT];
	for (uint32_t i = 0; i < COUNT; i++) {
		submit_nop(&ios[i]);
	}
	while (kernel_submitted(ring(), IORING_OP_NOP) < COUNT) {
		machine_turn(0, false);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		kernel_complete(ring(), GI_CQE_IO | (uint64_t)ios[i].slot << 8, 0, 0);
	}
	kernel.now_ns += 10 * DELAY_NS;
	turn_until_fired(NULL);
	CU_ASSERT_EQUAL(completed_when_fired, COUNT);
	machine_stop();
}

static void a_full_mailbox_is_in_time(void)
{
	setup();
	for (uint32_t i = 0; i < SLOTS; i++) {
		CU_ASSERT_TRUE(machine_send(1, 0, i));
	}
	machine_turn(1, false);
	kernel.now_ns += 10 * DELAY_NS;
	CU_ASSERT_TRUE(turn_until_fired(NULL) > 1);
	CU_ASSERT_EQUAL(messages_when_fired, SLOTS);
	machine_stop();
}

static void more_task_work(void)
{
	kernel_complete_deferred(ring(), GI_CQE_NONE, 0, 0);
}

/* A driver whose ring is never seen empty has deadlines nevertheless. */
static void an_endless_ring_does_not_stop_time(void)
{
	setup();
	kernel.now_ns += 10 * DELAY_NS;
	CU_ASSERT_TRUE(turn_until_fired(more_task_work) < 10);
	CU_ASSERT_EQUAL(fired_count, 1);
	machine_stop();
}

static void more_messages(void)
{
	for (uint32_t i = 0; i < 300; i++) {
		(void)machine_send(1, 0, 1);
	}
	machine_turn(1, false);
	machine.logs[0].count = 0;
}

static void an_endless_mailbox_does_not_stop_time(void)
{
	setup();
	more_messages();
	more_messages();
	more_messages();
	kernel.now_ns += 10 * DELAY_NS;
	CU_ASSERT_TRUE(turn_until_fired(more_messages) < 10);
	CU_ASSERT_EQUAL(fired_count, 1);
	machine_stop();
}

static void nobody_sleeps_while_looking(void)
{
	setup();
	struct gi_io io;
	submit_nop(&io);
	kernel.now_ns += 10 * DELAY_NS;
	uint32_t waits_before = ring()->wait_count;
	machine_turn(0, true);
	CU_ASSERT_TRUE(gi_clock_is_looking(machine.drivers[0]));
	CU_ASSERT_FALSE(fired_count);
	CU_ASSERT_EQUAL(ring()->wait_count, waits_before);
	machine_stop();
}

static bool on_answer(struct gi_work *work, void *context)
{
	(void)work;
	(void)context;
	completed_count++;
	return false;
}

/* The one who has the answer waits for its turn on this very driver. */
static void what_is_ready_runs_before_a_deadline(void)
{
	setup();
	struct gi_work work = {.run = on_answer, .class = GI_WORK_BACKGROUND};
	gi_work_push(&machine_on(0)->ready, &work);
	kernel.now_ns += 10 * DELAY_NS;
	turn_until_fired(NULL);
	CU_ASSERT_EQUAL(completed_when_fired, 1);
	machine_stop();
}

static void turn_the_sender(void)
{
	machine_turn(1, false);
}

/* More than the ring holds: it waits at the sender, who is not late either. */
static void what_waits_for_room_is_in_time(void)
{
	setup();
	for (uint32_t i = 0; i < SLOTS + OUTBOX; i++) {
		CU_ASSERT_TRUE(machine_send(1, 0, i));
	}
	machine_turn(1, false);
	kernel.now_ns += 10 * DELAY_NS;
	turn_until_fired(turn_the_sender);
	CU_ASSERT_EQUAL(messages_when_fired, SLOTS + OUTBOX);
	machine_stop();
}

static void a_while_passes(void)
{
	kernel.now_ns += GI_TIMER_TICK_NS;
}

/* One that does not come to send what waits is waited for as long as we were late, and not for ever. */
static void a_stuck_sender_does_not_stop_time(void)
{
	/* From the slot of the wheel on which the timer stood; and what is there is taken. */
	enum { MORE = GI_TIMER_SLOT_COUNT + 2 + SLOTS / 256 };
	for (uint32_t late_ticks = 10; late_ticks <= 100000; late_ticks *= 100) {
		setup();
		for (uint32_t i = 0; i < SLOTS + OUTBOX; i++) {
			CU_ASSERT_TRUE(machine_send(1, 0, i));
		}
		machine_turn(1, false);
		kernel.now_ns += DELAY_NS + late_ticks * GI_TIMER_TICK_NS;
		uint32_t turns = turn_until_fired(a_while_passes);
		CU_ASSERT_TRUE(turns <= (late_ticks < 100 ? late_ticks : 100) + MORE);
		CU_ASSERT_TRUE(turns <= 100 + 2 + SLOTS / 256);
		CU_ASSERT_EQUAL(fired_count, 1);
		CU_ASSERT_EQUAL(messages_when_fired, SLOTS);
		machine_stop();
	}
}

static uint32_t runs_left;

static bool on_some_more(struct gi_work *work, void *context)
{
	completed_count++;
	(void)work;
	(void)context;
	return --runs_left > 0;
}

/* It has more to do than its share of a pass. */
static void what_runs_by_and_by_is_in_time(void)
{
	setup();
	struct gi_work work = {.run = on_some_more, .class = GI_WORK_BACKGROUND};
	runs_left = 50;
	gi_work_push(&machine_on(0)->ready, &work);
	kernel.now_ns += 10 * DELAY_NS;
	turn_until_fired(a_while_passes);
	CU_ASSERT_EQUAL(completed_when_fired, 50);
	machine_stop();
}

static void endless_work_does_not_stop_time(void)
{
	setup();
	struct gi_work work = {.run = on_some_more, .class = GI_WORK_BACKGROUND};
	runs_left = UINT32_MAX;
	gi_work_push(&machine_on(0)->ready, &work);
	kernel.now_ns += 10 * DELAY_NS;
	CU_ASSERT_TRUE(turn_until_fired(a_while_passes) <= 102);
	CU_ASSERT_EQUAL(fired_count, 1);
	runs_left = 1;
	machine_turn(0, false);
	machine_stop();
}

static uint32_t turns_until_long;

static bool on_long(struct gi_work *work, void *context)
{
	(void)work;
	(void)context;
	kernel.now_ns += 10 * DELAY_NS;
	turns_until_long++;
	return false;
}

/* A turn of seconds: what came in it is taken before the deadlines that lie in it. */
static void a_long_turn_makes_nobody_late(void)
{
	setup();
	struct gi_io io;
	submit_nop(&io);
	machine_turn(0, false);
	struct gi_work work = {.run = on_long, .class = GI_WORK_NORMAL};
	gi_work_push(&machine_on(0)->ready, &work);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(fired_count, 0);
	kernel_complete_deferred(ring(), kernel_last(ring(), IORING_OP_NOP)->user_data, 0, 0);
	turn_until_fired(NULL);
	CU_ASSERT_EQUAL(completed_when_fired, 1);
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"without news one turn is enough", without_news_one_turn_is_enough},
        {"what the kernel holds back is in time", what_the_kernel_holds_back_is_in_time},
        {"what is not submitted yet is in time", what_is_not_submitted_yet_is_in_time},
        {"a full completion queue is in time", a_full_completion_queue_is_in_time},
        {"a full mailbox is in time", a_full_mailbox_is_in_time},
        {"an endless ring does not stop time", an_endless_ring_does_not_stop_time},
        {"an endless mailbox does not stop time", an_endless_mailbox_does_not_stop_time},
        {"nobody sleeps while looking", nobody_sleeps_while_looking},
        {"what is ready runs before a deadline", what_is_ready_runs_before_a_deadline},
        {"what waits for room is in time", what_waits_for_room_is_in_time},
        {"a stuck sender does not stop time", a_stuck_sender_does_not_stop_time},
        {"what runs by and by is in time", what_runs_by_and_by_is_in_time},
        {"endless work does not stop time", endless_work_does_not_stop_time},
        {"a long turn makes nobody late", a_long_turn_makes_nobody_late},
        CU_TEST_INFO_NULL,
};

extern const struct suite clock_suite;
const struct suite clock_suite = {"clock", tests};
