/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of actors/ask.c: each ask is answered once, by a value or by why there is none. */
#include "actors/ask.h"
#include "actors/inbox.h"
#include "actors/life.h"
#include "actors/message.h"
#include "actors/registry.h"
#include "actors/send.h"
#include "tests/actors/cast.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scheduler_fixture.h"
#include "tests/support/suite.h"

#include <errno.h>

static struct scheduler_fixture fixture;
static struct diary asked;    /* of the asker */
static struct diary answered; /* of the one it asks */

/* An asker on driver 0, and one to ask on driver `target`. */
struct pair {
	struct gatio_address asker;
	struct gatio_address probe;
};

static struct pair open_pair(uint32_t target)
{
	asked = (struct diary){0};
	answered = (struct diary){0};
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	struct pair pair = {
	        .asker = gatio_spawn(asker, .diary = &asked),
	        .probe = gatio_spawn_at(GATIO_ON_DRIVER(target), probe, .diary = &answered),
	};
	scheduler_fixture_settle(&fixture);
	return pair;
}

static void ask(const struct pair *pair, enum ask_kind kind, uint64_t number)
{
	gatio_send(pair->asker, do_ask, .to = pair->probe, .deadline_ns = GATIO_MS(10),
	           .number = number, .kind = kind);
	scheduler_fixture_settle(&fixture);
}

static void pass_time(uint64_t ns)
{
	manual_clock_advance(ns);
	scheduler_fixture_settle(&fixture);
}

static void answer_comes_with_its_tag(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		ask(&pair, ASK_QUESTION, 41);
		CU_ASSERT_EQUAL(answered.count, 1);
		CU_ASSERT_EQUAL(answered.sender.bits, pair.asker.bits);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.err, 0);
		CU_ASSERT_EQUAL(asked.numbers[0], 42);
		CU_ASSERT_EQUAL(asked.tag, 41);
		CU_ASSERT_EQUAL(asked.sender.bits, pair.probe.bits);
		pass_time(GATIO_SECONDS(1)); /* its deadline is over with it */
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 0);
		scheduler_fixture_close(&fixture);
	}
}

static void missing_answer_times_out(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		ask(&pair, ASK_SLOW, 1);
		pass_time(GATIO_MS(10) - 1);
		CU_ASSERT_EQUAL(asked.answer_count, 0); /* never early */
		pass_time(GATIO_MS(2));
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.err, -ETIMEDOUT);
		gatio_send(pair.probe, answer_now, .number = 5); /* too late: a dead letter */
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.count, 0);
		CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
		scheduler_fixture_close(&fixture);
	}
}

/* Whoever takes long in the turn in which others ask. */
struct dawdler {
	uint64_t ns;
};

static void on_dawdle(struct dawdler *self, const struct note *note)
{
	(void)note;
	manual_clock_advance(self->ns);
}

GATIO_BEHAVIOR(dawdler, on(note, on_dawdle));

static void deadline_begins_when_the_question_leaves(void)
{
	struct pair pair = open_pair(1);
	struct gatio_address dawdler = gatio_spawn(dawdler, .ns = GATIO_SECONDS(1));
	gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = GATIO_MS(10),
	           .kind = ASK_SLOW);
	gatio_send(dawdler, note, .number = 0);
	scheduler_fixture_turn(&fixture, 0); /* asked, and a second later sent */
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(answered.count, 1);
	pass_time(GATIO_MS(10) - 1);
	CU_ASSERT_EQUAL(asked.answer_count, 0);
	pass_time(GATIO_MS(2));
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, -ETIMEDOUT);
	scheduler_fixture_close(&fixture);
}

/* All within one turn: before its deadline begins. */
static void asker_ends_before_its_question_leaves(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = GATIO_MS(10));
		gatio_send(pair.asker, leave, 0);
		scheduler_fixture_settle(&fixture);
		pass_time(GATIO_SECONDS(1));
		CU_ASSERT_EQUAL(answered.count, 1);
		CU_ASSERT_EQUAL(asked.answer_count, 0);
		scheduler_fixture_close(&fixture);
	}
}

static void kept_asker_is_answered_later(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		ask(&pair, ASK_SLOW, 1);
		CU_ASSERT_EQUAL(asked.answer_count, 0);
		gatio_send(pair.probe, answer_now, .number = 5);
		gatio_send(pair.probe, answer_now, .number = 6); /* once is enough */
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.numbers[0], 5);
		CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
		scheduler_fixture_close(&fixture);
	}
}

