/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directory: owns a share of the names: which session has a nick, which room a channel is. One on each driver; the
 * hash of a name says which one owns it.
 */
#ifndef CHAT_DIRECTORY_H
#define CHAT_DIRECTORY_H

#include "samples/chat/index.h"
#include "samples/chat/message.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_person {
	uint64_t hash;
	struct chat_user user;
	bool is_away;
	bool is_checked; /* asked whether it is still there */
};

struct chat_channel {
	uint64_t hash;
	struct gatio_address room;
	uint64_t join_count; /* JOINs sent to it */
	uint32_t member_count;
	uint32_t flags;
	bool is_checked;
	char *topic; /* NULL: none */
	char name[CHAT_CHANNEL_MAX + 1];
};

struct chat_directory {
	const struct chat_server *server;
	struct chat_outbox outbox;
	struct chat_index person_index;
	struct chat_person *persons;
	uint32_t person_count;
	uint32_t person_capacity;
	struct chat_index channel_index;
	struct chat_channel *channels;
	uint32_t channel_count;
	uint32_t channel_capacity;
};

GATIO_DECLARE_BEHAVIOR(chat_directory);

/* persons.c: nicks. NULL: nobody. */
struct chat_person *chat_person_find(struct chat_directory *self, const char *nick);
/* Error: -EEXIST somebody else has it; -ENOMEM. */
int chat_person_claim(struct chat_directory *self, const struct chat_claim *claim);
void chat_person_remove(struct chat_directory *self, struct chat_person *person);

/* channels.c: rooms by name. NULL: none. */
struct chat_channel *chat_channel_find(struct chat_directory *self, const char *name);
/* Makes the room. NULL: memory at its limit. */
struct chat_channel *chat_channel_make(struct chat_directory *self, const char *name);
void chat_channel_remove(struct chat_directory *self, struct chat_channel *channel);
void chat_channel_update(struct chat_channel *channel, const struct chat_summary *summary);

/* query.c: what is answered with chat_result. */
void chat_directory_answer(struct chat_directory *self, const struct chat_request *request);

#endif
