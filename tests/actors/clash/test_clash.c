/* SPDX-License-Identifier: Apache-2.0 */
/* A program whose files do not agree on a message gets no system, and is shown why. */
#include "tests/actors/log.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <gatio/gatio.h>

static void clashing_types_are_refused(void)
{
	struct gatio_options options = {.driver_count = 1, .log = log_keep};
	for (uint32_t i = 0; i < 2; i++) { /* the second try does not forget */
		log_clear();
		struct gatio_system *system = NULL;
		CU_ASSERT_EQUAL(gatio_system_create(&system, &options), -EEXIST);
		CU_ASSERT_PTR_NULL(system);
		CU_ASSERT_TRUE(log_has("message point is declared twice"));
		CU_ASSERT_TRUE(log_has("{ uint32_t x, y; } of 8 bytes"));
		CU_ASSERT_TRUE(log_has("{ double x, y, z; } of 24 bytes"));
	}
}

static const CU_TestInfo tests[] = {
        {"clashing types are refused", clashing_types_are_refused},
        CU_TEST_INFO_NULL,
};

static const struct suite clash_suite = {"clash", tests};

const struct suite *const suites[] = {&clash_suite, NULL};
