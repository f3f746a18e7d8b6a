/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of drivers/ above the kernel double. */
#include "tests/support/suite.h"

extern const struct suite work_suite;
extern const struct suite timer_suite;

const struct suite *const suites[] = {&work_suite, &timer_suite, NULL};
