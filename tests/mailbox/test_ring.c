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
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_IDLE);
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 0);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_slot(mailbox), &pair->slots[1][0]);
}

/* Whatever lay in the memory of the slots before. */
static void new_mailbox_clears_old_stamps(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_PTR_EQUAL(&pair_new()->mailboxes[0], mailbox);
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
}

static void filled_is_there_and_idle_until_published(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	pair_fill(mailbox, 2);
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 2);
	CU_ASSERT_FALSE(gi_inbound_has_news(&pair->inbound)); /* it does not look there */
	CU_ASSERT_FALSE(gi_mailbox_publish(mailbox));
	CU_ASSERT_EQUAL(gi_mailbox_unpublished(mailbox), 0);
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 2);
}

static void active_receiver_sees_what_is_filled_at_once(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	CU_ASSERT_FALSE(pair_send(mailbox, 1));
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
	pair_fill(mailbox, 1);
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
	CU_ASSERT_FALSE(gi_mailbox_publish(mailbox));
}

static void label_comes_with_the_stamp(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	for (unsigned i = 0; i < 3 * PAIR_SLOTS; i++) { /* each lap has its stamp */
		uint8_t flags = (uint8_t)(i % 4);
		CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_slot(mailbox));
		gi_mailbox_fill(mailbox, gi_message_label(7, flags, 0x1234));
		(void)!gi_mailbox_publish(mailbox);
		struct gi_message *message = gi_mailbox_peek(mailbox);
		CU_ASSERT_PTR_NOT_NULL_FATAL(message);
		CU_ASSERT_EQUAL(message->kind, 7);
		CU_ASSERT_EQUAL(message->flags & GI_MESSAGE_FLAGS, flags);
		CU_ASSERT_EQUAL(message->mark, 0x1234);
		gi_mailbox_pop(mailbox, 1);
		CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox)); /* the last lap's is none */
		CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	}
}

/* Its slots have one stamp, and none of those that have not come has it. */
static void ahead_lies_one_lap(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	for (unsigned popped = 0; popped < 3 * PAIR_SLOTS; popped++) {
		unsigned ahead = (unsigned)gi_mailbox_ahead(mailbox);
		CU_ASSERT_EQUAL(ahead, PAIR_SLOTS - popped % PAIR_SLOTS);
		for (unsigned count = 0; count <= PAIR_SLOTS; count++) {
			uint32_t stamp = gi_mailbox_stamp(mailbox, mailbox->popped);
			const struct gi_message *first =
			        &mailbox->slots[mailbox->popped & mailbox->mask];
			for (unsigned i = 0; i < ahead; i++) {
				CU_ASSERT_EQUAL(gi_message_has_come(&first[i], stamp), i < count);
			}
			if (count < PAIR_SLOTS) {
				(void)pair_send(mailbox, 1);
			}
		}
		/* One is popped, the others are taken back, unread. */
		CU_ASSERT_PTR_NOT_NULL(gi_mailbox_peek(mailbox));
		gi_mailbox_pop(mailbox, 1);
		CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
		for (unsigned i = 1; i < PAIR_SLOTS; i++) {
			uint64_t index = mailbox->popped + i - 1;
			mailbox->slots[index & mailbox->mask].label = 0;
		}
		mailbox->filled = mailbox->published = mailbox->popped;
	}
}

static void nothing_filled_publishes_nothing(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_FALSE(gi_mailbox_publish(&pair->mailboxes[0]));
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].state), GI_MAILBOX_IDLE);
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
	pair_fill(mailbox, PAIR_SLOTS - 1);
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
	pair_fill(mailbox, 1);
	CU_ASSERT_EQUAL(gi_mailbox_room(mailbox, 0), 2);
	CU_ASSERT_EQUAL(gi_mailbox_until_end(mailbox), PAIR_SLOTS);
	CU_ASSERT_PTR_EQUAL(gi_mailbox_slot(mailbox), mailbox->slots);
	pair_fill(mailbox, 2);
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
	mailbox->popped = mailbox->released = start;
	gi_mailbox_pop(mailbox, 0); /* what follows from it */
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
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_ACTIVE);
}

static void stall_marks_a_full_ring(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_STALLED);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox)); /* again, after a wake by something else */
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_STALLED);
}

static void answer_takes_the_mark_away(void)
{
	struct gi_mailbox *mailbox = &pair_new()->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_STALLED);
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* awake: a kick and no doorbell */
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_ACTIVE);
	(void)pair_send(mailbox, 1);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox)); /* the mark is put again */
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_STALLED);
}

/* Woken by something else it fills the ring anew: the mark of before is the mark of now. */
static void mark_stands_while_the_sender_goes_on(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_stall(mailbox));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	gi_mailbox_pop(mailbox, 1);
	mailbox->released = mailbox->popped; /* what release does before it answers */
	gi_store_release(&mailbox->head, mailbox->popped);
	CU_ASSERT_FALSE(pair_send(mailbox, 1));
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox)); /* full again: nothing to tell */
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
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
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_IDLE);
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

/* The receiver has drained the ring before the sender marks it, whose look at head was too early. */
static void mark_set_after_the_release_is_answered(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	gi_store_relaxed(&mailbox->head, 0);
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	gi_store_relaxed(&mailbox->head, PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
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
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
	gi_store_relaxed(&mailbox->head, 0);
	CU_ASSERT_TRUE(stall_and_sleep(pair, 0));
	gi_store_relaxed(&mailbox->head, PAIR_SLOTS);
	CU_ASSERT_FALSE(gi_mailbox_retire(mailbox));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_STALLED);
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox));
	CU_ASSERT_TRUE(gi_mailbox_retire(mailbox));
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
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_IDLE);
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
        {"new mailbox clears old stamps", new_mailbox_clears_old_stamps},
        {"filled is there, and idle until published", filled_is_there_and_idle_until_published},
        {"active receiver sees what is filled at once",
         active_receiver_sees_what_is_filled_at_once},
        {"label comes with the stamp", label_comes_with_the_stamp},
        {"ahead lies one lap", ahead_lies_one_lap},
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
        {"answer takes the mark away", answer_takes_the_mark_away},
        {"mark stands while the sender goes on", mark_stands_while_the_sender_goes_on},
        {"stall leaves an idle mailbox idle", stall_leaves_an_idle_mailbox_idle},
        {"release wakes a stalled sleeper", release_wakes_a_blocked_sleeper},
        {"mark set after the release is answered", mark_set_after_the_release_is_answered},
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
