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
static __attribute__((noinline)) void drop_unhandled(struct gi_stage *stage,
                                                     const struct gatio_behavior *behavior,
                                                     struct gi_message *message)
{
	gi_unhandled_warn(stage, behavior, message->type);
	if (stage->block == message) {
		stage->block = NULL; /* given away */
		gi_dead_block(stage, message, -EPROTO);
	} else {
		gi_dead_letter(stage, message, -EPROTO);
	}
}

static inline void handle_user(struct gi_stage *stage, struct gi_actor *actor,
                               const struct gatio_behavior *behavior, struct gi_message *message)
{
	gatio_handler_fn handle = handler_of(behavior, message->type);
	if (gi_unlikely(!handle)) {
		handle = behavior->other;
	}
	if (!handle) {
		drop_unhandled(stage, behavior, message);
		return;
	}
	handle(actor->state, message->payload);
}

/* What is not sent by an actor's code. */
static __attribute__((noinline)) void handle_other(struct gi_stage *stage, struct gi_actor *actor,
                                                   struct gi_message *message)
{
	switch (message->kind) {
	case GI_KIND_CANCELLED:
		break;
	case GI_KIND_ALARM:
		gi_alarm_handled(message);
		handle_user(stage, actor, actor->behavior, message);
		break;
	default:
		gi_ask_answered(stage, actor, message);
	}
}

/* In the actor. block: the message, if it ends with its handler; else NULL. */
static inline void handle(struct gi_stage *stage, struct gi_actor *actor,
                          struct gi_message *message, struct gi_message *block)
{
	stage->message = message;
	stage->block = block;
	if (gi_likely(message->kind == GI_KIND_USER)) {
		handle_user(stage, actor, actor->behavior, message);
	} else {
		handle_other(stage, actor, message);
	}
}

static void start(struct gi_stage *stage, struct gi_actor *actor)
{
	actor->is_starting = false;
	if (actor->behavior->started) {
		gi_stage_enter(stage, actor);
		actor->behavior->started(actor->state);
		gi_stage_leave(stage);
	}
}

/* What it is attached to comes before its inbox. false: it has ended. */
static __attribute__((noinline)) bool start_attached(struct gi_stage *stage, struct gi_actor *actor)
{
	gi_stage_leave(stage); /* who ran before it */
	start(stage, actor);
	if (actor->is_ending) {
		gi_actor_end(stage, actor, actor->exit_reason);
		return false;
	}
	struct gi_attachment *attachment = actor->attachment;
	return !attachment || attachment->actor_started(attachment);
}

static uint32_t budget_of(const struct gi_stage *stage, const struct gi_actor *actor)
{
	return actor->behavior->budget ? actor->behavior->budget : stage->budget;
}

/* All but the usual message: an answer, an alarm, one that was posted or is too large for a spare. */
static __attribute__((noinline)) void handle_unusual(struct gi_stage *stage, struct gi_actor *actor,
                                                     struct gi_message *message)
{
	handle(stage, actor, message, message);
	struct gi_message *block = stage->block;
	if (block && !(block->flags & GI_MESSAGE_SPARE && gi_spare_put(stage->spares, block))) {
		gi_heap_free(stage->driver->heap, block);
	}
}

/* The message has come out of its inbox. */
static inline void handle_next(struct gi_stage *stage, struct gi_actor *actor,
                               const struct gatio_behavior *behavior, struct gi_message *message)
{
	if (gi_unlikely(message->kind != GI_KIND_USER || message->flags != GI_MESSAGE_SPARE)) {
		handle_unusual(stage, actor, message);
		return;
	}
	stage->message = message;
	stage->block = message;
	handle_user(stage, actor, behavior, message);
	/* Unless it has been kept. */
	if (gi_likely(stage->block != NULL) && !gi_spare_put(stage->spares, message)) {
		gi_heap_free(stage->driver->heap, message);
	}
}

/*
 * After the first message of a run: what else is in its inbox, within its budget, and its end if it asked for it.
 * Returns true when its budget ended before its inbox.
 */
