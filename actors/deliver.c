/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from other drivers: handled where it lies if its actor is idle, else moved to its inbox. */
#include "actors/deliver.h"
#include "actors/ask.h"
#include "actors/credit.h"
#include "actors/dead.h"
#include "actors/dispatch.h"
#include "actors/early.h"
#include "actors/inbox.h"
#include "actors/life.h"
#include "actors/message.h"
#include "actors/registry.h"
#include "actors/send.h"

#include "base/assert.h"
#include "base/branch.h"

#include <errno.h>
#include <string.h>

static struct gi_message *boxed_in(const struct gi_message *slot)
{
	struct gi_message *boxed;
	memcpy(&boxed, slot->payload, sizeof(boxed));
	gi_assert_slow(boxed->mark == GI_MESSAGE_MARK);
	gi_assert_slow(boxed->kind == slot->kind);
	return boxed;
}

/* The slot's content, boxed by this driver. */
static struct gi_message *copy_of(struct gi_scheduler *scheduler, const struct gi_message *slot)
{
	struct gi_message *boxed = gi_message_box(scheduler, slot->type, slot->size);
	if (!boxed) {
		return NULL;
	}
	boxed->from = slot->from;
	boxed->tag = slot->tag;
	boxed->kind = slot->kind;
	memcpy(boxed->payload, slot->payload, sizeof(slot->payload));
	return boxed;
}

static void deliver_boxed(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed)
{
	int err = gi_deliver_boxed(scheduler, to, boxed);
	if (err) {
		gi_dead_boxed(scheduler, boxed, err);
	}
}

/* To an actor's inbox: the usual message, which a spare takes as it is. false: it is another, or there is none at hand. */
static inline bool move(struct gi_scheduler *scheduler, struct gi_actor *actor,
                        const struct gi_message *slot)
{
	if (gi_unlikely(slot->kind == GI_KIND_ANSWER_ERROR)) {
		return false;
	}
	struct gi_message *boxed = gi_spare_take(scheduler->spares);
	if (gi_unlikely(!boxed)) {
		return false;
	}
	*boxed = *slot;
	boxed->flags = GI_MESSAGE_SPARE;
	gi_actor_enqueue(scheduler, actor, boxed);
	return true;
}

/* Any other: to its actor's inbox, to those that wait for their spawn, or to the dead. */
static __attribute__((noinline)) void keep(struct gi_scheduler *scheduler, struct gi_message *slot)
{
	if (slot->kind == GI_KIND_ANSWER_ERROR) {
		int err;
		memcpy(&err, slot->payload, sizeof(err));
		gi_ask_failed(scheduler, slot->to, slot->token, err);
		return;
	}
	struct gi_message *boxed = copy_of(scheduler, slot);
	if (!boxed) {
		gi_dead_letter(scheduler, slot, -ENOMEM);
		if (slot->kind == GI_KIND_ANSWER) {
			gi_ask_failed(scheduler, slot->to, slot->token, -ENOMEM);
		}
		return;
	}
	deliver_boxed(scheduler, slot->to, boxed);
}

/*
 * May the actor handle a message where it lies, or must it wait in the inbox? Only while no other handler runs, its
 * inbox is empty, it has started, and nobody of its class or a higher one is ready: else the classes decide who runs.
 */
static inline bool can_handle_in_place(const struct gi_scheduler *scheduler,
                                       const struct gi_actor *actor)
{
	return !scheduler->actor && !actor->inbox_first && !actor->is_starting &&
	       !actor->is_ending &&
	       !gi_work_is_before(&scheduler->driver->ready, actor->work.class);
}

/* As many as have come and follow each other to the same actor. */
static uint32_t deliver_to_actor(struct gi_scheduler *scheduler, struct gi_message *slots,
                                 uint32_t count, uint32_t stamp)
{
	if (slots->flags & GI_MESSAGE_BOXED) {
		gi_work_note_arrival(&scheduler->driver->ready);
		deliver_boxed(scheduler, slots->to, boxed_in(slots));
		return 1;
	}
	struct gi_actor *actor = gi_registry_find(scheduler, slots->to);
	if (actor && can_handle_in_place(scheduler, actor)) {
		uint32_t handled = gi_actor_handle_in_place(scheduler, actor, slots, count, stamp);
		if (handled > 0) {
			return handled;
		}
	}
	if (actor && !gi_actor_takes_one(scheduler, actor)) {
		return 0;
	}
	gi_work_note_arrival(&scheduler->driver->ready);
	if (gi_unlikely(!actor) || !move(scheduler, actor, slots)) {
		keep(scheduler, slots);
	}
	return 1;
}

static void on_spawn(struct gi_scheduler *scheduler, struct gi_message *slot)
{
	struct gi_message *boxed = boxed_in(slot);
	const struct gi_spawn *spawn = (const void *)boxed->payload;
	gi_assert(gi_address_driver(spawn->address) == scheduler->index);
	gi_assert(gi_address_system(spawn->address) == scheduler->system_id);
	enum gi_work_class class = gi_class_of(spawn->behavior->priority);
	gi_fetch_add_relaxed(&scheduler->coming[class], (uint32_t)-1); /* a hint for placement */
	gi_credit_arrived(scheduler, spawn->sender_index);
	struct gi_actor *actor =
	        gi_actor_create(scheduler, spawn->behavior, spawn->state, spawn->address);
	/* Not on its way any more: after it has been made, so that one of the two counts has it. */
	gi_census_add(&scheduler->census, spawn->behavior, (uint32_t)-1);
	if (actor) {
		gi_early_take(scheduler, actor);
	} else {
		gi_early_drop(scheduler, spawn->address, scheduler->is_cut ? -ESRCH : -ENOMEM);
	}
	gi_driver_free(scheduler->driver, boxed);
}

static void on_call(struct gi_scheduler *scheduler, const struct gi_message *slot)
{
	struct gi_call call;
	memcpy(&call, slot->payload, sizeof(call));
	gi_assert(call.run);
	call.run(scheduler, call.argument, call.value);
}

uint32_t gi_scheduler_deliver(void *context, struct gi_message *first, uint32_t count,
                              uint32_t stamp)
{
	struct gi_scheduler *scheduler = context;
	gi_assert_on_driver(scheduler->driver);
	gi_assert_slow(!scheduler->actor); /* between handlers */
	gi_assert_slow(count > 0);
	gi_assert_slow(gi_message_has_come(first, stamp));
	gi_assert_slow(first->mark == GI_MESSAGE_MARK);
	switch (first->kind) {
	case GI_KIND_USER:
	case GI_KIND_ANSWER:
	case GI_KIND_ANSWER_ERROR:
		return deliver_to_actor(scheduler, first, count, stamp);
	case GI_KIND_SPAWN:
		on_spawn(scheduler, first);
		return 1;
	default:
		gi_assert(first->kind == GI_KIND_CALL); /* no driver sends anything else */
		on_call(scheduler, first);
		return 1;
	}
}
