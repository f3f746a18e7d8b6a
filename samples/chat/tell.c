/* SPDX-License-Identifier: Apache-2.0 */
/* Tell: what the hub says, by way of the couriers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "samples/chat/room.h"

enum {
	WEIGHT_SIZE = 1024,        /* bytes of a long answer that count as one delivery */
	REPLY_KEPT_MAX = 64 << 10, /* bytes of a reply whose memory is kept for the next */
};

/* A driver that hands on nothing for so long is stuck: nobody waits for it. */
#define STUCK_NS GATIO_SECONDS(1)

/* weight: of one delivery. What is light has none. */
static void send(struct chat_hub *self, uint32_t driver, struct chat_fan *fan, uint32_t weight)
{
	struct chat_lane *lane = &self->lanes[driver];
	uint32_t load = weight ? self->load : CHAT_LIGHT;
	uint64_t sum = 0;
	if (fan && load != CHAT_LIGHT) {
		fan->load = load;
		fan->weight = weight;
		sum = (uint64_t)weight * fan->address_count;
	}
	if (sum && lane->sent[load] == lane->handed[load]) {
		lane->handed_ns = gatio_now_ns();
	}
	lane->outbox.to = self->server->couriers[driver];
	if (chat_outbox_post(&lane->outbox, fan) == 0) {
		lane->sent[load] += sum;
	}
}

static void send_to_asker(struct chat_hub *self, struct chat_fan *fan, uint32_t weight)
{
	if (fan) {
		fan->words[0] = self->asker.bits;
	}
	send(self, self->asker_driver, fan, weight);
}

bool chat_hub_is_busy(const struct chat_hub *self, enum chat_load load)
{
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		const struct chat_lane *lane = &self->lanes[i];
		bool is_stuck = gatio_now_ns() - lane->handed_ns > STUCK_NS;
		if (lane->sent[load] - lane->handed[load] > self->server->under_way_max &&
		    !is_stuck) {
			return true;
		}
	}
	return false;
}

/* ---- To the one that asked --------------------------------------------------------------------------------------- */

static void send_reply(struct chat_hub *self, const struct chat_head *head)
{
	struct chat_text text = {self->reply.bytes, self->reply.size};
	send_to_asker(self, chat_fan_new(head, &text, 1), (uint32_t)text.size / WEIGHT_SIZE);
	if (self->reply.has_failed || self->reply.capacity > REPLY_KEPT_MAX) {
		chat_lines_clear(&self->reply);
	}
	self->reply.size = 0;
}

void chat_hub_flush(struct chat_hub *self)
{
	static const struct chat_head head = {.kind = CHAT_TEXT};
	if (self->reply.size) {
		send_reply(self, &head);
	}
}

void chat_hub_answer(struct chat_hub *self)
{
	if (self->answer_words.bytes) {
		chat_hub_flush(self);
		send_to_asker(self, chat_fan_new(&self->answer, &self->answer_words, 1), 0);
		return;
	}
	send_reply(self, &self->answer);
}

void chat_hub_line(struct chat_hub *self, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	chat_lines_add_v(&self->reply, format, arguments);
	va_end(arguments);
}

void chat_hub_reply(struct chat_hub *self, enum chat_numeric number, const char *format, ...)
{
	char rest[CHAT_LINE_MAX];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(rest, sizeof(rest), format, arguments);
	va_end(arguments);
	chat_lines_add(&self->reply, ":%s %03d %s %s", self->server->name, (int)number,
	               self->by ? self->by->nick : "*", rest);
}

void chat_hub_error(struct chat_hub *self, enum chat_numeric number, const char *subject)
{
	char word[CHAT_LINE_MAX] = "";
	if (*subject) {
		chat_word(word, sizeof(word), subject);
	}
	chat_hub_reply(self, number, "%s%s:%s", word, *word ? " " : "", chat_numeric_text(number));
}

void chat_hub_error_of(struct chat_hub *self, enum chat_numeric number, const char *first,
                       const char *second)
{
	char words[2][CHAT_LINE_MAX / 2];
	chat_word(words[0], sizeof(words[0]), first);
	chat_word(words[1], sizeof(words[1]), second);
	chat_hub_reply(self, number, "%s %s :%s", words[0], words[1], chat_numeric_text(number));
}

/* ---- To others --------------------------------------------------------------------------------------------------- */

void chat_hub_tell(struct chat_hub *self, const struct chat_person *to, const char *format, ...)
{
	static const struct chat_head head = {.kind = CHAT_TEXT};
	chat_line line;
	va_list arguments;
	va_start(arguments, format);
	struct chat_text text = {line, chat_line_make_v(line, format, arguments)};
	va_end(arguments);
	chat_hub_flush(self);
	struct chat_fan *fan = chat_fan_new(&head, &text, 1);
	if (fan) {
		fan->words[0] = to->session.bits;
	}
	send(self, to->driver, fan, 0);
}

void chat_audience_begin(struct chat_hub *self, const struct chat_person *except)
{
	self->mark++;
	self->except = except;
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		self->lanes[i].session_count = 0;
	}
}

void chat_audience_add(struct chat_hub *self, const struct chat_room *room)
{
	for (uint32_t i = 0; i < room->member_count; i++) {
		struct chat_person *person = room->members[i].person;
		if (person->mark != self->mark && !person->is_gone && person != self->except) {
			struct chat_lane *lane = &self->lanes[person->driver];
			person->mark = self->mark;
			lane->sessions[lane->session_count++] = person->session.bits;
		}
	}
}

/* One message for each driver where somebody listens, whoever it is. */
static void tell_audience(struct chat_hub *self, const struct chat_text *text)
{
	static const struct chat_head head = {.kind = CHAT_TEXT};
	chat_hub_flush(self);
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		const struct chat_lane *lane = &self->lanes[i];
		uint32_t count = lane->session_count;
		if (count == 0) {
			continue;
		}
		struct chat_fan *fan = chat_fan_new(&head, text, count);
		if (fan) {
			memcpy(fan->words, lane->sessions, count * sizeof(fan->words[0]));
		}
		send(self, i, fan, 1);
	}
}

void chat_audience_tell(struct chat_hub *self, const char *format, ...)
{
	chat_line line;
	va_list arguments;
	va_start(arguments, format);
	struct chat_text text = {line, chat_line_make_v(line, format, arguments)};
	va_end(arguments);
	tell_audience(self, &text);
}

void chat_room_tell(struct chat_hub *self, const struct chat_room *room,
                    const struct chat_person *except, const char *format, ...)
{
	chat_line line;
	va_list arguments;
	va_start(arguments, format);
	struct chat_text text = {line, chat_line_make_v(line, format, arguments)};
	va_end(arguments);
	chat_audience_begin(self, except);
	chat_audience_add(self, room);
	tell_audience(self, &text);
}
