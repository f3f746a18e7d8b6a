/* SPDX-License-Identifier: Apache-2.0 */
/* What a view hears of persons. */
#include "tests/sim/view_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The room that it is in, as the one who acts must be; false: it cannot be. */
static bool is_among(struct view *view, const struct view_act *act, uint32_t room)
{
	bool is_room = room != VIEW_NO_ROOM;
	view_check(view, is_room, "there is no such room");
	if (is_room) {
		view_check(view, view->rooms[room].is_in, "it is not in %s", act->target);
		view_check(view, view_member(view, room, act->nick), "%s is not in %s", act->nick,
		           act->target);
	}
	return !view->fault[0];
}

static bool is_op(struct view *view, uint32_t room, const char *nick)
{
	const struct view_member *member = view_member(view, room, nick);
	return member && member->is_op;
}

static void on_join(struct view *view, const struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	view_check(view, room != VIEW_NO_ROOM, "there is no such room");
	if (view->fault[0]) {
		return;
	}
	struct view_room *into = &view->rooms[room];
	bool is_own = act->user == view->user;
	view_check(view, into->is_in != is_own, is_own ? "it is in" : "it is not in");
	view_check(view, !view_member(view, room, act->nick), "%s is in", act->nick);
	if (view->fault[0]) {
		return;
	}
	into->is_in = true;
	into->is_fresh |= is_own;
	view_add(into->members, &into->member_count, act->nick)->user = act->user;
	view_note_in_room(view, act, room, is_own ? VIEW_CAME : VIEW_SAID);
}

static void on_part(struct view *view, const struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	if (is_among(view, act, room)) {
		view_count_line(view, act, room);
		view_note_in_room(view, act, room, act->user == view->user ? VIEW_LEFT : VIEW_SAID);
		view_leave(view, room, act->nick);
	}
}

static void on_kick(struct view *view, struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	if (!is_among(view, act, room)) {
		return;
	}
	char *rest = act->rest;
	const char *victim = view_word(&rest);
	act->rest = view_without_colon(rest);
	view_check(view, is_op(view, room, act->nick), "%s is no operator", act->nick);
	view_count_line(view, act, room);
	bool is_own = strcmp(victim, view->nick) == 0;
	view_note_in_room(view, act, room, is_own ? VIEW_LEFT : VIEW_SAID);
	view_leave(view, room, victim);
}

static void on_nick(struct view *view, struct view_act *act)
{
	const char *new = act->target;
	act->rest = act->target;
	view_check(view, view_knows(view, act->nick), "nobody knows %s", act->nick);
	view_check(view, !view_knows(view, new), "somebody else is %s", new);
	view_count_line(view, act, VIEW_ROOMS);
	for (uint32_t i = 0; i < VIEW_ROOMS; i++) {
		struct view_member *member = view_member(view, i, act->nick);
		if (member) {
			view_note_in_room(view, act, i, VIEW_SAID);
			snprintf(member->nick, sizeof(member->nick), "%s", new);
		}
	}
	if (act->user == view->user) {
		snprintf(view->nick, sizeof(view->nick), "%s", new);
	}
}

static void on_quit(struct view *view, struct view_act *act)
{
	bool is_known = false;
	act->rest = act->target;
	view_check(view, act->user != view->user, "its own good-bye");
	for (uint32_t i = 0; i < VIEW_ROOMS; i++) {
		if (view_member(view, i, act->nick)) {
			is_known = true;
			view_note_in_room(view, act, i, VIEW_QUIT);
			view_take(view, i, act->nick);
		}
	}
	view_check(view, is_known, "nobody knows %s", act->nick);
	view->gone[act->user] = true;
}

static void on_topic(struct view *view, const struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	if (is_among(view, act, room)) {
		view_count_line(view, act, room);
		view_note_in_room(view, act, room, VIEW_SAID);
		view->rooms[room].topic = view_hash(0, act->rest);
	}
}

