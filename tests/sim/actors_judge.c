/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judge: it looks now and then, and when nothing has happened for long the sums must be right: before the workers are told
 * to end, and after. It looks so seldom that it wakes nobody up who should have been woken by others. And keepers, one on
 * each driver, who are there from the beginning to the end.
 */
#include "tests/sim/actors_messages.h"

#include <errno.h>
#include <string.h>

#define LOOK_NS   GATIO_SECONDS(20)
#define TIDY_NS   GATIO_SECONDS(1)
#define STILL_MIN 3u
#define LOOKS_MAX 90u
/* The judge's own timer and message, on its driver. */
#define OWN_MEMORY 512u

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

static struct gatio_counters add_up(void)
{
	struct gatio_counters sum = {0};
	for (uint32_t i = 0; i < gatio_driver_count(); i++) {
		struct gatio_counters counters;
		if (gatio_system_counters(gatio_current_system(), i, &counters)) {
			wrong("driver %u has no counters", i);
		}
		sum.dead_letters += counters.dead_letters;
		sum.refused += counters.refused;
		sum.actors_spawned += counters.actors_spawned;
		sum.actors_ended += counters.actors_ended;
		sum.actors_alive += counters.actors_alive;
		sum.messages_local += counters.messages_local;
		sum.messages_out += counters.messages_out;
		sum.messages_in += counters.messages_in;
	}
	return sum;
}

static void check_counters(const struct gatio_counters *sum)
{
	ledger_check(sum->dead_letters);
	if (sum->refused != ledger.refused) {
		wrong("%llu sends were refused, %llu are counted",
		      (unsigned long long)ledger.refused, (unsigned long long)sum->refused);
	}
	if (sum->actors_ended != ledger.ended) {
		wrong("%llu actors have ended, %llu are counted", (unsigned long long)ledger.ended,
		      (unsigned long long)sum->actors_ended);
	}
	if (sum->actors_spawned > ledger.spawned ||
	    sum->actors_alive != sum->actors_spawned - sum->actors_ended) {
		wrong("%llu actors were spawned; counted are %llu, ended %llu, alive %llu",
		      (unsigned long long)ledger.spawned, (unsigned long long)sum->actors_spawned,
		      (unsigned long long)sum->actors_ended, (unsigned long long)sum->actors_alive);
	}
	if (sum->messages_out > sum->messages_in) {
		wrong("%llu messages went to other drivers, %llu came",
		      (unsigned long long)sum->messages_out, (unsigned long long)sum->messages_in);
	}
}

/* As before there was anybody. */
static void check_memory(void)
{
	if (ledger.warm_count < gatio_driver_count()) {
		return; /* tables were made later */
	}
	for (uint32_t i = 0; i < gatio_driver_count(); i++) {
		struct gatio_counters counters;
		uint64_t own = i == gatio_driver_index() ? OWN_MEMORY : 0;
		(void)gatio_system_counters(gatio_current_system(), i, &counters);
		if (counters.memory_used > ledger.memory_before[i] + own ||
		    counters.memory_used + own < ledger.memory_before[i]) {
			wrong("driver %u has %llu bytes in use, %llu before it began", i,
			      (unsigned long long)counters.memory_used,
			      (unsigned long long)ledger.memory_before[i]);
		}
	}
}

/* ---- Looks ------------------------------------------------------------------------------------------------------- */

/* One after the other; who is refused hears of it with the next look. true: all have been told. */
static bool tell(struct judge *self, const struct gatio_address *addresses, uint32_t count)
{
	for (; self->told_count < count; self->told_count++) {
		struct gatio_address to = addresses[self->told_count];
		int err = gatio_send(to, finish, .round = 0);
		bool is_sent = ledger_sent(to, err);
		if (!is_sent && (err == -ENOBUFS || err == -ENOMEM) && !gatio_address_error(to)) {
			return false;
		}
	}
	self->told_count = 0;
	return true;
}

/*
 * A driver keeps what it has freed of others until a turn that finds nothing to do: a timer makes one. One driver after the
 * other, so that nobody else is awake when its blocks go home. true: all have been told before.
 */
static bool have_tidied(struct judge *self)
{
	uint32_t count = gatio_driver_count();
	if (self->told_count < count) {
		struct gatio_address to = self->keepers[self->told_count];
		self->told_count += ledger_sent(to, gatio_send(to, finish, .round = 0));
		return false;
	}
	return true;
}

