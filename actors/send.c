/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a send to the receiver's inbox. A name says what is sent, where to, and how it travels:
 *
 *     send     copies a payload
 *     post     moves a boxed message, which stays its sender's if the post fails
 *     plain    is what gatio_send() says: a payload, from the actor that runs, neither ask nor answer
 *     here     to an actor of this driver: boxed, into its inbox
 *     there    to one of another driver: inline in a slot of the ring to it, or boxed with its pointer in the slot
 *
 *                     gi_send()                               gi_post()     gatio_send()
 *     here            send_here                               post_here     plain_here, plain_here_boxed
 *     there, inline   send_there_inline                       -             plain_there, plain_there_looked
 *     there, boxed    send_there_boxed                        post_there    -
 *
 * Nearly all messages are plain, so these have a way of their own, without an envelope and, where the receiver is there
 * and a spare or a slot is at hand, without a call. What finds it otherwise leaves that way: one step, to the function
 * beside; or, if nothing is as usual, by plain_any() to gi_send(), which knows every case.
 */
#include "actors/send.h"
#include "actors/early.h"
#include "actors/inbox.h"
#include "actors/registry.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/send.h"

#include <errno.h>
#include <string.h>

/* ---- Payloads ------------------------------------------------------------------------------------------------------ */

/* Two moves, which may overlap: `part` <= size <= 2 * part. */
static inline void copy_ends(unsigned char *to, const unsigned char *from, size_t size, size_t part)
{
	memcpy(to, from, part);
	memcpy(to + size - part, from + size - part, part);
}

/*
 * What fits a slot, and that is nearly everything: without a call, and most messages are a word or two. No move is
 * wider than a word: the sender has just written its fields, and a load that spans two stores waits until both are in
 * the cache, behind the stores to the slot before, whose line may still be on its way.
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

/* ---- Here ---------------------------------------------------------------------------------------------------------- */

/* All that the sender says of a boxed message: from now on it is what its envelope says, and no spare any more. */
static void address_boxed(struct gi_message *boxed, const struct gi_envelope *envelope)
{
	gi_assert_slow(boxed->mark == GI_MESSAGE_MARK);
	boxed->from = envelope->from;
	gi_message_set_tag(boxed, boxed->type, envelope->token);
	boxed->kind = envelope->kind;
	boxed->flags = 0;
}

