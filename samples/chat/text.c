/* SPDX-License-Identifier: Apache-2.0 */
/* Text: what IRC says about names: case, validity, masks, hashes. */
#include "samples/chat/text.h"

#include <stdio.h>
#include <string.h>

char chat_fold(char letter)
{
	if (letter >= 'A' && letter <= 'Z') {
		return (char)(letter - 'A' + 'a');
	}
	switch (letter) {
	case '[':
		return '{';
	case ']':
		return '}';
	case '\\':
		return '|';
	case '^':
		return '~';
	default:
		return letter;
	}
}

bool chat_same_name(const char *a, const char *b)
{
	while (*a && chat_fold(*a) == chat_fold(*b)) {
		a++;
		b++;
	}
	return chat_fold(*a) == chat_fold(*b);
}

/* ---- Hash ------------------------------------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

uint64_t chat_name_hash(const struct chat_seed *seed, const char *name)
{
	uint64_t v[4] = {
	        seed->words[0] ^ UINT64_C(0x736f6d6570736575),
	        seed->words[1] ^ UINT64_C(0x646f72616e646f6d),
	        seed->words[0] ^ UINT64_C(0x6c7967656e657261),
	        seed->words[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word = 0;
	size_t size = 0;
	for (; name[size]; size++) {
		word |= (uint64_t)(uint8_t)chat_fold(name[size]) << (8 * (size & 7));
		if ((size & 7) == 7) {
			v[3] ^= word;
			sip_round(v);
			v[0] ^= word;
			word = 0;
		}
	}
	word |= (uint64_t)size << 56;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++) {
		sip_round(v);
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- Validity --------------------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("[]\\`_^{|}", c) != NULL);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As '^' is one of them, so is what it is the upper case of. */
static bool is_nick_letter(char c)
{
	return is_letter(c) || c == '~';
}

bool chat_nick_is_valid(const char *nick)
{
	if (!is_nick_letter(nick[0])) {
		return false;
	}
	size_t size = 1;
	for (; nick[size]; size++) {
		char c = nick[size];
		if (size >= CHAT_NICK_MAX || (!is_nick_letter(c) && !is_digit(c) && c != '-')) {
			return false;
		}
	}
	return true;
}

bool chat_is_channel_name(const char *name)
{
	return name[0] == '#' || name[0] == '&';
}

bool chat_channel_is_valid(const char *name)
{
	if (!chat_is_channel_name(name) || name[1] == '\0') {
		return false;
	}
	size_t size = 1;
	for (; name[size]; size++) {
		uint8_t c = (uint8_t)name[size];
		if (size >= CHAT_CHANNEL_MAX || c <= ' ' || c == ',' || c == 0x7f) {
			return false;
		}
	}
	return true;
}

bool chat_key_is_valid(const char *key)
{
	size_t size = 0;
	for (; key[size]; size++) {
		uint8_t c = (uint8_t)key[size];
		if (size >= CHAT_KEY_MAX || c <= ' ' || c == ',' || c >= 0x7f) {
			return false;
		}
	}
	return size > 0 && key[0] != ':';
}

/* ---- Masks ------------------------------------------------------------------------------------------------------ */

bool chat_mask_matches(const char *mask, const char *text)
{
	const char *star = NULL; /* behind the last '*' */
	const char *resume = text;
	while (*text) {
		if (*mask == '*') {
			star = ++mask;
			resume = text;
		} else if (*mask && (*mask == '?' || chat_fold(*mask) == chat_fold(*text))) {
			mask++;
			text++;
		} else if (star) {
			mask = star; /* let the star take one letter more */
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*mask == '*') {
		mask++;
	}
	return *mask == '\0';
}

bool chat_mask_is_valid(const char *mask)
{
	const char *at = mask;
	while ((uint8_t)*at > ' ' && *at != 0x7f) {
		at++;
	}
	return at > mask && *at == '\0' && mask[0] != ':';
}

/* One part of a mask: what is given, at most so long, or '*'. */
static size_t put_part(char *out, const char *part, size_t size, size_t size_max)
{
	if (size == 0) {
		out[0] = '*';
		return 1;
	}
	size = size < size_max ? size : size_max;
	memcpy(out, part, size);
	return size;
}

void chat_mask_complete(char out_mask[CHAT_MASK_MAX + 1], const char *mask)
{
	const char *end = mask + strlen(mask);
	const char *bang = strchr(mask, '!');
	const char *at = strchr(bang ? bang : mask, '@');
	const char *nick_end = bang ? bang : at ? mask : end;
	const char *user = bang ? bang + 1 : nick_end;
	const char *user_end = at ? at : end;
	size_t size = put_part(out_mask, mask, (size_t)(nick_end - mask), CHAT_NICK_MAX);
	out_mask[size++] = '!';
	size += put_part(out_mask + size, user, (size_t)(user_end - user), CHAT_USER_MAX);
	out_mask[size++] = '@';
	size += put_part(out_mask + size, at ? at + 1 : end, at ? (size_t)(end - at - 1) : 0,
	                 CHAT_HOST_MAX);
	out_mask[size] = '\0';
}

/* ---- Small things ----------------------------------------------------------------------------------------------- */

void chat_copy(char *out, size_t size, const char *text)
{
	size_t length = strnlen(text, size);
	if (length == size) {
		length = size - 1;
		while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80) {
			length--;
		}
	}
	memcpy(out, text, length);
	out[length] = '\0';
}

void chat_word(char *out, size_t size, const char *text)
{
	chat_copy(out, size, text);
	out[strcspn(out, " ")] = '\0';
	if (out[0] == '\0' || out[0] == ':') {
		chat_copy(out, size, "*");
	}
}

void chat_user_clean(char out_user[CHAT_USER_MAX + 1], const char *user)
{
	size_t size = 0;
	out_user[size++] = '~';
	for (; *user && size < CHAT_USER_MAX; user++) {
		if (is_letter(*user) || is_digit(*user) || *user == '-' || *user == '.') {
			out_user[size++] = *user;
		}
	}
	if (size == 1) {
		out_user[size++] = 'x';
	}
	out_user[size] = '\0';
}

void chat_host_of_peer(char out_host[CHAT_HOST_MAX + 1], const char *peer)
{
	size_t size = strlen(peer);
	const char *start = peer;
	const char *colon = strrchr(peer, ':');
	const char *bracket = strrchr(peer, ']');
	if (peer[0] == '[' && bracket) {
		start = peer + 1;
		size = (size_t)(bracket - start);
	} else if (colon) {
		size = (size_t)(colon - start);
	}
	snprintf(out_host, CHAT_HOST_MAX + 1, "%s%.*s", start[0] == ':' ? "0" : "", (int)size,
	         start);
	if (out_host[0] == '\0') {
		chat_copy(out_host, CHAT_HOST_MAX + 1, "local");
	}
}

bool chat_list_is_empty(const char *list)
{
	return list[strspn(list, ",")] == '\0';
}

char *chat_list_next(char **rest)
{
	char *item = *rest + strspn(*rest, ",");
	if (*item == '\0') {
		*rest = item;
		return NULL;
	}
	size_t size = strcspn(item, ",");
	*rest = item + size;
	if (item[size] == ',') {
		item[size] = '\0';
		*rest = item + size + 1;
	}
	return item;
}
