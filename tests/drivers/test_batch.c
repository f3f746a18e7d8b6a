/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/route.c: what leaves before the turn ends. */
#include "drivers/quiet.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

enum { SLOTS = 4, BATCH = 64 };

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		machine_turn(i, false);
	}
}

static uint64_t count_of(_Atomic uint64_t *counter)
{
	return gi_load_relaxed(counter);
}

static void on_nop(struct gi_io *io, const struct gi_io_event *event)
{
	(void)io;
	(void)event;
}

/* Who sends much in one turn does not keep its receiver waiting until the end of it. */
static void a_batch_leaves_in_the_middle_of_a_turn(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = 256});
	for (uint32_t i = 0; i < BATCH; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	machine_turn(1, false);
	CU_ASSERT_EQUAL(machine.logs[1].count, 0);
	CU_ASSERT_TRUE(machine_send(0, 1, BATCH));
	machine_turn(1, false);
	CU_ASSERT_TRUE(machine_got(1, 0, BATCH));
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.messages_out), BATCH);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, BATCH + 1));
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.messages_out), BATCH + 1);
	machine_stop();
}

/* A turn may be long: who sleeps hears of a batch at once, not when the turn ends. */
static void a_batch_wakes_its_sleeper_at_once(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = 256});
	CU_ASSERT_TRUE(gi_inbound_sleep(&machine.drivers[1]->inbound));
	for (uint32_t i = 0; i < BATCH; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	CU_ASSERT_EQUAL(kernel.doorbell_count, 0);
	CU_ASSERT_TRUE(machine_send(0, 1, BATCH)); /* its batch is the next */
	CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
	gi_inbound_wake(&machine.drivers[1]->inbound);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, BATCH + 1));
	machine_stop();
}

/* With a full submission queue too: an enter makes room, then it is rung. */
static void a_batch_wakes_its_sleeper_past_a_full_queue(void)
{
	enum { ENTRIES = 4 };
	setup(&(struct machine_options){
	        .driver_count = 2, .mailbox_slots = 256, .entry_count = ENTRIES});
	CU_ASSERT_TRUE(gi_inbound_sleep(&machine.drivers[1]->inbound));
	struct gi_driver *driver = machine_on(0);
	struct gi_io ios[ENTRIES];
	for (uint32_t i = 0; i < ENTRIES; i++) {
		gi_io_init(&ios[i], on_nop);
		gi_io_prepare_nop(&ios[i]);
		CU_ASSERT_EQUAL(gi_io_submit(driver, &ios[i]), 0);
	}
	for (uint32_t i = 0; i <= BATCH; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
	CU_ASSERT_EQUAL(driver->doorbells_owed_count, 0);
	gi_inbound_wake(&machine.drivers[1]->inbound);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, BATCH + 1));
	machine_stop();
}

/* What waits beyond a full ring moves on when the receiver has made room, in the middle of a turn too. */
static void a_filled_outbox_moves_within_a_turn(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = SLOTS});
	for (uint32_t i = 0; i < SLOTS + 2; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	CU_ASSERT_EQUAL(machine.drivers[0]->routes[1]->outbox_user_count, 2);
	machine_turn(1, false); /* the full ring has been published without a turn of its sender */
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS));
	CU_ASSERT_TRUE(machine_send(0, 1, SLOTS + 2));
	CU_ASSERT_EQUAL(machine.drivers[0]->routes[1]->outbox_user_count, 0);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS + 3));
	machine_stop();
}

/* Batches end before the ring does, where its room ends, and where the outbox begins: from any place, with any number. */
static void batches_of_any_length_keep_order(void)
{
	setup(&(struct machine_options){
	        .driver_count = 2, .mailbox_slots = 32, .outbox_count_max = 20});
	uint32_t sent = 0;
	for (uint32_t round = 0; round < 120; round++) {
		machine.drivers[0]->was_idle = round % 5 < 2;
		for (uint32_t i = 0; i < round * 7 % 61; i++) {
			sent += i % 5 ? machine_send(0, 1, sent) : machine_send_block(0, 1, sent);
		}
		machine_turn(0, false);
		machine_turn(1, round % 3 == 0);
	}
	machine_settle();
	CU_ASSERT_TRUE(sent > 1500);
	CU_ASSERT_TRUE(machine_got(1, 0, sent));
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.messages_out), sent);
	machine_stop();
}

/* Two drivers whose mailbox is active. */
static struct gi_driver *setup_active(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = 8});
	CU_ASSERT_TRUE(machine_send(0, 1, 0));
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, 1));
	return machine.drivers[0];
}

/* Its receiver would take the line of each slot away while it is filled. */
static void messages_of_a_turn_are_seen_at_its_end(void)
{
	(void)setup_active();
	for (uint32_t i = 1; i < 20; i++) { /* from each slot of the ring on */
		uint32_t count = i % 4 + 1;
		uint32_t first = machine.logs[1].count;
		for (uint32_t k = 0; k < count; k++) {
			CU_ASSERT_TRUE(machine_send(0, 1, first + k));
			machine_turn(1, false);
			CU_ASSERT_EQUAL(machine.logs[1].count, first);
		}
		machine_turn(0, false);
		machine_turn(1, false);
		CU_ASSERT_TRUE(machine_got(1, 0, first + count));
	}
	machine_stop();
}

/* Who had nothing to do until something came: the other one waits for its answer. */
static void first_message_after_idleness_is_seen_at_once(void)
{
	struct gi_driver *driver = setup_active();
	for (uint32_t i = 1; i < 20; i++) {
		uint32_t first = machine.logs[1].count;
		driver->was_idle = true;
		for (uint32_t k = 0; k < 3; k++) {
			CU_ASSERT_TRUE(machine_send(0, 1, first + k));
			machine_turn(1, false);
			CU_ASSERT_TRUE(machine_got(1, 0, first + 1)); /* the others at the end */
		}
		machine_turn(0, false);
		CU_ASSERT_FALSE(driver->was_idle);
		machine_turn(1, false);
		CU_ASSERT_TRUE(machine_got(1, 0, first + 3));
	}
	machine_stop();
}

/* What it is still told to send stays with it: its receivers may be gone. */
static void quiet_driver_fills_no_slot(void)
{
	struct gi_driver *driver = setup_active();
	driver->was_idle = true;
	machine_on(0);
	gi_driver_be_quiet(driver);
	CU_ASSERT_TRUE(machine_send(0, 1, 1));
	CU_ASSERT_TRUE(machine_send(0, 1, 2));
	CU_ASSERT_EQUAL(driver->routes[1]->outbox_count, 2);
	machine_turn(0, false);
	machine_turn(1, false);
	CU_ASSERT_TRUE(machine_got(1, 0, 1));
	driver->is_quiet = false;
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, 3));
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"messages of a turn are seen at its end", messages_of_a_turn_are_seen_at_its_end},
        {"first message after idleness is seen at once",
         first_message_after_idleness_is_seen_at_once},
        {"quiet driver fills no slot", quiet_driver_fills_no_slot},
        {"a batch leaves in the middle of a turn", a_batch_leaves_in_the_middle_of_a_turn},
        {"a batch wakes its sleeper at once", a_batch_wakes_its_sleeper_at_once},
        {"a batch wakes its sleeper past a full queue",
         a_batch_wakes_its_sleeper_past_a_full_queue},
        {"a filled outbox moves within a turn", a_filled_outbox_moves_within_a_turn},
        {"batches of any length keep order", batches_of_any_length_keep_order},
        CU_TEST_INFO_NULL,
};

extern const struct suite batch_suite;
const struct suite batch_suite = {"batch", tests};
