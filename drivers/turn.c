/* SPDX-License-Identifier: Apache-2.0 */
/* The loop body: reap, drain, fire, run, publish, and the one place that enters the kernel. */
#include "base/assert.h"
#include "drivers/clock.h"
#include "drivers/driver.h"
#include "drivers/enter.h"
#include "drivers/home.h"
#include "drivers/outside.h"
#include "drivers/reap.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "drivers/sleep.h"

#include <errno.h>
#include <stdlib.h>

#define TURN_COMPLETIONS_MAX 256u
#define MAILBOX_MESSAGES_MAX 256u /* from one sender */

static void complete(struct gi_driver *driver, const struct io_uring_cqe *cqe)
{
	switch (cqe->user_data & 0xff) {
	case GI_CQE_IO:
		gi_io_completed(driver, cqe);
		break;
	case GI_CQE_CANCEL:
		gi_io_cancel_completed(driver, cqe);
		break;
	case GI_CQE_DOORBELL_SENT:
		if (cqe->res < 0) {
			gi_doorbell_failed(driver, (uint32_t)(cqe->user_data >> 8), cqe->res);
		}
		break;
	case GI_CQE_DOORBELL:
	case GI_CQE_NONE:
		break;
	default:
		gi_count(&driver->counters.stale_completions, 1);
	}
}

static uint32_t reap(struct gi_driver *driver)
{
	struct io_uring *uring = &driver->ring->uring;
	struct io_uring_cqe *cqe;
	unsigned head;
	uint32_t count = 0;
	io_uring_for_each_cqe(uring, head, cqe)
	{
		complete(driver, cqe);
		if (++count == TURN_COMPLETIONS_MAX) {
			break;
		}
	}
	gi_assert_slow(count <= TURN_COMPLETIONS_MAX);
	if (count > 0) {
		io_uring_cq_advance(uring, count);
		gi_count(&driver->counters.completions, count);
	}
	return count;
}

static uint32_t drain_mailbox(struct gi_driver *driver, struct gi_mailbox *mailbox, bool *is_cut)
{
	gi_assert_slow(mailbox->receiver_index == driver->index);
	uint32_t left = MAILBOX_MESSAGES_MAX;
	struct gi_message *first;
	while (left > 0 && (first = gi_mailbox_peek(mailbox))) {
		uint64_t ahead = gi_mailbox_ahead(mailbox);
		uint32_t taken = driver->hooks.deliver(driver->hooks.context, first,
		                                       ahead < left ? (uint32_t)ahead : left,
		                                       mailbox->next_stamp);
		gi_assert_slow(taken <= left);
		if (taken == 0) {
			*is_cut = true;
			break;
		}
		gi_mailbox_pop(mailbox, taken);
		left -= taken;
	}
	gi_assert_slow(gi_load_relaxed(&mailbox->state) != GI_MAILBOX_IDLE); /* it is active */
	/* Also when nothing was popped: a sender may have stalled since, and waits for an answer. */
	if (gi_mailbox_release(mailbox)) {
		gi_doorbell_ring(driver, mailbox->sender_index);
	}
	return MAILBOX_MESSAGES_MAX - left;
}

static uint32_t drain(struct gi_driver *driver)
{
	gi_inbound_collect(&driver->inbound);
	uint32_t home_count = gi_home_take(driver); /* after the bell, which tells of it */
	uint32_t count = 0;
	bool is_cut = false;
	struct gi_mailbox *mailbox = driver->inbound.active;
	while (mailbox) {
		count += drain_mailbox(driver, mailbox, &is_cut);
		mailbox = mailbox->next_active;
	}
	if (is_cut) {
		/* Several senders flood one actor: who is first takes its whole budget, so each is first in turn. */
		gi_inbound_rotate(&driver->inbound);
	}
	if (count > 0) {
		gi_count(&driver->counters.messages_in, count);
	}
	gi_inbound_retire(&driver->inbound);
	return count + home_count;
}

void gi_driver_free(struct gi_driver *driver, void *block)
{
	gi_heap_free(driver->heap, block);
}

/*
 * Only when all that had come by then has been taken; and what was ready has run first, for an answer may be among it.
 * What has run then runs no more than once in this turn beyond its share.
 */
static uint32_t fire_timers(struct gi_driver *driver)
{
	if (!gi_clock_has_looked(driver)) {
		return 0;
	}
	uint32_t run_count = gi_work_run(&driver->ready, driver->hooks.context);
	if (!gi_clock_end_look(driver)) {
		return run_count;
	}
	return run_count + gi_timer_wheel_advance(&driver->timers, gi_driver_judged_ns(driver));
}

static inline uint32_t run_ready(struct gi_driver *driver)
{
	if (driver->ready.arrived_count > 0) {
		return gi_work_run_arrived(&driver->ready, driver->hooks.context);
	}
	return gi_work_run(&driver->ready, driver->hooks.context);
}

/*
 * What this turn leaves behind goes out: output and buffers to the kernel, blocks and messages to other drivers, and last
 * the doorbells and operations that all of it has made and that found no room.
 */
static void let_out(struct gi_driver *driver, uint32_t done_count, bool may_sleep)
{
	if (driver->hooks.flush) {
		driver->hooks.flush(driver->hooks.context);
	}
	if (driver->buffers) {
		gi_buffers_end_turn(driver);
	}
	if (done_count == 0 && may_sleep) {
		gi_home_send(driver, true);
	} else if (gi_home_is_due(driver)) {
		gi_home_send(driver, false);
	}
	gi_routes_publish(driver);
	if (driver->doorbells_owed_count > 0) {
		gi_doorbells_retry(driver);
	}
	if (driver->ring->queue_first || driver->ring->cancel_waiting > 0) {
		gi_io_submit_queued(driver);
	}
}

uint32_t gi_driver_turn(struct gi_driver *driver, bool may_sleep)
{
	gi_assert_on_driver(driver);
	gi_assert_slow(driver->is_entered);
	gi_assert_slow(!driver->ready.running); /* no turn within a handler */
	driver->turn_number++;
	gi_count(&driver->counters.turns, 1);
	gi_clock_begin(driver);
	uint32_t done_count = reap(driver);
	done_count += drain(driver);
	done_count += fire_timers(driver);
	done_count += run_ready(driver);
	let_out(driver, done_count, may_sleep);
	driver->was_idle = false;
	if (may_sleep && gi_may_sleep(driver)) {
		gi_sleep(driver);
		return done_count;
	}
	driver->must_not_sleep = false;
	gi_enter_now(driver);
	return done_count;
}
