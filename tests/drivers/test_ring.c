/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/ring.c and of drivers/driver.c: what a kernel may refuse while a driver is made. */
#include "drivers/hand.h"
#include "drivers/ring.h"

#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE_NO_IOWAIT (1u << 17)
#define ENTER_NO_IOWAIT   (1u << 7)
#define BEST_FLAGS                                                                                 \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |     \
	 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |               \
	 IORING_SETUP_R_DISABLED)

static void create_fails_with(int err)
{
	CU_ASSERT_EQUAL(machine_create(&(struct machine_options){0}), err);
	CU_ASSERT_PTR_NULL(machine.drivers[0]);
	CU_ASSERT_EQUAL(kernel.close_count, kernel.ring_count);
	CU_ASSERT_EQUAL(kernel.closed_count, kernel.signal_count);
	gi_arena_destroy(machine.arena);
}

static void best_flags_come_first(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	CU_ASSERT_EQUAL(kernel.open_count, 1);
	CU_ASSERT_EQUAL(kernel.opened_flags[0], BEST_FLAGS);
	CU_ASSERT_EQUAL(kernel.opened_entries[0], GI_RING_ENTRIES_DEFAULT);
	CU_ASSERT_EQUAL(kernel.rings[0].cq_entries, GI_RING_COMPLETIONS_DEFAULT);
	CU_ASSERT_TRUE(kernel.rings[0].is_enabled);
	machine_stop();
	CU_ASSERT_EQUAL(kernel.close_count, 1);
	CU_ASSERT_EQUAL(kernel.closed_count, 1);
}

static void refused_flags_are_peeled(void)
{
	static const unsigned refused[] = {IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER};
	for (uint32_t i = 0; i < 2; i++) {
		kernel_reset();
		kernel.refused_flags = refused[i];
		machine_start(&(struct machine_options){0});
		CU_ASSERT_EQUAL(kernel.open_count, 2 + i);
		unsigned flags = machine.drivers[0]->ring->setup_flags;
		CU_ASSERT_FALSE(flags & refused[i]);
		CU_ASSERT_TRUE(flags & IORING_SETUP_COOP_TASKRUN);
		CU_ASSERT_TRUE(flags & IORING_SETUP_TASKRUN_FLAG);
		char text[256];
		gi_driver_describe(machine.drivers[0], text, sizeof(text));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "deferred task work no"));
		machine_turn(0, false);
		machine_stop();
	}
}

static void flags_that_must_be_are_not_peeled(void)
{
	kernel_reset();
	kernel.refused_flags = IORING_SETUP_R_DISABLED;
	create_fails_with(-EINVAL);
	CU_ASSERT_EQUAL(kernel.open_count, 3);
}

static void other_refusals_are_final(void)
{
	static const int errors[] = {-EPERM, -ENOSYS, -EMFILE, -EOPNOTSUPP};
	for (uint32_t i = 0; i < 4; i++) {
		kernel_reset();
		kernel.open_error = errors[i];
		create_fails_with(errors[i]);
		CU_ASSERT_EQUAL(kernel.open_count, 1);
	}
}

static void too_large_is_halved(void)
{
	kernel_reset();
	kernel.entries_max = 32;
	machine_start(&(struct machine_options){0});
	CU_ASSERT_EQUAL(kernel.open_count, 3);
	CU_ASSERT_EQUAL(kernel.opened_entries[1], 64);
	CU_ASSERT_EQUAL(kernel.rings[0].sq_entries, 32);
	CU_ASSERT_EQUAL(kernel.rings[0].cq_entries, 256);
	CU_ASSERT_EQUAL(kernel.opened_flags[2], BEST_FLAGS); /* the size was wrong, not the flags */
	machine_stop();
}

static void halving_ends(void)
{
	kernel_reset();
	kernel.open_error = -ENOMEM;
	create_fails_with(-ENOMEM);
	CU_ASSERT_EQUAL(kernel.open_count, 5 * 41);
	CU_ASSERT_EQUAL(kernel.opened_entries[4], GI_RING_ENTRIES_MIN);
	CU_ASSERT_EQUAL(kernel.pause_count, 40);
}

/* As after a program that was killed: the kernel tears its rings down a little later. */
static void locked_memory_is_waited_for(void)
{
	kernel_reset();
	kernel.open_error = -ENOMEM;
	kernel.open_error_pauses = 3;
	machine_start(&(struct machine_options){0});
	CU_ASSERT_EQUAL(kernel.pause_count, 3);
	CU_ASSERT_EQUAL(kernel.rings[0].sq_entries, GI_RING_ENTRIES_DEFAULT);
	machine_stop();
}

/* A ring of epoll locks none. */
static void other_memory_is_not_waited_for(void)
{
	struct gi_ring ring;
	kernel_reset();
	kernel.map_left = 0;
	CU_ASSERT_EQUAL(
	        gi_ring_open(&ring, &(struct gi_driver_options){.backend = GI_BACKEND_EPOLL}),
	        -ENOMEM);
	CU_ASSERT_EQUAL(kernel.pause_count, 0);
}

static void old_kernel_is_refused(void)
{
	static const unsigned lacking[] = {IORING_FEAT_EXT_ARG, IORING_FEAT_NODROP};
	for (uint32_t i = 0; i < 2; i++) {
		kernel_reset();
		kernel.features &= ~lacking[i];
		create_fails_with(-ENOSYS);
	}
}

