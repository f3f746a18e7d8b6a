/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of samples/common/: where settings come from, which wins, and what is said when one is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "samples/common/settings.h"
#include "tests/support/suite.h"

static struct {
	struct app_list listen;
	uint64_t count;
	uint64_t size;
	uint64_t time_ns;
	bool is_loud;
	const char *word;
	const char *secret;
} values;

static const char *check_word(const char *text)
{
	return strcmp(text, "forbidden") == 0 ? "must not be forbidden" : NULL;
}

static const struct app_setting table[] = {
        {.name = "listen",
         .value_name = "A",
         .help = "where",
         .kind = APP_LIST,
         .value = &values.listen},
        {.name = "drivers",
         .value_name = "N",
         .help = "how many",
         .kind = APP_NUMBER,
         .value = &values.count,
         .min = 1,
         .max = 100},
        {.name = "max-size",
         .value_name = "SIZE",
         .help = "how large",
         .kind = APP_SIZE,
         .value = &values.size},
        {.name = "drain-seconds",
         .value_name = "N",
         .help = "how long",
         .kind = APP_SECONDS,
         .value = &values.time_ns},
        {.name = "loud", .help = "say it", .kind = APP_BOOL, .value = &values.is_loud},
        {.name = "word",
         .value_name = "W",
         .help = "what",
         .kind = APP_TEXT,
         .value = &values.word,
         .check = check_word},
        {.name = "secret",
         .value_name = "W",
         .help = "not to be seen",
         .kind = APP_TEXT,
         .value = &values.secret,
         .is_secret = true,
         .check = check_word},
        {.name = NULL},
};

static char said[8192];

/* Run with these flags (ends with NULL) and variables. Returns the status; `said` has all that was printed. */
static int configure(const char *const *flags, const char *const *environment)
{
	static char *text;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct app_program program = {.name = "prog",
	                              .summary = "a test",
	                              .environment_prefix = "PROG_",
	                              .settings = table,
	                              .out = out,
	                              .err = out};
	char *argv[16] = {(char *)(uintptr_t) "prog"};
	int argc = 1;
	for (; flags && flags[argc - 1]; argc++) {
		argv[argc] = (char *)(uintptr_t)flags[argc - 1];
	}
	struct app_arguments arguments = {
	        .argc = argc, .argv = argv, .environment = (char **)(uintptr_t)environment};
	memset(&values, 0, sizeof(values));
	values.count = 7;
	int status = app_configure(&program, &arguments);
	fclose(out);
	snprintf(said, sizeof(said), "%s", text);
	free(text);
	return status;
}

