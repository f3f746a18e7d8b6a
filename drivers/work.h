/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work: one thing to run this turn or a later one, and the queues it waits in.
 *
 * Three classes share a turn by weight. A class with nothing to do leaves its share to the others; none starves.
 * Thread: its driver.
 */
#ifndef GI_DRIVERS_WORK_H
#define GI_DRIVERS_WORK_H

#include "base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gi_work_class {
	GI_WORK_URGENT = 0,
	GI_WORK_NORMAL,
	GI_WORK_BACKGROUND,
	GI_WORK_CLASS_COUNT,
};

struct gi_work {
	struct gi_work *next;
	/* Run once, within the owner's own budget. Returns true to be queued again, behind the others of its class; after
	 * false the work may be gone. Work cannot be taken out of its queue: let run() find nothing to do. */
	bool (*run)(struct gi_work *work, void *context);
	uint8_t class;
	bool is_queued;
};

struct gi_work_queues {
	/* By class. last means something only while there is a first. */
	struct gi_work *first[GI_WORK_CLASS_COUNT];
	struct gi_work *last[GI_WORK_CLASS_COUNT];
	uint32_t left;           /* what the class that runs has left of its share of this pass */
	struct gi_work *running; /* NULL: nothing, or it is forgotten */
	bool wakes_itself;       /* running was pushed in its own run */
	uint32_t arrived_count;  /* since the last pass */
};

/* Runs of each class in one pass while all have work. */
#define GI_WORK_WEIGHTS                                                                            \
	{                                                                                          \
		32, 8, 2                                                                           \
	}

void gi_work_queues_init(struct gi_work_queues *queues);

static inline bool gi_work_is_waiting(const struct gi_work_queues *queues)
{
	/* In one: mostly nothing does, and each would have been looked at. */
	return ((uintptr_t)queues->first[GI_WORK_NORMAL] |
	        (uintptr_t)queues->first[GI_WORK_URGENT] |
	        (uintptr_t)queues->first[GI_WORK_BACKGROUND]) != 0;
}

/* Does anything wait that would run before what is queued in this class now, or with it in turn? */
static inline bool gi_work_is_before(const struct gi_work_queues *queues, uint32_t class)
{
	if (!gi_work_is_waiting(queues)) {
		return false;
	}
	return queues->first[GI_WORK_URGENT] ||
	       (class >= GI_WORK_NORMAL && queues->first[GI_WORK_NORMAL]) ||
	       (class >= GI_WORK_BACKGROUND && queues->first[GI_WORK_BACKGROUND]);
}

/* Behind the others of a list; *last means something only while there is a *first. */
static inline void gi_work_append(struct gi_work **first, struct gi_work **last,
                                  struct gi_work *work)
{
	work->next = NULL;
	if (*first) {
		(*last)->next = work;
	} else {
		*first = work;
	}
	*last = work;
}

/* At the end of its class's queue; nothing happens if it is queued already. keeps until it runs. */
static inline void gi_work_push(struct gi_work_queues *queues, struct gi_work *work)
{
	if (work->is_queued) {
		return;
	}
	if (work == queues->running) {
		queues->wakes_itself = true; /* as good as asking for more */
		return;
	}
	uint32_t class = work->class;
	gi_assert_slow(class < GI_WORK_CLASS_COUNT);
	work->is_queued = true;
	gi_work_append(&queues->first[class], &queues->last[class], work);
}

/* The first of a class begins to run. */
static inline void gi_work_begin(struct gi_work_queues *queues, size_t class, struct gi_work *work)
{
	gi_assert_slow(work->is_queued);
	gi_assert_slow(work->class == class);
	gi_assert_slow(work == queues->first[class]);
	gi_assert_slow(queues->left > 0);
	queues->first[class] = work->next;
	work->is_queued = false;
	queues->left--;
	queues->running = work;
	queues->wakes_itself = false;
}

/*
 * For a run() that would rather go on with the next than return and be called again: the work that follows in the same
 * queue, if it is of the same kind (has the same run()) and the class has something left of its share. It runs from now
 * on as if gi_work_run() had called run() for it, and what run() returns is its answer. The one before has answered by
 * this call that it asks for nothing more, whatever has woken it in its run. NULL: return.
 */
static inline struct gi_work *gi_work_next(struct gi_work_queues *queues, size_t class,
                                           bool (*run)(struct gi_work *work, void *context))
{
	if (queues->left == 0) {
		return NULL;
	}
	struct gi_work *work = queues->first[class];
	if (!work || work->run != run) {
		return NULL;
	}
	gi_work_begin(queues, class, work);
	return work;
}

/* Work that is about to go, also while it runs: what has woken it in its run does not count any more. */
void gi_work_forget(struct gi_work_queues *queues, const struct gi_work *work);

/* A message that has come in this turn waits in one of the queues: gi_work_run_arrived() counts it. */
static inline void gi_work_note_arrival(struct gi_work_queues *queues)
{
	queues->arrived_count++;
}

/*
 * One pass over the classes by weight. What asks for more waits for the next pass, however short its queue: an owner's
 * budget is one for each pass. What is woken meanwhile may run in this one, within the weight of its class: two actors
 * that talk to each other need not wait a turn for each message. Returns the number of runs.
 */
uint32_t gi_work_run(struct gi_work_queues *queues, void *context);

/*
 * The same, but a class that alone has work goes on, share after share, for as many runs as messages have arrived: nobody
 * waits for it, and what it sends leaves in fewer turns. It begins no share after as many runs as a pass has in which all
 * classes have work.
 */
uint32_t gi_work_run_arrived(struct gi_work_queues *queues, void *context);

#endif
