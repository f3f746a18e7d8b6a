/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/types.c and behaviors.c: what is declared is checked and found again, and may come and go. */
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct scheduler_fixture fixture;

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
	gatio_message_type_unregister(&note_again);
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
	gatio_message_type_unregister(&known);
	gatio_message_type_unregister(&other);
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

static void library_loaded_later_is_prepared_when_spawned(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	const gatio_handler_fn *table = gatio_behavior_probe.table;
	gatio_message_type_register(&late_type);
	gatio_behavior_register(&late_behavior);
	CU_ASSERT_STRING_EQUAL(gi_type_of_index(late_type.index)->name, "late");
	struct gatio_address address = gatio_actor_spawn(GATIO_HERE, &late_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	/* What drivers look at is where it was. */
	CU_ASSERT_PTR_EQUAL(gatio_behavior_probe.table, table);
	CU_ASSERT_EQUAL(gatio_actor_send(address, &late_type, ""), 0);
	struct diary diary = {0};
	struct gatio_address older = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_actor_send(older, &late_type, ""), 0); /* beyond its table */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(late_count, 1);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_close(&fixture);
	gatio_behavior_unregister(&late_behavior);
	gatio_message_type_unregister(&late_type);
	CU_ASSERT_PTR_NULL(late_behavior.table);
}

static const char *name_seen;

static void on_passing(void *self, const void *message)
{
	(void)self;
	(void)message;
	/* As the watchdog and the stop read it. */
	name_seen = gi_load_relaxed(&gi_scheduler_here->driver->running.name);
	gatio_exit(0);
}

static const struct gatio_handler passing_handlers[] = {{&late_type, on_passing}};
static struct gatio_behavior passing_behavior = {.handlers = passing_handlers, .handler_count = 1};

static void pass(char *name)
{
	passing_behavior.name = name;
	gatio_message_type_register(&late_type);
	gatio_behavior_register(&passing_behavior);
	struct gatio_address address = gatio_actor_spawn(GATIO_HERE, &passing_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_actor_send(address, &late_type, ""), 0);
	scheduler_fixture_settle(&fixture);
	gatio_behavior_unregister(&passing_behavior);
	gatio_message_type_unregister(&late_type);
	memset(name, '?', strlen(name)); /* its library has gone */
}

static void name_outlives_its_library(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	char first[] = "passing";
	char again[] = "passing";
	pass(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(name_seen);
	CU_ASSERT_STRING_EQUAL(name_seen, "passing");
	const char *kept = name_seen;
	pass(again);
	CU_ASSERT_PTR_EQUAL(name_seen, kept); /* one for all that come and go */
	scheduler_fixture_close(&fixture);
}

/* As the program's note, but for its fields. */
static struct gatio_message_type rival = {.name = "note", .schema = "{ char rival; }", .size = 1};
static const struct gatio_handler rival_handlers[] = {{&rival, on_late}};
static struct gatio_behavior rival_behavior = {
        .name = "rival", .handlers = rival_handlers, .handler_count = 1};

static void rival_of_a_known_type_is_not_taken_for_it(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	gatio_message_type_register(&rival);
	gatio_behavior_register(&rival_behavior);
	CU_ASSERT_NOT_EQUAL(rival.index, gatio_message_note.index);
	struct gatio_address refused = gatio_actor_spawn(GATIO_HERE, &rival_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EEXIST);
	char why[256] = "";
	CU_ASSERT_EQUAL(gi_types_prepare(why, sizeof(why)), -EEXIST);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "{ char rival; } of 1 bytes"));
	/* It reaches nobody who handles note. */
	struct diary diary = {0};
	struct gatio_address older = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_actor_send(older, &rival, ""), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_close(&fixture);
	gatio_behavior_unregister(&rival_behavior);
	gatio_message_type_unregister(&rival);
	CU_ASSERT_EQUAL(gi_types_prepare(why, sizeof(why)), 0); /* it has gone */
}

static void type_loaded_again_has_its_index_again(void)
{
	static struct gatio_message_type guest = {.name = "guest", .schema = "{}"};
	static struct gatio_message_type other = {.name = "guest2", .schema = "{}"};
	gatio_message_type_register(&guest);
	uint32_t index = guest.index;
	gatio_message_type_unregister(&guest);
	gatio_message_type_register(&other);
	gatio_message_type_register(&guest);
	CU_ASSERT_EQUAL(guest.index, index);
	CU_ASSERT_NOT_EQUAL(other.index, index);
	/* What is known of it does not lie in the library. */
	CU_ASSERT_PTR_NOT_EQUAL(gi_type_of_index(index), &guest);
	CU_ASSERT_PTR_NOT_EQUAL(gi_type_of_index(index)->name, guest.name);
	gatio_message_type_unregister(&guest);
	gatio_message_type_unregister(&other);
}

