/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the fake share. Not for tests. */
#ifndef TESTS_SUPPORT_FAKE_INSIDE_H
#define TESTS_SUPPORT_FAKE_INSIDE_H

#include <gatio/gatio.h>

enum {
	FAKE_FIRST = 1000, /* the address of the first actor */
	FAKE_ACTORS_MAX = 8192,
	FAKE_QUEUE_MAX = 1 << 16,
	FAKE_TIMERS_MAX = 1 << 14,
	FAKE_ASKS_MAX = 4096,
	FAKE_MARK = 0x66616b65, /* of messages that have not been freed */
};

/* In front of each message. */
struct envelope {
	_Alignas(16) const struct gatio_message_type *type;
	size_t extra_size;
	uint64_t from;
	uint64_t to;
	uint32_t ask;    /* it is a question: 1 + its index */
	uint32_t answer; /* it is the answer to that */
	int err;
	uint32_t mark;
	bool is_posted;
};

struct fake_actor {
	_Alignas(16) struct gatio_behavior *behavior;
	void *state;
	struct block *blocks;
	size_t block_count;
	size_t index;
	uint32_t driver;
	int reason;
	bool is_started;
	bool is_ended;
	bool wants_end;

	/* Of a connection. */
	bool is_connection;
	bool is_paused;
	bool is_closed;
	char *output;
	size_t output_size;
	size_t output_capacity; /* of `output`, with the byte that ends it */
	size_t output_size_max; /* SIZE_MAX: the peer reads */
	char *room;             /* of gatio_write_room(), apart: who writes beyond it is found */
	char *held;             /* input that is not handled yet */
	size_t held_size;
	size_t unread_size; /* set in the handler */
	bool has_news;      /* input that the actor has not seen */
	bool has_ended;     /* the peer sends no more: told when all input has been seen */
};

struct fake_timer {
	uint64_t when_ns;
	uint64_t period_ns; /* 0: it fires once */
	uint64_t id;
	struct fake_actor *owner;
	void *message;
};

struct fake_ask {
	struct fake_actor *asker;
	const struct gatio_answer *answer;
	uint64_t tag;
	bool is_answered; /* once */
};

struct fake {
	uint64_t random;
	uint64_t now_ns;
	uint32_t driver_count;
	uint32_t refuse_permille;
	size_t allocations_left;
	size_t messages_alive;
	size_t messages_created; /* by gatio_message_new() */
	struct fake_actor *actors[FAKE_ACTORS_MAX];
	size_t actor_count;
	struct envelope *queue[FAKE_QUEUE_MAX];
	size_t queue_count;
	struct fake_timer timers[FAKE_TIMERS_MAX];
	size_t timer_count;
	uint64_t timer_id;
	struct fake_ask asks[FAKE_ASKS_MAX];
	uint32_t ask_count;
	struct fake_actor *current;
	struct envelope *lent; /* what is being handled, until it is kept */
	struct envelope heard; /* who sent it, also after that */
	bool is_handling;
	bool is_moved; /* it has been kept itself, not a copy */
	uint64_t tag;
};

extern struct fake fake;

/* Not limited as those of actors are. */
void *fake_message(const struct gatio_message_type *type, size_t extra_size);
void fake_drop(struct envelope *envelope);
struct envelope *fake_envelope(const void *message);
/* A handler runs in between, and may keep the message. */
void fake_lend(struct envelope *envelope);
void fake_lend_end(void);
struct fake_actor *fake_actor_of(struct gatio_address address);
struct gatio_address fake_address_of(const struct fake_actor *actor);
void fake_enqueue(void *message, uint64_t from, struct gatio_address to);
/* An answer, for who asked; nobody is there to answer: so it says. */
void fake_run_answer(struct envelope *envelope);
void fake_answer_nobody(const struct envelope *question);
bool fake_may_allocate(void);
void fake_free_blocks(struct fake_actor *actor);
uint32_t fake_closed_index(void);
/* Before and after a connection's message is handled. false: not now. */
bool fake_receive(struct fake_actor *actor, const struct envelope *envelope);
void fake_received(struct fake_actor *actor, const struct envelope *envelope);

#endif
