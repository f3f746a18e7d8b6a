/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger: what the actors of the world `actors` have sent, handled, asked and spawned, all in one place, and what must come
 * out even. Plain variables of all drivers: in the simulated machine they run one at a time.
 *
 * Whatever does not hold is printed, and ends the process by abort().
 */
#ifndef TESTS_SIM_ACTORS_LEDGER_H
#define TESTS_SIM_ACTORS_LEDGER_H

#include <gatio/system.h>

/* Who counts the messages between two: workers first, then mayflies, each with a number of its own. */
#define WORKERS_MAX  12u
#define NUMBERS_MAX  128u
#define DRIVERS_MAX  8u
#define NOT_NUMBERED NUMBERS_MAX /* of nobody who is counted: outside, keepers */

/* How much of what; from the command line. Constant while the system runs. */
struct settings {
	uint64_t seed;
	uint64_t workers;
	uint64_t tokens;  /* they go from worker to worker, who does one thing for each */
	uint64_t hops;    /* of a token */
	uint64_t pulses;  /* what a worker does by a timer of its own */
	uint64_t pulsing; /* so many workers do */
	uint64_t flood;   /* messages of a flood */
	uint64_t outside; /* messages from outside */
	uint64_t long_us; /* how long a handler may take; 0: all are short */
	uint64_t repeats; /* 1: timers repeat */
	uint64_t exits;   /* 1: workers end in the middle */
	uint64_t hoards;  /* 1: workers take what memory there is */
	uint64_t stops;   /* 1: a worker stops the system; 2: a signal may come */
	uint64_t is_loud; /* 1: the log is printed */
	uint64_t slots;   /* options of the system, from here on */
	uint64_t outbox;
	uint64_t budget;
	uint64_t actors;
	uint64_t memory;
	uint64_t drain_ms;
	uint64_t no_spin;
	const char *backend;
};

/* What each message between actors begins with. */
struct head {
	uint16_t from;
	uint16_t to;
	uint32_t sequence; /* from 1 for each pair */
};

struct ledger {
	struct settings settings;
	/* Sums. */
	uint64_t accepted;     /* sends that returned 0 */
	uint64_t dead_at_once; /* that returned an error which counts a dead letter */
	uint64_t refused;      /* that returned -ENOBUFS */
	uint64_t handled;
	uint64_t answered; /* answers that were messages */
	uint64_t fired;    /* timers */
	uint64_t spawned;
	uint64_t ended;
	uint64_t final_dead[DRIVERS_MAX]; /* dead letters, as the last actor there has seen them */
	uint64_t warm_count;              /* drivers whose tables have been made */
	uint64_t memory_before[DRIVERS_MAX];
	bool is_short;    /* somebody was refused memory */
	bool is_cut;      /* not everything was waited for */
	bool is_stopping; /* a stop has begun, as far as anybody here knows */
	uint32_t sent[NUMBERS_MAX + 1][NUMBERS_MAX + 1];
	uint32_t seen[NUMBERS_MAX + 1][NUMBERS_MAX + 1];
	uint32_t number_next;
	bool has_ended[NUMBERS_MAX + 1];
};

extern struct ledger ledger;

_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Virtual, monotonic. */
uint64_t clock_ns(void);

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

/* The next message of this pair; it counts when it has been accepted. */
struct head head_of(uint32_t from, uint32_t to);
/* What a send, post, forward, ask or reply to `to` has returned. true: it was accepted. */
bool ledger_sent(struct gatio_address to, int err);
/* The same for one that began with `head`. */
bool ledger_sent_head(struct gatio_address to, int err, struct head head);
/* A message has come to a handler of `self`. */
void ledger_handled(uint32_t self);
/* It began with `head`, which must be newer than all of its pair before it, unless somebody has passed it on. */
void ledger_handled_head(uint32_t self, struct head head);
/* It has come as an answer. */
void ledger_answered(uint32_t self, struct head head);

/* ---- Actors ------------------------------------------------------------------------------------------------------ */

/* NOT_NUMBERED: they are used up. */
uint32_t ledger_number(void);
/* What a spawn has returned. true: there is, or will be, an actor. */
bool ledger_spawned(struct gatio_address address, bool is_possible);
/* In ended(). */
void ledger_ended(uint32_t self);

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

/* Changes whenever anything happens. */
uint64_t ledger_pace(void);
/* What was sent was handled, or is dead; dead_count: dead letters of all drivers. */
void ledger_check(uint64_t dead_count);

#endif
