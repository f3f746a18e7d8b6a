/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-pressure: one sender with more messages than slots for each of its receivers; all sleep, in any order of stall and
 * sleep, and are woken by doorbells and by I/O.
 *
 * A receiver's plain store of head goes through a store buffer: the sender sees it at any later time, at the latest when
 * it takes part in a read-modify-write that this receiver made after it (a kick of the sender's bell, a retire). A
 * receiver that reads the bell, finds the kick of the other one standing and writes nothing has made none: then the
 * sender may take that kick, see this ring full and sleep for ever (KICK_ONCE; stress_kick.c makes it).
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

#define IDLE    128
#define STALLED 64
#define INDEX(word) ((word) & 63)

/* Values of a bell; 1 is the mailbox. */
#define NONE    0
#define MAILBOX 1
#define KICKED  8
#define ASLEEP  9

/* What follows an r belongs to the receiver of that number and to its mailbox. */
#define SLOT(r, index) slots[(r) * CAPACITY + (index) % CAPACITY]

byte tail[RECEIVERS] = IDLE;
byte head_stored[RECEIVERS]; /* in the receiver's store buffer */
byte head[RECEIVERS];        /* what the sender can see */
byte slots[RECEIVERS * CAPACITY];
byte bell[RECEIVERS] = NONE, sender_bell = NONE;
byte next_rung[RECEIVERS];
bool doorbell[RECEIVERS], sender_doorbell;
bool may_tell[RECEIVERS], may_tell_sender;
byte popped[RECEIVERS];
bool finished;
byte io_wakes[RECEIVERS] = IO_WAKES, sender_io_wakes = IO_WAKES;

inline try_sleep(bell_, may_tell_, is_asleep)
{
	d_step {
		is_asleep = (bell_ == NONE);
		if
		:: is_asleep -> bell_ = ASLEEP; may_tell_ = true
		:: else
		fi
	}
}

inline wake(bell_, may_tell_)
{
	d_step {
		if
		:: bell_ == ASLEEP -> bell_ = NONE; may_tell_ = false
		:: else
		fi
	}
}

inline push(r)
{
	seen = bell[r];
	do
	:: next_rung[r] = (seen == ASLEEP -> NONE : seen);
	   d_step {
		if
		:: bell[r] == seen ->
		   if
		   :: bell[r] == ASLEEP -> assert(may_tell[r]); may_tell[r] = false
		   :: else
		   fi;
		   bell[r] = MAILBOX;
		   is_done = true
		:: else -> seen = bell[r]; is_done = false
		fi
	   }
	   if
	   :: is_done -> break
	   :: else
	   fi
	od;
	if
	:: seen == ASLEEP -> doorbell[r] = true
	:: else
	fi;
	seen = NONE;
	is_done = false
}

inline publish(r)
{
	d_step { word = tail[r]; tail[r] = filled[r] };
	published[r] = filled[r];
	is_stalled[r] = false;
	if
	:: word & IDLE -> push(r)
	:: else
	fi;
	word = 0
}

inline look_for_room(r, is_full_)
{
	if
	:: filled[r] - head_seen[r] == CAPACITY -> head_seen[r] = head[r]
	:: else
	fi;
	is_full_ = (filled[r] - head_seen[r] == CAPACITY)
}

inline stall(r, must_wait)
{
	look_for_room(r, must_wait);
	if
	:: must_wait && !is_stalled[r] ->
#if defined(STALL_EXCHANGE)
	   d_step { word = tail[r]; tail[r] = published[r] | STALLED };
	   must_wait = !(word & IDLE);
#elif defined(STALL_STORE)
	   word = tail[r];
	   must_wait = !(word & IDLE);
	   if
	   :: must_wait -> tail[r] = published[r] | STALLED
	   :: else
	   fi;
#else
	   d_step {
		must_wait = (tail[r] == published[r]);
		if
		:: must_wait -> tail[r] = published[r] | STALLED
		:: else
		fi
	   }
#endif
	   is_stalled[r] = must_wait
	:: else
	fi;
#ifndef NO_SECOND_LOOK
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
	:: filled[r] < MESSAGES && filled[r] - head_seen[r] < CAPACITY ->
	   d_step {
		assert(SLOT(r, filled[r]) == 0);
		filled[r]++;
		SLOT(r, filled[r] - 1) = filled[r]
	   }
	:: filled[r] < MESSAGES && filled[r] - head_seen[r] == CAPACITY && head[r] != head_seen[r] ->
	   head_seen[r] = head[r]
#ifdef EAGER
	:: filled[r] == MESSAGES || (filled[r] - head_seen[r] == CAPACITY && head[r] == head_seen[r]) -> break
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
#define HAS_ROOM(r) (filled[r] < MESSAGES && filled[r] - head_seen[r] < CAPACITY)
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
	byte filled[RECEIVERS], published[RECEIVERS], head_seen[RECEIVERS], word, seen;
	bool is_stalled[RECEIVERS], is_full, is_done;
turn:
	is_full = false;
	is_done = false;
	if
	:: sender_bell == KICKED -> sender_bell = NONE
	:: else
	fi;
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
	   try_sleep(sender_bell, may_tell_sender, is_done);
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi
	:: try_sleep(sender_bell, may_tell_sender, is_done);
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi;
	   stall_all(is_full);
	   if
	   :: !is_full -> wake(sender_bell, may_tell_sender); goto turn
	   :: else
	   fi
	fi;
asleep: /* not an end: stalled for ever is a deadlock */
	if
	:: sender_doorbell -> sender_doorbell = false
	:: sender_io_wakes > 0 -> sender_io_wakes--
	fi;
	wake(sender_bell, may_tell_sender);
	goto turn;
done:
	finished = true
}

inline kick_sender(r)
{
	seen = sender_bell;
	do
	::
#if defined(KICK_ONLY_ASLEEP)
	   if
	   :: seen != ASLEEP -> break
	   :: else
	   fi;
#elif defined(KICK_ONCE)
	   if
	   :: seen == KICKED -> break /* it stands already: nothing is written */
	   :: else
	   fi;
#endif
	   word = (seen == ASLEEP -> NONE : KICKED);
	   d_step {
		if
		:: sender_bell == seen ->
		   if
		   :: sender_bell == ASLEEP -> assert(may_tell_sender); may_tell_sender = false
		   :: else
		   fi;
		   sender_bell = word;
		   head[r] = head_stored[r];
		   is_done = true
		:: else -> seen = sender_bell; is_done = false
		fi
	   }
	   if
	   :: is_done -> break
	   :: else
	   fi
	od;
	if
	:: seen == ASLEEP && is_done -> sender_doorbell = true
	:: else
	fi
}

/* The sender waits, has not been answered, and there is room. */
#define OWES_ANSWER(r)                                                                                \
	((word_seen & STALLED) && word_seen != answered && INDEX(word_seen) - popped[r] < CAPACITY)

inline answer(r)
{
	if
	:: OWES_ANSWER(r) ->
#if defined(ANSWER_WHEN_POPPED)
	   if
	   :: has_popped -> kick_sender(r)
	   :: else
	   fi;
#elif defined(ANSWER_ONCE)
	   if
	   :: answered == 0 -> kick_sender(r)
	   :: else
	   fi;
#else
	   kick_sender(r);
#endif
	   answered = word_seen
	:: else
	fi
}

inline release(r)
{
	d_step {
		has_popped = (released < popped[r]);
		do
		:: released < popped[r] ->
		   released++;
		   assert(SLOT(r, released - 1) == released);
		   SLOT(r, released - 1) = 0
		:: else -> break
		od
	}
#ifdef ANSWER_BEFORE_HEAD
	answer(r);
#endif
	if
	:: has_popped -> head_stored[r] = popped[r]
	:: else
	fi;
#ifndef ANSWER_BEFORE_HEAD
	answer(r);
#endif
	has_popped = false
}

inline drain(r)
{
	if
	:: popped[r] == tail_seen -> word_seen = tail[r]; tail_seen = INDEX(word_seen)
	:: else
	fi;
	if
	:: popped[r] < tail_seen ->
	   if
#ifndef EAGER
	   :: true /* no budget: nothing is read in this turn */
#endif
	   :: popped[r]++
	   :: popped[r] = tail_seen
	   :: popped[r] = tail_seen -> word_seen = tail[r]; tail_seen = INDEX(word_seen) /* peeks again */
	   fi
	:: else
	fi;
	release(r)
}

inline retire(r, is_retired)
{
	is_retired = false;
	if
	:: popped[r] == tail_seen && !OWES_ANSWER(r) ->
	   d_step {
		is_retired = (tail[r] == word_seen);
		if
		:: is_retired -> tail[r] = word_seen | IDLE; is_active = false; head[r] = head_stored[r]
		:: else
		fi
	   }
	:: else
	fi
}

/* A turn may retire its mailbox, and then may sleep. */
proctype receiver(byte r)
{
	byte released, tail_seen, word_seen, answered, seen, word;
	bool is_active, is_done, has_popped;
turn:
	is_done = false;
	seen = NONE;
	word = 0;
	if
	:: bell[r] != NONE && bell[r] != ASLEEP ->
	   d_step { bell[r] = NONE; assert(!is_active && next_rung[r] == NONE) };
	   is_active = true
	:: else
	fi;
	if
	:: is_active -> drain(r)
	:: else
	fi;
	seen = NONE;
	word = 0;
	if
	:: is_active ->
	   retire(r, is_done);
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi
#ifndef EAGER
	:: goto turn
#endif
	:: !is_active
	fi;
	try_sleep(bell[r], may_tell[r], is_done);
	if
	:: !is_done -> goto turn
	:: else
	fi;
end_asleep:
	if
	:: doorbell[r] -> doorbell[r] = false
	:: io_wakes[r] > 0 -> io_wakes[r]--
	fi;
	wake(bell[r], may_tell[r]);
	goto turn
}

proctype store_buffer(byte r)
{
end_empty:
	do
	:: head[r] != head_stored[r] -> head[r] = head_stored[r]
	od
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

#ifdef EAGER
/* Nobody stays awake for ever while the other waits. */
ltl settles { <>[] (finished && ALL_ARRIVED && receiver[2]@end_asleep) }
#endif

init
{
	atomic {
		run sender();
		run receiver(0);
		run store_buffer(0);
#if RECEIVERS == 2
		run receiver(1);
		run store_buffer(1);
#endif
#ifndef EAGER
		run monitor()
#endif
	}
}
