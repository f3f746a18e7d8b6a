/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks: who waits for which answer, until when.
 *
 * A token is an index into the driver's table and the generation of that place. Places are used again in the order in
 * which they became free, so a token stays unused for long; an answer must also have come to the actor that asked.
 * What tells that there will be no answer lies ready in the pending ask: it needs no memory when memory is short.
 */
#include "actors/inbox.h"

#include "base/assert.h"
#include "base/branch.h"

#include <errno.h>
#include <string.h>

#define ASK_INDEX_MASK (GI_ASK_COUNT_MAX - 1)
#define ASK_CAPACITY   256u
/* With 28 bits a place is used 268 million times before a token comes again. */
#define GENERATION_MASK ((1u << (48 - GI_ASK_INDEX_BITS)) - 1)

struct gi_pending {
	struct gi_message late; /* the message that says: no answer; its payload holds the err */
	struct gi_timer deadline;
	struct gi_stage *stage;
	struct gi_actor *actor;
	struct gi_pending *next;
	struct gi_pending *previous;
	const struct gatio_answer *answer;
	uint64_t tag;
	uint64_t token;
	bool is_late; /* `late` is in the inbox, and will be freed from there */
};

static int grow(struct gi_stage *stage)
{
	struct gi_asks *asks = &stage->asks;
	uint32_t capacity = asks->capacity ? asks->capacity * 2 : ASK_CAPACITY;
	if (capacity > GI_ASK_COUNT_MAX) {
		return -ENOBUFS;
	}
	struct gi_ask_slot *slots = gi_heap_alloc(stage->driver->heap, sizeof(*slots) * capacity);
	if (!slots) {
		return -ENOMEM;
	}
	if (asks->capacity > 0) {
		memcpy(slots, asks->slots, sizeof(*slots) * asks->capacity);
	}
	for (uint32_t i = asks->capacity; i < capacity; i++) {
		slots[i] = (struct gi_ask_slot){.generation = 1, .next_free = i + 2};
	}
	slots[capacity - 1].next_free = 0;
	gi_heap_free(stage->driver->heap, asks->slots);
	asks->slots = slots;
	asks->free_first = asks->capacity + 1;
	asks->free_last = capacity;
	asks->capacity = capacity;
	return 0;
}

static int take_token(struct gi_stage *stage, struct gi_pending *pending)
{
	struct gi_asks *asks = &stage->asks;
	if (asks->free_first == 0) {
		int err = grow(stage);
		if (err) {
			return err;
		}
	}
	uint32_t index = asks->free_first - 1;
	struct gi_ask_slot *slot = &asks->slots[index];
	asks->free_first = slot->next_free;
	if (asks->free_first == 0) {
		asks->free_last = 0;
	}
	slot->pending = pending;
	pending->token = (uint64_t)slot->generation << GI_ASK_INDEX_BITS | index;
	return 0;
}

static void put_token(struct gi_stage *stage, uint64_t token)
{
	struct gi_asks *asks = &stage->asks;
	uint32_t index = (uint32_t)token & ASK_INDEX_MASK;
	struct gi_ask_slot *slot = &asks->slots[index];
	slot->pending = NULL;
	slot->next_free = 0;
	slot->generation = (slot->generation + 1) & GENERATION_MASK;
	if (slot->generation == 0) {
		slot->generation = 1; /* token 0 means: no ask */
	}
	if (asks->free_last) {
		asks->slots[asks->free_last - 1].next_free = index + 1;
	} else {
		asks->free_first = index + 1;
	}
	asks->free_last = index + 1;
}

static struct gi_pending *find(const struct gi_stage *stage, const struct gi_actor *actor,
                               uint64_t token)
{
	const struct gi_asks *asks = &stage->asks;
	uint32_t index = (uint32_t)token & ASK_INDEX_MASK;
	if (index >= asks->capacity) {
		return NULL;
	}
	struct gi_pending *pending = asks->slots[index].pending;
	return pending && pending->token == token && pending->actor == actor ? pending : NULL;
}

static void link_to_actor(struct gi_pending *pending)
{
	struct gi_actor *actor = pending->actor;
	pending->previous = NULL;
	pending->next = actor->pending;
	if (actor->pending) {
		actor->pending->previous = pending;
	}
	actor->pending = pending;
}

static void unlink_from_actor(struct gi_pending *pending)
{
	if (pending->previous) {
		pending->previous->next = pending->next;
	} else {
		pending->actor->pending = pending->next;
	}
	if (pending->next) {
		pending->next->previous = pending->previous;
	}
}

