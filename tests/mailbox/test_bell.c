/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mailbox/bell.c. */
#include "tests/mailbox/pair.h"
#include "tests/support/suite.h"

static struct gi_mailbox *head_of(struct pair *pair)
{
	return gi_load_relaxed(&pair->bell.head);
}

static void new_bell_is_awake_and_silent(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_PTR_NULL(head_of(pair));
	CU_ASSERT_TRUE(gi_bell_is_silent(&pair->bell));
}

static void taken_newest_first(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[1]));
	CU_ASSERT_FALSE(gi_bell_is_silent(&pair->bell));
	struct gi_mailbox *first = gi_bell_take(&pair->bell);
	CU_ASSERT_PTR_EQUAL(first, &pair->mailboxes[1]);
	CU_ASSERT_PTR_EQUAL(first->next_rung, &pair->mailboxes[0]);
	CU_ASSERT_TRUE(gi_bell_is_end(first->next_rung->next_rung));
	CU_ASSERT_PTR_NULL(head_of(pair));
}

static void first_push_on_a_sleeper_rings(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_bell_sleep(&pair->bell));
	CU_ASSERT_TRUE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_TRUE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[1]));
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_PTR_EQUAL(head_of(pair), &pair->mailboxes[1]);
	CU_ASSERT_PTR_NULL(pair->mailboxes[0].next_rung);
}

static void stack_refuses_sleep(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	CU_ASSERT_FALSE(gi_bell_sleep(&pair->bell));
	CU_ASSERT_PTR_EQUAL(head_of(pair), &pair->mailboxes[0]);
}

static void wake_ends_an_unbroken_sleep(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_bell_sleep(&pair->bell));
	gi_bell_wake(&pair->bell);
	CU_ASSERT_PTR_NULL(head_of(pair));
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
}

static void wake_leaves_what_was_pushed(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_bell_sleep(&pair->bell));
	CU_ASSERT_TRUE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	gi_bell_wake(&pair->bell);
	CU_ASSERT_PTR_EQUAL(head_of(pair), &pair->mailboxes[0]);
}

static void kick_rings_a_sleeper_once(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_TRUE(gi_bell_sleep(&pair->bell));
	CU_ASSERT_TRUE(gi_bell_kick(&pair->bell));
	CU_ASSERT_PTR_NULL(head_of(pair));
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
}

static void kick_awake_refuses_next_sleep(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_FALSE(gi_bell_is_silent(&pair->bell));
	CU_ASSERT_FALSE(gi_bell_sleep(&pair->bell));
	CU_ASSERT_TRUE(gi_bell_is_end(gi_bell_take(&pair->bell)));
	CU_ASSERT_TRUE(gi_bell_sleep(&pair->bell));
}

static void kick_lies_under_a_push(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	struct gi_mailbox *taken = gi_bell_take(&pair->bell);
	CU_ASSERT_PTR_EQUAL(taken, &pair->mailboxes[0]);
	CU_ASSERT_TRUE(gi_bell_is_end(taken->next_rung));
}

static void kick_leaves_a_stack_whole(void)
{
	struct pair *pair = pair_new();
	CU_ASSERT_FALSE(gi_bell_push(&pair->bell, &pair->mailboxes[0]));
	CU_ASSERT_FALSE(gi_bell_kick(&pair->bell));
	CU_ASSERT_PTR_EQUAL(head_of(pair), &pair->mailboxes[0]);
	CU_ASSERT_FALSE(gi_bell_sleep(&pair->bell));
}

static CU_TestInfo bell_tests[] = {
        {"new bell is awake and silent", new_bell_is_awake_and_silent},
        {"taken newest first", taken_newest_first},
        {"first push on a sleeper rings", first_push_on_a_sleeper_rings},
        {"stack refuses sleep", stack_refuses_sleep},
        {"wake ends an unbroken sleep", wake_ends_an_unbroken_sleep},
        {"wake leaves what was pushed", wake_leaves_what_was_pushed},
        {"kick rings a sleeper once", kick_rings_a_sleeper_once},
        {"kick awake refuses next sleep", kick_awake_refuses_next_sleep},
        {"kick lies under a push", kick_lies_under_a_push},
        {"kick leaves a stack whole", kick_leaves_a_stack_whole},
        CU_TEST_INFO_NULL,
};

extern const struct suite bell_suite;
const struct suite bell_suite = {"bell", bell_tests};
