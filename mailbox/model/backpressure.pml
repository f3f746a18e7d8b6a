/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-pressure: one sender with more messages than slots for each of its receivers; all sleep, in any order of stall and
 * sleep, and are woken by doorbells and by I/O.
 *
 * Steps, mutants and weak memory are what words.pml says they are.
 * - A kick is always written: a receiver that finds the other one's kick standing and writes nothing has flushed neither
 *   head nor answer; the sender may take that kick, see this ring full and its mark standing, and sleep for ever
 *   (KICK_ONCE; stress_kick.c makes it).
 * - The sender's own mark needs no buffer: a receiver that does not see it yet looks again each turn, and its retire
 *   compares. What the sender loads too early behind its mark is the second look at head; without that look the model
 *   holds as well.
 */
#ifndef MESSAGES
#define MESSAGES 5
#endif
#ifndef IO_WAKES
#define IO_WAKES 1 /* of each */
#endif
#ifndef CAPACITY
#define CAPACITY 2
#endif
#ifndef RECEIVERS
#define RECEIVERS 1
#endif

/* Each receiver has one mailbox, of its number, for which an r stands here. */
#define MAILBOXES         RECEIVERS
#define BELL(r)           bell[r]
#define DOORBELL(r)       doorbell[r]
#define MAY_TELL(r)       may_tell[r]
#define FLUSH_RECEIVER(r) SHOW_WORDS(r)

#include "words.pml"

byte bell[RECEIVERS] = NONE, sender_bell = NONE;
bool doorbell[RECEIVERS], sender_doorbell;
bool may_tell[RECEIVERS], may_tell_sender;
byte io_wakes[RECEIVERS] = IO_WAKES, sender_io_wakes = IO_WAKES;
bool finished;

inline look_for_room(r, is_full_)
{
	atomic {
		if
		:: IS_FULL(r) -> LOOK_AT_HEAD(r)
		:: else
		fi;
		is_full_ = IS_FULL(r)
	}
}

inline mark(r, must_wait)
{
#if defined(STALL_UNMARKED)
	skip
#elif defined(STALL_EXCHANGE)
	d_step { SEE_STATE(r); must_wait = (state[r] != IDLE); state[r] = STALLED; state_seen[r] = STALLED }
#elif defined(STALL_STORE)
	must_wait = (state_seen[r] != IDLE);
	if
	:: must_wait -> d_step { state[r] = STALLED; state_seen[r] = STALLED }
	:: else
	fi
#else
	atomic {
		if
		:: state_seen[r] == STALLED /* and there may be an answer that is not seen yet */
		:: state[r] == ACTIVE -> SEE_STATE(r); state[r] = STALLED; state_seen[r] = STALLED
#ifdef STALL_OVER_IDLE
		:: state[r] == IDLE
#else
		:: state[r] == IDLE -> SEE_STATE(r); must_wait = false
#endif
		fi
	}
#endif
}

inline stall(r, must_wait)
{
#ifdef NO_LOOK
	must_wait = true;
#else
	look_for_room(r, must_wait);
#endif
	if
	:: must_wait -> mark(r, must_wait)
	:: else
	fi;
#if !defined(NO_SECOND_LOOK) && !defined(NO_LOOK)
	if
	:: must_wait -> look_for_room(r, must_wait)
	:: else
	fi
#endif
}

/* The sender's turn for one mailbox: it fills what it likes, and publishes. */
inline send(r)
{
	do
	:: filled[r] < MESSAGES && !IS_FULL(r) -> fill(r)
	:: filled[r] < MESSAGES && IS_FULL(r) && head_stored[r] != head_seen[r] ->
	   atomic { LOOK_AT_HEAD(r) };
	   if
	   :: IS_FULL(r) -> break
	   :: else
	   fi
#ifdef EAGER
	:: filled[r] == MESSAGES || (IS_FULL(r) && head_stored[r] == head_seen[r]) -> break
#else
	:: true -> break
#endif
	od;
	if
	:: filled[r] != published[r] -> publish(r)
	:: else
	fi
}

#define IS_SENT(r) (published[r] == MESSAGES)
#define HAS_ROOM(r) (filled[r] < MESSAGES && !IS_FULL(r))
#if RECEIVERS == 2
#define ALL_SENT (IS_SENT(0) && IS_SENT(1))
#define SOME_ROOM (HAS_ROOM(0) || HAS_ROOM(1))
#else
#define ALL_SENT IS_SENT(0)
#define SOME_ROOM HAS_ROOM(0)
#endif

/* Each ring for which something waits. is_full_: all of them are full. */
inline stall_all(is_full_)
{
	is_full_ = true;
	if
	:: !IS_SENT(0) -> stall(0, is_full_)
	:: else
	fi;
#if RECEIVERS == 2
	if
	:: is_full_ && !IS_SENT(1) -> stall(1, is_full_)
	:: else
	fi
#endif
}

