/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/route.c: slots, outboxes, publication and doorbells between drivers. */
#include "drivers/route.h"

#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

enum { SLOTS = 4, OUTBOX = 4 };

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		machine_turn(i, false);
	}
}

static const struct machine_options two = {.driver_count = 2};

static uint64_t count_of(_Atomic uint64_t *counter)
{
	return gi_load_relaxed(counter);
}

/* It sleeps, and wakes with this as the world's part. */
static void sleep_with(uint32_t index, void (*on_wait)(struct kernel_ring *ring))
{
	uint32_t before = kernel.rings[index].wait_count;
	kernel.on_wait = on_wait;
	for (uint32_t turns = 0; kernel.rings[index].wait_count == before; turns++) {
		machine_turn(index, true);
		CU_ASSERT_FATAL(turns < 100);
	}
	kernel.on_wait = NULL;
}

static void pairs_that_do_not_talk_cost_nothing(void)
{
	setup(&(struct machine_options){.driver_count = 3});
	CU_ASSERT_TRUE(machine_send(0, 1, 1));
	CU_ASSERT_PTR_NOT_NULL(machine.drivers[0]->routes[1]);
	CU_ASSERT_PTR_NULL(machine.drivers[0]->routes[2]);
	CU_ASSERT_PTR_NULL(machine.drivers[1]->routes[0]);
	machine_stop();
}

static void messages_arrive_in_order(void)
{
	setup(&two);
	for (uint32_t i = 0; i < SLOTS; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	machine_turn(1, false);
	CU_ASSERT_EQUAL(machine.logs[1].count, 0); /* not before the sender's turn ends */
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS));
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.messages_out), SLOTS);
	CU_ASSERT_EQUAL(count_of(&machine.drivers[1]->counters.messages_in), SLOTS);
	CU_ASSERT_EQUAL(kernel.doorbell_count, 0); /* it was awake */
	machine_stop();
}

static void full_ring_fills_the_outbox(void)
{
	setup(&two);
	for (uint32_t i = 0; i < SLOTS + OUTBOX; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	CU_ASSERT_FALSE(machine_send(0, 1, 99));
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.refused), 1);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS + OUTBOX));
	CU_ASSERT_PTR_NULL(machine.drivers[0]->dirty);
	CU_ASSERT_TRUE(machine_send(0, 1, 8));
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS + OUTBOX + 1));
	machine_stop();
}

static void system_lane_is_never_refused(void)
{
	setup(&two);
	for (uint32_t i = 0; i < SLOTS + OUTBOX; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	for (uint32_t i = SLOTS + OUTBOX; i < 1000; i++) {
		CU_ASSERT_FALSE(machine_send(0, 1, 9999));
		CU_ASSERT_TRUE(machine_send_block(0, 1, i));
	}
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, 1000)); /* in the order sent, whatever the lane */
	CU_ASSERT_EQUAL(gi_heap_used(machine.drivers[0]->heap),
	                sizeof(struct gi_io_slot) * GI_IO_SEGMENT_COUNT); /* blocks are freed */
	machine_stop();
}

static void memory_at_its_limit_refuses_users_only(void)
{
	setup(&(struct machine_options){
	        .driver_count = 3, .memory_limit = 8ul << 20, .memory_reserve = 2ul << 20});
	CU_ASSERT_TRUE(machine_send(0, 1, 0)); /* this route is open */
	static struct gi_message *blocks[100];
	for (uint32_t i = 0; i < 100; i++) {
		blocks[i] = gi_heap_alloc(machine.drivers[0]->heap, sizeof(*blocks[i]));
	}
	machine_exhaust_memory();
	for (uint32_t i = 1; i < SLOTS; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i)); /* a slot needs no memory */
	}
	CU_ASSERT_FALSE(machine_send(0, 1, 99)); /* a block does */
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.refused), 1);
	/* A route is opened from the reserve: two drivers are not parted for good by what others have taken. */
	CU_ASSERT_PTR_NULL(machine.drivers[0]->routes[2]);
	CU_ASSERT_TRUE(machine_send(0, 2, 0));
	/* The system's blocks were made before: they wait without memory. */
	for (uint32_t i = 0; i < 100; i++) {
		struct gi_message *block = blocks[i];
		uint32_t to = 1 + i % 2;
		*block = (struct gi_message){.kind = MACHINE_KIND};
		block->token = i / 2 + (to == 1 ? SLOTS : 1);
		gi_driver_send_boxed(machine_on(0), to, block, block->token + 1000ul, GI_PASS_COPY);
	}
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS + 50));
	CU_ASSERT_TRUE(machine_got(2, 0, 51));
	machine_stop();
}

