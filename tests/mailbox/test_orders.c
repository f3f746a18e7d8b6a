/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders: each word that two drivers share is written and read with the order that its edge needs. x86 gives most of them
 * for nothing, so that a weaker one shows only under ThreadSanitizer, and only while a race is under way: here the room's
 * code is compiled once more with atomics that note what they were.
 */
#include "base/atomic.h"
#include "tests/support/suite.h"

#include <stdbool.h>

enum order { NONE, RELAXED, ACQUIRE, RELEASE, ACQ_REL, COMPARE };

/* The accesses of a step, in order. */
static struct access {
	const volatile void *word;
	enum order order;
	bool is_store;
} accesses[64];
static unsigned access_count;

static void note(const volatile void *word, enum order order, bool is_store)
{
	CU_ASSERT_FATAL(access_count < 64);
	accesses[access_count++] = (struct access){word, order, is_store};
}

static uint64_t noted_exchange(_Atomic uint64_t *word, uint64_t value)
{
	note(word, ACQ_REL, true);
	return gi_exchange_acq_rel(word, value);
}

/* As the function that it stands for: NOLINTNEXTLINE(readability-non-const-parameter) */
static bool noted_compare(_Atomic uint64_t *word, uint64_t *expected, uint64_t value)
{
	note(word, COMPARE, true);
	return gi_compare_exchange_acq_rel(word, expected, value);
}

#undef gi_load_relaxed
#undef gi_load_acquire
#undef gi_store_relaxed
#undef gi_store_release
#undef gi_exchange_acq_rel
#undef gi_compare_exchange_acq_rel
/* Read and written by themselves, atomic words are so in the strongest order. */
#define gi_load_relaxed(word)                       (note((word), RELAXED, false), *(word))
#define gi_load_acquire(word)                       (note((word), ACQUIRE, false), *(word))
#define gi_store_relaxed(word, value)               (note((word), RELAXED, true), *(word) = (value))
#define gi_store_release(word, value)               (note((word), RELEASE, true), *(word) = (value))
#define gi_exchange_acq_rel(word, value)            noted_exchange((word), (value))
#define gi_compare_exchange_acq_rel(word, old, new) noted_compare((word), (old), (new))

#include "mailbox/ring.c" /* NOLINT(bugprone-suspicious-include): a copy of its own */

enum { SLOTS = 4 };

static struct gi_message slots[SLOTS];
static struct gi_bell bells[2];
static struct gi_mailbox pair;

/* Its bells ring into the void: what a publish does at an idle one is bell.c's. */
bool gi_bell_push(struct gi_bell *bell, struct gi_mailbox *mailbox)
{
	(void)bell;
	(void)mailbox;
	return false;
}

bool gi_bell_kick(struct gi_bell *bell)
{
	(void)bell;
	return false;
}

static void setup(void)
{
	gi_mailbox_init(&pair, &(struct gi_mailbox_options){.slots = slots,
	                                                    .slot_count = SLOTS,
	                                                    .bell = &bells[0],
	                                                    .sender_bell = &bells[1]});
	access_count = 0;
}

static void assert_only(const volatile void *word, enum order order, bool is_store)
{
	CU_ASSERT_FATAL(access_count == 1);
	CU_ASSERT(accesses[0].word == word);
	CU_ASSERT(accesses[0].order == order);
	CU_ASSERT(accesses[0].is_store == is_store);
	access_count = 0;
}

static void fill(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		CU_ASSERT_FATAL(gi_mailbox_slot(&pair) != NULL);
		gi_mailbox_fill(&pair, 1);
	}
}

/* published: the slots are written before the receiver reads them. */
static void publish_releases_and_peek_acquires(void)
{
	setup();
	fill(2);
	CU_ASSERT(access_count == 0); /* while there is room nothing shared is touched */
	(void)!gi_mailbox_publish(&pair);
	assert_only(&pair.tail, ACQ_REL, true);
	CU_ASSERT(gi_mailbox_peek(&pair) == &slots[0]);
	assert_only(&pair.tail, ACQUIRE, false);
	CU_ASSERT(gi_mailbox_peek(&pair) == &slots[0]);
	CU_ASSERT(access_count == 0);
}

/* freed: the slots are read before the sender writes them again. */
static void release_releases_and_room_acquires(void)
{
	setup();
	fill(SLOTS);
	access_count = 0;
	(void)!gi_mailbox_publish(&pair);
	CU_ASSERT(gi_mailbox_peek(&pair) != NULL);
	gi_mailbox_pop(&pair, 3);
	access_count = 0;
	(void)!gi_mailbox_release(&pair);
	assert_only(&pair.head, RELEASE, true);
	(void)!gi_mailbox_release(&pair); /* nothing more was popped */
	CU_ASSERT(access_count == 0);
	CU_ASSERT(gi_mailbox_slot(&pair) == &slots[0]);
	assert_only(&pair.head, ACQUIRE, false);
}

/* stalled, retired: the marks go into the word that is published. */
static void marks_are_put_by_compare(void)
{
	setup();
	fill(SLOTS);
	(void)!gi_mailbox_publish(&pair);
	access_count = 0;
	CU_ASSERT(gi_mailbox_stall(&pair));
	CU_ASSERT_FATAL(access_count == 3);
	CU_ASSERT(accesses[0].word == &pair.head && accesses[0].order == ACQUIRE);
	CU_ASSERT(accesses[1].word == &pair.tail && accesses[1].order == COMPARE);
	CU_ASSERT(accesses[2].word == &pair.head && accesses[2].order == ACQUIRE);
	setup();
	fill(1);
	(void)!gi_mailbox_publish(&pair);
	CU_ASSERT(gi_mailbox_peek(&pair) != NULL);
	gi_mailbox_pop(&pair, 1);
	(void)!gi_mailbox_release(&pair);
	access_count = 0;
	CU_ASSERT(gi_mailbox_retire(&pair));
	assert_only(&pair.tail, COMPARE, true);
}

static CU_TestInfo tests[] = {
        {"publish releases and peek acquires", publish_releases_and_peek_acquires},
        {"release releases and room acquires", release_releases_and_room_acquires},
        {"marks are put by compare", marks_are_put_by_compare},
        CU_TEST_INFO_NULL,
};

static const struct suite orders_suite = {"orders", tests};
const struct suite *const suites[] = {&orders_suite, NULL};
