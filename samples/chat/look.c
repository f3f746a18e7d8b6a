/* SPDX-License-Identifier: Apache-2.0 */
/* Look: NAMES and WHO of a room. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

enum { NAMES_LINE_MAX = 320 }; /* of nicks in one line: leaves room for what stands before them */

static bool is_hidden_from(struct chat_room *self, const struct chat_user *user)
{
	return (self->flags & (CHAT_SECRET | CHAT_PRIVATE)) &&
	       !chat_member_find(self, user->session);
}

static char names_symbol(const struct chat_room *self)
{
	if (self->flags & CHAT_SECRET) {
		return '@';
	}
	return self->flags & CHAT_PRIVATE ? '*' : '=';
}

void chat_room_names_lines(struct chat_room *self, const char *nick, struct chat_lines *lines)
{
	uint32_t at = 0;
	while (at < self->member_count) {
		char names[NAMES_LINE_MAX + CHAT_NICK_MAX + 3];
		size_t size = 0;
		for (; at < self->member_count && size < NAMES_LINE_MAX; at++) {
			const struct chat_member *member = &self->members[at];
			size += (size_t)snprintf(
			        names + size, sizeof(names) - size, "%s%s%s", size ? " " : "",
			        chat_standing_prefix(member->standing), member->user.nick);
		}
		chat_lines_add(lines, ":%s %03d %s %c %s :%s", self->server->name, RPL_NAMREPLY,
		               nick, names_symbol(self), self->name, names);
	}
	chat_lines_add(lines, ":%s %03d %s %s :End of /NAMES list", self->server->name,
	               RPL_ENDOFNAMES, nick, self->name);
}

void chat_room_names(struct chat_room *self, const struct chat_request *request)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_head head = {.kind = CHAT_TEXT};
	const char *nick = request->from.nick;
	if (is_hidden_from(self, &request->from)) {
		chat_lines_add(&lines, ":%s %03d %s %s :End of /NAMES list", self->server->name,
		               RPL_ENDOFNAMES, nick, self->name);
	} else {
		chat_room_names_lines(self, nick, &lines);
	}
	chat_room_tell(self, &request->from, &head, &lines);
	chat_lines_clear(&lines);
}

void chat_room_who(struct chat_room *self, const struct chat_request *request)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_head head = {.kind = CHAT_TEXT};
	const char *nick = request->from.nick;
	const char *server = self->server->name;
	uint32_t count = is_hidden_from(self, &request->from) ? 0 : self->member_count;
	for (uint32_t i = 0; i < count; i++) {
		const struct chat_member *member = &self->members[i];
		chat_lines_add(&lines, ":%s %03d %s %s %s %s %s %s %c%s :0 %s", server,
		               RPL_WHOREPLY, nick, self->name, member->user.user, member->user.host,
		               server, member->user.nick, member->is_away ? 'G' : 'H',
		               chat_standing_prefix(member->standing), member->real);
	}
	chat_lines_add(&lines, ":%s %03d %s %s :End of /WHO list", server, RPL_ENDOFWHO, nick,
	               self->name);
	chat_room_tell(self, &request->from, &head, &lines);
	chat_lines_clear(&lines);
}