/* It arrives as a pointer, and is the receiver's; what the others see of `to` and `from` is the same both ways. */
static void pointer_moves_a_block(void)
{
	setup(&two);
	struct gi_driver *sender = machine_on(0);
	CU_ASSERT_TRUE(gi_route_open(sender, 1));
	struct gi_message *blocks[SLOTS + 2];
	for (uint32_t i = 0; i < SLOTS + 2; i++) { /* two of them wait in the outbox */
		blocks[i] = gi_heap_alloc(sender->heap, 500);
		*blocks[i] = (struct gi_message){.kind = MACHINE_KIND, .flags = 1, .size = 400};
		blocks[i]->token = i;
		gi_driver_send_boxed(sender, 1, blocks[i], 77 + i, GI_PASS_POINTER);
	}
	CU_ASSERT_EQUAL(sender->routes[1]->outbox_user_count, 0);
	machine_turn(0, false);
	struct gi_mailbox *mailbox = &sender->routes[1]->mailbox;
	for (uint32_t i = 0; i < SLOTS + 2; i++) {
		struct gi_message *slot = gi_mailbox_peek(mailbox);
		CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
		CU_ASSERT_EQUAL(slot->to, 77 + i);
		CU_ASSERT_EQUAL(slot->from, 0);
		CU_ASSERT_EQUAL(slot->token, i);
		CU_ASSERT_EQUAL(slot->flags & GI_MESSAGE_FLAGS, 1);
		CU_ASSERT_EQUAL(slot->size, 400);
		CU_ASSERT_EQUAL(memcmp(slot->payload, &blocks[i], sizeof(void *)), 0);
		gi_mailbox_pop(mailbox, 1);
		CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
		machine_turn(0, false);
		gi_heap_free(sender->heap, blocks[i]);
	}
	machine_settle();
	machine_stop();
}

static void small_rings_wrap_in_order(void)
{
	setup(&(struct machine_options){
	        .driver_count = 2, .mailbox_slots = 2, .outbox_count_max = 3});
	uint32_t sent = 0;
	for (uint32_t round = 0; round < 1000 && sent < 2000; round++) {
		for (uint32_t i = 0; i < round % 7; i++) {
			sent += machine_send(0, 1, sent);
		}
		machine_turn(round % 2, round % 3 == 0);
	}
	machine_settle();
	CU_ASSERT_TRUE(sent > 500);
	CU_ASSERT_TRUE(machine_got(1, 0, sent));
	machine_stop();
}

/* ---- Doorbells --------------------------------------------------------------------------------------------------- */

static void send_from_0(struct kernel_ring *ring)
{
	(void)ring;
	machine_send(0, 1, 0);
	machine_turn(0, false);
	machine_send(0, 1, 1);
	machine_turn(0, false);
	machine_on(1);
}

static void one_doorbell_for_each_sleep(void)
{
	setup(&two);
	for (uint32_t i = 1; i <= 5; i++) {
		machine.logs[1].count = 0;
		sleep_with(1, send_from_0);
		CU_ASSERT_EQUAL(kernel.doorbell_count, i); /* for two publications */
		CU_ASSERT_EQUAL(kernel.rings[1].waited_for_ever, 0);
		machine_settle();
		CU_ASSERT_TRUE(machine_got(1, 0, 2));
	}
	const struct io_uring_sqe *sqe = kernel_last(&kernel.rings[0], IORING_OP_MSG_RING);
	CU_ASSERT_TRUE(sqe->flags & IOSQE_CQE_SKIP_SUCCESS);
	CU_ASSERT_EQUAL(sqe->len, 0); /* the sender's index */
	CU_ASSERT_EQUAL(sqe->off, GI_CQE_DOORBELL);
	CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.doorbells), 5);
	machine_stop();
}

static void send_and_publish_once(struct kernel_ring *ring)
{
	if (ring != &kernel.rings[1]) {
		return;
	}
	machine_send(0, 1, 0);
	for (uint32_t i = 0; i < 8; i++) {
		machine_turn(0, true);
	}
	machine_on(1);
}

