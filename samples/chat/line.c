/* SPDX-License-Identifier: Apache-2.0 */
/* Line: bytes of a client to lines, lines to messages, and answers to lines. */
#include "samples/chat/line.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes of the tags in front of a line, with the space behind them; size when they fill it. */
static size_t tags_size(const uint8_t *data, size_t size)
{
	if (size == 0 || data[0] != '@') {
		return 0;
	}
	const uint8_t *space = memchr(data, ' ', size);
	return space ? (size_t)(space - data) + 1 : size;
}

static bool is_too_long(const uint8_t *data, size_t size)
{
	size_t tags = tags_size(data, size);
	return tags > CHAT_TAGS_MAX || size - tags > CHAT_LINE_MAX;
}

static void copy_clean(struct chat_frame *frame, const uint8_t *data, size_t size)
{
	size_t kept = 0;
	for (size_t i = tags_size(data, size); i < size; i++) {
		if (data[i] != '\r' && data[i] != '\n' && data[i] != '\0') {
			frame->text[kept++] = (char)data[i];
		}
	}
	frame->text[kept] = '\0'; /* in bounds: the LF was counted and not kept */
}

size_t chat_frame_next(struct chat_framer *framer, const uint8_t *data, size_t size,
                       struct chat_frame *out_frame)
{
	size_t looked_at = minimum(size, CHAT_TAGS_MAX + CHAT_LINE_MAX + 1);
	const uint8_t *feed = size ? memchr(data, '\n', looked_at) : NULL;
	size_t length = feed ? (size_t)(feed - data) + 1 : looked_at;
	bool was_skipping = framer->is_skipping;
	out_frame->status = CHAT_FRAME_NONE;
	if (was_skipping) {
		framer->is_skipping = feed == NULL;
		framer->skipped += (uint32_t)length;
		if (framer->skipped > CHAT_ENDLESS_MAX) {
			out_frame->status = CHAT_FRAME_ENDLESS;
		}
		return length;
	}
	if (is_too_long(data, length)) {
		framer->is_skipping = feed == NULL;
		framer->skipped = (uint32_t)length;
		out_frame->status = CHAT_FRAME_TOO_LONG;
		return length;
	}
	if (!feed) {
		return 0;
	}
	copy_clean(out_frame, data, length);
	out_frame->status = CHAT_FRAME_LINE;
	return length;
}

static char *skip_spaces(char *text)
{
	return text + strspn(text, " ");
}

/* End the word at `text` with a zero and return what follows it. */
static char *end_word(char *text)
{
	text += strcspn(text, " ");
	if (*text) {
		*text++ = '\0';
	}
	return skip_spaces(text);
}

void chat_command_parse(char *line, struct chat_command *out_command)
{
	char *rest = skip_spaces(line);
	if (*rest == ':') {
		rest = end_word(rest);
	}
	out_command->name = rest;
	out_command->param_count = 0;
	rest = end_word(rest);
	while (*rest && out_command->param_count < CHAT_PARAM_MAX) {
		bool is_last = *rest == ':' || out_command->param_count == CHAT_PARAM_MAX - 1;
		char *param = *rest == ':' ? rest + 1 : rest;
		out_command->params[out_command->param_count++] = param;
		if (is_last) {
			return;
		}
		rest = end_word(rest);
	}
}

size_t chat_words_put(char out[CHAT_LINE_MAX], const struct chat_command *command)
{
	size_t size = 0;
	for (unsigned i = 0; i < command->param_count; i++) {
		size_t length = strlen(command->params[i]) + 1;
		if (size + length > CHAT_LINE_MAX) {
			break;
		}
		memmove(out + size, command->params[i], length);
		size += length;
	}
	return size;
}

void chat_words_take(char *words, size_t size, struct chat_command *out_command)
{
	out_command->name = "";
	out_command->param_count = 0;
	for (size_t at = 0; at < size && out_command->param_count < CHAT_PARAM_MAX;) {
		out_command->params[out_command->param_count++] = words + at;
		at += strlen(words + at) + 1;
	}
}

bool chat_command_is(const char *name, const char *written)
{
	return strcasecmp(name, written) == 0;
}

size_t chat_line_make_v(chat_line out_line, const char *format, va_list arguments)
{
	int wanted = vsnprintf(out_line, CHAT_LINE_MAX + 1, format, arguments);
	size_t size = wanted < 0 ? 0 : (size_t)wanted;
	if (size > CHAT_LINE_MAX - 2) {
		size = CHAT_LINE_MAX - 2;
		while (size > 0 && ((uint8_t)out_line[size] & 0xc0) == 0x80) {
			size--;
		}
	}
	out_line[size] = '\r';
	out_line[size + 1] = '\n';
	out_line[size + 2] = '\0';
	return size + 2;
}

size_t chat_line_make(chat_line out_line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	size_t size = chat_line_make_v(out_line, format, arguments);
	va_end(arguments);
	return size;
}
