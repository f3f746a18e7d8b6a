/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/life.c: the order in which an actor ends, as those see it who are told. */
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include "actors/drain.h"
#include "actors/life.h"
#include "actors/registry.h"

#include <string.h>

static struct scheduler_fixture fixture;

/* What there is to see of an end. */
struct sight {
	uint64_t ended_count;
	uint64_t alive_count;
	uint64_t draining_count;
	bool is_stopping;
	bool attachment_is_told;
};

static bool attachment_is_told;
static bool attachment_saw_ended;
static struct sight in_ended;

static struct sight look(const struct gi_scheduler *scheduler)
{
	const struct gi_scheduler_counters *counters = &scheduler->counters;
	return (struct sight){.ended_count = gi_load_relaxed(&counters->ended),
	                      .alive_count = gi_load_relaxed(&counters->alive),
	                      .draining_count = gi_load_relaxed(&counters->draining),
	                      .is_stopping = gi_load_relaxed(&scheduler->system->is_stopping),
	                      .attachment_is_told = attachment_is_told};
}

struct leaver {
	int number;
};

static void on_draining(struct leaver *self, const struct gatio_draining *draining)
{
	(void)self;
	(void)draining;
}

static void on_note(struct leaver *self, const struct note *note)
{
	(void)self;
	(void)note;
}

static void on_value(struct leaver *self, const struct value *value, int err)
{
	(void)self;
	(void)value;
	(void)err;
}

GATIO_ANSWER(leaver, value, on_value);

/* It begins one of each: slow assertions of the end find what is left of them. */
static void on_ended(struct leaver *self, int reason)
{
	(void)self;
	(void)reason;
	in_ended = look(gi_scheduler_here);
	CU_ASSERT_EQUAL(gatio_ask(gatio_self(), on_value, GATIO_SECONDS(1), question, .number = 1),
	                0);
	CU_ASSERT_NOT_EQUAL(gatio_after(1, note, .number = 2).bits, 0);
	CU_ASSERT_PTR_NOT_NULL(gatio_alloc(100));
}

GATIO_BEHAVIOR(leaver, on(gatio_draining, on_draining), on(note, on_note), ended(on_ended));

static void on_actor_ended(struct gi_attachment *attachment, int reason)
{
	(void)attachment;
	(void)reason;
	attachment_is_told = true;
	attachment_saw_ended = in_ended.alive_count > 0;
}

static struct gi_scheduler *open_with(struct gatio_address *out_leaver)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	attachment_is_told = false;
	attachment_saw_ended = false;
	memset(&in_ended, 0, sizeof(in_ended));
	*out_leaver = gatio_spawn(leaver, .number = 0);
	scheduler_fixture_settle(&fixture);
	return scheduler_fixture_scheduler(&fixture, 0);
}

static void end(struct gi_scheduler *scheduler, struct gatio_address address)
{
	gi_actor_end(scheduler, gi_registry_find(scheduler, address.bits), 0);
}

/* Who hears of an end may stop its system or unload its code. */
static void nobody_hears_of_an_end_before_ended(void)
{
	struct gatio_address leaver;
	struct gi_scheduler *scheduler = open_with(&leaver);
	gi_scheduler_drain_actors(scheduler, GATIO_SECONDS(1));
	gi_store_relaxed(&scheduler->system->root, leaver.bits);
	end(scheduler, leaver);
	CU_ASSERT_EQUAL(in_ended.ended_count, 0);
	CU_ASSERT_EQUAL(in_ended.alive_count, 1);
	CU_ASSERT_EQUAL(in_ended.draining_count, 1);
	CU_ASSERT_FALSE(in_ended.is_stopping);
	struct sight after = look(scheduler);
	CU_ASSERT_EQUAL(after.ended_count, 1);
	CU_ASSERT_EQUAL(after.alive_count, 0);
	CU_ASSERT_EQUAL(after.draining_count, 0);
	CU_ASSERT_TRUE(after.is_stopping);
	scheduler_fixture_close(&fixture);
}

static void attachment_hears_after_ended(void)
{
	static struct gi_attachment attachment = {.actor_ended = on_actor_ended};
	struct gatio_address leaver;
	struct gi_scheduler *scheduler = open_with(&leaver);
	gi_registry_find(scheduler, leaver.bits)->attachment = &attachment;
	end(scheduler, leaver);
	CU_ASSERT_FALSE(in_ended.attachment_is_told);
	CU_ASSERT_TRUE(attachment_is_told);
	CU_ASSERT_TRUE(attachment_saw_ended);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"nobody hears of an end before ended()", nobody_hears_of_an_end_before_ended},
        {"attachment hears after ended()", attachment_hears_after_ended},
        CU_TEST_INFO_NULL,
};

const struct suite life_suite = {"life", tests};
