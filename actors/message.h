/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: the kinds of messages between drivers and in inboxes, what some of them carry, and how one is boxed: made in a
 * block of its own.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_MESSAGE_H
#define GI_ACTORS_MESSAGE_H

#include "actors/scheduler.h"

/* Kinds of messages between drivers, and in inboxes. */
enum gi_kind {
	GI_KIND_USER = 1,     /* token != 0: an ask */
	GI_KIND_ANSWER,       /* token: of the ask */
	GI_KIND_ANSWER_ERROR, /* token: of the ask; payload: int err */
	GI_KIND_SPAWN,        /* to: the address; payload, boxed: struct gi_spawn and the state */
	GI_KIND_CALL,         /* payload: struct gi_call */
	GI_KIND_ALARM,        /* in an inbox only. from: its struct gi_alarm */
	GI_KIND_CANCELLED,    /* in an inbox only: to be passed over */
};

/* In the flags of a slot: its payload is a pointer to a boxed message, whose ownership moves. */
#define GI_MESSAGE_BOXED 1u
/* In the flags of a boxed message: its block is a spare of this driver's heap. What is posted loses it. */
#define GI_MESSAGE_SPARE 2u
/* In gi_message.mark: the message is the system's, on its way or in a handler. */
#define GI_MESSAGE_MARK 0x6761u
/* ... it is an actor's, to post or to free; an actor has freed it. */
#define GI_MESSAGE_OWNED (GI_MESSAGE_MARK ^ 1u)
#define GI_MESSAGE_FREED (GI_MESSAGE_MARK ^ 2u)

/* Of nearly every message in a slot: a user's, which lies there. */
#define GI_PLAIN_LABEL gi_message_label(GI_KIND_USER, 0, GI_MESSAGE_MARK)

/* A function to run on a driver. */
struct gi_call {
	void (*run)(struct gi_scheduler *scheduler, void *argument, uint64_t value);
	void *argument;
	uint64_t value;
};

struct gi_spawn {
	struct gatio_behavior *behavior;
	uint64_t address;
	uint32_t sender_index; /* whose credit it is on */
	_Alignas(16) unsigned char state[];
};

/* A boxed message for the user; what it is sent as is set later. */
static inline void gi_message_prepare(struct gi_message *boxed, uint32_t type, size_t size,
                                      uint64_t from, uint8_t flags)
{
	gi_message_set_tag(boxed, type, 0);
	boxed->size = (uint32_t)size;
	boxed->flags = flags;
	boxed->from = from;
	boxed->kind = GI_KIND_USER;
	boxed->mark = GI_MESSAGE_MARK;
}

/* A boxed message, to be filled; NULL at the limit. */
struct gi_message *gi_message_box(struct gi_scheduler *scheduler, uint32_t type, size_t size);

/* The header in front of a payload. */
static inline struct gi_message *gi_message_of_payload(const void *payload)
{
	return (struct gi_message *)(void *)((unsigned char *)(uintptr_t)payload -
	                                     offsetof(struct gi_message, payload));
}

#endif
