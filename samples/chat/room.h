/* SPDX-License-Identifier: Apache-2.0 */
/* Room: one channel: its members, modes, topic, bans; from its first JOIN to its last member's leaving. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "samples/chat/hub.h"
#include "samples/chat/mode.h"

struct chat_member {
	struct chat_person *person;
	uint32_t standing; /* enum chat_standing */
};

struct chat_ban {
	int64_t time;
	char by[CHAT_NICK_MAX + 1];
	char mask[CHAT_MASK_MAX + 1];
};

struct chat_room {
	char name[CHAT_CHANNEL_MAX + 1];
	uint64_t hash;
	uint32_t position; /* in the hub's array */
	int64_t created;

	uint32_t flags; /* enum chat_channel_flag */
	uint32_t limit; /* 0: none */
	char key[CHAT_KEY_MAX + 1];
	char topic[CHAT_TOPIC_MAX + 1];
	char topic_by[CHAT_NICK_MAX + 1];
	int64_t topic_time;

	struct chat_member *members;
	uint32_t member_count;
	uint32_t member_capacity;
	struct chat_index member_index; /* by session */

	struct chat_ban *bans; /* CHAT_BANS_MAX, when there was one */
	uint32_t ban_count;
	struct gatio_address *invites; /* CHAT_INVITES_MAX, when there was one */
	uint32_t invite_next;
};

/* members.c: who is in. NULL: not a member; `person` may be NULL. */
struct chat_member *chat_member_find(const struct chat_room *self,
                                     const struct chat_person *person);
/* NULL: memory at its limit. The person knows of it too. */
struct chat_member *chat_member_add(struct chat_room *self, struct chat_person *person);
/* Pointers to other members are no longer valid after it. */
void chat_member_remove(struct chat_room *self, struct chat_person *person);
/* What stands in front of a nick in NAMES and WHO. */
const char *chat_standing_prefix(uint32_t standing);

/* The lines of NAMES, with their end. */
void chat_room_names(struct chat_hub *hub, const struct chat_room *self);
/* The lines of TOPIC, when there is one. */
void chat_room_topic(struct chat_hub *hub, const struct chat_room *self);
bool chat_room_is_banned(const struct chat_room *self, const struct chat_person *person);

#endif