int gi_deliver_boxed(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed)
{
	gi_assert_slow(gi_address_driver(to) == scheduler->index);
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

static int post_here(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                     struct gi_message *boxed)
{
	address_boxed(boxed, envelope);
	int err = gi_deliver_boxed(scheduler, envelope->to, boxed);
	if (!err) {
		scheduler->sent_here_count++;
	}
	return err;
}

static int send_here(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                     uint32_t type, const void *payload, uint32_t size)
{
	struct gi_message *boxed = gi_message_box(scheduler, type, size);
	if (!boxed) {
		return -ENOMEM;
	}
	copy_payload(boxed, payload, size);
	int err = post_here(scheduler, envelope, boxed);
	if (err) {
		gi_heap_free(scheduler->driver->heap, boxed);
	}
	return err;
}

/* ---- There --------------------------------------------------------------------------------------------------------- */

/* All but the label. */
static void address_slot(struct gi_message *slot, const struct gi_envelope *envelope, uint32_t type,
                         uint32_t size)
{
	slot->to = envelope->to;
	slot->from = envelope->from;
	gi_message_set_tag(slot, type, envelope->token);
	slot->size = size;
}

static int post_there(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                      struct gi_message *boxed)
{
	uint32_t receiver = gi_address_driver(envelope->to);
	gi_assert_slow(receiver != scheduler->index);
	struct gi_message *slot = gi_driver_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_boxed(boxed, envelope);
	address_slot(slot, envelope, boxed->type, boxed->size);
	memcpy(slot->payload, &boxed, sizeof(boxed));
	gi_driver_sent(scheduler->driver, receiver, slot,
	               gi_message_label(envelope->kind, GI_MESSAGE_BOXED, GI_MESSAGE_MARK));
	return 0;
}

static int send_there_boxed(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                            uint32_t type, const void *payload, uint32_t size)
{
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

static int send_there_inline(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                             uint32_t type, const void *payload, uint32_t size)
{
	uint32_t receiver = gi_address_driver(envelope->to);
	gi_assert_slow(receiver != scheduler->index);
	gi_assert_slow(size <= GI_MESSAGE_INLINE);
	struct gi_message *slot = gi_driver_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	address_slot(slot, envelope, type, size);
	copy_inline(slot->payload, payload, size);
	gi_driver_sent(scheduler->driver, receiver, slot,
	               gi_message_label(envelope->kind, 0, GI_MESSAGE_MARK));
	return 0;
}

/* ---- Anywhere, with any envelope ----------------------------------------------------------------------------------- */

/* May it be sent, and to an actor that can be? Whose system or driver is none is nobody: the message is dead. */
static int check(struct gi_scheduler *scheduler, const struct gi_envelope *envelope)
{
	gi_assert_on_driver(scheduler->driver);
	gi_assert_slow(envelope->kind == GI_KIND_USER || envelope->kind == GI_KIND_ANSWER);
	if (scheduler->is_closed) {
		return -ESHUTDOWN;
	}
	int err = 0;
	if (gi_address_system(envelope->to) != scheduler->system_id) {
		err = gatio_address_error((struct gatio_address){.bits = envelope->to});
		err = err ? err : -ESRCH;
	} else if (gi_address_driver(envelope->to) >= scheduler->driver_count) {
		err = -ESRCH;
	}
	if (err) {
		gi_count(&scheduler->counters.dead_letters, 1);
	}
	return err;
}

/* Nobody to deliver to: a dead letter. Other errors are the sender's to handle. */
static int count_if_dead(struct gi_scheduler *scheduler, int err)
{
	if (err == -ESRCH) {
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
	if (gi_address_driver(envelope->to) == scheduler->index) {
		err = send_here(scheduler, envelope, type, payload, size);
		return err ? count_if_dead(scheduler, err) : 0;
	}
	return size <= GI_MESSAGE_INLINE
	               ? send_there_inline(scheduler, envelope, type, payload, size)
	               : send_there_boxed(scheduler, envelope, type, payload, size);
}

int gi_post(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
            struct gi_message *boxed)
{
	int err = check(scheduler, envelope);
	if (err) {
		return err;
	}
	if (gi_address_driver(envelope->to) == scheduler->index) {
		return count_if_dead(scheduler, post_here(scheduler, envelope, boxed));
	}
	return post_there(scheduler, envelope, boxed);
}

/* ---- Plain --------------------------------------------------------------------------------------------------------- */

/* What is not usual, or not allowed: no driver's thread, nobody there, a closed scheduler, a large one to elsewhere. */
static __attribute__((noinline)) int plain_any(uint64_t to, const struct gatio_message_type *type,
                                               const void *payload)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_send");
	struct gi_envelope envelope = {
	        .to = to, .from = gi_scheduler_self(scheduler), .kind = GI_KIND_USER};
	return gi_send(scheduler, &envelope, type->index, payload, type->size);
}

/* plain_here() for what no spare at hand can hold. The actor is there. */
static __attribute__((noinline)) int plain_here_boxed(struct gi_scheduler *scheduler,
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

/* The usual one fits a spare, one is at hand, and the actor is there. */
static inline int plain_here(struct gi_scheduler *scheduler, uint64_t to,
                             const struct gatio_message_type *type, const void *payload)
{
	struct gi_actor *actor = gi_registry_find(scheduler, to);
	if (gi_unlikely(!actor || scheduler->is_closed)) {
		return plain_any(to, type, payload);
	}
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE)) {
		return plain_here_boxed(scheduler, actor, type, payload);
	}
	struct gi_message *spare = gi_spare_take(scheduler->spares);
	if (gi_unlikely(!spare)) {
		return plain_here_boxed(scheduler, actor, type, payload);
	}
	gi_message_prepare(spare, type->index, type->size, gi_scheduler_self(scheduler),
	                   GI_MESSAGE_SPARE);
	copy_inline(spare->payload, payload, type->size);
	gi_actor_enqueue(scheduler, actor, spare);
	scheduler->sent_here_count++;
	return 0;
}

/* All but the label. */
static inline void fill_plain(struct gi_scheduler *scheduler, struct gi_message *slot, uint64_t to,
                              const struct gatio_message_type *type, const void *payload)
{
	slot->to = to;
	slot->from = gi_scheduler_self(scheduler);
	gi_message_set_tag(slot, type->index, 0);
	slot->size = type->size;
	copy_inline(slot->payload, payload, type->size);
}

/* plain_there() for the first of a batch, and for the outbox: the ring is looked at. */
static __attribute__((noinline)) int plain_there_looked(struct gi_scheduler *scheduler, uint64_t to,
                                                        const struct gatio_message_type *type,
                                                        const void *payload)
{
	uint32_t receiver = gi_address_driver(to);
	struct gi_message *slot = gi_route_other_slot(scheduler->driver, receiver);
	if (!slot) {
		return -ENOBUFS;
	}
	fill_plain(scheduler, slot, to, type, payload);
	gi_driver_sent(scheduler->driver, receiver, slot, GI_PLAIN_LABEL);
	return 0;
}

/* The usual one fits a slot, and the ring is known to have one. */
static inline int plain_there(struct gi_scheduler *scheduler, uint64_t to,
                              const struct gatio_message_type *type, const void *payload)
{
	uint32_t receiver = gi_address_driver(to);
	if (gi_unlikely(type->size > GI_MESSAGE_INLINE ||
	                gi_address_system(to) != scheduler->open_system_id ||
	                receiver >= scheduler->driver_count)) {
		return plain_any(to, type, payload);
	}
	struct gi_route *route = gi_route_ready(scheduler->driver, receiver);
	if (gi_unlikely(!route)) {
		return plain_there_looked(scheduler, to, type, payload);
	}
	struct gi_message *slot = route->batch_next;
	fill_plain(scheduler, slot, to, type, payload);
	gi_route_filled(route, slot, GI_PLAIN_LABEL);
	return 0;
}

/* Nothing is called but as the last thing, so nothing has to be saved. */
int gatio_actor_send(struct gatio_address to, const struct gatio_message_type *type,
                     const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_here;
	if (gi_unlikely(!scheduler)) {
		return plain_any(to.bits, type, message); /* which says what is wrong */
	}
	return gi_address_driver(to.bits) == scheduler->index
	               ? plain_here(scheduler, to.bits, type, message)
	               : plain_there(scheduler, to.bits, type, message);
}

/* ---- Of the system ------------------------------------------------------------------------------------------------- */

int gi_scheduler_submit(struct gi_scheduler *scheduler, uint32_t driver_index,
                        const struct gi_call *call)
{
	gi_assert(driver_index < scheduler->driver_count);
	gi_assert(driver_index != scheduler->index);
	struct gi_message *boxed = gi_route_open(scheduler->driver, driver_index)
	                                   ? gi_message_box(scheduler, 0, sizeof(*call))
	                                   : NULL;
	if (!boxed) {
		return -ENOMEM;
	}
	boxed->kind = GI_KIND_CALL;
	boxed->flags = 0;
	memcpy(boxed->payload, call, sizeof(*call));
	gi_driver_send_boxed(scheduler->driver, driver_index, boxed, 0, GI_PASS_COPY);
	return 0;
}
