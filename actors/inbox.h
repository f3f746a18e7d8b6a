/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inbox: an actor's messages in the order in which they came, linked through themselves. Here rather than in a .c file,
 * because every message goes in and out.
 *
 * Thread: the actor's driver.
 */
#ifndef GI_ACTORS_INBOX_H
#define GI_ACTORS_INBOX_H

#include "actors/stage.h"
#include "base/assert.h"

/* inbox_last means something only while there is a first. */
static inline void gi_inbox_push(struct gi_actor *actor, struct gi_message *message)
{
	message->next = NULL;
	if (actor->inbox_first) {
		actor->inbox_last->next = message;
	} else {
		actor->inbox_first = message;
	}
	actor->inbox_last = message;
	actor->inbox_count++;
}

static inline struct gi_message *gi_inbox_pop(struct gi_actor *actor)
{
	struct gi_message *message = actor->inbox_first;
	if (message) {
		actor->inbox_first = message->next;
		actor->inbox_count--;
	}
	return message;
}

/* Put a message that belongs to the actor from now on at the end of its inbox. */
static inline void gi_actor_enqueue(struct gi_stage *stage, struct gi_actor *actor,
                                    struct gi_message *message)
{
	gi_assert_slow(message->mark == GI_MESSAGE_MARK);
	gi_inbox_push(actor, message);
	gi_work_push(&stage->driver->ready, &actor->work);
}

#endif
