/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/send.c: what arrives, in which order, and what a sender is told. */
#include "actors/message.h"
#include "actors/send.h"
#include "tests/actors/cast.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>

static struct scheduler_fixture fixture;

static void messages_of_a_pair_keep_order(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		scheduler_fixture_open(&fixture,
		                       &(struct scheduler_fixture_options){.driver_count = 2});
		struct diary diary = {0};
		struct gatio_address to =
		        gatio_spawn_at(GATIO_ON_DRIVER(target), probe, .diary = &diary);
		/* Small ones travel in the slot, wide ones as blocks; more than the ring holds. */
		for (uint64_t i = 0; i < 60; i++) {
			int err = i % 3 == 0 ? gatio_send(to, wide_note, .number = i)
			                     : gatio_send(to, note, .number = i);
			CU_ASSERT_EQUAL(err, 0);
			if (i % 7 == 6) {
				scheduler_fixture_turn(&fixture, 0);
			}
			if (i % 11 == 10) {
				scheduler_fixture_turn(&fixture, 1);
			}
			scheduler_fixture_be(&fixture, 0);
		}
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(diary.count, 60);
		for (uint64_t i = 0; i < 60; i++) {
			CU_ASSERT_EQUAL(diary.numbers[i], i);
		}
		scheduler_fixture_close(&fixture);
	}
}

/* As many of these as the first says; the others do not travel. */
GATIO_MESSAGE(sized_note, { unsigned char bytes[48]; });

struct sized_probe {
	uint32_t *right_count;
};

static void on_sized_note(struct sized_probe *self, const struct sized_note *note)
{
	unsigned size = note->bytes[0];
	unsigned right = 0;
	for (unsigned i = 0; i < size; i++) {
		right += note->bytes[i] == size + i;
	}
	*self->right_count += right == size;
}

GATIO_BEHAVIOR(sized_probe, on(sized_note, on_sized_note));

static void every_size_arrives_whole(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		scheduler_fixture_open(&fixture,
		                       &(struct scheduler_fixture_options){.driver_count = 2});
		uint32_t right_count = 0;
		struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(target), sized_probe,
		                                         .right_count = &right_count);
		scheduler_fixture_settle(&fixture);
		for (uint32_t size = 1; size <= 48; size++) {
			struct sized_note note = {{0}};
			for (uint32_t i = 0; i < size; i++) {
				note.bytes[i] = (unsigned char)(size + i);
			}
			struct gi_envelope envelope = {.to = to.bits, .kind = GI_KIND_USER};
			struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
			CU_ASSERT_EQUAL(gi_send(scheduler, &envelope,
			                        gatio_message_sized_note.index, &note, size),
			                0);
			scheduler_fixture_settle(&fixture);
			CU_ASSERT_EQUAL(right_count, size);
		}
		scheduler_fixture_close(&fixture);
	}
}

static void send_to_nobody_is_refused(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	CU_ASSERT_EQUAL(gatio_send(GATIO_NOBODY, note, 0), -ESRCH);
	CU_ASSERT_EQUAL(gatio_send(gi_address_failed(-ENOMEM), note, 0), -ENOMEM);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 2);
	struct note *message = gatio_message_new(note, 0);
	CU_ASSERT_EQUAL(gatio_post(GATIO_NOBODY, message), -ESRCH);
	message->number = 1; /* still the caller's */
	gatio_message_free(message);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 3);
	CU_ASSERT_EQUAL(scheduler_fixture_used(&fixture, 0), 0);
	scheduler_fixture_close(&fixture);
}

/* Fill the way to driver 1, which does not turn. Returns how many messages went in. */
static uint64_t fill_the_way(struct gatio_address to)
{
	uint64_t count = 0;
	int err;
	while ((err = gatio_send(to, note, .number = count)) == 0) {
		count++;
		scheduler_fixture_turn(&fixture, 0);
	}
	CU_ASSERT_EQUAL(err, -ENOBUFS);
	return count;
}

static void full_way_refuses_users_only(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){
	                          .driver_count = 2, .mailbox_slots = 4, .outbox_count_max = 3});
	struct diary far = {0};
	struct diary spawned = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(fill_the_way(to), 4 + 3);
	CU_ASSERT_EQUAL(gatio_send(to, wide_note, .number = 99), -ENOBUFS);
	struct note *message = gatio_message_new(note, 0);
	CU_ASSERT_EQUAL(gatio_post(to, message), -ENOBUFS);
	CU_ASSERT_EQUAL(scheduler_fixture_counters(&fixture, 0).refused, 3);
	/* The system lane goes on: a spawn is a system message. */
	struct gatio_address new = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &spawned);
	CU_ASSERT_EQUAL(gatio_address_error(new), 0);
	CU_ASSERT_EQUAL(far.count, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(spawned.started_count, 1);
	CU_ASSERT_EQUAL(far.count, 7);
	CU_ASSERT_EQUAL(far.numbers[6], 6);
	message->number = 7;
	CU_ASSERT_EQUAL(gatio_post(to, message), 0); /* there is room again */
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(far.numbers[7], 7);
	scheduler_fixture_close(&fixture);
}

