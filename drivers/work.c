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

/*
 * The first of a class runs, and those behind it that its run() takes with gi_work_next(). The answer is the last one's, which
 * is `running`; it asks for more by that answer, or because it was pushed in its run. Any other may be gone by then.
 */
static inline __attribute__((always_inline)) void
run_first(struct gi_work_queues *queues, struct gi_work *work, void *context, struct again *again)
{
	if (work->run(work, context) || queues->wakes_itself) {
		struct gi_work *last = queues->running;
		gi_assert_slow(last);
		gi_assert_slow(!last->is_queued);
		last->is_queued = true;
		gi_work_append(&again->first, &again->last, last);
	}
}

static inline __attribute__((always_inline)) uint32_t
run_share(struct gi_work_queues *queues, size_t class, struct again *again, void *context)
{
	struct gi_work *work;
	queues->left = weights[class];
	while (queues->left > 0 && (work = queues->first[class])) {
		gi_work_begin(queues, class, work);
		run_first(queues, work, context, again);
	}
	queues->running = NULL;
	gi_assert_slow(queues->left <= weights[class]);
	return weights[class] - queues->left;
}

static bool is_alone(const struct gi_work_queues *queues, size_t class)
{
	for (size_t other = 0; other < GI_WORK_CLASS_COUNT; other++) {
		if ((queues->first[other] != NULL) != (other == class)) {
			return false;
		}
	}
	return true;
}

/* Another share, for what has arrived? */
static bool goes_on(const struct gi_work_queues *queues, size_t class, uint32_t run_count)
{
	uint32_t all = 0;
	for (size_t i = 0; i < GI_WORK_CLASS_COUNT; i++) {
		all += weights[i];
	}
	return run_count < weights[class] + queues->arrived_count && run_count < all &&
	       is_alone(queues, class);
}

static void end_share(struct gi_work_queues *queues, size_t class, const struct again *again)
{
	if (again->first) {
		append_again(queues, class, again);
	}
}

static __attribute__((noinline)) uint32_t run_class(struct gi_work_queues *queues, size_t class,
                                                    void *context)
{
	struct again again = {0};
	uint32_t run_count = run_share(queues, class, &again, context);
	end_share(queues, class, &again);
	return run_count;
}

/* The same for gi_work_run_arrived(). */
static uint32_t run_class_on(struct gi_work_queues *queues, size_t class, void *context)
{
	struct again again = {0};
	uint32_t run_count = 0;
	do {
		run_count += run_share(queues, class, &again, context);
	} while (goes_on(queues, class, run_count));
	end_share(queues, class, &again);
	return run_count;
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

uint32_t gi_work_run_arrived(struct gi_work_queues *queues, void *context)
{
	gi_assert_slow(!queues->running);
	uint32_t run_count = 0;
	for (size_t class = 0; class < GI_WORK_CLASS_COUNT; class ++) {
		if (queues->first[class]) {
			run_count += run_class_on(queues, class, context);
		}
	}
	queues->arrived_count = 0;
	return run_count;
}
