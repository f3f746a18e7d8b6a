/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders: each word that two drivers share is written and read with the order that its edge needs. x86 gives most of them
 * for nothing, so that a weaker one shows only under ThreadSanitizer, and only while a race is under way: here the room's
 * code is compiled once more with atomics that note what they were.
 */
#include "base/atomic.h"
#include "tests/support/suite.h"

#include <stdbool.h>

enum order { NONE, RELAXED, ACQUIRE, RELEASE, COMPARE, BARRIER };

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

/* As the function that it stands for: NOLINTNEXTLINE(readability-non-const-parameter) */
static bool noted_compare(_Atomic uint32_t *word, uint32_t *expected, uint32_t value)
{
	note(word, COMPARE, true);
	return gi_compare_exchange_acq_rel(word, expected, value);
}

#undef gi_load_relaxed
#undef gi_load_acquire
#undef gi_store_relaxed
#undef gi_store_release
#undef gi_compare_exchange_acq_rel
#undef gi_full_barrier
/* Read and written by themselves, atomic words are so in the strongest order. */
#define gi_load_relaxed(word)                       (note((word), RELAXED, false), *(word))
#define gi_load_acquire(word)                       (note((word), ACQUIRE, false), *(word))
#define gi_store_relaxed(word, value)               (note((word), RELAXED, true), *(word) = (value))
#define gi_store_release(word, value)               (note((word), RELEASE, true), *(word) = (value))
#define gi_compare_exchange_acq_rel(word, old, new) noted_compare((word), (old), (new))
#define gi_full_barrier()                           note(NULL, BARRIER, false)

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

static void assert_at(unsigned i, const volatile void *word, enum order order, bool is_store)
{
	CU_ASSERT_FATAL(i < access_count);
	CU_ASSERT(accesses[i].word == word);
	CU_ASSERT(accesses[i].order == order);
	CU_ASSERT(accesses[i].is_store == is_store);
}

static void assert_count(unsigned count)
{
	CU_ASSERT(access_count == count);
	access_count = 0;
}

static void fill(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		CU_ASSERT_FATAL(gi_mailbox_slot(&pair) != NULL);
		gi_mailbox_fill(&pair, 0);
	}
}

/* filled: the slots are written before the receiver reads them. While there is room nothing else shared is touched. */
static void fill_releases_and_peek_acquires(void)
{
	setup();
	fill(2);
	assert_at(0, &slots[0].label, RELEASE, true);
	assert_at(1, &slots[1].label, RELEASE, true);
	assert_count(2);
	CU_ASSERT(gi_mailbox_peek(&pair) == &slots[0]);
	assert_at(0, &slots[0].label, ACQUIRE, false);
	assert_count(1);
}

/* retired: stamp, barrier, state | state, barrier, stamp. */
static void barrier_lies_between_write_and_look(void)
{
	setup();
	pair.state = GI_MAILBOX_ACTIVE;
	fill(1);
	access_count = 0;
	(void)!gi_mailbox_publish(&pair);
	assert_at(0, NULL, BARRIER, false);
	assert_at(1, &pair.state, ACQUIRE, false);
	assert_count(2); /* nothing is written */
	CU_ASSERT(gi_mailbox_peek(&pair) != NULL);
	gi_mailbox_pop(&pair, 1);
	(void)!gi_mailbox_release(&pair);
	access_count = 0;
	CU_ASSERT(gi_mailbox_retire(&pair));
	assert_at(0, &slots[1].label, ACQUIRE, false);
	assert_at(1, &pair.state, COMPARE, true);
	assert_at(2, NULL, BARRIER, false);
	assert_at(3, &slots[1].label, ACQUIRE, false);
	assert_count(4);
}

/* claimed: by compare. */
static void idle_is_taken_by_compare(void)
{
	setup();
	fill(1);
	access_count = 0;
	(void)!gi_mailbox_publish(&pair);
	assert_at(0, NULL, BARRIER, false);
	assert_at(1, &pair.state, ACQUIRE, false);
	assert_at(2, &pair.head, ACQUIRE, false); /* all taken already? */
	assert_at(3, &pair.state, COMPARE, true);
	assert_count(4);
}

/* freed: the slots are read before the sender writes them again. */
static void release_releases_and_room_acquires(void)
{
	setup();
	pair.state = GI_MAILBOX_ACTIVE;
	fill(SLOTS);
	(void)!gi_mailbox_publish(&pair);
	CU_ASSERT(gi_mailbox_peek(&pair) != NULL);
	gi_mailbox_pop(&pair, 3);
	access_count = 0;
	(void)!gi_mailbox_release(&pair);
	assert_at(0, &pair.head, RELEASE, true);
	assert_at(1, &pair.state, ACQUIRE, false);
	assert_count(2);
	(void)!gi_mailbox_release(&pair); /* nothing more was popped */
	assert_at(0, &pair.state, ACQUIRE, false);
	assert_count(1);
	CU_ASSERT(gi_mailbox_slot(&pair) == &slots[0]);
	assert_at(0, &pair.head, ACQUIRE, false);
	assert_count(1);
}

/* stalled, answered: the mark is put and taken away by compare, head is looked at behind it. */
static void mark_is_put_by_compare(void)
{
	setup();
	pair.state = GI_MAILBOX_ACTIVE;
	fill(SLOTS);
	(void)!gi_mailbox_publish(&pair);
	access_count = 0;
	CU_ASSERT(gi_mailbox_stall(&pair));
	assert_at(0, &pair.head, ACQUIRE, false);
	assert_at(1, &pair.state, COMPARE, true);
	assert_at(2, &pair.head, ACQUIRE, false);
	assert_count(3);
	CU_ASSERT(gi_mailbox_peek(&pair) != NULL);
	gi_mailbox_pop(&pair, 1);
	access_count = 0;
	(void)!gi_mailbox_release(&pair);
	assert_at(0, &pair.head, RELEASE, true);
	assert_at(1, &pair.state, ACQUIRE, false);
	assert_at(2, &slots[0].label, ACQUIRE, false);
	assert_at(3, &pair.state, COMPARE, true);
	assert_count(4);
}

static CU_TestInfo tests[] = {
        {"fill releases and peek acquires", fill_releases_and_peek_acquires},
        {"a barrier lies between write and look", barrier_lies_between_write_and_look},
        {"idle is taken by compare", idle_is_taken_by_compare},
        {"release releases and room acquires", release_releases_and_room_acquires},
        {"the mark is put by compare", mark_is_put_by_compare},
        CU_TEST_INFO_NULL,
};

static const struct suite orders_suite = {"orders", tests};
const struct suite *const suites[] = {&orders_suite, NULL};
