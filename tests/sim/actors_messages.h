/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and behaviours of the world `actors`. */
#ifndef TESTS_SIM_ACTORS_MESSAGES_H
#define TESTS_SIM_ACTORS_MESSAGES_H

#include "tests/sim/actors_ledger.h"

/* How a question is to be treated; the asker says so, and knows what may come of it. */
enum how {
	HOW_AT_ONCE = 0,
	HOW_LATER,         /* the asker is kept, and answered by a timer */
	HOW_FORWARD,       /* by another worker */
	HOW_CERTAIN_COUNT, /* up to here an answer is certain, and may be waited for for ever */
	HOW_TWICE = HOW_CERTAIN_COUNT, /* the second answer is dead */
	HOW_WRONG,                     /* by a message of another type */
	HOW_SILENT,
	HOW_STRAY, /* nobody handles the question */
	HOW_COUNT,
};

/* In a slot. */
GATIO_MESSAGE(note, { struct head head; });
GATIO_MESSAGE(token, {
	struct head head;
	uint32_t hops;
});
GATIO_MESSAGE(question, {
	struct head head;
	uint32_t number;
	uint16_t how;
});
GATIO_MESSAGE(reply, {
	struct head head;
	uint32_t number; /* of the question */
});
GATIO_MESSAGE(wrong_reply, {
	struct head head;
	uint32_t number;
});
GATIO_MESSAGE(stray, {
	struct head head;
	uint32_t number;
	uint16_t how;
});
GATIO_MESSAGE(introduction, {
	struct head head;
	uint32_t number;
	struct gatio_address address;
});
/* Too large for one. */
#define BULK_WORDS 24
GATIO_MESSAGE(bulk, {
	struct head head;
	uint32_t words[BULK_WORDS];
});
GATIO_MESSAGE(parcel, {
	struct head head;
	unsigned char bytes[];
});
GATIO_MESSAGE(peers, { struct gatio_address addresses[WORKERS_MAX]; });
/* Of the judge. */
GATIO_MESSAGE(due, {
	uint32_t place;
	uint32_t number;
});
GATIO_MESSAGE(pulse, { uint32_t nothing; });
GATIO_MESSAGE(retry, { uint32_t nothing; });
GATIO_MESSAGE(begin, {
	struct gatio_address workers[WORKERS_MAX];
	struct gatio_address keepers[DRIVERS_MAX];
});
GATIO_MESSAGE(finish, { uint32_t round; });

struct mayfly {
	uint32_t number;
	uint32_t parent_number;
	struct gatio_address parent;
	uint32_t life_ms; /* 0: it ends in started() */
	uint32_t messages_left;
	int reason; /* with which it ends itself */
	bool is_started;
};
GATIO_DECLARE_SHARED_BEHAVIOR(mayfly);

/* It ends as soon as it starts. */
struct dust {
	uint32_t number;
};
GATIO_DECLARE_SHARED_BEHAVIOR(dust);

#define ASKS_MAX     40u
#define OWED_MAX     96u
#define TIMERS_MAX   5u
#define CHILDREN_MAX 4u
#define BLOCKS_MAX   10u
#define HELD_MAX     6u

/* A question that waits for its answer. */
struct asking {
	uint32_t number; /* 0: none */
	uint32_t target; /* its number */
	enum how how;
	uint64_t asked_ns;
	uint64_t deadline_ns;
};

/* An answer that is to be given. */
struct owed {
	struct gatio_asker asker;
	struct question question;
	bool is_owed;
};

struct alarm {
	struct gatio_timer timer;
	uint64_t set_ns;
	uint64_t delay_ns;
	uint32_t number; /* 0: none */
	uint32_t fired_count;
	bool repeats;
};

struct child {
	struct gatio_address address;
	uint32_t number;
};

struct worker {
	uint32_t number;
	uint32_t pulses_left;
	uint32_t steps_done;
	uint32_t question_last;
	uint32_t alarm_last;
	uint32_t held_count;     /* tokens that could not be passed on */
	uint32_t held[HELD_MAX]; /* their hops */
	struct gatio_timer pulse;
	struct gatio_address peers[WORKERS_MAX];
	struct asking asking[ASKS_MAX];
	struct owed owed[OWED_MAX];
	struct owed stale; /* answered, and again now and then */
	struct alarm alarms[TIMERS_MAX];
	struct child children[CHILDREN_MAX];
	void *blocks[BLOCKS_MAX];
	int reason;
	bool is_started;
	bool has_peers;
	bool is_retrying; /* a timer will come for what waits */
	bool is_ending;
	bool must_end; /* as soon as nothing is owed */
};
GATIO_DECLARE_SHARED_BEHAVIOR(worker);

/* Parts of the worker: what it does of its own accord, one thing at a time. */
void worker_step(struct worker *self);
/* A message of some kind, to whoever has this number. */
void worker_send_any(struct worker *self, struct gatio_address to, uint32_t number);
/* Another worker's number. */
uint32_t worker_pick(const struct worker *self);
/* A handler that takes up to so long: virtual time passes. */
void worker_dawdle(uint64_t long_us);
/* What could not be sent is tried again, soon. */
void worker_retry_later(struct worker *self);
/* Questions. */
void worker_ask(struct worker *self);
void worker_ask_much(struct worker *self);
/* Once more, to one who has long had its answer: it must not be taken for another's. */
void worker_answer_again(struct worker *self);
void worker_treat(struct worker *self, const struct question *question);
/* Answers that are owed. true: none is left. */
bool worker_pay(struct worker *self);
/* Nobody does anything any more: whose time has come must have come. */
void worker_check_questions(const struct worker *self);
/* Timers. */
void worker_set_alarm(struct worker *self);
void worker_cancel_alarm(struct worker *self);
void worker_ring(struct worker *self, const struct due *due);
void worker_check_alarms(const struct worker *self);

/* What the judge is at: they work; the workers are told to end; the keepers, to make their drivers tidy up. */
enum judge_step {
	JUDGE_WATCHES = 0,
	JUDGE_FINISHES,
	JUDGE_TIDIES,
};

struct judge {
	struct gatio_address workers[WORKERS_MAX];
	struct gatio_address keepers[DRIVERS_MAX];
	uint64_t pace;
	uint32_t still_count;
	uint32_t look_count;
	uint32_t told_count;
	enum judge_step step;
};
GATIO_DECLARE_SHARED_BEHAVIOR(judge);

/* One on each driver, from the beginning to the end. */
struct keeper {
	uint32_t warm_count;
};
GATIO_DECLARE_SHARED_BEHAVIOR(keeper);

#endif
