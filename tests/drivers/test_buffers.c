/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/buffers.c */
#include "drivers/buffers.h"

#include "base/container.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

enum { COUNT = 8, SIZE = 256, WAITERS = 100 };

struct waiter {
	struct gi_buffer_wait wait;
	uint32_t ready_count;
	bool waits_again;
};

static struct waiter waiters[WAITERS];
static const struct waiter *order[1000];
static uint32_t order_count;

static struct gi_buffers *buffers(void)
{
	return gi_driver_buffers(machine.drivers[0]);
}

static void on_ready(struct gi_buffer_wait *wait)
{
	struct waiter *waiter = gi_container_of(wait, struct waiter, wait);
	waiter->ready_count++;
	CU_ASSERT_FATAL(order_count < GI_COUNT_OF(order));
	order[order_count++] = waiter;
	if (waiter->waits_again) {
		gi_buffers_wait(buffers(), wait);
	}
}

static void setup(uint32_t count)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	CU_ASSERT_PTR_NULL(buffers());
	CU_ASSERT_EQUAL_FATAL(gi_buffers_open(machine_on(0), count, SIZE), 0);
	order_count = 0;
	for (uint32_t i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.wait = {.ready = on_ready}};
		gi_list_init(&waiters[i].wait.link);
	}
	machine_turn(0, false);
}

/* The kernel takes one, and its completion is looked at. -1: there is none. */
static int take(void)
{
	int index = kernel_take_buffer(&kernel.rings[0]);
	if (index >= 0) {
		gi_buffers_take(buffers(), (uint16_t)index);
	}
	return index;
}

static void take_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_TRUE_FATAL(take() >= 0);
	}
	CU_ASSERT_EQUAL(take(), -1);
}

static void wait_in_line(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		gi_buffers_wait(buffers(), &waiters[i].wait);
	}
}

static void all_are_in_the_ring_at_first(void)
{
	setup(COUNT);
	bool seen[COUNT] = {false};
	CU_ASSERT_EQUAL(gi_buffers_total(buffers()), COUNT);
	CU_ASSERT_EQUAL(gi_buffers_held(buffers()), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		int index = take();
		CU_ASSERT_TRUE_FATAL(index >= 0 && index < COUNT);
		CU_ASSERT_FALSE(seen[index]);
		seen[index] = true;
		memset(gi_buffers_at(buffers(), (uint16_t)index), 0xff, SIZE);
	}
	CU_ASSERT_EQUAL(gi_buffers_held(buffers()), COUNT);
	CU_ASSERT_EQUAL(take(), -1);
	machine_stop();
	CU_ASSERT_EQUAL(kernel.rings[0].unregistered_count, 1);
}

static void returned_is_seen_at_end_of_turn(void)
{
	setup(COUNT);
	take_all(COUNT);
	gi_buffers_put(buffers(), 3);
	CU_ASSERT_EQUAL(take(), -1);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(take(), 3);
	machine_stop();
}

/* The kernel's view and ours agree over many rounds that wrap the ring. */
static void none_is_lost_over_many_rounds(void)
{
	setup(COUNT);
	uint32_t held[COUNT];
	uint32_t held_count = 0;
	uint32_t random = 1;
	for (uint32_t i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		if (random >> 31) {
			int index = take();
			CU_ASSERT_EQUAL(index < 0, held_count == COUNT);
			if (index >= 0) {
				held[held_count++] = (uint32_t)index;
			}
		} else if (held_count > 0) {
			uint32_t at = (random >> 8) % held_count;
			gi_buffers_put(buffers(), (uint16_t)held[at]);
			held[at] = held[--held_count];
			machine_turn(0, false);
		}
		CU_ASSERT_EQUAL(gi_buffers_held(buffers()), held_count);
	}
	machine_stop();
}

static void waiting_line_is_first_come_first(void)
{
	setup(COUNT);
	take_all(COUNT);
	wait_in_line(5);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(order_count, 0);
	gi_buffers_put(buffers(), 0);
	gi_buffers_put(buffers(), 1);
	machine_turn(0, false);
	CU_ASSERT_EQUAL(order_count, 2);
	machine_turn(0, false);
	machine_turn(0, false);
	CU_ASSERT_EQUAL_FATAL(order_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		CU_ASSERT_PTR_EQUAL(order[i], &waiters[i]);
	}
	machine_stop();
}

static void empty_ring_is_not_tried_again(void)
{
	setup(COUNT);
	take_all(COUNT);
	wait_in_line(3);
	uint32_t waits_before = kernel.rings[0].wait_count;
	for (uint32_t i = 0; i < 50; i++) {
		machine_turn(0, true);
	}
	CU_ASSERT_EQUAL(order_count, 0);
	CU_ASSERT_EQUAL(kernel.rings[0].wait_count, waits_before + 50); /* it sleeps */
	machine_stop();
}