proctype sender()
{
	byte seen;
	bool is_full, is_done, must_claim;
turn:
	if
	:: sender_bell == KICKED -> sender_bell = NONE
	:: else
	fi;
	is_full = false;
	is_done = false;
	send(0);
#if RECEIVERS == 2
	send(1);
#endif
	if
	:: ALL_SENT -> goto done
	:: !ALL_SENT && SOME_ROOM -> goto turn
	:: else
	fi;
	if
	:: stall_all(is_full);
	   if
	   :: !is_full -> goto turn
	   :: else
	   fi;
	   d_step { TRY_SLEEP(sender_bell, may_tell_sender, is_done) };
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi
	:: d_step { TRY_SLEEP(sender_bell, may_tell_sender, is_done) };
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi;
	   stall_all(is_full);
	   if
	   :: !is_full -> d_step { WAKE(sender_bell, may_tell_sender) }; goto turn
	   :: else
	   fi
	fi;
	is_full = false;
	is_done = false;
asleep: /* not an end: stalled for ever is a deadlock */
	if
	:: sender_doorbell -> sender_doorbell = false
	:: sender_io_wakes > 0 -> sender_io_wakes--
	fi;
	d_step { WAKE(sender_bell, may_tell_sender) };
	goto turn;
done:
	finished = true
}

inline kick_sender(r)
{
	d_step {
		seen = sender_bell;
		if
#if defined(KICK_ONLY_ASLEEP)
		:: seen != ASLEEP
#elif defined(KICK_ONCE)
		:: seen == KICKED /* it stands already: nothing is written */
#endif
		:: else ->
		   END_SLEEP(sender_bell, may_tell_sender);
		   FLUSH_RECEIVER(r);
		   sender_bell = (seen == ASLEEP -> NONE : KICKED)
		fi
	};
	if
	:: seen == ASLEEP -> sender_doorbell = true
	:: else
	fi;
	seen = NONE
}

/* Take the mark away; then kick. Only the sender puts it there: the compare cannot fail. */
inline clear_mark(r)
{
	d_step { assert(state[r] == STALLED); state[r] = ACTIVE }
}

/* The sender waits, and there is room. */
inline answer(r)
{
	is_stalled = (state[r] == STALLED);
	if
	:: is_stalled ->
#ifdef ANSWER_FULL
	   is_full = false;
#else
	   atomic { LOOK_AT_SLOT(r, popped[r] + CAPACITY - 1, is_full) };
#endif
#if defined(ANSWER_WHEN_POPPED)
	   is_full = is_full || !has_popped;
#elif defined(ANSWER_ONCE)
	   is_full = is_full || has_answered;
	   has_answered = true;
#endif
	   if
	   :: !is_full ->
#if defined(KICK_BEFORE_CLEAR)
	      kick_sender(r);
	      clear_mark(r)
#elif defined(MARK_KEPT)
	      kick_sender(r)
#elif defined(NO_KICK)
	      clear_mark(r)
#else
	      clear_mark(r);
	      kick_sender(r)
#endif
	   :: else
	   fi
	:: else
	fi;
	is_stalled = false;
	is_full = false
}

inline release(r)
{
	has_popped = (released[r] < popped[r]);
#ifdef ANSWER_BEFORE_HEAD
	answer(r);
#endif
	if
	:: has_popped -> give_back(r)
	:: else
	fi;
#ifndef ANSWER_BEFORE_HEAD
	answer(r);
#endif
	has_popped = false
}

inline drain(r)
{
	pop_some(r);
#ifndef RETIRE_BEFORE_RELEASE
	release(r)
#endif
}

/* A turn may retire its mailbox, and then may sleep. */
proctype receiver(byte r)
{
	byte seen;
	byte released[RECEIVERS];
	bool is_active[RECEIVERS];
	bool is_done, is_filled, is_full, is_stalled, has_popped;
#ifdef ANSWER_ONCE
	bool has_answered;
#endif
turn:
	if
	:: bell[r] != NONE && bell[r] != ASLEEP ->
	   d_step {
		bell[r] = NONE;
		FLUSH_RECEIVER(r);
		assert(!is_active[r] && next_rung[r] == NONE && state[r] != IDLE);
		is_active[r] = true
	   }
	:: else
	fi;
	if
	:: is_active[r] ->
	   drain(r);
	   if
	   :: retire(r)
#ifndef EAGER
	   :: true
#endif
	   fi;
#ifdef RETIRE_BEFORE_RELEASE
	   if
	   :: is_active[r] -> release(r)
	   :: else
	   fi;
#endif
	   if
	   :: is_active[r] -> goto turn
	   :: else
	   fi
	:: else
	fi;
	d_step {
		TRY_SLEEP(bell[r], may_tell[r], is_done);
		if
		:: is_done -> FLUSH_RECEIVER(r)
		:: else
		fi
	};
	if
	:: is_done -> is_done = false
	:: else -> goto turn
	fi;
end_asleep:
	if
	:: doorbell[r] -> doorbell[r] = false
	:: io_wakes[r] > 0 -> io_wakes[r]--
	fi;
	d_step { WAKE(bell[r], may_tell[r]) };
	goto turn
}

#if RECEIVERS == 2
#define ALL_ARRIVED (popped[0] == MESSAGES && popped[1] == MESSAGES)
#else
#define ALL_ARRIVED (popped[0] == MESSAGES)
#endif

/* Nothing can move any more: then all was sent and has arrived. */
proctype monitor()
{
	timeout;
	assert(finished);
	assert(ALL_ARRIVED)
}

#if defined(PAUSED)
/* The sender sleeps while the receiver takes nothing. */
ltl settles { <>[] (sender[1]@asleep && !sender_doorbell) }
#elif defined(EAGER)
/* Nobody stays awake for ever while the other waits. */
ltl settles { <>[] (finished && ALL_ARRIVED && receiver[2]@end_asleep) }
#endif

init
{
	atomic {
		run sender();
		run receiver(0);
#if RECEIVERS == 2
		run receiver(1);
#endif
#ifndef EAGER
		run monitor()
#endif
	}
}
