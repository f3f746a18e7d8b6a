/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two receivers free room for one sender: the kick of the first stands on the sender's bell while the second stores its
 * head, and the sender takes that kick and looks for room. Round after round, the two meet at any distance.
 *
 * The sender must not come to sleep on a ring with room that nobody tells it of. A kick that writes nothing because one
 * stands already loses that wake-up on x86 too: the store of head is still in the core's buffer when the bell is read.
 */
#include "mailbox/mailbox.h"
#include "tests/support/suite.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum {
	ROUNDS = 100000,
	SLOTS = GI_MAILBOX_SLOTS_MIN,
	DISTANCE_MAX = 64, /* a third of a microsecond at the most: a store's way to the cache */
	SPINS_MAX = 2000,  /* on a machine with one core nobody comes while one spins */
};

static struct gi_bell sender_bell;
static struct gi_bell receiver_bell;
static struct gi_inbound sender_inbound;
static struct gi_inbound receiver_inbound;
static struct gi_mailbox mailbox;
static struct gi_message slots[SLOTS];

/* The round that may begin, and the one that the second receiver has ended. */
static _Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t begun;
static _Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t ended;
static bool is_told; /* of the second receiver's kick: it has to ring */
static uint32_t distance;

static void wait_until(_Atomic uint64_t *round, uint64_t value)
{
	for (uint32_t i = 0; gi_load_acquire(round) < value; i++) { /* begun, ended */
		if (i % SPINS_MAX == SPINS_MAX - 1) {
			sched_yield();
		}
		gi_cpu_relax();
	}
}

static void keep_away(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		gi_cpu_relax();
	}
}

/* The second receiver: it has popped all, and gives the slots back. */
static void *free_rooms(void *context)
{
	(void)context;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		wait_until(&begun, round);
		keep_away(distance);
		is_told = gi_mailbox_release(&mailbox);
		gi_store_release(&ended, round); /* ended */
	}
	return NULL;
}

/* A full ring whose sender waits, all of it popped and nothing released; the first receiver's kick stands. */
static void prepare(void)
{
	CU_ASSERT_EQUAL_FATAL(gi_mailbox_room(&mailbox, SLOTS), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		gi_mailbox_fill(&mailbox, 0);
	}
	CU_ASSERT_FALSE(gi_mailbox_publish(&mailbox));
	CU_ASSERT_TRUE_FATAL(gi_mailbox_stall(&mailbox));
	gi_inbound_collect(&receiver_inbound);
	while (gi_mailbox_peek(&mailbox)) {
		gi_mailbox_pop(&mailbox, 1);
	}
	CU_ASSERT_FALSE(gi_bell_kick(&sender_bell));
}

/* The sender's turn: it takes the kick, finds the ring full or not, and tries to sleep. */
static bool come_to_sleep(void)
{
	gi_inbound_collect(&sender_inbound);
	return gi_mailbox_stall(&mailbox) && gi_inbound_sleep(&sender_inbound);
}

static void kick_that_stands_hides_no_other(void)
{
	gi_bell_init(&sender_bell);
	gi_bell_init(&receiver_bell);
	gi_inbound_init(&sender_inbound, &sender_bell);
	gi_inbound_init(&receiver_inbound, &receiver_bell);
	gi_mailbox_init(&mailbox, &(struct gi_mailbox_options){.slots = slots,
	                                                       .slot_count = SLOTS,
	                                                       .bell = &receiver_bell,
	                                                       .sender_bell = &sender_bell});
	pthread_t receiver;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&receiver, NULL, free_rooms, NULL), 0);
	uint32_t lost_count = 0;
	uint32_t told_count = 0;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		prepare();
		distance = (uint32_t)(round * 7 % DISTANCE_MAX);
		gi_store_release(&begun, round); /* begun */
		keep_away((uint32_t)(round * 11 % DISTANCE_MAX));
		bool has_slept = come_to_sleep();
		wait_until(&ended, round);
		lost_count += has_slept && !is_told;
		told_count += is_told;
		gi_inbound_wake(&sender_inbound);
		gi_inbound_collect(&sender_inbound);
	}
	pthread_join(receiver, NULL);
	CU_ASSERT_EQUAL(lost_count, 0);
	printf("%u of %u told, %u lost ", told_count, (uint32_t)ROUNDS, lost_count);
}

static CU_TestInfo tests[] = {
        {"kick that stands hides no other", kick_that_stands_hides_no_other},
        CU_TEST_INFO_NULL,
};

static const struct suite kick_suite = {"kick", tests};

const struct suite *const suites[] = {&kick_suite, NULL};
