/* SPDX-License-Identifier: Apache-2.0 */
/* Reply: the writer of RESP. */
#include "samples/kv/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include <gatio/actor.h>

#include "samples/kv/errors.h"

#define FIRST_CAPACITY 256
#define ERROR_SIZE     512

void kv_reply_finish(struct kv_reply *reply)
{
	gatio_free(reply->bytes);
	*reply = (struct kv_reply){.is_resp3 = reply->is_resp3};
}

void kv_reply_resize(struct kv_reply *reply, size_t capacity)
{
	uint8_t *bytes = gatio_alloc(capacity);
	reply->size = 0;
	if (bytes) {
		gatio_free(reply->bytes);
		reply->bytes = bytes;
		reply->capacity = capacity;
	}
}

static __attribute__((noinline)) bool grow(struct kv_reply *reply, size_t size)
{
	if (reply->has_failed) {
		return false; /* what is not to be sent needs no more memory, nor time to look for some */
	}
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

static inline uint8_t *room_for(struct kv_reply *reply, size_t size)
{
	if (reply->capacity - reply->size < size && !grow(reply, size)) {
		return NULL;
	}
	return reply->bytes + reply->size;
}

uint8_t *kv_reply_room(struct kv_reply *reply, size_t size)
{
	return room_for(reply, size);
}

void kv_reply_added(struct kv_reply *reply, size_t size)
{
	reply->size += size;
}

/* Inline, for most of what is added has a size that the compiler knows. */
static inline void add_bytes(struct kv_reply *reply, const void *bytes, size_t size)
{
	uint8_t *room = room_for(reply, size);
	if (room) {
		memcpy(room, bytes, size);
		reply->size += size;
	}
}

void kv_reply_raw(struct kv_reply *reply, const void *bytes, size_t size)
{
	/* No bytes may also be no address. */
	if (size > 0) {
		add_bytes(reply, bytes, size);
	}
}

/* "<type>123\r\n" */
#define HEAD_SIZE_MAX (1 + KV_INT_SIZE + 2)

/* A head, where there is room for HEAD_SIZE_MAX. Returns its size. */
static inline size_t put_head(uint8_t *room, char type, uint64_t value)
{
	room[0] = (uint8_t)type;
	size_t size = 1 + kv_unsigned_write((char *)room + 1, value);
	kv_put_line_end(room + size);
	return size + 2;
}

static void add_head(struct kv_reply *reply, char type, uint64_t value)
{
	uint8_t *room = room_for(reply, HEAD_SIZE_MAX);
	if (room) {
		reply->size += put_head(room, type, value);
	}
}

static __attribute__((noinline)) void add_any_bulk(struct kv_reply *reply, struct kv_slice value)
{
	uint8_t *room = room_for(reply, HEAD_SIZE_MAX + value.size + 2);
	if (room) {
		size_t head_size = put_head(room, '$', value.size);
		memcpy(room + head_size, value.data, value.size);
		kv_put_line_end(room + head_size + value.size);
		reply->size += head_size + value.size + 2;
	}
}

/* A bulk of up to 99 bytes for which there is room calls nothing but memcpy, and that as the last: it saves no register. */
void kv_reply_bulk(struct kv_reply *reply, struct kv_slice value)
{
	if (value.size > 99 || reply->capacity - reply->size < HEAD_SIZE_MAX + value.size + 2) {
		add_any_bulk(reply, value);
		return;
	}
	uint8_t *at = reply->bytes + reply->size;
	char tens = (char)('0' + value.size / 10);
	char ones = (char)('0' + value.size % 10);
	if (value.size > 9) {
		*at++ = '$';
		kv_put_4(at, kv_word(tens, ones, '\r', '\n'));
	} else {
		kv_put_4(at, kv_word('$', ones, '\r', '\n'));
	}
	uint8_t *end = at + 4 + value.size;
	kv_put_line_end(end);
	reply->size = (size_t)(end + 2 - reply->bytes);
	memcpy(at + 4, value.data, value.size);
}

void kv_reply_text(struct kv_reply *reply, const char *value)
{
	kv_reply_bulk(reply, kv_text(value));
}

void kv_reply_int(struct kv_reply *reply, int64_t value)
{
	char *room = (char *)room_for(reply, HEAD_SIZE_MAX);
	if (room) {
		room[0] = ':';
		size_t size = 1 + kv_int_write(room + 1, value);
		kv_put_line_end(room + size);
		reply->size += size + 2;
	}
}

void kv_reply_null(struct kv_reply *reply)
{
	if (reply->is_resp3) {
		add_bytes(reply, "_\r\n", 3);
	} else {
		add_bytes(reply, "$-1\r\n", 5);
	}
}

void kv_reply_ok(struct kv_reply *reply)
{
	add_bytes(reply, "+OK\r\n", 5);
}

void kv_reply_status(struct kv_reply *reply, const char *status)
{
	kv_reply_raw(reply, "+", 1);
	kv_reply_raw(reply, status, strlen(status));
	kv_reply_raw(reply, "\r\n", 2);
}

void kv_reply_error(struct kv_reply *reply, const char *text)
{
	kv_errors_count(text);
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
	char text[ERROR_SIZE];
	va_list arguments;
	va_list again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int size = vsnprintf(text, sizeof(text), format, arguments);
	if (size >= 0 && (size_t)size < sizeof(text)) {
		kv_reply_error(reply, text);
	} else {
		/* It names what may be long. */
		char *large = gatio_alloc((size_t)size + 1);
		if (large) {
			vsnprintf(large, (size_t)size + 1, format, again);
		}
		kv_reply_error(reply, large ? large : text);
		gatio_free(large);
	}
	va_end(again);
	va_end(arguments);
}

void kv_reply_array(struct kv_reply *reply, uint64_t count)
{
	add_head(reply, '*', count);
}

void kv_reply_map(struct kv_reply *reply, uint64_t count)
{
	if (reply->is_resp3) {
		add_head(reply, '%', count);
	} else {
		add_head(reply, '*', count * 2);
	}
}

void kv_reply_set(struct kv_reply *reply, uint64_t count)
{
	add_head(reply, reply->is_resp3 ? '~' : '*', count);
}

void kv_reply_verbatim(struct kv_reply *reply, struct kv_slice text)
{
	if (!reply->is_resp3) {
		kv_reply_bulk(reply, text);
		return;
	}
	static const uint8_t format[4] = {'t', 'x', 't', ':'};
	uint8_t *room = room_for(reply, HEAD_SIZE_MAX + sizeof(format) + text.size + 2);
	if (room) {
		size_t size = put_head(room, '=', sizeof(format) + text.size);
		memcpy(room + size, format, sizeof(format));
		size += sizeof(format);
		memcpy(room + size, text.data, text.size);
		kv_put_line_end(room + size + text.size);
		reply->size += size + text.size + 2;
	}
}
