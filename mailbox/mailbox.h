/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailbox: the ring for one ordered pair of drivers, and the bell that tells a receiver which of its mailboxes to look
 * at.
 *
 * Three words carry the whole protocol (proved in mailbox/model/):
 *
 *   stamp  of a slot, in the line of its message: for which lap of the ring it was filled. The receiver knows which one
 *          comes next, so the line that it reads anyway says whether there is a message.
 *   state  of a mailbox: ACTIVE, IDLE: the receiver does not look here any more, or STALLED: the sender found the ring full
 *          and wants to hear when there is room. Each changes it by compare, and usually both only read it.
 *   head   of a receiver's bell: a stack of mailboxes that have become active, or ASLEEP. A kick that finds the
 *          receiver awake stays there (KICKED), so that its next attempt to sleep fails.
 *
 * What a sender has filled is there at once, unless it holds a slot before it. Once a batch it publishes: a full barrier, and a look at state. Finding IDLE it
 * takes that away and pushes the mailbox on the bell; finding ASLEEP there it must ring the doorbell. A receiver looks only
 * at mailboxes it knows active, retires one that has been silent for many turns by writing IDLE, a full barrier and a second
 * look at the slot, and sleeps only after retiring all and exchanging the bell's empty head for ASLEEP.
 *
 * The receiver's turn is: collect; for each active mailbox peek and pop as it likes, then release, also when nothing
 * was popped (a stalled sender may wait for the answer); retire. The sender's: slot and fill, publish, and before it
 * sleeps stall what is full, before or after it announces its own sleep.
 *
 * Indices run free. They have 64 bits, which a billion messages a second fill in 584 years, and never wrap.
 *
 * May call    sender side: the sending driver    receiver side: the receiving driver
 * Orderings   filled     fill stores stamp -> peek acquires stamp                a slot is written before it is read
 *             freed      release stores head -> slot, stall acquire head         a slot is read before it is rewritten
 *             retired    barriers: stamp, publish reads state | retire writes state, reads stamp    one sees the other
 *             claimed    publish compares state -> retire compares state         one of them has the mailbox
 *             stalled    stall compares state -> release acquires state          the mark outlives the sender's sleep
 *             answered   release compares state -> stall compares state          what was freed is seen before the next mark
 *             rung       push exchanges bell -> collect exchanges bell           next_rung is written before it is read
 *             asleep     sleep exchanges bell -> push, kick exchange bell        one of them is told, and it alone
 *             kicked     kick exchanges bell -> sleep, wake, collect acquire it  what the kick is about is seen after
 */
#ifndef GI_MAILBOX_MAILBOX_H
#define GI_MAILBOX_MAILBOX_H

#include "base/assert.h"
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
	struct gi_mailbox *active; /* those it looks at, linked by next_active */
	uint32_t active_count;
	uint32_t silent_turns_max; /* a mailbox silent for so many turns is retired */
};

/* The fields are here for the static functions that the hot path wants inlined; others may read next_active. */
struct gi_mailbox {
	/* Constant. */
	_Alignas(GI_CACHE_LINE_PAIR) struct gi_message *slots;
	uint64_t capacity;
	uint64_t mask;
	struct gi_bell *bell; /* the receiver's */
	struct gi_bell *sender_bell;
	uint32_t sender_index;
	uint32_t receiver_index;

	/* Sender's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t filled; /* index after the last filled slot */
	uint64_t published;
	uint64_t head_seen; /* saves a shared load while there is room */
	/* Relaxed: a hint that orders nothing. Where filled will be when what waits for room at the sender is in the ring. */
	_Atomic uint64_t promised;

	/* Shared: both read it each batch, and write it when they change their mind. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t state;
	struct gi_mailbox *next_rung; /* the sender writes it, who takes the bell reads it */

	/* Receiver writes, sender reads when it runs out of room: apart from what changes with each pop. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t head;

	/* Receiver's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t popped; /* index after the last popped slot */
	struct gi_message *next;                      /* its slot */
	uint32_t next_stamp;                          /* and what it says when it is filled */
	uint64_t released; /* what head says; follows popped once a batch */
	struct gi_mailbox *next_active;
	uint64_t looked_end;     /* what lay there when the receiver last looked */
	uint64_t looked_promise; /* and what waited at the sender */
	uint32_t silent_turns;
};

