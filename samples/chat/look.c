/* SPDX-License-Identifier: Apache-2.0 */
/* Look: NAMES and WHO. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

enum { NAMES_LINE_MAX = 320 }; /* of nicks in one line: leaves room for what stands before them */

static bool is_hidden(const struct chat_hub *hub, const struct chat_room *room)
{
	return (room->flags & (CHAT_SECRET | CHAT_PRIVATE)) && !chat_member_find(room, hub->by);
}

static char names_symbol(const struct chat_room *self)
{
	if (self->flags & CHAT_SECRET) {
		return '@';
	}
	return self->flags & CHAT_PRIVATE ? '*' : '=';
}

static void end_of_names(struct chat_hub *hub, const char *name)
{
	chat_hub_reply(hub, RPL_ENDOFNAMES, "%s :End of /NAMES list", name);
}

/* Of those who are going everybody hears next: until then they are still in. */
void chat_room_names(struct chat_hub *hub, const struct chat_room *self)
{
	uint32_t at = 0;
	while (at < self->member_count) {
		char names[NAMES_LINE_MAX + CHAT_NICK_MAX + 3];
		size_t size = 0;
		for (; at < self->member_count && size < NAMES_LINE_MAX; at++) {
			const struct chat_member *member = &self->members[at];
			size += (size_t)snprintf(
			        names + size, sizeof(names) - size, "%s%s%s", size ? " " : "",
			        chat_standing_prefix(member->standing), member->person->nick);
		}
		chat_hub_reply(hub, RPL_NAMREPLY, "%c %s :%s", names_symbol(self), self->name,
		               names);
	}
	end_of_names(hub, self->name);
}

void chat_hub_names(struct chat_hub *self, struct chat_command *command)
{
	if (command->param_count == 0) {
		end_of_names(self, "*");
		return;
	}
	char *names = command->params[0];
	char *name = chat_list_next(&names);
	for (unsigned i = 0; name && i < CHAT_TARGETS_MAX; i++) {
		const struct chat_room *room = chat_room_named(self, name);
		if (room && !is_hidden(self, room)) {
			chat_room_names(self, room);
		} else {
			end_of_names(self, room ? room->name : name);
		}
		name = chat_list_next(&names);
	}
}

/* ---- WHO --------------------------------------------------------------------------------------------------------- */

static void who_is(struct chat_hub *self, const char *name, const struct chat_person *person,
                   const char *prefix)
{
	const char *server = self->server->name;
	chat_hub_reply(self, RPL_WHOREPLY, "%s %s %s %s %s %c%s :0 %s", name, person->user,
	               person->host, server, person->nick, person->away ? 'G' : 'H', prefix,
	               person->real);
}

static void who_is_in(struct chat_hub *self, const struct chat_room *room)
{
	uint32_t count = is_hidden(self, room) ? 0 : room->member_count;
	for (uint32_t i = 0; i < count; i++) {
		const struct chat_member *member = &room->members[i];
		who_is(self, room->name, member->person, chat_standing_prefix(member->standing));
	}
}

/* A channel or a nick; who is who behind a mask is nobody's business. */
void chat_hub_who(struct chat_hub *self, struct chat_command *command)
{
	const char *name = command->param_count ? command->params[0] : "*";
	const struct chat_room *room = chat_room_named(self, name);
	const struct chat_person *person = chat_person_known(self, name);
	if (room) {
		who_is_in(self, room);
	} else if (person) {
		who_is(self, "*", person, "");
	}
	chat_hub_reply(self, RPL_ENDOFWHO, "%s :End of /WHO list", room ? room->name : name);
}
