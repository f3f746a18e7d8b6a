/* SPDX-License-Identifier: Apache-2.0 */
/* Run one actor within its budget: message by message, its handler, and its end if it asked for it. */
#include "actors/dispatch.h"
#include "actors/alarm.h"
#include "actors/ask.h"
#include "actors/dead.h"
#include "actors/inbox.h"
#include "actors/life.h"
#include "actors/message.h"
#include "actors/unhandled.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/watchdog.h"

#include <errno.h>
#include <string.h>

#define QUICK_BUDGET_MIN 32u

static gatio_handler_fn handler_of(const struct gatio_behavior *behavior, uint32_t type)
{
	return type < behavior->table_size ? behavior->table[type] : NULL;
}

/* Neither on() nor other(). */
static __attribute__((noinline)) void drop_unhandled(struct gi_scheduler *scheduler,
                                                     const struct gatio_behavior *behavior,
                                                     struct gi_message *message)
{
	gi_unhandled_warn(scheduler, behavior, message->type);
	if (scheduler->boxed == message) {
		scheduler->boxed = NULL; /* given away */
		gi_dead_boxed(scheduler, message, -EPROTO);
	} else {
		gi_dead_letter(scheduler, message, -EPROTO);
	}
}

static inline void handle_user(struct gi_scheduler *scheduler, struct gi_actor *actor,
                               const struct gatio_behavior *behavior, struct gi_message *message)
{
	gatio_handler_fn handle = handler_of(behavior, message->type);
	if (gi_unlikely(!handle)) {
		handle = behavior->other;
	}
	if (!handle) {
		drop_unhandled(scheduler, behavior, message);
		return;
	}
	handle(actor->state, message->payload);
}

/* What is not sent by an actor's code. */
static __attribute__((noinline)) void
handle_other(struct gi_scheduler *scheduler, struct gi_actor *actor, struct gi_message *message)
{
	switch (message->kind) {
	case GI_KIND_CANCELLED:
		break;
	case GI_KIND_ALARM:
		gi_alarm_handled(message);
		handle_user(scheduler, actor, actor->behavior, message);
		break;
	default:
		gi_ask_answered(scheduler, actor, message);
	}
}

/* In the actor. boxed: the message, if it ends with its handler; else NULL. */
static void handle(struct gi_scheduler *scheduler, struct gi_actor *actor,
                   struct gi_message *message, struct gi_message *boxed)
{
	scheduler->message = message;
	scheduler->boxed = boxed;
	if (gi_likely(message->kind == GI_KIND_USER)) {
		handle_user(scheduler, actor, actor->behavior, message);
	} else {
		handle_other(scheduler, actor, message);
	}
}

static void start(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	actor->is_starting = false;
	if (actor->behavior->started) {
		gi_scheduler_enter(scheduler, actor);
		actor->behavior->started(actor->state);
		gi_scheduler_leave(scheduler);
	}
}

/* What it is attached to comes before its inbox. false: it has ended. */
static __attribute__((noinline)) bool start_attached(struct gi_scheduler *scheduler,
                                                     struct gi_actor *actor)
{
	gi_scheduler_leave(scheduler); /* who ran before it */
	start(scheduler, actor);
	if (actor->is_ending) {
		gi_actor_end(scheduler, actor, actor->exit_reason);
		return false;
	}
	struct gi_attachment *attachment = actor->attachment;
	return !attachment || attachment->actor_started(attachment);
}

/* The stop does not wait for all that an actor has in its inbox. Relaxed: one handler more does no harm. */
static inline bool is_to_cut(const struct gi_scheduler *scheduler)
{
	return gi_unlikely(gi_load_relaxed(&scheduler->is_to_cut) != 0);
}

static uint32_t budget_of(const struct gi_scheduler *scheduler, const struct gi_actor *actor)
{
	return actor->behavior->budget ? actor->behavior->budget : scheduler->budget;
}

/* All but the usual message: an answer, an alarm, one that was posted or is too large for a spare. */
static __attribute__((noinline)) void
handle_unusual(struct gi_scheduler *scheduler, struct gi_actor *actor, struct gi_message *message)
{
	handle(scheduler, actor, message, message);
	struct gi_message *boxed = scheduler->boxed;
	if (boxed && !(boxed->flags & GI_MESSAGE_SPARE && gi_spare_put(scheduler->spares, boxed))) {
		gi_heap_free(scheduler->driver->heap, boxed);
	}
}

/* The message has come out of its inbox. */
static inline void handle_next(struct gi_scheduler *scheduler, struct gi_actor *actor,
                               const struct gatio_behavior *behavior, struct gi_message *message)
{
	if (gi_unlikely(message->kind != GI_KIND_USER || message->flags != GI_MESSAGE_SPARE)) {
		handle_unusual(scheduler, actor, message);
		return;
	}
	scheduler->message = message;
	scheduler->boxed = message;
	handle_user(scheduler, actor, behavior, message);
	/* Unless it has been kept. */
	if (gi_likely(scheduler->boxed != NULL) && !gi_spare_put(scheduler->spares, message)) {
		gi_heap_free(scheduler->driver->heap, message);
	}
}

