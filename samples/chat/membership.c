/* SPDX-License-Identifier: Apache-2.0 */
/* Membership: how people come into a room and leave it. */
#include <stdio.h>
#include <string.h>

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

static void invite(struct chat_hub *hub, struct chat_room *room, struct chat_person *guest)
{
	const struct chat_member *by = chat_member_find(room, hub->by);
	if ((room->flags & CHAT_INVITE_ONLY) && !(by->standing & CHAT_OP)) {
		chat_hub_error(hub, ERR_CHANOPRIVSNEEDED, room->name);
		return;
	}
	if (chat_member_find(room, guest)) {
		chat_hub_error_of(hub, ERR_USERONCHANNEL, guest->nick, room->name);
		return;
	}
	/* Only an operator's word opens what operators have closed. */
	if ((by->standing & CHAT_OP) && !remember_invitation(room, guest->session)) {
		chat_hub_error(hub, ERR_UNAVAILRESOURCE, room->name);
		return;
	}
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(hub->by, mask);
	chat_hub_reply(hub, RPL_INVITING, "%s %s", guest->nick, room->name);
	chat_hub_away_reply(hub, guest);
	chat_hub_tell(hub, guest, ":%s INVITE %s %s", mask, guest->nick, room->name);
}

void chat_hub_invite(struct chat_hub *self, struct chat_command *command)
{
	const char *nick = command->params[0];
	const char *name = command->params[1];
	struct chat_room *room = chat_room_named(self, name);
	struct chat_person *guest = chat_person_known(self, nick);
	if (!room) {
		chat_hub_error(self, ERR_NOSUCHCHANNEL, name);
	} else if (!chat_member_find(room, self->by)) {
		chat_hub_error(self, ERR_NOTONCHANNEL, room->name);
	} else if (!guest) {
		chat_hub_error(self, ERR_NOSUCHNICK, nick);
	} else {
		invite(self, room, guest);
	}
}

/* ---- Coming ----------------------------------------------------------------------------------------------------- */

/* 0: may come in. */
static enum chat_numeric refusal(const struct chat_hub *hub, const struct chat_room *room,
                                 const char *key)
{
	bool invited = is_invited(room, hub->by->session);
	if (room->member_count >= hub->server->member_count_max ||
	    (room->limit && room->member_count >= room->limit && !invited)) {
		return ERR_CHANNELISFULL;
	}
	if ((room->flags & CHAT_INVITE_ONLY) && !invited) {
		return ERR_INVITEONLYCHAN;
	}
	if (chat_room_is_banned(room, hub->by) && !invited) {
		return ERR_BANNEDFROMCHAN;
	}
	if (room->key[0] && strcmp(room->key, key) != 0 && !invited) {
		return ERR_BADCHANNELKEY;
	}
	return 0;
}

static void come_in(struct chat_hub *self, struct chat_room *room)
{
	char mask[CHAT_MASK_MAX + 1];
	struct chat_member *member = chat_member_add(room, self->by);
	if (!member) {
		chat_hub_error(self, ERR_UNAVAILRESOURCE, room->name);
		chat_room_end_if_empty(self, room);
		return;
	}
	member->standing = room->member_count == 1 ? CHAT_OP : 0;
	forget_invitation(room, self->by->session);
	chat_person_mask(self->by, mask);
	chat_room_tell(self, room, self->by, ":%s JOIN %s", mask, room->name);
	chat_hub_line(self, ":%s JOIN %s", mask, room->name);
	chat_room_topic(self, room);
	chat_room_names(self, room);
}

static void join_one(struct chat_hub *self, const char *name, const char *key)
{
	if (!chat_channel_is_valid(name)) {
		bool is_channel = chat_is_channel_name(name);
		chat_hub_error(self, is_channel ? ERR_BADCHANMASK : ERR_NOSUCHCHANNEL, name);
		return;
	}
	struct chat_room *room = chat_room_named(self, name);
	if (room && chat_member_find(room, self->by)) {
		return;
	}
	if (self->by->room_count >= self->server->room_count_max) {
		chat_hub_error(self, ERR_TOOMANYCHANNELS, name);
		return;
	}
	enum chat_numeric number = 0;
	if (room) {
		number = refusal(self, room, key);
	} else {
		room = chat_room_make(self, name);
		number = room ? 0 : ERR_UNAVAILRESOURCE;
	}
	if (number) {
		chat_hub_error(self, number, room ? room->name : name);
		return;
	}
	come_in(self, room);
}