static void no_iowait_only_where_it_is(void)
{
	for (uint32_t has = 0; has < 2; has++) {
		kernel_reset();
		kernel.features |= has ? FEATURE_NO_IOWAIT : 0;
		machine_start(&(struct machine_options){0});
		machine_turn(0, false);
		CU_ASSERT_EQUAL(kernel.rings[0].enter_count, 1);
		CU_ASSERT_EQUAL(kernel.rings[0].last_flags & ENTER_NO_IOWAIT,
		                has ? ENTER_NO_IOWAIT : 0);
		CU_ASSERT_TRUE(kernel.rings[0].last_flags & IORING_ENTER_GETEVENTS);
		machine_stop();
	}
}

static void registering_the_ring_may_fail(void)
{
	static const int errors[] = {0, -EINVAL, -EBUSY};
	for (uint32_t i = 0; i < 3; i++) {
		kernel_reset();
		kernel.register_errors[IORING_REGISTER_RING_FDS] = errors[i];
		machine_start(&(struct machine_options){0});
		CU_ASSERT_EQUAL(kernel.rings[0].is_registered, errors[i] == 0);
		CU_ASSERT_EQUAL(machine.drivers[0]->ring->is_registered, errors[i] == 0);
		machine_turn(0, false); /* the double checks that flag and descriptor agree */
		machine_stop();
	}
}

static void ring_that_cannot_be_enabled_is_told(void)
{
	kernel_reset();
	kernel.register_errors[IORING_REGISTER_ENABLE_RINGS] = -EBADFD;
	CU_ASSERT_EQUAL_FATAL(machine_create(&(struct machine_options){0}), 0);
	CU_ASSERT_EQUAL(machine_enter(), -EBADFD);
	machine_stop();
}

/* The driver that failed stayed its thread's, with its descriptor registered, and so did those before it. */
static void all_are_entered_or_none(void)
{
	kernel_reset();
	CU_ASSERT_EQUAL_FATAL(machine_create(&(struct machine_options){.driver_count = 2}), 0);
	machine.drivers[1]->ring->slot_count_max = 0; /* none for its first operation */
	CU_ASSERT_EQUAL(gi_hand_enter(&machine.group), -ENOBUFS);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_FALSE(machine.drivers[i]->is_entered);
		CU_ASSERT_FALSE(kernel.rings[i].is_registered);
	}
	CU_ASSERT_PTR_NULL(gi_driver_current());
	machine_stop();
}

static void no_signal_undoes_the_rest(void)
{
	kernel_reset();
	kernel.signal_error = -EMFILE;
	create_fails_with(-EMFILE);
	CU_ASSERT_EQUAL(kernel.ring_count, 1);
}

/* Chunks of memory until there are no more: each step of create meets its end once. */
struct scarce {
	uint32_t left;
};

static void *take(void *context, size_t size, int node)
{
	struct scarce *scarce = context;
	(void)node;
	return scarce->left > 0 && scarce->left-- > 0 ? aligned_alloc(GI_ARENA_CHUNK_SIZE, size)
	                                              : NULL;
}

static void put(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static int create_with(struct gi_arena *arena, uint32_t io_count_max)
{
	static struct gi_driver *drivers[1];
	static struct gi_driver_group group;
	group = (struct gi_driver_group){.drivers = drivers, .driver_count = 1};
	struct gi_driver_options options = {
	        .arena = arena, .group = &group, .mailbox_slots = 4, .io_count_max = io_count_max};
	struct gi_driver *driver = NULL;
	int err = gi_driver_create(&driver, &options, &(struct gi_driver_hooks){0});
	gi_driver_destroy(driver);
	return err;
}

/* A driver short of memory closed descriptor 0: its ring was not open yet. */
static void create_without_memory_leaves_nothing(void)
{
	uint32_t refused_count = 0;
	for (uint32_t pages = 0; pages < 24; pages++) {
		kernel_reset();
		struct scarce scarce = {.left = 1};
		struct gi_arena_options options = {.take = take, .put = put, .context = &scarce};
		struct gi_arena *arena;
		CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
		for (uint32_t i = 0; i < 31 - pages; i++) {
			CU_ASSERT_PTR_NOT_NULL(gi_arena_alloc(arena, GI_ARENA_PAGE_SIZE));
		}
		int err = create_with(arena, GI_IO_SLOT_MAX / 2);
		CU_ASSERT_TRUE(err == 0 || err == -ENOMEM);
		refused_count += err == -ENOMEM;
		CU_ASSERT_EQUAL(kernel.close_count, kernel.ring_count);
		CU_ASSERT_EQUAL(kernel.closed_count, kernel.signal_count);
		gi_arena_destroy(arena);
	}
	CU_ASSERT_TRUE(refused_count > 4);
	CU_ASSERT_TRUE(refused_count < 24);
}

static void destroying_nothing_is_accepted(void)
{
	gi_driver_destroy(NULL);
}

static CU_TestInfo tests[] = {
        {"best flags come first", best_flags_come_first},
        {"refused flags are peeled", refused_flags_are_peeled},
        {"flags that must be are not peeled", flags_that_must_be_are_not_peeled},
        {"other refusals are final", other_refusals_are_final},
        {"too large is halved", too_large_is_halved},
        {"halving ends", halving_ends},
        {"locked memory is waited for", locked_memory_is_waited_for},
        {"other memory is not waited for", other_memory_is_not_waited_for},
        {"old kernel is refused", old_kernel_is_refused},
        {"no iowait only where it is", no_iowait_only_where_it_is},
        {"registering the ring may fail", registering_the_ring_may_fail},
        {"ring that cannot be enabled is told", ring_that_cannot_be_enabled_is_told},
        {"all are entered or none", all_are_entered_or_none},
        {"no signal undoes the rest", no_signal_undoes_the_rest},
        {"create without memory leaves nothing", create_without_memory_leaves_nothing},
        {"destroying nothing is accepted", destroying_nothing_is_accepted},
        CU_TEST_INFO_NULL,
};

extern const struct suite ring_suite;
const struct suite ring_suite = {"ring", tests};