#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A file with this content; its path. */
static const char *file_with(const char *content)
{
	static char path[] = "/tmp/kv-settings-XXXXXX";
	snprintf(path, sizeof(path), "/tmp/kv-settings-XXXXXX");
	int fd = mkstemp(path);
	CU_ASSERT(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	close(fd);
	return path;
}

static void flags_set_values(void)
{
	CU_ASSERT_EQUAL(
	        configure(FLAGS("--drivers", "3", "--max-size=2kb", "--loud", "--drain-seconds",
	                        "0.5", "--listen", "a:1", "--listen", "b:2", "--word", ""),
	                  NULL),
	        APP_GO_ON);
	CU_ASSERT_EQUAL(values.count, 3);
	CU_ASSERT_EQUAL(values.size, 2048);
	CU_ASSERT_EQUAL(values.time_ns, 500000000);
	CU_ASSERT(values.is_loud);
	CU_ASSERT_EQUAL(values.listen.count, 2);
	CU_ASSERT_STRING_EQUAL(values.listen.items[1], "b:2");
	CU_ASSERT_STRING_EQUAL(values.word, "");
}

static void later_sources_win(void)
{
	const char *path = file_with("# a comment\n\n  drivers 4  \nmax-size 1mb\nlisten f:1\n"
	                             "listen f:2\nword \"two words\"\nloud yes\r\n");
	CU_ASSERT_EQUAL(
	        configure(FLAGS("--config", path, "--max-size", "5"),
	                  FLAGS("PROG_MAX_SIZE=6", "PROG_DRIVERS=9", "OTHER=1", "PROG_LISTEN=e:1")),
	        APP_GO_ON);
	CU_ASSERT_EQUAL(values.count, 9);
	CU_ASSERT_EQUAL(values.size, 5);
	CU_ASSERT_EQUAL(values.listen.count, 1);
	CU_ASSERT_STRING_EQUAL(values.listen.items[0], "e:1");
	CU_ASSERT_STRING_EQUAL(values.word, "two words");
	CU_ASSERT(values.is_loud);
	char variable[128];
	snprintf(variable, sizeof(variable), "PROG_CONFIG=%s", path);
	CU_ASSERT_EQUAL(configure(NULL, FLAGS(variable)), APP_GO_ON);
	CU_ASSERT_EQUAL(values.count, 4);
	CU_ASSERT_EQUAL(values.listen.count, 2);
	unlink(path);
}

static void wrong_usage_exits_with_2(void)
{
	static const struct {
		const char *flags[3];
		const char *said;
	} cases[] = {
	        {{"--driver", "3"}, "unknown option \"--driver\"; did you mean \"--drivers\"?"},
	        {{"--zzzzzzzz", NULL}, "unknown option \"--zzzzzzzz\"; prog --help lists all"},
	        {{"--drivers", NULL}, "a value is missing after \"--drivers\""},
	        {{"drivers", NULL}, "unexpected \"drivers\""},
	        {{"--drivers", "x"}, "drivers \"x\": must be a number, from 1 to 100"},
	        {{"--drivers", "101"}, "must be a number, from 1 to 100"},
	        {{"--drivers", "-1"}, "must be a number, from 1 to 100"},
	        {{"--max-size", "5tb"}, "must be a size like 100, 64kb or 16mb"},
	        {{"--max-size", "99999999999999999999"}, "must be a size"},
	        {{"--drain-seconds", "soon"}, "must be seconds like 10, 0.5 or 250ms"},
	        {{"--loud=maybe", NULL}, "must be yes or no"},
	        {{"--word", "forbidden"}, "word \"forbidden\": must not be forbidden"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(configure(cases[i].flags, NULL), APP_EXIT_USAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
	}
}

static void bad_configuration_exits_with_78(void)
{
	static const struct {
		const char *content;
		const char *said;
	} cases[] = {
	        {"drvers 3\n", ":1: unknown option \"drvers\"; did you mean \"drivers\"?"},
	        {"\n# x\ndrivers many\n", ":3: drivers \"many\": must be a number"},
	        {"drivers\n", ":1: drivers needs a value"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = file_with(cases[i].content);
		CU_ASSERT_EQUAL(configure(FLAGS("--config", path), NULL), APP_EXIT_CONFIG);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
		unlink(path);
	}
	CU_ASSERT_EQUAL(configure(FLAGS("--config", "/nonexistent"), NULL), APP_EXIT_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "No such file"));
	CU_ASSERT_EQUAL(configure(NULL, FLAGS("PROG_DRIVERS=0")), APP_EXIT_CONFIG);
}

/* Kubernetes sets such variables for a service that is called as the program is. */
static void environment_of_others_is_warned_of_once(void)
{
	CU_ASSERT_EQUAL(configure(NULL, FLAGS("PROG_SERVICE_HOST=10.0.0.1", "PROG_DRIVERS=2",
	                                      "PROGRAM=1", "PROG_=x", "PROG_DRIVRES=1",
	                                      "PROG_PORT_7_TCP=tcp://10.0.0.1:7", "PROG_LOOSE")),
	                APP_GO_ON);
	CU_ASSERT_EQUAL(values.count, 2);
	CU_ASSERT_STRING_EQUAL(
	        said, "prog: environment: no options, ignored: PROG_SERVICE_HOST, PROG_, "
	              "PROG_DRIVRES (did you mean \"drivers\"?), PROG_PORT_7_TCP, PROG_LOOSE\n");
	CU_ASSERT_EQUAL(configure(NULL, FLAGS("PROG_DRIVERS=2", "PROG_CONFIGS_=1", "OTHER=1")),
	                APP_GO_ON);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ignored: PROG_CONFIGS_"));
	CU_ASSERT_EQUAL(configure(NULL, FLAGS("PROG_DRIVERS=2", "OTHER=1")), APP_GO_ON);
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void huge_values_are_refused_with_their_bound(void)
{
	static const char *const seconds[] = {"18446744073.5", "18446744074",
	                                      "99999999999999999999", "18446744073709551615"};
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		CU_ASSERT_EQUAL(configure(FLAGS("--drain-seconds", seconds[i]), NULL),
		                APP_EXIT_USAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "250ms, from 0 to 18446744073\n"));
	}
	CU_ASSERT_EQUAL(configure(FLAGS("--drain-seconds", "18446744073"), NULL), APP_GO_ON);
	CU_ASSERT_EQUAL(values.time_ns, APP_SECONDS_MAX);
	static const char *const sizes[] = {"1048577gb", "18446744073709551615",
	                                    "18446744073709551615gb"};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CU_ASSERT_EQUAL(configure(FLAGS("--max-size", sizes[i]), NULL), APP_EXIT_USAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "16mb, from 0 to 1048576gb\n"));
	}
	CU_ASSERT_EQUAL(configure(FLAGS("--max-size", "1048576gb"), NULL), APP_GO_ON);
	CU_ASSERT_EQUAL(values.size, APP_SIZE_MAX);
}

