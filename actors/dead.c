/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters. */
#include "actors/dead.h"
#include "actors/ask.h"
#include "actors/message.h"
#include "actors/scheduler.h"

#include "base/assert.h"
#include "drivers/send.h"

#include <string.h>

static bool is_ask(const struct gi_message *message)
{
	return message->kind == GI_KIND_USER && message->token != 0;
}

static void count(struct gi_scheduler *scheduler, const struct gi_message *message)
{
	/* What tells of an ask without an answer was sent by nobody. */
	if (message->kind != GI_KIND_ANSWER_ERROR) {
		gi_count(&scheduler->counters.dead_letters, 1);
	}
}

/* On this driver the pending ask itself says so; false: the asker is on another. */
static bool tell_here(struct gi_scheduler *scheduler, const struct gi_message *ask, int err)
{
	if (gi_address_driver(ask->from) != scheduler->index) {
		return false;
	}
	gi_ask_failed(scheduler, ask->from, ask->token, err);
	return true;
}

/* The way is open. */
static void send_refusal(struct gi_scheduler *scheduler, struct gi_message *boxed, uint64_t asker,
                         uint64_t token, int err)
{
	gi_assert(token != 0);
	gi_assert(gi_address_driver(asker) != scheduler->index);
	gi_message_set_tag(boxed, 0, token);
	boxed->kind = GI_KIND_ANSWER_ERROR;
	boxed->flags = 0;
	boxed->mark = GI_MESSAGE_MARK;
	boxed->size = sizeof(err);
	memcpy(boxed->payload, &err, sizeof(err));
	gi_driver_send_boxed(scheduler->driver, gi_address_driver(asker), boxed, asker,
	                     GI_PASS_COPY);
}

static struct gi_message *alloc_refusal(struct gi_scheduler *scheduler)
{
	struct gi_message *boxed = gi_message_box(scheduler, 0, sizeof(int));
	return boxed ? boxed
	             : gi_heap_alloc_reserved(scheduler->driver->heap, sizeof(struct gi_message));
}

void gi_dead_letter(struct gi_scheduler *scheduler, const struct gi_message *message, int err)
{
	gi_assert(message->mark == GI_MESSAGE_MARK);
	gi_assert(message->kind <= GI_KIND_ANSWER_ERROR);
	count(scheduler, message);
	if (!is_ask(message) || tell_here(scheduler, message, err)) {
		return;
	}
	uint32_t asking = gi_address_driver(message->from);
	struct gi_message *boxed =
	        gi_route_open(scheduler->driver, asking) ? alloc_refusal(scheduler) : NULL;
	if (boxed) {
		send_refusal(scheduler, boxed, message->from, message->token, err);
	}
}

void gi_dead_boxed(struct gi_scheduler *scheduler, struct gi_message *boxed, int err)
{
	gi_assert(boxed->mark == GI_MESSAGE_MARK);
	gi_assert(boxed->kind <=
	          GI_KIND_ANSWER_ERROR); /* an alarm's is the user's again, or cancelled */
	count(scheduler, boxed);
	if (!is_ask(boxed) || tell_here(scheduler, boxed, err) ||
	    !gi_route_open(scheduler->driver, gi_address_driver(boxed->from))) {
		gi_driver_free(scheduler->driver, boxed);
		return;
	}
	send_refusal(scheduler, boxed, boxed->from, boxed->token, err);
}
