/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a mailbox: what each side does to them, and what it sees of what the other did. Both models include this.
 *
 * Each statement that touches a shared word is one step; private statements lie between. A mutant is a macro that
 * breaks one step; mailbox/model/check knows them all.
 *
 * Weak memory: a store lies in the store buffer of its thread until the other side sees it. No step empties a buffer by
 * itself: a load of the other side chooses whether it sees what lies there. What it has seen is in memory, with all
 * that was stored before it. A buffer is emptied at the latest by a full barrier and by the thread's next
 * read-modify-write, whose own write no one sees before what it releases. A full barrier and the load behind it are one
 * step: what comes between them may have seen the buffer as well.
 * - Sender: its stamps, `stamped` of them stored, `visible` of them in memory.
 * - Receiver: its head, `head_stored` and `head`; and what it writes to state. All compare-exchanges on a word have one
 *   order, and `state` is that; but the write of one is no barrier: until it is flushed, the receiver's later loads pass
 *   it, and the sender's loads, also a compare that fails, may see `state_seen`, the word before it.
 * Bells need no buffer: only read-modify-writes decide there, and of two that each have a word to write first, the
 * later sees what the earlier one wrote.
 *
 * A model says before it includes this: MESSAGES, CAPACITY, how many MAILBOXES; for mailbox m, its receiver's BELL(m),
 * DOORBELL(m), MAY_TELL(m) (the sleep has not been ended yet), and FLUSH_RECEIVER(m), which shows all that this receiver
 * stored. A sender declares seen, is_done, must_claim; a receiver is_done, is_filled, and of each mailbox released,
 * is_active.
 */

/* Values of state. */
#define ACTIVE  0
#define IDLE    1
#define STALLED 2

/* Values of a bell; 1 to MAILBOXES name the mailbox on top of the stack. */
#define NONE   0
#define KICKED 8
#define ASLEEP 9

#define AT(m, index)    ((m) * CAPACITY + (index) % CAPACITY)
#define SLOT(m, index)  slots[AT(m, index)]
#define STAMP(m, index) stamps[AT(m, index)]

/* The stamp of an index; 0: never filled. */
#ifdef ONE_LAP
#define S(index) 1
#else
#define S(index) (1 + ((index) / CAPACITY) % 2)
#endif

/* Shared. */
byte slots[MAILBOXES * CAPACITY]; /* 0: read, may be written; else index + 1 */
byte stamps[MAILBOXES * CAPACITY];
byte stamped[MAILBOXES], visible[MAILBOXES];
byte state[MAILBOXES] = IDLE, state_seen[MAILBOXES] = IDLE;
byte head_stored[MAILBOXES], head[MAILBOXES];
byte next_rung[MAILBOXES];
/* The sender's own. */
byte filled[MAILBOXES], published[MAILBOXES], head_seen[MAILBOXES];
/* The receiver's own. */
byte popped[MAILBOXES];

/* What is seen of a buffer: each of these is used within a step. */

/* The stamps below `end` are in memory. */
#define SHOW_STAMPS(m, end)                                                                        \
	do                                                                                         \
	:: visible[m] < (end) -> STAMP(m, visible[m]) = S(visible[m]); visible[m]++                \
	:: else -> break                                                                           \
	od

/* What the receiver wrote to this mailbox is in memory. */
#define SHOW_WORDS(m) head[m] = head_stored[m]; state_seen[m] = state[m]

/*
 * The sender sees state as it is, and head as it was stored before. Only heads stored after it can lie in the buffer
 * with a take-back (which hides IDLE), for a full barrier has come before.
 */
#define SEE_STATE(m)                                                                               \
	if                                                                                         \
	:: state_seen[m] != state[m] && state_seen[m] != IDLE -> head[m] = head_stored[m]          \
	:: else                                                                                    \
	fi;                                                                                        \
	state_seen[m] = state[m]

/* A load of head sees any store since the last one that it must see. */
#define LOOK_AT_HEAD(m)                                                                            \
	do                                                                                         \
	:: head[m] < head_stored[m] -> head[m]++                                                   \
	:: break                                                                                   \
	od;                                                                                        \
	head_seen[m] = head[m]

