/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring: what one driver has for one other, in order. What is done for each message is inline in mailbox.h; here is
 * what is done once a batch, and what is done when the ring is full.
 *
 * A stalled sender is answered once for each word with the mark: after the answer it finds room, so it cannot stall
 * again before it has published, which makes another word.
 */
#include "mailbox/ring.h"
#include "mailbox/bell.h"
#include "mailbox/step.h"

void gi_mailbox_init(struct gi_mailbox *mailbox, const struct gi_mailbox_options *options)
{
	gi_assert(options->slots);
	gi_assert((uintptr_t)options->slots % _Alignof(struct gi_message) == 0);
	gi_assert(options->bell);
	gi_assert(options->sender_bell);
	gi_assert(gi_is_power_of_two(options->slot_count));
	gi_assert(options->slot_count >= GI_MAILBOX_SLOTS_MIN);
	gi_assert(options->slot_count <= GI_MAILBOX_SLOTS_MAX);
	*mailbox = (struct gi_mailbox){
	        .slots = options->slots,
	        .capacity = options->slot_count,
	        .mask = options->slot_count - 1,
	        .bell = options->bell,
	        .sender_bell = options->sender_bell,
	        .sender_index = options->sender_index,
	        .receiver_index = options->receiver_index,
	        .tail = GI_MAILBOX_IDLE,
	};
}

bool gi_mailbox_publish(struct gi_mailbox *mailbox)
{
	if (gi_mailbox_unpublished(mailbox) == 0) {
		return false;
	}
	gi_assert_slow(gi_mailbox_unpublished(mailbox) <= mailbox->capacity);
	GI_MAILBOX_STEP(publish);
	uint64_t word =
	        gi_exchange_acq_rel(&mailbox->tail, mailbox->filled); /* published, retired */
	gi_assert_slow((word & ~GI_MAILBOX_MARKS) == mailbox->published);
	gi_assert_slow(mailbox->is_stalled == ((word & GI_MAILBOX_STALLED) != 0));
	mailbox->published = mailbox->filled;
	mailbox->is_stalled = false;
	if (!(word & GI_MAILBOX_IDLE)) {
		return false;
	}
	return gi_bell_push(mailbox->bell, mailbox);
}

static bool is_full(struct gi_mailbox *mailbox)
{
	return gi_mailbox_slot(mailbox) == NULL;
}

/* The mark is put by compare: were the word IDLE, an exchange would take that away and nobody would ring the bell. */
static bool mark_stalled(struct gi_mailbox *mailbox)
{
	uint64_t word = mailbox->published;
	GI_MAILBOX_STEP(stall);
	bool is_marked = gi_compare_exchange_acq_rel(
	        &mailbox->tail, &word, word | GI_MAILBOX_STALLED); /* stalled, retired */
	if (!is_marked) {
		gi_assert(word == (mailbox->published | GI_MAILBOX_IDLE));
	}
	return is_marked;
}

bool gi_mailbox_stall(struct gi_mailbox *mailbox)
{
	gi_assert(gi_mailbox_unpublished(mailbox) == 0);
	gi_assert_slow(mailbox->published - mailbox->head_seen <= mailbox->capacity);
	if (!is_full(mailbox)) {
		return false;
	}
	if (!mailbox->is_stalled) {
		if (!mark_stalled(mailbox)) {
			return false; /* idle: the receiver has taken all there was */
		}
		mailbox->is_stalled = true;
	}
	GI_MAILBOX_STEP(look_again);
	return is_full(mailbox); /* saves a sleep; the answer would come anyway */
}

/* The sender waits, has not been answered, and there is room. */
static bool owes_answer(const struct gi_mailbox *mailbox)
{
	uint64_t word = mailbox->word_seen;
	return (word & GI_MAILBOX_STALLED) && word != mailbox->answered &&
	       (word & ~GI_MAILBOX_MARKS) - mailbox->released < mailbox->capacity;
}

bool gi_mailbox_release(struct gi_mailbox *mailbox)
{
	gi_assert_slow(mailbox->popped - mailbox->released <= mailbox->capacity);
	if (mailbox->popped != mailbox->released) {
		mailbox->released = mailbox->popped;
		mailbox->silent_turns = 0;
		GI_MAILBOX_STEP(release);
		gi_store_release(&mailbox->head, mailbox->popped); /* freed */
	}
	if (!owes_answer(mailbox)) {
		return false;
	}
	mailbox->answered = mailbox->word_seen;
	return gi_bell_kick(mailbox->sender_bell);
}

bool gi_mailbox_retire(struct gi_mailbox *mailbox)
{
	gi_assert_slow(mailbox->released <= mailbox->popped);
	gi_assert_slow(mailbox->popped <= mailbox->tail_seen);
	bool is_drained =
	        mailbox->popped == mailbox->tail_seen && mailbox->popped == mailbox->released;
	if (!is_drained || owes_answer(mailbox)) {
		return false;
	}
	uint64_t word = mailbox->word_seen;
	gi_assert_slow(!(word & GI_MAILBOX_IDLE)); /* active: from here its sender may ring it */
	GI_MAILBOX_STEP(retire);
	return gi_compare_exchange_acq_rel(&mailbox->tail, &word,
	                                   word | GI_MAILBOX_IDLE); /* retired */
}
