/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of topology/. */
#include "tests/support/suite.h"

extern const struct suite topology_suite;
extern const struct suite limits_suite;
extern const struct suite cpu_list_suite;
extern const struct suite placement_suite;
extern const struct suite plan_suite;
extern const struct suite plan_refusals_suite;
extern const struct suite plan_random_suite;
extern const struct suite draw_suite;
extern const struct suite node_memory_suite;
extern const struct suite arena_suite;
extern const struct suite heap_suite;
extern const struct suite heap_limit_suite;
extern const struct suite spares_suite;
extern const struct suite remote_frees_suite;
extern const struct suite assumed_suite;

const struct suite *const suites[] = {
        &topology_suite,    &limits_suite,        &cpu_list_suite,    &placement_suite,
        &plan_suite,        &plan_refusals_suite, &plan_random_suite, &draw_suite,
        &node_memory_suite, &arena_suite,         &heap_suite,        &heap_limit_suite,
        &spares_suite,      &remote_frees_suite,  &assumed_suite,     NULL,
};
