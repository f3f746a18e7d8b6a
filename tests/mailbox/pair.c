/* SPDX-License-Identifier: Apache-2.0 */
/* Pair: mailboxes of a few senders to one receiver, for tests that step both sides by hand. */
#include "tests/mailbox/pair.h"

#include <CUnit/CUnit.h>

struct pair *pair_new(void)
{
	static struct pair pair;
	gi_bell_init(&pair.bell);
	gi_inbound_init(&pair.inbound, &pair.bell);
	for (uint32_t s = 0; s < PAIR_SENDERS; s++) {
		gi_bell_init(&pair.sender_bells[s]);
		gi_inbound_init(&pair.sender_inbounds[s], &pair.sender_bells[s]);
		gi_mailbox_init(&pair.mailboxes[s], &(struct gi_mailbox_options){
		                                            .slots = pair.slots[s],
		                                            .slot_count = PAIR_SLOTS,
		                                            .sender_index = s,
		                                            .receiver_index = PAIR_SENDERS,
		                                            .bell = &pair.bell,
		                                            .sender_bell = &pair.sender_bells[s],
		                                    });
	}
	return &pair;
}

void pair_fill(struct gi_mailbox *mailbox, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct gi_message *slot = gi_mailbox_slot(mailbox);
		CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
		slot->token = (uint32_t)mailbox->filled + 1;
		gi_mailbox_fill(mailbox, 0);
	}
}

bool pair_send(struct gi_mailbox *mailbox, unsigned count)
{
	pair_fill(mailbox, count);
	return gi_mailbox_publish(mailbox);
}

unsigned pair_pop_all(struct gi_mailbox *mailbox)
{
	unsigned count = 0;
	for (struct gi_message *message = gi_mailbox_peek(mailbox); message;
	     message = gi_mailbox_peek(mailbox)) {
		CU_ASSERT_EQUAL(message->token, (uint32_t)mailbox->popped + 1);
		gi_mailbox_pop(mailbox, 1);
		count++;
	}
	return count;
}

unsigned pair_turn(struct pair *pair, unsigned *out_popped)
{
	unsigned popped = 0;
	unsigned doorbells = 0;
	gi_inbound_collect(&pair->inbound);
	for (struct gi_mailbox *mailbox = pair->inbound.active; mailbox;
	     mailbox = mailbox->next_active) {
		popped += pair_pop_all(mailbox);
		doorbells += gi_mailbox_release(mailbox);
	}
	gi_inbound_retire(&pair->inbound);
	*out_popped = popped;
	return doorbells;
}
