/* SPDX-License-Identifier: Apache-2.0 */
/* View: see view.h. */
#include "tests/sim/view_inside.h"

#include "base/assert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_FIRST = 64 };

void view_check(struct view *view, bool holds, const char *format, ...)
{
	char why[VIEW_FAULT / 4];
	if (holds || view->fault[0]) {
		return;
	}
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	snprintf(view->fault, sizeof(view->fault), "u%" PRIu32 " is told '%s': %s", view->user,
	         view->hearing, why);
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

uint64_t view_hash(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
	}
	return (hash ^ 0xff) * UINT64_C(1099511628211);
}

uint32_t view_room_of(const char *name)
{
	bool is_room = name[0] == '#' && name[1] >= 'a' && name[1] < 'a' + VIEW_ROOMS && !name[2];
	return is_room ? (uint32_t)(name[1] - 'a') : VIEW_NO_ROOM;
}

uint32_t view_user_of(const char *name)
{
	char *end;
	unsigned long number = name[0] == 'u' ? strtoul(name + 1, &end, 10) : VIEW_NO_USER;
	return number < VIEW_USERS ? (uint32_t)number : VIEW_NO_USER;
}

uint32_t view_number_of(const char *text, uint32_t user)
{
	const char *dot = strpbrk(text, ".-");
	return dot && view_user_of(text) == user ? (uint32_t)strtoul(dot + 1, NULL, 10) : 0;
}

char *view_word(char **rest)
{
	char *found = strsep(rest, " ");
	if (!*rest) {
		*rest = found + strlen(found);
	}
	return found[0] == ':' ? found + 1 : found;
}

char *view_without_colon(char *text)
{
	return text[0] == ':' ? text + 1 : text;
}

/* ---- Who is where ------------------------------------------------------------------------------------------------ */

struct view_member *view_find_in(struct view_member *members, uint32_t count, const char *nick)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(members[i].nick, nick) == 0) {
			return &members[i];
		}
	}
	return NULL;
}

struct view_member *view_member(struct view *view, uint32_t room, const char *nick)
{
	return view_find_in(view->rooms[room].members, view->rooms[room].member_count, nick);
}

const struct view_member *view_find(const struct view *view, uint32_t room, const char *nick)
{
	return view_member((struct view *)(uintptr_t)view, room, nick);
}

struct view_member *view_add(struct view_member *members, uint32_t *count, const char *nick)
{
	gi_assert(*count < VIEW_MEMBERS);
	struct view_member *member = &members[(*count)++];
	*member = (struct view_member){.user = VIEW_NO_USER};
	snprintf(member->nick, sizeof(member->nick), "%s", nick);
	return member;
}

void view_take(struct view *view, uint32_t room, const char *nick)
{
	struct view_room *in = &view->rooms[room];
	struct view_member *member = view_member(view, room, nick);
	view_check(view, member, "%s is not in", nick);
	if (member) {
		*member = in->members[--in->member_count];
	}
}

bool view_knows(struct view *view, const char *nick)
{
	bool is_known = strcmp(view->nick, nick) == 0;
	for (uint32_t i = 0; i < VIEW_ROOMS; i++) {
		is_known |= view_member(view, i, nick) != NULL;
	}
	return is_known;
}

void view_meet(struct view *view, const char *nick, uint32_t user)
{
	bool is_own = user == view->user;
	view_check(view, !view->gone[user], "u%" PRIu32 " has quit", user);
	view_check(view, is_own == (strcmp(view->nick, nick) == 0),
	           "that is not who has this nick");
	for (uint32_t i = 0; i < VIEW_ROOMS; i++) {
		struct view_room *room = &view->rooms[i];
		for (uint32_t k = 0; k < room->member_count; k++) {
			struct view_member *member = &room->members[k];
			bool is_he = strcmp(member->nick, nick) == 0;
			if (is_he && member->user == VIEW_NO_USER) {
				member->user = user;
			}
			view_check(view, is_he == (member->user == user), "u%" PRIu32 " is %s",
			           member->user, member->nick);
		}
	}
}

void view_leave(struct view *view, uint32_t room, const char *nick)
{
	struct view_room *from = &view->rooms[room];
	view_take(view, room, nick);
	if (strcmp(nick, view->nick) == 0) {
		*from = (struct view_room){.is_in = false};
	}
}

/* ---- The log ----------------------------------------------------------------------------------------------------- */

static void view_note(struct view *view, const struct view_event *event)
{
	if (view->event_count == view->event_capacity) {
		view->event_capacity =
		        view->event_capacity ? 2 * view->event_capacity : EVENTS_FIRST;
		size_t size = view->event_capacity * sizeof(view->events[0]);
		view->events = realloc(view->events, size);
		gi_assert(view->events);
	}
	view->events[view->event_count] = *event;
	view->events[view->event_count++].line = view->line_count;
}

/* The key of what a room is told, whoever is told it. */
static uint64_t key_of(const struct view_act *act, uint32_t room)
{
	uint64_t key = view_hash(view_hash(UINT64_C(14695981039346656037), act->nick), act->verb);
	return view_hash(key, act->rest) + (uint64_t)act->user * VIEW_ROOMS + room;
}

static uint64_t identity_of(uint32_t user, uint32_t number)
{
	return number ? (uint64_t)(user + 1) << 32 | number : 0;
}

void view_note_in_room(struct view *view, const struct view_act *act, uint32_t room,
                       enum view_kind kind)
{
	bool is_quit = kind == VIEW_QUIT; /* which comes once */
	uint32_t number = is_quit ? UINT32_MAX : view_number_of(act->rest, act->user);
	const char *list = strchr(act->rest, ' ');
	bool is_said = strcmp(act->verb, "PRIVMSG") == 0 || strcmp(act->verb, "NOTICE") == 0;
	view_note(view, &(struct view_event){
	                        .kind = kind,
	                        .room = room,
	                        .user = act->user,
	                        .key = key_of(act, room),
	                        .identity = identity_of(act->user, number),
	                        .is_unechoed = is_said && !(list && list[1] == '#'),
	                });
}

void view_count_line(struct view *view, const struct view_act *act, uint32_t target)
{
	uint32_t number = view_number_of(act->rest, act->user);
	struct view_line *line = &view->lines[act->user];
	if (number == 0) {
		return;
	}
	view_check(view, number >= line->number, "its line %" PRIu32 " came before", line->number);
	if (number > line->number) {
		*line = (struct view_line){.number = number};
	}
	view_check(view, !(line->targets >> target & 1), "it has come before");
	line->targets |= UINT32_C(1) << target;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

void view_init(struct view *view, uint32_t user)
{
	gi_assert(user < VIEW_USERS);
	memset(view, 0, sizeof(*view));
	view->user = user;
}

void view_finish(struct view *view)
{
	free(view->events);
	view->events = NULL;
}
