/* SPDX-License-Identifier: Apache-2.0 */
/* Ask: what a session sends to rooms, directories and other sessions. */
#include <string.h>

#include "samples/chat/session.h"

static uint32_t room_addresses(const struct chat_session *self, uint64_t out_words[CHAT_ROOMS_MAX])
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (self->rooms[i].room.bits) {
			out_words[count++] = self->rooms[i].room.bits;
		}
	}
	return count;
}

struct chat_request *chat_session_request(const struct chat_session *self,
                                          const struct chat_ask *ask)
{
	uint64_t rooms[CHAT_ROOMS_MAX];
	struct chat_tail tail = {
	        .rooms = rooms,
	        .room_count = ask->tells_rooms ? room_addresses(self, rooms) : 0,
	        .text = ask->text,
	        .text_size = ask->text_size,
	};
	struct chat_request *request = chat_request_new(ask->verb, &tail);
	if (request) {
		request->from = self->me;
		request->serial = ask->serial;
		request->membership = ask->membership;
		request->event = self->event;
		chat_copy(request->name, sizeof(request->name), ask->name ? ask->name : "");
	}
	return request;
}

void chat_session_ask_directory(struct chat_session *self, const struct chat_ask *ask)
{
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, ask->name),
	                       chat_session_request(self, ask));
}

void chat_session_ask(struct chat_session *self, const struct chat_ask *ask)
{
	const struct chat_membership *membership = chat_membership_find(self, ask->name);
	if (!membership) {
		chat_session_ask_directory(self, ask);
		return;
	}
	(void)chat_outbox_post(&self->outbox, membership->room, chat_session_request(self, ask));
}

void chat_session_ask_and_wait(struct chat_session *self, struct chat_ask *ask)
{
	if (self->park != CHAT_PARKED_ANSWER) {
		chat_session_park(self, CHAT_PARKED_ANSWER);
		self->answers_pending = 0;
	}
	self->answers_pending++;
	ask->serial = self->serial;
	chat_session_ask(self, ask);
}

void chat_session_ask_rooms(struct chat_session *self, const struct chat_ask *ask)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (self->rooms[i].room.bits) {
			(void)chat_outbox_post(&self->outbox, self->rooms[i].room,
			                       chat_session_request(self, ask));
		}
	}
}

void chat_session_tell(struct chat_session *self, const struct chat_request *request,
                       enum chat_kind kind, const struct chat_tail *tail)
{
	struct chat_head head = {.kind = kind, .serial = request->serial};
	struct chat_fan *fan = chat_fan_new(&head, tail, 1);
	if (fan) {
		fan->words[0] = request->from.session.bits;
	}
	(void)chat_outbox_post(&self->outbox, self->server->couriers[self->me.driver], fan);
}

void chat_session_release(struct chat_session *self, const char *nick)
{
	struct chat_release *release = gatio_message_new(chat_release, 0);
	if (release) {
		release->session = self->me.session;
		chat_copy(release->nick, sizeof(release->nick), nick);
	}
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, nick), release);
}

void chat_session_release_wanted(struct chat_session *self)
{
	if (!chat_same_name(self->wanted, self->me.nick)) {
		chat_session_release(self, self->wanted);
	}
}

void chat_session_claim(struct chat_session *self, const char *nick, uint32_t serial)
{
	struct chat_claim *claim = gatio_message_new(chat_claim, 0);
	if (claim) {
		*claim = (struct chat_claim){
		        .user = self->me, .serial = serial, .is_away = self->away != NULL};
		chat_copy(claim->user.nick, sizeof(claim->user.nick), nick);
	}
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, nick), claim);
}

struct chat_membership *chat_membership_find(struct chat_session *self, const char *name)
{
	for (uint32_t i = 0; i < self->room_count; i++) {
		if (self->rooms[i].room.bits && chat_same_name(self->rooms[i].name, name)) {
			return &self->rooms[i];
		}
	}
	return NULL;
}

void chat_membership_remove(struct chat_session *self, struct chat_membership *membership)
{
	*membership = self->rooms[--self->room_count];
}
