/* SPDX-License-Identifier: Apache-2.0 */
/* From a send to the receiver's inbox: on this driver, or into the mailbox to another. */
#include "actors/send.h"
#include "actors/early.h"
#include "actors/inbox.h"
#include "actors/registry.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/send.h"

#include <errno.h>
#include <string.h>

static void address_block(struct gi_message *block, const struct gi_envelope *envelope)
{
	block->from = envelope->from;
	gi_message_set_tag(block, block->type, envelope->token);
	block->kind = envelope->kind;
	block->flags = 0;
}

/* Two moves, which may overlap: `part` <= size <= 2 * part. */
static inline void copy_ends(unsigned char *to, const unsigned char *from, size_t size, size_t part)
{
	memcpy(to, from, part);
	memcpy(to + size - part, from + size - part, part);
}

/*
 * What fits a slot, and that is nearly everything: without a call, and most messages are a word or two. No move is wider
 * than a word: the sender has just written its fields, and a load that spans two stores waits until both are in the
 * cache, behind the stores to the slot before, whose line may still be on its way.
 */
static inline void copy_inline(unsigned char *to, const unsigned char *from, uint32_t size)
{
	enum { HALF = sizeof(uint32_t), WORD = sizeof(uint64_t) };
	if (gi_likely(size >= WORD)) {
		if (size > 2 * WORD) {
			memcpy(to + WORD, from + WORD, WORD);
			memcpy(to + size - 2 * WORD, from + size - 2 * WORD, WORD);
		}
		copy_ends(to, from, size, WORD);
	} else if (size >= HALF) {
		copy_ends(to, from, size, HALF);
	} else if (size > 0) {
		to[0] = from[0];
		to[size / 2] = from[size / 2];
		to[size - 1] = from[size - 1];
	}
}

static inline void copy_payload(struct gi_message *message, const void *payload, uint32_t size)
{
	if (size <= GI_MESSAGE_INLINE) {
		copy_inline(message->payload, payload, size);
	} else {
		memcpy(message->payload, payload, size);
	}
}

/* ---- This driver --------------------------------------------------------------------------------------------------- */

int gi_deliver_block(struct gi_stage *stage, uint64_t to, struct gi_message *block)
{
	struct gi_actor *actor = gi_registry_find(stage, to);
	if (actor) {
		gi_actor_enqueue(stage, actor, block);
		return 0;
	}
	if (gi_registry_is_early(stage, to)) {
		return gi_early_keep(stage, to, block);
	}
	return -ESRCH;
}

static int send_here(struct gi_stage *stage, const struct gi_envelope *envelope, uint32_t type,
                     const void *payload, uint32_t size)
{
	struct gi_message *block = gi_message_block(stage, type, size);
	if (!block) {
		return -ENOMEM;
	}
	address_block(block, envelope);
	copy_payload(block, payload, size);
	int err = gi_deliver_block(stage, envelope->to, block);
	if (err) {
		gi_heap_free(stage->driver->heap, block);
		return err;
	}
	stage->sent_here_count++;
	return 0;
}

/* ---- Another driver ------------------------------------------------------------------------------------------------ */

static void address_slot(struct gi_message *slot, const struct gi_envelope *envelope, uint32_t type,
                         uint32_t size)
{
	slot->to = envelope->to;
	slot->from = envelope->from;
	gi_message_set_tag(slot, type, envelope->token);
	slot->size = size;
	slot->kind = envelope->kind;
	slot->mark = GI_MESSAGE_MARK;
}

