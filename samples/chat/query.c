/* SPDX-License-Identifier: Apache-2.0 */
/* Query: who and what there is: WHOIS, ISON, USERHOST, LUSERS, LIST. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

enum { PAGE_CHANNELS = 64, FOUND_SIZE = 400, USERHOST_MAX = 5 };

/* ---- WHOIS ------------------------------------------------------------------------------------------------------- */

/* A channel that is hidden is shown to its members only. */
static bool is_shown(const struct chat_hub *hub, const struct chat_room *room)
{
	return (room->flags & (CHAT_SECRET | CHAT_PRIVATE)) == 0 || chat_member_find(room, hub->by);
}

/* Some channels in each line. */
static void whois_channels(struct chat_hub *self, const struct chat_person *person)
{
	char names[256] = "";
	size_t size = 0;
	for (uint32_t i = 0; i < person->room_count; i++) {
		const struct chat_room *room = person->rooms[i];
		if (is_shown(self, room)) {
			uint32_t standing = chat_member_find(room, person)->standing;
			size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%s%s",
			                         size ? " " : "", chat_standing_prefix(standing),
			                         room->name);
		}
		bool is_last = i == person->room_count - 1;
		if (size && (is_last || size > sizeof(names) - CHAT_CHANNEL_MAX - 3)) {
			chat_hub_reply(self, RPL_WHOISCHANNELS, "%s :%s", person->nick, names);
			size = 0;
		}
	}
}

static void whois(struct chat_hub *self, const struct chat_person *person)
{
	const char *nick = person->nick;
	chat_hub_reply(self, RPL_WHOISUSER, "%s %s %s * :%s", nick, person->user, person->host,
	               person->real);
	whois_channels(self, person);
	chat_hub_reply(self, RPL_WHOISSERVER, "%s %s :%s", nick, self->server->name,
	               self->server->network);
	chat_hub_away_reply(self, person);
	chat_hub_reply(self, RPL_WHOISIDLE, "%s %" PRIu64 " %" PRId64 " :seconds idle, signon time",
	               nick, (gatio_now_ns() - person->spoken_ns) / GATIO_SECONDS(1),
	               person->signed_on);
}

void chat_hub_whois(struct chat_hub *self, struct chat_command *command)
{
	/* "WHOIS server nick" asks that server; instead of its name that of somebody there may stand. */
	const char *server = command->params[0];
	char *nicks = command->params[command->param_count > 1 ? 1 : 0];
	if (nicks != server && !chat_mask_matches(server, self->server->name) &&
	    !chat_person_known(self, server)) {
		chat_hub_error(self, ERR_NOSUCHSERVER, server);
		return;
	}
	char *nick = chat_list_next(&nicks);
	for (unsigned i = 0; nick; i++) {
		if (i == CHAT_TARGETS_MAX) {
			chat_hub_error(self, ERR_TOOMANYTARGETS, nick);
			return;
		}
		const struct chat_person *person = chat_person_known(self, nick);
		if (person) {
			whois(self, person);
		} else {
			chat_hub_error(self, ERR_NOSUCHNICK, nick);
		}
		chat_hub_error(self, RPL_ENDOFWHOIS, nick);
		nick = chat_list_next(&nicks);
	}
}

/* ---- ISON, USERHOST ---------------------------------------------------------------------------------------------- */

/* Words of one line; what does not fit is left out. */
struct found {
	char text[FOUND_SIZE];
	size_t size;
};

static void add_found(struct found *found, const char *word)
{
	size_t size = strlen(word);
	if (found->size + size + 1 < sizeof(found->text)) {
		if (found->size) {
			found->text[found->size++] = ' ';
		}
		memcpy(found->text + found->size, word, size);
		found->size += size;
	}
}

static void find_person(struct chat_hub *self, const char *nick, bool with_host,
                        struct found *found)
{
	char word[CHAT_MASK_MAX + 4];
	const struct chat_person *person = chat_person_known(self, nick);
	if (person && with_host) {
		snprintf(word, sizeof(word), "%s=%c%s@%s", person->nick, person->away ? '-' : '+',
		         person->user, person->host);
		add_found(found, word);
	} else if (person) {
		add_found(found, person->nick);
	}
}

