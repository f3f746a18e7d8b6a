/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: what the library keeps beside an actor's state, and its life: born in a registry slot, run within a budget,
 * ended with everything it owns.
 *
 * Thread: its driver.
 */
#ifndef GI_ACTORS_ACTOR_H
#define GI_ACTORS_ACTOR_H

#include "drivers/work.h"
#include "mailbox/message.h"

#include <gatio/actor.h>

#include <stdbool.h>
#include <stdint.h>

struct gi_stage;
struct gi_actor;
struct gi_alarm;
struct gi_pending;
struct gi_memory;

/* Something of an upper room that lives and ends with an actor: a connection. */
struct gi_attachment {
	/* started() has run, nothing has been handled yet. false: the actor has ended in it. */
	bool (*actor_started)(struct gi_attachment *attachment);
	/* The actor has handled ended() and is about to go; it must not be used after. */
	void (*actor_ended)(struct gi_attachment *attachment, int reason);
};

struct gi_actor {
	struct gi_work work;
	struct gi_message *inbox_first;
	struct gi_message *inbox_last;
	struct gatio_behavior *behavior;
	uint64_t address;
	struct gi_memory *memory;   /* blocks of gatio_alloc() */
	struct gi_pending *pending; /* asks that wait for an answer */
	struct gi_alarm *alarms;
	struct gi_attachment *attachment;
	uint32_t turn_seen;    /* low bits of the turn in which it last took from a mailbox */
	uint32_t turn_handled; /* messages taken in that turn, in place or into its inbox */
	int exit_reason;
	bool is_starting; /* started() has not run yet */
	bool is_ending;
	bool is_draining; /* has been told, and holds up the drain until it ends */
	_Alignas(16) unsigned char state[];
};

_Static_assert(sizeof(struct gi_actor) <= 128, "an idle actor stays small");

/* The run queue of a priority. */
enum gi_work_class gi_class_of(enum gatio_priority priority);

/*
 * Make an actor with an address that its creator has taken. NULL: memory or actors at their limit, or the stage is
 * closed; then the address names nobody for good.
 */
struct gi_actor *gi_actor_create(struct gi_stage *stage, struct gatio_behavior *behavior,
                                 const void *state, uint64_t address);

/*
 * May the actor handle a message where it lies, or must it wait in the inbox? Only while no other handler runs, its inbox is
 * empty, it has started, and nobody of its class or a higher one is ready: else the classes decide who runs.
 */
bool gi_actor_can_handle_in_place(const struct gi_stage *stage, const struct gi_actor *actor);

/*
 * Let the actor handle messages now, where they lie; the caller keeps them. `count` follow each other in a mailbox, the
 * first is for this actor. Returns how many it has handled, up to the first that is not for it; it may have ended
 * in the last. 0: its budget for this turn is used up, and they can wait where they are.
 */
uint32_t gi_actor_handle_in_place(struct gi_stage *stage, struct gi_actor *actor,
                                  struct gi_message *slots, uint32_t count);

/*
 * Let the actor handle a message that is not from an inbox, started or not, whatever its inbox holds; the caller keeps
 * it. false: the actor has ended in it. Only while no other handler runs.
 */
bool gi_actor_call(struct gi_stage *stage, struct gi_actor *actor, struct gi_message *message);
bool gi_actor_has_handler(const struct gi_actor *actor, uint32_t type);

/*
 * May one more message of a mailbox move to its inbox in this turn? Of a quick actor no more than its budget: the rest waits
 * in the mailbox, which costs no copy and no memory, and holds its sender back. What the same sender has for others behind
 * waits too, a turn for each budget; so the messages of an actor with a small budget, which its author takes for slow,
 * always move.
 */
bool gi_actor_takes_one(const struct gi_stage *stage, struct gi_actor *actor);
bool gi_actor_is_quick(const struct gi_stage *stage, const struct gi_actor *actor);

/* End it now: ended(), then everything that is its own. */
void gi_actor_end(struct gi_stage *stage, struct gi_actor *actor, int reason);

/* The actor around a state. */
static inline struct gi_actor *gi_actor_of_state(void *state)
{
	return (struct gi_actor *)(void *)((unsigned char *)state -
	                                   offsetof(struct gi_actor, state));
}

#endif