/* A stamp that lies in the sender's buffer may be seen, with those before it, or not yet. */
#define LOOK_AT_SLOT(m, index, is_filled_)                                                         \
	if                                                                                         \
	:: visible[m] <= (index) && stamped[m] > (index) -> SHOW_STAMPS(m, (index) + 1)            \
	:: true                                                                                    \
	fi;                                                                                        \
	is_filled_ = (STAMP(m, index) == S(index))

/* Bells, within a step as well. Whoever ends a sleep is told so; the doorbell itself is a step of its own. */

#define END_SLEEP(bell_, may_tell_)                                                                \
	if                                                                                         \
	:: bell_ == ASLEEP -> assert(may_tell_); may_tell_ = false                                 \
	:: else                                                                                    \
	fi

#define TRY_SLEEP(bell_, may_tell_, is_asleep)                                                     \
	is_asleep = (bell_ == NONE);                                                               \
	if                                                                                         \
	:: is_asleep -> bell_ = ASLEEP; may_tell_ = true                                           \
	:: else                                                                                    \
	fi

#define WAKE(bell_, may_tell_)                                                                     \
	if                                                                                         \
	:: bell_ == ASLEEP -> bell_ = NONE; may_tell_ = false                                      \
	:: else                                                                                    \
	fi

/* The sender. */

#define IS_FULL(m) (filled[m] - head_seen[m] == CAPACITY)

inline fill(m)
{
#ifdef STAMP_BEFORE_FIELDS
	stamped[m]++;
#endif
	d_step {
		assert(SLOT(m, filled[m]) == 0);
		filled[m]++;
		SLOT(m, filled[m] - 1) = filled[m];
#if !defined(STAMP_BEFORE_FIELDS) && !defined(PUSH_BEFORE_STAMP)
		stamped[m] = filled[m]
#endif
	}
}

/* A compare that fails is only a later one that does not: push is one step. */
inline push(m)
{
#ifdef PUSH_STORE
	seen = BELL(m);
	next_rung[m] = (seen == ASLEEP -> NONE : seen);
	BELL(m) = m + 1;
#else
	d_step {
		END_SLEEP(BELL(m), MAY_TELL(m));
		SHOW_STAMPS(m, stamped[m]);
		seen = BELL(m);
		next_rung[m] = (seen == ASLEEP -> NONE : seen);
		BELL(m) = m + 1
	};
#endif
#ifndef NO_DOORBELL
	if
	:: seen == ASLEEP -> DOORBELL(m) = true
	:: else
	fi;
#endif
	seen = NONE
}

inline claim(m)
{
#ifdef CLAIM_STORE
	d_step { state[m] = ACTIVE; state_seen[m] = ACTIVE; is_done = true };
#else
	d_step {
		SEE_STATE(m);
		is_done = (state[m] == IDLE);
		if
		:: is_done -> SHOW_STAMPS(m, stamped[m]); state[m] = ACTIVE; state_seen[m] = ACTIVE
		:: else
		fi
	};
#endif
#ifdef CLAIM_BLINDLY
	is_done = true;
#endif
#ifndef NO_PUSH
	if
	:: is_done -> push(m)
	:: else
	fi;
#endif
	is_done = false
}

#ifdef NO_STATE_LOOK
bool was_claimed[MAILBOXES];
#endif

/* Behind a barrier: is the receiver away? */
inline look_at_state(m)
{
	atomic {
#ifndef PUBLISHED_LATE
		published[m] = filled[m];
#endif
#ifdef NO_STATE_LOOK
		must_claim = !was_claimed[m];
		was_claimed[m] = true
#else
#ifndef NO_SENDER_BARRIER
		SHOW_STAMPS(m, stamped[m]);
#endif
		if
		:: SEE_STATE(m)
		:: state_seen[m] != state[m] /* not yet */
		fi;
		must_claim = (state_seen[m] == IDLE)
#endif
	}
}

