/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mailbox/ring.c and the inline half of mailbox/mailbox.h. */
#include "tests/mailbox/pair.h"
#include "tests/support/suite.h"

/* The sender's whole way to sleep over a full ring; true: it sleeps. */
static bool stall_and_sleep(struct pair *pair, unsigned s)
{
	return gi_mailbox_stall(&pair->mailboxes[s]) && gi_inbound_sleep(&pair->sender_inbounds[s]);
}

static void new_mailbox_is_empty_and_idle(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[1];
	CU_ASSERT_EQUAL(mailbox->sender_index, 1);
	CU_ASSERT_EQUAL(mailbox->receiver_index, PAIR_SENDERS);
	CU_ASSERT_EQUAL(mailbox->capacity, PAIR_SLOTS);
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), GI_MAILBOX_IDLE);
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 0);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_slot(mailbox), &pair->slots[1][0]);
}

static void filled_is_unseen_until_published(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	pair_fill(mailbox, 2);
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 2);
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_publish(mailbox));
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 0);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 2);
}

static void nothing_filled_publishes_nothing(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_FALSE(gi_mailbox_publish(&pair->mailboxes[0]));
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].tail), GI_MAILBOX_IDLE);
	CU_ASSERT_PTR_EQUAL(gi_load_relaxed(&pair->bell.head), GI_BELL_ASLEEP);
}

static void full_ring_refuses_slot(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	pair_fill(mailbox, PAIR_SLOTS);
	CU_ASSERT_PTR_NULL(gi_mailbox_slot(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_publish(mailbox));
	CU_ASSERT_PTR_NULL(gi_mailbox_slot(mailbox));
}

static void popped_slot_is_free_after_release(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_PTR_NULL(gi_mailbox_slot(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_PTR_NOT_NULL(gi_mailbox_slot(mailbox));
	pair_fill(mailbox, 1);
	CU_ASSERT_PTR_NULL(gi_mailbox_slot(mailbox));
}

static void room_is_asked_for_when_few_are_left(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0), PAIR_SLOTS);
	CU_ASSERT_EQUAL(gi_mailbox_until_end(mailbox), PAIR_SLOTS);
	gi_mailbox_fill(mailbox, PAIR_SLOTS - 1);
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0), 1);
	CU_ASSERT_EQUAL(gi_mailbox_until_end(mailbox), 1);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_slot(mailbox), &mailbox->slots[PAIR_SLOTS - 1]);
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), PAIR_SLOTS - 1);
	CU_ASSERT_FALSE(gi_mailbox_publish(mailbox));
	CU_ASSERT_PTR_NOT_NULL(gi_mailbox_peek(mailbox));
	gi_mailbox_pop(mailbox, 2);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0),
	                1); /* more than none is known: nobody is asked */
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 1), 3);
	gi_mailbox_fill(mailbox, 1);
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0), 2);
	CU_ASSERT_EQUAL(gi_mailbox_until_end(mailbox), PAIR_SLOTS);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_slot(mailbox), mailbox->slots);
	gi_mailbox_fill(mailbox, 2);
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0), 0);
}

static void order_holds_over_many_wraps(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	unsigned sent = 0;
	unsigned received = 0;
	for (unsigned round = 0; round < 100; round++) {
		unsigned count = round % PAIR_SLOTS + 1;
		(void)pair_send(mailbox, count);
		sent += count;
		received += pair_pop_all(mailbox); /* asserts the order */
		CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	}
	CU_ASSERT_EQUAL(received, sent);
}

static void indices_pass_32_bits(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	uint64_t start = UINT32_MAX - 1;
	mailbox->filled = mailbox->published = mailbox->head_seen = start;
	mailbox->popped = mailbox->released = mailbox->tail_seen = mailbox->word_seen = start;
	gi_store_relaxed(&mailbox->tail, start);
	gi_store_relaxed(&mailbox->head, start);
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_PTR_NULL(gi_mailbox_slot(mailbox));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->head), start + PAIR_SLOTS);
}

static void peeked_stays_until_popped(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, 2);
	struct gi_message *first = gi_mailbox_peek(mailbox);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_peek(mailbox), first);
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_peek(mailbox), first + 1);
}

static void peek_sees_what_comes_meanwhile(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, 1);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
	(void)pair_send(mailbox, 1);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
}

static void stall_refuses_when_there_is_room(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	CU_ASSERT_FALSE(gi_mailbox_stall(mailbox));
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_stall(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), PAIR_SLOTS);
}

static void stall_marks_a_full_ring(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), PAIR_SLOTS | GI_MAILBOX_STALLED);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox)); /* again, after a wake by something else */
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), PAIR_SLOTS | GI_MAILBOX_STALLED);
}

static void publish_takes_the_mark_back(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	(void)pair_send(mailbox, 1);
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), PAIR_SLOTS + 1);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox)); /* the mark is put again */
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), (PAIR_SLOTS + 1) | GI_MAILBOX_STALLED);
}

