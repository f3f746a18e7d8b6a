/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread of the mailbox stress: a driver that drains, sends, and sleeps without a timeout, delayed at random before
 * each shared step of both protocols.
 */
#include "tests/stress/stress_mailbox.h"

#include "mailbox/step.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LAST = 1, /* message type: the sender sends no more on this lane */
};

_Thread_local uint64_t *thread_random;

/* ---- Delays ------------------------------------------------------------------------------------------------------ */

static const char *const step_names[] = {"publish", "push",   "kick",        "take",     "sleep",
                                         "wake",    "stall",  "look_again",  "release",  "answer",
                                         "claim",   "retire", "look_behind", "take_back"};
static _Atomic uint64_t step_counts[GI_COUNT_OF(step_names)];

void require(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "FAILED: %s: %s\n", scenario->name, what);
		abort();
	}
}

/* xorshift64* */
uint64_t next_random(void)
{
	uint64_t x = *thread_random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*thread_random = x;
	return (x * UINT64_C(2685821657736338717)) >> 16;
}

bool is_chance(unsigned one_in)
{
	return next_random() % one_in == 0;
}

void sleep_ns(long ns)
{
	struct timespec time = {.tv_nsec = ns};
	(void)nanosleep(&time, NULL);
}

/* Mostly nothing, often a moment, at times another thread, seldom long enough for the others to fall asleep. */
static void delay(void)
{
	if (is_chance(2)) {
		return;
	}
	if (is_chance(300)) {
		sleep_ns((long)(next_random() % 100000));
	} else if (is_chance(12)) {
		(void)sched_yield();
	} else {
		for (uint64_t i = next_random() % 200; i > 0; i--) {
			gi_cpu_relax();
		}
	}
}

void gi_mailbox_step(const char *name)
{
	for (size_t i = 0; i < GI_COUNT_OF(step_names); i++) {
		if (strcmp(step_names[i], name) == 0) {
			gi_fetch_add_relaxed(&step_counts[i], 1);
			delay();
			return;
		}
	}
	require(false, name);
}

/* A step that no run has come by was not tested. */
int report_steps(void)
{
	int status = EXIT_SUCCESS;
	printf("steps:");
	for (size_t i = 0; i < GI_COUNT_OF(step_names); i++) {
		uint64_t count = gi_load_relaxed(&step_counts[i]);
		printf(" %s %" PRIu64, step_names[i], count);
		if (count == 0) {
			status = EXIT_FAILURE;
		}
	}
	printf("\n");
	return status;
}

/* ---- The driver -------------------------------------------------------------------------------------------------- */

void write_doorbell(struct driver *driver)
{
	uint64_t one = 1;
	require(write(driver->doorbell, &one, sizeof(one)) == (ssize_t)sizeof(one),
	        "doorbell write");
}

void ring(struct driver *driver)
{
	gi_fetch_add_relaxed(&driver->told, 1);
	delay();
	write_doorbell(driver);
}

static unsigned char pattern_of(uint64_t index, unsigned sender)
{
	return (unsigned char)((index * 7 + sender) & 0xff);
}

static void fill(struct gi_message *slot, const struct driver *driver, const struct lane *lane)
{
	slot->from = driver->index;
	slot->token = (uint32_t)lane->sent;
	slot->type = lane->owed ? 0 : LAST;
	memset(slot->payload, (int)((lane->sent * 7 + driver->index) & 0xff),
	       sizeof(slot->payload));
}

static void check(const struct gi_message *message, const struct lane *lane, unsigned sender)
{
	unsigned char pattern = pattern_of(lane->received, sender);
	require(message->from == sender, "message on the wrong lane");
	require(message->token == (uint32_t)lane->received, "message lost, twice or out of order");
	for (size_t i = 0; i < sizeof(message->payload); i++) {
		require(message->payload[i] == pattern, "payload overwritten");
	}
}

static bool has_more(const struct lane *lane)
{
	return lane->owed || (lane->is_closing && !lane->is_closed);
}

static void take_message(struct driver *driver, struct lane *lane, const struct gi_message *message)
{
	unsigned sender = lane->mailbox.sender_index;
	check(message, lane, sender);
	lane->received++;
	struct lane *back = &lanes[driver->index][sender];
	if (message->type == LAST) {
		lane->is_ended = true;
		if (scenario->is_echo && driver->index != 0) {
			back->is_closing = true;
		}
	} else if (scenario->is_echo && (driver->index != 0 || !back->is_closing)) {
		back->owed++;
	}
}

static bool drain(struct driver *driver, struct gi_mailbox *mailbox)
{
	struct lane *lane = gi_container_of(mailbox, struct lane, mailbox);
	uint64_t budget = 1 + next_random() % 8;
	bool has_popped = false;
	for (; budget > 0; budget--) {
		delay();
		struct gi_message *message = gi_mailbox_peek(mailbox);
		if (!message) {
			break;
		}
		take_message(driver, lane, message);
		gi_mailbox_pop(mailbox, 1);
		has_popped = true;
	}
	if (gi_mailbox_release(mailbox)) {
		ring(&drivers[mailbox->sender_index]);
	}
	return has_popped;
}

