/* SPDX-License-Identifier: Apache-2.0 */
/* CPU lists: read and written as people write them. */
#include "topology/cpu_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

#define HOW_TO "write numbers and ranges, such as 0-3,8"

/* ---- Sets -------------------------------------------------------------------------------------------------------- */

void gi_cpu_set_add(struct gi_cpu_set *set, uint32_t cpu)
{
	gi_assert(cpu < GI_CPU_COUNT_MAX);
	set->words[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

bool gi_cpu_set_has(const struct gi_cpu_set *set, uint32_t cpu)
{
	return cpu < GI_CPU_COUNT_MAX && (set->words[cpu / 64] >> (cpu % 64) & 1);
}

uint32_t gi_cpu_set_count(const struct gi_cpu_set *set)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < GI_CPU_COUNT_MAX / 64; i++) {
		count += (uint32_t)__builtin_popcountll(set->words[i]);
	}
	return count;
}

uint32_t gi_cpu_set_next(const struct gi_cpu_set *set, uint32_t cpu)
{
	for (uint32_t i = cpu; i < GI_CPU_COUNT_MAX; i++) {
		if (set->words[i / 64] == 0) {
			i |= 63;
		} else if (gi_cpu_set_has(set, i)) {
			return i;
		}
	}
	return GI_CPU_COUNT_MAX;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

struct cursor {
	const char *at;
	const char *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && isspace((unsigned char)*cursor->at)) {
		cursor->at++;
	}
}

static int refuse_word(struct cursor *cursor, struct gi_cpu_list_fault *fault)
{
	const char *word = cursor->at;
	size_t length = 0;
	while (word + length < cursor->end && word[length] != ',') {
		length++;
	}
	if (length == 0) {
		snprintf(fault->text, sizeof(fault->text), "a CPU number is missing; " HOW_TO);
	} else {
		int shown = length > 40 ? 40 : (int)length;
		snprintf(fault->text, sizeof(fault->text), "\"%.*s\" is not a CPU; " HOW_TO, shown,
		         word);
	}
	return -EINVAL;
}

/* A number with too many digits is a CPU that cannot be, not junk. */
static int read_cpu(struct cursor *cursor, uint32_t *out_cpu, struct gi_cpu_list_fault *fault)
{
	const char *digits = cursor->at;
	uint32_t cpu = 0;
	while (cursor->at < cursor->end && isdigit((unsigned char)*cursor->at)) {
		if (cpu < GI_CPU_COUNT_MAX) {
			cpu = cpu * 10 + (uint32_t)(*cursor->at - '0');
		}
		cursor->at++;
	}
	int length = (int)(cursor->at - digits);
	if (length == 0) {
		return refuse_word(cursor, fault);
	}
	if (cpu >= GI_CPU_COUNT_MAX) {
		fault->is_unknown = true;
		snprintf(fault->unknown, sizeof(fault->unknown), "%.*s%s",
		         length > 16 ? 16 : length, digits, length > 16 ? "..." : "");
		snprintf(fault->text, sizeof(fault->text), "there is no CPU %s", fault->unknown);
		return -EINVAL;
	}
	*out_cpu = cpu;
	return 0;
}

static int read_range(struct cursor *cursor, struct gi_cpu_set *set,
                      struct gi_cpu_list_fault *fault)
{
	uint32_t first = 0;
	int err = read_cpu(cursor, &first, fault);
	if (err) {
		return err;
	}
	uint32_t last = first;
	skip_blanks(cursor);
	if (cursor->at < cursor->end && *cursor->at == '-') {
		cursor->at++;
		skip_blanks(cursor);
		err = read_cpu(cursor, &last, fault);
		if (err) {
			return err;
		}
	}
	if (last < first) {
		snprintf(fault->text, sizeof(fault->text),
		         "the range %u-%u is reversed; write %u-%u", first, last, last, first);
		return -EINVAL;
	}
	for (uint32_t cpu = first; cpu <= last; cpu++) {
		if (gi_cpu_set_has(set, cpu)) {
			snprintf(fault->text, sizeof(fault->text),
			         "CPU %u is named twice; name each CPU once", cpu);
			return -EINVAL;
		}
		gi_cpu_set_add(set, cpu);
	}
	return 0;
}

int gi_cpu_list_parse(struct gi_cpu_set *out_set, const char *text, size_t length,
                      struct gi_cpu_list_fault *fault)
{
	gi_assert(text);
	struct cursor cursor = {text, text + length};
	struct gi_cpu_set set = {.words = {0}};
	*fault = (struct gi_cpu_list_fault){.is_unknown = false};
	skip_blanks(&cursor);
	if (cursor.at == cursor.end) {
		snprintf(fault->text, sizeof(fault->text), "the list names no CPU; " HOW_TO);
		return -EINVAL;
	}
	for (;;) { /* ends with the text: each round takes at least a digit */
		skip_blanks(&cursor);
		int err = read_range(&cursor, &set, fault);
		if (err) {
			return err;
		}
		skip_blanks(&cursor);
		if (cursor.at == cursor.end) {
			*out_set = set;
			return 0;
		}
		if (*cursor.at != ',') {
			return refuse_word(&cursor, fault);
		}
		cursor.at++;
	}
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

const char *gi_cpu_list_format(const struct gi_cpu_set *set, char *text, size_t size)
{
	gi_assert(size >= sizeof("none"));
	snprintf(text, size, "none");
	size_t used = 0;
	uint32_t first = gi_cpu_set_next(set, 0);
	while (first < GI_CPU_COUNT_MAX) {
		uint32_t last = first;
		while (gi_cpu_set_has(set, last + 1)) {
			last++;
		}
		char range[32];
		int length = first == last ? snprintf(range, sizeof(range), "%s%u", used ? "," : "",
		                                      first)
		                           : snprintf(range, sizeof(range), "%s%u-%u",
		                                      used ? "," : "", first, last);
		if (used + (size_t)length + sizeof(",...") > size) {
			snprintf(text + used, size - used, used ? ",..." : "...");
			return text;
		}
		memcpy(text + used, range, (size_t)length + 1);
		used += (size_t)length;
		first = gi_cpu_set_next(set, last + 1);
	}
	return text;
}
