/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from other drivers: handled where it lies if its actor is idle, else moved to its inbox. */
#include "actors/deliver.h"
#include "actors/ask.h"
#include "actors/credit.h"
#include "actors/dead.h"
#include "actors/dispatch.h"
#include "actors/early.h"
#include "actors/life.h"
#include "actors/message.h"
#include "actors/registry.h"
#include "actors/send.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

static struct gi_message *block_in(const struct gi_message *slot)
{
	struct gi_message *block;
	memcpy(&block, slot->payload, sizeof(block));
	return block;
}

/* The slot's content as a block of this driver. */
static struct gi_message *copy_of(struct gi_stage *stage, const struct gi_message *slot)
{
	struct gi_message *block = gi_message_block(stage, slot->type, slot->size);
	if (!block) {
		return NULL;
	}
	block->from = slot->from;
	block->tag = slot->tag;
	block->kind = slot->kind;
	memcpy(block->payload, slot->payload, sizeof(slot->payload));
	return block;
}

static void deliver_block(struct gi_stage *stage, uint64_t to, struct gi_message *block)
{
	int err = gi_deliver_block(stage, to, block);
	if (err) {
		gi_dead_block(stage, block, err);
	}
}

/* No actor can handle it now: to its inbox, to those that wait for their spawn, or to the dead. */
static void keep(struct gi_stage *stage, struct gi_message *slot)
{
	if (slot->kind == GI_KIND_ANSWER_ERROR) {
		int err;
		memcpy(&err, slot->payload, sizeof(err));
		gi_ask_failed(stage, slot->to, slot->token, err);
		return;
	}
	struct gi_message *block = copy_of(stage, slot);
	if (!block) {
		gi_dead_letter(stage, slot, -ENOMEM);
		if (slot->kind == GI_KIND_ANSWER) {
			gi_ask_failed(stage, slot->to, slot->token, -ENOMEM);
		}
		return;
	}
	deliver_block(stage, slot->to, block);
}

/*
 * May the actor handle a message where it lies, or must it wait in the inbox? Only while no other handler runs, its inbox is
 * empty, it has started, and nobody of its class or a higher one is ready: else the classes decide who runs.
 */
static inline bool can_handle_in_place(const struct gi_stage *stage, const struct gi_actor *actor)
{
	return !stage->actor && !actor->inbox_first && !actor->is_starting && !actor->is_ending &&
	       !gi_work_is_before(&stage->driver->ready, actor->work.class);
}

/* As many as follow each other to the same actor. */
static uint32_t deliver_to_actor(struct gi_stage *stage, struct gi_message *slots, uint32_t count)
{
	if (slots->flags & GI_MESSAGE_BLOCK) {
		deliver_block(stage, slots->to, block_in(slots));
		return 1;
	}
	struct gi_actor *actor = gi_registry_find(stage, slots->to);
	if (actor && can_handle_in_place(stage, actor)) {
		uint32_t handled = gi_actor_handle_in_place(stage, actor, slots, count);
		if (handled > 0) {
			return handled;
		}
	}
	if (actor && !gi_actor_takes_one(stage, actor)) {
		return 0;
	}
	keep(stage, slots);
	return 1;
}

static void on_spawn(struct gi_stage *stage, struct gi_message *slot)
{
	struct gi_message *block = block_in(slot);
	const struct gi_spawn *spawn = (const void *)block->payload;
	enum gi_work_class class = gi_class_of(spawn->behavior->priority);
	gi_fetch_add_relaxed(&stage->coming[class], (uint32_t)-1); /* a hint for placement */
	gi_credit_arrived(stage, spawn->sender_index);
	struct gi_actor *actor =
	        gi_actor_create(stage, spawn->behavior, spawn->state, spawn->address);
	gi_census_add(&stage->census, spawn->behavior,
	              (uint32_t)-1); /* it is not on its way any more */
	if (actor) {
		gi_early_take(stage, actor);
	} else {
		gi_early_drop(stage, spawn->address, stage->is_cut ? -ESRCH : -ENOMEM);
	}
	gi_driver_free(stage->driver, block);
}

static void on_call(struct gi_stage *stage, const struct gi_message *slot)
{
	struct gi_call call;
	memcpy(&call, slot->payload, sizeof(call));
	call.run(stage, call.argument, call.value);
}

uint32_t gi_stage_deliver(void *context, struct gi_message *first, uint32_t count)
{
	struct gi_stage *stage = context;
	switch (first->kind) {
	case GI_KIND_USER:
	case GI_KIND_ANSWER:
	case GI_KIND_ANSWER_ERROR:
		return deliver_to_actor(stage, first, count);
	case GI_KIND_SPAWN:
		on_spawn(stage, first);
		return 1;
	default:
		gi_assert(first->kind == GI_KIND_CALL); /* no stage sends anything else */
		on_call(stage, first);
		return 1;
	}
}
