/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of both protocols where it matters: the other side acts between two steps of one function. The room is compiled
 * with its step hook, which here calls the other side, once, in the same thread.
 */
#include "mailbox/step.h"
#include "tests/mailbox/pair.h"
#include "tests/support/suite.h"

#include <string.h>

/* What happens before the next step of a name. */
static struct {
	const char *step;
	void (*act)(struct pair *pair);
	struct pair *pair;
	bool result;
	unsigned count;
} meanwhile;

/* The sender of 0 publishes between the receiver's look behind and its compare. */
static bool publish_before_take_back;

void gi_mailbox_step(const char *name)
{
	if (publish_before_take_back && strcmp(name, "take_back") == 0) {
		publish_before_take_back = false;
		CU_ASSERT_FALSE(gi_mailbox_publish(&meanwhile.pair->mailboxes[0]));
		return;
	}
	if (meanwhile.step && strcmp(meanwhile.step, name) == 0) {
		meanwhile.step = NULL;
		meanwhile.act(meanwhile.pair);
	}
}

static void before(const char *step, void (*act)(struct pair *pair), struct pair *pair)
{
	meanwhile.step = step;
	meanwhile.act = act;
	meanwhile.pair = pair;
	meanwhile.result = false;
	meanwhile.count = 0;
}

static void check_happened(void)
{
	CU_ASSERT_PTR_NULL(meanwhile.step);
}

static void send_from_1(struct pair *pair)
{
	meanwhile.result = pair_send(&pair->mailboxes[1], 1);
}

static void send_from_0(struct pair *pair)
{
	meanwhile.result = pair_send(&pair->mailboxes[0], 1);
}

static void fill_from_0(struct pair *pair)
{
	pair_fill(&pair->mailboxes[0], 1);
}

static void take_back_0(struct pair *pair)
{
	/* What retire does when it finds the slot filled behind its IDLE. */
	gi_store_relaxed(&pair->mailboxes[0].state, GI_MAILBOX_ACTIVE);
}

static void kick(struct pair *pair)
{
	meanwhile.result = gi_bell_kick(&pair->bell);
}

static void take_a_turn(struct pair *pair)
{
	(void)pair_turn(pair, &meanwhile.count);
}

static void take_a_turn_and_sleep(struct pair *pair)
{
	(void)pair_turn(pair, &meanwhile.count);
	meanwhile.result = gi_inbound_sleep(&pair->inbound);
}

static void block_and_sleep(struct pair *pair)
{
	meanwhile.result = gi_mailbox_stall(&pair->mailboxes[0]) &&
	                   gi_inbound_sleep(&pair->sender_inbounds[0]);
}

static unsigned popped_in_a_turn(struct pair *pair)
{
	unsigned popped = 0;
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	return popped;
}

static void two_pushes_meet(void)
{
	struct pair *pair = pair_new();
	before("push", send_from_1, pair);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	check_happened();
	CU_ASSERT_FALSE(meanwhile.result);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 2);
}

static void first_of_two_pushes_rings(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	before("push", send_from_1, pair);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	gi_inbound_wake(&pair->inbound);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 2);
}

static void push_meets_falling_asleep(void)
{
	struct pair *pair = pair_new();
	before("push", take_a_turn_and_sleep, pair);
	CU_ASSERT_TRUE(pair_send(&pair->mailboxes[0], 1));
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	gi_inbound_wake(&pair->inbound);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

static void push_meets_collect(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[1], 1));
	before("push", take_a_turn, pair);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	check_happened();
	CU_ASSERT_EQUAL(meanwhile.count, 1);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 2);
}

static void collect_takes_the_latest_push(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	before("take", send_from_1, pair);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 2);
	check_happened();
}

static void kick_meets_falling_asleep(void)
{
	struct pair *pair = pair_new();
	before("kick", take_a_turn_and_sleep, pair);
	CU_ASSERT_TRUE(gi_bell_kick(&pair->bell));
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	CU_ASSERT_PTR_NULL(gi_load_relaxed(&pair->bell.head));
}

static void kick_meets_push(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	before("kick", send_from_1, pair);
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell)); /* the push has rung */
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

static void publish_meets_falling_asleep(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	before("publish", take_a_turn_and_sleep, pair);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1)); /* it has it already: it sleeps on */
	check_happened();
	CU_ASSERT_EQUAL(meanwhile.count, 2);
	CU_ASSERT_TRUE(meanwhile.result);
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].state), GI_MAILBOX_IDLE);
	CU_ASSERT_TRUE(pair_send(&pair->mailboxes[0], 1)); /* the next one wakes it */
}

/* The sender has looked at the state before IDLE came: the look behind finds what it has filled. */
static void retire_meets_publish(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	before("retire", send_from_0, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_FALSE(meanwhile.result);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].state), GI_MAILBOX_ACTIVE);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

