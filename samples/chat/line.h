/* SPDX-License-Identifier: Apache-2.0 */
/* Line: bytes of a client to lines, lines to messages, and answers to lines. Pure functions. */
#ifndef CHAT_LINE_H
#define CHAT_LINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples/chat/bounds.h"

enum chat_frame_status {
	CHAT_FRAME_NONE, /* nothing yet, or bytes that were dropped */
	CHAT_FRAME_LINE,
	CHAT_FRAME_TOO_LONG, /* told once; the rest of the line is dropped */
	CHAT_FRAME_ENDLESS,  /* CHAT_ENDLESS_MAX bytes of it have been dropped */
};

/* One line without tags and line end. CR and NUL never get in: they could smuggle a second command to somebody. */
struct chat_frame {
	enum chat_frame_status status;
	char text[CHAT_LINE_MAX];
};

struct chat_framer {
	bool is_skipping; /* inside a line that was too long */
	uint32_t skipped; /* bytes of it */
};

/*
 * Look for a line in the next bytes of a stream. Returns how many of them are done with; when 0, more are needed.
 * At most CHAT_TAGS_MAX + CHAT_LINE_MAX bytes are ever left waiting.
 */
size_t chat_frame_next(struct chat_framer *framer, const uint8_t *data, size_t size,
                       struct chat_frame *out_frame);

/* A client's message taken apart in place. A prefix is accepted and ignored, as servers do. */
struct chat_command {
	const char *name; /* "" for an empty line */
	unsigned param_count;
	char *params[CHAT_PARAM_MAX];
};

void chat_command_parse(char *line, struct chat_command *out_command);

/*
 * Parameters as words one after the other, each with a zero. Returns their size; what does not fit is left out. It may be
 * the text that they were taken from, when they are where they were, or behind.
 */
size_t chat_words_put(char out[CHAT_LINE_MAX], const struct chat_command *command);
/* Back again, without a name; they stay where they are. */
void chat_words_take(char *words, size_t size, struct chat_command *out_command);

/* Is this what the client wrote, in any case? Commands are ASCII. */
bool chat_command_is(const char *name, const char *written);

/* Room for one line that is sent: CHAT_LINE_MAX bytes with CRLF, and a final zero. */
typedef char chat_line[CHAT_LINE_MAX + 1];

/*
 * Make one line with CRLF, cut to CHAT_LINE_MAX bytes between two characters of UTF-8. Returns its size.
 */
size_t chat_line_make(chat_line out_line, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
size_t chat_line_make_v(chat_line out_line, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));

#endif
