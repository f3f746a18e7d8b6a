/* SPDX-License-Identifier: Apache-2.0 */
/* gatio: the tool. One command each for what people ask about a machine. */
#include <stdio.h>
#include <string.h>

#include <gatio/defs.h>

#include "tools/gatio/commands.h"
#include "tools/gatio/options.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
        {"topology", tool_topology, "print or draw the machine and the plan for it"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fprintf(out, "usage: gatio COMMAND [option...]\n\ncommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	}
	fprintf(out, "\n  gatio COMMAND --help   the options of a command\n"
	             "  gatio --version        the version\n");
}

static int refuse_unknown(const char *word)
{
	const char *known[COMMAND_COUNT + 2] = {"--help", "--version"};
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		known[i + 2] = commands[i].name;
	}
	const char *kind = word[0] == '-' ? "option" : "command";
	const char *nearest = tool_nearest(word, known, COMMAND_COUNT + 2);
	if (nearest) {
		fprintf(stderr, "gatio: there is no %s %s; did you mean %s?\n", kind, word,
		        nearest);
	} else {
		fprintf(stderr, "gatio: there is no %s %s; see gatio --help\n", kind, word);
	}
	return TOOL_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return TOOL_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("gatio %s\n", GATIO_VERSION_STRING);
		return 0;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return commands[i].run(argc - 2, argv + 2);
		}
	}
	return refuse_unknown(argv[1]);
}