/* Two buffers came home and two of five were called, but wanted none: the others slept beside free buffers. */
static void rest_of_line_is_not_forgotten(void)
{
	setup(COUNT);
	take_all(COUNT);
	wait_in_line(WAITERS);
	gi_buffers_put(buffers(), 0);
	gi_buffers_put(buffers(), 1);
	uint32_t waits_before = kernel.rings[0].wait_count;
	uint32_t turns = 0;
	while (kernel.rings[0].wait_count == waits_before) {
		machine_turn(0, true);
		CU_ASSERT_FATAL(++turns < 1000);
	}
	CU_ASSERT_EQUAL(order_count, WAITERS);
	machine_stop();
}

static void few_are_called_in_a_turn(void)
{
	setup(128);
	take_all(128);
	wait_in_line(WAITERS);
	for (uint32_t i = 0; i < 128; i++) {
		gi_buffers_put(buffers(), (uint16_t)i);
	}
	machine_turn(0, false);
	CU_ASSERT_EQUAL(order_count, 32);
	for (uint32_t i = 0; i < 10; i++) {
		machine_turn(0, true);
	}
	CU_ASSERT_EQUAL(order_count, WAITERS);
	machine_stop();
}

static void one_who_left_the_line_is_not_called(void)
{
	setup(COUNT);
	take_all(COUNT);
	wait_in_line(3);
	gi_buffers_wait_cancel(&waiters[1].wait);
	gi_buffers_wait_cancel(&waiters[1].wait);
	for (uint32_t i = 0; i < COUNT; i++) {
		gi_buffers_put(buffers(), (uint16_t)i);
	}
	machine_turn(0, false);
	CU_ASSERT_EQUAL(order_count, 2);
	CU_ASSERT_EQUAL(waiters[1].ready_count, 0);
	machine_stop();
}

static void waiting_again_goes_behind(void)
{
	setup(COUNT);
	take_all(COUNT);
	waiters[0].waits_again = true;
	wait_in_line(2);
	gi_buffers_put(buffers(), 0);
	machine_turn(0, false);
	machine_turn(0, false);
	machine_turn(0, false);
	CU_ASSERT_EQUAL_FATAL(order_count, 3);
	CU_ASSERT_PTR_EQUAL(order[0], &waiters[0]);
	CU_ASSERT_PTR_EQUAL(order[1], &waiters[1]);
	CU_ASSERT_PTR_EQUAL(order[2], &waiters[0]);
	gi_buffers_wait_cancel(&waiters[0].wait);
	machine_stop();
}

static void refused_registration_is_told(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	kernel.register_errors[IORING_REGISTER_PBUF_RING] = -ENOMEM;
	CU_ASSERT_EQUAL(gi_buffers_open(machine_on(0), COUNT, SIZE), -ENOMEM);
	kernel.register_errors[IORING_REGISTER_PBUF_RING] = -EINVAL;
	CU_ASSERT_EQUAL(gi_buffers_open(machine_on(0), COUNT, SIZE), -EINVAL);
	CU_ASSERT_PTR_NULL(buffers());
	machine_turn(0, false);
	kernel.register_errors[IORING_REGISTER_PBUF_RING] = 0;
	CU_ASSERT_EQUAL(gi_buffers_open(machine_on(0), COUNT, SIZE), 0);
	machine_stop();
}

static void no_memory_opens_no_buffers(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){.memory_limit = 4ul << 20});
	CU_ASSERT_EQUAL(gi_buffers_open(machine_on(0), 1024, 4096), -ENOMEM);
	CU_ASSERT_PTR_NULL(buffers());
	CU_ASSERT_EQUAL(gi_buffers_open(machine_on(0), COUNT, SIZE), 0);
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"all are in the ring at first", all_are_in_the_ring_at_first},
        {"returned is seen at end of turn", returned_is_seen_at_end_of_turn},
        {"none is lost over many rounds", none_is_lost_over_many_rounds},
        {"waiting line is first come first", waiting_line_is_first_come_first},
        {"empty ring is not tried again", empty_ring_is_not_tried_again},
        {"rest of line is not forgotten", rest_of_line_is_not_forgotten},
        {"few are called in a turn", few_are_called_in_a_turn},
        {"one who left is not called", one_who_left_the_line_is_not_called},
        {"waiting again goes behind", waiting_again_goes_behind},
        {"refused registration is told", refused_registration_is_told},
        {"no memory opens no buffers", no_memory_opens_no_buffers},
        CU_TEST_INFO_NULL,
};

extern const struct suite buffers_suite;
const struct suite buffers_suite = {"buffers", tests};
