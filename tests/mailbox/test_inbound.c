/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mailbox/inbound.c. */
#include "tests/mailbox/pair.h"
#include "tests/support/suite.h"

static void turns(struct pair *pair, unsigned count)
{
	unsigned popped = 0;
	for (unsigned i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	}
}

static void new_inbound_has_nothing(void)
{
	struct pair *pair = pair_new();
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	CU_ASSERT_PTR_NULL(pair->inbound.active);
	CU_ASSERT_EQUAL(pair->inbound.silent_turns_max, GI_MAILBOX_SILENT_TURNS);
	CU_ASSERT_FALSE(gi_inbound_has_news(&pair->inbound));
}

static void publish_makes_a_mailbox_active(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	CU_ASSERT_PTR_EQUAL(pair->inbound.active, &pair->mailboxes[0]);
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
}

static void oldest_is_looked_at_first(void)
{
	struct pair *pair = pair_new();
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		CU_ASSERT_FALSE(pair_send(&pair->mailboxes[s], 1));
	}
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair->inbound.active_count, PAIR_SENDERS);
	struct gi_mailbox *mailbox = pair->inbound.active;
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		CU_ASSERT_PTR_EQUAL_FATAL(mailbox, &pair->mailboxes[s]);
		mailbox = mailbox->next_active;
	}
	CU_ASSERT_PTR_NULL(mailbox);
}

static void rotation_makes_each_the_first(void)
{
	struct pair *pair = pair_new();
	gi_inbound_rotate(&pair->inbound); /* nothing to turn */
	CU_ASSERT_PTR_NULL(pair->inbound.active);
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		CU_ASSERT_FALSE(pair_send(&pair->mailboxes[s], 1));
	}
	gi_inbound_collect(&pair->inbound);
	for (unsigned first = 0; first < 2 * PAIR_SENDERS; first++) {
		struct gi_mailbox *mailbox = pair->inbound.active;
		for (unsigned s = 0; s < PAIR_SENDERS; s++) {
			CU_ASSERT_PTR_EQUAL_FATAL(mailbox,
			                          &pair->mailboxes[(first + s) % PAIR_SENDERS]);
			mailbox = mailbox->next_active;
		}
		CU_ASSERT_PTR_NULL(mailbox);
		gi_inbound_rotate(&pair->inbound);
	}
}

static void active_mailbox_leaves_the_bell_alone(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	turns(pair, 1);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_TRUE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	turns(pair, 1);
	CU_ASSERT_FALSE(gi_inbound_has_news(&pair->inbound));
}

static void half_drained_mailbox_is_news(void)
{
	struct pair *pair = pair_new();
	(void)pair_send(&pair->mailboxes[0], 2);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_PTR_NOT_NULL(gi_mailbox_peek(&pair->mailboxes[0]));
	gi_mailbox_pop(&pair->mailboxes[0], 1);
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
}

static void silence_retires_after_its_turns(void)
{
	struct pair *pair = pair_new();
	(void)pair_send(&pair->mailboxes[0], 1);
	turns(pair, 1 + GI_MAILBOX_SILENT_TURNS - 1);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	turns(pair, 1);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	CU_ASSERT_EQUAL(gi_load_relaxed(&pair->mailboxes[0].state), GI_MAILBOX_IDLE);
}

static void message_begins_silence_anew(void)
{
	struct pair *pair = pair_new();
	(void)pair_send(&pair->mailboxes[0], 1);
	turns(pair, GI_MAILBOX_SILENT_TURNS);
	(void)pair_send(&pair->mailboxes[0], 1);
	turns(pair, GI_MAILBOX_SILENT_TURNS);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
}

static void retired_mailbox_returns_by_the_bell(void)
{
	struct pair *pair = pair_new();
	pair->inbound.silent_turns_max = 0;
	unsigned popped = 0;
	for (unsigned round = 0; round < 10; round++) {
		CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
		CU_ASSERT_FALSE(gi_bell_is_silent(&pair->bell));
		CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
		CU_ASSERT_EQUAL(popped, 1);
		CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	}
}

/* The message comes after the last peek and before the mark. */
static void news_refuses_retirement(void)
{
	struct pair *pair = pair_new();
	pair->inbound.silent_turns_max = 0;
	(void)pair_send(&pair->mailboxes[0], 1);
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair_pop_all(&pair->mailboxes[0]), 1);
	CU_ASSERT_FALSE(gi_mailbox_release(&pair->mailboxes[0]));
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	gi_inbound_retire(&pair->inbound);
	CU_ASSERT_EQUAL(pair->inbound.active_count, 1);
	unsigned popped = 0;
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_EQUAL(popped, 1);
}

