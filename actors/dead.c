/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters. */
#include "actors/dead.h"
#include "actors/ask.h"
#include "actors/message.h"
#include "actors/stage.h"

#include "base/assert.h"
#include "drivers/send.h"

#include <string.h>

static bool is_ask(const struct gi_message *message)
{
	return message->kind == GI_KIND_USER && message->token != 0;
}

static void count(struct gi_stage *stage, const struct gi_message *message)
{
	/* What tells of an ask without an answer was sent by nobody. */
	if (message->kind != GI_KIND_ANSWER_ERROR) {
		gi_count(&stage->counters.dead_letters, 1);
	}
}

/* On this driver the pending ask itself says so; false: the asker is on another. */
static bool tell_here(struct gi_stage *stage, const struct gi_message *ask, int err)
{
	if (gi_address_driver(ask->from) != stage->index) {
		return false;
	}
	gi_ask_failed(stage, ask->from, ask->token, err);
	return true;
}

/* The way is open. */
static void send_refusal(struct gi_stage *stage, struct gi_message *block, uint64_t asker,
                         uint64_t token, int err)
{
	gi_message_set_tag(block, 0, token);
	block->kind = GI_KIND_ANSWER_ERROR;
	block->flags = 0;
	block->mark = GI_MESSAGE_MARK;
	block->size = sizeof(err);
	memcpy(block->payload, &err, sizeof(err));
	gi_driver_send_block(stage->driver, gi_address_driver(asker), block, asker, GI_WAY_COPIED);
}

static struct gi_message *alloc_refusal(struct gi_stage *stage)
{
	struct gi_message *block = gi_message_block(stage, 0, sizeof(int));
	return block ? block
	             : gi_heap_alloc_reserved(stage->driver->heap, sizeof(struct gi_message));
}

void gi_dead_letter(struct gi_stage *stage, const struct gi_message *message, int err)
{
	count(stage, message);
	if (!is_ask(message) || tell_here(stage, message, err)) {
		return;
	}
	uint32_t asking = gi_address_driver(message->from);
	struct gi_message *block =
	        gi_route_open(stage->driver, asking, true) ? alloc_refusal(stage) : NULL;
	if (block) {
		send_refusal(stage, block, message->from, message->token, err);
	}
}

void gi_dead_block(struct gi_stage *stage, struct gi_message *block, int err)
{
	count(stage, block);
	if (!is_ask(block) || tell_here(stage, block, err) ||
	    !gi_route_open(stage->driver, gi_address_driver(block->from), true)) {
		gi_driver_free(stage->driver, block);
		return;
	}
	send_refusal(stage, block, block->from, block->token, err);
}
