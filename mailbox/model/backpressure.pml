/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-pressure: one sender with more messages than slots, one receiver; both sleep, in any order of block and sleep,
 * and are woken by doorbells and by I/O.
 *
 * The receiver's plain store of head goes through a store buffer: the sender sees it at any later time, at the latest
 * when it takes part in a read-modify-write that the receiver made after it (a kick of the sender's bell, a retire).
 */
#ifndef MESSAGES
#define MESSAGES 5
#endif
#ifndef IO_WAKES
#define IO_WAKES 1 /* of each */
#endif
#define CAPACITY 2

#define IDLE    128
#define BLOCKED 64
#define INDEX(word) ((word) & 63)

/* Values of a bell; 1 is the mailbox. */
#define NONE    0
#define MAILBOX 1
#define KICKED  8
#define ASLEEP  9

#define SLOT(index) slots[(index) % CAPACITY]

byte tail = IDLE;
byte head_stored; /* in the receiver's store buffer */
byte head;        /* what the sender can see */
byte slots[CAPACITY];
byte bell = NONE, sender_bell = NONE;
byte next_rung;
bool doorbell, sender_doorbell;
bool may_tell, may_tell_sender;
byte popped;
bool finished;
byte io_wakes = IO_WAKES, sender_io_wakes = IO_WAKES;

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

inline push()
{
	seen = bell;
	do
	:: next_rung = (seen == ASLEEP -> NONE : seen);
	   d_step {
		if
		:: bell == seen ->
		   if
		   :: bell == ASLEEP -> assert(may_tell); may_tell = false
		   :: else
		   fi;
		   bell = MAILBOX;
		   is_done = true
		:: else -> seen = bell; is_done = false
		fi
	   }
	   if
	   :: is_done -> break
	   :: else
	   fi
	od;
	if
	:: seen == ASLEEP -> doorbell = true
	:: else
	fi;
	seen = NONE;
	is_done = false
}

inline publish()
{
	d_step { word = tail; tail = filled };
	published = filled;
	is_blocked = false;
	if
	:: word & IDLE -> push()
	:: else
	fi;
	word = 0
}

inline look_for_room(is_full_)
{
	if
	:: filled - head_seen == CAPACITY -> head_seen = head
	:: else
	fi;
	is_full_ = (filled - head_seen == CAPACITY)
}

inline block(must_wait)
{
	look_for_room(must_wait);
	if
	:: must_wait && !is_blocked ->
#if defined(BLOCK_EXCHANGE)
	   d_step { word = tail; tail = published | BLOCKED };
	   must_wait = !(word & IDLE);
#elif defined(BLOCK_STORE)
	   word = tail;
	   must_wait = !(word & IDLE);
	   if
	   :: must_wait -> tail = published | BLOCKED
	   :: else
	   fi;
#else
	   d_step {
		must_wait = (tail == published);
		if
		:: must_wait -> tail = published | BLOCKED
		:: else
		fi
	   }
#endif
	   is_blocked = must_wait
	:: else
	fi;
#ifndef NO_SECOND_LOOK
	if
	:: must_wait -> look_for_room(must_wait)
	:: else
	fi
#endif
}

proctype sender()
{
	byte filled, published, head_seen, word, seen;
	bool is_blocked, is_full, is_done;
turn:
	if
	:: sender_bell == KICKED -> sender_bell = NONE
	:: else
	fi;
	do
	:: filled < MESSAGES && filled - head_seen < CAPACITY ->
	   d_step {
		assert(SLOT(filled) == 0);
		filled++;
		SLOT(filled - 1) = filled
	   }
	:: filled < MESSAGES && filled - head_seen == CAPACITY && head != head_seen ->
	   head_seen = head
#ifdef EAGER
	:: filled == MESSAGES || (filled - head_seen == CAPACITY && head == head_seen) -> break
#else
	:: true -> break
#endif
	od;
	if
	:: filled != published -> publish()
	:: else
	fi;
	if
	:: published == MESSAGES -> goto done
	:: filled < MESSAGES && filled - head_seen < CAPACITY -> goto turn
	:: filled < MESSAGES && filled - head_seen == CAPACITY
	fi;
	if
	:: block(is_full);
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
	   block(is_full);
	   if
	   :: !is_full -> wake(sender_bell, may_tell_sender); goto turn
	   :: else
	   fi
	fi;
asleep: /* not an end: blocked for ever is a deadlock */
	if
	:: sender_doorbell -> sender_doorbell = false
	:: sender_io_wakes > 0 -> sender_io_wakes--
	fi;
	wake(sender_bell, may_tell_sender);
	goto turn;
done:
	finished = true
}

inline kick_sender()
{
	seen = sender_bell;
	do
	::
#ifdef KICK_ONLY_ASLEEP
	   if
	   :: seen != ASLEEP -> break
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
		   head = head_stored;
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
#define OWES_ANSWER                                                                                \
	((word_seen & BLOCKED) && word_seen != answered && INDEX(word_seen) - popped < CAPACITY)

inline answer()
{
	if
	:: OWES_ANSWER ->
#if defined(ANSWER_WHEN_POPPED)
	   if
	   :: has_popped -> kick_sender()
	   :: else
	   fi;
#elif defined(ANSWER_ONCE)
	   if
	   :: answered == 0 -> kick_sender()
	   :: else
	   fi;
#else
	   kick_sender();
#endif
	   answered = word_seen
	:: else
	fi
}

inline release()
{
	d_step {
		has_popped = (released < popped);
		do
		:: released < popped ->
		   released++;
		   assert(SLOT(released - 1) == released);
		   SLOT(released - 1) = 0
		:: else -> break
		od
	}
#ifdef ANSWER_BEFORE_HEAD
	answer();
#endif
	if
	:: has_popped -> head_stored = popped
	:: else
	fi;
#ifndef ANSWER_BEFORE_HEAD
	answer();
#endif
	has_popped = false
}

inline drain()
{
	if
	:: popped == tail_seen -> word_seen = tail; tail_seen = INDEX(word_seen)
	:: else
	fi;
	if
	:: popped < tail_seen ->
	   if
#ifndef EAGER
	   :: true /* no budget: nothing is read in this turn */
#endif
	   :: popped++
	   :: popped = tail_seen
	   :: popped = tail_seen -> word_seen = tail; tail_seen = INDEX(word_seen) /* peeks again */
	   fi
	:: else
	fi;
	release()
}

inline retire(is_retired)
{
	is_retired = false;
	if
	:: popped == tail_seen && !OWES_ANSWER ->
	   d_step {
		is_retired = (tail == word_seen);
		if
		:: is_retired -> tail = word_seen | IDLE; is_active = false; head = head_stored
		:: else
		fi
	   }
	:: else
	fi
}

/* A turn may retire its mailbox, and then may sleep. */
proctype receiver()
{
	byte released, tail_seen, word_seen, answered, seen, word;
	bool is_active, is_done, has_popped;
turn:
	is_done = false;
	seen = NONE;
	word = 0;
	if
	:: bell != NONE && bell != ASLEEP ->
	   d_step { bell = NONE; assert(!is_active && next_rung == NONE) };
	   is_active = true
	:: else
	fi;
	if
	:: is_active -> drain()
	:: else
	fi;
	seen = NONE;
	word = 0;
	if
	:: is_active ->
	   retire(is_done);
	   if
	   :: !is_done -> goto turn
	   :: else
	   fi
#ifndef EAGER
	:: goto turn
#endif
	:: !is_active
	fi;
	try_sleep(bell, may_tell, is_done);
	if
	:: !is_done -> goto turn
	:: else
	fi;
end_asleep:
	if
	:: doorbell -> doorbell = false
	:: io_wakes > 0 -> io_wakes--
	fi;
	wake(bell, may_tell);
	goto turn
}

proctype store_buffer()
{
end_empty:
	do
	:: head != head_stored -> head = head_stored
	od
}

/* Nothing can move any more: then all was sent and has arrived. */
proctype monitor()
{
	timeout;
	assert(finished);
	assert(popped == MESSAGES)
}

#ifdef EAGER
/* Nobody stays awake for ever while the other waits. */
ltl settles { <>[] (finished && popped == MESSAGES && receiver@end_asleep) }
#endif

init
{
	atomic {
		run sender();
		run receiver();
		run store_buffer();
#ifndef EAGER
		run monitor()
#endif
	}
}
