/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inbox: an actor's messages in the order in which they came, linked through themselves. Here rather than in a .c file,
 * because every message goes in and out.
 *
 * Thread: the actor's driver.
 */
#ifndef GI_ACTORS_INBOX_H
#define GI_ACTORS_INBOX_H

#include "actors/message.h"
#include "actors/scheduler.h"
#include "base/assert.h"
#include "base/branch.h"

static inline struct gi_message *gi_inbox_pop(struct gi_actor *actor)
{
	struct gi_message *message = actor->inbox_first;
	if (message) {
		gi_assert_slow(message->mark == GI_MESSAGE_MARK);
		gi_assert_slow(message->next || message == actor->inbox_last);
		actor->inbox_first = message->next;
	}
	return message;
}

/*
 * Put a message that belongs to the actor from now on at the end of its inbox. An actor with something in its inbox is
 * queued already, or it runs and will look again. inbox_last means something only while there is a first.
 */
static inline void gi_actor_enqueue(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                    struct gi_message *message)
{
	gi_assert_on_driver(scheduler->driver);
	gi_assert_slow(message->mark == GI_MESSAGE_MARK);
	gi_assert_slow(message->kind != GI_KIND_SPAWN && message->kind != GI_KIND_CALL);
	/* Who has ended gets nothing: it would be lost. */
	gi_assert_slow(gi_slot_entry(&scheduler->slots, actor->address)->actor == actor);
	struct gi_message *last = actor->inbox_last;
	message->next = NULL;
	actor->inbox_last = message;
	if (gi_unlikely(actor->inbox_first != NULL)) {
		gi_assert_slow(actor->work.is_queued ||
		               scheduler->driver->ready.running == &actor->work);
		last->next = message;
		return;
	}
	actor->inbox_first = message;
	gi_work_push(&scheduler->driver->ready, &actor->work);
}

#endif
