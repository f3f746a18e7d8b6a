/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from other drivers: handled where it lies if its actor is idle, else moved to its inbox. */
#include "actors/stage.h"

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
	block->token = slot->token;
	block->kind = slot->kind;
	memcpy(block->payload, slot->payload, sizeof(slot->payload));
	return block;
}

static void deliver_block(struct gi_stage *stage, uint64_t to, struct gi_message *block)
{
	int err = gi_deliver_block(stage, to, block);
	if (err) {
		gi_dead_letter(stage, block, err);
		gi_driver_free(stage->driver, block);
	}
}

static void deliver_to_actor(struct gi_stage *stage, struct gi_message *slot)
{
	if (slot->flags & GI_MESSAGE_BLOCK) {
		deliver_block(stage, slot->to, block_in(slot));
		return;
	}
	struct gi_actor *actor = gi_registry_find(stage, slot->to);
	if (actor && gi_actor_can_handle_in_place(stage, actor)) {
		gi_actor_handle_in_place(stage, actor, slot);
		return;
	}
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

static void on_spawn(struct gi_stage *stage, struct gi_message *slot)
{
	struct gi_message *block = block_in(slot);
	const struct gi_spawn *spawn = (const void *)block->payload;
	uint32_t creator = gi_address_driver(slot->from);
	enum gi_work_class class = gi_class_of(spawn->behavior->priority);
	gi_fetch_add_relaxed(&stage->coming[class], (uint32_t)-1); /* a hint for placement */
	struct gi_actor *actor =
	        gi_actor_create(stage, spawn->behavior, spawn->state, spawn->address, creator);
	if (actor) {
		gi_take_early(stage, actor);
	} else {
		gi_registry_skip(stage, spawn->address);
		gi_drop_early(stage, spawn->address, stage->is_closed ? -ESRCH : -ENOMEM);
	}
	gi_driver_free(stage->driver, block);
}

void gi_stage_deliver(void *context, struct gi_message *message)
{
	struct gi_stage *stage = context;
	switch (message->kind) {
	case GI_KIND_USER:
	case GI_KIND_ANSWER:
	case GI_KIND_ANSWER_ERROR:
		deliver_to_actor(stage, message);
		break;
	case GI_KIND_SPAWN:
		on_spawn(stage, message);
		break;
	case GI_KIND_NUMBER_HOME:
		gi_number_put(stage, message->to);
		break;
	case GI_KIND_CALL: {
		struct gi_call call;
		memcpy(&call, message->payload, sizeof(call));
		call.run(stage, call.argument, call.value);
		break;
	}
	default:
		gi_assert(message->kind == GI_KIND_CALL); /* no stage sends anything else */
	}
}
