/* SPDX-License-Identifier: Apache-2.0 */
/* A behaviour in C++ that others spawn, with what has a destructor behind a pointer, and a session of its own. */
#include "tests/compile/programs/talk.h"

#include <map>
#include <string>

struct session {
	std::map<uint32_t, std::string> *notes;
	struct gatio_address listener;
};

namespace
{

void on_session_started(session *self)
{
	self->notes = new std::map<uint32_t, std::string>;
}

void on_session_ended(session *self, int) noexcept
{
	delete self->notes;
}

void on_note(session *self, const note *note)
{
	(*self->notes)[note->number] = std::string(note->text, gatio_message_extra_size(&gatio_message_note, note));
	if (self->notes->size() == 2) {
		(void)gatio_send(self->listener, answer, (*self->notes)[1] + (*self->notes)[2] == "onetwo" ? 1u : 0u);
		gatio_exit(0);
	}
}

} // namespace

GATIO_BEHAVIOR(session, started(on_session_started), ended(on_session_ended), on(note, on_note));

static void say(struct gatio_address to, uint32_t number, const std::string &text)
{
	struct note *note = gatio_message_new(note, text.size());
	if (note) {
		note->number = number;
		text.copy(note->text, text.size());
		if (gatio_post(to, note)) {
			gatio_message_free(note);
		}
	}
}

static void on_question(multiplier *self, const question *question) noexcept
{
	(void)gatio_reply(answer, self->factor * question->a * question->b);
	struct gatio_address session = gatio_spawn(session, nullptr, gatio_sender());
	say(session, 1, "one");
	say(session, 2, "two");
}

GATIO_SHARED_BEHAVIOR(multiplier, on(question, on_question));