static void answer_in_time_beats_deadline_behind_it(void)
{
	struct pair pair = open_pair(1);
	ask(&pair, ASK_SLOW, 1);
	gatio_send(pair.probe, answer_now, .number = 5);
	/* Its inbox is not empty, so the answer queues; then the deadline's message comes behind it. */
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_turn(&fixture, 1);
	struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
	struct gi_actor *actor = gi_registry_find(scheduler, pair.asker.bits);
	struct gi_message *blocker = gi_message_box(scheduler, gatio_message_unhandled.index, 8);
	gi_actor_enqueue(scheduler, actor, blocker);
	manual_clock_advance(GATIO_SECONDS(1));
	scheduler_fixture_turn(&fixture, 0); /* drains, fires, runs, in this order */
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, 0);
	CU_ASSERT_EQUAL(asked.numbers[0], 5);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1); /* the blocker */
	scheduler_fixture_close(&fixture);
}

static void ask_of_the_gone_fails(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		gatio_send(pair.probe, leave, 0);
		scheduler_fixture_settle(&fixture);
		ask(&pair, ASK_QUESTION, 1);
		if (target == 0) { /* known at once: then the function does not run */
			struct asker *state = cast_state(pair.asker);
			CU_ASSERT_EQUAL(state->ask_result, -ESRCH);
			CU_ASSERT_EQUAL(asked.answer_count, 0);
		} else {
			CU_ASSERT_EQUAL(asked.answer_count, 1);
			CU_ASSERT_EQUAL(asked.err, -ESRCH);
		}
		pass_time(GATIO_SECONDS(1));
		CU_ASSERT_EQUAL(asked.answer_count, target);
		scheduler_fixture_close(&fixture);
	}
}

static void end_with_asks_waiting_refuses_them(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = GATIO_MS(10));
		scheduler_fixture_turn(&fixture, 0); /* the ask is sent, and not handled before: */
		gi_actor_end(scheduler_fixture_be(&fixture, target),
		             gi_registry_find(scheduler_fixture_scheduler(&fixture, target),
		                              pair.probe.bits),
		             0);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		if (target == 1) {
			CU_ASSERT_EQUAL(asked.err, -ESRCH);
		}
		scheduler_fixture_close(&fixture);
	}
}

static void inbox_of_the_ended_refuses_asks(void)
{
	struct pair pair = open_pair(0);
	struct gatio_address probe = pair.probe;
	/* leave is before the question in its inbox. */
	gatio_send(pair.asker, do_ask, .to = probe, .deadline_ns = GATIO_MS(10));
	gatio_send(probe, leave, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(answered.count, 0);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.err, -ESRCH);
	scheduler_fixture_close(&fixture);
}

static void question_without_handler_is_eproto(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		ask(&pair, ASK_UNHANDLED, 1);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.err, -EPROTO);
		CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
		scheduler_fixture_close(&fixture);
	}
}

static void answer_of_wrong_type_is_eproto(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		ask(&pair, ASK_ODD, 1);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.err, -EPROTO);
		CU_ASSERT_EQUAL(asked.count, 0);
		scheduler_fixture_close(&fixture);
	}
}

static void forwarded_ask_is_answered_directly(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		struct diary last_diary = {0};
		struct gatio_address last = gatio_spawn(probe, .diary = &last_diary);
		((struct probe *)cast_state(pair.probe))->next = last;
		ask(&pair, ASK_PASSED, 10);
		CU_ASSERT_EQUAL(last_diary.sender.bits, pair.asker.bits);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT_EQUAL(asked.numbers[0], 12);
		CU_ASSERT_EQUAL(asked.sender.bits, last.bits);
		scheduler_fixture_close(&fixture);
	}
}

static void forward_to_nobody_is_told(void)
{
	struct pair pair = open_pair(0);
	gatio_send(pair.probe, passed_question, .number = 1);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(answered.err, -ESRCH);
	scheduler_fixture_close(&fixture);
}

static void asks_end_with_their_actor(void)
{
	for (uint32_t target = 0; target < 2; target++) {
		struct pair pair = open_pair(target);
		int64_t used = scheduler_fixture_used(&fixture, 0);
		ask(&pair, ASK_SLOW, 1); /* now the table of asks is there */
		pass_time(GATIO_SECONDS(1));
		int64_t used_with_table = scheduler_fixture_used(&fixture, 0);
		ask(&pair, ASK_SLOW, 2);
		ask(&pair, ASK_SLOW, 3);
		CU_ASSERT(scheduler_fixture_used(&fixture, 0) > used_with_table);
		/* What tells of one of them lies in the inbox when the actor ends. */
		gatio_send(pair.asker, leave, 0);
		struct gi_scheduler *scheduler = scheduler_fixture_be(&fixture, 0);
		struct gi_actor *actor = gi_registry_find(scheduler, pair.asker.bits);
		gi_ask_failed(scheduler, pair.asker.bits, gi_ask_token(actor->pending), -ESRCH);
		CU_ASSERT_PTR_NOT_NULL(actor->inbox_first->next);
		scheduler_fixture_settle(&fixture);
		gatio_send(pair.probe, answer_now, .number = 5);
		scheduler_fixture_settle(&fixture);
		CU_ASSERT_EQUAL(asked.answer_count, 1);
		CU_ASSERT(scheduler_fixture_used(&fixture, 0) < used_with_table);
		CU_ASSERT(used_with_table - used <= 256 * 16);
		scheduler_fixture_close(&fixture);
	}
}

