/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of topology/. */
#include "tests/support/suite.h"

extern const struct suite node_memory_suite;
extern const struct suite arena_suite;
extern const struct suite heap_suite;
extern const struct suite gather_suite;

const struct suite *const suites[] = {
        &node_memory_suite, &arena_suite, &heap_suite, &gather_suite, NULL,
};
