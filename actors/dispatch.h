/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch: an actor's messages reach its handlers, within its budget.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_DISPATCH_H
#define GI_ACTORS_DISPATCH_H

#include "actors/scheduler.h"

/* The work of an actor, and of those that follow it in the queue. context: the scheduler. */
bool gi_dispatch_run(struct gi_work *work, void *context);

/*
 * Let the actor handle messages now, where they lie; the caller keeps them. The first of `count` slots has come and
 * is for this actor. Returns how many it has handled, up to the first that has not come or is not for it; it may have ended
 * in the last. 0: its budget for this turn is used up, and they can wait where they are.
 */
uint32_t gi_actor_handle_in_place(struct gi_scheduler *scheduler, struct gi_actor *actor,
                                  struct gi_message *slots, uint32_t count, uint32_t stamp);

/*
 * Let the actor handle a message that is not from an inbox, started or not, whatever its inbox holds; the caller keeps
 * it. false: the actor has ended in it. Only while no other handler runs.
 */
bool gi_actor_invoke(struct gi_scheduler *scheduler, struct gi_actor *actor,
                     struct gi_message *message);
bool gi_actor_has_handler(const struct gi_actor *actor, uint32_t type);

/*
 * May one more message of a mailbox move to its inbox in this turn? Of a quick actor no more than its budget: the rest
 * waits in the mailbox, which costs no copy and no memory, and holds its sender back. What the same sender has for
 * others behind waits too, a turn for each budget; so the messages of an actor with a small budget, which its author
 * takes for slow, always move.
 */
bool gi_actor_takes_one(const struct gi_scheduler *scheduler, struct gi_actor *actor);

#endif
