/* SPDX-License-Identifier: Apache-2.0 */
/* What a view hears of its server; and which line is whose. */
#include "tests/sim/view_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the numerics are for that a view looks at. */
enum {
	WELCOME = 1,
	CLIENTS = 255,
	NO_TOPIC = 331,
	TOPIC = 332,
	END_OF_WHO = 315,
	WHO = 352,
	NAMES = 353,
	END_OF_NAMES = 366,
	NO_SUCH_CHANNEL = 403,
	CANNOT_SEND = 404,
	NICK_REFUSED = 433,
	UNAVAILABLE = 437,
};

static void list_names(struct view *view, uint32_t room, char *nicks)
{
	struct view_room *in = &view->rooms[room];
	for (char *nick = strsep(&nicks, " "); nick; nick = strsep(&nicks, " ")) {
		bool is_op = *nick == '@';
		nick += is_op || *nick == '+';
		view_check(view, !view_find_in(in->listed, in->listed_count, nick), "%s twice",
		           nick);
		view_add(in->listed, &in->listed_count, nick)->is_op = is_op;
	}
}

/* room user host server nick flags :0 real */
static void list_who(struct view *view, uint32_t room, char *rest)
{
	struct view_room *in = &view->rooms[room];
	const char *user = view_word(&rest);
	(void)view_word(&rest);
	(void)view_word(&rest);
	const char *nick = view_word(&rest);
	struct view_member *member = view_add(in->listed, &in->listed_count, nick);
	member->user = view_user_of(user + 1);
	member->is_op = strchr(view_word(&rest), '@') != NULL;
	view_check(view, member->user != VIEW_NO_USER, "there is no such user");
}

/* Those who are in are those that it has been told of: no more, no less. */
static void end_of_list(struct view *view, uint32_t room)
{
	struct view_room *in = &view->rooms[room];
	uint32_t count = in->listed_count;
	in->listed_count = 0;
	if (!in->is_in) {
		return;
	}
	if (in->is_fresh) {
		view_check(view, view_find_in(in->listed, count, view->nick),
		           "it is not in the list");
		memcpy(in->members, in->listed, sizeof(in->members));
		in->member_count = count;
		in->is_fresh = false;
	}
	view_check(view, in->member_count == count, "%" PRIu32 " are listed and %" PRIu32 " are in",
	           count, in->member_count);
	for (uint32_t i = 0; i < count && !view->fault[0]; i++) {
		const struct view_member *listed = &in->listed[i];
		const struct view_member *member = view_member(view, room, listed->nick);
		view_check(view, member, "%s is not in", listed->nick);
		if (member) {
			view_check(view, member->is_op == listed->is_op, "is %s operator?",
			           listed->nick);
		}
		if (listed->user != VIEW_NO_USER) {
			view_meet(view, listed->nick, listed->user);
		}
	}
}

static void hear_topic(struct view *view, uint32_t room, const char *topic)
{
	struct view_room *in = &view->rooms[room];
	uint64_t key = topic ? view_hash(0, topic) : 0;
	if (in->is_in && in->is_fresh) {
		in->topic = key;
	}
	view_check(view, !in->is_in || in->topic == key, "that is not the topic");
}

static void hear_about_room(struct view *view, int number, uint32_t room, char *rest)
{
	switch (number) {
	case NO_TOPIC:
		hear_topic(view, room, NULL);
		break;
	case TOPIC:
		hear_topic(view, room, view_without_colon(rest));
		break;
	case WHO:
		list_who(view, room, rest);
		break;
	case END_OF_WHO:
	case END_OF_NAMES:
		end_of_list(view, room);
		break;
	case NO_SUCH_CHANNEL:
	case CANNOT_SEND:
		view->refused |= UINT32_C(1) << room;
		break;
	default:
		break;
	}
}

static void hear_number(struct view *view, int number, char *rest)
{
	const char *nick = view_word(&rest);
	if (number == WELCOME) {
		snprintf(view->nick, sizeof(view->nick), "%s", nick);
	}
	view_check(view, !view->nick[0] || strcmp(view->nick, nick) == 0, "it is %s", view->nick);
	view->is_nick_refused |= number == NICK_REFUSED || number == UNAVAILABLE;
	view->lacking += number == UNAVAILABLE;
	if (number == CLIENTS) {
		view->clients = (uint32_t)strtoul(rest + strlen(":I have "), NULL, 10);
		return;
	}
	const char *name = view_word(&rest);
	if (number == NAMES) { /* behind a symbol */
		name = view_word(&rest);
	}
	uint32_t room = view_room_of(name);
	if (number == END_OF_NAMES && strcmp(name, "*") == 0) { /* of all, page by page */
		for (uint32_t i = 0; i < VIEW_ROOMS; i++) {
			view->rooms[i].listed_count = 0;
		}
	} else if (room != VIEW_NO_ROOM && number == NAMES) {
		list_names(view, room, view_without_colon(rest));
	} else if (room != VIEW_NO_ROOM) {
		hear_about_room(view, number, room, rest);
	}
}

/* Each is answered once, in their order, and behind what stood before it. */
static void hear_pong(struct view *view, char *token)
{
	uint32_t number = view_number_of(token, view->user);
	const char *last_dot = strrchr(token, '.');
	view->ponged++;
	view_check(view, number == view->ponged, "it waits for the answer to %" PRIu32,
	           view->ponged);
	uint32_t echoed = last_dot ? (uint32_t)strtoul(last_dot + 1, NULL, 10) : 0;
	view_check(view, echoed == view->echoed, "%" PRIu32 " lines have come back before it",
	           view->echoed);
}

static void hear_server(struct view *view, char *line)
{
	(void)view_word(&line);
	const char *verb = view_word(&line);
	int number = atoi(verb);
	if (number) {
		hear_number(view, number, line);
	} else if (strcmp(verb, "PONG") == 0) {
		(void)view_word(&line);
		hear_pong(view, view_without_colon(line));
	} else {
		view_check(view, false, "what is that?");
	}
}

void view_hear(struct view *view, char *line)
{
	snprintf(view->hearing, sizeof(view->hearing), "%s", line);
	view->line_count++;
	size_t prefix = strcspn(line, " ");
	if (strncmp(line, "PING ", 5) == 0) {
		view->pinged++;
	} else if (strncmp(line, "ERROR ", 6) == 0) {
		view->has_error = true;
	} else if (line[0] != ':') {
		view_check(view, false, "what is that?");
	} else if (memchr(line, '!', prefix)) {
		view_hear_person(view, line + 1);
	} else {
		hear_server(view, line);
	}
}