static void send_from_all_but(struct pair *pair, unsigned quiet)
{
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		if (s != quiet) {
			CU_ASSERT_FALSE(pair_send(&pair->mailboxes[s], 1));
		}
	}
}

static void check_not_active(const struct pair *pair, unsigned quiet)
{
	CU_ASSERT_EQUAL(pair->inbound.active_count, PAIR_SENDERS - 1);
	for (struct gi_mailbox *mailbox = pair->inbound.active; mailbox;
	     mailbox = mailbox->next_active) {
		CU_ASSERT_PTR_NOT_EQUAL(mailbox, &pair->mailboxes[quiet]);
	}
}

static void any_place_in_the_list_retires(void)
{
	for (unsigned quiet = 0; quiet < PAIR_SENDERS; quiet++) {
		struct pair *pair = pair_new();
		send_from_all_but(pair, PAIR_SENDERS);
		for (unsigned i = 0; i < GI_MAILBOX_SILENT_TURNS + 1; i++) {
			turns(pair, 1);
			send_from_all_but(pair, quiet);
		}
		check_not_active(pair, quiet);
	}
}

static void sleep_retires_every_mailbox(void)
{
	struct pair *pair = pair_new();
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		(void)pair_send(&pair->mailboxes[s], 1);
	}
	turns(pair, 1);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_EQUAL(pair->inbound.active_count, 0);
	CU_ASSERT_PTR_EQUAL(gi_load_relaxed(&pair->bell.head), GI_BELL_ASLEEP);
}

static void one_sender_rings_a_sleeper(void)
{
	struct pair *pair = pair_new();
	unsigned popped = 0;
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_TRUE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[1], 1));
	gi_inbound_wake(&pair->inbound);
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_EQUAL(popped, 3);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_TRUE(pair_send(&pair->mailboxes[1], 1)); /* each sleep anew */
}

static void rung_bell_refuses_sleep(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1));
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound)); /* active now, unread */
	turns(pair, 1);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static void refused_sleep_keeps_what_is_left(void)
{
	struct pair *pair = pair_new();
	unsigned popped = 0;
	for (unsigned s = 0; s < PAIR_SENDERS; s++) {
		(void)pair_send(&pair->mailboxes[s], 1);
	}
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_EQUAL(pair_pop_all(&pair->mailboxes[0]), 1);
	CU_ASSERT_EQUAL(pair_pop_all(&pair->mailboxes[1]), 1);
	CU_ASSERT_EQUAL(pair_pop_all(&pair->mailboxes[2]), 1);
	CU_ASSERT_FALSE(gi_mailbox_release(&pair->mailboxes[0]));
	CU_ASSERT_FALSE(gi_mailbox_release(&pair->mailboxes[2]));
	/* The middle one is not released: the first is retired, the rest stays. */
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_EQUAL(pair->inbound.active_count, 2);
	CU_ASSERT_PTR_EQUAL(pair->inbound.active, &pair->mailboxes[1]);
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1)); /* retired, by the bell */
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[2], 1)); /* active */
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_EQUAL(popped, 2);
}

/* Its publish has taken IDLE away and its push is still to come: the sleeper cannot see it, so the push must ring. */
static void mailbox_on_its_way_rings(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	unsigned popped = 0;
	pair_fill(mailbox, 1);
	mailbox->published = mailbox->filled;
	gi_store_relaxed(&mailbox->state, GI_MAILBOX_ACTIVE);
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
	CU_ASSERT_TRUE(gi_bell_push(&pair->bell, mailbox));
	CU_ASSERT_EQUAL(pair_turn(pair, &popped), 0);
	CU_ASSERT_EQUAL(popped, 1);
}

static void look_finds_the_end(void)
{
	for (unsigned lap = 0; lap < 3 * PAIR_SLOTS; lap++) { /* from each slot on */
		for (unsigned count = 0; count <= PAIR_SLOTS; count++) {
			struct pair *pair = pair_new();
			struct gi_mailbox *mailbox = &pair->mailboxes[0];
			for (unsigned i = 0; i < lap; i++) {
				(void)pair_send(mailbox, 1);
				CU_ASSERT_EQUAL(pair_pop_all(mailbox), 1);
				CU_ASSERT_FALSE(gi_mailbox_release(mailbox));
			}
			(void)pair_send(mailbox, count);
			gi_inbound_look(&pair->inbound);
			CU_ASSERT_EQUAL(gi_inbound_has_looked(&pair->inbound), count == 0);
			for (unsigned i = 0; i < count; i++) {
				CU_ASSERT_FALSE(gi_inbound_has_looked(&pair->inbound));
				CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
				gi_mailbox_pop(mailbox, 1);
			}
			CU_ASSERT_TRUE(gi_inbound_has_looked(&pair->inbound));
			CU_ASSERT_EQUAL(pair->inbound.active_count, lap + count > 0 ? 1 : 0);
		}
	}
}

