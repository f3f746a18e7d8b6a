/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Glob: one walk along the text. Each element but '*' takes exactly one character, so on a mismatch it is enough to give
 * the last '*' one character more: no recursion, and at most text size times pattern size steps.
 */
#include "samples/kv/glob.h"

#include <ctype.h>

static uint8_t folded(uint8_t c, bool ignore_case)
{
	return ignore_case ? (uint8_t)tolower(c) : c;
}

/* One item of a class at pattern[*at]: a character, an escaped one or a range. Moves *at behind it. */
static bool item_matches(struct kv_slice pattern, size_t *at, uint8_t c, bool ignore_case)
{
	const uint8_t *p = pattern.data;
	if (p[*at] == '\\' && *at + 1 < pattern.size) {
		bool same = p[*at + 1] == c; /* Redis compares an escaped one as it is */
		*at += 2;
		return same;
	}
	if (*at + 2 < pattern.size && p[*at + 1] == '-') {
		/* Bytes above 127 are below all others, as Redis compares them. */
		int8_t low = (int8_t)p[*at];
		int8_t high = (int8_t)p[*at + 2];
		*at += 3;
		if (low > high) {
			int8_t swap = low;
			low = high;
			high = swap;
		}
		int8_t one = (int8_t)folded(c, ignore_case);
		return one >= (int8_t)folded((uint8_t)low, ignore_case) &&
		       one <= (int8_t)folded((uint8_t)high, ignore_case);
	}
	return folded(p[(*at)++], ignore_case) == folded(c, ignore_case);
}

/* The class whose '[' is at pattern[*at]. Moves *at behind its ']', or to the pattern's end if there is none. */
static bool class_matches(struct kv_slice pattern, size_t *at, uint8_t c, bool ignore_case)
{
	(*at)++;
	bool negated = *at < pattern.size && pattern.data[*at] == '^';
	if (negated) {
		(*at)++;
	}
	bool matches = false;
	while (*at < pattern.size && pattern.data[*at] != ']') {
		matches = item_matches(pattern, at, c, ignore_case) || matches;
	}
	if (*at < pattern.size) {
		(*at)++;
	}
	return matches != negated;
}

/* The element at pattern[*at], which is not '*'. Moves *at behind it. */
static bool element_matches(struct kv_slice pattern, size_t *at, uint8_t c, bool ignore_case)
{
	switch (pattern.data[*at]) {
	case '?':
		(*at)++;
		return true;
	case '[':
		return class_matches(pattern, at, c, ignore_case);
	case '\\':
		if (*at + 1 < pattern.size) {
			(*at)++;
		}
		break;
	default:
		break;
	}
	return folded(pattern.data[(*at)++], ignore_case) == folded(c, ignore_case);
}

bool kv_glob_match(struct kv_slice pattern, struct kv_slice text, bool ignore_case)
{
	if (text.size == 0) {
		/* Redis does not look at the pattern then, but it takes a lone star for "all". */
		return pattern.size == 0 || (pattern.size == 1 && pattern.data[0] == '*');
	}
	size_t p = 0;
	size_t t = 0;
	bool has_star = false;
	size_t star_p = 0; /* behind the last '*' */
	size_t star_t = 0; /* where what that '*' takes ends */
	for (size_t step = 0; step < KV_GLOB_STEP_MAX; step++) {
		if (p < pattern.size && pattern.data[p] == '*') {
			has_star = true;
			star_p = ++p;
			star_t = t;
			continue;
		}
		if (t == text.size) {
			return p == pattern.size;
		}
		if (p < pattern.size && element_matches(pattern, &p, text.data[t], ignore_case)) {
			t++;
			continue;
		}
		if (!has_star) {
			return false;
		}
		p = star_p;
		t = ++star_t;
	}
	return false;
}
