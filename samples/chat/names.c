/* SPDX-License-Identifier: Apache-2.0 */
/* Names: how a client gets a name, changes it and gives it back. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "samples/chat/room.h"

/* ---- Is somebody still there? ----------------------------------------------------------------------------------- */

/*
 * A session that ended without a word (memory at its limit, its good-bye lost) leaves its name behind. When somebody
 * wants that name, its owner is asked; if it is no more, the next attempt succeeds.
 */
static void on_alive(struct chat_hub *self, const struct chat_alive *alive, int err)
{
	(void)alive;
	struct chat_person *person = chat_person_of(self, (struct gatio_address){gatio_tag()});
	if (!person) {
		return;
	}
	person->is_checked = false;
	if (err == -ESRCH) {
		chat_person_quit(self, person, "Connection lost");
	}
}

GATIO_ANSWER(chat_hub, chat_alive, on_alive);

static void check(struct chat_hub *self, struct chat_person *person)
{
	if (!person->is_checked) {
		person->is_checked =
		        gatio_ask_tagged(person->session.bits, person->session, on_alive,
		                         self->server->answer_ns, chat_check) == 0;
	}
}

/* ---- NICK -------------------------------------------------------------------------------------------------------- */

/* Everybody who knows the old name hears of the new one in this step: nobody ever meets either at the wrong time. */
static void tell_rename(struct chat_hub *self, const char *nick)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(self->by, mask);
	chat_hub_line(self, ":%s NICK :%s", mask, nick);
	chat_audience_begin(self, self->by);
	for (uint32_t i = 0; i < self->by->room_count; i++) {
		chat_audience_add(self, self->by->rooms[i]);
	}
	chat_audience_tell(self, ":%s NICK :%s", mask, nick);
}

void chat_hub_nick(struct chat_hub *self, struct chat_command *command)
{
	const char *nick = command->params[0];
	struct chat_person *owner = chat_person_named(self, nick);
	if (owner && owner != self->by) {
		check(self, owner);
		chat_hub_error(self, ERR_NICKNAMEINUSE, nick);
		return;
	}
	char before[CHAT_NICK_MAX + 1] = "";
	if (!self->by) {
		self->by = chat_person_add(self, nick);
	} else {
		chat_copy(before, sizeof(before), self->by->nick);
	}
	if (!self->by || chat_person_rename(self, self->by, nick) < 0) {
		chat_hub_error(self, ERR_UNAVAILRESOURCE, nick);
		return;
	}
	if (self->by->is_registered) {
		chat_copy(self->by->nick, sizeof(self->by->nick), before);
		tell_rename(self, nick);
		chat_copy(self->by->nick, sizeof(self->by->nick), nick);
	}
	self->answer.kind = CHAT_NAMED;
	self->answer_words = (struct chat_text){self->by->nick, strlen(self->by->nick)};
}

/* ---- Coming and going -------------------------------------------------------------------------------------------- */

void chat_hub_register(struct chat_hub *self, struct chat_command *command)
{
	struct chat_person *by = self->by;
	if (command->param_count < 3 || by->is_registered) {
		return;
	}
	chat_copy(by->user, sizeof(by->user), command->params[0]);
	chat_copy(by->host, sizeof(by->host), command->params[1]);
	chat_copy(by->real, sizeof(by->real), command->params[2]);
	by->is_registered = true;
	by->signed_on = time(NULL);
	by->spoken_ns = gatio_now_ns();
	self->registered_count++;
	chat_hub_lusers(self, command);
}

void chat_person_quit(struct chat_hub *self, struct chat_person *person, const char *reason)
{
	char mask[CHAT_MASK_MAX + 1];
	chat_person_mask(person, mask);
	chat_audience_begin(self, person);
	while (person->room_count > 0) {
		struct chat_room *room = person->rooms[person->room_count - 1];
		chat_audience_add(self, room);
		chat_member_remove(room, person);
		chat_room_end_if_empty(self, room);
	}
	chat_audience_tell(self, ":%s QUIT :%.*s", mask, CHAT_REASON_MAX, reason);
	if (self->by == person) {
		self->by = NULL;
	}
	chat_person_remove(self, person);
}

void chat_hub_quit(struct chat_hub *self, struct chat_command *command)
{
	chat_person_quit(self, self->by, command->param_count ? command->params[0] : "");
}
