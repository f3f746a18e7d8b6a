/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and threads through the door: what a driver's arena maps, and where its thread is pinned. */
#include "drivers/kernel.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"
#include "topology/heap.h"

#include <errno.h>

enum { BLOCKS = 64 };

static void memory_comes_and_goes_through_the_door(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	uint32_t mapped = kernel.map_count;
	CU_ASSERT_TRUE(mapped > 0);
	void *blocks[BLOCKS];
	for (uint32_t i = 0; i < BLOCKS; i++) {
		blocks[i] = gi_heap_alloc(machine.drivers[0]->heap, GI_ARENA_CHUNK_SIZE);
		CU_ASSERT_PTR_NOT_NULL(blocks[i]);
	}
	CU_ASSERT_TRUE(kernel.map_count >= mapped + BLOCKS);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		gi_heap_free(machine.drivers[0]->heap, blocks[i]);
	}
	gi_heap_trim(machine.drivers[0]->heap); /* as an idle driver does */
	CU_ASSERT_TRUE(kernel.map_count - kernel.unmap_count <= mapped + 1);
	machine_stop();
	CU_ASSERT_EQUAL(kernel.map_count, kernel.unmap_count);
}

static void kernel_that_maps_no_more_is_no_memory(void)
{
	kernel_reset();
	machine_start(&(struct machine_options){0});
	kernel.map_left = 0;
	CU_ASSERT_PTR_NULL(gi_heap_alloc(machine.drivers[0]->heap, GI_ARENA_CHUNK_SIZE));
	machine_turn(0, false);
	kernel.map_left = 1;
	void *block = gi_heap_alloc(machine.drivers[0]->heap, GI_ARENA_CHUNK_SIZE);
	CU_ASSERT_PTR_NOT_NULL(block);
	gi_heap_free(machine.drivers[0]->heap, block);
	machine_stop();
	CU_ASSERT_EQUAL(kernel.map_count, kernel.unmap_count);
}

static void arena_binds_through_the_door(void)
{
	kernel_reset();
	kernel.bind_error = -EPERM;
	kernel.advise_error = -EINVAL; /* only a wish */
	struct gi_arena *arena;
	struct gi_arena_options options = {.node = 3, .door = &gi_kernel_memory};
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&arena, &options), 0);
	CU_ASSERT_EQUAL(kernel.node_seen, 3);
	CU_ASSERT_EQUAL(gi_arena_binding(arena), -EPERM);
	gi_arena_destroy(arena);
	CU_ASSERT_EQUAL(kernel.map_count, kernel.unmap_count);
}

static void arena_without_its_first_chunk_is_refused(void)
{
	kernel_reset();
	kernel.map_left = 0;
	struct gi_arena *arena = NULL;
	struct gi_arena_options options = {.node = -1, .door = &gi_kernel_memory};
	CU_ASSERT_EQUAL(gi_arena_create(&arena, &options), -ENOMEM);
	CU_ASSERT_PTR_NULL(arena);
}

static void thread_is_pinned_through_the_door(void)
{
	kernel_reset();
	CU_ASSERT_EQUAL_FATAL(machine_create(&(struct machine_options){0}), 0);
	machine.drivers[0]->options.pin = true;
	machine.drivers[0]->options.cpu = 7;
	CU_ASSERT_EQUAL(machine_enter(), 0);
	CU_ASSERT_EQUAL(kernel.pin_count, 1);
	CU_ASSERT_EQUAL(kernel.pinned_cpu, 7);
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"memory comes and goes through the door", memory_comes_and_goes_through_the_door},
        {"kernel that maps no more is no memory", kernel_that_maps_no_more_is_no_memory},
        {"arena binds through the door", arena_binds_through_the_door},
        {"arena without its first chunk is refused", arena_without_its_first_chunk_is_refused},
        {"thread is pinned through the door", thread_is_pinned_through_the_door},
        CU_TEST_INFO_NULL,
};

const struct suite memory_suite = {"memory", tests};
