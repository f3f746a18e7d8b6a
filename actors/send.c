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

static void address_boxed(struct gi_message *boxed, const struct gi_envelope *envelope)
{
	boxed->from = envelope->from;
	gi_message_set_tag(boxed, boxed->type, envelope->token);
	boxed->kind = envelope->kind;
	boxed->flags = 0;
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

int gi_deliver_boxed(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed)
{
	struct gi_actor *actor = gi_registry_find(scheduler, to);
	if (actor) {
		gi_actor_enqueue(scheduler, actor, boxed);
		return 0;
	}
	if (gi_registry_is_early(scheduler, to)) {
		return gi_early_keep(scheduler, to, boxed);
	}
	return -ESRCH;
}

static int send_here(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                     uint32_t type, const void *payload, uint32_t size)
{
	struct gi_message *boxed = gi_message_box(scheduler, type, size);
	if (!boxed) {
		return -ENOMEM;
	}
	address_boxed(boxed, envelope);
	copy_payload(boxed, payload, size);
	int err = gi_deliver_boxed(scheduler, envelope->to, boxed);
	if (err) {
		gi_heap_free(scheduler->driver->heap, boxed);
		return err;
	}
	scheduler->sent_here_count++;
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

static int post_there(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                      struct gi_message *boxed)
{
	uint32_t receiver = gi_address_driver(envelope->to);
	struct gi_message *slot = gi_driver_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_boxed(boxed, envelope);
	address_slot(slot, envelope, boxed->type, boxed->size);
	slot->flags = GI_MESSAGE_BOXED;
	memcpy(slot->payload, &boxed, sizeof(boxed));
	gi_driver_sent(scheduler->driver, receiver, slot);
	return 0;
}

static int send_there(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                      uint32_t type, const void *payload, uint32_t size)
{
	if (size > GI_MESSAGE_INLINE) {
		struct gi_message *boxed = gi_message_box(scheduler, type, size);
		if (!boxed) {
			return -ENOMEM;
		}
		memcpy(boxed->payload, payload, size);
		int err = post_there(scheduler, envelope, boxed);
		if (err) {
			gi_heap_free(scheduler->driver->heap, boxed);
		}
		return err;
	}
	uint32_t receiver = gi_address_driver(envelope->to);
	struct gi_message *slot = gi_driver_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_slot(slot, envelope, type, size);
	copy_payload(slot, payload, size);
	gi_driver_sent(scheduler->driver, receiver, slot);
	return 0;
}

/* send_there() for the usual case: a sent message that fits a slot. */
static inline void fill_slot(struct gi_scheduler *scheduler, struct gi_message *slot, uint64_t to,
                             const struct gatio_message_type *type, const void *payload)
{
	slot->to = to;
	slot->from = gi_scheduler_self(scheduler);
	gi_message_set_tag(slot, type->index, 0);
	slot->size = type->size;
	slot->kind = GI_KIND_USER;
	slot->flags = 0;
	slot->mark = GI_MESSAGE_MARK;
	copy_inline(slot->payload, payload, type->size);
}

/* For the first of a batch, and for the outbox. */
__attribute__((noinline)) static int send_after_look(struct gi_scheduler *scheduler, uint64_t to,
                                                     const struct gatio_message_type *type,
                                                     const void *payload)
{
	uint32_t receiver = gi_address_driver(to);
	struct gi_message *slot = gi_route_other_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	fill_slot(scheduler, slot, to, type, payload);
	gi_driver_sent(scheduler->driver, receiver, slot);
	return 0;
}

/* ---- Either -------------------------------------------------------------------------------------------------------- */

static int check_address(const struct gi_scheduler *scheduler, uint64_t to)
{
	if (gi_address_system(to) != scheduler->system_id) {
		int err = gatio_address_error((struct gatio_address){.bits = to});
		return err ? err : -ESRCH;
	}
	return gi_address_driver(to) < scheduler->driver_count ? 0 : -ESRCH;
}

/* Nobody to deliver to: a dead letter. Other errors are the sender's to handle. */
static int sent(struct gi_scheduler *scheduler, int err)
{
	if (err == -ESRCH) {
		gi_count(&scheduler->counters.dead_letters, 1);
	}
	return err;
}

static int check(struct gi_scheduler *scheduler, const struct gi_envelope *envelope)
{
	if (scheduler->is_closed) {
		return -ESHUTDOWN;
	}
	int err = check_address(scheduler, envelope->to);
	if (err) {
		gi_count(&scheduler->counters.dead_letters, 1);
	}
	return err;
}

int gi_send(struct gi_scheduler *scheduler, const struct gi_envelope *envelope, uint32_t type,
            const void *payload, uint32_t size)
{
	int err = check(scheduler, envelope);
	if (err) {
		return err;
	}
	err = gi_address_driver(envelope->to) == scheduler->index
	              ? send_here(scheduler, envelope, type, payload, size)
	              : send_there(scheduler, envelope, type, payload, size);
	return err ? sent(scheduler, err) : 0;
}

/* gatio_actor_send() for what is not usual. */
static __attribute__((noinline)) int send_any(uint64_t to, const struct gatio_message_type *type,
                                              const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_send");
	struct gi_envelope envelope = {
	        .to = to, .from = gi_scheduler_self(scheduler), .kind = GI_KIND_USER};
	return gi_send(scheduler, &envelope, type->index, message, type->size);
}

/* More than a slot holds, or no spare at hand. */
static __attribute__((noinline)) int send_boxed(struct gi_scheduler *scheduler,
                                                struct gi_actor *actor,
                                                const struct gatio_message_type *type,
                                                const void *payload)
{
	struct gi_message *boxed = gi_message_box(scheduler, type->index, type->size);
	if (!boxed) {
		return -ENOMEM;
	}
	boxed->from = gi_scheduler_self(scheduler);
	copy_payload(boxed, payload, type->size);
	gi_actor_enqueue(scheduler, actor, boxed);
	scheduler->sent_here_count++;
	return 0;
}

/* send_here() for the usual case: a message that fits a spare, to an actor that is there. */
static inline int send_in_spare(struct gi_scheduler *scheduler, uint64_t to,
                                const struct gatio_message_type *type, const void *payload)
{
	struct gi_actor *actor = gi_registry_find(scheduler, to);
	if (gi_unlikely(!actor || scheduler->is_closed)) {
		return send_any(to, type, payload);
	}
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE)) {
		return send_boxed(scheduler, actor, type, payload);
	}
	struct gi_message *boxed = gi_spare_take(scheduler->spares);
	if (gi_unlikely(!boxed)) {
		return send_boxed(scheduler, actor, type, payload);
	}
	gi_message_prepare(boxed, type->index, type->size, gi_scheduler_self(scheduler),
	                   GI_MESSAGE_SPARE);
	copy_inline(boxed->payload, payload, type->size);
	gi_actor_enqueue(scheduler, actor, boxed);
	scheduler->sent_here_count++;
	return 0;
}

