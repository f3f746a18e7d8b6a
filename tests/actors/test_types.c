/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/types.c: what the program declares is checked and found again. */
#include "tests/actors/cast.h"
#include "tests/support/stage_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct stage_fixture fixture;

/* A second declaration of note, as another file that includes its header has one. */
static struct gatio_message_type note_again = {.name = "note", .size = sizeof(struct note)};

static void declarations_of_a_name_share_an_index(void)
{
	note_again.schema = gatio_message_note.schema;
	gatio_message_type_register(&note_again);
	CU_ASSERT_EQUAL(note_again.index, gatio_message_note.index);
	CU_ASSERT_EQUAL(note_again.id, gatio_message_note.id);
	CU_ASSERT_NOT_EQUAL(gatio_message_leave.index, gatio_message_note.index);
	CU_ASSERT_NOT_EQUAL(gatio_message_leave.id, gatio_message_note.id);
	char why[64] = "";
	CU_ASSERT_EQUAL(gi_types_prepare(why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(gi_type_of_index(note_again.index)->name, "note");
}

static void id_depends_on_name_and_fields(void)
{
	/* FNV-1a over name and schema: the same in each build. */
	static struct gatio_message_type known = {.name = "known", .schema = "{ int a; }"};
	static struct gatio_message_type other = {.name = "known2", .schema = "{ int a; }"};
	gatio_message_type_register(&known);
	gatio_message_type_register(&other);
	CU_ASSERT_EQUAL(known.id, UINT64_C(0x436b36c0bc6aaf4f));
	CU_ASSERT_NOT_EQUAL(known.id, other.id);
}

static void unknown_index_has_no_type(void)
{
	CU_ASSERT_PTR_NULL(gi_type_of_index(0));
	CU_ASSERT_PTR_NULL(gi_type_of_index(100000));
	CU_ASSERT_PTR_NULL(gi_type_of_index(UINT32_MAX));
}

static struct gatio_message_type late_type = {.name = "late", .schema = "{}"};
static uint32_t late_count;

static void on_late(void *self, const void *message)
{
	(void)self;
	(void)message;
	late_count++;
}

static const struct gatio_handler late_handlers[] = {{&late_type, on_late}};
static struct gatio_behavior late_behavior = {
        .name = "late", .handlers = late_handlers, .handler_count = 1};

static void library_loaded_later_needs_a_system(void)
{
	stage_fixture_open(&fixture, &(struct stage_fixture_options){.driver_count = 1});
	const gatio_handler_fn *table = gatio_behavior_probe.table;
	gatio_message_type_register(&late_type);
	gatio_behavior_register(&late_behavior);
	struct gatio_address refused = gatio_actor_spawn(GATIO_HERE, &late_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EINVAL);
	char why[64] = "";
	CU_ASSERT_EQUAL(gi_types_prepare(why, sizeof(why)), 0);
	/* What the drivers of the first system look at is where it was. */
	CU_ASSERT_PTR_EQUAL(gatio_behavior_probe.table, table);
	struct gatio_address address = gatio_actor_spawn(GATIO_HERE, &late_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_actor_send(address, &late_type, ""), 0);
	struct diary diary = {0};
	struct gatio_address older = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_actor_send(older, &late_type, ""), 0); /* beyond its table */
	stage_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(late_count, 1);
	CU_ASSERT_EQUAL(stage_fixture_dead_letters(&fixture), 1);
	stage_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"declarations of a name share an index", declarations_of_a_name_share_an_index},
        {"id depends on name and fields", id_depends_on_name_and_fields},
        {"unknown index has no type", unknown_index_has_no_type},
        {"library loaded later needs a system", library_loaded_later_needs_a_system},
        CU_TEST_INFO_NULL,
};

const struct suite types_suite = {"types", tests};