static void refused_ask_is_answered_by_error(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){
	                          .driver_count = 2, .mailbox_slots = 2, .outbox_count_max = 1});
	struct diary far = {0};
	struct diary asked = {0};
	struct gatio_address to = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	struct gatio_address asker = gatio_spawn(asker, .diary = &asked);
	scheduler_fixture_settle(&fixture);
	fill_the_way(to);
	gatio_send(asker, do_ask, .to = to, .deadline_ns = GATIO_SECONDS(1));
	scheduler_fixture_turn(&fixture, 0);
	CU_ASSERT_EQUAL(((struct asker *)cast_state(asker))->ask_result, -ENOBUFS);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 0); /* then the function does not run */
	CU_ASSERT_EQUAL(far.count, 3);
	scheduler_fixture_close(&fixture);
}

static void refusals_pass_a_full_way(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){
	                          .driver_count = 2, .mailbox_slots = 2, .outbox_count_max = 1});
	struct diary near = {0};
	struct diary asked = {0};
	struct gatio_address asker = gatio_spawn_at(GATIO_ON_DRIVER(1), asker, .diary = &asked);
	struct gatio_address gone = gatio_spawn(probe, .diary = &near);
	scheduler_fixture_settle(&fixture);
	gatio_send(gone, leave, 0);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	for (uint64_t i = 0; i < 3; i++) {
		gatio_send(asker, do_ask, .to = gone, .deadline_ns = GATIO_SECONDS(1));
	}
	scheduler_fixture_turn(&fixture, 1);
	scheduler_fixture_be(&fixture, 0);
	fill_the_way(asker); /* it has no handler for notes: dead letters later */
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 3);
	CU_ASSERT_EQUAL(asked.err, -ESRCH);
	scheduler_fixture_close(&fixture);
}

