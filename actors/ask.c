/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks: who waits for which answer, until when.
 *
 * A token is a handle; an answer must have come to the actor that asked.
 * What tells that there will be no answer lies ready in the pending ask: it needs no memory when memory is short.
 *
 *     opened --> waiting ------ an answer ------> retired, its answer runs, freed
 *          \          \
 *           dropped     told: `late` is in the inbox --- it comes out ---> retired, its answer runs with the err
 *                                                   \--- an answer that came before it ---> the same, with the answer
 *
 * From "told" on, the pending ask is freed as what it is to the inbox, its first member, a message: whoever takes `late`
 * out frees it, also if the ask was retired before.
 */
#include "actors/ask.h"
#include "actors/inbox.h"
#include "actors/message.h"
#include "actors/registry.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

struct gi_pending {
	struct gi_message late; /* the message that says: no answer; its payload holds the err */
	struct gi_timer deadline;
	struct gi_list asked_link; /* asked in this turn: its deadline has not begun */
	uint64_t deadline_ns;
	struct gi_scheduler *scheduler;
	struct gi_actor *actor;
	struct gi_pending *next;
	struct gi_pending *previous;
	const struct gatio_answer *answer;
	uint64_t tag;
	uint64_t token;
	bool is_late; /* `late` has been put in the inbox, and is freed from there */
};

_Static_assert(offsetof(struct gi_pending, late) == 0,
               "who frees the message frees the pending ask");

static struct gi_pending *find(const struct gi_scheduler *scheduler, const struct gi_actor *actor,
                               uint64_t token)
{
	struct gi_pending *pending = gi_handle_find(&scheduler->asks, token);
	return pending && pending->actor == actor ? pending : NULL;
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

static void end_deadline(struct gi_pending *pending)
{
	gi_timer_cancel(&pending->scheduler->driver->timers, &pending->deadline);
	gi_list_remove(&pending->asked_link);
}

/* Once: the deadline's timer has ended, or is ended here. */
static void tell_failed(struct gi_pending *pending, int err)
{
	gi_assert(!pending->is_late);
	end_deadline(pending);
	pending->late.kind = GI_KIND_ANSWER_ERROR;
	pending->late.flags = 0;
	pending->late.mark = GI_MESSAGE_MARK;
	pending->late.from = 0;
	pending->late.type = 0;
	pending->late.token = pending->token & GI_TOKEN_MASK;
	pending->late.size = sizeof(err);
	memcpy(pending->late.payload, &err, sizeof(err));
	pending->is_late = true;
	gi_actor_enqueue(pending->scheduler, pending->actor, &pending->late);
}

static void on_deadline(struct gi_timer *timer)
{
	tell_failed(gi_container_of(timer, struct gi_pending, deadline), -ETIMEDOUT);
}

void gi_ask_failed(struct gi_scheduler *scheduler, uint64_t asker, uint64_t token, int err)
{
	struct gi_actor *actor = gi_registry_find(scheduler, asker);
	struct gi_pending *pending = actor ? find(scheduler, actor, token) : NULL;
	if (pending && !pending->is_late) {
		tell_failed(pending, err);
	}
}

/* It waits no more: an answer finds nobody from now on. Everything but its memory. */
static void retire(struct gi_pending *pending)
{
	end_deadline(pending);
	unlink_from_actor(pending);
	gi_handle_put(&pending->scheduler->asks, pending->token);
}

/* Retired. */
static void free_pending(struct gi_pending *pending)
{
	if (!pending->is_late) {
		gi_heap_free(pending->scheduler->driver->heap, pending);
	}
}

int gi_ask_open(struct gi_scheduler *scheduler, const struct gatio_ask *ask,
                struct gi_pending **out_pending)
{
	struct gi_pending *pending = gi_heap_alloc(scheduler->driver->heap, sizeof(*pending));
	if (!pending) {
		return -ENOMEM;
	}
	*pending = (struct gi_pending){.scheduler = scheduler,
	                               .actor = scheduler->actor,
	                               .answer = ask->answer,
	                               .tag = ask->tag};
	int err =
	        gi_handle_take(&scheduler->asks, scheduler->driver->heap, pending, &pending->token);
	if (err) {
		gi_heap_free(scheduler->driver->heap, pending);
		return err;
	}
	gi_assert_slow(pending->token != 0);
	gi_assert_slow(pending->token <= GI_TOKEN_MASK);
	*out_pending = pending;
	return 0;
}

uint64_t gi_ask_token(const struct gi_pending *pending)
{
	return pending->token;
}

void gi_ask_sent(struct gi_pending *pending, uint64_t deadline_ns)
{
	gi_assert_slow(pending->actor == pending->scheduler->actor);
	gi_assert_slow(deadline_ns > 0);
	link_to_actor(pending);
	pending->deadline_ns = deadline_ns;
	gi_timer_init(&pending->deadline, on_deadline);
	gi_list_init(&pending->asked_link);
	gi_list_insert(&pending->scheduler->asked, &pending->asked_link);
}

void gi_asks_leave(struct gi_scheduler *scheduler)
{
	struct gi_driver *driver = scheduler->driver;
	uint64_t now_ns = gi_driver_fresh_ns(driver);
	struct gi_list *link;
	while ((link = gi_list_pop(&scheduler->asked))) {
		struct gi_pending *pending = gi_container_of(link, struct gi_pending, asked_link);
		gi_assert(!pending->is_late);
		gi_timer_start(&driver->timers, &pending->deadline, now_ns, pending->deadline_ns);
	}
}

void gi_ask_drop(struct gi_pending *pending)
{
	struct gi_scheduler *scheduler = pending->scheduler;
	gi_handle_put(&scheduler->asks, pending->token);
	gi_heap_free(scheduler->driver->heap, pending);
}

/* Why the message is none that the answer can read; 0: it is. */
static int error_of(const struct gi_message *message, const struct gi_pending *pending)
{
	if (message->kind == GI_KIND_ANSWER_ERROR) {
		int err;
		memcpy(&err, message->payload, sizeof(err));
		gi_assert_slow(err < 0);
		return err;
	}
	return message->type == pending->answer->type->index ? 0 : -EPROTO;
}

void gi_ask_answered(struct gi_scheduler *scheduler, struct gi_actor *actor,
                     struct gi_message *message)
{
	struct gi_pending *pending = find(scheduler, actor, message->token);
	if (!pending) {
		/* An answer that comes too late. Or a `late` behind the answer: nobody sent it, nothing is dead. */
		if (message->kind == GI_KIND_ANSWER) {
			gi_count(&scheduler->counters.dead_letters, 1);
		}
		return;
	}
	int err = error_of(message, pending);
	/* Before the answer runs: that may ask again, or end its actor. */
	retire(pending);
	scheduler->tag = pending->tag;
	pending->answer->run(actor->state, err ? NULL : message->payload, err);
	scheduler->tag = 0;
	free_pending(pending);
}

void gi_asks_end(struct gi_actor *actor)
{
	while (actor->pending) {
		struct gi_pending *pending = actor->pending;
		gi_assert(pending->actor == actor);
		retire(pending);
		free_pending(pending);
	}
}
