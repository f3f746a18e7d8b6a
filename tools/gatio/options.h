/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the tool's commands: a table says what there is, the parser says what is wrong. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses, as the servers use them. */
#define TOOL_EXIT_USAGE  2
#define TOOL_EXIT_CONFIG 78

struct tool_option {
	const char *name;       /* without the dashes; NULL ends a table */
	const char *value_name; /* NULL: a flag */
	const char *help;
	const char *value; /* as given; of a flag: not NULL if given. NULL: not given */
};

/*
 * Take apart "--name value", "--name=value" and "--name"; there are no other words. `command` stands in messages.
 * What is wrong is said on stderr. Returns 0 or TOOL_EXIT_USAGE.
 */
int tool_options_parse(struct tool_option *options, const char *command, int argc, char **argv);

void tool_options_help(FILE *out, const struct tool_option *options);

/* The value of an option, NULL if it was not given. */
const char *tool_option_value(const struct tool_option *options, const char *name);

/* What the library calls an option, and how it is given here. */
struct tool_name {
	const char *name; /* NULL ends a table */
	const char *given;
};

/* A sentence of the library's, with its options as they are given here. What it quotes stays as it is. */
void tool_print_named(FILE *out, const char *text, const struct tool_name *names);

/* The candidate that is fewest edits away from the word, or NULL if none is near. */
const char *tool_nearest(const char *word, const char *const *candidates, size_t count);

#endif
