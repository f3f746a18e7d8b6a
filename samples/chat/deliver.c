/* SPDX-License-Identifier: Apache-2.0 */
/* Deliver: what rooms and other sessions tell a session. */
#include <inttypes.h>
#include <stdio.h>

#include "samples/chat/lines.h"
#include "samples/chat/mode.h"
#include "samples/chat/session.h"

#define SEEN_NS GATIO_SECONDS(60)

static struct chat_membership *membership_of(struct chat_session *self, uint32_t serial)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (self->rooms[i].serial == serial) {
			return &self->rooms[i];
		}
	}
	return NULL;
}

static bool is_in(const struct chat_session *self, uint64_t room)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (self->rooms[i].room.bits == room) {
			return true;
		}
	}
	return false;
}

/* ---- Coming and going ------------------------------------------------------------------------------------------- */

static void end_wait(struct chat_session *self)
{
	self->answers_pending--;
	if (self->answers_pending == 0) {
		chat_session_unpark(self);
		chat_session_go_on(self);
	}
}

static void on_joined(struct chat_session *self, const struct chat_deliver *deliver)
{
	struct chat_membership *membership = membership_of(self, deliver->head.serial);
	if (!membership || membership->room.bits) {
		return; /* given up; the room has been told, or will be */
	}
	struct chat_tail tail = chat_deliver_tail(deliver);
	membership->room = deliver->head.room;
	membership->standing = deliver->head.value;
	membership->flags = deliver->head.flags;
	chat_session_write(self, tail.text, tail.text_size);
	end_wait(self);
}

static void on_refused(struct chat_session *self, const struct chat_deliver *deliver)
{
	struct chat_membership *membership = membership_of(self, deliver->head.serial);
	if (!membership || membership->room.bits) {
		return;
	}
	struct chat_tail tail = chat_deliver_tail(deliver);
	chat_membership_remove(self, membership);
	chat_session_write(self, tail.text, tail.text_size);
	end_wait(self);
}

static void on_left(struct chat_session *self, const struct chat_deliver *deliver)
{
	struct chat_membership *membership = membership_of(self, deliver->head.serial);
	if (membership && gatio_address_equal(membership->room, deliver->head.room)) {
		chat_membership_remove(self, membership);
	}
}

static void on_standing(struct chat_session *self, const struct chat_deliver *deliver)
{
	struct chat_membership *membership = membership_of(self, deliver->head.serial);
	if (membership) {
		membership->standing = deliver->head.value;
	}
}

static void on_flags(struct chat_session *self, const struct chat_deliver *deliver)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (gatio_address_equal(self->rooms[i].room, deliver->head.room)) {
			self->rooms[i].flags = deliver->head.flags;
		}
	}
}

/* ---- Events: NICK and QUIT are told by each common room and shown once ------------------------------------------- */

static struct chat_seen *find_seen(struct chat_session *self, const struct chat_head *head)
{
	for (uint32_t i = 0; i < self->seen_count; i++) {
		if (gatio_address_equal(self->seen[i].origin, head->origin) &&
		    self->seen[i].event == head->event) {
			return &self->seen[i];
		}
	}
	return NULL;
}

static void forget_seen(struct chat_session *self, struct chat_seen *seen)
{
	*seen = self->seen[--self->seen_count];
	if (self->seen_count == 0) {
		gatio_free(self->seen);
		self->seen = NULL;
		self->seen_capacity = 0;
	}
}

/* Copies that never came: one of the two had left a room in between. */
static void forget_old(struct chat_session *self)
{
	uint64_t now = gatio_now_ns();
	for (uint32_t i = self->seen_count; i > 0; i--) {
		if (now - self->seen[i - 1].time_ns > SEEN_NS) {
			forget_seen(self, &self->seen[i - 1]);
		}
	}
}

