/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of drivers/ above the kernel double. */
#include "tests/support/suite.h"

extern const struct suite work_suite;
extern const struct suite timer_suite;
extern const struct suite ring_suite;
extern const struct suite io_suite;
extern const struct suite buffers_suite;
extern const struct suite route_suite;
extern const struct suite batch_suite;
extern const struct suite home_suite;
extern const struct suite turn_suite;
extern const struct suite clock_suite;
extern const struct suite sleep_suite;
extern const struct suite outside_suite;
extern const struct suite memory_suite;

const struct suite *const suites[] = {&work_suite,    &timer_suite, &ring_suite,  &io_suite,
                                      &buffers_suite, &route_suite, &batch_suite, &home_suite,
                                      &turn_suite,    &clock_suite, &sleep_suite, &outside_suite,
                                      &memory_suite,  NULL};
