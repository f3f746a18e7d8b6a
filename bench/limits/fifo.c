/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIFO: what it costs on one thread to put a 64-byte envelope into a queue, take it out and call the function that it
 * names, which does the same. One envelope is on its way at any time: two actors that play ping-pong.
 */
#include <errno.h>
#include <stddef.h>

#include "base/atomic.h"
#include "bench/limits/limits.h"
#include "bench/support.h"

enum {
	QUEUE_COUNT = 1024,
	HOPS_BETWEEN_CLOCKS = 16384,
};

struct envelope;
typedef void (*envelope_fn)(void *self, const struct envelope *envelope);

struct envelope {
	_Alignas(GI_CACHE_LINE) envelope_fn handle;
	void *receiver;
	void *sender;
	uint64_t type;
	uint64_t payload[4];
};
_Static_assert(sizeof(struct envelope) == GI_CACHE_LINE, "one envelope is one line");

struct queue {
	uint64_t head;
	uint64_t tail;
	struct envelope slots[QUEUE_COUNT];
};

struct player {
	struct queue *queue;
	struct player *other;
	uint64_t hit_count;
};

static void on_ball(void *self, const struct envelope *envelope)
{
	struct player *player = self;
	player->hit_count++;
	struct queue *queue = player->queue;
	queue->slots[queue->tail++ % QUEUE_COUNT] =
	        (struct envelope){.handle = on_ball,
	                          .receiver = player->other,
	                          .sender = player,
	                          .type = envelope->type,
	                          .payload = {envelope->payload[0] + 1}};
}

static void dispatch(struct queue *queue)
{
	struct envelope *envelope = &queue->slots[queue->head++ % QUEUE_COUNT];
	envelope->handle(envelope->receiver, envelope);
}

static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	bench_pin(context->cpus[0]);
	static struct queue queue;
	struct player players[2] = {{.queue = &queue}, {.queue = &queue}};
	players[0].other = &players[1];
	players[1].other = &players[0];
	queue.slots[queue.tail++] = (struct envelope){.handle = on_ball, .receiver = &players[0]};
	uint64_t hops = 0;
	uint64_t start_ns = bench_now_ns();
	uint64_t now_ns = start_ns;
	while (now_ns - start_ns < context->duration_ns) {
		for (uint32_t i = 0; i < HOPS_BETWEEN_CLOCKS; i++) {
			dispatch(&queue);
		}
		hops += HOPS_BETWEEN_CLOCKS;
		now_ns = bench_now_ns();
	}
	out_sample->value = (double)(now_ns - start_ns) / (double)hops;
	bool is_right = players[0].hit_count + players[1].hit_count == hops;
	return is_right ? 0 : bench_fail(out_sample, -EPROTO, "the bare queue lost a message");
}

const struct bench_measure bench_limit_fifo = {.name = "limit_fifo", .unit = "ns", .run = run};