static void failed_doorbell_is_rung_again(void)
{
	static const int errors[] = {-EOVERFLOW, -ENOMEM, -EAGAIN};
	for (uint32_t i = 0; i < 3; i++) {
		setup(&two);
		kernel_fail_doorbell(errors[i]);
		kernel_fail_doorbell(errors[i]);
		sleep_with(1, send_and_publish_once);
		CU_ASSERT_EQUAL(kernel.rings[1].waited_for_ever, 0);
		CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
		CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.doorbells), 3);
		CU_ASSERT_EQUAL(count_of(&machine.drivers[0]->counters.doorbell_errors), 2);
		machine_settle();
		CU_ASSERT_TRUE(machine_got(1, 0, 1));
		CU_ASSERT_EQUAL(machine.drivers[0]->doorbells_owed_count, 0);
		machine_stop();
	}
}

static int enter_error;

/* A sender may sleep only when its doorbells are with the kernel. */
static void send_and_sleep(struct kernel_ring *ring)
{
	if (ring != &kernel.rings[1]) {
		return;
	}
	kernel_fail_enter(enter_error);
	kernel_fail_enter(enter_error);
	kernel_fail_doorbell(-ENOMEM);
	machine_send(0, 1, 0);
	uint32_t before = kernel.rings[0].wait_count;
	for (uint32_t turns = 0; kernel.rings[0].wait_count == before; turns++) {
		machine_turn(0, true);
		CU_ASSERT_FATAL(turns < 100);
	}
	CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
	machine_on(1);
}

static void sender_does_not_sleep_on_a_doorbell(void)
{
	static const int errors[] = {-EBUSY, -EAGAIN, -EINTR, -ENOMEM};
	for (uint32_t i = 0; i < 4; i++) {
		setup(&two);
		enter_error = errors[i];
		sleep_with(1, send_and_sleep);
		CU_ASSERT_EQUAL(kernel.rings[1].waited_for_ever, 0);
		machine_stop();
	}
}

static void fill_queue_and_send(struct kernel_ring *ring)
{
	static struct gi_io reads[8];
	if (ring != &kernel.rings[1]) {
		return;
	}
	struct gi_driver *driver = machine_on(0);
	for (uint32_t i = 0; i < 8; i++) {
		gi_io_init(&reads[i], NULL);
		gi_io_prepare_nop(&reads[i]);
		CU_ASSERT_EQUAL(gi_io_submit(driver, &reads[i]), 0);
	}
	machine_send(0, 1, 0);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(driver->doorbells_owed_count, 1);
	CU_ASSERT_EQUAL(kernel.doorbell_count, 0);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(driver->doorbells_owed_count, 0);
	CU_ASSERT_EQUAL(kernel.doorbell_count, 1);
	machine_on(1);
}

static void doorbell_waits_for_room_in_the_queue(void)
{
	setup(&(struct machine_options){.driver_count = 2, .entry_count = 8});
	sleep_with(1, fill_queue_and_send);
	CU_ASSERT_EQUAL(kernel.rings[1].waited_for_ever, 0);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, 1));
	machine_stop();
}

/* A doorbell that means nothing: early, late, twice. The ring is the truth. */
static void doorbell_without_message_is_harmless(void)
{
	setup(&two);
	for (uint32_t i = 0; i < 10; i++) {
		kernel_complete_deferred(&kernel.rings[1], GI_CQE_DOORBELL, 7, 0);
	}
	machine_settle();
	CU_ASSERT_EQUAL(machine.logs[1].count, 0);
	CU_ASSERT_EQUAL(count_of(&machine.drivers[1]->counters.stale_completions), 0);
	machine_stop();
}

/* ---- Back-pressure across a sleep -------------------------------------------------------------------------------- */

static void receive_all(struct kernel_ring *ring)
{
	if (ring == &kernel.rings[0]) {
		for (uint32_t i = 0; i < 5; i++) {
			machine_turn(1, false);
		}
		machine_on(0);
	}
}

