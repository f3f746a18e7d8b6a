/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: file, environment and flags, in this order, each over the one before. */
#include "samples/common/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatio/defs.h>

#include "samples/common/nearest.h"
#include "samples/common/value.h"

#define SETTING_COUNT_MAX 64
#define FILE_SIZE_MAX     ((size_t)1 << 20)

enum source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAGS };

struct reading {
	const struct app_program *program;
	FILE *out;
	FILE *err;
	const char *config; /* --config */
	bool check_only;    /* --check-config */
	bool asked;         /* --help or --version: said, done */
};

static const struct app_setting *find_setting(const struct app_program *program, const char *name)
{
	for (const struct app_setting *s = program->settings; s->name; s++) {
		if (strcmp(s->name, name) == 0) {
			return s;
		}
	}
	return NULL;
}

/* The name that was probably meant, or NULL. `dashes`: how flags are written, or "". */
static const char *nearest_to(const struct reading *reading, const char *name, const char *dashes)
{
	const char *names[SETTING_COUNT_MAX + 5] = {"config"};
	size_t count = 1;
	if (dashes[0]) {
		names[count++] = "help";
		names[count++] = "version";
		names[count++] = "check-config";
	}
	for (const struct app_setting *s = reading->program->settings;
	     s->name && count < SETTING_COUNT_MAX + 4; s++) {
		names[count++] = s->name;
	}
	return app_nearest(name, names);
}

/* Say that there is no such name, and which was probably meant. */
static void say_unknown(const struct reading *reading, const char *where, const char *name,
                        const char *dashes)
{
	const char *nearest = nearest_to(reading, name, dashes);
	fprintf(reading->err, "%s: %sunknown option \"%s%s\"", reading->program->name, where,
	        dashes, name);
	if (nearest) {
		fprintf(reading->err, "; did you mean \"%s%s\"?\n", dashes, nearest);
	} else {
		fprintf(reading->err, "; %s --help lists all\n", reading->program->name);
	}
}

/* where: "FILE:12: " or "", for messages. */
static bool set_value(const struct reading *reading, const struct app_setting *setting,
                      const char *text, const char *where, enum source source)
{
	char problem[APP_PROBLEM_SIZE];
	if (app_value_read(setting, text, (int)source, problem)) {
		return true;
	}
	fprintf(reading->err, "%s: %s%s \"%s\": %s\n", reading->program->name, where, setting->name,
	        setting->is_secret ? "..." : text, problem);
	return false;
}

/* ---- File -------------------------------------------------------------------------------------------------------- */

static char *skip_blanks(char *text)
{
	while (*text == ' ' || *text == '\t' || *text == '\r') {
		text++;
	}
	return text;
}

/* Cut `name value` apart in place; the value may stand in double quotes. Returns the value. */
static char *split_line(char *name)
{
	char *value = name + strcspn(name, " \t\r");
	if (*value) {
		*value++ = '\0';
	}
	value = skip_blanks(value);
	size_t size = strlen(value);
	while (size > 0 && isspace((unsigned char)value[size - 1])) {
		value[--size] = '\0';
	}
	if (size >= 2 && value[0] == '"' && value[size - 1] == '"') {
		value[size - 1] = '\0';
		value++;
	}
	return value;
}

static bool read_line(const struct reading *reading, char *line, unsigned line_number)
{
	char *name = skip_blanks(line);
	if (*name == '\0' || *name == '#') {
		return true;
	}
	char where[512];
	snprintf(where, sizeof(where), "%s:%u: ", reading->config, line_number);
	char *value = split_line(name);
	const struct app_setting *setting = find_setting(reading->program, name);
	if (!setting) {
		say_unknown(reading, where, name, "");
		return false;
	}
	if (*value == '\0' && setting->kind != APP_TEXT) {
		fprintf(reading->err, "%s: %s%s needs a value\n", reading->program->name, where,
		        name);
		return false;
	}
	return set_value(reading, setting, value, where, FROM_FILE);
}

/* What has been read lives as long as the program: values point into it. */
struct content {
	struct content *next;
	char text[];
};

static struct content *contents;

/* The whole file as text, or NULL with errno. */
static char *load(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		return NULL;
	}
	struct content *content = malloc(sizeof(*content) + FILE_SIZE_MAX + 1);
	size_t size = content ? fread(content->text, 1, FILE_SIZE_MAX + 1, file) : 0;
	int err = ferror(file) ? errno : (size > FILE_SIZE_MAX ? EFBIG : 0);
	fclose(file);
	if (!content || err) {
		free(content);
		errno = err ? err : ENOMEM;
		return NULL;
	}
	content->text[size] = '\0';
	content->next = contents;
	contents = content;
	return content->text;
}