/* Nothing is called but as the last thing, so nothing has to be saved. */
int gatio_actor_send(struct gatio_address to, const struct gatio_message_type *type,
                     const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_here;
	if (gi_unlikely(!scheduler)) {
		return send_any(to.bits, type, message); /* which says what is wrong */
	}
	uint32_t receiver = gi_address_driver(to.bits);
	if (receiver == scheduler->index) {
		return send_in_spare(scheduler, to.bits, type, message);
	}
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE ||
	                gi_address_system(to.bits) != scheduler->open_system_id ||
	                receiver >= scheduler->driver_count)) {
		return send_any(to.bits, type, message);
	}
	struct gi_route *route = gi_route_ready(scheduler->driver, receiver);
	if (gi_unlikely(!route)) {
		return send_after_look(scheduler, to.bits, type, message);
	}
	fill_slot(scheduler, route->batch_next, to.bits, type, message);
	gi_route_filled(route);
	return 0;
}

int gi_post(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
            struct gi_message *boxed)
{
	int err = check(scheduler, envelope);
	if (err) {
		return err;
	}
	if (gi_address_driver(envelope->to) != scheduler->index) {
		return post_there(scheduler, envelope, boxed);
	}
	address_boxed(boxed, envelope);
	err = gi_deliver_boxed(scheduler, envelope->to, boxed);
	if (!err) {
		scheduler->sent_here_count++;
	}
	return sent(scheduler, err);
}

int gi_scheduler_submit(struct gi_scheduler *scheduler, uint32_t driver_index,
                        const struct gi_call *call)
{
	gi_assert(driver_index < scheduler->driver_count);
	gi_assert(driver_index != scheduler->index);
	struct gi_message *boxed = gi_route_open(scheduler->driver, driver_index, false)
	                                   ? gi_message_box(scheduler, 0, sizeof(*call))
	                                   : NULL;
	if (!boxed) {
		return -ENOMEM;
	}
	boxed->kind = GI_KIND_CALL;
	boxed->flags = 0;
	memcpy(boxed->payload, call, sizeof(*call));
	gi_driver_send_boxed(scheduler->driver, driver_index, boxed, 0, GI_WAY_COPIED);
	return 0;
}
