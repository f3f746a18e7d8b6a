/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ask: who waits for which answer, until when. The question itself is sent by who asks (exchange.c).
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_ASK_H
#define GI_ACTORS_ASK_H

#include "actors/scheduler.h"

struct gi_pending;

/* The running actor is about to ask. Error: -ENOMEM; -ENOBUFS as many as there are tokens. */
int gi_ask_open(struct gi_scheduler *scheduler, const struct gatio_ask *ask,
                struct gi_pending **out_pending);
/* What its question carries. */
uint64_t gi_ask_token(const struct gi_pending *pending);
/* The question has been sent: from now on it waits, and from the end of the turn on its deadline counts. */
void gi_ask_sent(struct gi_pending *pending, uint64_t deadline_ns);
/*
 * The turn ends, and what was asked in it leaves: until now a question may have lain here, behind a handler that took
 * long. There are such asks.
 */
void gi_asks_leave(struct gi_scheduler *scheduler);
/* It could not be sent. Owner: moves. */
void gi_ask_drop(struct gi_pending *pending);

/* An answer, or its refusal, for the running actor. */
void gi_ask_answered(struct gi_scheduler *scheduler, struct gi_actor *actor,
                     struct gi_message *message);
/* There will be no answer. Needs no memory; nothing happens if nobody waits. */
void gi_ask_failed(struct gi_scheduler *scheduler, uint64_t asker, uint64_t token, int err);
/* Its actor ends. Before its inbox is emptied: there lies what tells of some of them. */
void gi_asks_end(struct gi_actor *actor);

#endif
