/* SPDX-License-Identifier: Apache-2.0 */
/* Pair: mailboxes of a few senders to one receiver, for tests that step both sides by hand. */
#ifndef TESTS_MAILBOX_PAIR_H
#define TESTS_MAILBOX_PAIR_H

#include "mailbox/bell.h"
#include "mailbox/ring.h"

enum {
	PAIR_SENDERS = 3,
	PAIR_SLOTS = 4,
};

struct pair {
	struct gi_bell bell;
	struct gi_inbound inbound;
	struct gi_bell sender_bells[PAIR_SENDERS];
	struct gi_inbound sender_inbounds[PAIR_SENDERS]; /* for senders that sleep */
	struct gi_mailbox mailboxes[PAIR_SENDERS];
	struct gi_message slots[PAIR_SENDERS][PAIR_SLOTS];
};

/* A new one each time; it lives until the next call. */
struct pair *pair_new(void);

/* Fill `count` messages with the next tokens, which are their index and 1. Asserts that there is room. */
void pair_fill(struct gi_mailbox *mailbox, unsigned count);

/* Fill and publish. */
bool pair_send(struct gi_mailbox *mailbox, unsigned count);

/* Pop all, asserting tokens in order. Returns how many; does not release. */
unsigned pair_pop_all(struct gi_mailbox *mailbox);

/* One turn of the receiver over all its active mailboxes. Returns the doorbells that it owes senders. */
unsigned pair_turn(struct pair *pair, unsigned *out_popped);

#endif
