/* SPDX-License-Identifier: Apache-2.0 */
/* Courier: hands what comes from elsewhere to the sessions of its driver, and says good-bye for them. */
#include "samples/chat/courier.h"

#include <errno.h>
#include <string.h>

static void report_gone(struct chat_courier *self, struct gatio_address room,
                        struct gatio_address session)
{
	struct chat_gone *gone = gatio_message_new(chat_gone, 0);
	if (gone) {
		gone->session = session;
	}
	(void)chat_outbox_post(&self->outbox, room, gone);
}

static void on_fan(struct chat_courier *self, const struct chat_fan *fan)
{
	struct chat_tail tail = chat_fan_tail(fan);
	bool is_of_room = !gatio_address_equal(fan->head.room, GATIO_NOBODY);
	for (uint32_t i = 0; i < fan->address_count; i++) {
		struct gatio_address session = {fan->words[i]};
		int err = chat_outbox_post(&self->outbox, session,
		                           chat_deliver_new(&fan->head, &tail));
		if (err == -ESRCH && is_of_room) {
			report_gone(self, fan->head.room, session);
		}
	}
}

static void say_quit(struct chat_courier *self, const struct chat_request *farewell)
{
	struct chat_tail tail = chat_request_tail(farewell);
	for (uint32_t i = 0; i < tail.room_count; i++) {
		struct chat_request *quit = chat_request_new(CHAT_QUIT, &tail);
		if (quit) {
			quit->from = farewell->from;
			quit->event = farewell->event;
		}
		(void)chat_outbox_post(&self->outbox, (struct gatio_address){tail.rooms[i]}, quit);
	}
	if (farewell->from.nick[0] == '\0') {
		return;
	}
	struct chat_release *release = gatio_message_new(chat_release, 0);
	if (release) {
		release->session = farewell->from.session;
		memcpy(release->nick, farewell->from.nick, sizeof(release->nick));
	}
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, farewell->from.nick),
	                       release);
}

/* A session of this driver ends and finds its ways full: what it could not wait to say is said here. */
static void on_farewell(struct chat_courier *self, const struct chat_request *farewell)
{
	if (farewell->verb == CHAT_QUIT) {
		say_quit(self, farewell);
	} else {
		(void)chat_outbox_post(&self->outbox,
		                       chat_directory_of(self->server, farewell->name),
		                       gatio_message_keep(farewell));
	}
}

static void on_retry(struct chat_courier *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
}

static void on_ended(struct chat_courier *self, int reason)
{
	(void)reason;
	chat_outbox_clear(&self->outbox);
}

GATIO_BEHAVIOR(chat_courier, on(chat_fan, on_fan), on(chat_request, on_farewell),
               on(chat_retry, on_retry), ended(on_ended), priority(GATIO_URGENT));
