/* SPDX-License-Identifier: Apache-2.0 */
/* Room: one channel, from its first JOIN to its last member's leaving. */
#include "samples/chat/room.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define GONE_NS GATIO_SECONDS(1)

static void on_started(struct chat_room *self)
{
	size_t size = self->server->driver_count * sizeof(self->shares[0]);
	self->shares = gatio_alloc(size);
	if (!self->shares) {
		gatio_exit(-ENOMEM);
		return;
	}
	memset(self->shares, 0, size);
	self->created = time(NULL);
	self->flags = CHAT_NO_OUTSIDE | CHAT_TOPIC_BY_OPS;
}

/* The directory decides: a JOIN may be on its way here. */
static void end_if_empty(struct chat_room *self)
{
	if (self->member_count > 0) {
		return;
	}
	struct chat_room_empty *empty = gatio_message_new(chat_room_empty, 0);
	if (empty) {
		empty->room = gatio_self();
		empty->join_count = self->join_count;
		memcpy(empty->name, self->name, sizeof(empty->name));
	}
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, self->name), empty);
}

/* Whoever waits for this room goes on. Behind all that was said to it. */
static void answer(struct chat_room *self, const struct chat_request *request)
{
	if (request->serial == 0) {
		return;
	}
	switch (request->verb) {
	case CHAT_PART:
	case CHAT_TOPIC:
	case CHAT_NAMES:
	case CHAT_WHO:
	case CHAT_MODE:
	case CHAT_KICK:
	case CHAT_INVITE: {
		struct chat_head head = {.kind = CHAT_ANSWER, .serial = request->serial};
		struct chat_lines nothing = {.bytes = NULL};
		chat_room_tell(self, &request->from, &head, &nothing);
		break;
	}
	default:
		break;
	}
}

static void on_request(struct chat_room *self, const struct chat_request *request)
{
	static const chat_room_verb_fn verbs[CHAT_ROOM_VERB_COUNT] = {
	        [CHAT_JOIN] = chat_room_join,   [CHAT_PART] = chat_room_part,
	        [CHAT_SAY] = chat_room_speak,   [CHAT_NOTICE] = chat_room_speak,
	        [CHAT_TOPIC] = chat_room_topic, [CHAT_NAMES] = chat_room_names,
	        [CHAT_WHO] = chat_room_who,     [CHAT_MODE] = chat_room_mode,
	        [CHAT_KICK] = chat_room_kick,   [CHAT_INVITE] = chat_room_invite,
	        [CHAT_AWAY] = chat_room_away,   [CHAT_RENAME] = chat_room_rename,
	        [CHAT_QUIT] = chat_room_quit,
	};
	uint32_t member_count = self->member_count;
	self->join_count += request->verb == CHAT_JOIN;
	verbs[request->verb](self, request);
	answer(self, request);
	if (self->member_count != member_count || request->verb == CHAT_JOIN) {
		chat_room_summarise(self);
		end_if_empty(self);
	}
}

static void on_gone(struct chat_room *self, const struct chat_gone *gone)
{
	struct chat_member *member = chat_member_find(self, gone->session);
	if (member && !member->is_doubted) {
		struct gatio_timer due =
		        gatio_after(GONE_NS, chat_gone_due, .session = gone->session);
		member->is_doubted = due.bits != 0; /* else the next line to it is the next try */
	}
}

static void on_gone_due(struct chat_room *self, const struct chat_gone_due *due)
{
	uint32_t member_count = self->member_count;
	chat_room_gone(self, due->session);
	if (self->member_count != member_count) {
		chat_room_summarise(self);
		end_if_empty(self);
	}
}

static void on_end(struct chat_room *self, const struct chat_room_end *end)
{
	(void)self;
	(void)end;
	gatio_exit(0);
}

static void on_check(struct chat_room *self, const struct chat_check *check)
{
	(void)self;
	(void)check;
	(void)gatio_reply(chat_alive);
}

static void on_retry(struct chat_room *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
}

static void on_ended(struct chat_room *self, int reason)
{
	(void)reason;
	chat_outbox_clear(&self->outbox);
}

/* A small budget: each message it handles can become one for every driver. */
GATIO_BEHAVIOR(chat_room, started(on_started), on(chat_request, on_request), on(chat_gone, on_gone),
               on(chat_gone_due, on_gone_due), on(chat_room_end, on_end), on(chat_check, on_check),
               on(chat_retry, on_retry), ended(on_ended), budget(8));
