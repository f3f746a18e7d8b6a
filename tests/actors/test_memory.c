/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/memory.c: what an actor allocates is its own, and goes with it. */
#include "actors/drain.h"
#include "actors/registry.h"
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;
static struct diary diary;

/* Act as an actor between its handlers. */
static struct gatio_address begin(const struct scheduler_fixture_options *options)
{
	diary = (struct diary){0};
	scheduler_fixture_open(&fixture, options);
	struct gatio_address address = gatio_spawn(probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
	scheduler->actor = gi_registry_find(scheduler, address.bits);
	return address;
}

static void end(void)
{
	scheduler_fixture_scheduler(&fixture, 0)->actor = NULL;
}

static void blocks_are_aligned_and_separate(void)
{
	begin(&(struct scheduler_fixture_options){.driver_count = 1});
	static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1000, 5000, 70000, 3000000};
	unsigned char *blocks[10];
	for (size_t i = 0; i < 10; i++) {
		blocks[i] = gatio_alloc(sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
		CU_ASSERT_EQUAL((uintptr_t)blocks[i] % 16, 0);
		memset(blocks[i], (int)i, sizes[i]);
	}
	for (size_t i = 0; i < 10; i++) {
		for (size_t k = 0; k < sizes[i]; k += 97) {
			CU_ASSERT_EQUAL(blocks[i][k], i);
		}
	}
	/* Freed from the middle, the ends, in any order. */
	static const size_t order[] = {5, 0, 9, 4, 6, 1, 8, 2, 7, 3};
	for (size_t i = 0; i < 10; i++) {
		gatio_free(blocks[order[i]]);
	}
	gatio_free(NULL);
	end();
	scheduler_fixture_close(&fixture);
}

static void realloc_keeps_the_content(void)
{
	begin(&(struct scheduler_fixture_options){.driver_count = 1});
	unsigned char *block = gatio_realloc(NULL, 10);
	CU_ASSERT_PTR_NOT_NULL_FATAL(block);
	for (size_t i = 0; i < 10; i++) {
		block[i] = (unsigned char)('0' + i);
	}
	static const size_t sizes[] = {12, 40, 1000, 100000, 5000000, 300, 10};
	for (size_t i = 0; i < 7; i++) {
		block = gatio_realloc(block, sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block);
		CU_ASSERT_EQUAL(memcmp(block, "0123456789", 10), 0);
	}
	gatio_free(block);
	CU_ASSERT_PTR_NULL(gatio_alloc(SIZE_MAX));
	CU_ASSERT_PTR_NULL(gatio_alloc(SIZE_MAX - 8));
	end();
	scheduler_fixture_close(&fixture);
}

static void memory_goes_with_the_actor(void)
{
	struct gatio_address address =
	        begin(&(struct scheduler_fixture_options){.driver_count = 2});
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 0);
	end();
	gatio_send(address, leave, 0);
	scheduler_fixture_settle(&fixture);
	int64_t used = scheduler_fixture_used(&fixture, 0);
	for (uint32_t round = 0; round < 3; round++) {
		address = gatio_spawn(probe, .diary = &diary);
		scheduler_fixture_settle(&fixture);
		scheduler->actor = gi_registry_find(scheduler, address.bits);
		for (size_t size = 1; size < 100000; size = size * 3 + 1) {
			CU_ASSERT_PTR_NOT_NULL(gatio_alloc(size));
		}
		gatio_free(gatio_alloc(64));
		gatio_after(GATIO_SECONDS(100), note, 0);
		end();
		CU_ASSERT(scheduler_fixture_used(&fixture, 0) > used + 100000);
		gatio_send(address, wide_note, 0); /* and one in its inbox when it ends */
		gi_scheduler_end_all(scheduler, 0);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used);
	}
	scheduler_fixture_close(&fixture);
}

static void limit_is_null_and_harms_nobody(void)
{
	struct gatio_address address = begin(&(struct scheduler_fixture_options){
	        .driver_count = 2, .memory_limit = (uint64_t)8 << 20});
	struct diary far = {0};
	struct gatio_address other = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	scheduler_fixture_scheduler(&fixture, 0)->actor = NULL;
	scheduler_fixture_settle(&fixture);
	struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
	scheduler->actor = gi_registry_find(scheduler, address.bits);
	void *kept = gatio_alloc(64);
	memset(kept, 1, 64);
	uint32_t count = 0;
	while (gatio_alloc(1000)) {
		count++;
	}
	CU_ASSERT(count > 1000);
	CU_ASSERT_PTR_NULL(gatio_realloc(kept, 100000));
	CU_ASSERT_EQUAL(*(unsigned char *)kept, 1); /* nothing changed */
	CU_ASSERT_EQUAL(gatio_send(other, note, .number = 1), 0);
	end();
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(far.count, 1);
	gi_scheduler_end_all(scheduler, 0);
	CU_ASSERT_EQUAL(diary.ended_count, 1);
	address = gatio_spawn(probe, .diary = &diary);
	scheduler_fixture_settle(&fixture);
	scheduler->actor = gi_registry_find(scheduler, address.bits);
	CU_ASSERT_PTR_NOT_NULL(gatio_alloc(100000)); /* out of it again */
	end();
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"blocks are aligned and separate", blocks_are_aligned_and_separate},
        {"realloc keeps the content", realloc_keeps_the_content},
        {"memory goes with the actor", memory_goes_with_the_actor},
        {"limit is NULL and harms nobody", limit_is_null_and_harms_nobody},
        CU_TEST_INFO_NULL,
};

const struct suite memory_suite = {"memory", tests};
