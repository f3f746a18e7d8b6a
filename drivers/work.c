/* SPDX-License-Identifier: Apache-2.0 */
/* Run queues: three FIFOs that share a pass by weight. */
#include "drivers/work.h"

#include "base/assert.h"

#include <stddef.h>

static const uint32_t weights[GI_WORK_CLASS_COUNT] = GI_WORK_WEIGHTS;

void gi_work_queues_init(struct gi_work_queues *queues)
{
	*queues = (struct gi_work_queues){0};
}

static void append(struct gi_work_queue *queue, struct gi_work *work)
{
	work->next = NULL;
	if (queue->last) {
		queue->last->next = work;
	} else {
		queue->first = work;
	}
	queue->last = work;
}

void gi_work_push(struct gi_work_queues *queues, struct gi_work *work)
{
	gi_assert(work->class < GI_WORK_CLASS_COUNT);
	if (work->is_queued) {
		return;
	}
	work->is_queued = true;
	append(&queues->classes[work->class], work);
	queues->classes[work->class].count++;
	queues->count++;
}

static struct gi_work *pop(struct gi_work_queues *queues, struct gi_work_queue *queue)
{
	struct gi_work *work = queue->first;
	if (!work) {
		return NULL;
	}
	gi_assert(work->is_queued);
	queue->first = work->next;
	if (!queue->first) {
		queue->last = NULL;
	}
	work->is_queued = false;
	queue->count--;
	queues->count--;
	return work;
}

static void run_class(struct gi_work_queues *queues, uint32_t class, uint32_t count, void *context)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gi_work *work = pop(queues, &queues->classes[class]);
		gi_assert(work); /* it was there when the pass began */
		/* The work may be gone after its run, unless it asks for more. */
		if (work->run(work, context)) {
			gi_work_push(queues, work);
		}
	}
}

uint32_t gi_work_run(struct gi_work_queues *queues, void *context)
{
	/* Counted before anything runs: whoever queues itself again waits for the next pass, however short the queue. */
	uint32_t counts[GI_WORK_CLASS_COUNT];
	uint32_t run_count = 0;
	for (uint32_t class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		uint32_t count = queues->classes[class].count;
		counts[class] = count < weights[class] ? count : weights[class];
		run_count += counts[class];
	}
	for (uint32_t class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		run_class(queues, class, counts[class], context);
	}
	return run_count;
}