/* Another thread creates a system while a library is being loaded: the order of its parts is the linker's. */
static void half_loaded_library_is_left_for_later(void)
{
	static struct gatio_message_type half_type = {.name = "half", .schema = "{}"};
	static const struct gatio_handler half_handlers[] = {{&half_type, on_late}};
	static struct gatio_behavior half_behavior = {
	        .name = "half", .handlers = half_handlers, .handler_count = 1};
	gatio_behavior_register(&half_behavior);
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	CU_ASSERT_PTR_NULL(half_behavior.table);
	struct gatio_address refused = gatio_actor_spawn(GATIO_HERE, &half_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_address_error(refused), -EINVAL);
	gatio_message_type_register(&half_type);
	struct gatio_address address = gatio_actor_spawn(GATIO_HERE, &half_behavior, NULL);
	CU_ASSERT_EQUAL(gatio_address_error(address), 0);
	scheduler_fixture_close(&fixture);
	gatio_behavior_unregister(&half_behavior);
	gatio_message_type_unregister(&half_type);
}

#define MANY 300u

/* The table grows more than once. */
static void many_types_are_all_found(void)
{
	static struct gatio_message_type many[MANY];
	static char names[MANY][16];
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "many_%u", i);
		many[i] = (struct gatio_message_type){.name = names[i], .schema = "{}"};
		gatio_message_type_register(&many[i]);
	}
	uint32_t found_count = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		found_count += strcmp(gi_type_of_index(many[i].index)->name, names[i]) == 0;
		gatio_message_type_unregister(&many[i]);
	}
	CU_ASSERT_EQUAL(found_count, MANY);
	CU_ASSERT_STRING_EQUAL(gi_type_of_index(gatio_message_note.index)->name, "note");
}

/* The library's own words for a behaviour that may go: nothing of it is alive on any driver. */
static uint32_t alive_count(const struct gatio_behavior *behavior)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < 2; i++) {
		struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, i);
		count += gi_load_relaxed(&scheduler->census.counts[behavior->number]);
	}
	return count;
}

static void census_follows_actors_between_drivers(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	scheduler_fixture_be(&fixture, 0);
	CU_ASSERT_NOT_EQUAL(gatio_behavior_probe.number, 0);
	struct gatio_address far = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	CU_ASSERT_EQUAL(alive_count(&gatio_behavior_probe), 1); /* on its way */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(alive_count(&gatio_behavior_probe), 1);
	struct gatio_address near = gatio_spawn(probe, .diary = &diary);
	CU_ASSERT_EQUAL(alive_count(&gatio_behavior_probe), 2);
	CU_ASSERT_EQUAL(gatio_send(far, leave, .reason = 0), 0);
	CU_ASSERT_EQUAL(gatio_send(near, leave, .reason = 0), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(alive_count(&gatio_behavior_probe), 0);
	scheduler_fixture_close(&fixture);
}

static void census_forgets_a_spawn_that_failed_there(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary diary = {0};
	scheduler_fixture_be(&fixture, 0);
	(void)gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &diary);
	scheduler_fixture_scheduler(&fixture, 1)->is_cut = true;
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(alive_count(&gatio_behavior_probe), 0);
	scheduler_fixture_scheduler(&fixture, 1)->is_cut = false;
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"declarations of a name share an index", declarations_of_a_name_share_an_index},
        {"id depends on name and fields", id_depends_on_name_and_fields},
        {"unknown index has no type", unknown_index_has_no_type},
        {"library loaded later is prepared when spawned",
         library_loaded_later_is_prepared_when_spawned},
        {"name outlives its library", name_outlives_its_library},
        {"rival of a known type is not taken for it", rival_of_a_known_type_is_not_taken_for_it},
        {"type loaded again has its index again", type_loaded_again_has_its_index_again},
        {"half-loaded library is left for later", half_loaded_library_is_left_for_later},
        {"many types are all found", many_types_are_all_found},
        {"census follows actors between drivers", census_follows_actors_between_drivers},
        {"census forgets a spawn that failed there", census_forgets_a_spawn_that_failed_there},
        CU_TEST_INFO_NULL,
};

const struct suite types_suite = {"types", tests};