_Static_assert(offsetof(struct gi_mailbox, filled) == 1ul * GI_CACHE_LINE_PAIR, "sender's own");
_Static_assert(offsetof(struct gi_mailbox, state) == 2ul * GI_CACHE_LINE_PAIR, "shared by both");
_Static_assert(offsetof(struct gi_mailbox, head) == 3ul * GI_CACHE_LINE_PAIR, "receiver writes");
_Static_assert(offsetof(struct gi_mailbox, popped) == 4ul * GI_CACHE_LINE_PAIR, "receiver's own");
_Static_assert(sizeof(struct gi_mailbox) == 5ul * GI_CACHE_LINE_PAIR, "one pair of lines a writer");

/* What state can be. */
enum {
	GI_MAILBOX_ACTIVE,
	GI_MAILBOX_IDLE,
	GI_MAILBOX_STALLED,
};

/* One of two for each lap, and neither is 0, which an empty slot begins with. */
#define GI_MAILBOX_STAMP_EVEN   0x4000u
#define GI_MAILBOX_STAMP_ODD    0x8000u
#define GI_MAILBOX_SLOTS_MIN    2u
#define GI_MAILBOX_SLOTS_MAX    65536u
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

/* It begins idle: the first publish tells the receiver of it. Empties the slots. Thread: the sender. */
void gi_mailbox_init(struct gi_mailbox *mailbox, const struct gi_mailbox_options *options);

/* What says that the slot of an index is filled. */
static inline uint32_t gi_mailbox_stamp(const struct gi_mailbox *mailbox, uint64_t index)
{
	return index & mailbox->capacity ? GI_MAILBOX_STAMP_ODD : GI_MAILBOX_STAMP_EVEN;
}

/* ---- Sender ------------------------------------------------------------------------------------------------------ */

/* How many slots are free. Asks the receiver's head when it knows of no more than `few`. */
static inline uint64_t gi_mailbox_room(struct gi_mailbox *mailbox, uint64_t few)
{
	uint64_t room = mailbox->head_seen + mailbox->capacity - mailbox->filled;
	if (room <= few) {
		mailbox->head_seen = gi_load_acquire(&mailbox->head); /* freed */
		gi_assert_slow(mailbox->head_seen <= mailbox->filled);
		room = mailbox->head_seen + mailbox->capacity - mailbox->filled;
	}
	gi_assert_slow(room <= mailbox->capacity);
	return room;
}

/* The next free slot to write in place, all of it but the label, or NULL: full. */
static inline struct gi_message *gi_mailbox_slot(struct gi_mailbox *mailbox)
{
	if (gi_mailbox_room(mailbox, 0) == 0) {
		return NULL;
	}
	return &mailbox->slots[mailbox->filled & mailbox->mask];
}

/* How many slots there are from gi_mailbox_slot() on until the ring begins anew. */
static inline uint64_t gi_mailbox_until_end(const struct gi_mailbox *mailbox)
{
	return mailbox->capacity - (mailbox->filled & mailbox->mask);
}

/*
 * All but the label of a slot is written, and it is the receiver's from now on; `stamp` is that of its index. Until publish a
 * slot may be held by a label without a stamp, to be passed later: the receiver comes past none that has not been.
 */
static inline void gi_mailbox_pass(struct gi_message *slot, uint32_t stamp, uint32_t label)
{
	gi_assert_slow((label & GI_MESSAGE_STAMPS) == 0);
	gi_store_release(&slot->label, label | stamp); /* filled */
}

/* So many slots, from gi_mailbox_slot() on, have been passed. */
static inline void gi_mailbox_passed(struct gi_mailbox *mailbox, uint64_t count)
{
	gi_assert_slow(mailbox->filled + count - mailbox->head_seen <= mailbox->capacity);
	mailbox->filled += count;
}

/* The slot that gi_mailbox_slot() gave is written. */
static inline void gi_mailbox_fill(struct gi_mailbox *mailbox, uint32_t label)
{
	uint64_t index = mailbox->filled;
	gi_mailbox_pass(&mailbox->slots[index & mailbox->mask], gi_mailbox_stamp(mailbox, index),
	                label);
	gi_mailbox_passed(mailbox, 1);
}

/* How many are filled and not yet published. */
static inline uint64_t gi_mailbox_unpublished(const struct gi_mailbox *mailbox)
{
	return mailbox->filled - mailbox->published;
}

/* So many more wait for room. For gi_inbound_has_promises(). */
static inline void gi_mailbox_promise(struct gi_mailbox *mailbox, uint64_t count)
{
	gi_store_relaxed(&mailbox->promised, mailbox->filled + count); /* see there */
}