static void on_mode(struct view *view, const struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	if (!is_among(view, act, room)) {
		return;
	}
	view_check(view, is_op(view, room, act->nick), "%s is no operator", act->nick);
	view_note_in_room(view, act, room, VIEW_SAID);
	char *rest = act->rest;
	bool is_set = true;
	for (const char *letter = view_word(&rest); *letter; letter++) {
		bool has_word = strchr("ovbk", *letter) || (*letter == 'l' && is_set);
		is_set = *letter == '+' || (*letter != '-' && is_set);
		const char *about = has_word ? view_word(&rest) : "";
		if (*letter == 'o' || *letter == 'v') {
			struct view_member *member = view_member(view, room, about);
			view_check(view, member, "%s is not in", about);
			if (member && *letter == 'o') {
				member->is_op = is_set;
			}
		}
	}
}

/* What has come back to its sender: the rooms that it went to have been told the same. */
static void on_echo(struct view *view, const struct view_act *act)
{
	char copy[VIEW_FAULT];
	const char *list = strchr(act->rest, ' ');
	snprintf(copy, sizeof(copy), "%s", list ? list + 1 : "");
	char *rest = copy;
	char *names = view_word(&rest);
	view->echoed++;
	for (char *name = strsep(&names, ","); name; name = strsep(&names, ",")) {
		uint32_t room = view_room_of(name);
		if (room != VIEW_NO_ROOM && view->rooms[room].is_in &&
		    !(view->refused >> room & 1)) {
			view_note_in_room(view, act, room, VIEW_SAID);
		}
	}
}

static void on_said(struct view *view, const struct view_act *act)
{
	uint32_t room = view_room_of(act->target);
	bool is_own = act->user == view->user;
	if (room != VIEW_NO_ROOM) {
		if (is_among(view, act, room)) {
			view_check(view, !is_own, "that is what it has said itself");
			view_count_line(view, act, room);
			view_note_in_room(view, act, room, VIEW_SAID);
		}
		return;
	}
	view_check(view, strcmp(act->target, view->nick) == 0, "it is %s", view->nick);
	view_count_line(view, act, VIEW_ROOMS);
	view_note_in_room(view, act, VIEW_NO_ROOM, VIEW_SAID);
	if (is_own) {
		on_echo(view, act);
	}
}

void view_hear_person(struct view *view, char *line)
{
	struct view_act act = {.nick = strsep(&line, "!")};
	view_check(view, line && line[0] == '~', "there is no user in it");
	if (!line || line[0] != '~') {
		return;
	}
	act.user = view_user_of(strsep(&line, "@") + 1);
	view_check(view, act.user != VIEW_NO_USER && line, "nobody has this user's name");
	if (view->fault[0]) {
		return;
	}
	(void)view_word(&line);
	act.verb = view_word(&line);
	bool is_text = line[0] == ':'; /* NICK and QUIT: all of it is one */
	act.target = is_text ? line + 1 : view_word(&line);
	act.rest = is_text ? line + strlen(line) : view_without_colon(line);
	view_meet(view, act.nick, act.user);
	static const struct {
		const char *verb;
		void (*hear)(struct view *view, struct view_act *act);
	} changing[] = {{"KICK", on_kick}, {"NICK", on_nick}, {"QUIT", on_quit}};
	static const struct {
		const char *verb;
		void (*hear)(struct view *view, const struct view_act *act);
	} others[] = {{"JOIN", on_join}, {"PART", on_part},    {"TOPIC", on_topic},
	              {"MODE", on_mode}, {"PRIVMSG", on_said}, {"NOTICE", on_said}};
	bool is_known = false;
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]) && !view->fault[0]; i++) {
		if (strcmp(changing[i].verb, act.verb) == 0) {
			is_known = true;
			changing[i].hear(view, &act);
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !view->fault[0]; i++) {
		if (strcmp(others[i].verb, act.verb) == 0) {
			is_known = true;
			others[i].hear(view, &act);
		}
	}
	view_check(view, is_known, "what is that?");
	view->refused = 0;
}
