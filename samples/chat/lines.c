/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: several lines on their way to one text. */
#include "samples/chat/lines.h"

#include <string.h>

#include <gatio/actor.h>

#include "samples/chat/line.h"

enum { CAPACITY_FIRST = 1024, CAPACITY_MAX = 1 << 20 };

static bool has_room(struct chat_lines *lines, size_t size)
{
	if (lines->has_failed || lines->size + size <= lines->capacity) {
		return !lines->has_failed;
	}
	size_t capacity = lines->capacity ? lines->capacity * 2 : CAPACITY_FIRST;
	char *bytes = capacity <= CAPACITY_MAX ? gatio_realloc(lines->bytes, capacity) : NULL;
	if (!bytes) {
		lines->has_failed = true;
		return false;
	}
	lines->bytes = bytes;
	lines->capacity = capacity;
	return true;
}

void chat_lines_add_v(struct chat_lines *lines, const char *format, va_list arguments)
{
	chat_line line;
	size_t size = chat_line_make_v(line, format, arguments);
	if (has_room(lines, size)) {
		memcpy(lines->bytes + lines->size, line, size);
		lines->size += size;
	}
}

void chat_lines_add(struct chat_lines *lines, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	chat_lines_add_v(lines, format, arguments);
	va_end(arguments);
}

void chat_lines_clear(struct chat_lines *lines)
{
	gatio_free(lines->bytes);
	*lines = (struct chat_lines){.bytes = NULL};
}
