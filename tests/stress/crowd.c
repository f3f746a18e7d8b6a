/* SPDX-License-Identifier: Apache-2.0 */
/* The actors of the stress, and what they add up. */
#include "tests/stress/crowd.h"

#include <errno.h>
#include <string.h>

#define STREAM_LENGTH 3000u

GATIO_MESSAGE(step, { uint32_t left; });
GATIO_MESSAGE(question, { uint64_t number; });
GATIO_MESSAGE(reply_to_question, { uint64_t number; });
GATIO_MESSAGE(ring, { uint64_t generation; });
GATIO_MESSAGE(stream_item, { uint64_t sequence; });
GATIO_MESSAGE(stream_wide_item, {
	uint64_t sequence;
	unsigned char filler[100];
});
GATIO_MESSAGE(pump, {});

struct crowd_sums sums;
_Atomic uint64_t crowd_addresses[WORKER_COUNT];
struct gate *crowd_done;

void crowd_forget(void)
{
	memset(&sums, 0, sizeof(sums));
	memset(crowd_addresses, 0, sizeof(crowd_addresses));
}

static void add(_Atomic uint64_t *sum)
{
	gi_fetch_add_relaxed(sum, 1); /* read when all threads are joined, or nothing moves */
}

void crowd_count_send(int err)
{
	if (err == 0 || err == -ESRCH) {
		add(&sums.sent);
	} else if (err == -ENOBUFS) {
		add(&sums.refused);
	} else {
		add(&sums.odd_errors);
	}
}

static struct gatio_address random_address(void)
{
	uint64_t index = gatio_random() % WORKER_COUNT;
	return (struct gatio_address){.bits = gi_load_acquire(&crowd_addresses[index])}; /* told */
}

static struct gatio_place random_place(void)
{
	switch (gatio_random() % 4) {
	case 0:
		return GATIO_HERE;
	case 1:
		return GATIO_ANYWHERE;
	case 2:
		return GATIO_ON_TPC(0);
	default:
		return GATIO_ON_DRIVER((uint32_t)(gatio_random() % gatio_driver_count()));
	}
}

/* ---- Workers -------------------------------------------------------------------------------------------------------- */

struct worker {
	uint32_t index;
	uint32_t steps;   /* still to do, by it and those who take its place */
	uint32_t waiting; /* asks */
	uint64_t generation;
	struct gatio_timer timer;
	void *memory;
	bool has_ended;
};
GATIO_DECLARE_BEHAVIOR(worker);

static void on_started(struct worker *self)
{
	add(&sums.started);
	gi_store_release(&crowd_addresses[self->index], gatio_self().bits); /* told */
	crowd_count_send(gatio_send(gatio_self(), step, .left = self->steps));
}

static void on_ended(struct worker *self, int reason)
{
	(void)reason;
	add(&sums.ended);
	if (self->has_ended) {
		add(&sums.ended_twice);
	}
	self->has_ended = true;
	gi_fetch_add_relaxed(&sums.abandoned, self->waiting);
}

static void on_datum(struct worker *self, const struct datum *datum)
{
	(void)self;
	(void)datum;
	add(&sums.handled);
}

static void on_wide_datum(struct worker *self, const struct wide_datum *datum)
{
	(void)self;
	(void)datum;
	add(&sums.handled);
}

static void on_question(struct worker *self, const struct question *question)
{
	(void)self;
	add(&sums.handled);
	crowd_count_send(gatio_reply(reply_to_question, .number = question->number + 1));
}

static void on_reply(struct worker *self, const struct reply_to_question *reply, int err)
{
	self->waiting--;
	add(&sums.answered);
	if (err == 0) {
		add(&sums.handled);
		if (reply->number != gatio_tag() + 1) {
			add(&sums.wrong_answers);
		}
	} else if (err != -ESRCH && err != -ETIMEDOUT) {
		add(&sums.odd_errors);
	}
}

GATIO_ANSWER(worker, reply_to_question, on_reply);

static void ask_somebody(struct worker *self)
{
	uint64_t number = gatio_random();
	uint64_t deadline_ns = gatio_random() % 8 == 0 ? GATIO_US(100) : GATIO_SECONDS(30);
	int err = gatio_ask_tagged(number, random_address(), on_reply, deadline_ns, question,
	                           .number = number);
	crowd_count_send(err);
	if (err == 0) {
		self->waiting++;
		add(&sums.asked);
	}
}

static void set_timer(struct worker *self)
{
	gatio_timer_cancel(self->timer);
	self->generation++;
	self->timer = gatio_random() % 2 ? gatio_every(GATIO_MS(1), ring, self->generation)
	                                 : gatio_after(GATIO_MS(1), ring, self->generation);
}

