/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/exchange.c: messages made in place, kept, and addresses as values. */
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

static struct scheduler_fixture fixture;

GATIO_MESSAGE(line, {
	uint32_t number;
	char text[];
});

struct reader {
	char text[64];
	size_t extra_size;
	void *kept;
	const void *was; /* the message that was kept */
	bool keeps;
	struct gatio_address pass_to;
};

static void on_line(struct reader *self, const struct line *line)
{
	self->extra_size = gatio_message_extra_size(&gatio_message_line, line);
	memcpy(self->text, line->text, self->extra_size < 64 ? self->extra_size : 64);
	if (self->keeps) {
		self->was = line;
		self->kept = gatio_message_keep(line);
	}
	if (self->pass_to.bits && self->kept) {
		CU_ASSERT_EQUAL(gatio_post(self->pass_to, self->kept), 0);
		self->kept = NULL;
	}
}

static void on_reader_note(struct reader *self, const struct note *note)
{
	if (self->keeps) {
		self->was = note;
		self->kept = gatio_message_keep(note);
	}
}

GATIO_BEHAVIOR(reader, on(line, on_line), on(note, on_reader_note));

static void addresses_compare_and_tell(void)
{
	struct gatio_address a = {.bits = gi_address_make(1, 2, 3)};
	struct gatio_address b = {.bits = gi_address_make(1, 2, 4)};
	CU_ASSERT_TRUE(gatio_address_equal(a, a));
	CU_ASSERT_FALSE(gatio_address_equal(a, b));
	CU_ASSERT_EQUAL(gatio_address_error(a), 0);
	CU_ASSERT_EQUAL(gatio_address_error(gi_address_failed(-ENOMEM)), -ENOMEM);
	CU_ASSERT_EQUAL(gatio_address_error(gi_address_failed(-ESHUTDOWN)), -ESHUTDOWN);
	CU_ASSERT_EQUAL(gatio_address_error(GATIO_NOBODY), 0);
}

static void extra_bytes_arrive_with_the_rest(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		scheduler_fixture_open(&fixture,
		                       &(struct scheduler_fixture_options){.driver_count = 2});
		struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(target), reader, 0);
		scheduler_fixture_settle(&fixture);
		int64_t used_here = scheduler_fixture_used(&fixture, 0);
		int64_t used_there = scheduler_fixture_used(&fixture, 1);
		static const size_t sizes[] = {0, 1, 20, 50, 60};
		for (size_t i = 0; i < 5; i++) {
			struct line *line = gatio_message_new(line, sizes[i]);
			CU_ASSERT_EQUAL((uintptr_t)line % 16, 0);
			line->number = (uint32_t)i;
			memset(line->text, 'a' + (int)i, sizes[i]);
			CU_ASSERT_EQUAL(gatio_message_extra_size(&gatio_message_line, line),
			                sizes[i]);
			CU_ASSERT_EQUAL(gatio_post(to, line), 0);
			scheduler_fixture_settle(&fixture);
			struct reader *state = cast_state(to);
			CU_ASSERT_EQUAL(state->extra_size, sizes[i]);
			if (sizes[i] > 0) {
				CU_ASSERT_EQUAL(state->text[sizes[i] - 1], 'a' + (int)i);
			}
		}
		/* Small ones too are blocks of the heap that they were made in. */
		CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used_here);
		CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 1), used_there);
		scheduler_fixture_close(&fixture);
	}
}

static void too_large_message_is_null(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	CU_ASSERT_PTR_NULL(gatio_message_new(line, GATIO_MESSAGE_SIZE_MAX));
	CU_ASSERT_PTR_NULL(gatio_message_new(line, SIZE_MAX));
	void *large = gatio_message_new(line, (size_t)24 << 20); /* more than a run of pages has */
	CU_ASSERT_PTR_NOT_NULL(large);
	gatio_message_free(large);
	gatio_message_free(NULL);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), 0);
	scheduler_fixture_close(&fixture);
}

static void kept_message_outlives_its_handler(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), reader, .keeps = true);
	scheduler_fixture_settle(&fixture);
	int64_t used_here = scheduler_fixture_used(&fixture, 0);
	int64_t used_there = scheduler_fixture_used(&fixture, 1);
	struct reader *state = cast_state(to);
	/* A small one is handled in its slot: kept as a copy. */
	gatio_send(to, note, .number = 77);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_PTR_NOT_EQUAL(state->kept, state->was);
	CU_ASSERT_EQUAL(((struct note *)state->kept)->number, 77);
	scheduler_fixture_be(&fixture, 1);
	gatio_message_free(state->kept);
	/* A block is kept itself. */
	scheduler_fixture_be(&fixture, 0);
	struct line *line = gatio_message_new(line, 40);
	line->number = 78;
	gatio_post(to, line);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_PTR_EQUAL(state->kept, state->was);
	CU_ASSERT_EQUAL(((struct line *)state->kept)->number, 78);
	scheduler_fixture_be(&fixture, 1);
	gatio_message_free(state->kept);
	/* So is what has been posted, however small. */
	scheduler_fixture_be(&fixture, 0);
	struct note *note = gatio_message_new(note, 0);
	note->number = 79;
	gatio_post(to, note);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_PTR_EQUAL(state->kept, state->was);
	CU_ASSERT_EQUAL(((struct note *)state->kept)->number, 79);
	scheduler_fixture_be(&fixture, 1);
	gatio_message_free(state->kept);
	scheduler_fixture_be(&fixture, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used_here);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 1), used_there);
	scheduler_fixture_close(&fixture);
}

static void keep_without_memory_is_null(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2,
	                                                                     .drivers_per_tpc = 1});
	struct gatio_address to =
	        gatio_spawn_at(GATIO_ON_DRIVER(1), reader, .keeps = true, .kept = &fixture);
	scheduler_fixture_settle(&fixture);
	gatio_send(to, note, .number = 77);
	scheduler_fixture_fill(&fixture, 1);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_PTR_NULL(((struct reader *)cast_state(to))->kept);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

static void kept_message_travels_on(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct gatio_address last = gatio_spawn(reader, 0);
	struct gatio_address first =
	        gatio_spawn_at(GATIO_ON_DRIVER(1), reader, .keeps = true, .pass_to = last);
	scheduler_fixture_settle(&fixture);
	int64_t used = scheduler_fixture_used(&fixture, 0);
	struct line *line = gatio_message_new(line, 10);
	memcpy(line->text, "0123456789", 10);
	gatio_post(first, line);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(memcmp(((struct reader *)cast_state(last))->text, "0123456789", 10), 0);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), used); /* and it came home */
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"addresses compare and tell", addresses_compare_and_tell},
        {"extra bytes arrive with the rest", extra_bytes_arrive_with_the_rest},
        {"too large message is NULL", too_large_message_is_null},
        {"kept message outlives its handler", kept_message_outlives_its_handler},
        {"keep without memory is NULL", keep_without_memory_is_null},
        {"kept message travels on", kept_message_travels_on},
        CU_TEST_INFO_NULL,
};

const struct suite message_suite = {"message", tests};
