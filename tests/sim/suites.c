/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of sim/, and of what looks for faults in its worlds. */
#include "tests/support/suite.h"

extern const struct suite linear_suite;
extern const struct suite random_suite;
extern const struct suite fault_suite;
extern const struct suite sim_suite;
extern const struct suite task_suite;
extern const struct suite stream_suite;
extern const struct suite disk_suite;
extern const struct suite disk_cut_suite;
extern const struct suite disk_swarm_suite;
extern const struct suite datagram_suite;
extern const struct suite view_suite;
extern const struct suite order_suite;

const struct suite *const suites[] = {&random_suite,
                                      &fault_suite,
                                      &sim_suite,
                                      &task_suite,
                                      &stream_suite,
                                      &disk_suite,
                                      &disk_cut_suite,
                                      &disk_swarm_suite,
                                      &datagram_suite,
                                      &linear_suite,
                                      &view_suite,
                                      &order_suite,
                                      NULL};
