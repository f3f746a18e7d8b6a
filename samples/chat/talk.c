/* SPDX-License-Identifier: Apache-2.0 */
/* Talk: what is said, in rooms and to persons; topics; being away. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "samples/chat/room.h"

bool chat_room_is_banned(const struct chat_room *self, const struct chat_person *person)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(person, mask);
	for (uint32_t i = 0; i < self->ban_count; i++) {
		if (chat_mask_matches(self->bans[i].mask, mask)) {
			return true;
		}
	}
	return false;
}

/* ---- PRIVMSG and NOTICE ----------------------------------------------------------------------------------------- */

/* What is said to one target. */
struct speech {
	const char *verb;
	const char *target;
	const char *text;
	bool is_notice; /* is never answered, not even with an error */
};

static bool may_speak(const struct chat_room *room, const struct chat_person *person)
{
	const struct chat_member *member = chat_member_find(room, person);
	if (member && member->standing) {
		return true;
	}
	if (!member && (room->flags & CHAT_NO_OUTSIDE)) {
		return false;
	}
	return !(room->flags & CHAT_MODERATED) && !chat_room_is_banned(room, person);
}

/* 0, or what is wrong with it. */
static enum chat_numeric say_in_room(struct chat_hub *self, const struct chat_room *room,
                                     const struct speech *speech)
{
	char mask[CHAT_MASK_MAX + 1];
	if (!room) {
		return ERR_NOSUCHCHANNEL;
	}
	if (!may_speak(room, self->by)) {
		return ERR_CANNOTSENDTOCHAN;
	}
	chat_person_mask(self->by, mask);
	chat_room_tell(self, room, self->by, ":%s %s %s :%s", mask, speech->verb, room->name,
	               speech->text);
	return 0;
}

static enum chat_numeric say_to_person(struct chat_hub *self, const struct speech *speech)
{
	char mask[CHAT_MASK_MAX + 1];
	struct chat_person *person = chat_person_known(self, speech->target);
	if (!person) {
		return ERR_NOSUCHNICK;
	}
	chat_person_mask(self->by, mask);
	chat_hub_tell(self, person, ":%s %s %s :%s", mask, speech->verb, person->nick,
	              speech->text);
	if (!speech->is_notice) {
		chat_hub_away_reply(self, person);
	}
	return 0;
}

static void say(struct chat_hub *self, const struct speech *speech)
{
	bool is_room = chat_is_channel_name(speech->target);
	const struct chat_room *room = is_room ? chat_room_named(self, speech->target) : NULL;
	enum chat_numeric number =
	        is_room ? say_in_room(self, room, speech) : say_to_person(self, speech);
	if (number && !speech->is_notice) {
		chat_hub_error(self, number, room ? room->name : speech->target);
	}
}

static void speak(struct chat_hub *self, struct chat_command *command, bool is_notice)
{
	struct speech speech = {
	        .verb = is_notice ? "NOTICE" : "PRIVMSG",
	        .text = command->params[1],
	        .is_notice = is_notice,
	};
	self->by->spoken_ns = gatio_now_ns();
	char *targets = command->params[0];
	unsigned count = 0;
	for (char *target = chat_list_next(&targets); target; target = chat_list_next(&targets)) {
		if (count++ == CHAT_TARGETS_MAX) {
			if (!is_notice) {
				chat_hub_error(self, ERR_TOOMANYTARGETS, target);
			}
			return;
		}
		speech.target = target;
		say(self, &speech);
	}
}

void chat_hub_privmsg(struct chat_hub *self, struct chat_command *command)
{
	speak(self, command, false);
}

void chat_hub_notice(struct chat_hub *self, struct chat_command *command)
{
	speak(self, command, true);
}

/* ---- AWAY -------------------------------------------------------------------------------------------------------- */

void chat_hub_away_reply(struct chat_hub *self, const struct chat_person *person)
{
	if (person->away) {
		chat_hub_reply(self, RPL_AWAY, "%s :%s", person->nick, person->away);
	}
}

void chat_hub_away(struct chat_hub *self, struct chat_command *command)
{
	const char *reason = command->param_count ? command->params[0] : "";
	struct chat_person *by = self->by;
	if (!*reason) {
		gatio_free(by->away);
		by->away = NULL;
	} else if (!by->away) {
		by->away = gatio_alloc(CHAT_AWAY_MAX + 1);
	}
	if (by->away) {
		chat_copy(by->away, CHAT_AWAY_MAX + 1, reason);
		chat_hub_reply(self, RPL_NOWAWAY, ":You have been marked as being away");
	} else {
		chat_hub_reply(self, RPL_UNAWAY, ":You are no longer marked as being away");
	}
}

/* ---- TOPIC ------------------------------------------------------------------------------------------------------- */

void chat_room_topic(struct chat_hub *hub, const struct chat_room *self)
{
	if (self->topic[0]) {
		chat_hub_reply(hub, RPL_TOPIC, "%s :%s", self->name, self->topic);
		chat_hub_reply(hub, RPL_TOPICWHOTIME, "%s %s %" PRId64, self->name, self->topic_by,
		               self->topic_time);
	}
}

static void set_topic(struct chat_hub *self, struct chat_room *room, const char *topic)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_copy(room->topic, sizeof(room->topic), topic);
	chat_copy(room->topic_by, sizeof(room->topic_by), self->by->nick);
	room->topic_time = time(NULL);
	chat_person_mask(self->by, mask);
	chat_room_tell(self, room, NULL, ":%s TOPIC %s :%s", mask, room->name, room->topic);
}

void chat_hub_topic(struct chat_hub *self, struct chat_command *command)
{
	bool sets = command->param_count > 1;
	struct chat_room *room = chat_room_named(self, command->params[0]);
	if (!room) {
		chat_hub_error(self, ERR_NOSUCHCHANNEL, command->params[0]);
		return;
	}
	const struct chat_member *member = chat_member_find(room, self->by);
	bool is_hidden = (room->flags & (CHAT_SECRET | CHAT_PRIVATE)) != 0;
	if (!member && (sets || is_hidden)) {
		chat_hub_error(self, ERR_NOTONCHANNEL, room->name);
	} else if (sets && (room->flags & CHAT_TOPIC_BY_OPS) && !(member->standing & CHAT_OP)) {
		chat_hub_error(self, ERR_CHANOPRIVSNEEDED, room->name);
	} else if (sets) {
		set_topic(self, room, command->params[1]);
	} else if (room->topic[0]) {
		chat_room_topic(self, room);
	} else {
		chat_hub_reply(self, RPL_NOTOPIC, "%s :No topic is set", room->name);
	}
}
