/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of whole systems: their drivers have threads of their own, the tests none. */
#include "tests/support/suite.h"

#include <stddef.h>

extern const struct suite options_suite;
extern const struct suite system_suite;
extern const struct suite run_suite;
extern const struct suite outside_suite;
extern const struct suite limit_suite;

const struct suite *const suites[] = {
        &options_suite, &system_suite, &run_suite, &outside_suite, &limit_suite, NULL,
};
