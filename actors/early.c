/* SPDX-License-Identifier: Apache-2.0 */
/* Early messages: a hash of queues, in the driver's heap. */
#include "actors/early.h"
#include "actors/dead.h"
#include "actors/inbox.h"

#include "base/assert.h"
#include "base/container.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BUCKET_COUNT_FIRST 64u

struct gi_early_queue {
	struct gi_early_queue *next; /* of the same bucket */
	uint64_t to;
	struct gi_message *first;
	struct gi_message *last;
};

/* Slots are given out side by side, so their low bits spread by themselves. */
static struct gi_early_queue **bucket_of(const struct gi_early *early, uint64_t to)
{
	return &early->buckets[gi_address_slot(to) & (early->bucket_count - 1)];
}

/* What points to it, or NULL. */
static struct gi_early_queue **find(struct gi_early *early, uint64_t to)
{
	if (early->queue_count == 0) {
		return NULL;
	}
	for (struct gi_early_queue **at = bucket_of(early, to); *at; at = &(*at)->next) {
		early->look_count++;
		if ((*at)->to == to) {
			return at;
		}
	}
	return NULL;
}

static void link_queue(struct gi_early *early, struct gi_early_queue *queue)
{
	gi_assert(gi_is_power_of_two(early->bucket_count));
	struct gi_early_queue **bucket = bucket_of(early, queue->to);
	queue->next = *bucket;
	*bucket = queue;
}

/* One bucket for each queue. Without memory for more they only become longer. false: there are none at all. */
static bool make_room(struct gi_scheduler *scheduler)
{
	struct gi_early *early = &scheduler->early;
	if (early->queue_count < early->bucket_count) {
		return true;
	}
	uint32_t count = early->bucket_count ? early->bucket_count * 2 : BUCKET_COUNT_FIRST;
	size_t size = sizeof(struct gi_early_queue *) * count;
	struct gi_early_queue **buckets = gi_heap_alloc(scheduler->driver->heap, size);
	if (!buckets) {
		return early->bucket_count > 0;
	}
	memset(buckets, 0, size);
	struct gi_early before = *early;
	early->buckets = buckets;
	early->bucket_count = count;
	for (uint32_t i = 0; i < before.bucket_count; i++) {
		struct gi_early_queue *next;
		for (struct gi_early_queue *queue = before.buckets[i]; queue; queue = next) {
			next = queue->next;
			link_queue(early, queue);
		}
	}
	gi_heap_free(scheduler->driver->heap, before.buckets);
	return true;
}

static struct gi_early_queue *add_queue(struct gi_scheduler *scheduler, uint64_t to)
{
	struct gi_heap *heap = scheduler->driver->heap;
	struct gi_early_queue *queue = gi_heap_alloc(heap, sizeof(*queue));
	/* Behind it: buckets go with the last queue, so there are none without one. */
	if (!queue || !make_room(scheduler)) {
		gi_heap_free(heap, queue);
		return NULL;
	}
	*queue = (struct gi_early_queue){.to = to};
	link_queue(&scheduler->early, queue);
	scheduler->early.queue_count++;
	return queue;
}

int gi_early_keep(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed)
{
	gi_assert(boxed->mark == GI_MESSAGE_MARK);
	gi_assert(gi_address_driver(to) == scheduler->index);
	struct gi_early_queue **at = find(&scheduler->early, to);
	struct gi_early_queue *queue = at ? *at : add_queue(scheduler, to);
	if (!queue) {
		return -ENOMEM;
	}
	boxed->next = NULL;
	if (queue->first) {
		queue->last->next = boxed;
	} else {
		queue->first = boxed;
	}
	queue->last = boxed;
	return 0;
}

/* The messages of a queue, which is gone. */
static struct gi_message *remove_queue(struct gi_scheduler *scheduler, uint64_t to)
{
	struct gi_early *early = &scheduler->early;
	struct gi_early_queue **at = find(early, to);
	if (!at) {
		return NULL;
	}
	struct gi_early_queue *queue = *at;
	struct gi_message *first = queue->first;
	gi_assert(queue->to == to);
	gi_assert(first); /* it was made for one */
	*at = queue->next;
	gi_heap_free(scheduler->driver->heap, queue);
	gi_assert(early->queue_count > 0);
	early->queue_count--;
	if (early->queue_count == 0) {
		gi_heap_free(scheduler->driver->heap, early->buckets);
		early->buckets = NULL;
		early->bucket_count = 0;
	}
	return first;
}

void gi_early_take(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	gi_assert(!actor->inbox_first); /* they come before what is sent from now on */
	struct gi_message *message = remove_queue(scheduler, actor->address);
	while (message) {
		struct gi_message *next = message->next;
		gi_actor_enqueue(scheduler, actor, message);
		message = next;
	}
}

void gi_early_drop(struct gi_scheduler *scheduler, uint64_t to, int err)
{
	struct gi_message *message = remove_queue(scheduler, to);
	while (message) {
		struct gi_message *next = message->next;
		gi_dead_boxed(scheduler, message, err);
		message = next;
	}
}