static void send_without_memory_gives_enomem(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary near = {0};
	struct diary far = {0};
	struct gatio_address here = gatio_spawn(probe, .diary = &near);
	struct gatio_address there = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_fill(&fixture, 0);
	CU_ASSERT_EQUAL(gatio_send(here, note, .number = 1), -ENOMEM);
	CU_ASSERT_EQUAL(gatio_send(there, wide_note, .number = 1), -ENOMEM);
	CU_ASSERT_EQUAL(gatio_send(there, note, .number = 1), 0); /* in the slot */
	CU_ASSERT_PTR_NULL(gatio_message_new(note, 0));
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(near.count, 0);
	CU_ASSERT_EQUAL(far.count, 1);
	scheduler_fixture_unfill(&fixture, 0);
	CU_ASSERT_EQUAL(gatio_send(here, note, .number = 2), 0);
	CU_ASSERT_EQUAL(gatio_send(there, wide_note, .number = 2), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(near.count, 1);
	CU_ASSERT_EQUAL(far.count, 2);
	scheduler_fixture_close(&fixture);
}

/* A way is opened by its first message: one that must not be refused opens it also when memory is at its limit. */
static void first_system_message_opens_its_way(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary far = {0};
	struct diary near = {0};
	struct gatio_address there = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	struct gatio_address here = gatio_spawn(asker, .diary = &near);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_PTR_NULL(scheduler_fixture_scheduler(&fixture, 1)->driver->routes[0]);
	gatio_send(here, do_ask, .to = there, .deadline_ns = GATIO_SECONDS(1),
	           .kind = ASK_UNHANDLED);
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_fill(&fixture, 1);
	scheduler_fixture_fill(&fixture, 0);
	scheduler_fixture_settle(&fixture); /* the refusal is the first that driver 1 says */
	CU_ASSERT_EQUAL(near.answer_count, 1);
	CU_ASSERT_EQUAL(near.err, -EPROTO);
	scheduler_fixture_unfill(&fixture, 0);
	scheduler_fixture_unfill(&fixture, 1);
	scheduler_fixture_close(&fixture);
}

static void closed_scheduler_sends_no_more(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct diary near = {0};
	struct diary far = {0};
	struct gatio_address here = gatio_spawn(probe, .diary = &near);
	struct gatio_address there = gatio_spawn_at(GATIO_ON_DRIVER(1), probe, .diary = &far);
	struct gatio_address asker = gatio_spawn(asker, .diary = &far);
	gatio_send(asker, do_ask, .to = here, .deadline_ns = 1);
	struct note *message = gatio_message_new(note, 0);
	gi_scheduler_close(scheduler_fixture_scheduler(&fixture, 0));
	CU_ASSERT_EQUAL(gatio_send(here, note, 0), -ESHUTDOWN);
	CU_ASSERT_EQUAL(gatio_send(there, note, 0), -ESHUTDOWN);
	CU_ASSERT_EQUAL(gatio_post(here, message), -ESHUTDOWN);
	CU_ASSERT_EQUAL(gatio_post(there, message), -ESHUTDOWN);
	gatio_message_free(message);
	scheduler_fixture_turn(&fixture, 0);
	CU_ASSERT_EQUAL(((struct asker *)cast_state(asker))->ask_result, -ESHUTDOWN);
	scheduler_fixture_close(&fixture);
}

static void count_call(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	uint64_t *counts = argument;
	counts[scheduler->index] += value;
}

static void call_runs_on_its_driver(void)
{
	scheduler_fixture_open(
	        &fixture, &(struct scheduler_fixture_options){
	                          .driver_count = 2, .mailbox_slots = 2, .outbox_count_max = 1});
	uint64_t counts[2] = {0};
	struct gi_call call = {.run = count_call, .argument = counts, .value = 3};
	for (uint32_t i = 0; i < 20; i++) { /* more than the way holds */
		CU_ASSERT_EQUAL(gi_scheduler_submit(scheduler_fixture_be(&fixture, 0), 1, &call),
		                0);
	}
	scheduler_fixture_fill(&fixture, 0);
	CU_ASSERT_EQUAL(gi_scheduler_submit(scheduler_fixture_be(&fixture, 0), 1, &call), -ENOMEM);
	scheduler_fixture_unfill(&fixture, 0);
	CU_ASSERT_EQUAL(counts[1], 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(counts[1], 60);
	scheduler_fixture_close(&fixture);
}

GATIO_MESSAGE(do_send, { struct gatio_address to; });

struct sender {
	uint32_t unused;
};

static void on_do_send(struct sender *self, const struct do_send *send)
{
	(void)self;
	CU_ASSERT_EQUAL(gatio_send(send->to, note, .number = 1), 0);
	CU_ASSERT_EQUAL(gatio_send(send->to, wide_note, .number = 2), 0);
	struct note *made = gatio_message_new(note, 0);
	made->number = 3;
	CU_ASSERT_EQUAL(gatio_post(send->to, made), 0);
	struct wide_note *made_wide = gatio_message_new(wide_note, 0);
	made_wide->number = 4;
	CU_ASSERT_EQUAL(gatio_post(send->to, made_wide), 0);
}

GATIO_BEHAVIOR(sender, on(do_send, on_do_send));

/* In a slot, in a block that was copied into, in one that was made: on both drivers the receiver knows who it was. */
static void sender_is_known_whatever_the_size(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		scheduler_fixture_open(&fixture,
		                       &(struct scheduler_fixture_options){.driver_count = 2});
		struct diary diary = {0};
		struct gatio_address to =
		        gatio_spawn_at(GATIO_ON_DRIVER(target), probe, .diary = &diary);
		struct gatio_address from = gatio_spawn(sender, 0);
		scheduler_fixture_settle(&fixture);
		gatio_send(from, do_send, .to = to);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(diary.count, 4);
		for (uint32_t i = 0; i < 4; i++) {
			CU_ASSERT_EQUAL(diary.numbers[i], i + 1);
			CU_ASSERT_EQUAL(diary.senders[i].bits, from.bits);
		}
		scheduler_fixture_close(&fixture);
	}
}

/* What a failed spawn gave says why, to whoever sends there. */
static void send_to_a_failed_spawn_says_why(void)
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	struct diary diary = {0};
	struct gatio_address failed = gatio_spawn_at(GATIO_ON_DRIVER(99), probe, .diary = &diary);
	CU_ASSERT_EQUAL(gatio_address_error(failed), -EINVAL);
	CU_ASSERT_EQUAL(gatio_send(failed, note, 1), -EINVAL);
	CU_ASSERT_EQUAL(gatio_send(failed, wide_note, .number = 1), -EINVAL);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 2);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"sender is known whatever the size", sender_is_known_whatever_the_size},
        {"send to a failed spawn says why", send_to_a_failed_spawn_says_why},
        {"messages of a pair keep order", messages_of_a_pair_keep_order},
        {"every size arrives whole", every_size_arrives_whole},
        {"send to nobody is refused", send_to_nobody_is_refused},
        {"full way refuses users only", full_way_refuses_users_only},
        {"refused ask does not run its answer", refused_ask_is_answered_by_error},
        {"refusals pass a full way", refusals_pass_a_full_way},
        {"send without memory gives ENOMEM", send_without_memory_gives_enomem},
        {"first system message opens its way", first_system_message_opens_its_way},
        {"closed scheduler sends no more", closed_scheduler_sends_no_more},
        {"call runs on its driver", call_runs_on_its_driver},
        CU_TEST_INFO_NULL,
};

const struct suite send_suite = {"send", tests};
