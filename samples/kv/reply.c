/* SPDX-License-Identifier: Apache-2.0 */
/* Reply: the writer of RESP. */
#include "samples/kv/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include <gatio/actor.h>

#define FIRST_CAPACITY 256
#define ERROR_SIZE_MAX 2560

void kv_reply_finish(struct kv_reply *reply)
{
	gatio_free(reply->bytes);
	*reply = (struct kv_reply){.is_resp3 = reply->is_resp3};
}

static bool grow(struct kv_reply *reply, size_t size)
{
	size_t capacity = reply->capacity ? reply->capacity * 2 : FIRST_CAPACITY;
	if (capacity < reply->size + size) {
		capacity = reply->size + size;
	}
	uint8_t *bytes = gatio_realloc(reply->bytes, capacity);
	if (!bytes) {
		reply->has_failed = true;
		return false;
	}
	reply->bytes = bytes;
	reply->capacity = capacity;
	return true;
}

uint8_t *kv_reply_room(struct kv_reply *reply, size_t size)
{
	if (reply->capacity - reply->size < size && !grow(reply, size)) {
		return NULL;
	}
	return reply->bytes + reply->size;
}

void kv_reply_added(struct kv_reply *reply, size_t size)
{
	reply->size += size;
}

void kv_reply_raw(struct kv_reply *reply, const void *bytes, size_t size)
{
	/* No bytes may also be no address. */
	uint8_t *room = size > 0 ? kv_reply_room(reply, size) : NULL;
	if (room) {
		memcpy(room, bytes, size);
		reply->size += size;
	}
}

/* "<type>123\r\n" and room for `more` bytes behind it. */
static uint8_t *put_head(struct kv_reply *reply, char type, uint64_t value, size_t more)
{
	uint8_t *room = kv_reply_room(reply, 1 + KV_INT_SIZE + 2 + more);
	if (!room) {
		return NULL;
	}
	room[0] = (uint8_t)type;
	size_t digits = kv_unsigned_write((char *)room + 1, value);
	room[1 + digits] = '\r';
	room[2 + digits] = '\n';
	reply->size += digits + 3;
	return room + digits + 3;
}

void kv_reply_bulk(struct kv_reply *reply, struct kv_slice value)
{
	uint8_t *room = put_head(reply, '$', value.size, value.size + 2);
	if (room) {
		memcpy(room, value.data, value.size);
		kv_put_line_end(room + value.size);
		reply->size += value.size + 2;
	}
}

void kv_reply_text(struct kv_reply *reply, const char *value)
{
	kv_reply_bulk(reply, kv_text(value));
}

void kv_reply_int(struct kv_reply *reply, int64_t value)
{
	char text[1 + KV_INT_SIZE + 2];
	text[0] = ':';
	size_t size = 1 + kv_int_write(text + 1, value);
	text[size++] = '\r';
	text[size++] = '\n';
	kv_reply_raw(reply, text, size);
}

void kv_reply_null(struct kv_reply *reply)
{
	if (reply->is_resp3) {
		kv_reply_raw(reply, "_\r\n", 3);
	} else {
		kv_reply_raw(reply, "$-1\r\n", 5);
	}
}

void kv_reply_ok(struct kv_reply *reply)
{
	kv_reply_raw(reply, "+OK\r\n", 5);
}

void kv_reply_status(struct kv_reply *reply, const char *status)
{
	kv_reply_raw(reply, "+", 1);
	kv_reply_raw(reply, status, strlen(status));
	kv_reply_raw(reply, "\r\n", 2);
}

void kv_reply_error(struct kv_reply *reply, const char *text)
{
	kv_reply_raw(reply, "-", 1);
	size_t start = reply->size;
	size_t size = strlen(text);
	while (size > 0 && (text[size - 1] == '\r' || text[size - 1] == '\n')) {
		size--;
	}
	kv_reply_raw(reply, text, size);
	for (size_t i = start; i < reply->size; i++) {
		if (reply->bytes[i] == '\r' || reply->bytes[i] == '\n') {
			reply->bytes[i] = ' ';
		}
	}
	kv_reply_raw(reply, "\r\n", 2);
}

void kv_reply_errorf(struct kv_reply *reply, const char *format, ...)
{
	char text[ERROR_SIZE_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	kv_reply_error(reply, text);
}

void kv_reply_array(struct kv_reply *reply, uint64_t count)
{
	put_head(reply, '*', count, 0);
}

void kv_reply_map(struct kv_reply *reply, uint64_t count)
{
	if (reply->is_resp3) {
		put_head(reply, '%', count, 0);
	} else {
		put_head(reply, '*', count * 2, 0);
	}
}

void kv_reply_set(struct kv_reply *reply, uint64_t count)
{
	put_head(reply, reply->is_resp3 ? '~' : '*', count, 0);
}

void kv_reply_verbatim(struct kv_reply *reply, struct kv_slice text)
{
	if (!reply->is_resp3) {
		kv_reply_bulk(reply, text);
		return;
	}
	uint8_t *room = put_head(reply, '=', text.size + 4, text.size + 6);
	if (room) {
		static const uint8_t format[4] = {'t', 'x', 't', ':'};
		memcpy(room, format, sizeof(format));
		memcpy(room + sizeof(format), text.data, text.size);
		kv_put_line_end(room + 4 + text.size);
		reply->size += text.size + 6;
	}
}
