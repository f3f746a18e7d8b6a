/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: MODE of a room: flags, key, limit, bans, and the standing of its members. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "samples/chat/room.h"

/* What has been changed, as it will be told: "+o-l" and " nick". */
struct changes {
	char letters[3 * CHAT_MODE_CHANGES_MAX];
	char parameters[CHAT_MODES_MAX * (CHAT_MASK_MAX + 2)];
	char sign; /* of the last letter; 0: none yet */
};

/* One change on its way through this file. */
struct step {
	struct chat_hub *hub;
	const struct chat_mode_change *change;
	struct changes *changes;
};

static void note(const struct step *step, const char *parameter)
{
	struct changes *changes = step->changes;
	size_t size = strlen(changes->letters);
	char sign = step->change->is_set ? '+' : '-';
	if (sign != changes->sign) {
		changes->letters[size++] = sign;
		changes->sign = sign;
	}
	changes->letters[size++] = step->change->letter;
	changes->letters[size] = '\0';
	if (parameter) {
		size = strlen(changes->parameters);
		snprintf(changes->parameters + size, sizeof(changes->parameters) - size, " %s",
		         parameter);
	}
}

static void refuse_parameter(struct chat_room *self, const struct step *step)
{
	char word[CHAT_LINE_MAX / 2];
	chat_word(word, sizeof(word), step->change->parameter);
	chat_hub_reply(step->hub, ERR_INVALIDMODEPARAM, "%s %c %s :%s", self->name,
	               step->change->letter, word, chat_numeric_text(ERR_INVALIDMODEPARAM));
}

static void change_flag(struct chat_room *self, const struct step *step)
{
	uint32_t flag = step->change->value;
	uint32_t flags = step->change->is_set ? self->flags | flag : self->flags & ~flag;
	if (flags != self->flags) {
		self->flags = flags;
		note(step, NULL);
	}
}

static void change_standing(struct chat_room *self, const struct step *step)
{
	const struct chat_person *person = chat_person_known(step->hub, step->change->parameter);
	struct chat_member *member = chat_member_find(self, person);
	if (!person) {
		chat_hub_error(step->hub, ERR_NOSUCHNICK, step->change->parameter);
		return;
	}
	if (!member) {
		chat_hub_error_of(step->hub, ERR_USERNOTINCHANNEL, person->nick, self->name);
		return;
	}
	uint32_t flag = step->change->value;
	uint32_t standing =
	        step->change->is_set ? member->standing | flag : member->standing & ~flag;
	if (standing != member->standing) {
		member->standing = standing;
		note(step, person->nick);
	}
}

static void change_key(struct chat_room *self, const struct step *step)
{
	if (!step->change->is_set) {
		if (self->key[0]) {
			self->key[0] = '\0';
			note(step, "*");
		}
		return;
	}
	if (!chat_key_is_valid(step->change->parameter)) {
		refuse_parameter(self, step);
		return;
	}
	chat_copy(self->key, sizeof(self->key), step->change->parameter);
	note(step, self->key);
}

static void change_limit(struct chat_room *self, const struct step *step)
{
	uint32_t limit = 0;
	char text[12] = "";
	if (step->change->is_set) {
		limit = chat_limit_parse(step->change->parameter);
		if (limit == 0) {
			refuse_parameter(self, step);
			return;
		}
		snprintf(text, sizeof(text), "%" PRIu32, limit);
	}
	if (limit != self->limit) {
		self->limit = limit;
		note(step, limit ? text : NULL);
	}
}

/* ---- Bans ------------------------------------------------------------------------------------------------------- */

static void list_bans(struct chat_hub *hub, const struct chat_room *self)
{
	for (uint32_t i = 0; i < self->ban_count; i++) {
		chat_hub_reply(hub, RPL_BANLIST, "%s %s %s %" PRId64, self->name,
		               self->bans[i].mask, self->bans[i].by, self->bans[i].time);
	}
	chat_hub_error(hub, RPL_ENDOFBANLIST, self->name);
}

/* The ban of this mask, or ban_count. */
static uint32_t find_ban(const struct chat_room *self, const char *mask)
{
	uint32_t at = 0;
	while (at < self->ban_count && !chat_same_name(self->bans[at].mask, mask)) {
		at++;
	}
	return at;
}

static void add_ban(struct chat_room *self, const struct step *step, const char *mask)
{
	if (!self->bans) {
		self->bans = gatio_alloc(CHAT_BANS_MAX * sizeof(self->bans[0]));
	}
	if (!self->bans || self->ban_count == CHAT_BANS_MAX) {
		chat_hub_error_of(step->hub, ERR_BANLISTFULL, self->name, mask);
		return;
	}
	struct chat_ban *ban = &self->bans[self->ban_count++];
	ban->time = time(NULL);
	chat_copy(ban->by, sizeof(ban->by), step->hub->by->nick);
	chat_copy(ban->mask, sizeof(ban->mask), mask);
	note(step, mask);
}

static void change_ban(struct chat_room *self, const struct step *step)
{
	char mask[CHAT_MASK_MAX + 1];
	if (!chat_mask_is_valid(step->change->parameter)) {
		refuse_parameter(self, step);
		return;
	}
	chat_mask_complete(mask, step->change->parameter);
	uint32_t at = find_ban(self, mask);
	if (step->change->is_set && at == self->ban_count) {
		add_ban(self, step, mask);
	} else if (!step->change->is_set && at < self->ban_count) {
		self->bans[at] = self->bans[--self->ban_count];
		note(step, mask);
	}
}

