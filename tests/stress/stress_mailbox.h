/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the mailbox stress share: the run (stress_mailbox.c) and its threads (mailbox_driver.c). */
#ifndef TESTS_STRESS_STRESS_MAILBOX_H
#define TESTS_STRESS_STRESS_MAILBOX_H

#include "mailbox/mailbox.h"

#include <pthread.h>

enum {
	DRIVERS_MAX = 4,
	SLOTS_MAX = 64,
};

/* Who sends to whom, how much, and who answers. */
struct scenario {
	const char *name;
	unsigned driver_count;
	unsigned slot_count;
	bool sends[DRIVERS_MAX][DRIVERS_MAX];
	bool is_echo; /* drivers but the first answer each message; the first sends as many as it gets */
	unsigned burst_max; /* messages that a source sends between two pauses */
	unsigned silent_turns_max;
};

/* From one driver to one other. */
struct lane {
	struct gi_mailbox mailbox;
	struct gi_message slots[SLOTS_MAX];
	/* Sender's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t owed; /* waits beyond the ring */
	uint64_t sent;
	bool is_closing; /* when nothing is owed any more, LAST is sent */
	bool is_closed;
	/* Receiver's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t received;
	bool is_ended;
};

struct driver {
	struct gi_bell bell;
	struct gi_inbound inbound;
	unsigned index;
	int doorbell;
	uint64_t random;
	pthread_t thread;
	uint64_t stalls;
	_Atomic uint64_t moved; /* changes while it makes progress */
	_Atomic uint64_t sleeps;
	_Atomic uint64_t told; /* how often somebody had to ring for it */
	_Atomic bool is_done;
	_Atomic bool is_asleep;                              /* for the dump */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t asked; /* what a kick is about */
	_Atomic uint64_t answered;
};

extern const struct scenario *scenario; /* the one that runs */
extern struct driver drivers[DRIVERS_MAX];
extern struct lane lanes[DRIVERS_MAX][DRIVERS_MAX]; /* [sender][receiver] */
extern _Atomic bool is_over;                        /* sources stop */

/* The random numbers of the calling thread. */
extern _Thread_local uint64_t *thread_random;

/* Ends the program with what was not so. */
void require(bool condition, const char *what);

uint64_t next_random(void);
bool is_chance(unsigned one_in);
void sleep_ns(long ns);

/* Wake a driver's thread: `ring` for whoever was told to, `write_doorbell` out of the blue, as I/O does. */
void ring(struct driver *driver);
void write_doorbell(struct driver *driver);

/* The thread of the driver that is its context: runs until it has sent and received the last message of each lane. */
void *run_driver(void *context);

/* Prints how often each step was passed. EXIT_FAILURE when one never was. */
int report_steps(void);

#endif