static void on_ring(struct worker *self, const struct ring *ring)
{
	if (ring->generation != self->generation) {
		add(&sums.late_rings);
	}
}

static void use_memory(struct worker *self)
{
	self->memory = gatio_realloc(self->memory, gatio_random() % 3000);
	(void)gatio_alloc(gatio_random() % 300); /* goes with the actor */
}

/* Another one takes over, unless too many are on their way to a driver that has no CPU; from here on this address is stale. */
static void hand_over(struct worker *self, uint32_t steps)
{
	struct gatio_address next =
	        gatio_spawn_at(random_place(), worker, .index = self->index, .steps = steps);
	int err = gatio_address_error(next);
	if (err) {
		add(err == -ENOBUFS ? &sums.refused : &sums.odd_errors);
		gate_open(crowd_done);
	} else {
		add(&sums.spawned);
		/* At once: others may reach it before it has arrived. */
		gi_store_release(&crowd_addresses[self->index], next.bits); /* told */
		crowd_count_send(gatio_send(next, datum, .number = 1));
	}
	gatio_exit(0);
}

static void on_step(struct worker *self, const struct step *step)
{
	add(&sums.handled);
	if (step->left == 0) {
		gatio_timer_cancel(self->timer);
		gate_open(crowd_done);
		return;
	}
	switch (gatio_random() % 8) {
	case 0:
		ask_somebody(self);
		break;
	case 1:
		set_timer(self);
		break;
	case 2:
		use_memory(self);
		break;
	case 3:
		if (gatio_random() % 4 == 0) {
			hand_over(self, step->left - 1);
			return;
		}
		break;
	case 4:
		crowd_count_send(gatio_send(random_address(), wide_datum, {0}));
		break;
	default:
		crowd_count_send(gatio_send(random_address(), datum, .number = 1));
	}
	crowd_count_send(gatio_send(gatio_self(), step, .left = step->left - 1));
}

GATIO_BEHAVIOR(worker, started(on_started), ended(on_ended), on(datum, on_datum),
               on(wide_datum, on_wide_datum), on(question, on_question), on(step, on_step),
               on(ring, on_ring));

/* ---- Streams: each number once and in order, whatever the way is like --------------------------------------------------- */

struct drain_end {
	uint64_t next;
};

static void take_item(struct drain_end *self, uint64_t sequence)
{
	add(&sums.handled);
	if (sequence != self->next) {
		add(&sums.out_of_order);
	}
	self->next = sequence + 1;
	if (self->next == STREAM_LENGTH) {
		gate_open(crowd_done);
	}
}

static void on_stream_item(struct drain_end *self, const struct stream_item *item)
{
	take_item(self, item->sequence);
}

static void on_stream_wide_item(struct drain_end *self, const struct stream_wide_item *item)
{
	take_item(self, item->sequence);
}

GATIO_BEHAVIOR(drain_end, on(stream_item, on_stream_item),
               on(stream_wide_item, on_stream_wide_item));

struct source_end {
	struct gatio_address to;
	uint64_t next;
};

static void on_source_started(struct source_end *self)
{
	(void)self;
	crowd_count_send(gatio_send(gatio_self(), pump));
}

/* Until the way is full, then again when its turn comes. */
static void on_pump(struct source_end *self, const struct pump *pump)
{
	(void)pump;
	add(&sums.handled);
	int err = 0;
	while (err == 0 && self->next < STREAM_LENGTH) {
		err = self->next % 5 == 0
		              ? gatio_send(self->to, stream_wide_item, .sequence = self->next,
		                           .filler = {0})
		              : gatio_send(self->to, stream_item, .sequence = self->next);
		crowd_count_send(err);
		self->next += err == 0;
	}
	if (self->next < STREAM_LENGTH) {
		crowd_count_send(gatio_send(gatio_self(), pump));
	}
}

GATIO_BEHAVIOR(source_end, started(on_source_started), on(pump, on_pump));

void crowd_start_streams(struct gatio_system *system)
{
	for (uint32_t i = 0; i < STREAM_COUNT; i++) {
		struct gatio_address to = gatio_system_spawn(
		        system, GATIO_ON_DRIVER(i % DRIVER_COUNT), drain_end, .next = 0);
		gatio_system_spawn(system, GATIO_ON_DRIVER(i / DRIVER_COUNT), source_end, .to = to);
	}
}

uint32_t crowd_start_workers(struct gatio_system *system, uint32_t steps)
{
	uint32_t failed_count = 0;
	for (uint32_t i = 0; i < WORKER_COUNT; i++) {
		struct gatio_address address = gatio_system_spawn(system, GATIO_ANYWHERE, worker,
		                                                  .index = i, .steps = steps);
		failed_count += gatio_address_error(address) != 0;
		add(&sums.spawned);
	}
	return failed_count;
}
