/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bell: the word at which senders tell a receiver of mailboxes that have become active, and at which it sleeps.
 *
 * May call    push: the mailbox's sender    take, sleep, wake: the receiver    is_silent: the receiver, a hint
 * Orderings   rung, asleep, kicked: see mailbox.h
 */
#ifndef GI_MAILBOX_BELL_H
#define GI_MAILBOX_BELL_H

#include "mailbox/mailbox.h"

/* What head can be besides NULL (awake, nothing rung) and the newest mailbox of a stack. No mailbox lies there. */
#define GI_BELL_ASLEEP ((struct gi_mailbox *)1)
/* Ends a stack, as NULL does, and says that there was a kick. */
#define GI_BELL_KICKED ((struct gi_mailbox *)2)

/* Is this the end of a stack? */
static inline bool gi_bell_is_end(const struct gi_mailbox *mailbox)
{
	return mailbox == NULL || mailbox == GI_BELL_KICKED;
}

/* Put a mailbox that is not on the bell there. true: the receiver slept, the caller has to ring its doorbell. */
__attribute__((warn_unused_result)) bool gi_bell_push(struct gi_bell *bell,
                                                      struct gi_mailbox *mailbox);

/* Nothing to take? */
static inline bool gi_bell_is_silent(const struct gi_bell *bell)
{
	/* relaxed: a hint, gi_bell_take() acquires. */
	const struct gi_mailbox *head = gi_load_relaxed(&bell->head);
	return head == NULL || head == GI_BELL_ASLEEP;
}

/* All that is there, linked by next_rung up to gi_bell_is_end(). Not while asleep. */
struct gi_mailbox *gi_bell_take(struct gi_bell *bell);

/* Fails when anything was pushed or kicked since the last take. */
__attribute__((warn_unused_result)) bool gi_bell_sleep(struct gi_bell *bell);
void gi_bell_wake(struct gi_bell *bell);

#endif
