/* SPDX-License-Identifier: Apache-2.0 */
/* Exchange: the public calls that make, keep, post, forward and answer messages, and ask. */
#include "actors/ask.h"
#include "actors/message.h"
#include "actors/scheduler.h"
#include "actors/send.h"

#include "base/branch.h"
#include "base/misuse.h"

#include <errno.h>
#include <string.h>

/* Why a message is not the caller's. */
static __attribute__((cold, noinline, noreturn)) void
not_owned(const struct gi_scheduler *scheduler, const void *message, const char *function)
{
	gi_require(message, function, "the message is NULL",
	           "look at what gatio_message_new() gave");
	const struct gi_message *boxed = gi_message_of_payload(message);
	gi_require(boxed != scheduler->message, function,
	           "the message that is being handled is only lent",
	           "gatio_message_keep() gives it");
	gi_require(boxed->mark != GI_MESSAGE_MARK, function,
	           "the message has been posted, or was only lent to another handler",
	           "post or free once what gatio_message_new() or gatio_message_keep() gave");
	gi_require(boxed->mark != GI_MESSAGE_FREED, function, "the message has been freed",
	           "post or free once what gatio_message_new() or gatio_message_keep() gave");
	gi_misuse(function, "this is no message from gatio_message_new() or gatio_message_keep()",
	          "gatio_send() copies any other");
}

/* A boxed message that the caller owns. */
static struct gi_message *owned_message(const struct gi_scheduler *scheduler, const void *message,
                                        const char *function)
{
	if (gi_unlikely(!message || gi_message_of_payload(message)->mark != GI_MESSAGE_OWNED)) {
		not_owned(scheduler, message, function);
	}
	return gi_message_of_payload(message);
}

/* For the user, to whom it then belongs. */
static void *give(struct gi_message *boxed)
{
	boxed->mark = GI_MESSAGE_OWNED;
	return boxed->payload;
}

void *gatio_message_create(const struct gatio_message_type *type, size_t extra_size)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_message_new");
	if (extra_size > GATIO_MESSAGE_SIZE_MAX ||
	    type->size > GATIO_MESSAGE_SIZE_MAX - extra_size) {
		return NULL;
	}
	struct gi_message *boxed = gi_message_box(scheduler, type->index, type->size + extra_size);
	return boxed ? give(boxed) : NULL;
}

void gatio_message_free(void *message)
{
	if (message) {
		struct gi_scheduler *scheduler = gi_scheduler_for("gatio_message_free");
		struct gi_message *boxed = owned_message(scheduler, message, "gatio_message_free");
		boxed->mark = GI_MESSAGE_FREED;
		gi_driver_free(scheduler->driver, boxed);
	}
}

size_t gatio_message_extra_size(const struct gatio_message_type *type, const void *message)
{
	gi_require(message, "gatio_message_extra_size", "the message is NULL",
	           "look at what gatio_message_new() gave");
	const struct gi_message *boxed = gi_message_of_payload(message);
	gi_require(boxed->mark == GI_MESSAGE_MARK || boxed->mark == GI_MESSAGE_OWNED,
	           "gatio_message_extra_size",
	           "this is neither the message that is being handled nor a made one",
	           "ask before it is copied");
	gi_require(boxed->size >= type->size, "gatio_message_extra_size",
	           "the message is of another type", "name the type that it has");
	return boxed->size - type->size;
}

void *gatio_message_keep(const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_message_keep");
	struct gi_message *current = gi_message_of_payload(message);
	gi_require(scheduler->message == current, "gatio_message_keep",
	           "this is not the message that is being handled, or it has been kept",
	           "keep the handler's message, once");
	if (scheduler->boxed) {
		/* Whoever gets the message may send it on or free it: what it said is still asked here. */
		scheduler->kept = *current;
		scheduler->message = &scheduler->kept;
		scheduler->boxed = NULL;
		return give(current);
	}
	struct gi_message *copy = gi_message_box(scheduler, current->type, current->size);
	if (!copy) {
		return NULL;
	}
	copy->from = current->from;
	copy->token = current->token;
	memcpy(copy->payload, current->payload, current->size);
	scheduler->kept = *current;
	scheduler->message = &scheduler->kept;
	return give(copy);
}

static int post(struct gi_scheduler *scheduler, const struct gi_envelope *envelope,
                struct gi_message *boxed)
{
	boxed->mark = GI_MESSAGE_MARK;
	int err = gi_post(scheduler, envelope, boxed);
	if (gi_unlikely(err)) {
		boxed->mark = GI_MESSAGE_OWNED; /* still */
	}
	return err;
}

int gatio_post(struct gatio_address to, void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_post");
	struct gi_envelope envelope = {
	        .to = to.bits, .from = gi_scheduler_self(scheduler), .kind = GI_KIND_USER};
	return post(scheduler, &envelope, owned_message(scheduler, message, "gatio_post"));
}

int gatio_forward(struct gatio_address to)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_forward");
	gi_require(scheduler->message, "gatio_forward", "there is no message to pass on",
	           "call it in the handler of one");
	gi_require(scheduler->message != &scheduler->kept, "gatio_forward",
	           "the message has been kept", "gatio_post() what gatio_message_keep() gave");
	gi_require(scheduler->message->kind == GI_KIND_USER, "gatio_forward",
	           "an answer is for the one who asked", "send what it says");
	struct gi_envelope envelope = {.to = to.bits,
	                               .from = scheduler->message->from,
	                               .token = scheduler->message->token,
	                               .kind = GI_KIND_USER};
	/* A copy: the handler may go on reading what it was lent. */
	return gi_send(scheduler, &envelope, scheduler->message->type, scheduler->message->payload,
	               scheduler->message->size);
}

static struct gi_envelope answer_envelope(const struct gi_scheduler *scheduler,
                                          struct gatio_asker asker)
{
	return (struct gi_envelope){.to = asker.address.bits,
	                            .from = gi_scheduler_self(scheduler),
	                            .token = asker.token,
	                            .kind = asker.token ? GI_KIND_ANSWER : GI_KIND_USER};
}

int gatio_actor_reply(struct gatio_asker asker, const struct gatio_message_type *type,
                      const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_reply");
	if (asker.token == 0) { /* to whoever did not ask it is a message like any other */
		return gatio_actor_send(asker.address, type, message);
	}
	struct gi_envelope envelope = answer_envelope(scheduler, asker);
	return gi_send(scheduler, &envelope, type->index, message, type->size);
}

int gatio_post_reply(struct gatio_asker asker, void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_post_reply");
	struct gi_envelope envelope = answer_envelope(scheduler, asker);
	return post(scheduler, &envelope, owned_message(scheduler, message, "gatio_post_reply"));
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
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_ask");
	gi_require(is_answer_for(ask->answer, scheduler->actor->behavior), "gatio_ask",
	           "the answer is of another behaviour than the actor that asks",
	           "declare one with GATIO_ANSWER for this behaviour");
	gi_require(ask->deadline_ns > 0, "gatio_ask", "the deadline is 0",
	           "give the nanoseconds from now; UINT64_MAX is never");
	struct gi_pending *pending;
	int err = gi_ask_open(scheduler, ask, &pending);
	if (err) {
		return err;
	}
	struct gi_envelope envelope = {.to = to.bits,
	                               .from = scheduler->actor->address,
	                               .token = gi_ask_token(pending),
	                               .kind = GI_KIND_USER};
	err = gi_send(scheduler, &envelope, type->index, message, type->size);
	if (err) {
		gi_ask_drop(pending);
		return err;
	}
	gi_ask_sent(pending, ask->deadline_ns);
	return 0;
}