/* The receiver frees and retires between the sender's look at head and its mark: the compare must fail. */
static void stall_leaves_an_idle_mailbox_idle(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	unsigned popped = 0;
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	/* What the sender sees of head when it looks a moment too early. */
	gi_store_relaxed(&mailbox->head, 0);
	CU_ASSERT_FALSE(gi_mailbox_stall(mailbox));
	gi_store_relaxed(&mailbox->head, PAIR_SLOTS);
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail), PAIR_SLOTS | GI_MAILBOX_IDLE);
	CU_ASSERT_TRUE(pair_send(mailbox, 1)); /* still rings */
}

static void release_wakes_a_blocked_sleeper(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* no room yet */
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
	CU_ASSERT_PTR_NULL(gi_load_relaxed(&pair->sender_bells[0].head));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS - 1);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* once */
}

/* The mark comes after the receiver has read the index and before it reads the word again. */
static void mark_set_after_the_drain_is_answered(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox)); /* word seen without the mark */
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	for (unsigned i = 0; i < PAIR_SLOTS; i++) {
		gi_mailbox_pop(mailbox, 1);
	}
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* has not seen it */
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox)); /* though nothing was popped */
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static void unanswered_mailbox_is_not_retired(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	for (unsigned i = 0; i < PAIR_SLOTS; i++) {
		gi_mailbox_pop(mailbox, 1);
	}
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox)); /* sees the mark, owes the answer */
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

/* The answer falls between stall and sleep. */
static void answer_before_sleep_prevents_it(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	struct gi_inbound *sender = &pair->sender_inbounds[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* awake: no doorbell */
	CU_ASSERT_FALSE(gi_inbound_sleep(sender));
	gi_inbound_collect(sender);
	CU_ASSERT_PTR_NOT_NULL(gi_mailbox_slot(mailbox));
	CU_ASSERT_TRUE(gi_inbound_sleep(sender));
}

static void sleeper_that_blocks_after_is_woken(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->sender_inbounds[0]));
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
}

static void each_block_is_answered_once(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	for (unsigned round = 0; round < 5; round++) {
		CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
		CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
		CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
		gi_inbound_wake(&pair->sender_inbounds[0]);
		CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
		CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
		(void)pair_send(mailbox, PAIR_SLOTS);
	}
}

static void answered_mailbox_retires_and_returns(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	unsigned popped = 0;
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 1);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->tail),
	                PAIR_SLOTS | GI_MAILBOX_STALLED | GI_MAILBOX_IDLE);
	CU_ASSERT_TRUE(pair_send(mailbox, 1));
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_EQUAL(popped, 1);
}

static void unread_or_unreleased_is_not_retired(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, 1);
	CU_ASSERT_PTR_NOT_NULL(gi_mailbox_peek(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_retire(mailbox)); /* unread */
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_FALSE(gi_mailbox_retire(mailbox)); /* unreleased */
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	(void)pair_send(mailbox, 1);
	CU_ASSERT_FALSE(gi_mailbox_retire(mailbox)); /* published since */
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_TRUE(gi_mailbox_retire(mailbox));
}

static CU_TestInfo ring_tests[] = {
        {"new mailbox is empty and idle", new_mailbox_is_empty_and_idle},
        {"filled is unseen until published", filled_is_unseen_until_published},
        {"nothing filled publishes nothing", nothing_filled_publishes_nothing},
        {"full ring refuses slot", full_ring_refuses_slot},
        {"popped slot is free after release", popped_slot_is_free_after_release},
        {"room is asked for when few are left", room_is_asked_for_when_few_are_left},
        {"order holds over many wraps", order_holds_over_many_wraps},
        {"indices pass 32 bits", indices_pass_32_bits},
        {"peeked stays until popped", peeked_stays_until_popped},
        {"peek sees what comes meanwhile", peek_sees_what_comes_meanwhile},
        {"stall refuses when there is room", stall_refuses_when_there_is_room},
        {"stall marks a full ring", stall_marks_a_full_ring},
        {"publish takes the mark back", publish_takes_the_mark_back},
        {"stall leaves an idle mailbox idle", stall_leaves_an_idle_mailbox_idle},
        {"release wakes a stalled sleeper", release_wakes_a_blocked_sleeper},
        {"mark set after the drain is answered", mark_set_after_the_drain_is_answered},
        {"unanswered mailbox is not retired", unanswered_mailbox_is_not_retired},
        {"answer before sleep prevents it", answer_before_sleep_prevents_it},
        {"sleeper that stalls after is woken", sleeper_that_blocks_after_is_woken},
        {"each stall is answered once", each_block_is_answered_once},
        {"answered mailbox retires and returns", answered_mailbox_retires_and_returns},
        {"unread or unreleased is not retired", unread_or_unreleased_is_not_retired},
        CU_TEST_INFO_NULL,
};

extern const struct suite ring_suite;
const struct suite ring_suite = {"ring", ring_tests};
