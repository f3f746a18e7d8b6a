/* SPDX-License-Identifier: Apache-2.0 */
/* Message: made with, and taken apart into, fixed part and text. */
#include "samples/chat/message.h"

#include <string.h>

/* With a zero behind it, so that it can be used as a string. */
static void put_text(char *out, const struct chat_text *text)
{
	if (text->size) {
		memcpy(out, text->bytes, text->size);
	}
	out[text->size] = '\0';
}

struct chat_request *chat_request_new(enum chat_verb verb, const struct chat_text *text)
{
	struct chat_request *request = gatio_message_new(chat_request, text->size + 1);
	if (request) {
		*request = (struct chat_request){.verb = verb, .text_size = (uint32_t)text->size};
		put_text(request->text, text);
	}
	return request;
}

struct chat_deliver *chat_deliver_new(const struct chat_head *head, const struct chat_text *text)
{
	struct chat_deliver *deliver = gatio_message_new(chat_deliver, text->size + 1);
	if (deliver) {
		deliver->head = *head;
		deliver->head.text_size = (uint32_t)text->size;
		put_text(deliver->text, text);
	}
	return deliver;
}

struct chat_fan *chat_fan_new(const struct chat_head *head, const struct chat_text *text,
                              uint32_t address_count)
{
	struct chat_fan *fan =
	        gatio_message_new(chat_fan, address_count * sizeof(uint64_t) + text->size + 1);
	if (fan) {
		fan->head = *head;
		fan->head.text_size = (uint32_t)text->size;
		fan->address_count = address_count;
		fan->load = CHAT_LIGHT;
		fan->weight = 0;
		put_text((char *)(fan->words + address_count), text);
	}
	return fan;
}

struct chat_text chat_fan_text(const struct chat_fan *fan)
{
	return (struct chat_text){(const char *)(fan->words + fan->address_count),
	                          fan->head.text_size};
}
