/* SPDX-License-Identifier: Apache-2.0 */
/* Channel commands: JOIN, PART, TOPIC, NAMES, KICK, INVITE, MODE. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "samples/chat/mode.h"
#include "samples/chat/session.h"

/* Put words one after the other, each with a zero. Returns the size; what does not fit is left out. */
static size_t join_words(char out[CHAT_LINE_MAX], char *const *words, unsigned count)
{
	size_t size = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t length = strlen(words[i]) + 1;
		if (size + length > CHAT_LINE_MAX) {
			break;
		}
		memcpy(out + size, words[i], length);
		size += length;
	}
	return size;
}

/* ---- JOIN and PART ---------------------------------------------------------------------------------------------- */

static bool is_in_or_joining(const struct chat_session *self, const char *name)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (chat_same_name(self->rooms[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* 0, or the error that the client is told. */
static enum chat_numeric prepare_join(struct chat_session *self, const char *name)
{
	if (!chat_channel_is_valid(name)) {
		return chat_is_channel_name(name) ? ERR_BADCHANMASK : ERR_NOSUCHCHANNEL;
	}
	if (self->room_count >= self->server->room_count_max) {
		return ERR_TOOMANYCHANNELS;
	}
	if (!self->rooms) {
		self->rooms = gatio_alloc(CHAT_ROOMS_MAX * sizeof(self->rooms[0]));
	}
	return self->rooms ? 0 : ERR_UNAVAILRESOURCE;
}

static void join_one(struct chat_session *self, const char *name, const char *key)
{
	enum chat_numeric number = prepare_join(self, name);
	if (number) {
		chat_session_error(self, number, name);
		return;
	}
	struct chat_membership *membership = &self->rooms[self->room_count++];
	*membership = (struct chat_membership){.serial = ++self->serial};
	chat_copy(membership->name, sizeof(membership->name), name);
	self->answers_pending++;

	char text[CHAT_LINE_MAX + CHAT_REAL_MAX + 8];
	int size = snprintf(text, sizeof(text), "%s%c%s%c%s%c", key, 0, self->real, 0,
	                    self->away ? "G" : "", 0);
	struct chat_ask ask = {.verb = CHAT_JOIN,
	                       .name = name,
	                       .text = text,
	                       .text_size = (size_t)size,
	                       .serial = membership->serial};
	chat_session_ask_directory(self, &ask);
}

static void part_one(struct chat_session *self, const char *name, const char *reason)
{
	struct chat_membership *membership = chat_membership_find(self, name);
	if (!membership) {
		chat_session_error(
		        self, chat_channel_is_valid(name) ? ERR_NOTONCHANNEL : ERR_NOSUCHCHANNEL,
		        name);
		return;
	}
	char text[CHAT_REASON_MAX + 1];
	chat_copy(text, sizeof(text), reason);
	struct chat_ask ask = {.verb = CHAT_PART,
	                       .name = name,
	                       .text = text,
	                       .text_size = strlen(text),
	                       .membership = membership->serial};
	chat_session_ask_and_wait(self, &ask);
	chat_membership_remove(self, membership);
}

void chat_command_join(struct chat_session *self, struct chat_command *command)
{
	char no_keys[1] = "";
	char *names = command->params[0];
	char *keys = command->param_count > 1 ? command->params[1] : no_keys;
	if (strcmp(names, "0") == 0) {
		while (self->room_count > 0) {
			char name[CHAT_CHANNEL_MAX + 1];
			chat_copy(name, sizeof(name), self->rooms[self->room_count - 1].name);
			part_one(self, name, "");
		}
		return;
	}
	self->answers_pending = 0;
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		const char *key = chat_list_next(&keys);
		if (!is_in_or_joining(self, name)) {
			join_one(self, name, key ? key : "");
		}
	}
	if (self->answers_pending > 0) {
		chat_session_park(self, CHAT_PARKED_JOIN);
	}
}

void chat_command_part(struct chat_session *self, struct chat_command *command)
{
	char *names = command->params[0];
	const char *reason = command->param_count > 1 ? command->params[1] : "";
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		part_one(self, name, reason);
	}
}

/* ---- Asked of the room ------------------------------------------------------------------------------------------ */

static bool is_channel(struct chat_session *self, const char *name)
{
	if (chat_channel_is_valid(name)) {
		return true;
	}
	chat_session_error(self, ERR_NOSUCHCHANNEL, name);
	return false;
}

void chat_command_topic(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_TOPIC_MAX + 2] = "";
	if (!is_channel(self, command->params[0])) {
		return;
	}
	if (command->param_count > 1) {
		text[0] = '=';
		chat_copy(text + 1, sizeof(text) - 1, command->params[1]);
	}
	struct chat_ask ask = {.verb = CHAT_TOPIC,
	                       .name = command->params[0],
	                       .text = text,
	                       .text_size = strlen(text)};
	chat_session_ask_and_wait(self, &ask);
}

