/* SPDX-License-Identifier: Apache-2.0 */
/* Membership: how people come into a room and leave it. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/line.h"
#include "samples/chat/room.h"

/* ---- Invitations ------------------------------------------------------------------------------------------------ */

static bool is_invited(const struct chat_room *self, struct gatio_address session)
{
	for (unsigned i = 0; self->invites && i < CHAT_INVITES_MAX; i++) {
		if (gatio_address_equal(self->invites[i], session)) {
			return true;
		}
	}
	return false;
}

static void forget_invitation(struct chat_room *self, struct gatio_address session)
{
	for (unsigned i = 0; self->invites && i < CHAT_INVITES_MAX; i++) {
		if (gatio_address_equal(self->invites[i], session)) {
			self->invites[i] = GATIO_NOBODY;
		}
	}
}

static bool remember_invitation(struct chat_room *self, struct gatio_address session)
{
	if (!self->invites) {
		size_t size = CHAT_INVITES_MAX * sizeof(self->invites[0]);
		self->invites = gatio_alloc(size);
		if (!self->invites) {
			return false;
		}
		memset(self->invites, 0, size);
	}
	forget_invitation(self, session);
	self->invites[self->invite_next++ % CHAT_INVITES_MAX] = session;
	return true;
}

void chat_room_invite(struct chat_room *self, const struct chat_request *request)
{
	const struct chat_member *by = chat_member_find(self, request->from.session);
	const char *nick = request->other.nick;
	if (!by) {
		chat_room_error(self, &request->from, ERR_NOTONCHANNEL, self->name);
		return;
	}
	if ((self->flags & CHAT_INVITE_ONLY) && !(by->standing & CHAT_OP)) {
		chat_room_error(self, &request->from, ERR_CHANOPRIVSNEEDED, self->name);
		return;
	}
	if (chat_member_find(self, request->other.session)) {
		char subject[CHAT_NICK_MAX + CHAT_CHANNEL_MAX + 2];
		snprintf(subject, sizeof(subject), "%s %s", nick, self->name);
		chat_room_error(self, &request->from, ERR_USERONCHANNEL, subject);
		return;
	}
	if (!remember_invitation(self, request->other.session)) {
		chat_room_error(self, &request->from, ERR_UNAVAILRESOURCE, self->name);
		return;
	}
	struct chat_head head = {.kind = CHAT_TEXT};
	struct chat_lines lines = {.bytes = NULL};
	chat_lines_add(&lines, ":%s %03d %s %s %s", self->server->name, RPL_INVITING,
	               request->from.nick, nick, self->name);
	chat_room_tell(self, &request->from, &head, &lines);
	chat_lines_clear(&lines);
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(&request->from, mask);
	chat_lines_add(&lines, ":%s INVITE %s %s", mask, nick, self->name);
	chat_room_tell(self, &request->other, &head, &lines);
	chat_lines_clear(&lines);
}

/* ---- Coming ----------------------------------------------------------------------------------------------------- */

/* 0: may come in. */
static enum chat_numeric refusal(const struct chat_room *self, const struct chat_request *request,
                                 const char *key)
{
	bool invited = is_invited(self, request->from.session);
	if (self->member_count >= self->server->member_count_max ||
	    (self->limit && self->member_count >= self->limit && !invited)) {
		return ERR_CHANNELISFULL;
	}
	if ((self->flags & CHAT_INVITE_ONLY) && !invited) {
		return ERR_INVITEONLYCHAN;
	}
	if (chat_room_is_banned(self, &request->from) && !invited) {
		return ERR_BANNEDFROMCHAN;
	}
	if (self->key[0] && strcmp(self->key, key) != 0 && !invited) {
		return ERR_BADCHANNELKEY;
	}
	return 0;
}

static void refuse(struct chat_room *self, const struct chat_request *request,
                   enum chat_numeric number)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_reply reply = {self->server, request->from.nick, number};
	struct chat_head head = {.kind = CHAT_REFUSED, .serial = request->serial};
	chat_lines_error(&lines, &reply, self->name);
	chat_room_tell(self, &request->from, &head, &lines);
	chat_lines_clear(&lines);
}

static void leave(struct chat_room *self, struct chat_member *member, const char *reason);