static int read_file(const struct reading *reading)
{
	char *text = load(reading->config);
	if (!text) {
		fprintf(reading->err, "%s: config \"%s\": %s\n", reading->program->name,
		        reading->config, strerror(errno));
		return APP_EXIT_CONFIG;
	}
	unsigned line_number = 1;
	while (text) {
		char *line = strsep(&text, "\n");
		if (!read_line(reading, line, line_number++)) {
			return APP_EXIT_CONFIG;
		}
	}
	return APP_GO_ON;
}

/* ---- Environment ------------------------------------------------------------------------------------------------- */

/* GATIO_KV_MAX_CLIENTS=5 is max-clients; out_name gets the name. Returns the value, or NULL: not one of ours. */
static const char *match_variable(const struct app_program *program, const char *variable,
                                  char out_name[APP_NAME_SIZE_MAX + 1])
{
	size_t prefix_size = strlen(program->environment_prefix);
	const char *value = strchr(variable, '=');
	if (!value || strncmp(variable, program->environment_prefix, prefix_size) != 0) {
		return NULL;
	}
	const char *from = variable + prefix_size;
	size_t size = (size_t)(value - from);
	if (size == 0 || size > APP_NAME_SIZE_MAX) {
		return NULL;
	}
	for (size_t i = 0; i < size; i++) {
		out_name[i] = '-';
		if (from[i] != '_') {
			out_name[i] = (char)tolower((unsigned char)from[i]);
		}
	}
	out_name[size] = '\0';
	return value + 1;
}

/* What only looks like one of ours: most of all what Kubernetes sets for a service of this name. Named in one line. */
static void warn_of_strangers(const struct reading *reading, char **environment)
{
	const char *prefix = reading->program->environment_prefix;
	unsigned count = 0;
	for (; environment && *environment; environment++) {
		char name[APP_NAME_SIZE_MAX + 1] = "";
		bool is_ours =
		        match_variable(reading->program, *environment, name) &&
		        (strcmp(name, "config") == 0 || find_setting(reading->program, name));
		if (is_ours || strncmp(*environment, prefix, strlen(prefix)) != 0) {
			continue;
		}
		const char *nearest = name[0] ? nearest_to(reading, name, "") : NULL;
		if (count++ == 0) {
			fprintf(reading->err,
			        "%s: environment: no options, ignored:", reading->program->name);
		}
		fprintf(reading->err, "%s %.*s", count > 1 ? "," : "",
		        (int)strcspn(*environment, "="), *environment);
		if (nearest) {
			fprintf(reading->err, " (did you mean \"%s\"?)", nearest);
		}
	}
	if (count > 0) {
		fputc('\n', reading->err);
	}
}

static void read_environment_config(struct reading *reading, char **environment)
{
	for (; environment && *environment; environment++) {
		char name[APP_NAME_SIZE_MAX + 1];
		const char *value = match_variable(reading->program, *environment, name);
		if (value && strcmp(name, "config") == 0) {
			reading->config = value;
		}
	}
}

static int read_environment(const struct reading *reading, char **environment)
{
	for (char **at = environment; at && *at; at++) {
		char name[APP_NAME_SIZE_MAX + 1];
		const char *value = match_variable(reading->program, *at, name);
		const struct app_setting *setting =
		        value ? find_setting(reading->program, name) : NULL;
		if (setting &&
		    !set_value(reading, setting, value, "environment: ", FROM_ENVIRONMENT)) {
			return APP_EXIT_CONFIG;
		}
	}
	warn_of_strangers(reading, environment);
	return APP_GO_ON;
}

/* ---- Help -------------------------------------------------------------------------------------------------------- */

static void print_setting(const struct reading *reading, const struct app_setting *setting)
{
	char left[64];
	char value[128];
	snprintf(left, sizeof(left), "--%s%s%s", setting->name,
	         setting->kind == APP_BOOL ? "" : " ",
	         setting->kind == APP_BOOL ? "" : setting->value_name);
	fprintf(reading->out, "  %-30s %s", left, setting->help);
	if (setting->kind != APP_BOOL && app_value_write(setting, 0, value, sizeof(value)) &&
	    value[0] && strcmp(value, "0") != 0) {
		fprintf(reading->out, " [%s]", value);
	}
	fprintf(reading->out, "\n");
}

static void print_help(const struct reading *reading)
{
	const struct app_program *program = reading->program;
	fprintf(reading->out, "%s: %s\n\nUsage: %s [options]\n\n", program->name, program->summary,
	        program->name);
	for (const struct app_setting *s = program->settings; s->name; s++) {
		print_setting(reading, s);
	}
	fprintf(reading->out,
	        "  %-30s read options from FILE: a `name value` on each line\n"
	        "  %-30s say what the settings are and exit\n"
	        "  %-30s this text\n"
	        "  %-30s the version\n",
	        "--config FILE", "--check-config", "--help", "--version");
	fprintf(reading->out,
	        "\nEach option is also a line in the file and a variable %sNAME (capitals, _ for "
	        "-).\n"
	        "Flags win over variables, variables over the file.\n"
	        "Exit status: 0 drained, 1 failed, 2 wrong usage, 70 stuck in a handler, 78 bad "
	        "configuration.\n",
	        program->environment_prefix);
	if (program->notes) {
		fprintf(reading->out, "\n%s", program->notes);
	}
}