static void judge_all(struct judge *self)
{
	struct gatio_counters sum = add_up();
	check_counters(&sum);
	self->still_count = 0;
	switch (self->step) {
	case JUDGE_WATCHES:
		if (tell(self, self->workers, (uint32_t)ledger.settings.workers)) {
			self->step = JUDGE_FINISHES;
		}
		return;
	case JUDGE_FINISHES:
		if (sum.actors_alive != 1 + gatio_driver_count()) {
			wrong("%llu actors are left", (unsigned long long)sum.actors_alive);
		}
		self->step = JUDGE_TIDIES;
		return;
	default:
		if (!have_tidied(self)) {
			return;
		}
		check_memory();
		ledger.is_stopping = true;
		gatio_system_stop(gatio_current_system(), 0);
	}
}

static void on_look(struct judge *self, const struct pulse *pulse)
{
	(void)pulse;
	uint64_t pace = ledger_pace();
	self->still_count = pace == self->pace ? self->still_count + 1 : 0;
	self->pace = pace;
	if (++self->look_count > LOOKS_MAX) {
		wrong("after %u looks they are still at it", LOOKS_MAX);
	}
	if (self->still_count >= (self->step == JUDGE_TIDIES ? 1 : STILL_MIN) &&
	    !ledger.is_stopping) {
		judge_all(self);
	}
}

/* Nobody can be judged without a timer. */
static void give_up(void)
{
	ledger.is_short = true;
	ledger.is_stopping = true;
	gatio_system_stop(gatio_current_system(), 0);
}

static void on_begin(struct judge *self, const struct begin *begin)
{
	ledger_handled(NOT_NUMBERED);
	memcpy(self->workers, begin->workers, sizeof(self->workers));
	memcpy(self->keepers, begin->keepers, sizeof(self->keepers));
	if (gatio_every(LOOK_NS, pulse, .nothing = 0).bits == 0) {
		give_up();
	}
}

static void on_judge_ended(struct judge *self, int reason)
{
	(void)self;
	(void)reason;
	ledger_ended(NOT_NUMBERED);
}

GATIO_SHARED_BEHAVIOR(judge, on(begin, on_begin), on(pulse, on_look), ended(on_judge_ended));

/* ---- Keepers ----------------------------------------------------------------------------------------------------- */

/* A question and a timer, so that their tables are there before memory is looked at. */
static void on_warm(struct keeper *self)
{
	if (++self->warm_count == 2) {
		ledger.warm_count++;
	}
}

static void on_reply(struct keeper *self, const struct reply *reply, int err)
{
	(void)reply;
	if (err == 0) {
		ledger.answered++;
		on_warm(self);
	} else if (err != -ENOMEM) {
		wrong("a keeper's question to itself has failed with %d", err);
	}
}

GATIO_ANSWER(keeper, reply, on_reply);

static void on_question(struct keeper *self, const struct question *question)
{
	struct gatio_asker asker = gatio_asker();
	(void)self;
	ledger_handled(NOT_NUMBERED);
	(void)ledger_sent(asker.address, gatio_reply(reply, .number = question->number));
}

static void on_pulse(struct keeper *self, const struct pulse *pulse)
{
	(void)pulse;
	on_warm(self);
}

static void on_note(struct keeper *self, const struct note *note)
{
	(void)self;
	ledger_handled_head(note->head.to, note->head);
}

static void on_finish(struct keeper *self, const struct finish *finish)
{
	(void)self;
	(void)finish;
	ledger_handled(NOT_NUMBERED);
	ledger.is_short |= gatio_after(TIDY_NS, pulse, .nothing = 0).bits == 0;
}

static void on_keeper_started(struct keeper *self)
{
	(void)self;
	struct gatio_address to = gatio_self();
	ledger.is_short |= gatio_after(0, pulse, .nothing = 0).bits == 0;
	(void)ledger_sent(to, gatio_ask(to, on_reply, UINT64_MAX, question, .number = 1));
}

static void on_keeper_ended(struct keeper *self, int reason)
{
	(void)self;
	if (reason != -ESHUTDOWN) {
		wrong("a keeper has ended with %d", reason);
	}
	ledger_ended(NOT_NUMBERED);
}

GATIO_SHARED_BEHAVIOR(keeper, started(on_keeper_started), on(question, on_question),
                      on(pulse, on_pulse), on(finish, on_finish), on(note, on_note),
                      ended(on_keeper_ended));
