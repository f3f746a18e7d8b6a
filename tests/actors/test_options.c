/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/options.c: what is refused, and that the log says why. */
#include "tests/actors/log.h"
#include "tests/support/suite.h"

#include "actors/system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void refuse(struct gatio_options options, const char *option, const char *value)
{
	log_clear();
	options.log = log_keep;
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL(gatio_system_create(&system, &options), -EINVAL);
	CU_ASSERT_PTR_NULL(system);
	CU_ASSERT_TRUE(log_has(option));
	CU_ASSERT_TRUE(log_has(value));
	if (!log_has(option) || !log_has(value)) {
		printf("the log says: %s", log_text());
	}
}

static void accept(struct gatio_options options)
{
	log_clear();
	options.log = log_keep;
	options.driver_count = options.driver_count ? options.driver_count : 1;
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL(gatio_system_create(&system, &options), 0);
	CU_ASSERT_STRING_EQUAL(log_text(), "");
	gatio_system_destroy(system);
}

static void impossible_plan_is_refused(void)
{
	refuse((struct gatio_options){.driver_count = 5000}, "driver_count", "5000");
	refuse((struct gatio_options){.cpus = "4000"}, "cpus", "4000");
	refuse((struct gatio_options){.cpus = "one,two"}, "cpus", "one,two");
	refuse((struct gatio_options){.tpcs = "sideways"}, "tpcs", "sideways");
	refuse((struct gatio_options){.roles = "io=zwei"}, "roles", "io=zwei");
	refuse((struct gatio_options){.driver_count = 1, .roles = "io=1"}, "roles", "io=1");
}

static void backend_has_its_names(void)
{
	refuse((struct gatio_options){.backend = "kqueue"}, "backend", "kqueue");
	accept((struct gatio_options){.backend = "auto"});
	accept((struct gatio_options){.backend = "io_uring"});
	accept((struct gatio_options){.backend = "epoll"});
	CU_ASSERT_EQUAL_FATAL(setenv("GATIO_BACKEND", "kqueue", 1), 0);
	refuse((struct gatio_options){.driver_count = 1}, "GATIO_BACKEND in the environment",
	       "kqueue");
	refuse((struct gatio_options){.backend = "auto"}, "GATIO_BACKEND in the environment",
	       "kqueue");
	accept((struct gatio_options){.backend = "epoll"}); /* the option is nearer */
	unsetenv("GATIO_BACKEND");
}

static void mailbox_slots_must_be_power_of_two(void)
{
	refuse((struct gatio_options){.mailbox_slots = 1}, "mailbox_slots", "1:");
	refuse((struct gatio_options){.mailbox_slots = 100}, "mailbox_slots", "100");
	refuse((struct gatio_options){.mailbox_slots = 131072}, "mailbox_slots", "131072");
	accept((struct gatio_options){.mailbox_slots = 2});
	accept((struct gatio_options){.mailbox_slots = 65536});
}

static void actor_count_has_its_range(void)
{
	refuse((struct gatio_options){.actor_count_max = 63}, "actor_count_max", "63");
	refuse((struct gatio_options){.actor_count_max = 4194177}, "actor_count_max", "4194177");
	accept((struct gatio_options){.actor_count_max = 64});
	accept((struct gatio_options){.actor_count_max = 4194176});
}

static void memory_limit_must_be_enough(void)
{
	refuse((struct gatio_options){.memory_limit = 1000000}, "memory_limit", "1000000");
	accept((struct gatio_options){.memory_limit = (uint64_t)8 << 20});
}

static void drivers_that_have_no_room_are_refused(void)
{
	struct gatio_system *system = NULL;
	struct gatio_options options = {.driver_count = 200,
	                                .tpcs = "one",
	                                .memory_limit = (uint64_t)8 << 20,
	                                .backend = "epoll",
	                                .no_pin = true,
	                                .log = log_keep};
	log_clear();
	CU_ASSERT_EQUAL(gatio_system_create(&system, &options), -ENOMEM);
	CU_ASSERT_TRUE(log_has(
	        "cannot be made: Cannot allocate memory: memory_limit, 8 MiB for TPC 0, has no "
	        "room for what its drivers need: raise it, or use fewer drivers"));
}

static void watchdog_must_not_be_hasty(void)
{
	refuse((struct gatio_options){.watchdog_ns = 999999}, "watchdog_ns", "999999");
	accept((struct gatio_options){.watchdog_ns = GATIO_MS(1)});
}

static void zero_means_the_default(void)
{
	struct gatio_system *system = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, NULL), 0);
	CU_ASSERT(gatio_system_driver_count(system) >= 1);
	CU_ASSERT_EQUAL(system->options.actor_count_max, 4194176);
	CU_ASSERT_EQUAL(system->options.mailbox_slots, 256);
	CU_ASSERT_EQUAL(system->options.outbox_count_max, 4096);
	CU_ASSERT_EQUAL(system->options.io_count_max, 65536);
	CU_ASSERT_EQUAL(system->options.budget, 64);
	CU_ASSERT_EQUAL(system->options.sleep_ns, GATIO_SECONDS(1));
	CU_ASSERT_EQUAL(system->options.watchdog_ns, GATIO_SECONDS(1));
	CU_ASSERT_EQUAL(system->options.drain_ns, GATIO_SECONDS(10));
	gatio_system_destroy(system);
}

static const CU_TestInfo tests[] = {
        {"impossible plan is refused", impossible_plan_is_refused},
        {"backend has its names", backend_has_its_names},
        {"mailbox slots must be power of two", mailbox_slots_must_be_power_of_two},
        {"actor count has its range", actor_count_has_its_range},
        {"memory limit must be enough", memory_limit_must_be_enough},
        {"drivers that have no room are refused", drivers_that_have_no_room_are_refused},
        {"watchdog must not be hasty", watchdog_must_not_be_hasty},
        {"zero means the default", zero_means_the_default},
        CU_TEST_INFO_NULL,
};

const struct suite options_suite = {"options", tests};