/*
 * It is idle: has the receiver taken all before it went? Then nothing is to be told. A head that is too old only makes
 * the sender ring for nothing; what it shows as given back stays so.
 */
inline look_whether_taken(m)
{
	atomic {
		LOOK_AT_HEAD(m);
#ifdef SLOTS_COMPARED
		must_claim = (head_seen[m] % CAPACITY != published[m] % CAPACITY) /* full looks empty */
#else
		must_claim = (head_seen[m] != published[m])
#endif
	}
}

inline publish(m)
{
	look_at_state(m);
#ifndef NO_HEAD_LOOK
	if
	:: must_claim -> look_whether_taken(m)
	:: else
	fi;
#endif
#ifdef PUBLISHED_LATE
	published[m] = filled[m];
#endif
	if
	:: must_claim -> must_claim = false; claim(m)
	:: else
	fi;
#ifdef PUSH_BEFORE_STAMP
	d_step { stamped[m] = filled[m]; SHOW_STAMPS(m, filled[m]); is_done = false }
#endif
}

/* The receiver. */

/* Peek and pop, up to a budget; until they are given back the messages are handled where they lie. */
inline pop_some(m)
{
	do
#ifndef PAUSED
	:: atomic {
		LOOK_AT_SLOT(m, popped[m], is_filled);
		if
		:: is_filled -> is_filled = false; popped[m] = popped[m] + 1
		:: else -> break
		fi
	   }
#endif
#if !defined(EAGER) || defined(PAUSED)
	:: true -> break
#endif
	od
}

/* Within a step: read what was popped. */
#define READ_SLOTS(m)                                                                              \
	do                                                                                         \
	:: released[m] < popped[m] ->                                                              \
	   released[m] = released[m] + 1;                                                          \
	   assert(SLOT(m, released[m] - 1) == released[m]);                                        \
	   SLOT(m, released[m] - 1) = 0                                                            \
	:: else -> break                                                                           \
	od

inline give_back(m)
{
#ifdef EARLY_FREE
	head_stored[m] = popped[m];
	d_step { READ_SLOTS(m) }
#else
	d_step { READ_SLOTS(m); head_stored[m] = popped[m] }
#endif
}

inline take_back(m)
{
#ifdef TAKE_BACK_STORE
	d_step { state[m] = ACTIVE; state_seen[m] = ACTIVE }
#else
	d_step {
		if
		:: state[m] == IDLE -> FLUSH_RECEIVER(m); state[m] = ACTIVE
		:: else -> is_active[m] = false /* its sender pushes it */
		fi
	}
#endif
}

/* IDLE is written; behind a barrier: has something come in between? */
inline look_again(m)
{
#ifdef NO_SLOT_LOOK
	is_active[m] = false
#else
	atomic {
#ifndef NO_RETIRE_BARRIER
		FLUSH_RECEIVER(m);
#endif
		LOOK_AT_SLOT(m, popped[m], is_filled);
		is_active[m] = is_filled
	};
	if
	:: is_filled -> take_back(m)
	:: else
	fi
#endif
}

inline try_idle(m)
{
#ifdef RETIRE_STORE
	is_done = (state[m] == ACTIVE);
	if
	:: is_done -> state[m] = IDLE
	:: else
	fi;
#else
	d_step {
		is_done = (state[m] == ACTIVE);
		if
		:: is_done ->
		   if
		   :: state_seen[m] != state[m] -> FLUSH_RECEIVER(m) /* one write is enough to be hidden */
		   :: else
		   fi;
		   state[m] = IDLE
		:: else -> assert(state[m] == STALLED)
		fi
	};
#endif
#ifdef RETIRE_ANYWAY
	is_done = true
#endif
}

inline retire(m)
{
#ifndef NO_FIRST_LOOK
	atomic { LOOK_AT_SLOT(m, popped[m], is_filled) };
#endif
	if
	:: is_filled
	:: else ->
	   try_idle(m);
	   if
	   :: is_done -> is_done = false; look_again(m)
	   :: else
	   fi
	fi;
	is_filled = false
}