/* Filled, not yet published: the receiver has it back before the sender looks. */
static void publish_finds_it_taken_back(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	before("retire", fill_from_0, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	CU_ASSERT_FALSE(gi_mailbox_publish(&pair->mailboxes[0]));
	CU_ASSERT_TRUE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

/* It has seen IDLE, and both want it: the sender is faster, and the mailbox comes by the bell. */
static void claim_before_take_back(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	before("look_behind", send_from_0, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound)); /* it is on the bell */
	check_happened();
	CU_ASSERT_FALSE(meanwhile.result);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
}

/* ... or the receiver is: between the sender's look and its claim it retires, looks behind, and takes it back. */
static void take_back_before_claim(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	gi_inbound_wake(&pair->inbound);
	before("claim", take_back_0, pair);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	check_happened();
	CU_ASSERT_TRUE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].state), GI_MAILBOX_ACTIVE);
}

/* The sender claims between the receiver's look behind and its compare: it is off the list, and rings. */
static void take_back_meets_claim(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
	before("retire", fill_from_0, pair);
	publish_before_take_back = true;
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	CU_ASSERT_FALSE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

static void retire_meets_stall(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	CU_ASSERT_FALSE(pair_send(mailbox, PAIR_SLOTS));
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), PAIR_SLOTS);
	gi_store_relaxed(&mailbox->head, 0); /* as the sender sees it */
	before("retire", block_and_sleep, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	gi_store_relaxed(&mailbox->head, PAIR_SLOTS);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	unsigned popped = 0;
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 1); /* the answer */
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static void sleep_meets_publish(void)
{
	struct pair *pair = pair_new();
	before("sleep", send_from_0, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_FALSE(meanwhile.result);
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

static void sleep_meets_kick(void)
{
	struct pair *pair = pair_new();
	before("sleep", kick, pair);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	check_happened();
	CU_ASSERT_FALSE(meanwhile.result);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static void wake_meets_publish(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	before("wake", send_from_0, pair);
	gi_inbound_wake(&pair->inbound);
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result); /* its doorbell comes late, and does no harm */
	CU_ASSERT_EQUAL(popped_in_a_turn(pair), 1);
}

static void block_meets_drain_and_sleep(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	CU_ASSERT_FALSE(pair_send(mailbox, PAIR_SLOTS));
	before("stall", take_a_turn_and_sleep, pair);
	CU_ASSERT_FALSE(gi_mailbox_stall(mailbox));
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_IDLE);
	CU_ASSERT_TRUE(pair_send(mailbox, PAIR_SLOTS)); /* all of it is free, and it still rings */
}

static void block_sees_drain_after_its_mark(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	CU_ASSERT_FALSE(pair_send(mailbox, PAIR_SLOTS));
	before("look_again", take_a_turn, pair);
	CU_ASSERT_FALSE(gi_mailbox_stall(mailbox));
	check_happened();
	/* It was answered as well: a sender that slept all the same would be refused. */
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->sender_inbounds[0]));
	CU_ASSERT_FALSE(pair_send(mailbox, 1));
	CU_ASSERT_EQUAL(gi_load_relaxed(&mailbox->state), GI_MAILBOX_ACTIVE);
}

/* The mark comes before head is stored. */
static void release_meets_block(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	CU_ASSERT_FALSE(pair_send(mailbox, PAIR_SLOTS));
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS);
	before("release", block_and_sleep, pair);
	CU_ASSERT_TRUE(gi_mailbox_release(mailbox)); /* the answer: it looks behind head */
	check_happened();
	CU_ASSERT_TRUE(meanwhile.result);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static CU_TestInfo steps_tests[] = {
        {"two pushes meet", two_pushes_meet},
        {"first of two pushes rings", first_of_two_pushes_rings},
        {"push meets falling asleep", push_meets_falling_asleep},
        {"push meets collect", push_meets_collect},
        {"collect takes the latest push", collect_takes_the_latest_push},
        {"kick meets falling asleep", kick_meets_falling_asleep},
        {"kick meets push", kick_meets_push},
        {"publish meets falling asleep", publish_meets_falling_asleep},
        {"retire meets publish", retire_meets_publish},
        {"publish finds it taken back", publish_finds_it_taken_back},
        {"claim before take-back", claim_before_take_back},
        {"take-back before claim", take_back_before_claim},
        {"take-back meets claim", take_back_meets_claim},
        {"retire meets stall", retire_meets_stall},
        {"sleep meets publish", sleep_meets_publish},
        {"sleep meets kick", sleep_meets_kick},
        {"wake meets publish", wake_meets_publish},
        {"stall meets drain and sleep", block_meets_drain_and_sleep},
        {"stall sees drain after its mark", block_sees_drain_after_its_mark},
        {"release meets stall", release_meets_block},
        CU_TEST_INFO_NULL,
};

static const struct suite steps_suite = {"steps", steps_tests};

const struct suite *const suites[] = {&steps_suite, NULL};
