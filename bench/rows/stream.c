/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream: 32-byte messages from producers to one consumer on the other driver, as fast as both can. A producer may have
 * WINDOW messages on their way; the consumer gives credit for each CREDIT that it has handled, so no send is refused.
 */
#include <errno.h>

#include "bench/rows/harness.h"
#include "bench/rows/rows.h"

enum {
	WINDOW = 1024,
	CREDIT = 128,
	PRODUCER_MAX = 8,
	MESSAGES_BETWEEN_CLOCKS = 16384,
};

GATIO_MESSAGE(bench_parcel, {
	uint64_t producer;
	uint64_t number;
	uint64_t words[2];
});
GATIO_MESSAGE(bench_credit, { uint32_t count; });

struct bench_producer {
	struct gatio_address consumer;
	uint64_t index;
	uint64_t number;
};

struct bench_consumer {
	uint32_t producer_count;
	uint64_t received;
	uint64_t next_number[PRODUCER_MAX];
};

static void produce(struct bench_producer *self, uint32_t count)
{
	uint64_t end = self->number + count;
	for (uint64_t number = self->number; number != end; number++) {
		int err = gatio_send(self->consumer, bench_parcel, .producer = self->index,
		                     .number = number);
		if (err) {
			bench_harness_fail(err, "sending a parcel");
			return;
		}
	}
	self->number = end;
}

static void on_credit(struct bench_producer *self, const struct bench_credit *credit)
{
	produce(self, credit->count);
}

GATIO_BEHAVIOR(bench_producer, on(bench_credit, on_credit));

static void give_credit(struct gatio_address producer, uint32_t count)
{
	int err = gatio_send(producer, bench_credit, .count = count);
	if (err) {
		bench_harness_fail(err, "giving credit");
	}
}

static void on_parcel(struct bench_consumer *self, const struct bench_parcel *parcel)
{
	uint64_t number = self->next_number[parcel->producer]++;
	if (parcel->number != number) {
		bench_harness_fail(-EPROTO, "a parcel came out of order");
		return;
	}
	if (self->next_number[parcel->producer] % CREDIT == 0) {
		give_credit(gatio_sender(), CREDIT);
	}
	self->received++;
	if (self->received % MESSAGES_BETWEEN_CLOCKS == 0) {
		bench_harness_count(self->received);
	}
}

/* One producer is on the other driver; of many, every second one. */
static void on_go(struct bench_consumer *self, const struct bench_go *go)
{
	(void)go;
	for (uint32_t i = 0; i < self->producer_count; i++) {
		struct gatio_address producer =
		        gatio_spawn_at(GATIO_ON_DRIVER(i % 2), bench_producer,
		                       .consumer = gatio_self(), .index = i);
		int err = gatio_address_error(producer);
		if (err) {
			bench_harness_fail(err, "spawning a producer");
			return;
		}
		give_credit(producer, WINDOW);
	}
}

GATIO_BEHAVIOR(bench_consumer, on(bench_parcel, on_parcel), on(bench_go, on_go));

/* Millions of messages a second. */
static int stream(const struct bench_context *context, uint32_t producer_count,
                  struct bench_sample *out_sample)
{
	struct bench_consumer first = {.producer_count = producer_count};
	struct bench_scene scene = {.options = {.driver_count = 2, .mailbox_slots = WINDOW},
	                            .driver_index = 1,
	                            .behavior = &gatio_behavior_bench_consumer,
	                            .state = &first};
	return bench_harness_rate(context, &scene, out_sample);
}

static int run_one(const struct bench_context *context, struct bench_sample *out_sample)
{
	return stream(context, 1, out_sample);
}

static int run_eight(const struct bench_context *context, struct bench_sample *out_sample)
{
	return stream(context, PRODUCER_MAX, out_sample);
}

const struct bench_measure bench_cross_one_way = {
        .name = "cross_one_way", .unit = "M/s", .run = run_one};
const struct bench_measure bench_fanin8 = {.name = "fanin8", .unit = "M/s", .run = run_eight};
