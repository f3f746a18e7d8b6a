/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An actor's turn: message by message its handler, within its budget, and its end if it asked for it.
 *
 * A message reaches its handler in one of two ways. One out of the inbox is boxed, and goes with its handler unless that
 * keeps it: scheduler->boxed is the message until then. One that is lent lies in a slot, or with whoever invokes the
 * actor: scheduler->boxed is NULL, and nobody here frees it.
 *
 * Nearly all are a user's, in a spare, the only one in an inbox, and of an actor that goes on living. This is the
 * straight way from gi_dispatch_run() over run_actor() and handle_popped() to call_handler(), all in one function to the
 * compiler. What is rare is beside it in functions of its own: handle_special(), handle_popped_special(), run_rest().
 */
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

/* ---- One message ---------------------------------------------------------------------------------------------------- */

static gatio_handler_fn handler_of(const struct gatio_behavior *behavior, uint32_t type)
{
	return type < behavior->table_size ? behavior->table[type] : NULL;
}

/* Its behaviour has neither on() for it nor other(). */
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

static inline void call_handler(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                const struct gatio_behavior *behavior, struct gi_message *message)
{
	gi_assert_slow(scheduler->actor == actor);
	gi_assert_slow(scheduler->message == message);
	gi_assert_slow(message->kind == GI_KIND_USER);
	gi_assert_slow(message->mark == GI_MESSAGE_MARK);
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

/* An alarm, one that was taken back, an answer. */
static __attribute__((noinline)) void
handle_special(struct gi_scheduler *scheduler, struct gi_actor *actor, struct gi_message *message)
{
	switch (message->kind) {
	case GI_KIND_CANCELLED:
		break;
	case GI_KIND_ALARM:
		gi_alarm_handled(message); /* from here on it is a user's */
		call_handler(scheduler, actor, actor->behavior, message);
		break;
	default:
		gi_assert_slow(message->kind == GI_KIND_ANSWER ||
		               message->kind == GI_KIND_ANSWER_ERROR);
		gi_ask_answered(scheduler, actor, message);
	}
}

/* The actor has been entered. boxed: the message, if it goes with its handler; NULL: it is lent. */
static void handle(struct gi_scheduler *scheduler, struct gi_actor *actor,
                   struct gi_message *message, struct gi_message *boxed)
{
	scheduler->message = message;
	scheduler->boxed = boxed;
	if (gi_likely(message->kind == GI_KIND_USER)) {
		call_handler(scheduler, actor, actor->behavior, message);
	} else {
		handle_special(scheduler, actor, message);
	}
}

/* ---- A turn of the actor -------------------------------------------------------------------------------------------- */

/* started(), if it has one, before anything else of the actor runs. */
static void start(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	gi_assert(actor->is_starting);
	gi_assert(!actor->is_ending);
	actor->is_starting = false;
	if (actor->behavior->started) {
		gi_scheduler_enter(scheduler, actor);
		actor->behavior->started(actor->state);
		gi_scheduler_leave(scheduler);
	}
}

/* Its first turn: what it is attached to comes after started() and before its inbox. false: it has ended. */
static __attribute__((noinline)) bool start_in_turn(struct gi_scheduler *scheduler,
                                                    struct gi_actor *actor)
{
	gi_scheduler_leave(scheduler); /* who ran before it: see run_actor() */
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

/* handle_popped() for all but a user's in a spare: an answer, an alarm, one that was posted or is too large. */
static __attribute__((noinline)) void handle_popped_special(struct gi_scheduler *scheduler,
                                                            struct gi_actor *actor,
                                                            struct gi_message *message)
{
	handle(scheduler, actor, message, message);
	struct gi_message *boxed = scheduler->boxed; /* NULL: it has been kept */
	gi_assert_slow(!boxed || boxed == message);
	if (boxed && !(boxed->flags & GI_MESSAGE_SPARE && gi_spare_put(scheduler->spares, boxed))) {
		gi_heap_free(scheduler->driver->heap, boxed);
	}
}

/* The message has come out of its inbox, and goes with its handler. */
static inline void handle_popped(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                 const struct gatio_behavior *behavior, struct gi_message *message)
{
	if (gi_unlikely(message->kind != GI_KIND_USER || message->flags != GI_MESSAGE_SPARE)) {
		handle_popped_special(scheduler, actor, message);
		return;
	}
	scheduler->message = message;
	scheduler->boxed = message;
	call_handler(scheduler, actor, behavior, message);
	/* Unless it has been kept. */
	if (gi_likely(scheduler->boxed != NULL) && !gi_spare_put(scheduler->spares, message)) {
		gi_heap_free(scheduler->driver->heap, message);
	}
}

/*
 * After the first message of its turn: what else is in its inbox, within its budget, and its end if it asked for it.
 * Returns true if its budget ended before its inbox.
 */
static __attribute__((noinline)) bool run_rest(struct gi_scheduler *scheduler,
                                               struct gi_actor *actor)
{
	const struct gatio_behavior *behavior = actor->behavior;
	uint32_t left = budget_of(scheduler, actor);
	gi_assert_slow(left > 0);
	while (--left > 0 && actor->inbox_first && !actor->is_ending && !is_to_cut(scheduler)) {
		gi_running_next(&scheduler->driver->running);
		handle_popped(scheduler, actor, behavior, gi_inbox_pop(actor));
	}
	if (actor->is_ending) {
		gi_scheduler_leave(scheduler);
		gi_actor_end(scheduler, actor, actor->exit_reason);
		return false;
	}
	return actor->inbox_first;
}

/*
 * One actor's turn. Returns as run_rest(): most have one message, and need it not.
 *
 * The actor that ran before need not have been left. What the API means is overwritten: here by the next actor, or by
 * gi_dispatch_run() after the last; nothing looks at it in between.
 */
static inline bool run_actor(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	gi_assert_slow(!actor->is_ending); /* else its work would be another's: see life.c */
	if (gi_unlikely(actor->is_starting) && !start_in_turn(scheduler, actor)) {
		return false;
	}
	struct gi_message *message = gi_inbox_pop(actor);
	if (gi_unlikely(!message)) {
		return false; /* it has only been started, or woken by what it has handled since */
	}
	const struct gatio_behavior *behavior = actor->behavior;
	scheduler->actor = actor;
	gi_running_begin(&scheduler->driver->running, behavior->kept_name, actor->address);
	handle_popped(scheduler, actor, behavior, message);
	if (gi_likely(!actor->inbox_first && !actor->is_ending)) {
		return false;
	}
	return run_rest(scheduler, actor);
}

/*
 * The turns of actors of one class, one behind the other, for as long as the class has something left of its share: to go
 * back to gi_work_run() for each would cost as much as many a handler. Only the last may have more in its inbox: it is
 * the one that gi_work_run() then queues again. Those before had not, so nothing has to be said of them.
 */
bool gi_dispatch_run(struct gi_work *work, void *context)
{
	struct gi_scheduler *scheduler = context;
	struct gi_work_queues *queues = &scheduler->driver->ready;
	size_t class = work->class;
	bool has_more;
	gi_assert(!scheduler->actor);
	do { /* at most as often as the class has something left of its share */
		has_more = run_actor(scheduler, gi_container_of(work, struct gi_actor, work));
	} while (gi_likely(!has_more) && (work = gi_work_next(queues, class, gi_dispatch_run)));
	gi_scheduler_leave(scheduler);
	return has_more;
}

/* ---- In place ------------------------------------------------------------------------------------------------------- */

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

/* What is no plain message. false: it does not lie there, or is not for the actor's code. */
static __attribute__((noinline)) bool
handle_special_slot(struct gi_scheduler *scheduler, struct gi_actor *actor, struct gi_message *slot)
{
	if (slot->flags & GI_MESSAGE_BOXED ||
	    (slot->kind != GI_KIND_ANSWER && slot->kind != GI_KIND_ANSWER_ERROR)) {
		return false;
	}
	scheduler->message = slot;
	handle_special(scheduler, actor, slot);
	return true;
}

/* false: nothing has come, or not to this actor, or nothing that lies there. */
static inline bool handle_slot(struct gi_scheduler *scheduler, struct gi_actor *actor,
                               struct gi_message *slot, uint32_t stamp)
{
	uint32_t label = gi_load_acquire(&slot->label); /* filled */
	if (gi_unlikely(label != (GI_PLAIN_LABEL | stamp))) {
		return (label & GI_MESSAGE_STAMPS) == stamp && slot->to == actor->address &&
		       handle_special_slot(scheduler, actor, slot);
	}
	if (slot->to != actor->address) {
		return false;
	}
	scheduler->message = slot;
	call_handler(scheduler, actor, actor->behavior, slot);
	return true;
}

uint32_t gi_actor_handle_in_place(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                  struct gi_message *slots, uint32_t count, uint32_t stamp)
{
	gi_assert_slow(count > 0);
	gi_assert_slow(!actor->is_starting);
	gi_assert_slow(!actor->inbox_first); /* or it would overtake those */
	uint32_t left = left_in_turn(scheduler, actor);
	if (count > left) {
		count = left;
	}
	struct gi_message *slot = slots;
	const struct gi_message *end = slots + count;
	gi_scheduler_enter(scheduler, actor);
	scheduler->boxed = NULL; /* none of them ends with its handler */
	while (slot < end && !actor->is_ending && !actor->inbox_first && !is_to_cut(scheduler) &&
	       handle_slot(scheduler, actor, slot, stamp)) {
		gi_running_next(&scheduler->driver->running);
		slot++;
	}
	gi_scheduler_leave(scheduler);
	uint32_t handled = (uint32_t)(slot - slots);
	actor->turn_handled += handled;
	if (actor->is_ending) {
		gi_actor_end(scheduler, actor, actor->exit_reason);
	}
	return handled;
}

bool gi_actor_invoke(struct gi_scheduler *scheduler, struct gi_actor *actor,
                     struct gi_message *message)
{
	gi_assert_slow(message->kind == GI_KIND_USER);
	gi_assert_slow(!(message->flags & GI_MESSAGE_BOXED));
	gi_assert_slow(!actor->is_ending); /* who has heard of its end lets it go */
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
