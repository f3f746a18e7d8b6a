/* SPDX-License-Identifier: Apache-2.0 */
/* Collect: questions that go to all directories, and what becomes of their answers. */
#include <inttypes.h>
#include <string.h>

#include "samples/chat/session.h"

enum { FOUND_SIZE = 400 }; /* of ISON and USERHOST: one line with what stands before it */

static void clear(struct chat_session *self)
{
	gatio_free(self->collect.text);
	self->collect = (struct chat_collect){.verb = 0};
}

static void ask_directory(struct chat_session *self, uint32_t index, const struct chat_tail *words)
{
	struct chat_ask ask = {
	        .verb = self->collect.verb,
	        .serial = self->serial,
	        .text = words->text,
	        .text_size = words->text_size,
	        .tells_rooms = self->collect.verb == CHAT_LIST,
	};
	struct chat_request *request = chat_session_request(self, &ask);
	if (request) {
		request->cursor = self->collect.cursor;
	}
	(void)chat_outbox_post(&self->outbox, self->server->directories[index], request);
}

/* ---- LIST: one directory after the other, page by page, no faster than the peer reads ---------------------------- */

static void list_ask(struct chat_session *self)
{
	struct chat_tail words = {.text = self->collect.text, .text_size = self->collect.text_size};
	uint32_t index = self->server->directory_count - self->collect.answers_left;
	chat_session_park(self, CHAT_PARKED_LIST);
	ask_directory(self, index, &words);
}

static void list_end(struct chat_session *self)
{
	chat_session_reply(self, RPL_LISTEND, ":End of /LIST");
	clear(self);
}

static void list_next(struct chat_session *self, const struct chat_result *result)
{
	struct chat_collect *collect = &self->collect;
	chat_session_unpark(self);
	chat_session_write(self, result->text, result->text_size);
	collect->cursor = result->cursor;
	if (result->cursor == 0) {
		collect->answers_left--;
		collect->cursor = UINT32_MAX;
	}
	if (collect->answers_left == 0) {
		list_end(self);
	} else if (gatio_write_waiting() > self->server->sendq_size / 4) {
		self->park = CHAT_PARKED_LIST; /* no deadline here: the write deadline holds */
		self->park_until_ns = UINT64_MAX;
		collect->waits_for_peer = true;
	} else if (!self->is_leaving) {
		list_ask(self);
	}
}

void chat_session_list_more(struct chat_session *self)
{
	if (self->park == CHAT_PARKED_LIST && self->collect.waits_for_peer && !self->is_leaving) {
		self->collect.waits_for_peer = false;
		list_ask(self);
	}
}

/* ---- Counts, ISON, USERHOST ------------------------------------------------------------------------------------- */

void chat_session_collect(struct chat_session *self, enum chat_verb verb,
                          const struct chat_tail *words)
{
	self->collect =
	        (struct chat_collect){.verb = verb, .answers_left = self->server->directory_count};
	if (verb == CHAT_LIST) {
		self->collect.cursor = UINT32_MAX;
		self->collect.text = words->text_size ? gatio_alloc(words->text_size) : NULL;
		if (self->collect.text) {
			memcpy(self->collect.text, words->text, words->text_size);
			self->collect.text_size = (uint32_t)words->text_size;
		}
		chat_session_reply(self, RPL_LISTSTART, "Channel :Users Name");
		list_ask(self);
		return;
	}
	chat_session_park(self, CHAT_PARKED_COLLECT);
	for (uint32_t i = 0; i < self->server->directory_count; i++) {
		ask_directory(self, i, words);
	}
}

/* Add what one directory has found, a line a nick, as words of one line. What does not fit is left out. */
static void add_found(struct chat_session *self, const struct chat_result *result)
{
	struct chat_collect *collect = &self->collect;
	if (result->text_size && !collect->text) {
		collect->text = gatio_alloc(FOUND_SIZE);
	}
	const char *at = result->text;
	while (collect->text && *at) {
		size_t size = strcspn(at, "\r");
		if (collect->text_size + size + 1 < FOUND_SIZE) {
			memcpy(collect->text + collect->text_size, at, size);
			collect->text_size += (uint32_t)size;
			collect->text[collect->text_size++] = ' ';
		}
		at += size + strspn(at + size, "\r\n");
	}
}