static void blocked_sender_is_woken_when_there_is_room(void)
{
	setup(&two);
	for (uint32_t i = 0; i < SLOTS + OUTBOX; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	sleep_with(0, receive_all);
	CU_ASSERT_EQUAL(kernel.rings[0].waited_for_ever, 0);
	CU_ASSERT_EQUAL(kernel_submitted(&kernel.rings[1], IORING_OP_MSG_RING), 1);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, SLOTS + OUTBOX));
	machine_stop();
}

/*
 * The sender blocks while the last message of a turn is being handled: after the word was read for the last time in
 * this turn, before room is made. Nothing will be popped in the turn that sees the mark.
 */
enum { TURN_MESSAGES = 256 };

static void block_while_handling_last(uint32_t index, struct gi_message *message)
{
	(void)index;
	if (message->token == TURN_MESSAGES - 1) {
		struct gi_driver *sender = machine.drivers[0];
		CU_ASSERT_TRUE(gi_mailbox_stall(&sender->routes[1]->mailbox));
		CU_ASSERT_TRUE(gi_inbound_sleep(&sender->inbound));
	}
}

static void late_block_is_answered_too(void)
{
	setup(&(struct machine_options){.driver_count = 2, .mailbox_slots = TURN_MESSAGES});
	for (uint32_t i = 0; i < TURN_MESSAGES + 1; i++) {
		CU_ASSERT_TRUE(machine_send(0, 1, i));
	}
	machine_turn(0, false);
	machine.logs[1].on_message = block_while_handling_last;
	for (uint32_t i = 0; i < 3; i++) {
		machine_turn(1, false);
	}
	CU_ASSERT_EQUAL(machine.logs[1].count, TURN_MESSAGES);
	CU_ASSERT_EQUAL(kernel_submitted(&kernel.rings[1], IORING_OP_MSG_RING), 1);
	gi_inbound_wake(&machine.drivers[0]->inbound);
	machine_settle();
	CU_ASSERT_TRUE(machine_got(1, 0, TURN_MESSAGES + 1));
	machine_stop();
}

/* ---- Blocks on their way home ------------------------------------------------------------------------------------ */

static void freed_blocks_go_home(void)
{
	setup(&two);
	struct gi_driver *owner = machine.drivers[0];
	uint64_t used_before = gi_heap_used(owner->heap);
	void *blocks[3 * GI_BLOCK_CHAIN_COUNT + 5];
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		blocks[i] = gi_heap_alloc(owner->heap, 100);
		CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
	}
	machine_on(1);
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		gi_driver_free(machine.drivers[1], blocks[i]);
	}
	machine_turn(1, false); /* full chains at once ... */
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(machine.drivers[1]->heap), 0);
	machine_settle();
	CU_ASSERT_EQUAL(gi_heap_used(owner->heap), used_before);
	/* ... a small one before its driver sleeps. */
	void *block = gi_heap_alloc(owner->heap, 100);
	machine_on(1);
	gi_driver_free(machine.drivers[1], block);
	machine_turn(1, false);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(machine.drivers[1]->heap), 1);
	sleep_with(1, NULL);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(machine.drivers[1]->heap), 0);
	machine_settle();
	CU_ASSERT_EQUAL(gi_heap_used(owner->heap), used_before);
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"pointer moves a block", pointer_moves_a_block},
        {"pairs that are silent cost nothing", pairs_that_do_not_talk_cost_nothing},
        {"messages arrive in order", messages_arrive_in_order},
        {"full ring fills the outbox", full_ring_fills_the_outbox},
        {"system lane is never refused", system_lane_is_never_refused},
        {"memory limit refuses users only", memory_at_its_limit_refuses_users_only},
        {"small rings wrap in order", small_rings_wrap_in_order},
        {"one doorbell for each sleep", one_doorbell_for_each_sleep},
        {"failed doorbell is rung again", failed_doorbell_is_rung_again},
        {"sender does not sleep on doorbell", sender_does_not_sleep_on_a_doorbell},
        {"doorbell waits for queue room", doorbell_waits_for_room_in_the_queue},
        {"doorbell without message is harmless", doorbell_without_message_is_harmless},
        {"blocked sender is woken by room", blocked_sender_is_woken_when_there_is_room},
        {"late block is answered too", late_block_is_answered_too},
        {"freed blocks go home", freed_blocks_go_home},
        CU_TEST_INFO_NULL,
};

extern const struct suite route_suite;
const struct suite route_suite = {"route", tests};