static bool drain_all(struct driver *driver)
{
	bool has_popped = false;
	gi_inbound_collect(&driver->inbound);
	for (struct gi_mailbox *mailbox = driver->inbound.active; mailbox;
	     mailbox = mailbox->next_active) {
		has_popped |= drain(driver, mailbox);
	}
	gi_inbound_retire(&driver->inbound);
	return has_popped;
}

/* Sources that are no echo make a new burst now and then. The first driver of an echo only starts it. */
static void produce(struct driver *driver, struct lane *lane)
{
	if (gi_load_relaxed(&is_over)) {
		if (!scenario->is_echo || driver->index == 0) {
			lane->is_closing = true;
		}
		return;
	}
	bool is_source = !scenario->is_echo || (driver->index == 0 && lane->sent == 0);
	if (is_source && !lane->owed) {
		lane->owed = 1 + next_random() % scenario->burst_max;
	}
}

static bool send_lane(struct driver *driver, struct lane *lane)
{
	produce(driver, lane);
	while (has_more(lane)) {
		delay();
		struct gi_message *slot = gi_mailbox_slot(&lane->mailbox);
		if (!slot) {
			break;
		}
		fill(slot, driver, lane);
		delay();
		gi_mailbox_fill(&lane->mailbox, 0);
		lane->sent++;
		if (lane->owed) {
			lane->owed--;
		} else {
			lane->is_closed = true;
		}
		if (is_chance(8)) {
			break; /* publish what there is */
		}
	}
	bool has_sent = gi_mailbox_unpublished(&lane->mailbox) > 0;
	if (gi_mailbox_publish(&lane->mailbox)) {
		ring(&drivers[lane->mailbox.receiver_index]);
	}
	return has_sent;
}

static bool send_all(struct driver *driver)
{
	bool has_sent = false;
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		if (scenario->sends[driver->index][r]) {
			has_sent |= send_lane(driver, &lanes[driver->index][r]);
		}
	}
	return has_sent;
}

/* Ask for room in each full lane. False: there is some, so there is something to do. */
static bool stall_all(struct driver *driver)
{
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		struct lane *lane = &lanes[driver->index][r];
		if (!scenario->sends[driver->index][r] || !has_more(lane)) {
			continue;
		}
		if (!gi_mailbox_stall(&lane->mailbox)) {
			return false;
		}
		driver->stalls++;
	}
	return true;
}

/* A source with nothing owed makes more by itself: it has no reason to sleep until the end. */
static bool may_sleep(const struct driver *driver)
{
	if (scenario->is_echo) {
		/* The end of the run is told by a kick. */
		return driver->index != 0 || !gi_load_relaxed(&is_over) || lanes[0][1].is_closing;
	}
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		const struct lane *lane = &lanes[driver->index][r];
		if (scenario->sends[driver->index][r] && !has_more(lane) && !lane->is_closed) {
			return false;
		}
	}
	return true;
}

static bool announce_sleep(struct driver *driver)
{
	if (is_chance(2)) {
		return stall_all(driver) && gi_inbound_sleep(&driver->inbound);
	}
	if (!gi_inbound_sleep(&driver->inbound)) {
		return false;
	}
	gi_fetch_add_relaxed(&driver->sleeps, 1);
	if (stall_all(driver)) {
		gi_fetch_sub_acq_rel(&driver->sleeps, 1); /* sleep_until_rung() counts it */
		return true;
	}
	gi_inbound_wake(&driver->inbound);
	return false;
}

static void sleep_until_rung(struct driver *driver)
{
	uint64_t rung = 0;
	gi_fetch_add_relaxed(&driver->sleeps, 1);
	gi_store_relaxed(&driver->is_asleep, true);
	ssize_t size = read(driver->doorbell, &rung, sizeof(rung)); /* without a timeout */
	require(size == (ssize_t)sizeof(rung), "doorbell read");
	gi_store_relaxed(&driver->is_asleep, false);
	gi_inbound_wake(&driver->inbound);
}

static bool is_finished(const struct driver *driver)
{
	for (unsigned other = 0; other < scenario->driver_count; other++) {
		if (scenario->sends[driver->index][other] &&
		    !lanes[driver->index][other].is_closed) {
			return false;
		}
		if (scenario->sends[other][driver->index] &&
		    !lanes[other][driver->index].is_ended) {
			return false;
		}
	}
	return true;
}

void *run_driver(void *context)
{
	struct driver *driver = context;
	thread_random = &driver->random;
	while (!is_finished(driver)) {
		bool has_worked = drain_all(driver);
		has_worked |= send_all(driver);
		/* relaxed: the kick orders it, which is what is tested. */
		gi_store_relaxed(&driver->answered, gi_load_relaxed(&driver->asked));
		if (has_worked) {
			gi_count(&driver->moved, 1);
		} else if (may_sleep(driver) && announce_sleep(driver)) {
			sleep_until_rung(driver);
		}
	}
	gi_store_release(&driver->is_done, true); /* done */
	return NULL;
}
