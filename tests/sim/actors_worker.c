/* SPDX-License-Identifier: Apache-2.0 */
/* Worker: it does what tokens, timers and others want of it, and checks what comes. */
#include "tests/sim/actors_messages.h"

#include <errno.h>

#define RETRY_NS GATIO_MS(1)

static void begin_handling(const struct worker *self)
{
	if (!self->is_started) {
		wrong("a message has come to %u before its start", self->number);
	}
}

/* Whoever sends is who the message says. */
static void check_sender(const struct worker *self, struct head head)
{
	if (self->has_peers && head.to == self->number && head.from < ledger.settings.workers &&
	    !gatio_address_equal(gatio_sender(), self->peers[head.from])) {
		wrong("a message of %u has another sender", head.from);
	}
}

static void hear(const struct worker *self, struct head head)
{
	begin_handling(self);
	ledger_handled_head(self->number, head);
	check_sender(self, head);
}

static void leave(struct worker *self, int reason)
{
	if (!self->is_ending) {
		self->is_ending = true;
		self->reason = reason;
		gatio_exit(reason);
	}
}

/* Who has heard a certain question answers before it ends. */
static void leave_if_wanted(struct worker *self)
{
	if (self->must_end && worker_pay(self)) {
		leave(self, self->reason);
	}
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

static bool pass_token(struct worker *self, uint32_t hops)
{
	uint32_t number = worker_pick(self);
	struct gatio_address to = self->peers[number];
	struct head head = head_of(self->number, number);
	int err = gatio_send(to, token, .head = head, .hops = hops);
	return ledger_sent_head(to, err, head);
}

/* Without a place for it, or anybody to pass it to, it is lost. */
static void hold(struct worker *self, uint32_t hops)
{
	if (self->held_count < HELD_MAX) {
		self->held[self->held_count++] = hops;
		worker_retry_later(self);
	}
}

static void on_token(struct worker *self, const struct token *token)
{
	hear(self, token->head);
	if (self->is_ending || !self->has_peers) {
		return;
	}
	worker_step(self);
	if (token->hops > 0 && !pass_token(self, token->hops - 1)) {
		hold(self, token->hops - 1);
	}
	leave_if_wanted(self);
}

void worker_retry_later(struct worker *self)
{
	if (self->is_retrying) {
		return;
	}
	self->is_retrying = true;
	if (gatio_after(RETRY_NS, retry, .nothing = 0).bits == 0) {
		ledger.is_short = true;
		self->is_retrying = false; /* the next who fails tries it */
	}
}

static void on_retry(struct worker *self, const struct retry *retry)
{
	uint32_t count = self->held_count;
	(void)retry;
	ledger.fired++;
	self->is_retrying = false;
	self->held_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t hops = self->held[i];
		/* Each try takes one: it ends also when it never succeeds. */
		if (!pass_token(self, hops) && hops > 0) {
			hold(self, hops - 1);
		}
	}
	if (!worker_pay(self)) {
		worker_retry_later(self);
	}
	leave_if_wanted(self);
}

/* ---- What comes -------------------------------------------------------------------------------------------------- */

static void on_note(struct worker *self, const struct note *note)
{
	hear(self, note->head);
	if (gatio_random() % 8 == 0) {
		worker_dawdle(ledger.settings.long_us / 8);
	}
	if (note->head.to == self->number && gatio_random() % 16 == 0) {
		/* To whom did not ask it is a message, of nobody's sequence. */
		struct gatio_asker asker = gatio_asker();
		struct head head = head_of(self->number, NOT_NUMBERED);
		(void)ledger_sent(asker.address, gatio_reply(note, .head = head));
	}
}

static void on_introduction(struct worker *self, const struct introduction *introduction)
{
	hear(self, introduction->head);
	for (uint64_t count = gatio_random() % 5; count > 0; count--) {
		worker_send_any(self, introduction->address, introduction->number);
	}
}

