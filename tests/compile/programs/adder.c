/* SPDX-License-Identifier: Apache-2.0 */
/* A behaviour in C that others spawn, and a session of its own. */
#include "tests/compile/programs/talk.h"

static void on_question(struct adder *self, const struct question *question)
{
	self->answered_count++;
	(void)gatio_reply(answer, .sum = question->a + question->b);
}

GATIO_SHARED_BEHAVIOR(adder, on(question, on_question));

/* Another file of the program has a struct session too. */
struct session {
	uint64_t count;
};

static void on_note(struct session *self, const struct note *note)
{
	self->count += note->number;
}

GATIO_BEHAVIOR(session, on(note, on_note));