/*
 * After the first message of a run: what else is in its inbox, within its budget, and its end if it asked for it.
 * Returns true when its budget ended before its inbox.
 */
static __attribute__((noinline)) bool run_on(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	const struct gatio_behavior *behavior = actor->behavior;
	uint32_t left = budget_of(scheduler, actor);
	while (--left > 0 && actor->inbox_first && !actor->is_ending && !is_to_cut(scheduler)) {
		gi_running_next(&scheduler->driver->running);
		handle_next(scheduler, actor, behavior, gi_inbox_pop(actor));
	}
	if (actor->is_ending) {
		gi_scheduler_leave(scheduler);
		gi_actor_end(scheduler, actor, actor->exit_reason);
		return false;
	}
	return actor->inbox_first;
}

/* Returns as run_on(). Most have one message: that is the straight way through here. */
static inline bool run_actor(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	if (gi_unlikely(actor->is_starting) && !start_attached(scheduler, actor)) {
		return false;
	}
	struct gi_message *message = gi_inbox_pop(actor);
	if (gi_unlikely(!message)) {
		return false;
	}
	const struct gatio_behavior *behavior = actor->behavior;
	scheduler->actor = actor; /* who ran before it need not have been left */
	gi_running_begin(&scheduler->driver->running, behavior->name, actor->address);
	handle_next(scheduler, actor, behavior, message);
	if (gi_likely(!actor->inbox_first && !actor->is_ending)) {
		return false;
	}
	return run_on(scheduler, actor);
}

bool gi_dispatch_run(struct gi_work *work, void *context)
{
	struct gi_scheduler *scheduler = context;
	struct gi_work_queues *queues = &scheduler->driver->ready;
	size_t class = work->class;
	bool has_more;
	gi_assert(!scheduler->actor);
	do {
		has_more = run_actor(scheduler, gi_container_of(work, struct gi_actor, work));
	} while (gi_likely(!has_more) && (work = gi_work_next(queues, class, gi_dispatch_run)));
	gi_scheduler_leave(scheduler);
	return has_more;
}

static bool is_quick(const struct gi_scheduler *scheduler, const struct gi_actor *actor)
{
	return budget_of(scheduler, actor) >= QUICK_BUDGET_MIN;
}

/* What is left of its budget for messages out of mailboxes in this turn. */
static uint32_t left_in_turn(const struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	uint32_t turn = (uint32_t)scheduler->driver->turn_number;
	if (actor->turn_seen != turn) {
		actor->turn_seen = turn;
		actor->turn_handled = 0;
	}
	uint32_t budget = budget_of(scheduler, actor);
	return budget > actor->turn_handled ? budget - actor->turn_handled : 0;
}

bool gi_actor_takes_one(const struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	if (left_in_turn(scheduler, actor) == 0 && is_quick(scheduler, actor)) {
		return false;
	}
	actor->turn_handled++;
	return true;
}

/* false: it does not lie there, or is not for the actor's code. */
static inline bool handle_slot(struct gi_scheduler *scheduler, struct gi_actor *actor,
                               const struct gatio_behavior *behavior, struct gi_message *slot)
{
	bool is_boxed = slot->flags & GI_MESSAGE_BOXED;
	scheduler->message = slot;
	if (gi_likely(slot->kind == GI_KIND_USER && !is_boxed)) {
		handle_user(scheduler, actor, behavior, slot);
		return true;
	}
	if (is_boxed || (slot->kind != GI_KIND_ANSWER && slot->kind != GI_KIND_ANSWER_ERROR)) {
		return false;
	}
	handle_other(scheduler, actor, slot);
	return true;
}

uint32_t gi_actor_handle_in_place(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                  struct gi_message *slots, uint32_t count)
{
	const struct gatio_behavior *behavior = actor->behavior;
	uint32_t left = left_in_turn(scheduler, actor);
	if (count > left) {
		count = left;
	}
	uint32_t handled = 0;
	gi_scheduler_enter(scheduler, actor);
	scheduler->boxed = NULL; /* none of them ends with its handler */
	while (handled < count && !actor->is_ending && !actor->inbox_first &&
	       !is_to_cut(scheduler) && slots[handled].to == actor->address &&
	       handle_slot(scheduler, actor, behavior, &slots[handled])) {
		gi_running_next(&scheduler->driver->running);
		handled++;
	}
	gi_scheduler_leave(scheduler);
	actor->turn_handled += handled;
	if (actor->is_ending) {
		gi_actor_end(scheduler, actor, actor->exit_reason);
	}
	return handled;
}

bool gi_actor_invoke(struct gi_scheduler *scheduler, struct gi_actor *actor,
                     struct gi_message *message)
{
	if (actor->is_starting) {
		start(scheduler, actor);
	}
	if (!actor->is_ending) {
		gi_scheduler_enter(scheduler, actor);
		handle(scheduler, actor, message, NULL);
		gi_scheduler_leave(scheduler);
	}
	if (actor->is_ending) {
		gi_actor_end(scheduler, actor, actor->exit_reason);
		return false;
	}
	return true;
}

bool gi_actor_has_handler(const struct gi_actor *actor, uint32_t type)
{
	return handler_of(actor->behavior, type) != NULL;
}