/* ---- Leaving ---------------------------------------------------------------------------------------------------- */

static void leave(struct chat_hub *self, struct chat_room *room, const char *reason)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(self->by, mask);
	chat_room_tell(self, room, NULL, ":%s PART %s%s%.*s", mask, room->name, *reason ? " :" : "",
	               CHAT_REASON_MAX, reason);
	chat_member_remove(room, self->by);
	chat_room_end_if_empty(self, room);
}

/* A large list is gone through one by one, each in a step of its own. */
static bool ends_step(struct chat_hub *self, const char *names)
{
	self->is_unfinished = self->load == CHAT_LARGE && !chat_list_is_empty(names);
	return self->is_unfinished;
}

static void leave_all(struct chat_hub *self)
{
	while (self->by->room_count > 0 && !self->is_unfinished) {
		leave(self, self->by->rooms[self->by->room_count - 1], "");
		self->is_unfinished = self->load == CHAT_LARGE && self->by->room_count > 0;
	}
}

void chat_hub_join(struct chat_hub *self, struct chat_command *command)
{
	char no_keys[1] = "";
	char *names = command->params[0];
	char *keys = command->param_count > 1 ? command->params[1] : no_keys;
	if (strcmp(names, "0") == 0) {
		leave_all(self);
		return;
	}
	if (chat_list_is_empty(names)) {
		chat_hub_error(self, ERR_NEEDMOREPARAMS, "JOIN");
	}
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		const char *key = chat_list_next(&keys);
		join_one(self, name, key ? key : "");
		command->params[0] = names;
		command->params[1] = keys;
		if (ends_step(self, names)) {
			return;
		}
	}
}

/* The room of a name that the one who asks is in; else it is told why not. */
static struct chat_room *own_room(struct chat_hub *self, const char *name)
{
	struct chat_room *room = chat_room_named(self, name);
	if (room && chat_member_find(room, self->by)) {
		return room;
	}
	chat_hub_error(self, room ? ERR_NOTONCHANNEL : ERR_NOSUCHCHANNEL, room ? room->name : name);
	return NULL;
}

void chat_hub_part(struct chat_hub *self, struct chat_command *command)
{
	char *names = command->params[0];
	const char *reason = command->param_count > 1 ? command->params[1] : "";
	if (chat_list_is_empty(names)) {
		chat_hub_error(self, ERR_NEEDMOREPARAMS, "PART");
	}
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		struct chat_room *room = own_room(self, name);
		if (room) {
			leave(self, room, reason);
		}
		command->params[0] = names;
		if (ends_step(self, names)) {
			return;
		}
	}
}

void chat_hub_kick(struct chat_hub *self, struct chat_command *command)
{
	const char *nick = command->params[1];
	const char *reason = command->param_count > 2 ? command->params[2] : "";
	struct chat_room *room = own_room(self, command->params[0]);
	if (!room) {
		return;
	}
	if (!(chat_member_find(room, self->by)->standing & CHAT_OP)) {
		chat_hub_error(self, ERR_CHANOPRIVSNEEDED, room->name);
		return;
	}
	struct chat_person *victim = chat_person_known(self, nick);
	if (!victim) {
		chat_hub_error(self, ERR_NOSUCHNICK, nick);
		return;
	}
	if (!chat_member_find(room, victim)) {
		chat_hub_error_of(self, ERR_USERNOTINCHANNEL, victim->nick, room->name);
		return;
	}
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(self->by, mask);
	chat_room_tell(self, room, NULL, ":%s KICK %s %s :%.*s", mask, room->name, victim->nick,
	               CHAT_REASON_MAX, *reason ? reason : self->by->nick);
	chat_member_remove(room, victim);
	chat_room_end_if_empty(self, room);
}