static void secret_is_printed_nowhere(void)
{
	CU_ASSERT_EQUAL(configure(FLAGS("--secret", "s3cret", "--check-config"), NULL),
	                APP_EXIT_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "secret (set)\n"));
	CU_ASSERT_PTR_NULL(strstr(said, "s3cret"));
	CU_ASSERT_EQUAL(configure(FLAGS("--secret", "forbidden"), NULL), APP_EXIT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "secret \"...\": must not be"));
}

static void list_has_a_limit(void)
{
	const char *path =
	        file_with("listen 1\nlisten 2\nlisten 3\nlisten 4\nlisten 5\nlisten 6\n"
	                  "listen 7\nlisten 8\nlisten 9\nlisten 10\nlisten 11\nlisten 12\n"
	                  "listen 13\nlisten 14\nlisten 15\nlisten 16\nlisten 17\n");
	CU_ASSERT_EQUAL(configure(FLAGS("--config", path), NULL), APP_EXIT_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ":17: listen \"17\": can be given at most 16 times"));
	unlink(path);
}

static void questions_are_answered(void)
{
	CU_ASSERT_EQUAL(configure(FLAGS("--help"), NULL), APP_EXIT_OK);
	for (size_t i = 0; table[i].name; i++) {
		CU_ASSERT_PTR_NOT_NULL(strstr(said, table[i].name));
		CU_ASSERT_PTR_NOT_NULL(strstr(said, table[i].help));
	}
	CU_ASSERT_EQUAL(configure(FLAGS("--version"), NULL), APP_EXIT_OK);
	CU_ASSERT_EQUAL(strncmp(said, "prog 0.", 7), 0);
	CU_ASSERT_EQUAL(configure(FLAGS("--check-config", "--drivers", "5"), NULL), APP_EXIT_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "drivers 5\n"));
}

static const CU_TestInfo settings_tests[] = {
        {"flags set values", flags_set_values},
        {"later sources win", later_sources_win},
        {"wrong usage exits with 2", wrong_usage_exits_with_2},
        {"bad configuration exits with 78", bad_configuration_exits_with_78},
        {"environment of others is warned of once", environment_of_others_is_warned_of_once},
        {"huge values are refused with their bound", huge_values_are_refused_with_their_bound},
        {"secret is printed nowhere", secret_is_printed_nowhere},
        {"list has a limit", list_has_a_limit},
        {"questions are answered", questions_are_answered},
        CU_TEST_INFO_NULL,
};

const struct suite settings_suite = {"settings", settings_tests};