/* Without memory, or beyond the bound, an event may be shown twice. */
static void remember(struct chat_session *self, const struct chat_head *head, uint32_t copies_left)
{
	if (self->seen_count == self->seen_capacity) {
		forget_old(self);
	}
	if (self->seen_count == self->seen_capacity) {
		uint32_t capacity = self->seen_capacity ? self->seen_capacity * 2 : 4;
		struct chat_seen *seen = NULL;
		if (capacity <= CHAT_SEEN_MAX) {
			seen = gatio_realloc(self->seen, capacity * sizeof(*seen));
		}
		if (!seen) {
			return;
		}
		self->seen = seen;
		self->seen_capacity = capacity;
	}
	self->seen[self->seen_count++] = (struct chat_seen){
	        .origin = head->origin,
	        .time_ns = gatio_now_ns(),
	        .event = head->event,
	        .copies_left = copies_left,
	};
}

static void on_event(struct chat_session *self, const struct chat_deliver *deliver)
{
	if (!is_in(self, deliver->head.room.bits)) {
		return; /* left it; the other common rooms will tell */
	}
	struct chat_seen *seen = find_seen(self, &deliver->head);
	if (seen) {
		if (--seen->copies_left == 0) {
			forget_seen(self, seen);
		}
		return;
	}
	struct chat_tail tail = chat_deliver_tail(deliver);
	uint32_t copies = 0;
	for (uint32_t i = 0; i < tail.room_count; i++) {
		copies += is_in(self, tail.rooms[i]);
	}
	if (copies > 1) {
		remember(self, &deliver->head, copies - 1);
	}
	chat_session_write(self, tail.text, tail.text_size);
}

static void on_text(struct chat_session *self, const struct chat_deliver *deliver)
{
	struct chat_tail tail = chat_deliver_tail(deliver);
	chat_session_write(self, tail.text, tail.text_size);
}

static void on_answer(struct chat_session *self, const struct chat_deliver *deliver)
{
	on_text(self, deliver);
	if (self->park == CHAT_PARKED_ANSWER && deliver->head.serial == self->serial) {
		end_wait(self);
	}
}

void chat_session_on_deliver(struct chat_session *self, const struct chat_deliver *deliver)
{
	static void (*const kinds[])(struct chat_session *, const struct chat_deliver *) = {
	        [CHAT_TEXT] = on_text,     [CHAT_ANSWER] = on_answer,
	        [CHAT_JOINED] = on_joined, [CHAT_REFUSED] = on_refused,
	        [CHAT_LEFT] = on_left,     [CHAT_STANDING] = on_standing,
	        [CHAT_FLAGS] = on_flags,   [CHAT_EVENT] = on_event,
	};
	if (!self->is_leaving) {
		kinds[deliver->head.kind](self, deliver);
	}
}

/* ---- Asked by another session ----------------------------------------------------------------------------------- */

static void tell_lines(struct chat_session *self, const struct chat_request *request,
                       struct chat_lines *lines)
{
	bool is_question = request->verb == CHAT_WHOIS || request->verb == CHAT_WHO_PERSON;
	struct chat_tail tail = {.text = lines->bytes, .text_size = lines->size};
	chat_session_tell(self, request, is_question ? CHAT_ANSWER : CHAT_TEXT, &tail);
	chat_lines_clear(lines);
}

static void add_away(struct chat_session *self, const struct chat_request *request,
                     struct chat_lines *lines)
{
	if (self->away) {
		chat_lines_add(lines, ":%s %03d %s %s :%s", self->server->name, RPL_AWAY,
		               request->from.nick, self->me.nick, self->away);
	}
}

static void on_tell(struct chat_session *self, const struct chat_request *request)
{
	struct chat_tail tail = chat_request_tail(request);
	chat_session_write(self, tail.text, tail.text_size);
	if (self->away && request->verb == CHAT_TELL) {
		struct chat_lines lines = {.bytes = NULL};
		add_away(self, request, &lines);
		tell_lines(self, request, &lines);
	}
}

