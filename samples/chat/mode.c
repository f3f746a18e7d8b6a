/* SPDX-License-Identifier: Apache-2.0 */
/* Mode: what the words of a MODE command ask for. */
#include "samples/chat/mode.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	char letter;
	enum chat_mode_kind kind;
	uint32_t value;
} channel_modes[] = {
        {'i', CHAT_MODE_FLAG, CHAT_INVITE_ONLY},
        {'m', CHAT_MODE_FLAG, CHAT_MODERATED},
        {'n', CHAT_MODE_FLAG, CHAT_NO_OUTSIDE},
        {'p', CHAT_MODE_FLAG, CHAT_PRIVATE},
        {'s', CHAT_MODE_FLAG, CHAT_SECRET},
        {'t', CHAT_MODE_FLAG, CHAT_TOPIC_BY_OPS},
        {'o', CHAT_MODE_STANDING, CHAT_OP},
        {'v', CHAT_MODE_STANDING, CHAT_VOICE},
        {'b', CHAT_MODE_BAN, 0},
        {'k', CHAT_MODE_KEY, 0},
        {'l', CHAT_MODE_LIMIT, 0},
};

enum { CHANNEL_MODE_COUNT = sizeof(channel_modes) / sizeof(channel_modes[0]) };

static struct chat_mode_change change_of(char letter, bool is_set)
{
	struct chat_mode_change change = {
	        .kind = CHAT_MODE_UNKNOWN, .letter = letter, .is_set = is_set};
	for (unsigned i = 0; i < CHANNEL_MODE_COUNT; i++) {
		if (channel_modes[i].letter == letter) {
			change.kind = channel_modes[i].kind;
			change.value = channel_modes[i].value;
		}
	}
	return change;
}

static bool takes_parameter(const struct chat_mode_change *change)
{
	switch (change->kind) {
	case CHAT_MODE_STANDING:
	case CHAT_MODE_BAN:
	case CHAT_MODE_KEY:
		return true;
	case CHAT_MODE_LIMIT:
		return change->is_set;
	default:
		return false;
	}
}

/* A ban without a mask asks for the list; a key may be taken off without naming it. */
static bool may_go_without(const struct chat_mode_change *change)
{
	return change->kind == CHAT_MODE_BAN || (change->kind == CHAT_MODE_KEY && !change->is_set);
}

unsigned chat_mode_parse(const struct chat_mode_words *words,
                         struct chat_mode_change out_changes[CHAT_MODE_CHANGES_MAX])
{
	unsigned count = 0;
	unsigned used = 0;
	bool is_set = true;
	for (const char *at = words->letters; *at && count < CHAT_MODE_CHANGES_MAX; at++) {
		if (*at == '+' || *at == '-') {
			is_set = *at == '+';
			continue;
		}
		struct chat_mode_change change = change_of(*at, is_set);
		if (takes_parameter(&change)) {
			bool has_one = used < words->parameter_count && *words->parameters[used];
			if (has_one && used >= CHAT_MODES_MAX) {
				continue;
			}
			if (has_one) {
				change.parameter = words->parameters[used++];
			} else if (!may_go_without(&change)) {
				change.kind = CHAT_MODE_MISSING;
			}
		}
		out_changes[count++] = change;
	}
	return count;
}

void chat_channel_flags_text(uint32_t flags, bool has_key, bool has_limit, char out_text[12])
{
	unsigned size = 0;
	out_text[size++] = '+';
	for (unsigned i = 0; i < CHANNEL_MODE_COUNT; i++) {
		if (channel_modes[i].kind == CHAT_MODE_FLAG && (flags & channel_modes[i].value)) {
			out_text[size++] = channel_modes[i].letter;
		}
	}
	if (has_key) {
		out_text[size++] = 'k';
	}
	if (has_limit) {
		out_text[size++] = 'l';
	}
	out_text[size] = '\0';
}

bool chat_user_mode_apply(const char *letters, uint32_t *flags)
{
	bool is_set = true;
	bool is_known = true;
	for (; *letters; letters++) {
		uint32_t flag = 0;
		switch (*letters) {
		case '+':
		case '-':
			is_set = *letters == '+';
			break;
		case 'i':
			flag = CHAT_INVISIBLE;
			break;
		case 'w':
			flag = CHAT_WALLOPS;
			break;
		default:
			is_known = false;
		}
		*flags = is_set ? *flags | flag : *flags & ~flag;
	}
	return is_known;
}

void chat_user_flags_text(uint32_t flags, char out_text[4])
{
	unsigned size = 0;
	out_text[size++] = '+';
	if (flags & CHAT_INVISIBLE) {
		out_text[size++] = 'i';
	}
	if (flags & CHAT_WALLOPS) {
		out_text[size++] = 'w';
	}
	out_text[size] = '\0';
}

uint32_t chat_limit_parse(const char *text)
{
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 7) {
		return 0;
	}
	unsigned long limit = strtoul(text, NULL, 10);
	return limit <= 1000000 ? (uint32_t)limit : 0;
}
