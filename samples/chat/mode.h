/* SPDX-License-Identifier: Apache-2.0 */
/* Mode: what the words of a MODE command ask for. Pure functions. */
#ifndef CHAT_MODE_H
#define CHAT_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples/chat/bounds.h"

/* Flags of a channel. The letters stand in chat_channel_flags, in this order. */
enum chat_channel_flag {
	CHAT_INVITE_ONLY = 1 << 0,
	CHAT_MODERATED = 1 << 1,
	CHAT_NO_OUTSIDE = 1 << 2,
	CHAT_PRIVATE = 1 << 3,
	CHAT_SECRET = 1 << 4,
	CHAT_TOPIC_BY_OPS = 1 << 5,
};

/* Standing of a member in a channel. */
enum chat_standing {
	CHAT_OP = 1 << 0,
	CHAT_VOICE = 1 << 1,
};

/* Flags of a person. */
enum chat_user_flag {
	CHAT_INVISIBLE = 1 << 0,
	CHAT_WALLOPS = 1 << 1,
};

enum chat_mode_kind {
	CHAT_MODE_FLAG,     /* value: chat_channel_flag */
	CHAT_MODE_STANDING, /* value: chat_standing; parameter: a nick */
	CHAT_MODE_BAN,      /* parameter: a mask, or none to see the list */
	CHAT_MODE_KEY,
	CHAT_MODE_LIMIT,
	CHAT_MODE_UNKNOWN, /* no such letter */
	CHAT_MODE_MISSING, /* needs a parameter and has none */
};

struct chat_mode_change {
	enum chat_mode_kind kind;
	char letter;
	bool is_set;
	uint32_t value;
	const char *parameter; /* NULL: none */
};

/* The words that follow "MODE #channel": letters, then parameters. */
struct chat_mode_words {
	const char *letters;
	const char *const *parameters;
	unsigned parameter_count;
};

enum { CHAT_MODE_CHANGES_MAX = 24 };

/*
 * Take the words apart. Returns the count of changes: at most CHAT_MODE_CHANGES_MAX, of which CHAT_MODES_MAX have a
 * parameter; what is beyond is left out.
 */
unsigned chat_mode_parse(const struct chat_mode_words *words,
                         struct chat_mode_change out_changes[CHAT_MODE_CHANGES_MAX]);

/* "+int" for flags, with 'k' and 'l' when there is a key or a limit. out_text: 12 bytes. */
void chat_channel_flags_text(uint32_t flags, bool has_key, bool has_limit, char out_text[12]);

/* Apply "+i-w" to a person's flags. false: some letter is unknown; the others are applied. */
bool chat_user_mode_apply(const char *letters, uint32_t *flags);

/* "+iw". out_text: 4 bytes. */
void chat_user_flags_text(uint32_t flags, char out_text[4]);

/* A limit of members: 1 to 1000000, else 0. */
uint32_t chat_limit_parse(const char *text);

#endif
