/* SPDX-License-Identifier: Apache-2.0 */
/* Text: what IRC says about names: case, validity, masks, hashes. Pure functions. */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples/chat/bounds.h"

/* Secret of this process: whoever chooses names must not be able to choose their hashes. */
struct chat_seed {
	uint64_t words[2];
};

/* CASEMAPPING rfc1459: besides A-Z, []\^ are the upper case of {}|~. */
char chat_fold(char letter);

bool chat_same_name(const char *a, const char *b);

/* SipHash-1-3 of the folded name. */
uint64_t chat_name_hash(const struct chat_seed *seed, const char *name);

bool chat_nick_is_valid(const char *nick);
bool chat_channel_is_valid(const char *name);
bool chat_key_is_valid(const char *key);

/* A ban mask: one word that a MODE line can carry, so that clients see in the list what was meant. */
bool chat_mask_is_valid(const char *mask);

/* Does this name a channel rather than a person? */
bool chat_is_channel_name(const char *name);

/* '*' any text, '?' one letter, case folded. Time is bounded by the product of the lengths. */
bool chat_mask_matches(const char *mask, const char *text);

/* Fill in what a ban mask leaves out: "joe" is joe!*@*, "joe@host" is *!joe@host. */
void chat_mask_complete(char out_mask[CHAT_MASK_MAX + 1], const char *mask);

/* Copy at most size - 1 bytes, not cutting a UTF-8 sequence in two; always ends with a zero. */
void chat_copy(char *out, size_t size, const char *text);

/*
 * What a client wrote, as one word in the middle of a line: up to its first space, "*" when that would be nothing or
 * would begin the last part of the line.
 */
void chat_word(char *out, size_t size, const char *text);

/* The user name of USER: letters that may stand in a prefix, with '~' in front. */
void chat_user_clean(char out_user[CHAT_USER_MAX + 1], const char *user);

/* "127.0.0.1:40312" and "[::1]:40312" without the port. A leading ':' would end a line's middle part: it gets a 0. */
void chat_host_of_peer(char out_host[CHAT_HOST_MAX + 1], const char *peer);

/* A list with commas and nothing else names nobody. */
bool chat_list_is_empty(const char *list);

/*
 * Take the next item of a list with commas: *rest moves on, the item ends with a zero in place.
 * Returns NULL after the last; empty items are left out.
 */
char *chat_list_next(char **rest);

#endif