static void reply_to_an_answer_is_a_message(void)
{
	struct pair pair = open_pair(1);
	struct diary back = {0};
	/* Two askers that ask each other hold equal tokens: the reply must not pass for an answer. */
	struct gatio_address other =
	        gatio_spawn_at(GATIO_ON_DRIVER(1), asker, .diary = &back, .replies = false);
	((struct asker *)cast_state(pair.asker))->replies = true;
	scheduler_fixture_settle(&fixture);
	scheduler_fixture_be(&fixture, 1);
	gatio_send(other, do_ask, .to = pair.asker, .deadline_ns = GATIO_MS(10), .kind = ASK_SLOW);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(back.answer_count, 0);
	pair.probe = other;
	struct gi_scheduler *scheduler = scheduler_fixture_scheduler(&fixture, 1);
	CU_ASSERT_PTR_NOT_NULL(gi_handle_find(&scheduler->asks, 1u << GI_ASK_INDEX_BITS));
	ask(&pair, ASK_SLOW, 1); /* its first token is equal to the other's */
	/* Answer the ask of driver 0 with its own token. */
	scheduler_fixture_be(&fixture, 1);
	struct gatio_asker waiting = {.address = pair.asker, .token = 1u << GI_ASK_INDEX_BITS};
	struct gi_envelope envelope = {.to = waiting.address.bits,
	                               .from = other.bits,
	                               .token = waiting.token,
	                               .kind = GI_KIND_ANSWER};
	struct value payload = {.number = 8};
	gi_send(scheduler, &envelope, gatio_message_value.index, &payload, sizeof(payload));
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	CU_ASSERT_EQUAL(asked.numbers[asked.count - 1], 8);
	CU_ASSERT_EQUAL(back.answer_count, 0); /* it still waits */
	CU_ASSERT_EQUAL(back.numbers[back.count - 1], 4711);
	scheduler_fixture_close(&fixture);
}

static void answer_to_another_actor_is_dead(void)
{
	struct pair pair = open_pair(1);
	struct diary other = {0};
	struct gatio_address stranger = gatio_spawn(asker, .diary = &other);
	ask(&pair, ASK_SLOW, 1);
	struct gatio_asker forged = {.address = stranger, .token = 1u << GI_ASK_INDEX_BITS};
	CU_ASSERT_EQUAL(gatio_reply_to(forged, value, .number = 1), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(other.answer_count, 0);
	CU_ASSERT_EQUAL(asked.answer_count, 0);
	CU_ASSERT_EQUAL(scheduler_fixture_dead_letters(&fixture), 1);
	scheduler_fixture_close(&fixture);
}

static void posted_reply_answers_an_ask(void)
{
	struct pair pair = open_pair(0);
	ask(&pair, ASK_SLOW, 1);
	struct probe *state = cast_state(pair.probe);
	struct value *value = gatio_message_new(value, 0);
	value->number = 6;
	CU_ASSERT_EQUAL(gatio_post_reply(state->asker, value), 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.numbers[0], 6);
	value = gatio_message_new(value, 0);
	struct gatio_asker nobody = {0};
	CU_ASSERT_EQUAL(gatio_post_reply(nobody, value), -ESRCH);
	gatio_message_free(value);
	scheduler_fixture_close(&fixture);
}

static void many_asks_wait_at_once(void)
{
	struct pair pair = open_pair(1);
	for (uint64_t i = 0; i < 1500; i++) { /* the table grows twice and more */
		gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = GATIO_SECONDS(9),
		           .number = i);
		if (i % 8 == 7) {
			scheduler_fixture_turn(&fixture, 0);
			scheduler_fixture_be(&fixture, 0);
		}
		if (i % 64 == 63) {
			scheduler_fixture_settle(&fixture);
		}
	}
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 1500);
	CU_ASSERT_EQUAL(asked.err, 0);
	for (uint64_t i = 0; i < 1500; i++) {
		CU_ASSERT_EQUAL(asked.numbers[i], i + 1);
	}
	scheduler_fixture_close(&fixture);
}