void chat_command_names(struct chat_session *self, struct chat_command *command)
{
	if (command->param_count == 0) {
		chat_session_reply(self, RPL_ENDOFNAMES, "* :End of /NAMES list");
		return;
	}
	char *names = command->params[0];
	char *name = chat_list_next(&names);
	for (unsigned i = 0; name && i < CHAT_TARGETS_MAX; i++) {
		struct chat_ask ask = {.verb = CHAT_NAMES, .name = name};
		if (chat_channel_is_valid(name)) {
			chat_session_ask_and_wait(self, &ask);
		} else {
			chat_session_reply(self, RPL_ENDOFNAMES, "%s :End of /NAMES list", name);
		}
		name = chat_list_next(&names);
	}
}

void chat_command_kick(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	char reason[CHAT_REASON_MAX + 1] = "";
	if (!is_channel(self, command->params[0])) {
		return;
	}
	if (command->param_count > 2) {
		chat_copy(reason, sizeof(reason), command->params[2]);
	}
	char *words[] = {command->params[1], reason};
	struct chat_ask ask = {.verb = CHAT_KICK,
	                       .name = command->params[0],
	                       .text = text,
	                       .text_size = join_words(text, words, 2)};
	chat_session_ask_and_wait(self, &ask);
}

void chat_command_invite(struct chat_session *self, struct chat_command *command)
{
	const char *nick = command->params[0];
	const char *name = command->params[1];
	if (!is_channel(self, name)) {
		return;
	}
	if (!chat_membership_find(self, name)) {
		chat_session_error(self, ERR_NOTONCHANNEL, name);
		return;
	}
	chat_copy(self->wanted, sizeof(self->wanted), name);
	struct chat_ask ask = {.verb = CHAT_RESOLVE, .name = nick};
	ask.serial = chat_session_park(self, CHAT_PARKED_RESOLVE);
	chat_session_ask_directory(self, &ask);
}

/* ---- MODE ------------------------------------------------------------------------------------------------------- */

static void own_mode(struct chat_session *self, struct chat_command *command)
{
	char before[4];
	char after[4];
	if (!chat_same_name(command->params[0], self->me.nick)) {
		chat_session_error(self, ERR_USERSDONTMATCH, "");
		return;
	}
	chat_user_flags_text(self->flags, before);
	if (command->param_count == 1) {
		chat_session_reply(self, RPL_UMODEIS, "%s", before);
		return;
	}
	uint32_t old = self->flags;
	if (!chat_user_mode_apply(command->params[1], &self->flags)) {
		chat_session_error(self, ERR_UMODEUNKNOWNFLAG, "");
	}
	uint32_t added = self->flags & ~old;
	uint32_t removed = old & ~self->flags;
	chat_user_flags_text(added, after);
	chat_user_flags_text(removed, before);
	before[0] = '-';
	if (added || removed) {
		chat_session_line(self, ":%s MODE %s :%s%s", self->me.nick, self->me.nick,
		                  added ? after : "", removed ? before : "");
	}
}

void chat_command_mode(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	if (!chat_is_channel_name(command->params[0])) {
		own_mode(self, command);
		return;
	}
	if (!is_channel(self, command->params[0])) {
		return;
	}
	struct chat_ask ask = {.verb = CHAT_MODE, .name = command->params[0], .text = text};
	ask.text_size = join_words(text, command->params + 1, command->param_count - 1);
	chat_session_ask_and_wait(self, &ask);
}