/* All parameters are nicks. Some clients put several into one, with spaces. */
static void find_persons(struct chat_hub *self, struct chat_command *command, bool with_host,
                         struct found *out_found)
{
	out_found->size = 0;
	for (unsigned i = 0; i < command->param_count; i++) {
		char *rest = NULL;
		char *nick = strtok_r(command->params[i], " ", &rest);
		for (; nick; nick = strtok_r(NULL, " ", &rest)) {
			find_person(self, nick, with_host, out_found);
		}
	}
}

void chat_hub_ison(struct chat_hub *self, struct chat_command *command)
{
	struct found found;
	find_persons(self, command, false, &found);
	chat_hub_reply(self, RPL_ISON, ":%.*s", (int)found.size, found.text);
}

void chat_hub_userhost(struct chat_hub *self, struct chat_command *command)
{
	struct found found;
	if (command->param_count > USERHOST_MAX) {
		command->param_count = USERHOST_MAX;
	}
	find_persons(self, command, true, &found);
	chat_hub_reply(self, RPL_USERHOST, ":%.*s", (int)found.size, found.text);
}

/* ---- VERSION nick and the like ----------------------------------------------------------------------------------- */

/* The server of that name, or the one that somebody of that name is on: who is here is on this one. */
void chat_hub_locate(struct chat_hub *self, struct chat_command *command)
{
	const char *last = command->params[command->param_count - 1];
	const char *words = command->params[1];
	if (!chat_person_known(self, command->params[0])) {
		chat_hub_error(self, ERR_NOSUCHSERVER, command->params[0]);
		return;
	}
	self->answer.kind = CHAT_LOCATED;
	self->answer_words = (struct chat_text){words, (size_t)(last - words) + strlen(last) + 1};
}

/* ---- LUSERS ------------------------------------------------------------------------------------------------------ */

void chat_hub_lusers(struct chat_hub *self, struct chat_command *command)
{
	(void)command;
	chat_hub_reply(self, RPL_LUSERCLIENT,
	               ":There are %" PRIu32 " users and %" PRIu32 " invisible on 1 servers",
	               self->registered_count - self->invisible_count, self->invisible_count);
	chat_hub_reply(self, RPL_LUSEROP, "0 :operator(s) online");
	chat_hub_reply(self, RPL_LUSERCHANNELS, "%" PRIu32 " :channels formed", self->room_count);
	chat_hub_reply(self, RPL_LUSERME, ":I have %" PRIu32 " clients and 0 servers",
	               self->registered_count);
}

/* ---- LIST -------------------------------------------------------------------------------------------------------- */

static void list_room(struct chat_hub *self, const struct chat_room *room)
{
	if (is_shown(self, room)) {
		chat_hub_reply(self, RPL_LIST, "%s %" PRIu32 " :%s", room->name, room->member_count,
		               room->topic);
	}
}

static void list_named(struct chat_hub *self, char *names)
{
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		const struct chat_room *room = chat_room_named(self, name);
		if (room) {
			list_room(self, room);
		}
	}
}

/*
 * One page. From the last channel down: when one ends between two pages, the last takes its place, which can be shown
 * twice but not be left out.
 */
static uint32_t list_page(struct chat_hub *self, uint32_t cursor)
{
	uint32_t at = cursor < self->room_count ? cursor : self->room_count;
	for (unsigned i = 0; i < PAGE_CHANNELS && at > 0; i++) {
		list_room(self, self->rooms[--at]);
	}
	return at;
}

void chat_hub_list(struct chat_hub *self, struct chat_command *command)
{
	uint32_t cursor = self->answer.cursor; /* 0: the beginning */
	if (cursor == 0) {
		chat_hub_reply(self, RPL_LISTSTART, "Channel :Users Name");
	}
	if (command->param_count && command->params[0][0]) {
		list_named(self, command->params[0]);
		cursor = 0;
	} else {
		cursor = list_page(self, cursor ? cursor : UINT32_MAX);
	}
	if (cursor == 0) {
		chat_hub_reply(self, RPL_LISTEND, ":End of /LIST");
		return;
	}
	self->answer.kind = CHAT_PAGE;
	self->answer.cursor = cursor;
}