static __attribute__((noinline)) bool run_on(struct gi_stage *stage, struct gi_actor *actor)
{
	uint32_t left = budget_of(stage, actor);
	while (--left > 0 && actor->inbox_first && !actor->is_ending) {
		gi_running_next(&stage->driver->running);
		handle_next(stage, actor, actor->behavior, gi_inbox_pop(actor));
	}
	if (actor->is_ending) {
		gi_stage_leave(stage);
		gi_actor_end(stage, actor, actor->exit_reason);
		return false;
	}
	return actor->inbox_first;
}

/* Returns as run_on(). Most have one message: that is the straight way through here. */
static inline bool run_actor(struct gi_stage *stage, struct gi_actor *actor)
{
	if (gi_unlikely(actor->is_starting) && !start_attached(stage, actor)) {
		return false;
	}
	struct gi_message *message = gi_inbox_pop(actor);
	if (gi_unlikely(!message)) {
		return false;
	}
	const struct gatio_behavior *behavior = actor->behavior;
	stage->actor = actor; /* who ran before it need not have been left */
	gi_running_begin(&stage->driver->running, behavior->name, actor->address);
	handle_next(stage, actor, behavior, message);
	if (gi_likely(!actor->inbox_first && !actor->is_ending)) {
		return false;
	}
	return run_on(stage, actor);
}

bool gi_dispatch_run(struct gi_work *work, void *context)
{
	struct gi_stage *stage = context;
	struct gi_work_queues *queues = &stage->driver->ready;
	size_t class = work->class;
	bool has_more;
	gi_assert(!stage->actor);
	do {
		has_more = run_actor(stage, gi_container_of(work, struct gi_actor, work));
	} while (gi_likely(!has_more) && (work = gi_work_next(queues, class, gi_dispatch_run)));
	gi_stage_leave(stage);
	return has_more;
}

static bool is_quick(const struct gi_stage *stage, const struct gi_actor *actor)
{
	return budget_of(stage, actor) >= QUICK_BUDGET_MIN;
}

/* What is left of its budget for messages out of mailboxes in this turn. */
static uint32_t left_in_turn(const struct gi_stage *stage, struct gi_actor *actor)
{
	uint32_t turn = (uint32_t)stage->driver->turn_number;
	if (actor->turn_seen != turn) {
		actor->turn_seen = turn;
		actor->turn_handled = 0;
	}
	uint32_t budget = budget_of(stage, actor);
	return budget > actor->turn_handled ? budget - actor->turn_handled : 0;
}

bool gi_actor_takes_one(const struct gi_stage *stage, struct gi_actor *actor)
{
	if (left_in_turn(stage, actor) == 0 && is_quick(stage, actor)) {
		return false;
	}
	actor->turn_handled++;
	return true;
}

static bool is_for_actor_in_place(const struct gi_message *slot, uint64_t address)
{
	return slot->to == address && slot->kind <= GI_KIND_ANSWER_ERROR &&
	       slot->kind >= GI_KIND_USER && !(slot->flags & GI_MESSAGE_BLOCK);
}

uint32_t gi_actor_handle_in_place(struct gi_stage *stage, struct gi_actor *actor,
                                  struct gi_message *slots, uint32_t count)
{
	uint32_t left = left_in_turn(stage, actor);
	if (count > left) {
		count = left;
	}
	uint32_t handled = 0;
	gi_stage_enter(stage, actor);
	while (handled < count && !actor->is_ending && !actor->inbox_first &&
	       is_for_actor_in_place(&slots[handled], actor->address)) {
		handle(stage, actor, &slots[handled], NULL);
		gi_running_next(&stage->driver->running);
		handled++;
	}
	gi_stage_leave(stage);
	actor->turn_handled += handled;
	if (actor->is_ending) {
		gi_actor_end(stage, actor, actor->exit_reason);
	}
	return handled;
}

bool gi_actor_call(struct gi_stage *stage, struct gi_actor *actor, struct gi_message *message)
{
	if (actor->is_starting) {
		start(stage, actor);
	}
	if (!actor->is_ending) {
		gi_stage_enter(stage, actor);
		handle(stage, actor, message, NULL);
		gi_stage_leave(stage);
	}
	if (actor->is_ending) {
		gi_actor_end(stage, actor, actor->exit_reason);
		return false;
	}
	return true;
}

bool gi_actor_has_handler(const struct gi_actor *actor, uint32_t type)
{
	return handler_of(actor->behavior, type) != NULL;
}
