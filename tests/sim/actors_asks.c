/* SPDX-License-Identifier: Apache-2.0 */
/* The questions and answers of a worker. */
#include "tests/sim/actors_messages.h"

#include <errno.h>

#define DEADLINE_MAX_NS GATIO_SECONDS(2)
/* A deadline is seen this much later at most when nothing else happens. */
#define LATE_NS GATIO_SECONDS(10)

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static struct asking *asking_of(struct worker *self, uint32_t number)
{
	for (uint32_t i = 0; i < ASKS_MAX; i++) {
		if (self->asking[i].number == number) {
			return &self->asking[i];
		}
	}
	return NULL;
}

/* Errors that may come to a question that was treated so. */
static bool may_fail(const struct asking *asking, int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return asking->deadline_ns != UINT64_MAX;
	case -ESRCH:
		return asking->how == HOW_FORWARD || asking->target >= WORKERS_MAX ||
		       ledger.has_ended[asking->target];
	case -EPROTO:
		return asking->how == HOW_WRONG || asking->how == HOW_STRAY;
	case -ENOMEM:
		ledger.is_short = true;
		return true;
	default:
		return false;
	}
}

static void check_answer(const struct worker *self, const struct asking *asking,
                         const struct reply *reply, int err)
{
	uint64_t waited_ns = clock_ns() - asking->asked_ns;
	if (err == 0 &&
	    (asking->how == HOW_WRONG || asking->how == HOW_SILENT || asking->how == HOW_STRAY)) {
		wrong("question %u of %u has an answer that nobody gave", asking->number,
		      self->number);
	}
	if (err == 0 && reply->number != asking->number) {
		wrong("question %u of %u has the answer to %u", asking->number, self->number,
		      reply->number);
	}
	if (err && !may_fail(asking, err)) {
		wrong("question %u of %u to %u has failed with %d", asking->number, self->number,
		      asking->target, err);
	}
	if (err == -ETIMEDOUT && waited_ns < asking->deadline_ns) {
		wrong("question %u of %u timed out after %llu ns, not %llu", asking->number,
		      self->number, (unsigned long long)waited_ns,
		      (unsigned long long)asking->deadline_ns);
	}
}

static void on_reply(struct worker *self, const struct reply *reply, int err)
{
	struct asking *asking = gatio_tag() ? asking_of(self, (uint32_t)gatio_tag()) : NULL;
	if (!asking) {
		wrong("question %u of %u is answered, and not asked or answered before",
		      (uint32_t)gatio_tag(), self->number);
	}
	check_answer(self, asking, reply, err);
	if (err == 0) {
		ledger_answered(self->number, reply->head);
	} else if (err == -EPROTO && asking->how == HOW_WRONG) {
		ledger.answered++; /* not seen here, but it came */
	}
	*asking = (struct asking){0};
}

GATIO_ANSWER(worker, reply, on_reply);

static uint64_t draw_deadline(enum how how)
{
	if (how < HOW_CERTAIN_COUNT && gatio_random() % 3 == 0) {
		return UINT64_MAX;
	}
	uint64_t deadline_ns = gatio_random() % DEADLINE_MAX_NS;
	return (deadline_ns >> gatio_random() % 21) + 1;
}

static int ask(const struct asking *asking, struct gatio_address to, struct head head)
{
	if (asking->how == HOW_STRAY) {
		return gatio_ask_tagged(asking->number, to, on_reply, asking->deadline_ns, stray,
		                        .head = head, .number = asking->number);
	}
	return gatio_ask_tagged(asking->number, to, on_reply, asking->deadline_ns, question,
	                        .head = head, .number = asking->number,
	                        .how = (uint16_t)asking->how);
}

void worker_ask(struct worker *self)
{
	struct asking *asking = asking_of(self, 0);
	if (!asking) {
		return;
	}
	uint32_t target = worker_pick(self);
	enum how how = gatio_random() % 2 ? HOW_AT_ONCE : gatio_random() % HOW_COUNT;
	*asking = (struct asking){.number = ++self->question_last,
	                          .target = target,
	                          .how = how,
	                          .asked_ns = clock_ns(),
	                          .deadline_ns = draw_deadline(how)};
	struct head head = head_of(self->number, target);
	struct gatio_address to = self->peers[target];
	if (!ledger_sent_head(to, ask(asking, to, head), head)) {
		*asking = (struct asking){0};
	}
}

