/* SPDX-License-Identifier: Apache-2.0 */
/* Speak: what a room says, by way of the couriers. */
#include <stdarg.h>
#include <string.h>

#include "samples/chat/line.h"
#include "samples/chat/room.h"

static void post(struct chat_room *self, uint32_t driver, struct chat_fan *fan)
{
	(void)chat_outbox_post(&self->outbox, self->server->couriers[driver], fan);
}

static struct chat_head complete(const struct chat_room *self, const struct chat_head *head)
{
	struct chat_head full = *head;
	full.room = gatio_self();
	full.flags = self->flags;
	return full;
}

void chat_room_tell(struct chat_room *self, const struct chat_user *to,
                    const struct chat_head *head, const struct chat_lines *lines)
{
	struct chat_tail tail = {.text = lines->bytes, .text_size = lines->size};
	struct chat_head full = complete(self, head);
	struct chat_fan *fan = chat_fan_new(&full, &tail, 1);
	if (fan) {
		fan->words[0] = to->session.bits;
	}
	post(self, to->driver, fan);
}

/* One message for each driver with members, addressed to all members there. */
static void make_shares(struct chat_room *self, const struct chat_head *head,
                        const struct chat_tail *tail, const struct chat_member *left_out)
{
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		struct chat_share *share = &self->shares[i];
		uint32_t count = share->member_count;
		if (left_out && left_out->user.driver == i) {
			count--;
		}
		share->filled = 0;
		share->fan = NULL;
		if (count > 0) {
			share->fan = chat_fan_new(head, tail, count);
			self->outbox.lost += share->fan == NULL;
		}
	}
}

void chat_room_cast(struct chat_room *self, const struct chat_head *head,
                    const struct chat_tail *tail, struct gatio_address except)
{
	struct chat_head full = complete(self, head);
	const struct chat_member *left_out = chat_member_find(self, except);
	make_shares(self, &full, tail, left_out);
	for (uint32_t i = 0; i < self->member_count; i++) {
		const struct chat_member *member = &self->members[i];
		struct chat_share *share = &self->shares[member->user.driver];
		if (share->fan && member != left_out) {
			share->fan->words[share->filled++] = member->user.session.bits;
		}
	}
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		if (self->shares[i].fan) {
			post(self, i, self->shares[i].fan);
			self->shares[i].fan = NULL;
		}
	}
}

void chat_room_cast_event(struct chat_room *self, const struct chat_request *request)
{
	struct chat_tail tail = chat_request_tail(request);
	struct chat_head head = {
	        .kind = CHAT_EVENT, .origin = request->from.session, .event = request->event};
	chat_room_cast(self, &head, &tail, request->from.session);
}

void chat_room_say(struct chat_room *self, const char *format, ...)
{
	chat_line line;
	va_list arguments;
	va_start(arguments, format);
	struct chat_tail tail = {.text = line,
	                         .text_size = chat_line_make_v(line, format, arguments)};
	va_end(arguments);
	struct chat_head head = {.kind = CHAT_TEXT};
	chat_room_cast(self, &head, &tail, GATIO_NOBODY);
}

void chat_room_error(struct chat_room *self, const struct chat_user *to, enum chat_numeric number,
                     const char *subject)
{
	struct chat_lines lines = {.bytes = NULL};
	struct chat_reply reply = {self->server, to->nick, number};
	struct chat_head head = {.kind = CHAT_TEXT};
	chat_lines_error(&lines, &reply, subject);
	chat_room_tell(self, to, &head, &lines);
	chat_lines_clear(&lines);
}

void chat_room_summarise(struct chat_room *self)
{
	struct chat_summary *summary = gatio_message_new(chat_summary, 0);
	if (summary) {
		summary->room = gatio_self();
		summary->member_count = self->member_count;
		summary->flags = self->flags;
		memcpy(summary->name, self->name, sizeof(summary->name));
		memcpy(summary->topic, self->topic, sizeof(summary->topic));
	}
	(void)chat_outbox_post(&self->outbox, chat_directory_of(self->server, self->name), summary);
}
