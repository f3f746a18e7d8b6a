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

void gi_work_forget(struct gi_work_queues *queues, const struct gi_work *work)
{
	gi_assert(!work->is_queued);
	if (work == queues->running) {
		queues->running = NULL;
		queues->wakes_itself = false;
	}
}

/* Those that asked for more, in a list of their own until their class has run. */
struct again {
	struct gi_work *first;
	struct gi_work *last;
};

static void append_again(struct gi_work_queues *queues, size_t class, const struct again *again)
{
	if (queues->first[class]) {
		queues->last[class]->next = again->first;
	} else {
		queues->first[class] = again->first;
	}
	queues->last[class] = again->last;
}

static __attribute__((noinline)) uint32_t run_class(struct gi_work_queues *queues, size_t class,
                                                    void *context)
{
	struct again again = {0};
	struct gi_work *work;
	queues->left = weights[class];
	while (queues->left > 0 && (work = queues->first[class])) {
		gi_work_begin(queues, class, work);
		/* The work may be gone after its run, unless it asks for more. Others may have run behind it. */
		if (work->run(work, context) || queues->wakes_itself) {
			gi_assert_slow(queues->running);
			gi_assert_slow(!queues->running->is_queued);
			queues->running->is_queued = true;
			gi_work_append(&again.first, &again.last, queues->running);
		}
	}
	queues->running = NULL;
	if (again.first) {
		append_again(queues, class, &again);
	}
	gi_assert_slow(queues->left <= weights[class]);
	return weights[class] - queues->left;
}

uint32_t gi_work_run(struct gi_work_queues *queues, void *context)
{
	gi_assert_slow(!queues->running); /* a pass within a pass */
	uint32_t run_count = 0;
	for (size_t class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		if (queues->first[class]) {
			run_count += run_class(queues, class, context);
		}
	}
	return run_count;
}