/* The newcomer first, so that it knows the room before anything else happens there. */
static void welcome(struct chat_room *self, const struct chat_member *member)
{
	char mask[CHAT_MASK_MAX + 1];
	const struct chat_user user = member->user;
	struct chat_lines lines = {.bytes = NULL};
	struct chat_head head = {
	        .kind = CHAT_JOINED, .serial = member->serial, .value = member->standing};
	chat_user_mask(&user, mask);
	chat_lines_add(&lines, ":%s JOIN %s", mask, self->name);
	chat_room_topic_lines(self, user.nick, &lines);
	chat_room_names_lines(self, user.nick, &lines);
	chat_room_tell(self, &user, &head, &lines);
	chat_lines_clear(&lines);

	chat_line line;
	struct chat_tail tail = {
	        .text = line, .text_size = chat_line_make(line, ":%s JOIN %s", mask, self->name)};
	struct chat_head others = {.kind = CHAT_TEXT};
	chat_room_cast(self, &others, &tail, user.session);
}

void chat_room_join(struct chat_room *self, const struct chat_request *request)
{
	const char *words[3] = {"", "", ""};
	struct chat_tail tail = chat_request_tail(request);
	chat_words(&tail, words, 3);
	struct chat_member *there = chat_member_find(self, request->from.session);
	if (there) { /* its PART, sent before, has taken a slower way */
		leave(self, there, "");
	}
	enum chat_numeric number = refusal(self, request, words[0]);
	if (number) {
		refuse(self, request, number);
		return;
	}
	struct chat_member fresh = {
	        .user = request->from,
	        .serial = request->serial,
	        .standing = self->member_count == 0 ? CHAT_OP : 0,
	        .is_away = words[2][0] != '\0',
	};
	chat_copy(fresh.real, sizeof(fresh.real), words[1]);
	struct chat_member *member = chat_member_add(self, &fresh);
	if (!member) {
		refuse(self, request, ERR_UNAVAILRESOURCE);
		return;
	}
	forget_invitation(self, request->from.session);
	welcome(self, member);
}

/* ---- Leaving ---------------------------------------------------------------------------------------------------- */

static void tell_left(struct chat_room *self, const struct chat_member *member)
{
	struct chat_head head = {.kind = CHAT_LEFT, .serial = member->serial};
	struct chat_lines nothing = {.bytes = NULL};
	chat_room_tell(self, &member->user, &head, &nothing);
}

static void leave(struct chat_room *self, struct chat_member *member, const char *reason)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(&member->user, mask);
	chat_room_say(self, ":%s PART %s%s%s", mask, self->name, *reason ? " :" : "", reason);
	chat_member_remove(self, member);
}

void chat_room_part(struct chat_room *self, const struct chat_request *request)
{
	struct chat_member *member = chat_member_find(self, request->from.session);
	if (member && member->serial == request->membership) {
		leave(self, member, chat_request_tail(request).text);
	}
}

void chat_room_kick(struct chat_room *self, const struct chat_request *request)
{
	const char *words[2] = {"", ""};
	struct chat_tail tail = chat_request_tail(request);
	chat_words(&tail, words, 2);
	const struct chat_member *by = chat_member_find(self, request->from.session);
	if (!by) {
		chat_room_error(self, &request->from, ERR_NOTONCHANNEL, self->name);
		return;
	}
	if (!(by->standing & CHAT_OP)) {
		chat_room_error(self, &request->from, ERR_CHANOPRIVSNEEDED, self->name);
		return;
	}
	struct chat_member *victim = chat_member_named(self, words[0]);
	if (!victim) {
		char subject[CHAT_LINE_MAX];
		snprintf(subject, sizeof(subject), "%s %s", words[0], self->name);
		chat_room_error(self, &request->from, ERR_USERNOTINCHANNEL, subject);
		return;
	}
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(&by->user, mask);
	chat_room_say(self, ":%s KICK %s %s :%s", mask, self->name, victim->user.nick,
	              *words[1] ? words[1] : request->from.nick);
	tell_left(self, victim);
	chat_member_remove(self, victim);
}

void chat_room_quit(struct chat_room *self, const struct chat_request *request)
{
	struct chat_member *member = chat_member_find(self, request->from.session);
	if (member) {
		chat_member_remove(self, member);
		chat_room_cast_event(self, request);
	}
}

void chat_room_gone(struct chat_room *self, struct gatio_address session)
{
	struct chat_member *member = chat_member_find(self, session);
	if (!member) {
		return;
	}
	char mask[CHAT_MASK_MAX + 1];
	chat_user_mask(&member->user, mask);
	chat_member_remove(self, member);
	chat_room_say(self, ":%s QUIT :Connection lost", mask);
}
