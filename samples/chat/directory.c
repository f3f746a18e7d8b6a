/* SPDX-License-Identifier: Apache-2.0 */
/* Directory: owns a share of the names. */
#include "samples/chat/directory.h"

#include <errno.h>
#include <string.h>

#include "samples/chat/lines.h"
#include "samples/chat/mode.h"

/* ---- Is somebody still there? ----------------------------------------------------------------------------------- */

/*
 * A session or room that ended without a word (memory at its limit, its good-bye lost) leaves its name behind. When
 * somebody wants that name, its owner is asked; if it is no more, the next attempt succeeds.
 */
static void on_person_alive(struct chat_directory *self, const struct chat_alive *alive, int err)
{
	(void)alive;
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->person_index, gatio_tag(), &cursor, &position)) {
		struct chat_person *person = &self->persons[position];
		if (!person->is_checked) {
			continue;
		}
		person->is_checked = false;
		if (err == -ESRCH) {
			chat_person_remove(self, person);
			return;
		}
	}
}

static void on_channel_alive(struct chat_directory *self, const struct chat_alive *alive, int err)
{
	(void)alive;
	uint32_t cursor = 0;
	uint32_t position = 0;
	while (chat_index_next(&self->channel_index, gatio_tag(), &cursor, &position)) {
		struct chat_channel *channel = &self->channels[position];
		if (!channel->is_checked) {
			continue;
		}
		channel->is_checked = false;
		if (err == -ESRCH) {
			chat_channel_remove(self, channel);
			return;
		}
	}
}

GATIO_ANSWER(chat_directory, chat_alive, on_person_alive);
GATIO_ANSWER(chat_directory, chat_alive, on_channel_alive);

static void check_person(struct chat_directory *self, struct chat_person *person)
{
	if (!person->is_checked) {
		person->is_checked =
		        gatio_ask_tagged(person->hash, person->user.session, on_person_alive,
		                         self->server->answer_ns, chat_check) == 0;
	}
}

static void on_room_suspect(struct chat_directory *self, const struct chat_room_suspect *suspect)
{
	struct chat_channel *channel = chat_channel_find(self, suspect->name);
	if (channel && !channel->is_checked) {
		channel->is_checked =
		        gatio_ask_tagged(channel->hash, channel->room, on_channel_alive,
		                         self->server->answer_ns, chat_check) == 0;
	}
}

/* ---- Nicks ------------------------------------------------------------------------------------------------------ */

static void on_claim(struct chat_directory *self, const struct chat_claim *claim)
{
	int err = chat_person_claim(self, claim);
	if (err == -EEXIST) {
		check_person(self, chat_person_find(self, claim->user.nick));
	}
	struct chat_claimed *claimed = gatio_message_new(chat_claimed, 0);
	if (claimed) {
		*claimed = (struct chat_claimed){.serial = claim->serial, .is_granted = err == 0};
	}
	(void)chat_outbox_post(&self->outbox, claim->user.session, claimed);
}

static void on_release(struct chat_directory *self, const struct chat_release *release)
{
	struct chat_person *person = chat_person_find(self, release->nick);
	if (person && gatio_address_equal(person->user.session, release->session)) {
		chat_person_remove(self, person);
	}
}

/* ---- Rooms ------------------------------------------------------------------------------------------------------ */

static struct chat_channel *channel_of(struct chat_directory *self, const char *name,
                                       struct gatio_address room)
{
	struct chat_channel *channel = chat_channel_find(self, name);
	return channel && gatio_address_equal(channel->room, room) ? channel : NULL;
}

static void on_summary(struct chat_directory *self, const struct chat_summary *summary)
{
	struct chat_channel *channel = channel_of(self, summary->name, summary->room);
	if (channel) {
		chat_channel_update(channel, summary);
	}
}

static void on_room_empty(struct chat_directory *self, const struct chat_room_empty *empty)
{
	struct chat_channel *channel = channel_of(self, empty->name, empty->room);
	if (channel && channel->join_count != empty->join_count) {
		return; /* a JOIN is on its way to it */
	}
	if (channel) {
		chat_channel_remove(self, channel);
	}
	(void)chat_outbox_post(&self->outbox, empty->room, gatio_message_new(chat_room_end, 0));
}

/* ---- By name ---------------------------------------------------------------------------------------------------- */

