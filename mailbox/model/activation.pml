/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Activation: senders fill slots for a receiver that retires, sleeps, and is woken by doorbells, by I/O and by a kick.
 *
 * Steps, mutants and weak memory are what words.pml says they are. The kicker has a buffer too: what the kick is about
 * lies there until the receiver sees it.
 */
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2 /* of each sender */
#endif
#ifndef IO_WAKES
#define IO_WAKES 1
#endif
#define CAPACITY 2

/* All mailboxes belong to one receiver; the sender of each has its number. */
#define MAILBOXES   SENDERS
#define BELL(m)     bell
#define DOORBELL(m) doorbell
#define MAY_TELL(m) may_tell
#if SENDERS == 2
#define FLUSH_RECEIVER(m) SHOW_WORDS(0); SHOW_WORDS(1)
#define SOME_ACTIVE       (is_active[0] || is_active[1])
#else
#define FLUSH_RECEIVER(m) SHOW_WORDS(0)
#define SOME_ACTIVE       is_active[0]
#endif

#include "words.pml"

byte bell = NONE;
bool doorbell; /* what wakes the thread; the thread takes it */
bool may_tell;
byte io_wakes = IO_WAKES;
bool is_kicked, is_kick_visible; /* what the kick is about */
bool kick_seen;
byte finished;

proctype sender(byte me)
{
	byte seen;
	bool is_done, must_claim;
	do
	:: filled[me] < MESSAGES && !IS_FULL(me) -> fill(me)
	:: filled[me] < MESSAGES && IS_FULL(me) && head_stored[me] != head_seen[me] ->
	   atomic { LOOK_AT_HEAD(me) }
	:: filled[me] != published[me] -> publish(me)
	:: published[me] == MESSAGES -> break
	od;
	finished++
}

proctype kicker()
{
	byte seen;
	is_kicked = true;
	d_step {
		seen = bell;
		if
#if defined(KICK_ONLY_ASLEEP)
		:: seen != ASLEEP
#elif defined(KICK_ONCE)
		:: seen != ASLEEP && seen != NONE /* it will be taken anyway: nothing is written */
#endif
		:: else ->
		   END_SLEEP(bell, may_tell);
		   is_kick_visible = true;
		   bell = (seen == ASLEEP -> NONE : (seen == NONE -> KICKED : seen))
		fi
	};
	if
	:: seen == ASLEEP -> doorbell = true
	:: else
	fi;
	finished++
}

/* A look before the exchange is only a hint. */
inline collect()
{
	if
#ifdef COLLECT_STORE
	:: bell != NONE && bell != ASLEEP ->
	   seen = bell;
	   bell = NONE;
	   d_step {
#else
	:: d_step {
		bell != NONE && bell != ASLEEP;
		seen = bell;
		bell = NONE;
		FLUSH_RECEIVER(0);
#endif
		do
		:: seen != NONE && seen != KICKED ->
		   s = seen - 1;
		   assert(!is_active[s] && state[s] != IDLE);
		   is_active[s] = true;
		   seen = next_rung[s]
		:: else -> break
		od;
		seen = NONE;
		s = 0
	   }
	:: bell == NONE || bell == ASLEEP
	fi
}

inline drain(s)
{
	pop_some(s);
	if
	:: released[s] < popped[s] -> give_back(s)
	:: else
	fi
}

inline drain_active(s)
{
	if
	:: is_active[s] -> drain(s)
	:: else
	fi
}

inline retire_active(s)
{
	if
	:: is_active[s] -> retire(s)
#ifndef EAGER
	:: is_active[s]
#endif
	:: else
	fi
}

/*
 * A turn retires any of its mailboxes, and sleeps if it has retired them all: gi_inbound_retire() and
 * gi_inbound_sleep() are two of the ways through it.
 */
proctype receiver()
{
	byte s, seen;
	byte released[SENDERS];
	bool is_active[SENDERS];
	bool is_done, is_filled;
turn:
	collect();
#ifdef KICK
	if
	:: is_kicked && !kick_seen -> kick_seen = true
	:: kick_seen || !is_kick_visible
	fi;
#endif
	drain_active(0);
#if SENDERS == 2
	drain_active(1);
#endif
	retire_active(0);
#if SENDERS == 2
	retire_active(1);
#endif
#ifndef SLEEP_WITHOUT_RETIRE
	if
	:: SOME_ACTIVE -> goto turn
	:: else
	fi;
#endif
#ifdef SLEEP_STORE
	if
	:: bell != NONE -> goto turn
	:: else
	fi;
	d_step { FLUSH_RECEIVER(0); bell = ASLEEP; may_tell = true };
#else
	d_step {
		TRY_SLEEP(bell, may_tell, is_done);
		if
		:: is_done -> FLUSH_RECEIVER(0)
		:: else
		fi
	};
	if
	:: is_done -> is_done = false
	:: else -> goto turn
	fi;
#endif
end_asleep:
	if
	:: doorbell -> doorbell = false
	:: io_wakes > 0 -> io_wakes--
	fi;
#ifdef WAKE_STORE
	d_step { bell = NONE; may_tell = false };
#else
	d_step { WAKE(bell, may_tell) };
#endif
	goto turn
}

#ifdef KICK
#define PEERS (SENDERS + 1)
#else
#define PEERS SENDERS
#endif

/* Nothing can move any more: then all has arrived. */
proctype monitor()
{
	byte s;
	timeout;
	assert(finished == PEERS);
	assert(kick_seen == is_kicked);
	for (s : 0 .. SENDERS - 1) {
		assert(popped[s] == MESSAGES)
	}
}

#ifdef EAGER
/* The receiver does not stay awake for ever over something that it never takes. */
ltl settles { <>[] (receiver@end_asleep && !doorbell) }
#endif

init
{
	byte s;
	atomic {
		for (s : 0 .. SENDERS - 1) {
			run sender(s)
		}
#ifdef KICK
		run kicker();
#endif
		run receiver();
#ifndef EAGER
		run monitor()
#endif
	}
}