/* Its sender is in the middle of a turn: who waits for what it has sent would wait for that. */
static void look_ends_before_a_held_slot(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, 1);
	gi_inbound_collect(&pair->inbound);
	uint32_t stamp = gi_mailbox_stamp(mailbox, mailbox->filled);
	gi_mailbox_pass(&mailbox->slots[1], 0, 0);
	gi_mailbox_pass(&mailbox->slots[2], stamp, 0);
	gi_mailbox_pass(&mailbox->slots[3], stamp, 0);
	gi_mailbox_passed(mailbox, 3);
	gi_inbound_look(&pair->inbound);
	CU_ASSERT_FALSE(gi_inbound_has_looked(&pair->inbound));
	CU_ASSERT_PTR_NOT_NULL_FATAL(gi_mailbox_peek(mailbox));
	gi_mailbox_pop(mailbox, 1);
	CU_ASSERT_TRUE(gi_inbound_has_looked(&pair->inbound));
	CU_ASSERT_PTR_NULL(gi_mailbox_peek(mailbox));
	gi_mailbox_pass(&mailbox->slots[1], stamp, 0);
	gi_inbound_look(&pair->inbound);
	CU_ASSERT_EQUAL(mailbox->looked_end, 4);
}

static void look_counts_what_is_popped_and_not_released(void)
{
	struct pair *pair = pair_new();
	struct gi_mailbox *mailbox = &pair->mailboxes[0];
	(void)pair_send(mailbox, PAIR_SLOTS);
	gi_inbound_collect(&pair->inbound);
	gi_mailbox_pop(mailbox, 2);
	gi_inbound_look(&pair->inbound);
	CU_ASSERT_EQUAL(mailbox->looked_end, PAIR_SLOTS);
	CU_ASSERT_EQUAL(pair_pop_all(mailbox), PAIR_SLOTS - 2);
	gi_inbound_look(&pair->inbound);
	CU_ASSERT_EQUAL(mailbox->looked_end, PAIR_SLOTS);
	CU_ASSERT_TRUE(gi_inbound_has_looked(&pair->inbound));
}

static void wake_without_news_changes_nothing(void)
{
	struct pair *pair = pair_new();
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
		gi_inbound_wake(&pair->inbound);
		gi_inbound_collect(&pair->inbound);
		CU_ASSERT_FALSE(gi_inbound_has_news(&pair->inbound));
	}
	CU_ASSERT_FALSE(pair_send(&pair->mailboxes[0], 1)); /* awake: no doorbell */
}

static void kick_is_news_until_collected(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_TRUE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_FALSE(gi_inbound_sleep(&pair->inbound));
	gi_inbound_collect(&pair->inbound);
	CU_ASSERT_FALSE(gi_inbound_has_news(&pair->inbound));
	CU_ASSERT_TRUE(gi_inbound_sleep(&pair->inbound));
}

static CU_TestInfo inbound_tests[] = {
        {"new inbound has nothing", new_inbound_has_nothing},
        {"publish makes a mailbox active", publish_makes_a_mailbox_active},
        {"oldest is looked at first", oldest_is_looked_at_first},
        {"rotation makes each the first", rotation_makes_each_the_first},
        {"active mailbox leaves the bell alone", active_mailbox_leaves_the_bell_alone},
        {"half drained mailbox is news", half_drained_mailbox_is_news},
        {"silence retires after its turns", silence_retires_after_its_turns},
        {"message begins silence anew", message_begins_silence_anew},
        {"retired mailbox returns by the bell", retired_mailbox_returns_by_the_bell},
        {"news refuses retirement", news_refuses_retirement},
        {"any place in the list retires", any_place_in_the_list_retires},
        {"sleep retires every mailbox", sleep_retires_every_mailbox},
        {"one sender rings a sleeper", one_sender_rings_a_sleeper},
        {"rung bell refuses sleep", rung_bell_refuses_sleep},
        {"refused sleep keeps what is left", refused_sleep_keeps_what_is_left},
        {"mailbox on its way rings", mailbox_on_its_way_rings},
        {"look finds the end", look_finds_the_end},
        {"look ends before a held slot", look_ends_before_a_held_slot},
        {"look counts what is popped and not released",
         look_counts_what_is_popped_and_not_released},
        {"wake without news changes nothing", wake_without_news_changes_nothing},
        {"kick is news until collected", kick_is_news_until_collected},
        CU_TEST_INFO_NULL,
};

extern const struct suite inbound_suite;
const struct suite inbound_suite = {"inbound", inbound_tests};
