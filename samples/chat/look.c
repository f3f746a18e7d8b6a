/* SPDX-License-Identifier: Apache-2.0 */
/* Look: NAMES and WHO. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

enum {
	NAMES_LINE_MAX = 320, /* of nicks in one line: leaves room for what stands before them */
	PAGE_PERSONS = 256,   /* looked at in one step */
};

/* The rest of a cursor counts persons, no rooms. */
#define PERSONS_CURSOR (UINT32_C(1) << 31)

static uint32_t minimum(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

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

/* Who has asked not to be seen is seen by those who share a channel. */
static bool may_see(const struct chat_hub *hub, const struct chat_person *person)
{
	bool sees = !(person->flags & CHAT_INVISIBLE) || person == hub->by;
	for (uint32_t i = 0; i < person->room_count && !sees; i++) {
		sees = chat_member_find(person->rooms[i], hub->by) != NULL;
	}
	return sees;
}

/* ---- NAMES ------------------------------------------------------------------------------------------------------- */

/* Nicks of one channel, some in each line. */
struct names {
	struct chat_hub *hub;
	char symbol;
	const char *room;
	size_t size;
	char text[NAMES_LINE_MAX + CHAT_NICK_MAX + 3];
};

static void names_flush(struct names *names)
{
	if (names->size) {
		chat_hub_reply(names->hub, RPL_NAMREPLY, "%c %s :%s", names->symbol, names->room,
		               names->text);
	}
	names->size = 0;
}

static void names_add(struct names *names, const char *prefix, const char *nick)
{
	names->size +=
	        (size_t)snprintf(names->text + names->size, sizeof(names->text) - names->size,
	                         "%s%s%s", names->size ? " " : "", prefix, nick);
	if (names->size >= NAMES_LINE_MAX) {
		names_flush(names);
	}
}

static void names_of(struct chat_hub *hub, const struct chat_room *room)
{
	struct names names = {.hub = hub, .symbol = names_symbol(room), .room = room->name};
	bool sees_all = chat_member_find(room, hub->by) != NULL;
	for (uint32_t i = 0; i < room->member_count; i++) {
		const struct chat_member *member = &room->members[i];
		if (sees_all || may_see(hub, member->person)) {
			names_add(&names, chat_standing_prefix(member->standing),
			          member->person->nick);
		}
	}
	names_flush(&names);
}

/* Of those who are going everybody hears next: until then they are still in. */
void chat_room_names(struct chat_hub *hub, const struct chat_room *self)
{
	names_of(hub, self);
	chat_hub_error(hub, RPL_ENDOFNAMES, self->name);
}

static bool is_in_a_shown_room(const struct chat_hub *hub, const struct chat_person *person)
{
	for (uint32_t i = 0; i < person->room_count; i++) {
		if (!is_hidden(hub, person->rooms[i])) {
			return true;
		}
	}
	return false;
}

/* Whoever is in no channel that has been shown is listed in "*". Returns the next page's cursor, 0 at the end. */
static uint32_t names_without_room(struct chat_hub *hub, uint32_t at)
{
	struct names names = {.hub = hub, .symbol = '*', .room = "*"};
	for (unsigned i = 0; i < PAGE_PERSONS && at > 0; i++) {
		const struct chat_person *person = hub->persons[--at];
		if (person->is_registered && may_see(hub, person) &&
		    !is_in_a_shown_room(hub, person)) {
			names_add(&names, "", person->nick);
		}
	}
	names_flush(&names);
	return at;
}

/*
 * One page of all. From the last down, first rooms, then persons: when one ends between two pages, the last takes its
 * place, which can be shown twice but not be left out. Returns the next page's cursor, 0 at the end.
 */
static uint32_t names_page(struct chat_hub *hub, uint32_t cursor)
{
	if (cursor & PERSONS_CURSOR) {
		uint32_t at = minimum(cursor & ~PERSONS_CURSOR, hub->person_count);
		at = names_without_room(hub, at);
		return at ? PERSONS_CURSOR | at : 0;
	}
	uint32_t at = minimum(cursor ? cursor : UINT32_MAX, hub->room_count);
	for (uint32_t seen = 0; at > 0 && seen < PAGE_PERSONS;) {
		const struct chat_room *room = hub->rooms[--at];
		seen += 1 + room->member_count;
		if (!is_hidden(hub, room)) {
			names_of(hub, room);
		}
	}
	return at ? at : PERSONS_CURSOR | hub->person_count;
}

static void names_of_all(struct chat_hub *hub)
{
	uint32_t cursor = names_page(hub, hub->answer.cursor);
	if (cursor == 0) {
		chat_hub_error(hub, RPL_ENDOFNAMES, "*");
		return;
	}
	hub->answer.kind = CHAT_PAGE;
	hub->answer.cursor = cursor;
}

void chat_hub_names(struct chat_hub *self, struct chat_command *command)
{
	if (command->param_count == 0 || chat_list_is_empty(command->params[0])) {
		names_of_all(self);
		return;
	}
	char *names = command->params[0];
	char *name = chat_list_next(&names);
	for (unsigned i = 0; name; i++) {
		if (i == CHAT_TARGETS_MAX) {
			chat_hub_error(self, ERR_TOOMANYTARGETS, name);
			return;
		}
		const struct chat_room *room = chat_room_named(self, name);
		if (room && !is_hidden(self, room)) {
			chat_room_names(self, room);
		} else {
			chat_hub_error(self, RPL_ENDOFNAMES, name);
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

/* One page of the members of a channel, from the last down. Returns the next page's cursor, 0 at the end. */
static uint32_t who_is_in(struct chat_hub *self, const struct chat_room *room)
{
	bool sees_all = chat_member_find(room, self->by) != NULL;
	uint32_t cursor = self->answer.cursor;
	uint32_t at = minimum(cursor ? cursor : UINT32_MAX, room->member_count);
	for (unsigned i = 0; i < PAGE_PERSONS && at > 0 && !is_hidden(self, room); i++) {
		const struct chat_member *member = &room->members[--at];
		if (sees_all || may_see(self, member->person)) {
			who_is(self, room->name, member->person,
			       chat_standing_prefix(member->standing));
		}
	}
	return is_hidden(self, room) ? 0 : at;
}

static bool is_meant(const struct chat_hub *hub, const struct chat_person *person, const char *mask)
{
	return chat_mask_matches(mask, person->nick) || chat_mask_matches(mask, person->user) ||
	       chat_mask_matches(mask, person->host) || chat_mask_matches(mask, person->real) ||
	       chat_mask_matches(mask, hub->server->name);
}

/* One page of those behind a mask. Returns the next page's cursor, 0 at the end. */
static uint32_t who_page(struct chat_hub *self, const char *mask)
{
	uint32_t cursor = self->answer.cursor;
	uint32_t at = minimum(cursor ? cursor : UINT32_MAX, self->person_count);
	for (unsigned i = 0; i < PAGE_PERSONS && at > 0; i++) {
		const struct chat_person *person = self->persons[--at];
		if (person->is_registered && is_meant(self, person, mask) &&
		    may_see(self, person)) {
			who_is(self, "*", person, "");
		}
	}
	return at;
}

/* A channel, a nick, which finds those too who are not seen behind masks, or a mask. */
void chat_hub_who(struct chat_hub *self, struct chat_command *command)
{
	const char *mask = command->params[0];
	const struct chat_room *room = chat_room_named(self, mask);
	const struct chat_person *person = chat_person_known(self, mask);
	uint32_t cursor = 0;
	if (command->param_count > 1 && strcmp(command->params[1], "o") == 0) {
		/* Of the operators of this server: there are none. */
	} else if (room) {
		cursor = who_is_in(self, room);
	} else if (person) {
		who_is(self, "*", person, "");
	} else if (!chat_is_channel_name(mask)) {
		cursor = who_page(self, mask);
	}
	if (cursor) {
		self->answer.kind = CHAT_PAGE;
		self->answer.cursor = cursor;
		return;
	}
	chat_hub_error(self, RPL_ENDOFWHO, mask);
}