/*
 * Tell a receiver that does not look here of what is filled: a barrier and a look, none when nothing is. Returns true when
 * the receiver sleeps and this caller has to ring its doorbell (exactly one sender is told so for each sleep).
 */
__attribute__((warn_unused_result)) bool gi_mailbox_publish(struct gi_mailbox *mailbox);

/*
 * The ring is full and published, more waits, and the sender is about to sleep: ask to be woken when there is room.
 * Returns false if there is room already, then do not sleep. Before or after gi_inbound_sleep(), and again each time.
 */
__attribute__((warn_unused_result)) bool gi_mailbox_stall(struct gi_mailbox *mailbox);

/* ---- Receiver ---------------------------------------------------------------------------------------------------- */

void gi_inbound_init(struct gi_inbound *inbound, struct gi_bell *bell);

/* Take the mailboxes that have become active since. One load when there are none. */
void gi_inbound_collect(struct gi_inbound *inbound);

/* Something to read, in a mailbox or on the bell? Loads only: for spinning. */
bool gi_inbound_has_news(const struct gi_inbound *inbound);

/* Has the sender filled the slot of this index? One that was not released yet holds the other lap's stamp. */
static inline bool gi_mailbox_is_filled(const struct gi_mailbox *mailbox, uint64_t index)
{
	gi_assert_slow(index - mailbox->released <= mailbox->capacity);
	return gi_message_has_come(&mailbox->slots[index & mailbox->mask],
	                           gi_mailbox_stamp(mailbox, index));
}

/* The oldest message not yet popped, where it lies, or NULL. Stays valid until gi_mailbox_release(). */
static inline struct gi_message *gi_mailbox_peek(const struct gi_mailbox *mailbox)
{
	return gi_message_has_come(mailbox->next, mailbox->next_stamp) ? mailbox->next : NULL;
}

/* How many slots there are from the one of gi_mailbox_peek() on until the ring begins anew; all have the same stamp. */
static inline uint64_t gi_mailbox_ahead(const struct gi_mailbox *mailbox)
{
	return mailbox->capacity - (mailbox->popped & mailbox->mask);
}

/* So many, from gi_mailbox_peek() on, which had come. */
static inline void gi_mailbox_pop(struct gi_mailbox *mailbox, uint64_t count)
{
	gi_assert_slow(count == 0 || gi_mailbox_is_filled(mailbox, mailbox->popped + count - 1));
	mailbox->popped += count;
	mailbox->next = &mailbox->slots[mailbox->popped & mailbox->mask];
	mailbox->next_stamp = gi_mailbox_stamp(mailbox, mailbox->popped);
}

/*
 * Popped slots go back to the sender, once a batch: each turn, for each active mailbox, also when nothing was popped.
 * Returns true when the sender waits for room and sleeps, and this caller has to ring its doorbell.
 */
__attribute__((warn_unused_result)) bool gi_mailbox_release(struct gi_mailbox *mailbox);

/* The first active mailbox goes behind the others: for a receiver that could not serve all in this turn. */
void gi_inbound_rotate(struct gi_inbound *inbound);

/*
 * Note what lies in all mailboxes now; has_looked says when all of that has been popped. A message that waits for room
 * at its sender is not among it, but has_promises says whether one that waited then has not been popped yet: it needs the
 * sender, who may be busy.
 */
void gi_inbound_look(struct gi_inbound *inbound);
bool gi_inbound_has_looked(const struct gi_inbound *inbound);
bool gi_inbound_has_promises(const struct gi_inbound *inbound);

/* End of a turn's drain: count silence, retire those silent too long. */
void gi_inbound_retire(struct gi_inbound *inbound);

/*
 * Announce sleep: retires every mailbox, then the bell. true: nothing is there and every later publish or kick rings
 * the doorbell; the caller may sleep and must call gi_inbound_wake() after. false: there is news, or there was a kick;
 * stay awake, and collect before the next try.
 */
__attribute__((warn_unused_result)) bool gi_inbound_sleep(struct gi_inbound *inbound);
void gi_inbound_wake(struct gi_inbound *inbound);

/*
 * Tell a driver without a message that there is something to see: what was written before is seen after. true: it was
 * asleep, is awake now, and the caller has to ring its doorbell. Otherwise its next gi_inbound_sleep() fails, unless it
 * has collected by then. Thread: any.
 */
__attribute__((warn_unused_result)) bool gi_bell_kick(struct gi_bell *bell);

#endif