static void show_counts(struct chat_session *self)
{
	const struct chat_collect *collect = &self->collect;
	chat_session_reply(self, RPL_LUSERCLIENT,
	                   ":There are %" PRIu64 " users and 0 invisible on 1 servers",
	                   collect->user_count);
	chat_session_reply(self, RPL_LUSEROP, "0 :operator(s) online");
	chat_session_reply(self, RPL_LUSERCHANNELS, "%" PRIu64 " :channels formed",
	                   collect->room_count);
	chat_session_reply(self, RPL_LUSERME, ":I have %" PRIu64 " clients and 0 servers",
	                   collect->user_count);
}

/* All answers are here, or will not come. */
static void finish(struct chat_session *self)
{
	struct chat_collect *collect = &self->collect;
	switch (collect->verb) {
	case CHAT_ISON:
	case CHAT_USERHOST:
		chat_session_reply(self, collect->verb == CHAT_ISON ? RPL_ISON : RPL_USERHOST,
		                   ":%.*s", (int)collect->text_size,
		                   collect->text ? collect->text : "");
		break;
	case CHAT_LIST:
		list_end(self);
		break;
	default:
		if (collect->is_registration) {
			chat_session_welcome(self);
		}
		show_counts(self);
		if (collect->is_registration) {
			chat_session_motd(self);
		}
	}
	clear(self);
}

static void on_counted(struct chat_session *self, const struct chat_result *result)
{
	self->collect.user_count += result->user_count;
	self->collect.room_count += result->room_count;
	add_found(self, result);
	if (--self->collect.answers_left == 0) {
		chat_session_unpark(self);
		finish(self);
	}
}

/* ---- INVITE: whose session has this nick? ------------------------------------------------------------------------ */

static void on_resolved(struct chat_session *self, const struct chat_result *result)
{
	chat_session_unpark(self);
	const struct chat_membership *membership = chat_membership_find(self, self->wanted);
	if (!result->other.session.bits) {
		chat_session_error(self, ERR_NOSUCHNICK, result->other.nick);
		return;
	}
	if (!membership) {
		chat_session_error(self, ERR_NOTONCHANNEL, self->wanted);
		return;
	}
	struct chat_ask ask = {.verb = CHAT_INVITE, .name = self->wanted};
	ask.serial = chat_session_park(self, CHAT_PARKED_ANSWER);
	self->answers_pending = 1;
	struct chat_request *request = chat_session_request(self, &ask);
	if (request) {
		request->other = result->other;
	}
	(void)chat_outbox_post(&self->outbox, membership->room, request);
}

void chat_session_on_result(struct chat_session *self, const struct chat_result *result)
{
	if (self->is_leaving || self->park == CHAT_NOT_PARKED || result->serial != self->serial) {
		return; /* given up */
	}
	switch (self->park) {
	case CHAT_PARKED_LIST:
		list_next(self, result);
		break;
	case CHAT_PARKED_RESOLVE:
		on_resolved(self, result);
		break;
	default:
		on_counted(self, result);
	}
	chat_session_go_on(self);
}

/* ---- No answer in time ------------------------------------------------------------------------------------------- */

/* The room may still let us in: the good-bye follows the JOIN by the same way. */
static void give_up_joins(struct chat_session *self)
{
	for (uint32_t i = self->room_count; i > 0; i--) {
		struct chat_membership *membership = &self->rooms[i - 1];
		if (membership->room.bits) {
			continue;
		}
		struct chat_ask ask = {.verb = CHAT_PART,
		                       .name = membership->name,
		                       .membership = membership->serial};
		chat_session_ask_directory(self, &ask);
		struct chat_room_suspect *suspect = gatio_message_new(chat_room_suspect, 0);
		if (suspect) {
			memcpy(suspect->name, membership->name, sizeof(suspect->name));
		}
		(void)chat_outbox_post(&self->outbox,
		                       chat_directory_of(self->server, membership->name), suspect);
		chat_session_error(self, ERR_UNAVAILRESOURCE, membership->name);
		chat_membership_remove(self, membership);
	}
}

void chat_session_give_up(struct chat_session *self)
{
	enum chat_park park = self->park;
	chat_session_unpark(self);
	switch (park) {
	case CHAT_PARKED_NICK:
		/* It may still be granted: the release follows the claim by the same way. */
		chat_session_release_wanted(self);
		chat_session_error(self, ERR_UNAVAILRESOURCE, self->wanted);
		break;
	case CHAT_PARKED_JOIN:
		give_up_joins(self);
		break;
	case CHAT_PARKED_RESOLVE:
		chat_session_error(self, ERR_UNAVAILRESOURCE, self->wanted);
		break;
	case CHAT_PARKED_COLLECT:
	case CHAT_PARKED_LIST:
		finish(self);
		break;
	default:
		break; /* an answer to a question: it has been lost */
	}
}
