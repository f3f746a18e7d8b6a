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

static void append_all(struct gi_work_queue *queue, const struct gi_work_queue *others)
{
	if (!others->first) {
		return;
	}
	if (queue->first) {
		queue->last->next = others->first;
	} else {
		queue->first = others->first;
	}
	queue->last = others->last;
}

void gi_work_forget(struct gi_work_queues *queues, const struct gi_work *work)
{
	gi_assert(!work->is_queued);
	if (work == queues->running) {
		queues->running = NULL;
		queues->wakes_itself = false;
	}
}

static struct gi_work *pop(struct gi_work_queues *queues, struct gi_work_queue *queue)
{
	struct gi_work *work = queue->first;
	if (!work) {
		return NULL;
	}
	gi_assert(work->is_queued);
	queue->first = work->next;
	work->is_queued = false;
	queues->count--;
	return work;
}

static uint32_t run_class(struct gi_work_queues *queues, uint32_t class, void *context)
{
	struct gi_work_queue *queue = &queues->classes[class];
	struct gi_work_queue again = {0}; /* those that asked for more */
	uint32_t run_count = 0;
	while (run_count < weights[class]) {
		struct gi_work *work = pop(queues, queue);
		if (!work) {
			break;
		}
		run_count++;
		queues->running = work;
		queues->wakes_itself = false;
		/* The work may be gone after its run, unless it asks for more. */
		if (work->run(work, context) || queues->wakes_itself) {
			work->is_queued = true;
			gi_work_append(&again, work);
			queues->count++;
		}
	}
	queues->running = NULL;
	append_all(queue, &again);
	return run_count;
}

uint32_t gi_work_run(struct gi_work_queues *queues, void *context)
{
	uint32_t run_count = 0;
	for (uint32_t class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		run_count += run_class(queues, class, context);
	}
	return run_count;
}
