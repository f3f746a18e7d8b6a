/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/node_memory.c */
#include "topology/node_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <numaif.h>

#include "drivers/kernel.h"
#include "tests/support/suite.h"
#include "topology/arena.h"

#define CHUNK GI_ARENA_CHUNK_SIZE

static int refusal_given;

static int bind_at_will(void *memory, size_t size, int node)
{
	return refusal_given ? refusal_given : gi_kernel_memory.bind(memory, size, node);
}

/* The kernel's door, but for what the tests have it refuse. */
static struct gi_node_memory memory_with(int refusal)
{
	static struct gi_memory_door door;
	door = gi_kernel_memory;
	door.bind = bind_at_will;
	refusal_given = refusal;
	return (struct gi_node_memory){.door = &door};
}

static bool is_zeroed(const char *memory, size_t size)
{
	return memory[0] == 0 && memcmp(memory, memory + 1, size - 1) == 0;
}

static void check_usable(struct gi_node_memory *node_memory, size_t size, int node)
{
	char *memory = gi_node_memory_take(node_memory, size, node);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	CU_ASSERT_EQUAL((uintptr_t)memory % CHUNK, 0);
	CU_ASSERT_TRUE(is_zeroed(memory, size));
	memset(memory, 1, size);
	gi_node_memory_put(node_memory, memory, size);
}

static void chunks_are_aligned_and_zeroed(void)
{
	struct gi_node_memory node_memory = memory_with(0);
	for (size_t count = 1; count <= 5; count++) {
		check_usable(&node_memory, count * CHUNK, -1);
		check_usable(&node_memory, count * CHUNK, 0);
	}
}

/* The first node that this process may use. -1: the kernel does not tell. */
static int first_node(void)
{
	unsigned long nodes[16] = {0};
	if (get_mempolicy(NULL, nodes, 8 * sizeof(nodes), NULL, MPOL_F_MEMS_ALLOWED) != 0) {
		return -1;
	}
	int node = 0;
	while (node < 1023 && (nodes[node / 64] >> (node % 64) & 1) == 0) {
		node++;
	}
	return node;
}

static void memory_lies_on_its_node(void)
{
	int node = first_node();
	if (node < 0) {
		suite_skip("the kernel does not tell nodes");
		return;
	}
	struct gi_node_memory node_memory = memory_with(0);
	char *memory = gi_node_memory_take(&node_memory, CHUNK, node);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	memory[0] = 1;
	memory[CHUNK - 1] = 1;
	void *pages[] = {memory, memory + CHUNK - 4096};
	int status[] = {-1, -1};
	if (node_memory.refusal == -EPERM || move_pages(0, 2, pages, NULL, status, 0) != 0) {
		suite_skip("the kernel lets nobody bind memory");
	} else {
		CU_ASSERT_EQUAL(node_memory.refusal, 0);
		CU_ASSERT_EQUAL(status[0], node);
		CU_ASSERT_EQUAL(status[1], node);
	}
	gi_node_memory_put(&node_memory, memory, CHUNK);
}

static long mapped_pages(void)
{
	long count = -1;
	FILE *file = fopen("/proc/self/statm", "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fscanf(file, "%ld", &count), 1);
	fclose(file);
	return count;
}

static void nothing_stays_mapped(void)
{
	struct gi_node_memory node_memory = memory_with(0);
	long before = mapped_pages();
	for (uint32_t i = 0; i < 100; i++) {
		void *memory = gi_node_memory_take(&node_memory, 2 * CHUNK, 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
		gi_node_memory_put(&node_memory, memory, 2 * CHUNK);
	}
	/* Room for what the process maps for itself meanwhile. */
	CU_ASSERT_TRUE(mapped_pages() - before < (long)(50 * CHUNK / 4096));
}

static void refused_binding_gives_plain_memory(void)
{
	static const int refusals[] = {-EPERM, -ENOSYS, -EINVAL};
	struct gi_node_memory node_memory = memory_with(0);
	for (uint32_t i = 0; i < 3; i++) {
		refusal_given = refusals[i];
		check_usable(&node_memory, CHUNK, 0);
		CU_ASSERT_EQUAL(node_memory.refusal, refusals[i]);
		CU_ASSERT_EQUAL(node_memory.refused_count, i + 1);
	}
}

static void anywhere_binds_nothing(void)
{
	struct gi_node_memory node_memory = memory_with(-EPERM);
	check_usable(&node_memory, CHUNK, -1);
	CU_ASSERT_EQUAL(node_memory.refusal, 0);
}

static void node_that_is_not_there_is_told(void)
{
	struct gi_node_memory node_memory = memory_with(0);
	check_usable(&node_memory, CHUNK, 1000);
	CU_ASSERT_TRUE(node_memory.refusal < 0);
	node_memory.refusal = 0;
	check_usable(&node_memory, CHUNK, 5000);
	CU_ASSERT_EQUAL(node_memory.refusal, -EINVAL);
}

static void impossible_size_gives_nothing(void)
{
	struct gi_node_memory node_memory = memory_with(0);
	CU_ASSERT_PTR_NULL(gi_node_memory_take(&node_memory, SIZE_MAX & ~(CHUNK - 1), -1));
	CU_ASSERT_PTR_NULL(gi_node_memory_take(&node_memory, (size_t)1 << 62, 0));
}

static void putting_nothing_is_accepted(void)
{
	struct gi_node_memory node_memory = memory_with(0);
	gi_node_memory_put(&node_memory, NULL, CHUNK);
}

static CU_TestInfo tests[] = {
        {"chunks are aligned and zeroed", chunks_are_aligned_and_zeroed},
        {"memory lies on its node", memory_lies_on_its_node},
        {"nothing stays mapped", nothing_stays_mapped},
        {"refused binding gives plain memory", refused_binding_gives_plain_memory},
        {"anywhere binds nothing", anywhere_binds_nothing},
        {"node that is not there is told", node_that_is_not_there_is_told},
        {"impossible size gives nothing", impossible_size_gives_nothing},
        {"putting nothing is accepted", putting_nothing_is_accepted},
        CU_TEST_INFO_NULL,
};

const struct suite node_memory_suite = {"node_memory", tests};
