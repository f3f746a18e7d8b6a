/* SPDX-License-Identifier: Apache-2.0 */
/* Query: questions to a directory about all the names that it owns. */
#include <string.h>

#include "samples/chat/directory.h"
#include "samples/chat/lines.h"
#include "samples/chat/mode.h"

enum { PAGE_CHANNELS = 64, NAMES_MAX = 256 };

static void answer(struct chat_directory *self, const struct chat_request *request,
                   const struct chat_result *fixed, const struct chat_lines *lines)
{
	struct chat_result *result = gatio_message_new(chat_result, lines->size + 1);
	if (result) {
		memcpy(result, fixed, sizeof(*result));
		result->verb = request->verb;
		result->serial = request->serial;
		result->text_size = (uint32_t)lines->size;
		if (lines->size) {
			memcpy(result->text, lines->bytes, lines->size);
		}
		result->text[lines->size] = '\0';
	}
	(void)chat_outbox_post(&self->outbox, request->from.session, result);
}

static void resolve(struct chat_directory *self, const struct chat_request *request,
                    struct chat_result *out_result)
{
	struct chat_person *person = chat_person_find(self, request->name);
	chat_copy(out_result->other.nick, sizeof(out_result->other.nick), request->name);
	if (person) {
		out_result->other = person->user;
	}
}

/* One line a nick, which the session puts together to one reply. */
static void find_persons(struct chat_directory *self, const struct chat_request *request,
                         struct chat_lines *out_lines)
{
	const char *nicks[NAMES_MAX];
	struct chat_tail tail = chat_request_tail(request);
	unsigned count = chat_words(&tail, nicks, NAMES_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct chat_person *person = chat_person_find(self, nicks[i]);
		if (person && request->verb == CHAT_ISON) {
			chat_lines_add(out_lines, "%s", person->user.nick);
		} else if (person) {
			chat_lines_add(out_lines, "%s=%c%s@%s", person->user.nick,
			               person->is_away ? '-' : '+', person->user.user,
			               person->user.host);
		}
	}
}

static bool is_shown(const struct chat_channel *channel, const struct chat_tail *tail)
{
	if ((channel->flags & (CHAT_SECRET | CHAT_PRIVATE)) == 0) {
		return channel->member_count > 0;
	}
	for (uint32_t i = 0; i < tail->room_count; i++) {
		if (tail->rooms[i] == channel->room.bits) {
			return true;
		}
	}
	return false;
}

static void list_channel(const struct chat_directory *self, const struct chat_request *request,
                         const struct chat_channel *channel, struct chat_lines *out_lines)
{
	struct chat_tail tail = chat_request_tail(request);
	if (is_shown(channel, &tail)) {
		chat_lines_add(out_lines, ":%s %03d %s %s %u :%s", self->server->name, RPL_LIST,
		               request->from.nick, channel->name, channel->member_count,
		               channel->topic ? channel->topic : "");
	}
}

static void list_named(struct chat_directory *self, const struct chat_request *request,
                       struct chat_lines *out_lines)
{
	const char *names[NAMES_MAX];
	struct chat_tail tail = chat_request_tail(request);
	unsigned count = chat_words(&tail, names, NAMES_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct chat_channel *channel = chat_channel_find(self, names[i]);
		if (channel) {
			list_channel(self, request, channel, out_lines);
		}
	}
}

/*
 * One page. From the last channel down: when one ends between two pages, the last takes its place, which can be shown
 * twice but not be left out.
 */
static void list_page(struct chat_directory *self, const struct chat_request *request,
                      struct chat_result *out_result, struct chat_lines *out_lines)
{
	uint32_t at = request->cursor < self->channel_count ? request->cursor : self->channel_count;
	for (unsigned i = 0; i < PAGE_CHANNELS && at > 0; i++) {
		list_channel(self, request, &self->channels[--at], out_lines);
	}
	out_result->cursor = at;
}

void chat_directory_answer(struct chat_directory *self, const struct chat_request *request)
{
	struct chat_result result = {.user_count = self->person_count,
	                             .room_count = self->channel_count};
	struct chat_lines lines = {.bytes = NULL};
	switch (request->verb) {
	case CHAT_RESOLVE:
		resolve(self, request, &result);
		break;
	case CHAT_ISON:
	case CHAT_USERHOST:
		find_persons(self, request, &lines);
		break;
	case CHAT_LIST:
		if (request->text_size) {
			list_named(self, request, &lines);
		} else {
			list_page(self, request, &result, &lines);
		}
		break;
	default:
		break; /* CHAT_CENSUS: the counts are in */
	}
	answer(self, request, &result, &lines);
	chat_lines_clear(&lines);
}
