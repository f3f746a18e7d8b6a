/* SPDX-License-Identifier: Apache-2.0 */
/* Value: numbers with units, booleans, texts, lists. */
#include "samples/common/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
        {"", 1},
        {"b", 1},
        {"k", UINT64_C(1) << 10},
        {"kb", UINT64_C(1) << 10},
        {"m", UINT64_C(1) << 20},
        {"mb", UINT64_C(1) << 20},
        {"g", UINT64_C(1) << 30},
        {"gb", UINT64_C(1) << 30},
        {NULL, 0},
};

static const struct unit second_units[] = {
        {"", UINT64_C(1000000000)},
        {"s", UINT64_C(1000000000)},
        {"ms", UINT64_C(1000000)},
        {"us", UINT64_C(1000)},
        {NULL, 0},
};

static const struct unit number_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum app_setting_kind kind)
{
	switch (kind) {
	case APP_SIZE:
		return size_units;
	case APP_SECONDS:
		return second_units;
	default:
		return number_units;
	}
}

static uint64_t factor_of(const struct unit *units, const char *name)
{
	for (; units->name; units++) {
		if (strcasecmp(units->name, name) == 0) {
			return units->factor;
		}
	}
	return 0;
}

/* "12", "0.5s", "64kb": digits, for seconds a fraction of up to 9 digits, a unit. */
static bool read_amount(const char *text, enum app_setting_kind kind, uint64_t *out_amount)
{
	if (text[0] < '0' || text[0] > '9') {
		return false;
	}
	char *end = NULL;
	errno = 0;
	uint64_t whole = strtoull(text, &end, 10);
	if (errno != 0) {
		return false;
	}
	uint64_t fraction = 0;
	uint64_t fraction_scale = 1;
	if (*end == '.' && kind == APP_SECONDS) {
		for (end++; *end >= '0' && *end <= '9'; end++) {
			if (fraction_scale < UINT64_C(1000000000)) {
				fraction = fraction * 10 + (uint64_t)(*end - '0');
				fraction_scale *= 10;
			}
		}
	}
	uint64_t factor = factor_of(units_of(kind), end);
	uint64_t amount = 0;
	if (factor == 0 || __builtin_mul_overflow(whole, factor, &amount)) {
		return false;
	}
	return !__builtin_add_overflow(amount, fraction * factor / fraction_scale, out_amount);
}

static void write_amount(enum app_setting_kind kind, uint64_t amount, char *out_text, size_t size)
{
	if (kind == APP_SECONDS) {
		uint64_t ms = amount / 1000000;
		if (ms % 1000 == 0) {
			snprintf(out_text, size, "%" PRIu64, ms / 1000);
		} else {
			snprintf(out_text, size, "%" PRIu64 "ms", ms);
		}
		return;
	}
	static const char *const names[] = {"", "kb", "mb", "gb"};
	size_t unit = 0;
	while (kind == APP_SIZE && unit < 3 && amount != 0 && amount % 1024 == 0) {
		amount /= 1024;
		unit++;
	}
	snprintf(out_text, size, "%" PRIu64 "%s", amount, names[unit]);
}

static uint64_t max_of(const struct app_setting *setting)
{
	if (setting->max != 0) {
		return setting->max;
	}
	switch (setting->kind) {
	case APP_SIZE:
		return APP_SIZE_MAX;
	case APP_SECONDS:
		return APP_SECONDS_MAX;
	default:
		return UINT64_MAX;
	}
}

static void describe_amount(const struct app_setting *setting, char *out_problem)
{
	static const char *const what[] = {
	        [APP_NUMBER] = "a number",
	        [APP_SIZE] = "a size like 100, 64kb or 16mb",
	        [APP_SECONDS] = "seconds like 10, 0.5 or 250ms",
	};
	char least[32];
	char most[32];
	write_amount(setting->kind, setting->min, least, sizeof(least));
	write_amount(setting->kind, max_of(setting), most, sizeof(most));
	snprintf(out_problem, APP_PROBLEM_SIZE, "must be %s, from %s to %s", what[setting->kind],
	         least, most);
}

static bool set_amount(const struct app_setting *setting, const char *text, char *out_problem)
{
	uint64_t amount = 0;
	if (!read_amount(text, setting->kind, &amount) || amount < setting->min ||
	    amount > max_of(setting)) {
		describe_amount(setting, out_problem);
		return false;
	}
	*(uint64_t *)setting->value = amount;
	return true;
}

static bool set_bool(const struct app_setting *setting, const char *text, char *out_problem)
{
	static const char *const yes[] = {"yes", "on", "true", "1", NULL};
	static const char *const no[] = {"no", "off", "false", "0", NULL};
	for (size_t i = 0; yes[i]; i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*(bool *)setting->value = strcasecmp(text, yes[i]) == 0;
			return true;
		}
	}
	snprintf(out_problem, APP_PROBLEM_SIZE, "must be yes or no");
	return false;
}

static bool add_item(struct app_list *list, const char *text, int level, char *out_problem)
{
	if (list->level != level) {
		*list = (struct app_list){.level = level};
	}
	if (list->count == APP_LIST_MAX) {
		snprintf(out_problem, APP_PROBLEM_SIZE, "can be given at most %d times",
		         APP_LIST_MAX);
		return false;
	}
	list->items[list->count++] = text;
	return true;
}

bool app_value_read(const struct app_setting *setting, const char *text, int level,
                    char out_problem[APP_PROBLEM_SIZE])
{
	const char *wrong = setting->check ? setting->check(text) : NULL;
	if (wrong) {
		snprintf(out_problem, APP_PROBLEM_SIZE, "%s", wrong);
		return false;
	}
	switch (setting->kind) {
	case APP_TEXT:
		*(const char **)setting->value = text;
		return true;
	case APP_LIST:
		return add_item(setting->value, text, level, out_problem);
	case APP_BOOL:
		return set_bool(setting, text, out_problem);
	default:
		return set_amount(setting, text, out_problem);
	}
}

bool app_value_write(const struct app_setting *setting, size_t index, char *out_text, size_t size)
{
	const struct app_list *list = setting->value;
	if (setting->kind == APP_LIST) {
		if (index >= list->count) {
			return false;
		}
		snprintf(out_text, size, "%s", list->items[index]);
		return true;
	}
	const char *text = setting->kind == APP_TEXT ? *(const char *const *)setting->value : NULL;
	if (setting->kind == APP_TEXT) {
		snprintf(out_text, size, "%s", text ? text : "");
	} else if (setting->kind == APP_BOOL) {
		snprintf(out_text, size, "%s", *(const bool *)setting->value ? "yes" : "no");
	} else {
		write_amount(setting->kind, *(const uint64_t *)setting->value, out_text, size);
	}
	return index == 0;
}
