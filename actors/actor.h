/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: what the library keeps beside an actor's state. How it is made and ends is in life.h, how it runs in
 * dispatch.h.
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

#endif
