/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailbox: the ring for one ordered pair of drivers, and the bell that tells a receiver which of its mailboxes to look
 * at.
 *
 * Two words carry the whole protocol (proved in mailbox/model/):
 *
 *   tail   of a mailbox: the index of what is published, with two marks. IDLE: the receiver does not look here any
 *          more. BLOCKED: the sender found the ring full and wants to hear when there is room. Both sides change
 *          it by read-modify-write, so each sees what the other did.
 *   head   of a receiver's bell: a stack of mailboxes that have become active, or ASLEEP.
 *
 * A sender publishes once a turn and destination with one exchange of tail. Finding IDLE it pushes the mailbox on the
 * bell; finding ASLEEP there it must ring the doorbell. A receiver looks only at mailboxes it knows active, retires
 * one that has been silent for many turns by exchanging its unchanged tail for the same with IDLE, and sleeps only
 * after retiring all and exchanging the bell's empty head for ASLEEP.
 *
 * May call    sender side: the sending driver    receiver side: the receiving driver
 */
#ifndef GI_MAILBOX_MAILBOX_H
#define GI_MAILBOX_MAILBOX_H

#include "mailbox/message.h"

#include <stdbool.h>
#include <stdint.h>

struct gi_mailbox;

/* One for each receiving driver. Shared: senders push on it. */
struct gi_bell {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic(struct gi_mailbox *) head;
};

/* What a receiver knows of its mailboxes. Private to it. */
struct gi_inbound {
	struct gi_bell *bell;
	struct gi_mailbox *active; /* linked list of those it looks at */
	uint32_t active_count;
	uint32_t silent_turns_max; /* a mailbox silent for so many turns is retired */
};

/* Layout is mailbox.c's; the fields are here for the static functions that the hot path wants inlined. */
struct gi_mailbox {
	/* Constant. */
	struct gi_message *slots;
	uint64_t capacity;
	uint64_t mask;
	struct gi_bell *bell; /* the receiver's */
	struct gi_bell *sender_bell;
	uint32_t sender_index;
	uint32_t receiver_index;

	/* Sender's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t filled; /* index after the last filled slot */
	uint64_t published;
	uint64_t head_seen;
	bool is_blocked; /* BLOCKED stands in tail */

	/* Shared: the sender publishes, the receiver retires. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t tail;
	/* Written by who pushes on the bell, read by who takes it from there. */
	struct gi_mailbox *next_active;

	/* Receiver writes. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t head;
	uint64_t popped; /* index after the last popped slot; head follows it once a batch */
	uint64_t tail_seen;
	uint64_t word_seen; /* tail with its marks as last read */
	uint32_t silent_turns;
};

#define GI_MAILBOX_IDLE        (UINT64_C(1) << 63)
#define GI_MAILBOX_BLOCKED     (UINT64_C(1) << 62)
#define GI_MAILBOX_MARKS       (GI_MAILBOX_IDLE | GI_MAILBOX_BLOCKED)
#define GI_MAILBOX_SLOTS_MIN   2u
#define GI_MAILBOX_SLOTS_MAX   65536u
#define GI_MAILBOX_SILENT_TURNS 64u

struct gi_mailbox_options {
	struct gi_message *slots; /* slot_count of them, in the receiver's node; keeps */
	uint32_t slot_count;      /* a power of two */
	uint32_t sender_index;
	uint32_t receiver_index;
	struct gi_bell *bell;        /* the receiver's; keeps */
	struct gi_bell *sender_bell; /* keeps */
};

void gi_bell_init(struct gi_bell *bell);

/* It begins idle: the first publish tells the receiver of it. Thread: the sender. */
void gi_mailbox_init(struct gi_mailbox *mailbox, const struct gi_mailbox_options *options);

/* ---- Sender ------------------------------------------------------------------------------------------------------ */

/* The next free slot to fill in place, or NULL: full. The receiver sees it only after publish. */
struct gi_message *gi_mailbox_slot(struct gi_mailbox *mailbox);

/* The slot got from gi_mailbox_slot() is filled. */
void gi_mailbox_fill(struct gi_mailbox *mailbox);

/* Filled and not yet published. */
bool gi_mailbox_has_unpublished(const struct gi_mailbox *mailbox);

/*
 * Publish what is filled: one exchange. Returns true when the receiver sleeps and this caller has to ring its doorbell
 * (exactly one sender is told so for each sleep).
 */
__attribute__((warn_unused_result)) bool gi_mailbox_publish(struct gi_mailbox *mailbox);

/*
 * The ring is full, more waits, and the sender is about to sleep: ask to be woken when there is room. Returns false if
 * there is room already, then do not sleep.
 */
bool gi_mailbox_block(struct gi_mailbox *mailbox);

/* ---- Receiver ---------------------------------------------------------------------------------------------------- */

void gi_inbound_init(struct gi_inbound *inbound, struct gi_bell *bell);

/* Take the mailboxes that have become active since. One load when there are none. */
void gi_inbound_collect(struct gi_inbound *inbound);

/* Something to read, in a mailbox or on the bell? Loads only: for spinning. */
bool gi_inbound_has_news(const struct gi_inbound *inbound);

/* The oldest message not yet popped, where it lies, or NULL. Stays valid until gi_mailbox_release(). */
struct gi_message *gi_mailbox_peek(struct gi_mailbox *mailbox);
void gi_mailbox_pop(struct gi_mailbox *mailbox);

/*
 * Popped slots go back to the sender, once a batch. Returns true when the sender waits for room and sleeps, and this
 * caller has to ring its doorbell.
 */
__attribute__((warn_unused_result)) bool gi_mailbox_release(struct gi_mailbox *mailbox);

/* End of a turn's drain: count silence, retire those silent too long. */
void gi_inbound_retire(struct gi_inbound *inbound);

/*
 * Announce sleep: retires every mailbox, then the bell. true: nothing is there and every later publish rings the
 * doorbell; the caller may sleep and must call gi_inbound_wake() after. false: there is news; stay awake.
 */
bool gi_inbound_sleep(struct gi_inbound *inbound);
void gi_inbound_wake(struct gi_inbound *inbound);

/* Is it asleep? Then it is awake now, and the caller has to ring its doorbell. Thread: any. For kicks without a message. */
bool gi_bell_kick(struct gi_bell *bell);

#endif