/* Once: the deadline's timer has ended, or is ended here. */
static void tell_failed(struct gi_pending *pending, int err)
{
	gi_timer_cancel(&pending->stage->driver->timers, &pending->deadline);
	pending->late.kind = GI_KIND_ANSWER_ERROR;
	pending->late.flags = 0;
	pending->late.mark = GI_MESSAGE_MARK;
	pending->late.from = 0;
	pending->late.type = 0;
	pending->late.token = pending->token & GI_TOKEN_MASK;
	pending->late.size = sizeof(err);
	memcpy(pending->late.payload, &err, sizeof(err));
	pending->is_late = true;
	gi_actor_enqueue(pending->stage, pending->actor, &pending->late);
}

static void on_deadline(struct gi_timer *timer)
{
	tell_failed(gi_container_of(timer, struct gi_pending, deadline), -ETIMEDOUT);
}

void gi_ask_failed(struct gi_stage *stage, uint64_t asker, uint64_t token, int err)
{
	struct gi_actor *actor = gi_registry_find(stage, asker);
	struct gi_pending *pending = actor ? find(stage, actor, token) : NULL;
	if (pending && !pending->is_late) {
		tell_failed(pending, err);
	}
}

/* Everything but its memory. */
static void retire(struct gi_pending *pending)
{
	gi_timer_cancel(&pending->stage->driver->timers, &pending->deadline);
	unlink_from_actor(pending);
	put_token(pending->stage, pending->token);
}

/* In one file both names are the same text. */
static bool is_answer_for(const struct gatio_answer *answer, const struct gatio_behavior *behavior)
{
	return answer->state_size == behavior->state_size &&
	       (gi_likely(answer->behavior == behavior->name) ||
	        strcmp(answer->behavior, behavior->name) == 0);
}

int gatio_actor_ask(struct gatio_address to, const struct gatio_ask *ask,
                    const struct gatio_message_type *type, const void *message)
{
	struct gi_stage *stage = gi_stage_current();
	gi_assert(stage->actor);
	gi_assert(is_answer_for(ask->answer, stage->actor->behavior));
	gi_assert(ask->deadline_ns > 0);
	struct gi_pending *pending = gi_heap_alloc(stage->driver->heap, sizeof(*pending));
	if (!pending) {
		return -ENOMEM;
	}
	*pending = (struct gi_pending){
	        .stage = stage, .actor = stage->actor, .answer = ask->answer, .tag = ask->tag};
	int err = take_token(stage, pending);
	if (err) {
		gi_heap_free(stage->driver->heap, pending);
		return err;
	}
	struct gi_envelope envelope = {.to = to.bits,
	                               .from = stage->actor->address,
	                               .token = pending->token,
	                               .kind = GI_KIND_USER};
	err = gi_send(stage, &envelope, type->index, message, type->size);
	if (err) {
		put_token(stage, pending->token);
		gi_heap_free(stage->driver->heap, pending);
		return err;
	}
	link_to_actor(pending);
	gi_timer_init(&pending->deadline, on_deadline);
	gi_timer_start(&stage->driver->timers, &pending->deadline,
	               gi_driver_fresh_ns(stage->driver), ask->deadline_ns);
	return 0;
}

void gi_ask_answered(struct gi_stage *stage, struct gi_actor *actor, struct gi_message *message)
{
	struct gi_pending *pending = find(stage, actor, message->token);
	if (!pending) {
		/* It comes too late; or it tells of a deadline behind the answer, and there is nothing to tell. */
		if (message->kind == GI_KIND_ANSWER) {
			gi_count(&stage->counters.dead_letters, 1);
		}
		return;
	}
	int err = 0;
	const void *payload = message->payload;
	if (message->kind == GI_KIND_ANSWER_ERROR) {
		memcpy(&err, message->payload, sizeof(err));
		payload = NULL;
	} else if (message->type != pending->answer->type->index) {
		err = -EPROTO;
		payload = NULL;
	}
	retire(pending);
	stage->tag = pending->tag;
	pending->answer->run(actor->state, payload, err);
	stage->tag = 0;
	/* What lies in the inbox, or comes from there now, is freed like every message of it. */
	if (!pending->is_late) {
		gi_heap_free(stage->driver->heap, pending);
	}
}

void gi_asks_end(struct gi_stage *stage, struct gi_actor *actor)
{
	while (actor->pending) {
		struct gi_pending *pending = actor->pending;
		bool is_in_inbox = pending->is_late;
		retire(pending);
		if (!is_in_inbox) {
			gi_heap_free(stage->driver->heap, pending);
		}
	}
}