/* Tell the one who asked, through the courier of its driver. */
static void tell(struct chat_directory *self, const struct chat_request *request,
                 const struct chat_lines *lines)
{
	struct chat_head head = {
	        .kind = request->verb == CHAT_JOIN ? CHAT_REFUSED : CHAT_ANSWER,
	        .serial = request->serial,
	};
	struct chat_tail tail = {.text = lines->bytes, .text_size = lines->size};
	struct chat_fan *fan = chat_fan_new(&head, &tail, 1);
	if (fan) {
		fan->words[0] = request->from.session.bits;
	}
	(void)chat_outbox_post(&self->outbox, self->server->couriers[request->from.driver], fan);
}

static void refuse(struct chat_directory *self, const struct chat_request *request,
                   enum chat_numeric number)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_reply reply = {self->server, request->from.nick, number};
	chat_lines_error(&lines, &reply, request->name);
	tell(self, request, &lines);
	chat_lines_clear(&lines);
}

/* What a request gets that finds nobody: an error, or just the end of a list. */
static void find_nobody(struct chat_directory *self, const struct chat_request *request)
{
	static const struct {
		enum chat_numeric error;
		enum chat_numeric end;
		const char *text;
	} answers[CHAT_PERSON_VERB_END] = {
	        [CHAT_SAY] = {.error = ERR_NOSUCHCHANNEL},
	        [CHAT_TOPIC] = {.error = ERR_NOSUCHCHANNEL},
	        [CHAT_MODE] = {.error = ERR_NOSUCHCHANNEL},
	        [CHAT_KICK] = {.error = ERR_NOSUCHCHANNEL},
	        [CHAT_NAMES] = {.end = RPL_ENDOFNAMES, .text = "End of /NAMES list"},
	        [CHAT_WHO] = {.end = RPL_ENDOFWHO, .text = "End of /WHO list"},
	        [CHAT_WHO_PERSON] = {.end = RPL_ENDOFWHO, .text = "End of /WHO list"},
	        [CHAT_TELL] = {.error = ERR_NOSUCHNICK},
	        [CHAT_WHOIS] = {ERR_NOSUCHNICK, RPL_ENDOFWHOIS, "End of /WHOIS list"},
	};
	struct chat_lines lines = {.bytes = NULL};
	struct chat_reply reply = {self->server, request->from.nick, answers[request->verb].error};
	if (reply.number) {
		chat_lines_error(&lines, &reply, request->name);
	}
	if (answers[request->verb].end) {
		chat_lines_add(&lines, ":%s %03d %s %s :%s", self->server->name,
		               (int)answers[request->verb].end, request->from.nick, request->name,
		               answers[request->verb].text);
	}
	if (lines.size) { /* a NOTICE or a late PART is not answered */
		tell(self, request, &lines);
	}
	chat_lines_clear(&lines);
}

static struct gatio_address room_for(struct chat_directory *self,
                                     const struct chat_request *request)
{
	struct chat_channel *channel = chat_channel_find(self, request->name);
	if (!channel && request->verb == CHAT_JOIN) {
		channel = chat_channel_make(self, request->name);
	}
	if (!channel) {
		return GATIO_NOBODY;
	}
	channel->join_count += request->verb == CHAT_JOIN;
	return channel->room;
}

static void on_request(struct chat_directory *self, const struct chat_request *request)
{
	if (request->verb >= CHAT_PERSON_VERB_END) {
		chat_directory_answer(self, request);
		return;
	}
	struct gatio_address to;
	if (request->verb < CHAT_ROOM_VERB_COUNT) {
		to = room_for(self, request);
	} else {
		struct chat_person *person = chat_person_find(self, request->name);
		to = person ? person->user.session : GATIO_NOBODY;
	}
	if (gatio_address_equal(to, GATIO_NOBODY)) {
		if (request->verb == CHAT_JOIN) {
			refuse(self, request, ERR_UNAVAILRESOURCE);
		} else {
			find_nobody(self, request);
		}
		return;
	}
	(void)chat_outbox_post(&self->outbox, to, gatio_message_keep(request));
}

static void on_retry(struct chat_directory *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
}

static void on_ended(struct chat_directory *self, int reason)
{
	(void)reason;
	chat_outbox_clear(&self->outbox);
}

GATIO_BEHAVIOR(chat_directory, on(chat_claim, on_claim), on(chat_release, on_release),
               on(chat_request, on_request), on(chat_summary, on_summary),
               on(chat_room_empty, on_room_empty), on(chat_room_suspect, on_room_suspect),
               on(chat_retry, on_retry), ended(on_ended));