/* Places in the table of asks come again after some hundred of them. */
void worker_ask_much(struct worker *self)
{
	for (uint64_t count = gatio_random() % ASKS_MAX; count > 0; count--) {
		worker_ask(self);
	}
}

void worker_check_questions(const struct worker *self)
{
	uint64_t now_ns = clock_ns();
	for (uint32_t i = 0; i < ASKS_MAX; i++) {
		const struct asking *asking = &self->asking[i];
		if (asking->number == 0 || ledger.is_short) {
			continue; /* there may have been no memory to say why not */
		}
		if (asking->deadline_ns == UINT64_MAX) {
			wrong("question %u of %u to %u has no answer", asking->number, self->number,
			      asking->target);
		}
		if (now_ns - asking->asked_ns > asking->deadline_ns + LATE_NS) {
			wrong("question %u of %u has no answer, and its deadline has passed",
			      asking->number, self->number);
		}
	}
}

/* ---- Answering --------------------------------------------------------------------------------------------------- */

static bool answer(struct worker *self, struct gatio_asker asker, const struct question *question)
{
	struct head head = head_of(self->number, question->head.from);
	int err = gatio_reply_to(asker, reply, .head = head, .number = question->number);
	return ledger_sent_head(asker.address, err, head) || (err != -ENOBUFS && err != -ENOMEM);
}

static void owe(struct worker *self, const struct question *question)
{
	for (uint32_t i = 0; i < OWED_MAX; i++) {
		if (!self->owed[i].is_owed) {
			self->owed[i] = (struct owed){
			        .asker = gatio_asker(), .question = *question, .is_owed = true};
			worker_retry_later(self);
			return;
		}
	}
	/* All places are taken: what was owed first is never paid. */
	ledger.is_short = true;
}

bool worker_pay(struct worker *self)
{
	bool is_paid = true;
	for (uint32_t i = 0; i < OWED_MAX; i++) {
		struct owed *owed = &self->owed[i];
		if (owed->is_owed && answer(self, owed->asker, &owed->question)) {
			owed->is_owed = false;
		}
		is_paid &= !owed->is_owed;
	}
	return is_paid;
}

static void answer_at_once(struct worker *self, const struct question *question)
{
	if (!answer(self, gatio_asker(), question)) {
		owe(self, question);
	}
}

/* By another one, who is neither this nor the asker. */
static void pass_on(struct worker *self, const struct question *question)
{
	uint32_t to = worker_pick(self);
	if (question->head.to != self->number || to == self->number || to == question->head.from ||
	    !ledger_sent(self->peers[to], gatio_forward(self->peers[to]))) {
		answer_at_once(self, question);
	}
}

static void answer_twice(struct worker *self, const struct question *question)
{
	(void)answer(self, gatio_asker(), question);
	(void)answer(self, gatio_asker(), question);
	if (!self->stale.is_owed || gatio_random() % 4 == 0) {
		self->stale = (struct owed){
		        .asker = gatio_asker(), .question = *question, .is_owed = true};
	}
}

void worker_answer_again(struct worker *self)
{
	if (self->stale.is_owed) {
		(void)answer(self, self->stale.asker, &self->stale.question);
	}
}

static void answer_wrong(struct worker *self, const struct question *question)
{
	struct gatio_asker asker = gatio_asker();
	struct head head = head_of(self->number, question->head.from);
	/* Nobody looks into it: the pair's count goes on without it. */
	(void)ledger_sent(asker.address,
	                  gatio_reply(wrong_reply, .head = head, .number = question->number));
}

void worker_treat(struct worker *self, const struct question *question)
{
	switch (question->how) {
	case HOW_LATER:
		owe(self, question);
		break;
	case HOW_FORWARD:
		pass_on(self, question);
		break;
	case HOW_TWICE:
		answer_twice(self, question);
		break;
	case HOW_WRONG:
		answer_wrong(self, question);
		break;
	case HOW_SILENT:
		break;
	default:
		answer_at_once(self, question);
	}
}
