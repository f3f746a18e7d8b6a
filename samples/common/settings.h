/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: what a server can be told, by a file of `name value` lines, by the environment and by flags.
 *
 * Later wins: default, file, environment, flag. Of the environment only names of settings count: others that begin
 * alike, as those that Kubernetes sets for a service, are named in one warning and left alone. A table describes each setting once; help, values, messages and the
 * names that are suggested for a misspelt one all come from it.
 *
 * Thread: the main thread, before there are others.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses. Relied on by others: do not change. */
#define APP_EXIT_OK     0
#define APP_EXIT_FAILED 1  /* could not start or went wrong, for no fault of the settings */
#define APP_EXIT_USAGE  2  /* the command line is wrong */
#define APP_EXIT_CONFIG 78 /* a setting's value is wrong or impossible here */

/* What app_configure() returns when the program is to go on. */
#define APP_GO_ON (-1)

#define APP_LIST_MAX 16

/* A repeatable setting. Ends with NULL. */
struct app_list {
	const char *items[APP_LIST_MAX + 1];
	size_t count;
	int level; /* which source filled it: a later one starts anew */
};

/* Whole seconds that fit into 64 bits of nanoseconds. To gatio, which adds times without wrapping, that is never. */
#define APP_SECONDS_MAX (UINT64_C(18446744073) * 1000000000)
/* A million gigabytes: beyond any use, and what a server adds to it cannot wrap. */
#define APP_SIZE_MAX (UINT64_C(1) << 50)

enum app_setting_kind {
	APP_TEXT,    /* const char * */
	APP_LIST,    /* struct app_list: each use adds one */
	APP_NUMBER,  /* uint64_t */
	APP_SIZE,    /* uint64_t bytes: 100, 64kb, 16mb, 1gb (powers of 1024; "k" "m" "g" too) */
	APP_SECONDS, /* uint64_t nanoseconds: "10", "0.5", "250ms" */
	APP_BOOL,    /* bool: as a flag alone yes; else yes, no */
};

struct app_setting {
	const char *name; /* as in the file; --name as a flag; PREFIX_NAME in the environment */
	const char *value_name;
	const char *help;
	enum app_setting_kind kind;
	void *value; /* holds the default before app_configure() */
	uint64_t min;
	uint64_t max;   /* 0: APP_SECONDS_MAX, APP_SIZE_MAX, or any number */
	bool is_secret; /* its value is printed nowhere */
	/* A check of its own: NULL or what is wrong, as "must be ...". */
	const char *(*check)(const char *text);
};

struct app_program {
	const char *name;                   /* "gatio-kv" */
	const char *summary;                /* one sentence */
	const char *environment_prefix;     /* "GATIO_KV_" */
	const char *notes;                  /* printed below the settings, or NULL */
	const struct app_setting *settings; /* ends with a name of NULL */
	/* Where help and messages go. NULL: stdout and stderr. */
	FILE *out;
	FILE *err;
};

struct app_arguments {
	int argc;
	char **argv;
	char **environment; /* environ */
};

/*
 * Read all sources into the values. --help, --version, --config FILE and --check-config come along by themselves.
 *
 * Owner: keeps argv and environment texts; what it read from a file lives as long as the program.
 * Returns APP_GO_ON, or the status to exit with; then it has said why.
 */
int app_configure(const struct app_program *program, const struct app_arguments *arguments);

#endif
