/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the tool's commands. */
#include "tools/gatio/options.h"

#include <string.h>

#define WORD_SIZE_MAX    48
#define OPTION_COUNT_MAX 32

/* ---- The nearest word -------------------------------------------------------------------------------------------- */

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Characters to add, drop or change to get from one word to the other. */
static unsigned edits_between(const char *from, const char *to)
{
	unsigned row[WORD_SIZE_MAX + 1];
	size_t to_length = strlen(to);
	for (unsigned i = 0; i <= to_length; i++) {
		row[i] = i;
	}
	for (unsigned i = 0; from[i]; i++) {
		unsigned diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < to_length; j++) {
			unsigned change = diagonal + (from[i] != to[j]);
			diagonal = row[j + 1];
			row[j + 1] = min_of(change, 1 + min_of(row[j], row[j + 1]));
		}
	}
	return row[to_length];
}

const char *tool_nearest(const char *word, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	if (length > WORD_SIZE_MAX) {
		return NULL;
	}
	unsigned fewest = (unsigned)length / 2 + 2; /* more edits than this is another word */
	for (size_t i = 0; i < count; i++) {
		unsigned edits = edits_between(word, candidates[i]);
		if (edits < fewest) {
			fewest = edits;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static struct tool_option *find_option(struct tool_option *options, const char *name, size_t length)
{
	for (struct tool_option *option = options; option->name; option++) {
		if (strlen(option->name) == length && memcmp(option->name, name, length) == 0) {
			return option;
		}
	}
	return NULL;
}

static int refuse_unknown(const struct tool_option *options, const char *command, const char *word,
                          int length)
{
	const char *names[OPTION_COUNT_MAX];
	char name[WORD_SIZE_MAX + 2];
	size_t count = 0;
	for (; count < OPTION_COUNT_MAX && options[count].name; count++) {
		names[count] = options[count].name;
	}
	snprintf(name, sizeof(name), "%.*s", length, word);
	const char *nearest = tool_nearest(name, names, count);
	if (nearest) {
		fprintf(stderr, "%s: there is no option --%s; did you mean --%s?\n", command, name,
		        nearest);
	} else {
		fprintf(stderr, "%s: there is no option --%s; see %s --help\n", command, name,
		        command);
	}
	return TOOL_EXIT_USAGE;
}

/* One option, from argv[*at] on. */
static int parse_option(struct tool_option *options, const char *command, char **argv, int *at)
{
	const char *word = argv[*at] + 2;
	size_t length = strcspn(word, "=");
	struct tool_option *option = find_option(options, word, length);
	if (!option) {
		return refuse_unknown(options, command, word, (int)length);
	}
	const char *value = word[length] == '=' ? word + length + 1 : NULL;
	if (!option->value_name && value) {
		fprintf(stderr, "%s: --%s takes no value\n", command, option->name);
		return TOOL_EXIT_USAGE;
	}
	if (option->value_name && !value) {
		value = argv[++*at];
	}
	if (option->value_name && !value) {
		fprintf(stderr, "%s: --%s needs a value: --%s %s\n", command, option->name,
		        option->name, option->value_name);
		return TOOL_EXIT_USAGE;
	}
	option->value = option->value_name ? value : "";
	return 0;
}

int tool_options_parse(struct tool_option *options, const char *command, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			fprintf(stderr, "%s: \"%s\" is no option; see %s --help\n", command,
			        argv[i], command);
			return TOOL_EXIT_USAGE;
		}
		int status = parse_option(options, command, argv, &i);
		if (status) {
			return status;
		}
	}
	return 0;
}

void tool_options_help(FILE *out, const struct tool_option *options)
{
	for (const struct tool_option *option = options; option->name; option++) {
		char left[WORD_SIZE_MAX];
		snprintf(left, sizeof(left), "--%s %s", option->name,
		         option->value_name ? option->value_name : "");
		fprintf(out, "  %-18s %s\n", left, option->help);
	}
}

const char *tool_option_value(const struct tool_option *options, const char *name)
{
	for (const struct tool_option *option = options; option->name; option++) {
		if (strcmp(option->name, name) == 0) {
			return option->value;
		}
	}
	return NULL;
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static const char *given_name(const struct tool_name *names, const char *word, size_t length)
{
	for (; names->name; names++) {
		if (strlen(names->name) == length && memcmp(names->name, word, length) == 0) {
			return names->given;
		}
	}
	return NULL;
}

void tool_print_named(FILE *out, const char *text, const struct tool_name *names)
{
	bool is_quoted = false;
	size_t length;
	for (const char *at = text; *at; at += length) {
		length = is_quoted ? 0 : strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		const char *given = given_name(names, at, length);
		length += length == 0;
		is_quoted ^= *at == '"';
		if (given) {
			fputs(given, out);
		} else {
			fwrite(at, 1, length, out);
		}
	}
}
