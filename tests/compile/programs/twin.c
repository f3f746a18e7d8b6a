/* SPDX-License-Identifier: Apache-2.0 */
/* One more file with a session of its own, which is another struct than that of adder.c. */
#include "tests/compile/programs/talk.h"

struct session {
	uint64_t sum;
	uint64_t square;
};

static void on_answer(struct session *self, const struct answer *answer)
{
	self->sum += answer->sum;
	self->square += answer->sum * answer->sum;
}

GATIO_BEHAVIOR(session, on(answer, on_answer));
