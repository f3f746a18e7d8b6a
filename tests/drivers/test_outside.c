/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/outside.c: the way in for threads that are no drivers. */
#include "drivers/outside.h"

#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <unistd.h>

static struct gi_outside *outside;

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	CU_ASSERT_EQUAL_FATAL(gi_outside_create(&outside, &machine.group, machine.arena), 0);
	machine.group.outside = outside;
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		machine_turn(i, false);
	}
}

static void teardown(void)
{
	gi_outside_destroy(outside);
	machine_stop();
}

static bool send_to(uint32_t to, uint32_t token)
{
	gi_outside_lock(outside);
	struct gi_message *message = gi_outside_slot(outside, to);
	if (message) {
		CU_ASSERT_EQUAL(message->token, 0);
		CU_ASSERT_EQUAL(message->from, 0);
		message->from = 1;
		message->token = token;
		message->to = token + 1000ul;
		gi_outside_sent(outside, to, gi_message_label(MACHINE_KIND, 1, 0));
	}
	gi_outside_unlock(outside);
	return message != NULL;
}

static void messages_from_outside_arrive(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	for (uint32_t i = 0; i < 10; i++) {
		CU_ASSERT_TRUE(send_to(0, i));
		CU_ASSERT_TRUE(send_to(1, 100 + i));
	}
	CU_ASSERT_EQUAL(kernel.signals[0].value, 0); /* nobody sleeps: no call */
	machine_turn(0, true);
	machine_turn(1, true);
	CU_ASSERT_TRUE(machine_got(0, 0, 10));
	CU_ASSERT_TRUE(machine_got(1, 100, 10));
	teardown();
}

static void full_outside_mailbox_refuses(void)
{
	setup(&(struct machine_options){0});
	uint32_t sent = 0;
	while (send_to(0, sent)) {
		sent++;
	}
	CU_ASSERT_EQUAL(sent, GI_OUTSIDE_SLOTS);
	for (uint32_t i = 0; i < 10; i++) {
		machine_turn(0, false);
	}
	CU_ASSERT_TRUE(machine_got(0, 0, GI_OUTSIDE_SLOTS));
	CU_ASSERT_TRUE(send_to(0, sent));
	machine_turn(0, false);
	CU_ASSERT_TRUE(machine_got(0, 0, GI_OUTSIDE_SLOTS + 1));
	teardown();
}

static void send_two(struct kernel_ring *ring)
{
	(void)ring;
	uint32_t count = machine.logs[0].count;
	CU_ASSERT_TRUE(send_to(0, count));
	CU_ASSERT_TRUE(send_to(0, count + 1));
}

static void sleeper_is_raised_again_and_again(void)
{
	setup(&(struct machine_options){0});
	kernel.on_wait = send_two;
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t before = kernel.rings[0].wait_count;
		for (uint32_t turns = 0; kernel.rings[0].wait_count == before; turns++) {
			machine_turn(0, true);
			CU_ASSERT_FATAL(turns < 10);
		}
	}
	CU_ASSERT_EQUAL(kernel.rings[0].waited_for_ever, 0);
	kernel.on_wait = NULL;
	machine_turn(0, false);
	CU_ASSERT_TRUE(machine_got(0, 0, 10));
	teardown();
}

static void raise_before_the_sleep_is_not_lost(void)
{
	setup(&(struct machine_options){0});
	gi_driver_raise(machine.drivers[0]);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(kernel.rings[0].waited_for_ever, 0);
	teardown();
}

/* Under its lock a thread outside may be in the kernel, so a driver must not wait for it: here it would do so for ever. */
static void foreign_blocks_go_home_without_the_lock(void)
{
	setup(&(struct machine_options){0});
	void *blocks[GI_BLOCK_CHAIN_COUNT + 3];
	gi_outside_lock(outside);
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		blocks[i] = gi_outside_alloc(outside, 200);
		CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
	}
	gi_outside_free(outside, gi_outside_alloc(outside, 300));
	alarm(60);
	machine_on(0);
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		gi_driver_free(machine.drivers[0], blocks[i]);
	}
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(machine.drivers[0]->heap), 1);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(gi_heap_chains_waiting(machine.drivers[0]->heap), 0);
	alarm(0);
	/* They are handed out again. */
	void *again = gi_outside_alloc(outside, 200);
	gi_outside_unlock(outside);
	bool is_one_of_them = false;
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		is_one_of_them |= again == blocks[i];
	}
	CU_ASSERT_TRUE(is_one_of_them);
	teardown();
}

static void no_memory_is_told(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){.memory_limit = 8ul << 20});
	CU_ASSERT_EQUAL_FATAL(gi_outside_create(&outside, &machine.group, machine.arena), 0);
	machine_exhaust_memory();
	gi_outside_lock(outside);
	while (gi_outside_alloc(outside, 100)) { /* what its heap has in hand */
	}
	gi_outside_unlock(outside);
	struct gi_outside *second = NULL;
	CU_ASSERT_EQUAL(gi_outside_create(&second, &machine.group, machine.arena), -ENOMEM);
	CU_ASSERT_PTR_NULL(second);
	gi_outside_destroy(NULL);
	teardown();
}

static CU_TestInfo tests[] = {
        {"messages from outside arrive", messages_from_outside_arrive},
        {"full outside mailbox refuses", full_outside_mailbox_refuses},
        {"sleeper is raised again and again", sleeper_is_raised_again_and_again},
        {"raise before sleep is not lost", raise_before_the_sleep_is_not_lost},
        {"foreign blocks go home without the lock", foreign_blocks_go_home_without_the_lock},
        {"no memory is told", no_memory_is_told},
        CU_TEST_INFO_NULL,
};

extern const struct suite outside_suite;
const struct suite outside_suite = {"outside", tests};
