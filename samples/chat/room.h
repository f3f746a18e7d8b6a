/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room: one channel: its members, modes, topic, bans. Made by the directory that owns its name at the first JOIN, ends
 * when the last member has left. It waits for nobody: what it says is handed to the couriers.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "samples/chat/index.h"
#include "samples/chat/lines.h"
#include "samples/chat/message.h"
#include "samples/chat/mode.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_member {
	struct chat_user user;
	uint32_t serial;   /* of the membership, given by the session */
	uint32_t standing; /* enum chat_standing */
	bool is_away;
	bool is_doubted; /* its session seems to be gone */
	char real[CHAT_REAL_MAX + 1];
};

struct chat_ban {
	int64_t time;
	char by[CHAT_NICK_MAX + 1];
	char mask[CHAT_MASK_MAX + 1];
};

/* What is said to the members of one driver, while it is being put together. */
struct chat_share {
	uint32_t member_count;
	uint32_t filled;
	struct chat_fan *fan;
};

struct chat_room {
	const struct chat_server *server;
	char name[CHAT_CHANNEL_MAX + 1];
	uint64_t join_count; /* JOINs seen */
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
	struct chat_share *shares;      /* by driver */

	struct chat_ban *bans; /* CHAT_BANS_MAX, when there was one */
	uint32_t ban_count;
	struct gatio_address *invites; /* CHAT_INVITES_MAX, when there was one */
	uint32_t invite_next;

	struct chat_outbox outbox;
};

GATIO_DECLARE_BEHAVIOR(chat_room);

/* members.c: who is in. */
struct chat_member *chat_member_find(struct chat_room *self, struct gatio_address session);
struct chat_member *chat_member_named(struct chat_room *self, const char *nick);
/* NULL: memory at its limit. */
struct chat_member *chat_member_add(struct chat_room *self, const struct chat_member *member);
/* Pointers to other members are no longer valid after it. */
void chat_member_remove(struct chat_room *self, struct chat_member *member);
/* "nick!user@host" */
void chat_user_mask(const struct chat_user *user, char out_mask[CHAT_MASK_MAX + 1]);
/* What stands in front of a nick in NAMES and WHO. */
const char *chat_standing_prefix(uint32_t standing);

/* speak.c: what a room says. */
void chat_room_tell(struct chat_room *self, const struct chat_user *to,
                    const struct chat_head *head, const struct chat_lines *lines);
/* To all members but one session (GATIO_NOBODY: to all). */
void chat_room_cast(struct chat_room *self, const struct chat_head *head,
                    const struct chat_tail *tail, struct gatio_address except);
/* What a session tells of itself, to all members but it. */
void chat_room_cast_event(struct chat_room *self, const struct chat_request *request);
/* One line to all members. */
void chat_room_say(struct chat_room *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void chat_room_error(struct chat_room *self, const struct chat_user *to, enum chat_numeric number,
                     const char *subject);
/* Tell the directory what LIST shows. */
void chat_room_summarise(struct chat_room *self);

/* membership.c, talk.c, look.c, modes.c: what each verb does. */
typedef void (*chat_room_verb_fn)(struct chat_room *self, const struct chat_request *request);
void chat_room_join(struct chat_room *self, const struct chat_request *request);
void chat_room_part(struct chat_room *self, const struct chat_request *request);
void chat_room_quit(struct chat_room *self, const struct chat_request *request);
void chat_room_kick(struct chat_room *self, const struct chat_request *request);
void chat_room_gone(struct chat_room *self, struct gatio_address session);
void chat_room_speak(struct chat_room *self, const struct chat_request *request);
void chat_room_rename(struct chat_room *self, const struct chat_request *request);
void chat_room_away(struct chat_room *self, const struct chat_request *request);
void chat_room_topic(struct chat_room *self, const struct chat_request *request);
void chat_room_invite(struct chat_room *self, const struct chat_request *request);
void chat_room_names(struct chat_room *self, const struct chat_request *request);
void chat_room_who(struct chat_room *self, const struct chat_request *request);
void chat_room_mode(struct chat_room *self, const struct chat_request *request);

/* The lines of NAMES, with their end. */
void chat_room_names_lines(struct chat_room *self, const char *nick, struct chat_lines *lines);
/* The lines of TOPIC, when there is one. */
void chat_room_topic_lines(struct chat_room *self, const char *nick, struct chat_lines *lines);
bool chat_room_is_banned(const struct chat_room *self, const struct chat_user *user);

#endif
