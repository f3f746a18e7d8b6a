/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bell: a stack of mailboxes that anyone pushes on and only the receiver takes, all at once, so that there is no ABA;
 * and the receiver's sleep in the same word, so that exactly one of those who end it is told.
 *
 * A kick always writes, were it only what it found: a compare that fails writes nothing, and so would not order what
 * the kick is about before the receiver's next sleep.
 */
#include "mailbox/bell.h"
#include "mailbox/step.h"

void gi_bell_init(struct gi_bell *bell)
{
	/* relaxed: not yet shared. */
	gi_store_relaxed(&bell->head, NULL);
}

bool gi_bell_push(struct gi_bell *bell, struct gi_mailbox *mailbox)
{
	gi_assert_slow(!gi_bell_is_end(mailbox));
	gi_assert_slow(mailbox != GI_BELL_ASLEEP);
	gi_assert_slow(mailbox->bell == bell);
	/* relaxed: a guess, the exchange confirms it. */
	struct gi_mailbox *head = gi_load_relaxed(&bell->head);
	do {                                     /* each failure is the success of another */
		gi_assert_slow(head != mailbox); /* it was idle, so it is not there */
		mailbox->next_rung = head == GI_BELL_ASLEEP ? NULL : head;
		GI_MAILBOX_STEP(push);
	} while (!gi_compare_exchange_acq_rel(&bell->head, &head, mailbox)); /* rung, asleep */
	return head == GI_BELL_ASLEEP;
}

bool gi_bell_kick(struct gi_bell *bell)
{
	/* relaxed: a guess, the exchange confirms it. */
	struct gi_mailbox *head = gi_load_relaxed(&bell->head);
	struct gi_mailbox *next = NULL;
	do { /* each failure is the success of another */
		next = head == GI_BELL_ASLEEP ? NULL : head == NULL ? GI_BELL_KICKED : head;
		GI_MAILBOX_STEP(kick);
	} while (!gi_compare_exchange_acq_rel(&bell->head, &head, next)); /* kicked, asleep */
	return head == GI_BELL_ASLEEP;
}

struct gi_mailbox *gi_bell_take(struct gi_bell *bell)
{
	GI_MAILBOX_STEP(take);
	struct gi_mailbox *head = gi_exchange_acq_rel(&bell->head, NULL); /* rung, kicked */
	gi_assert(head != GI_BELL_ASLEEP);
	return head;
}

bool gi_bell_sleep(struct gi_bell *bell)
{
	struct gi_mailbox *head = NULL;
	GI_MAILBOX_STEP(sleep);
	bool slept = gi_compare_exchange_acq_rel(&bell->head, &head,
	                                         GI_BELL_ASLEEP); /* asleep, kicked */
	gi_assert(head != GI_BELL_ASLEEP);
	return slept;
}

void gi_bell_wake(struct gi_bell *bell)
{
	struct gi_mailbox *head = GI_BELL_ASLEEP;
	GI_MAILBOX_STEP(wake);
	/* Failing it finds that a push or a kick has ended the sleep; then the stack is collect's. */
	(void)gi_compare_exchange_acq_rel(&bell->head, &head, NULL); /* asleep, kicked */
}