static int post_there(struct gi_stage *stage, const struct gi_envelope *envelope,
                      struct gi_message *block)
{
	uint32_t receiver = gi_address_driver(envelope->to);
	struct gi_message *slot = gi_driver_slot(stage->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_block(block, envelope);
	address_slot(slot, envelope, block->type, block->size);
	slot->flags = GI_MESSAGE_BLOCK;
	memcpy(slot->payload, &block, sizeof(block));
	gi_driver_sent(stage->driver, receiver, slot);
	return 0;
}

static int send_there(struct gi_stage *stage, const struct gi_envelope *envelope, uint32_t type,
                      const void *payload, uint32_t size)
{
	if (size > GI_MESSAGE_INLINE) {
		struct gi_message *block = gi_message_block(stage, type, size);
		if (!block) {
			return -ENOMEM;
		}
		memcpy(block->payload, payload, size);
		int err = post_there(stage, envelope, block);
		if (err) {
			gi_heap_free(stage->driver->heap, block);
		}
		return err;
	}
	uint32_t receiver = gi_address_driver(envelope->to);
	struct gi_message *slot = gi_driver_slot(stage->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_slot(slot, envelope, type, size);
	copy_payload(slot, payload, size);
	gi_driver_sent(stage->driver, receiver, slot);
	return 0;
}

/* send_there() for the usual case: a sent message that fits a slot. */
static inline void fill_slot(struct gi_stage *stage, struct gi_message *slot, uint64_t to,
                             const struct gatio_message_type *type, const void *payload)
{
	slot->to = to;
	slot->from = gi_stage_self(stage);
	gi_message_set_tag(slot, type->index, 0);
	slot->size = type->size;
	slot->kind = GI_KIND_USER;
	slot->flags = 0;
	slot->mark = GI_MESSAGE_MARK;
	copy_inline(slot->payload, payload, type->size);
}

/* For the first of a batch, and for the outbox. */
__attribute__((noinline)) static int send_after_look(struct gi_stage *stage, uint64_t to,
                                                     const struct gatio_message_type *type,
                                                     const void *payload)
{
	uint32_t receiver = gi_address_driver(to);
	struct gi_message *slot = gi_route_other_slot(stage->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	fill_slot(stage, slot, to, type, payload);
	gi_driver_sent(stage->driver, receiver, slot);
	return 0;
}

/* ---- Either -------------------------------------------------------------------------------------------------------- */

static int check_address(const struct gi_stage *stage, uint64_t to)
{
	if (gi_address_system(to) != stage->system_id) {
		int err = gatio_address_error((struct gatio_address){.bits = to});
		return err ? err : -ESRCH;
	}
	return gi_address_driver(to) < stage->driver_count ? 0 : -ESRCH;
}

/* Nobody to deliver to: a dead letter. Other errors are the sender's to handle. */
static int sent(struct gi_stage *stage, int err)
{
	if (err == -ESRCH) {
		gi_count(&stage->counters.dead_letters, 1);
	}
	return err;
}

static int check(struct gi_stage *stage, const struct gi_envelope *envelope)
{
	if (stage->is_closed) {
		return -ESHUTDOWN;
	}
	int err = check_address(stage, envelope->to);
	if (err) {
		gi_count(&stage->counters.dead_letters, 1);
	}
	return err;
}

int gi_send(struct gi_stage *stage, const struct gi_envelope *envelope, uint32_t type,
            const void *payload, uint32_t size)
{
	int err = check(stage, envelope);
	if (err) {
		return err;
	}
	err = gi_address_driver(envelope->to) == stage->index
	              ? send_here(stage, envelope, type, payload, size)
	              : send_there(stage, envelope, type, payload, size);
	return err ? sent(stage, err) : 0;
}

/* gatio_actor_send() for what is not usual. */
static __attribute__((noinline)) int send_any(uint64_t to, const struct gatio_message_type *type,
                                              const void *message)
{
	struct gi_stage *stage = gi_stage_for("gatio_send");
	struct gi_envelope envelope = {
	        .to = to, .from = gi_stage_self(stage), .kind = GI_KIND_USER};
	return gi_send(stage, &envelope, type->index, message, type->size);
}

/* More than a slot holds, or no spare at hand. */
static __attribute__((noinline)) int send_block(struct gi_stage *stage, struct gi_actor *actor,
                                                const struct gatio_message_type *type,
                                                const void *payload)
{
	struct gi_message *block = gi_message_block(stage, type->index, type->size);
	if (!block) {
		return -ENOMEM;
	}
	block->from = gi_stage_self(stage);
	copy_payload(block, payload, type->size);
	gi_actor_enqueue(stage, actor, block);
	stage->sent_here_count++;
	return 0;
}

/* send_here() for the usual case: a message that fits a spare, to an actor that is there. */
static inline int send_in_spare(struct gi_stage *stage, uint64_t to,
                                const struct gatio_message_type *type, const void *payload)
{
	struct gi_actor *actor = gi_registry_find(stage, to);
	if (gi_unlikely(!actor || stage->is_closed)) {
		return send_any(to, type, payload);
	}
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE)) {
		return send_block(stage, actor, type, payload);
	}
	struct gi_message *block = gi_spare_take(stage->spares);
	if (gi_unlikely(!block)) {
		return send_block(stage, actor, type, payload);
	}
	gi_message_prepare(block, type->index, type->size, gi_stage_self(stage), GI_MESSAGE_SPARE);
	copy_inline(block->payload, payload, type->size);
	gi_actor_enqueue(stage, actor, block);
	stage->sent_here_count++;
	return 0;
}

/* Nothing is called but as the last thing, so nothing has to be saved. */
int gatio_actor_send(struct gatio_address to, const struct gatio_message_type *type,
                     const void *message)
{
	struct gi_stage *stage = gi_stage_here;
	if (gi_unlikely(!stage)) {
		return send_any(to.bits, type, message); /* which says what is wrong */
	}
	uint32_t receiver = gi_address_driver(to.bits);
	if (receiver == stage->index) {
		return send_in_spare(stage, to.bits, type, message);
	}
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE ||
	                gi_address_system(to.bits) != stage->open_system_id ||
	                receiver >= stage->driver_count)) {
		return send_any(to.bits, type, message);
	}
	struct gi_route *route = gi_route_ready(stage->driver, receiver);
	if (gi_unlikely(!route)) {
		return send_after_look(stage, to.bits, type, message);
	}
	fill_slot(stage, route->batch_next, to.bits, type, message);
	gi_route_filled(route);
	return 0;
}

int gi_post(struct gi_stage *stage, const struct gi_envelope *envelope, struct gi_message *block)
{
	int err = check(stage, envelope);
	if (err) {
		return err;
	}
	if (gi_address_driver(envelope->to) != stage->index) {
		return post_there(stage, envelope, block);
	}
	address_block(block, envelope);
	err = gi_deliver_block(stage, envelope->to, block);
	if (!err) {
		stage->sent_here_count++;
	}
	return sent(stage, err);
}

int gi_stage_call(struct gi_stage *stage, uint32_t driver_index, const struct gi_call *call)
{
	gi_assert(driver_index < stage->driver_count);
	gi_assert(driver_index != stage->index);
	struct gi_message *block = gi_route_open(stage->driver, driver_index, false)
	                                   ? gi_message_block(stage, 0, sizeof(*call))
	                                   : NULL;
	if (!block) {
		return -ENOMEM;
	}
	block->kind = GI_KIND_CALL;
	block->flags = 0;
	memcpy(block->payload, call, sizeof(*call));
	gi_driver_send_block(stage->driver, driver_index, block, 0, GI_WAY_COPIED);
	return 0;
}
