/* SPDX-License-Identifier: Apache-2.0 */
/* Runner: main of every test program. Arguments name the suites to run; without any, all run. */
#include "tests/support/suite.h"

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATUS_PASSED = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_SKIPPED = 77, /* SKIP_RETURN_CODE in cmake/rooms.cmake */
};

#pragma weak suite_skip_reason

static unsigned skip_count;

void suite_skip(const char *reason)
{
	skip_count++;
	printf("skipped: %s ... ", reason);
}

static bool is_wanted(const struct suite *suite, int name_count, char **names)
{
	for (int i = 0; i < name_count; i++) {
		if (strcmp(suite->name, names[i]) == 0) {
			return true;
		}
	}
	return name_count == 0;
}

static bool names_exist(int name_count, char **names)
{
	for (int i = 0; i < name_count; i++) {
		bool exists = false;
		for (size_t s = 0; suites[s] && !exists; s++) {
			exists = strcmp(suites[s]->name, names[i]) == 0;
		}
		if (!exists) {
			fprintf(stderr, "no suite '%s'; there are:", names[i]);
			for (size_t s = 0; suites[s]; s++) {
				fprintf(stderr, " '%s'", suites[s]->name);
			}
			fputc('\n', stderr);
			return false;
		}
	}
	return true;
}

static bool add_suite(const struct suite *suite)
{
	CU_pSuite added = CU_add_suite(suite->name, NULL, NULL);
	if (!added) {
		return false;
	}
	for (const CU_TestInfo *test = suite->tests; test->pName; test++) {
		if (!CU_add_test(added, test->pName, test->pTestFunc)) {
			return false;
		}
	}
	return true;
}

static int run_suites(int name_count, char **names)
{
	for (size_t s = 0; suites[s]; s++) {
		if (is_wanted(suites[s], name_count, names) && !add_suite(suites[s])) {
			fprintf(stderr, "suite '%s': %s (two tests of one name?)\n",
			        suites[s]->name, CU_get_error_msg());
			return STATUS_FAILED;
		}
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS || CU_get_number_of_tests_run() == 0) {
		fprintf(stderr, "the suites did not run: %s\n", CU_get_error_msg());
		return STATUS_FAILED;
	}
	if (skip_count) {
		printf("%u of %u tests skipped themselves\n", skip_count,
		       CU_get_number_of_tests_run());
	}
	return CU_get_number_of_tests_failed() == 0 ? STATUS_PASSED : STATUS_FAILED;
}

int main(int argc, char **argv)
{
	/* What a test that crashes has said so far must be seen. */
	setvbuf(stdout, NULL, _IONBF, 0);
	const char *reason = suite_skip_reason ? suite_skip_reason() : NULL;
	if (reason) {
		printf("SKIPPED: %s\n", reason);
		return STATUS_SKIPPED;
	}
	if (!names_exist(argc - 1, argv + 1)) {
		return STATUS_USAGE;
	}
	if (CU_initialize_registry() != CUE_SUCCESS) {
		fprintf(stderr, "no memory for the test registry\n");
		return STATUS_FAILED;
	}
	int status = run_suites(argc - 1, argv + 1);
	CU_cleanup_registry();
	return status;
}
