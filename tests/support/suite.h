/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suite: what a test file hands to the runner (runner.c has main).
 *
 * tests/<room>/test_<file>.c exports one `const struct suite`; tests/<room>/suites.c lists them in `suites`.
 * The program exits 0 when all passed, 1 when one failed, 77 when it cannot run here, 2 for a wrong argument.
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <CUnit/CUnit.h>

struct suite {
	const char *name;
	const CU_TestInfo *tests; /* ends with CU_TEST_INFO_NULL */
};

extern const struct suite *const suites[]; /* ends with NULL */

/*
 * A program may define this when all of it needs something that a machine can lack: it returns a sentence that names
 * what is missing, or NULL to run.
 */
const char *suite_skip_reason(void);

/* Called by one test that cannot run here, before it returns. Printed and counted; the other tests decide the status. */
void suite_skip(const char *reason);

#endif
