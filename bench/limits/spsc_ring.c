/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPSC ring: how many 32-byte messages a second go from one CPU to the other through a bare ring of 64-byte slots.
 *
 * The sender publishes 32 at a time; the receiver takes what is there and gives the slots back 32 at a time or when
 * it finds no more. Both check the order of what passes.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/atomic.h"
#include "bench/limits/limits.h"
#include "bench/support.h"

enum {
	SLOT_COUNT = 1024,
	BATCH = 32,
	BATCHES_BETWEEN_CLOCKS = 1024,
};

struct slot {
	_Alignas(GI_CACHE_LINE) uint64_t sequence;
	uint64_t payload[4];
};

/*
 * Orderings   filled  the sender releases tail -> the receiver acquires it    written before it is read
 *             freed   the receiver releases head -> the sender acquires it    read before it is rewritten
 */
struct ring {
	struct slot slots[SLOT_COUNT];
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t tail;
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t head;
	/* The receiver's, read by the sender after it has ended. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t sum;
	uint64_t out_of_order;
	uint32_t cpu;
};

#define LAST UINT64_MAX

/* What the receiver knows for itself. */
struct receiver {
	uint64_t head;
	uint64_t freed;
	uint64_t sum;
	uint64_t out_of_order;
};

static void free_slots(struct ring *ring, struct receiver *receiver)
{
	receiver->freed = receiver->head;
	gi_store_release(&ring->head, receiver->head); /* freed */
}

/* Returns false after the last message. */
static bool receive_until(struct ring *ring, struct receiver *receiver, uint64_t tail)
{
	while (receiver->head != tail) {
		const struct slot *slot = &ring->slots[receiver->head % SLOT_COUNT];
		if (slot->sequence == LAST) {
			return false;
		}
		receiver->out_of_order += slot->sequence != receiver->head;
		receiver->sum +=
		        slot->payload[0] ^ slot->payload[1] ^ slot->payload[2] ^ slot->payload[3];
		receiver->head++;
		if (receiver->head - receiver->freed == BATCH) {
			free_slots(ring, receiver);
		}
	}
	free_slots(ring, receiver);
	return true;
}

static void *receive(void *argument)
{
	struct ring *ring = argument;
	struct receiver receiver = {.head = 0};
	bool is_on = true;
	bench_pin(ring->cpu);
	while (is_on) {
		uint64_t tail = gi_load_acquire(&ring->tail); /* filled */
		if (tail == receiver.head) {
			gi_cpu_relax();
		} else {
			is_on = receive_until(ring, &receiver, tail);
		}
	}
	ring->sum = receiver.sum;
	ring->out_of_order = receiver.out_of_order;
	return NULL;
}

/* Send one batch; returns the new tail. */
static uint64_t send_batch(struct ring *ring, uint64_t tail, uint64_t *head_seen)
{
	while (tail + BATCH - *head_seen > SLOT_COUNT) {
		*head_seen = gi_load_acquire(&ring->head); /* freed */
	}
	for (uint32_t i = 0; i < BATCH; i++, tail++) {
		struct slot *slot = &ring->slots[tail % SLOT_COUNT];
		slot->sequence = tail;
		slot->payload[0] = tail;
		slot->payload[1] = 1;
		slot->payload[2] = 2;
		slot->payload[3] = 3;
	}
	gi_store_release(&ring->tail, tail); /* filled */
	return tail;
}

static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	static struct ring ring;
	ring.cpu = context->cpus[1];
	bench_pin(context->cpus[0]);
	pthread_t receiver;
	int err = -pthread_create(&receiver, NULL, receive, &ring);
	if (err) {
		return bench_fail(out_sample, err, "no thread");
	}
	uint64_t head_seen = 0;
	uint64_t tail = 0;
	while (tail < UINT64_C(2) * SLOT_COUNT) { /* the other thread is there, the pages are too */
		tail = send_batch(&ring, tail, &head_seen);
	}
	uint64_t first = tail;
	uint64_t start_ns = bench_now_ns();
	uint64_t now_ns = start_ns;
	while (now_ns - start_ns < context->duration_ns) {
		for (uint32_t i = 0; i < BATCHES_BETWEEN_CLOCKS; i++) {
			tail = send_batch(&ring, tail, &head_seen);
		}
		now_ns = bench_now_ns();
	}
	while (gi_load_acquire(&ring.head) != tail) { /* freed */
		gi_cpu_relax();
	}
	now_ns = bench_now_ns();
	ring.slots[tail % SLOT_COUNT].sequence = LAST;
	gi_store_release(&ring.tail, tail + 1); /* filled */
	pthread_join(receiver, NULL);
	uint64_t expected_sum = tail * (tail - 1) / 2; /* 1 ^ 2 ^ 3 is 0 */
	if (ring.out_of_order != 0 || ring.sum != expected_sum) {
		return bench_fail(out_sample, -EPROTO, "the bare ring mixed messages up");
	}
	out_sample->value = (double)(tail - first) * 1e3 / (double)(now_ns - start_ns);
	return 0;
}

const struct bench_measure bench_limit_spsc_ring = {
        .name = "limit_spsc_ring", .unit = "M/s", .run = run};
