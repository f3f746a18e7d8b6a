/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inbound: what a receiver looks at each turn: the mailboxes that are active, and the bell.
 *
 * A mailbox is in one place: idle (its sender's to ring), on its way to the bell or on it, or on the active list.
 */
#include "mailbox/bell.h"
#include "mailbox/ring.h"

void gi_inbound_init(struct gi_inbound *inbound, struct gi_bell *bell)
{
	gi_assert(bell);
	gi_assert(gi_load_relaxed(&bell->head) == NULL); /* nobody has rung yet */
	*inbound = (struct gi_inbound){
	        .bell = bell,
	        .silent_turns_max = GI_MAILBOX_SILENT_TURNS,
	};
}

/* For assertions. */
static __attribute__((unused)) bool is_active(const struct gi_inbound *inbound,
                                              const struct gi_mailbox *mailbox)
{
	const struct gi_mailbox *other = inbound->active;
	while (other && other != mailbox) {
		other = other->next_active;
	}
	return other != NULL;
}

static __attribute__((unused)) uint32_t count_active(const struct gi_inbound *inbound)
{
	uint32_t count = 0;
	for (const struct gi_mailbox *mailbox = inbound->active; mailbox;
	     mailbox = mailbox->next_active) {
		count++;
	}
	return count;
}

void gi_inbound_collect(struct gi_inbound *inbound)
{
	if (gi_bell_is_silent(inbound->bell)) {
		return;
	}
	/* From the newest to the oldest, each put in front: the oldest comes first. */
	struct gi_mailbox *next = NULL;
	for (struct gi_mailbox *mailbox = gi_bell_take(inbound->bell); !gi_bell_is_end(mailbox);
	     mailbox = next) {
		gi_assert_slow(mailbox->bell == inbound->bell);
		gi_assert_slow(!is_active(inbound, mailbox));
		next = mailbox->next_rung;
		mailbox->silent_turns = 0;
		mailbox->next_active = inbound->active;
		inbound->active = mailbox;
		inbound->active_count++;
	}
}

bool gi_inbound_has_news(const struct gi_inbound *inbound)
{
	if (!gi_bell_is_silent(inbound->bell)) {
		return true;
	}
	for (const struct gi_mailbox *mailbox = inbound->active; mailbox;
	     mailbox = mailbox->next_active) {
		if (gi_mailbox_peek(mailbox)) {
			return true;
		}
	}
	return false;
}

/*
 * The first slot that is not filled. Those behind it may be: it is held until its sender's turn ends, which may be far, and
 * nobody is to wait for that.
 */
static uint64_t find_end(const struct gi_mailbox *mailbox)
{
	uint64_t end = mailbox->popped;
	uint64_t last = mailbox->released + mailbox->capacity;
	while (end < last && gi_mailbox_is_filled(mailbox, end)) {
		end++;
	}
	return end;
}

void gi_inbound_look(struct gi_inbound *inbound)
{
	gi_inbound_collect(inbound);
	for (struct gi_mailbox *mailbox = inbound->active; mailbox;
	     mailbox = mailbox->next_active) {
		mailbox->looked_end = find_end(mailbox);
		mailbox->looked_promise = gi_load_relaxed(&mailbox->promised); /* a hint */
		gi_assert(mailbox->looked_end - mailbox->released <= mailbox->capacity);
	}
}

/* One that has become active since was empty at the last look, or has been looked at before: its end is popped. */
bool gi_inbound_has_looked(const struct gi_inbound *inbound)
{
	for (const struct gi_mailbox *mailbox = inbound->active; mailbox;
	     mailbox = mailbox->next_active) {
		if (mailbox->popped < mailbox->looked_end) {
			return false;
		}
	}
	return true;
}

bool gi_inbound_has_promises(const struct gi_inbound *inbound)
{
	for (const struct gi_mailbox *mailbox = inbound->active; mailbox;
	     mailbox = mailbox->next_active) {
		if (mailbox->popped < mailbox->looked_promise) {
			return true;
		}
	}
	return false;
}

void gi_inbound_rotate(struct gi_inbound *inbound)
{
	struct gi_mailbox *first = inbound->active;
	if (!first || !first->next_active) {
		return;
	}
	struct gi_mailbox *last = first;
	while (last->next_active) {
		last = last->next_active;
	}
	gi_assert_slow(inbound->active_count > 1);
	inbound->active = first->next_active;
	first->next_active = NULL;
	last->next_active = first;
}

/* Retire what `link` leads to and take it from the list. */
static bool retire_at(struct gi_inbound *inbound, struct gi_mailbox **link)
{
	struct gi_mailbox *mailbox = *link;
	struct gi_mailbox *next = mailbox->next_active;
	if (!gi_mailbox_retire(mailbox)) {
		return false;
	}
	gi_assert_slow(inbound->active_count > 0);
	*link = next;
	inbound->active_count--;
	return true;
}

void gi_inbound_retire(struct gi_inbound *inbound)
{
	gi_assert_slow(count_active(inbound) == inbound->active_count);
	struct gi_mailbox **link = &inbound->active;
	while (*link) {
		struct gi_mailbox *mailbox = *link;
		bool is_silent = ++mailbox->silent_turns > inbound->silent_turns_max;
		if (!is_silent || !retire_at(inbound, link)) {
			link = &mailbox->next_active;
		}
	}
}

bool gi_inbound_sleep(struct gi_inbound *inbound)
{
	gi_assert_slow(count_active(inbound) == inbound->active_count);
	if (gi_inbound_has_news(
	            inbound)) { /* loads only: a failed attempt costs the senders nothing */
		return false;
	}
	while (inbound->active) {
		if (!retire_at(inbound, &inbound->active)) {
			return false;
		}
	}
	gi_assert_slow(inbound->active_count == 0);
	return gi_bell_sleep(inbound->bell);
}

void gi_inbound_wake(struct gi_inbound *inbound)
{
	gi_assert_slow(!inbound->active); /* who sleeps looks at none */
	gi_bell_wake(inbound->bell);
}
