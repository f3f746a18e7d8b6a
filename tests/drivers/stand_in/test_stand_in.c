/* SPDX-License-Identifier: Apache-2.0 */
/* A program with an archive before libgatio.a that stands in for an object of the door: the library as it is runs on it. */
#include <gatio/gatio.h>

#include "tests/drivers/stand_in/stand_in.h"
#include "tests/support/suite.h"

enum { STATUS = 7 };

struct ender {
	uint32_t driver_index;
};

static void on_started(struct ender *self)
{
	gatio_system_stop(gatio_current_system(),
	                  gatio_driver_index() == self->driver_index ? STATUS : 1);
}
GATIO_BEHAVIOR(ender, started(on_started));

static struct gatio_system *create(const struct gatio_options *options)
{
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, options), 0);
	return system;
}

/* Where this machine may have fewer CPUs, a quota, and no right to pin. */
static void plan_is_of_the_described_machine(void)
{
	struct gatio_system *system = create(&(struct gatio_options){.log = gatio_log_stderr});
	CU_ASSERT_EQUAL(gatio_system_driver_count(system), STAND_IN_DRIVERS);
	gatio_system_destroy(system);
}

static void drivers_look_at_the_clock_of_the_stand_in(void)
{
	uint64_t before = stand_in_looks();
	struct gatio_system *system = create(&(struct gatio_options){.log = gatio_log_stderr});
	struct gatio_address ender =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(STAND_IN_DRIVERS - 1), ender,
	                           .driver_index = STAND_IN_DRIVERS - 1);
	CU_ASSERT_NOT_EQUAL(ender.bits, 0);
	CU_ASSERT_EQUAL(gatio_system_run(system), STATUS); /* it is destroyed then */
	CU_ASSERT(stand_in_looks() > before + STAND_IN_DRIVERS);
}

static CU_TestInfo tests[] = {
        {"plan is of the described machine", plan_is_of_the_described_machine},
        {"drivers look at the clock of the stand-in", drivers_look_at_the_clock_of_the_stand_in},
        CU_TEST_INFO_NULL,
};

static const struct suite stand_in_suite = {"stand-in", tests};
const struct suite *const suites[] = {&stand_in_suite, NULL};
