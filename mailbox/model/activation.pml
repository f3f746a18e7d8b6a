/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Activation: senders publish to a receiver that retires, sleeps, and is woken by doorbells, by I/O and by a kick.
 *
 * Each statement that touches a shared word is one step; private statements lie between. A mutant is a macro that
 * breaks one step; mailbox/model/check knows them all.
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

#define IDLE 128 /* the mark in tail */
#define INDEX(word) ((word) & 127)

/* Values of the bell; 1 to SENDERS name the mailbox on top of the stack. */
#define NONE   0
#define KICKED 8
#define ASLEEP 9

#define SLOT(sender, index) slots[(sender) * CAPACITY + (index) % CAPACITY]

byte tail[SENDERS] = IDLE;
byte head[SENDERS];
byte slots[SENDERS * CAPACITY]; /* 0: read, may be written; else index + 1 */
byte bell = NONE;
byte next_rung[SENDERS];
bool doorbell; /* what wakes the thread; the thread takes it */

bool may_tell; /* the sleep has not been ended yet */
byte popped[SENDERS];
byte io_wakes = IO_WAKES;
bool is_kicked;   /* what the kick is about */
bool kick_seen;
byte finished;

/* One read-modify-write. */
#define EXCHANGE(word, value, old) d_step { old = word; word = value }

/* On the bell: who ends the sleep is told so, in the same step; the doorbell itself is a step of its own. */
#define COMPARE_EXCHANGE_BELL(expected, value, is_done)                                            \
	d_step {                                                                                   \
		if                                                                                 \
		:: bell == expected ->                                                             \
		   if                                                                              \
		   :: bell == ASLEEP -> assert(may_tell); may_tell = false                         \
		   :: else                                                                         \
		   fi;                                                                             \
		   bell = value;                                                                   \
		   is_done = true                                                                  \
		:: else -> expected = bell; is_done = false                                        \
		fi                                                                                 \
	}

inline push(me)
{
	seen = bell;
	do
	:: next_rung[me] = (seen == ASLEEP -> NONE : seen);
#ifdef PUSH_STORE
	   bell = me + 1;
	   is_done = true;
#else
	   COMPARE_EXCHANGE_BELL(seen, me + 1, is_done);
#endif
	   if
	   :: is_done -> break
	   :: else
	   fi
	od;
#ifndef NO_DOORBELL
	if
	:: seen == ASLEEP -> doorbell = true
	:: else
	fi;
#endif
	seen = NONE;
	is_done = false
}

inline publish(me)
{
#if defined(PUBLISH_STORE)
	word = tail[me];
	tail[me] = filled;
#elif defined(PUSH_BEFORE_PUBLISH)
	word = tail[me];
	if
	:: word & IDLE -> push(me)
	:: else
	fi;
	tail[me] = filled;
	word = 0;
#else
	EXCHANGE(tail[me], filled, word);
#endif
	published = filled;
#ifndef NO_PUSH
	if
	:: word & IDLE -> push(me)
	:: else
	fi;
#endif
	word = 0
}

proctype sender(byte me)
{
	byte filled, published, head_seen, word, seen;
	bool is_done;
	do
	:: filled < MESSAGES && filled - head_seen < CAPACITY ->
	   d_step {
		assert(SLOT(me, filled) == 0);
		filled++;
		SLOT(me, filled - 1) = filled
	   }
	:: filled < MESSAGES && filled - head_seen == CAPACITY && head[me] != head_seen ->
	   head_seen = head[me]
	:: filled != published -> publish(me)
	:: published == MESSAGES -> break
	od;
	finished++
}

proctype kicker()
{
	byte seen, next;
	bool is_done;
	is_kicked = true;
	seen = bell;
	do
	::
#ifdef KICK_ONLY_ASLEEP
	   if
	   :: seen != ASLEEP -> break
	   :: else
	   fi;
#endif
	   next = (seen == ASLEEP -> NONE : (seen == NONE -> KICKED : seen));
	   COMPARE_EXCHANGE_BELL(seen, next, is_done);
	   if
	   :: is_done -> break
	   :: else
	   fi
	od;
	if
	:: seen == ASLEEP && is_done -> doorbell = true
	:: else
	fi;
	finished++
}

inline collect()
{
	seen = bell;
	if
	:: seen != NONE && seen != ASLEEP ->
#ifdef COLLECT_STORE
	   bell = NONE;
#else
	   EXCHANGE(bell, NONE, seen);
#endif
	   do
	   :: seen != NONE && seen != KICKED ->
	      s = seen - 1;
	      assert(!is_active[s]);
	      is_active[s] = true;
	      seen = next_rung[s]
	   :: else -> break
	   od
	:: else
	fi;
	seen = NONE
}

/* Hand back what was popped; until then the messages are handled where they lie. */
inline check_slots(s)
{
	d_step {
		do
		:: released[s] < popped[s] ->
		   released[s] = released[s] + 1;
		   assert(SLOT(s, released[s] - 1) == released[s]);
		   SLOT(s, released[s] - 1) = 0
		:: else -> break
		od
	}
}

inline drain(s)
{
	if
	:: popped[s] == tail_seen[s] -> tail_seen[s] = INDEX(tail[s])
	:: else
	fi;
	if
	:: popped[s] < tail_seen[s] ->
	   if
	   :: popped[s] = popped[s] + 1 /* a budget */
	   :: popped[s] = tail_seen[s]
	   fi;
#ifdef EARLY_FREE
	   head[s] = popped[s];
	   check_slots(s)
#else
	   check_slots(s);
	   head[s] = popped[s]
#endif
	:: else
	fi
}

inline retire(s)
{
	is_done = false;
	if
	:: popped[s] == tail_seen[s] ->
#ifdef RETIRE_STORE
	   if
	   :: tail[s] == tail_seen[s] -> tail[s] = tail_seen[s] | IDLE; is_done = true
	   :: else
	   fi;
#else
	   d_step {
		if
		:: tail[s] == tail_seen[s] -> tail[s] = tail_seen[s] | IDLE; is_done = true
		:: else
		fi
	   }
#endif
	   if
	   :: is_done -> is_active[s] = false
	   :: else
	   fi
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
	byte released[SENDERS], tail_seen[SENDERS];
	bool is_active[SENDERS];
	bool is_done, must_stay;
turn:
	collect();
	if
	:: is_kicked && !kick_seen -> kick_seen = true
	:: else
	fi;
	for (s : 0 .. SENDERS - 1) {
		if
		:: is_active[s] -> drain(s)
		:: else
		fi
	}
	must_stay = false;
	for (s : 0 .. SENDERS - 1) {
		if
		:: is_active[s] ->
		   retire(s);
		   must_stay = must_stay || !is_done
#ifndef EAGER
		:: is_active[s] -> must_stay = true
#endif
		:: !is_active[s]
		fi
	}
	s = 0;
	is_done = false;
#ifndef SLEEP_WITHOUT_RETIRE
	if
	:: must_stay -> goto turn
	:: else
	fi;
#endif
#ifndef EAGER
	if
	:: goto turn
	:: true
	fi;
#endif
#ifdef SLEEP_STORE
	if
	:: bell != NONE -> goto turn
	:: else
	fi;
	d_step { bell = ASLEEP; may_tell = true };
#else
	atomic {
		is_done = (bell == NONE);
		if
		:: is_done -> bell = ASLEEP; may_tell = true
		:: else
		fi
	}
	if
	:: !is_done -> goto turn
	:: else
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
	d_step {
		if
		:: bell == ASLEEP -> bell = NONE; may_tell = false
		:: else
		fi
	}
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
