/* SPDX-License-Identifier: Apache-2.0 */
/* Locked memory: 128 drivers of a plain user fit into the 8 MiB that most systems allow. In children, by the real kernel. */
#include "drivers/buffers.h"
#include "drivers/kernel.h"
#include "drivers/ring.h"
#include "tests/support/suite.h"
#include "topology/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DRIVERS = 128,
	PLAIN_USER = 65534,
	THIRD_USER = 65532,
	OTHER_USER = 65533, /* what a user has locked is given back some time after */
	CHILD_PASSED = 0,
	CHILD_FAILED = 1,
	CHILD_SKIPPED = 2,
};

/* It takes root: what the user of this process has locked elsewhere, in tests beside this one too, would count. */
static bool become_plain(uid_t user, rlim_t locked_size)
{
	struct rlimit locked = {locked_size, locked_size};
	struct rlimit files = {4 * DRIVERS, 4 * DRIVERS};
	if (setrlimit(RLIMIT_MEMLOCK, &locked) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0) {
		return false;
	}
	return setgid(user) == 0 && setuid(user) == 0;
}

static struct gi_driver *drivers[DRIVERS];
static struct gi_driver_group group = {.drivers = drivers, .driver_count = DRIVERS};

/* As a system does: the ring, and the driver's ring of buffers. */
static int make_driver(struct gi_arena *arena, uint32_t index)
{
	struct gi_driver_options options = {.index = index,
	                                    .mailbox_slots = 4,
	                                    .io_count_max = 1024,
	                                    .arena = arena,
	                                    .group = &group};
	struct gi_driver *driver;
	int err = gi_driver_create(&driver, &options, &(struct gi_driver_hooks){0});
	if (!err) {
		err = gi_driver_enter_thread(driver);
	}
	return err ? err : gi_buffers_open(driver, GI_BUFFERS_COUNT_DEFAULT, 64);
}

static int open_all(void)
{
	if (!become_plain(PLAIN_USER, 8ul << 20)) {
		return CHILD_SKIPPED;
	}
	struct gi_arena *arena;
	if (gi_arena_create(&arena,
	                    &(struct gi_arena_options){.node = -1, .door = &gi_kernel_memory})) {
		return CHILD_SKIPPED;
	}
	for (uint32_t i = 0; i < DRIVERS; i++) {
		int err = make_driver(arena, i);
		if (err) {
			fprintf(stderr, "driver %u: %s\n", i, strerror(-err));
			return CHILD_FAILED;
		}
		if (drivers[i]->ring->uring.sq.ring_entries != GI_RING_ENTRIES_DEFAULT) {
			fprintf(stderr, "driver %u got a smaller ring\n", i);
			return CHILD_FAILED;
		}
	}
	return CHILD_PASSED;
}

/* Six pages: too few for the default of seven, enough for half. */
static int open_with_little(void)
{
	static struct gi_ring ring;
	if (!become_plain(OTHER_USER, 6ul * 4096)) {
		return CHILD_SKIPPED;
	}
	int err = gi_ring_open(&ring, &(struct gi_driver_options){0});
	if (err) {
		fprintf(stderr, "not even a small ring: %s\n", strerror(-err));
		return CHILD_FAILED;
	}
	if (ring.uring.sq.ring_entries == GI_RING_ENTRIES_DEFAULT) {
		return CHILD_SKIPPED; /* before Linux 6.14 rings are not counted */
	}
	return ring.uring.sq.ring_entries == GI_RING_ENTRIES_DEFAULT / 2 ? CHILD_PASSED
	                                                                 : CHILD_FAILED;
}

/* Whoever would rather have none than a smaller one is told so. */
static int open_whole_with_little(void)
{
	static struct gi_ring ring;
	if (!become_plain(THIRD_USER, 6ul * 4096)) {
		return CHILD_SKIPPED;
	}
	int err = gi_ring_open(&ring, &(struct gi_driver_options){.wants_whole_ring = true});
	return !err ? CHILD_SKIPPED : err == -EDQUOT ? CHILD_PASSED : CHILD_FAILED;
}

static void run_in_child(int (*run)(void), const char *skip_reason)
{
	fflush(NULL);
	pid_t child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (child == 0) {
		_exit(run());
	}
	int status = 0;
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_SKIPPED) {
		suite_skip(skip_reason);
		return;
	}
	CU_ASSERT_EQUAL(WEXITSTATUS(status), CHILD_PASSED);
}

static void many_drivers_fit_into_8_mib(void)
{
	run_in_child(open_all, "cannot become another user here");
}

static void short_of_locked_memory_is_halved(void)
{
	run_in_child(open_with_little, "no other user here, or rings are not counted as locked");
}

static void short_of_locked_memory_refuses_whole_rings(void)
{
	run_in_child(open_whole_with_little,
	             "no other user here, or rings are not counted as locked");
}

static CU_TestInfo tests[] = {
        {"128 drivers fit into 8 MiB", many_drivers_fit_into_8_mib},
        {"short of locked memory is halved", short_of_locked_memory_is_halved},
        {"short of locked memory refuses whole rings", short_of_locked_memory_refuses_whole_rings},
        CU_TEST_INFO_NULL,
};

extern const struct suite memlock_suite;
const struct suite memlock_suite = {"locked memory", tests};
