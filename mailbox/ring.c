/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring: what one driver has for one other, in order. What is done for each message is inline in mailbox.h; here is
 * what is done once a batch, and what is done when the ring is full.
 */
#include "mailbox/ring.h"
#include "mailbox/bell.h"
#include "mailbox/step.h"

#include "base/branch.h"

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
	        .state = GI_MAILBOX_IDLE,
	        .next = options->slots,
	        .next_stamp = GI_MAILBOX_STAMP_EVEN,
	};
	for (uint32_t i = 0; i < options->slot_count; i++) {
		/* relaxed: not yet shared. */
		gi_store_relaxed(&options->slots[i].label, 0);
	}
}

/* From one state to another, unless the other side has changed it. */
static bool change(struct gi_mailbox *mailbox, uint32_t from, uint32_t to)
{
	return gi_compare_exchange_acq_rel(&mailbox->state, &from,
	                                   to); /* claimed, stalled, answered */
}

bool gi_mailbox_publish(struct gi_mailbox *mailbox)
{
	if (gi_mailbox_unpublished(mailbox) == 0) {
		return false;
	}
	mailbox->published = mailbox->filled;
	GI_MAILBOX_STEP(publish);
	gi_full_barrier(); /* retired */
	if (gi_likely(gi_load_acquire(&mailbox->state) != GI_MAILBOX_IDLE)) {
		return false;
	}
	if (gi_load_acquire(&mailbox->head) == mailbox->filled) { /* freed */
		return false; /* it took all of it before it went */
	}
	GI_MAILBOX_STEP(claim);
	if (!change(mailbox, GI_MAILBOX_IDLE, GI_MAILBOX_ACTIVE)) {
		return false; /* the receiver has looked again, and has it back */
	}
	return gi_bell_push(mailbox->bell, mailbox);
}

static bool is_full(struct gi_mailbox *mailbox)
{
	return gi_mailbox_slot(mailbox) == NULL;
}

bool gi_mailbox_stall(struct gi_mailbox *mailbox)
{
	gi_assert(gi_mailbox_unpublished(mailbox) == 0);
	gi_assert_slow(mailbox->published - mailbox->head_seen <= mailbox->capacity);
	if (!is_full(mailbox)) {
		return false;
	}
	GI_MAILBOX_STEP(stall);
	if (!change(mailbox, GI_MAILBOX_ACTIVE, GI_MAILBOX_STALLED) &&
	    gi_load_acquire(&mailbox->state) == GI_MAILBOX_IDLE) { /* answered */
		return false; /* the receiver has taken all there was */
	}
	GI_MAILBOX_STEP(look_again);
	return is_full(mailbox); /* saves a sleep; the answer would come anyway */
}

/* As far as the receiver knows: the last slot is filled. */
static bool has_room(const struct gi_mailbox *mailbox)
{
	return !gi_mailbox_is_filled(mailbox, mailbox->released + mailbox->capacity - 1);
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
	if (gi_likely(gi_load_acquire(&mailbox->state) != GI_MAILBOX_STALLED) || /* stalled */
	    !has_room(mailbox)) {
		return false;
	}
	GI_MAILBOX_STEP(answer);
	bool is_answered = change(mailbox, GI_MAILBOX_STALLED, GI_MAILBOX_ACTIVE);
	gi_assert(is_answered); /* nobody else takes the mark away */
	return gi_bell_kick(mailbox->sender_bell);
}

/* The sender that fills it now either sees IDLE, or is seen by the look behind the barrier; if both, the faster one has it. */
bool gi_mailbox_retire(struct gi_mailbox *mailbox)
{
	gi_assert_slow(mailbox->released <= mailbox->popped);
	if (mailbox->popped != mailbox->released || gi_mailbox_peek(mailbox)) {
		return false;
	}
	GI_MAILBOX_STEP(retire);
	if (!change(mailbox, GI_MAILBOX_ACTIVE, GI_MAILBOX_IDLE)) {
		return false; /* its sender waits, and is to be answered */
	}
	gi_full_barrier(); /* retired */
	GI_MAILBOX_STEP(look_behind);
	if (!gi_mailbox_peek(mailbox)) {
		return true;
	}
	GI_MAILBOX_STEP(take_back);
	return !change(mailbox, GI_MAILBOX_IDLE, GI_MAILBOX_ACTIVE);
}