static void token_is_not_used_again_soon(void)
{
	struct pair pair = open_pair(0);
	ask(&pair, ASK_SLOW, 1);
	struct gatio_asker first = ((struct probe *)cast_state(pair.probe))->asker;
	pass_time(GATIO_SECONDS(1));
	for (uint32_t i = 0; i < 600; i++) {
		ask(&pair, ASK_SLOW, i);
		struct gatio_asker next = ((struct probe *)cast_state(pair.probe))->asker;
		CU_ASSERT_NOT_EQUAL(next.token, first.token);
		CU_ASSERT_NOT_EQUAL(next.token, 0);
		gatio_send(pair.probe, answer_now, .number = i);
		scheduler_fixture_settle(&fixture);
	}
	CU_ASSERT_EQUAL(asked.answer_count, 601);
	scheduler_fixture_close(&fixture);
}

static void ask_without_memory_gives_enomem(void)
{
	struct pair pair = open_pair(1);
	gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = 1, .number = 1);
	scheduler_fixture_fill(&fixture, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(((struct asker *)cast_state(pair.asker))->ask_result, -ENOMEM);
	CU_ASSERT_EQUAL(asked.answer_count, 0);
	scheduler_fixture_unfill(&fixture, 0);
	ask(&pair, ASK_QUESTION, 1);
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	scheduler_fixture_close(&fixture);
}

static void refused_ask_needs_no_memory(void)
{
	struct pair pair = open_pair(1);
	ask(&pair, ASK_QUESTION, 1); /* the ways exist */
	gatio_send(pair.probe, leave, 0);
	scheduler_fixture_settle(&fixture);
	for (uint64_t i = 0; i < 5; i++) {
		gatio_send(pair.asker, do_ask, .to = pair.probe, .deadline_ns = GATIO_MS(10));
	}
	scheduler_fixture_turn(&fixture, 0);
	scheduler_fixture_fill(&fixture, 0);
	scheduler_fixture_settle(&fixture);
	CU_ASSERT_EQUAL(asked.answer_count, 6);
	CU_ASSERT_EQUAL(asked.err, -ESRCH);
	scheduler_fixture_unfill(&fixture, 0);
	scheduler_fixture_close(&fixture);
}

static void asks_have_a_bound(void)
{
	struct pair pair = open_pair(0);
	ask(&pair, ASK_SLOW, 1);
	struct gi_handles *asks = &scheduler_fixture_scheduler(&fixture, 0)->asks;
	struct gi_handles before = *asks;
	asks->capacity = 1u << GI_ASK_INDEX_BITS; /* as if all were waiting */
	asks->free_first = 0;
	asks->free_last = 0;
	ask(&pair, ASK_SLOW, 2);
	CU_ASSERT_EQUAL(((struct asker *)cast_state(pair.asker))->ask_result, -ENOBUFS);
	*asks = before;
	pass_time(GATIO_SECONDS(1));
	CU_ASSERT_EQUAL(asked.answer_count, 1);
	scheduler_fixture_close(&fixture);
}

static const CU_TestInfo tests[] = {
        {"answer comes with its tag", answer_comes_with_its_tag},
        {"missing answer times out", missing_answer_times_out},
        {"deadline begins when the question leaves", deadline_begins_when_the_question_leaves},
        {"asker ends before its question leaves", asker_ends_before_its_question_leaves},
        {"kept asker is answered later", kept_asker_is_answered_later},
        {"answer in time beats later deadline", answer_in_time_beats_deadline_behind_it},
        {"ask of the gone fails", ask_of_the_gone_fails},
        {"end with asks waiting refuses them", end_with_asks_waiting_refuses_them},
        {"inbox of the ended refuses asks", inbox_of_the_ended_refuses_asks},
        {"question without handler is EPROTO", question_without_handler_is_eproto},
        {"answer of wrong type is EPROTO", answer_of_wrong_type_is_eproto},
        {"forwarded ask is answered directly", forwarded_ask_is_answered_directly},
        {"forward to nobody is told", forward_to_nobody_is_told},
        {"asks end with their actor", asks_end_with_their_actor},
        {"reply to an answer is a message", reply_to_an_answer_is_a_message},
        {"answer to another actor is dead", answer_to_another_actor_is_dead},
        {"posted reply answers an ask", posted_reply_answers_an_ask},
        {"many asks wait at once", many_asks_wait_at_once},
        {"token is not used again soon", token_is_not_used_again_soon},
        {"ask without memory gives ENOMEM", ask_without_memory_gives_enomem},
        {"refused ask needs no memory", refused_ask_needs_no_memory},
        {"asks have a bound", asks_have_a_bound},
        CU_TEST_INFO_NULL,
};

const struct suite ask_suite = {"ask", tests};
