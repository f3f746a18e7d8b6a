/* SPDX-License-Identifier: Apache-2.0 */
/* Message: made with, and taken apart into, fixed part and tail. */
#include "samples/chat/message.h"

#include <string.h>

/* Rooms and text, with a zero behind the text so that it can be used as a string. */
static size_t tail_size(const struct chat_tail *tail)
{
	return tail->room_count * sizeof(uint64_t) + tail->text_size + 1;
}

static void tail_write(uint64_t *words, const struct chat_tail *tail)
{
	char *text = (char *)(words + tail->room_count);
	if (tail->room_count) {
		memcpy(words, tail->rooms, tail->room_count * sizeof(uint64_t));
	}
	if (tail->text_size) {
		memcpy(text, tail->text, tail->text_size);
	}
	text[tail->text_size] = '\0';
}

static struct chat_tail tail_of(const uint64_t *words, uint32_t room_count, uint32_t text_size)
{
	return (struct chat_tail){
	        .rooms = words,
	        .room_count = room_count,
	        .text = (const char *)(words + room_count),
	        .text_size = text_size,
	};
}

struct chat_request *chat_request_new(enum chat_verb verb, const struct chat_tail *tail)
{
	struct chat_request *request = gatio_message_new(chat_request, tail_size(tail));
	if (!request) {
		return NULL;
	}
	memset(request, 0, sizeof(*request));
	request->verb = verb;
	request->room_count = tail->room_count;
	request->text_size = (uint32_t)tail->text_size;
	tail_write(request->words, tail);
	return request;
}

static void head_fill(struct chat_head *out_head, const struct chat_head *head,
                      const struct chat_tail *tail)
{
	*out_head = *head;
	out_head->room_count = tail->room_count;
	out_head->text_size = (uint32_t)tail->text_size;
}

struct chat_fan *chat_fan_new(const struct chat_head *head, const struct chat_tail *tail,
                              uint32_t address_count)
{
	struct chat_fan *fan =
	        gatio_message_new(chat_fan, address_count * sizeof(uint64_t) + tail_size(tail));
	if (!fan) {
		return NULL;
	}
	head_fill(&fan->head, head, tail);
	fan->address_count = address_count;
	tail_write(fan->words + address_count, tail);
	return fan;
}

struct chat_deliver *chat_deliver_new(const struct chat_head *head, const struct chat_tail *tail)
{
	struct chat_deliver *deliver = gatio_message_new(chat_deliver, tail_size(tail));
	if (!deliver) {
		return NULL;
	}
	head_fill(&deliver->head, head, tail);
	tail_write(deliver->words, tail);
	return deliver;
}

struct chat_tail chat_request_tail(const struct chat_request *request)
{
	return tail_of(request->words, request->room_count, request->text_size);
}

struct chat_tail chat_fan_tail(const struct chat_fan *fan)
{
	return tail_of(fan->words + fan->address_count, fan->head.room_count, fan->head.text_size);
}

struct chat_tail chat_deliver_tail(const struct chat_deliver *deliver)
{
	return tail_of(deliver->words, deliver->head.room_count, deliver->head.text_size);
}

unsigned chat_words(const struct chat_tail *tail, const char **out_words, unsigned max)
{
	unsigned count = 0;
	size_t at = 0;
	while (count < max && at < tail->text_size) {
		out_words[count++] = tail->text + at;
		at += strlen(tail->text + at) + 1;
	}
	return count;
}