static void print_settings(const struct reading *reading)
{
	for (const struct app_setting *s = reading->program->settings; s->name; s++) {
		char value[256];
		for (size_t i = 0; app_value_write(s, i, value, sizeof(value)); i++) {
			bool is_hidden = s->is_secret && value[0];
			fprintf(reading->out, "%s %s\n", s->name, is_hidden ? "(set)" : value);
		}
	}
}

/* ---- Flags ------------------------------------------------------------------------------------------------------- */

/* --help and its like. Returns true when `name` was one. */
static bool is_special(struct reading *reading, const char *name, bool *out_takes_value)
{
	*out_takes_value = strcmp(name, "config") == 0;
	if (strcmp(name, "help") == 0) {
		reading->asked = true;
		print_help(reading);
		return true;
	}
	if (strcmp(name, "version") == 0) {
		reading->asked = true;
		fprintf(reading->out, "%s %s (%s)\n", reading->program->name, GATIO_VERSION_STRING,
		        __VERSION__);
		return true;
	}
	if (strcmp(name, "check-config") == 0) {
		reading->check_only = true;
		return true;
	}
	return *out_takes_value;
}

static int usage(const struct reading *reading, const char *what, const char *name)
{
	fprintf(reading->err, "%s: %s \"%s\"; try %s --help\n", reading->program->name, what, name,
	        reading->program->name);
	return APP_EXIT_USAGE;
}

/*
 * One flag, at argv[*index]; moves *index past it. A first pass (only_special) looks for --help, --version and --config,
 * a second one sets values. Returns APP_GO_ON or a status.
 */
static int read_flag(struct reading *reading, const struct app_arguments *arguments, int *index,
                     bool only_special)
{
	char *argument = arguments->argv[(*index)++];
	if (strcmp(argument, "-h") == 0) {
		argument = "--help";
	}
	if (strncmp(argument, "--", 2) != 0 || argument[2] == '\0') {
		return usage(reading, "unexpected", argument);
	}
	char name[APP_NAME_SIZE_MAX + 1];
	size_t name_size = strcspn(argument + 2, "=");
	snprintf(name, sizeof(name), "%.*s", (int)name_size, argument + 2);
	const char *value = argument[2 + name_size] == '=' ? argument + 2 + name_size + 1 : NULL;

	bool takes_value = false;
	bool special = is_special(reading, name, &takes_value);
	const struct app_setting *setting = special ? NULL : find_setting(reading->program, name);
	if (!special && !setting) {
		say_unknown(reading, "", name, "--");
		return APP_EXIT_USAGE;
	}
	takes_value = takes_value || (setting && setting->kind != APP_BOOL);
	if (takes_value && !value) {
		if (*index >= arguments->argc) {
			return usage(reading, "a value is missing after", argument);
		}
		value = arguments->argv[(*index)++];
	}
	if (special) {
		reading->config = takes_value ? value : reading->config;
		return APP_GO_ON;
	}
	if (only_special) {
		return APP_GO_ON;
	}
	return set_value(reading, setting, value ? value : "yes", "--", FROM_FLAGS)
	               ? APP_GO_ON
	               : APP_EXIT_USAGE;
}

static int read_flags(struct reading *reading, const struct app_arguments *arguments,
                      bool only_special)
{
	int index = 1;
	while (index < arguments->argc && !reading->asked) {
		int status = read_flag(reading, arguments, &index, only_special);
		if (status != APP_GO_ON) {
			return status;
		}
	}
	return reading->asked ? APP_EXIT_OK : APP_GO_ON;
}

int app_configure(const struct app_program *program, const struct app_arguments *arguments)
{
	struct reading reading = {
	        .program = program,
	        .out = program->out ? program->out : stdout,
	        .err = program->err ? program->err : stderr,
	};
	read_environment_config(&reading, arguments->environment);
	int status = read_flags(&reading, arguments, true);
	if (status == APP_GO_ON && reading.config) {
		status = read_file(&reading);
	}
	if (status == APP_GO_ON) {
		status = read_environment(&reading, arguments->environment);
	}
	if (status == APP_GO_ON) {
		status = read_flags(&reading, arguments, false);
	}
	if (status == APP_GO_ON && reading.check_only) {
		print_settings(&reading);
		return APP_EXIT_OK;
	}
	return status;
}
