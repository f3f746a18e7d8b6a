/* SPDX-License-Identifier: Apache-2.0 */
/* Suites of bench/: the processes that are started, and what is said of samples. */
#include "tests/support/suite.h"

extern const struct suite child_suite;
extern const struct suite histogram_suite;
extern const struct suite runner_suite;
extern const struct suite verdict_suite;

const struct suite *const suites[] = {&child_suite, &histogram_suite, &runner_suite, &verdict_suite,
                                      NULL};