/* Channels of this session that the other may know of, some in each line. */
static void add_channels(struct chat_session *self, const struct chat_request *request,
                         struct chat_lines *lines)
{
	struct chat_tail tail = chat_request_tail(request);
	char names[256] = "";
	size_t size = 0;
	for (uint32_t i = 0; i < self->room_count; i++) {
		const struct chat_membership *membership = &self->rooms[i];
		bool is_common = false;
		for (uint32_t k = 0; k < tail.room_count; k++) {
			is_common |= tail.rooms[k] == membership->room.bits;
		}
		bool is_hidden = membership->flags & (CHAT_SECRET | CHAT_PRIVATE);
		if (membership->room.bits && (is_common || !is_hidden)) {
			const char *prefix = membership->standing & CHAT_OP      ? "@"
			                     : membership->standing & CHAT_VOICE ? "+"
			                                                         : "";
			size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%s%s",
			                         size ? " " : "", prefix, membership->name);
		}
		bool is_last = i == self->room_count - 1;
		if (size && (is_last || size > sizeof(names) - CHAT_CHANNEL_MAX - 3)) {
			chat_lines_add(lines, ":%s %03d %s %s :%s", self->server->name,
			               RPL_WHOISCHANNELS, request->from.nick, self->me.nick, names);
			size = 0;
		}
	}
}

static void on_whois(struct chat_session *self, const struct chat_request *request)
{
	const char *server = self->server->name;
	const char *asker = request->from.nick;
	const char *nick = self->me.nick;
	struct chat_lines lines = {.bytes = NULL};
	chat_lines_add(&lines, ":%s %03d %s %s %s %s * :%s", server, RPL_WHOISUSER, asker, nick,
	               self->me.user, self->me.host, self->real);
	add_channels(self, request, &lines);
	chat_lines_add(&lines, ":%s %03d %s %s %s :%s", server, RPL_WHOISSERVER, asker, nick,
	               server, self->server->network);
	add_away(self, request, &lines);
	chat_lines_add(&lines, ":%s %03d %s %s %" PRIu64 " %" PRId64 " :seconds idle, signon time",
	               server, RPL_WHOISIDLE, asker, nick,
	               (gatio_now_ns() - self->spoken_ns) / GATIO_SECONDS(1), self->signed_on);
	chat_lines_add(&lines, ":%s %03d %s %s :End of /WHOIS list", server, RPL_ENDOFWHOIS, asker,
	               request->name);
	tell_lines(self, request, &lines);
}

static void on_who(struct chat_session *self, const struct chat_request *request)
{
	const char *server = self->server->name;
	struct chat_lines lines = {.bytes = NULL};
	chat_lines_add(&lines, ":%s %03d %s * %s %s %s %s %c :0 %s", server, RPL_WHOREPLY,
	               request->from.nick, self->me.user, self->me.host, server, self->me.nick,
	               self->away ? 'G' : 'H', self->real);
	chat_lines_add(&lines, ":%s %03d %s %s :End of /WHO list", server, RPL_ENDOFWHO,
	               request->from.nick, request->name);
	tell_lines(self, request, &lines);
}

/* A nick that is taken but not registered yet is nobody to others. */
static void deny(struct chat_session *self, const struct chat_request *request)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_reply reply = {self->server, request->from.nick, ERR_NOSUCHNICK};
	if (request->verb == CHAT_TELL_NOTICE) {
		return;
	}
	if (request->verb != CHAT_WHO_PERSON) {
		chat_lines_error(&lines, &reply, request->name);
	}
	if (request->verb != CHAT_TELL) {
		bool is_whois = request->verb == CHAT_WHOIS;
		chat_lines_add(&lines, ":%s %03d %s %s :End of /%s list", self->server->name,
		               is_whois ? RPL_ENDOFWHOIS : RPL_ENDOFWHO, request->from.nick,
		               request->name, is_whois ? "WHOIS" : "WHO");
	}
	tell_lines(self, request, &lines);
}

void chat_session_on_request(struct chat_session *self, const struct chat_request *request)
{
	if (self->is_leaving || !self->is_registered) {
		deny(self, request);
		return;
	}
	switch (request->verb) {
	case CHAT_TELL:
	case CHAT_TELL_NOTICE:
		on_tell(self, request);
		break;
	case CHAT_WHOIS:
		on_whois(self, request);
		break;
	default:
		on_who(self, request);
		break;
	}
}