/* ---- MODE ------------------------------------------------------------------------------------------------------- */

static void show_modes(struct chat_hub *hub, const struct chat_room *self)
{
	bool is_member = chat_member_find(self, hub->by) != NULL;
	char letters[12];
	char limit[12] = "";
	chat_channel_flags_text(self->flags, self->key[0] != '\0', self->limit != 0, letters);
	if (self->limit) {
		snprintf(limit, sizeof(limit), " %" PRIu32, self->limit);
	}
	bool shows_key = self->key[0] && is_member;
	chat_hub_reply(hub, RPL_CHANNELMODEIS, "%s %s%s%s%s", self->name, letters,
	               shows_key ? " " : "", shows_key ? self->key : "", limit);
	chat_hub_reply(hub, RPL_CREATIONTIME, "%s %" PRId64, self->name, self->created);
}

static void refuse_letter(struct chat_room *self, const struct step *step)
{
	(void)self;
	if (step->change->kind == CHAT_MODE_MISSING) {
		chat_hub_error(step->hub, ERR_NEEDMOREPARAMS, "MODE");
		return;
	}
	char letter[2] = {step->change->letter, '\0'};
	chat_hub_error(step->hub, ERR_UNKNOWNMODE, letter);
}

static void apply(struct chat_room *self, const struct step *step)
{
	static void (*const kinds[])(struct chat_room *, const struct step *) = {
	        [CHAT_MODE_FLAG] = change_flag,      [CHAT_MODE_STANDING] = change_standing,
	        [CHAT_MODE_BAN] = change_ban,        [CHAT_MODE_KEY] = change_key,
	        [CHAT_MODE_LIMIT] = change_limit,    [CHAT_MODE_UNKNOWN] = refuse_letter,
	        [CHAT_MODE_MISSING] = refuse_letter,
	};
	kinds[step->change->kind](self, step);
}

static void tell_changes(struct chat_hub *hub, const struct chat_room *self,
                         const struct changes *changes)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(hub->by, mask);
	chat_room_tell(hub, self, NULL, ":%s MODE %s %s%s", mask, self->name, changes->letters,
	               changes->parameters);
}

/* Anybody may look at the bans; the rest is for operators. Told once, not for each letter. */
static bool is_permitted(struct chat_hub *hub, const struct chat_room *self, bool *has_refused)
{
	const struct chat_member *member = chat_member_find(self, hub->by);
	if (member && (member->standing & CHAT_OP)) {
		return true;
	}
	if (!*has_refused) {
		chat_hub_error(hub, member ? ERR_CHANOPRIVSNEEDED : ERR_NOTONCHANNEL, self->name);
	}
	*has_refused = true;
	return false;
}

static void change(struct chat_hub *hub, struct chat_room *self,
                   const struct chat_mode_words *words)
{
	struct chat_mode_change changes[CHAT_MODE_CHANGES_MAX];
	unsigned count = chat_mode_parse(words, changes);
	struct changes applied = {.sign = 0};
	bool has_refused = false;
	bool has_listed = false;
	for (unsigned i = 0; i < count; i++) {
		struct step step = {hub, &changes[i], &applied};
		if (changes[i].kind == CHAT_MODE_BAN && !changes[i].parameter) {
			if (!has_listed) {
				list_bans(hub, self);
			}
			has_listed = true;
		} else if (is_permitted(hub, self, &has_refused)) {
			apply(self, &step);
		}
	}
	if (applied.sign) {
		tell_changes(hub, self, &applied);
	}
}

/* ---- Of a person ------------------------------------------------------------------------------------------------- */

static void own_mode(struct chat_hub *self, struct chat_command *command)
{
	char added_text[4];
	char removed_text[4];
	struct chat_person *by = self->by;
	if (!chat_same_name(command->params[0], by->nick)) {
		chat_hub_error(self, ERR_USERSDONTMATCH, "");
		return;
	}
	uint32_t old = by->flags;
	if (command->param_count == 1) {
		chat_user_flags_text(old, added_text);
		chat_hub_reply(self, RPL_UMODEIS, "%s", added_text);
		return;
	}
	if (!chat_user_mode_apply(command->params[1], &by->flags)) {
		chat_hub_error(self, ERR_UMODEUNKNOWNFLAG, "");
	}
	self->invisible_count -= (old & CHAT_INVISIBLE) != 0;
	self->invisible_count += (by->flags & CHAT_INVISIBLE) != 0;
	uint32_t added = by->flags & ~old;
	uint32_t removed = old & ~by->flags;
	chat_user_flags_text(added, added_text);
	chat_user_flags_text(removed, removed_text);
	removed_text[0] = '-';
	if (added || removed) {
		chat_hub_line(self, ":%s MODE %s :%s%s", by->nick, by->nick,
		              added ? added_text : "", removed ? removed_text : "");
	}
}

void chat_hub_mode(struct chat_hub *self, struct chat_command *command)
{
	const char *name = command->params[0];
	struct chat_room *room = chat_room_named(self, name);
	if (!chat_is_channel_name(name)) {
		own_mode(self, command);
	} else if (!room) {
		chat_hub_error(self, ERR_NOSUCHCHANNEL, name);
	} else if (command->param_count == 1) {
		show_modes(self, room);
	} else {
		const char *parameters[CHAT_PARAM_MAX];
		for (unsigned i = 2; i < command->param_count; i++) {
			parameters[i - 2] = command->params[i];
		}
		struct chat_mode_words words = {command->params[1], parameters,
		                                command->param_count - 2};
		change(self, room, &words);
	}
}
