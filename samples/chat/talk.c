/* SPDX-License-Identifier: Apache-2.0 */
/* Talk: what is said in a room, its topic, and what its members change about themselves. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "samples/chat/room.h"

bool chat_room_is_banned(const struct chat_room *self, const struct chat_user *user)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(user, mask);
	for (uint32_t i = 0; i < self->ban_count; i++) {
		if (chat_mask_matches(self->bans[i].mask, mask)) {
			return true;
		}
	}
	return false;
}

static bool may_speak(const struct chat_room *self, const struct chat_user *user,
                      const struct chat_member *member)
{
	if (member && member->standing) {
		return true;
	}
	if (!member && (self->flags & CHAT_NO_OUTSIDE)) {
		return false;
	}
	return !(self->flags & CHAT_MODERATED) && !chat_room_is_banned(self, user);
}

/* PRIVMSG and NOTICE. */
void chat_room_speak(struct chat_room *self, const struct chat_request *request)
{
	const struct chat_member *member = chat_member_find(self, request->from.session);
	if (!may_speak(self, &request->from, member)) {
		if (request->verb == CHAT_SAY) {
			chat_room_error(self, &request->from, ERR_CANNOTSENDTOCHAN, self->name);
		}
		return;
	}
	struct chat_tail tail = chat_request_tail(request);
	struct chat_head head = {.kind = CHAT_TEXT};
	chat_room_cast(self, &head, &tail, request->from.session);
}

void chat_room_rename(struct chat_room *self, const struct chat_request *request)
{
	struct chat_member *member = chat_member_find(self, request->from.session);
	if (member) {
		chat_copy(member->user.nick, sizeof(member->user.nick), request->name);
		chat_room_cast_event(self, request);
	}
}

void chat_room_away(struct chat_room *self, const struct chat_request *request)
{
	struct chat_member *member = chat_member_find(self, request->from.session);
	if (member) {
		member->is_away = request->text_size > 0;
	}
}

void chat_room_topic_lines(struct chat_room *self, const char *nick, struct chat_lines *lines)
{
	if (self->topic[0] == '\0') {
		return;
	}
	chat_lines_add(lines, ":%s %03d %s %s :%s", self->server->name, RPL_TOPIC, nick, self->name,
	               self->topic);
	chat_lines_add(lines, ":%s %03d %s %s %s %" PRId64, self->server->name, RPL_TOPICWHOTIME,
	               nick, self->name, self->topic_by, self->topic_time);
}

static void show_topic(struct chat_room *self, const struct chat_request *request)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_head head = {.kind = CHAT_TEXT};
	chat_room_topic_lines(self, request->from.nick, &lines);
	if (self->topic[0] == '\0') {
		chat_lines_add(&lines, ":%s %03d %s %s :No topic is set", self->server->name,
		               RPL_NOTOPIC, request->from.nick, self->name);
	}
	chat_room_tell(self, &request->from, &head, &lines);
	chat_lines_clear(&lines);
}

void chat_room_topic(struct chat_room *self, const struct chat_request *request)
{
	const struct chat_member *member = chat_member_find(self, request->from.session);
	bool is_hidden = (self->flags & (CHAT_SECRET | CHAT_PRIVATE)) != 0;
	const char *text = chat_request_tail(request).text;
	if (!member && (text[0] || is_hidden)) {
		chat_room_error(self, &request->from, ERR_NOTONCHANNEL, self->name);
		return;
	}
	if (!text[0]) {
		show_topic(self, request);
		return;
	}
	if ((self->flags & CHAT_TOPIC_BY_OPS) && !(member->standing & CHAT_OP)) {
		chat_room_error(self, &request->from, ERR_CHANOPRIVSNEEDED, self->name);
		return;
	}
	chat_copy(self->topic, sizeof(self->topic), text + 1);
	chat_copy(self->topic_by, sizeof(self->topic_by), member->user.nick);
	self->topic_time = time(NULL);
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(&member->user, mask);
	chat_room_say(self, ":%s TOPIC %s :%s", mask, self->name, self->topic);
	chat_room_summarise(self);
}
