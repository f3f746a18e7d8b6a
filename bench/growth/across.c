/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Across: messages between drivers, in batches. A producer sends a batch to its consumer, which gives one credit back
 * when it has handled all of it; only then comes the next. So nothing depends on who runs when, as far as can be.
 */
#include <errno.h>

#include "bench/growth/growth.h"

enum {
	BATCH = 32,
	ROUND = BATCH + 1, /* with the credit */
	AROUND = 4,        /* others that each driver sends to */
};

GATIO_MESSAGE(growth_parcel, { uint64_t number; });
GATIO_MESSAGE(growth_credit, { uint32_t unused; });
GATIO_MESSAGE(growth_done, { uint32_t unused; });
GATIO_MESSAGE(growth_next, { struct gatio_address next; });

struct growth_consumer {
	uint64_t received_count;
};

struct growth_producer {
	struct gatio_address consumer;
	struct gatio_address foreman;
	uint64_t round_count; /* to go */
};

static void check(int err, const char *what)
{
	if (err) {
		growth_fail(gatio_current_system(), err, what);
	}
}

static void on_parcel(struct growth_consumer *self, const struct growth_parcel *parcel)
{
	(void)parcel;
	if (++self->received_count % BATCH == 0) {
		check(gatio_send(gatio_sender(), growth_credit, .unused = 0), "giving credit");
	}
}

GATIO_BEHAVIOR(growth_consumer, on(growth_parcel, on_parcel));

static void produce(struct growth_producer *self)
{
	if (self->round_count == 0) {
		check(gatio_send(self->foreman, growth_done, .unused = 0), "being done");
		return;
	}
	self->round_count--;
	for (uint64_t i = 0; i < BATCH; i++) {
		check(gatio_send(self->consumer, growth_parcel, .number = i), "sending a parcel");
	}
}

static void on_credit(struct growth_producer *self, const struct growth_credit *credit)
{
	(void)credit;
	produce(self);
}

static void on_producer_go(struct growth_producer *self, const struct growth_go *go)
{
	(void)go;
	produce(self);
}

GATIO_BEHAVIOR(growth_producer, on(growth_credit, on_credit), on(growth_go, on_producer_go));

/* ---- Who talks with whom ------------------------------------------------------------------------------------------- */

struct pair {
	uint32_t from;
	uint32_t to;
};

/* A foreman's state: how many pairs have not finished. */
struct growth_one_pair {
	uint32_t left;
};
struct growth_all_pairs {
	uint32_t left;
};
struct growth_around {
	uint32_t left;
};
struct growth_spread {
	uint32_t left;
};
struct growth_gather {
	uint32_t left;
};

static void start_pair(struct pair pair, uint64_t round_count)
{
	struct gatio_address consumer =
	        gatio_spawn_at(GATIO_ON_DRIVER(pair.to), growth_consumer, .received_count = 0);
	struct gatio_address producer =
	        gatio_spawn_at(GATIO_ON_DRIVER(pair.from), growth_producer, .consumer = consumer,
	                       .foreman = gatio_self(), .round_count = round_count);
	check(gatio_address_error(consumer), "spawning a consumer");
	check(gatio_address_error(producer), "spawning a producer");
	check(gatio_send(producer, growth_go, .round = 0), "starting a producer");
}

/* Rounds are shared out to the last one, so that the sum is the same however many pairs there are. */
static uint32_t start_pairs(uint32_t pair_count, struct pair (*pair_of)(uint32_t index))
{
	uint64_t rounds = (growth.message_count + ROUND - 1) / ROUND;
	for (uint32_t i = 0; i < pair_count; i++) {
		start_pair(pair_of(i), rounds / pair_count + (i < rounds % pair_count));
	}
	return pair_count;
}

static void count_down(uint32_t *left)
{
	if (--*left == 0) {
		growth_finish();
	}
}

static struct pair even_and_odd(uint32_t index)
{
	return (struct pair){2 * index, 2 * index + 1};
}

/* To the first, third, fifth and seventh behind it: others than itself, also when there are but two drivers. */
static struct pair round_about(uint32_t index)
{
	uint32_t from = index / AROUND;
	uint32_t distance = 2 * (index % AROUND) + 1;
	return (struct pair){from, (from + distance) % growth.driver_count};
}

static struct pair from_first(uint32_t index)
{
	return (struct pair){0, index + 1};
}

static struct pair to_first(uint32_t index)
{
	return (struct pair){index + 1, 0};
}

#define FOREMAN(name_, pair_count_, pair_of_)                                                      \
	static void on_##name_##_go(struct name_ *self, const struct growth_go *go)                \
	{                                                                                          \
		(void)go;                                                                          \
		self->left = start_pairs((pair_count_), (pair_of_));                               \
	}                                                                                          \
	static void on_##name_##_done(struct name_ *self, const struct growth_done *done)          \
	{                                                                                          \
		(void)done;                                                                        \
		count_down(&self->left);                                                           \
	}                                                                                          \
	GATIO_SHARED_BEHAVIOR(name_, on(growth_go, on_##name_##_go),                               \
	                      on(growth_done, on_##name_##_done))

FOREMAN(growth_one_pair, 1, even_and_odd);
FOREMAN(growth_all_pairs, growth.driver_count / 2, even_and_odd);
FOREMAN(growth_around, growth.driver_count *AROUND, round_about);
FOREMAN(growth_spread, growth.driver_count - 1, from_first);
FOREMAN(growth_gather, growth.driver_count - 1, to_first);

/* ---- One batch round all drivers ------------------------------------------------------------------------------------ */

struct growth_link {
	struct gatio_address next;
	struct gatio_address foreman;
};

struct growth_chain {
	uint32_t left;
};

static void on_link_next(struct growth_link *self, const struct growth_next *next)
{
	self->next = next->next;
}

static void on_link_parcel(struct growth_link *self, const struct growth_parcel *parcel)
{
	if (parcel->number >= growth.message_count / BATCH) {
		check(gatio_send(self->foreman, growth_done, .unused = 0), "being done");
		return;
	}
	check(gatio_send(self->next, growth_parcel, .number = parcel->number + 1),
	      "passing a parcel on");
}

GATIO_BEHAVIOR(growth_link, on(growth_next, on_link_next), on(growth_parcel, on_link_parcel));

static void on_chain_go(struct growth_chain *self, const struct growth_go *go)
{
	(void)go;
	struct gatio_address last = GATIO_NOBODY;
	struct gatio_address first = GATIO_NOBODY;
	for (uint32_t i = growth.driver_count; i-- > 0;) {
		first = gatio_spawn_at(GATIO_ON_DRIVER(i), growth_link, .next = first,
		                       .foreman = gatio_self());
		check(gatio_address_error(first), "spawning a link");
		last = i == growth.driver_count - 1 ? first : last;
	}
	check(gatio_send(last, growth_next, .next = first), "closing the chain");
	self->left = BATCH;
	for (uint32_t i = 0; i < BATCH; i++) {
		check(gatio_send(last, growth_parcel, .number = 1), "starting a parcel");
	}
}

static void on_chain_done(struct growth_chain *self, const struct growth_done *done)
{
	(void)done;
	count_down(&self->left);
}

GATIO_SHARED_BEHAVIOR(growth_chain, on(growth_go, on_chain_go), on(growth_done, on_chain_done));