static void on_bulk(struct worker *self, const struct bulk *bulk)
{
	hear(self, bulk->head);
	for (uint32_t i = 0; i < BULK_WORDS; i++) {
		if (bulk->words[i] != bulk->head.sequence + i) {
			wrong("message %u from %u to %u has changed on its way",
			      bulk->head.sequence, bulk->head.from, bulk->head.to);
		}
	}
	if (bulk->head.to == self->number && self->has_peers && gatio_random() % 4 == 0) {
		uint32_t to = worker_pick(self);
		if (to != self->number) {
			(void)ledger_sent(self->peers[to], gatio_forward(self->peers[to]));
		}
	}
}

static void keep_and_post(const struct worker *self, const struct parcel *parcel)
{
	uint32_t to = worker_pick(self);
	struct parcel *kept = to != self->number ? gatio_message_keep(parcel) : NULL;
	if (kept && !ledger_sent(self->peers[to], gatio_post(self->peers[to], kept))) {
		gatio_message_free(kept);
	}
}

static void on_parcel(struct worker *self, const struct parcel *parcel)
{
	size_t size = gatio_message_extra_size(&gatio_message_parcel, parcel);
	begin_handling(self);
	ledger_handled_head(self->number, parcel->head);
	for (size_t i = 0; i < size; i++) {
		if (parcel->bytes[i] != (unsigned char)parcel->head.sequence) {
			wrong("parcel %u from %u to %u has changed on its way",
			      parcel->head.sequence, parcel->head.from, parcel->head.to);
		}
	}
	if (parcel->head.to == self->number && self->has_peers && gatio_random() % 4 == 0) {
		keep_and_post(self, parcel);
	}
}

static void on_question(struct worker *self, const struct question *question)
{
	begin_handling(self);
	ledger_handled_head(self->number, question->head);
	if (!self->is_ending) {
		worker_treat(self, question);
		leave_if_wanted(self);
	}
}

static void on_due(struct worker *self, const struct due *due)
{
	worker_ring(self, due);
	if (!self->is_ending && self->has_peers && gatio_random() % 2) {
		worker_step(self);
	}
	leave_if_wanted(self);
}

static void on_pulse(struct worker *self, const struct pulse *pulse)
{
	(void)pulse;
	ledger.fired++;
	if (self->pulses_left > 0 && self->has_peers && !self->is_ending) {
		self->pulses_left--;
		worker_step(self);
	}
	if (self->pulses_left == 0) {
		gatio_timer_cancel(self->pulse);
	}
	leave_if_wanted(self);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static void on_peers(struct worker *self, const struct peers *peers)
{
	begin_handling(self);
	ledger_handled(self->number);
	for (uint32_t i = 0; i < WORKERS_MAX; i++) {
		self->peers[i] = peers->addresses[i];
	}
	self->has_peers = true;
	if (self->pulses_left > 0) {
		self->pulse = gatio_every(GATIO_MS(1) + gatio_random() % GATIO_MS(9), pulse,
		                          .nothing = 0);
		ledger.is_short |= self->pulse.bits == 0;
	}
}

static void on_finish(struct worker *self, const struct finish *finish)
{
	(void)finish;
	begin_handling(self);
	ledger_handled(self->number);
	worker_check_questions(self);
	worker_check_alarms(self);
	leave(self, 0);
}

static void on_draining(struct worker *self, const struct gatio_draining *draining)
{
	(void)draining;
	ledger.is_stopping = true;
	self->must_end = true;
	self->reason = 7;
	if (worker_pay(self)) {
		leave(self, self->reason);
	} else {
		worker_retry_later(self);
	}
}

static void on_started(struct worker *self)
{
	self->is_started = true;
}

static void on_ended(struct worker *self, int reason)
{
	if (reason != (self->is_ending ? self->reason : -ESHUTDOWN)) {
		wrong("%u has ended with %d", self->number, reason);
	}
	ledger_ended(self->number);
}

GATIO_SHARED_BEHAVIOR(worker, started(on_started), ended(on_ended), on(token, on_token),
                      on(note, on_note), on(introduction, on_introduction), on(bulk, on_bulk),
                      on(parcel, on_parcel), on(question, on_question), on(due, on_due),
                      on(pulse, on_pulse), on(retry, on_retry), on(peers, on_peers),
                      on(finish, on_finish), on(gatio_draining, on_draining));
