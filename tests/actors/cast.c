/* SPDX-License-Identifier: Apache-2.0 */
/* The cast: behaviours that only write down. */
#include "tests/actors/cast.h"

#include "actors/registry.h"
#include "actors/scheduler.h"
#include "actors/system.h"

static void write_down(struct diary *diary, uint64_t number)
{
	if (diary->count < DIARY_LENGTH) {
		diary->numbers[diary->count] = number;
	}
	if (diary->count < sizeof(diary->senders) / sizeof(diary->senders[0])) {
		diary->senders[diary->count] = gatio_sender();
	}
	diary->count++;
	diary->sender = gatio_sender();
}

static void on_started(struct probe *self)
{
	self->diary->started_count++;
	self->diary->count_at_start = self->diary->count;
	self->diary->driver_index = gatio_driver_index();
}

static void on_ended(struct probe *self, int reason)
{
	self->diary->ended_count++;
	self->diary->reason = reason;
}

static void on_note(struct probe *self, const struct note *note)
{
	write_down(self->diary, note->number);
}

static void on_wide_note(struct probe *self, const struct wide_note *note)
{
	write_down(self->diary, note->number);
}

static void on_leave(struct probe *self, const struct leave *leave)
{
	(void)self;
	gatio_exit(leave->reason);
}

static void on_question(struct probe *self, const struct question *question)
{
	write_down(self->diary, question->number);
	gatio_reply(value, .number = question->number + 1);
}

static void on_odd_question(struct probe *self, const struct odd_question *question)
{
	write_down(self->diary, question->number);
	gatio_reply(note, .number = question->number);
}

static void on_slow_question(struct probe *self, const struct slow_question *question)
{
	write_down(self->diary, question->number);
	self->asker = gatio_asker();
}

static void on_answer_now(struct probe *self, const struct answer_now *answer)
{
	gatio_reply_to(self->asker, value, .number = answer->number);
}

static void on_passed_question(struct probe *self, const struct passed_question *question)
{
	write_down(self->diary, question->number);
	self->diary->err = gatio_forward(self->next);
	if (self->next.bits == 0) {
		gatio_reply(value, .number = question->number + 2);
	}
}

GATIO_SHARED_BEHAVIOR(probe, started(on_started), ended(on_ended), on(note, on_note),
                      on(wide_note, on_wide_note), on(leave, on_leave), on(question, on_question),
                      on(odd_question, on_odd_question), on(slow_question, on_slow_question),
                      on(answer_now, on_answer_now), on(passed_question, on_passed_question));

static void on_value(struct asker *self, const struct value *value, int err)
{
	struct diary *diary = self->diary;
	diary->answer_count++;
	diary->err = err;
	diary->tag = gatio_tag();
	if (value) {
		write_down(diary, value->number);
	}
	if (self->replies) {
		gatio_reply(value, .number = 4711);
	}
}

GATIO_ANSWER(asker, value, on_value);

static void on_do_ask(struct asker *self, const struct do_ask *ask)
{
	uint64_t n = ask->number;
	switch (ask->kind) {
	case ASK_QUESTION:
		self->ask_result =
		        gatio_ask_tagged(n, ask->to, on_value, ask->deadline_ns, question, n);
		break;
	case ASK_ODD:
		self->ask_result = gatio_ask(ask->to, on_value, ask->deadline_ns, odd_question, n);
		break;
	case ASK_SLOW:
		self->ask_result = gatio_ask(ask->to, on_value, ask->deadline_ns, slow_question, n);
		break;
	case ASK_PASSED:
		self->ask_result =
		        gatio_ask(ask->to, on_value, ask->deadline_ns, passed_question, n);
		break;
	case ASK_UNHANDLED:
		self->ask_result = gatio_ask(ask->to, on_value, ask->deadline_ns, unhandled, n);
		break;
	case ASK_WIDE:
		self->ask_result =
		        gatio_ask(ask->to, on_value, ask->deadline_ns, wide_unhandled, .number = n);
		break;
	}
}

static void on_asker_question(struct asker *self, const struct slow_question *question)
{
	write_down(self->diary, question->number);
}

static void on_asker_leave(struct asker *self, const struct leave *leave)
{
	(void)self;
	gatio_exit(leave->reason);
}

static void on_asker_value(struct asker *self, const struct value *value)
{
	write_down(self->diary, value->number);
}

GATIO_SHARED_BEHAVIOR(asker, on(do_ask, on_do_ask), on(slow_question, on_asker_question),
                      on(value, on_asker_value), on(leave, on_asker_leave));

void *cast_state(struct gatio_address address)
{
	struct gi_scheduler *here = gi_scheduler_here;
	struct gi_scheduler *scheduler = here->system->schedulers[gi_address_driver(address.bits)];
	struct gi_actor *actor = gi_registry_find(scheduler, address.bits);
	return actor ? actor->state : NULL;
}
