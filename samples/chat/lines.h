/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: several lines on their way to one text. Thread: its actor. */
#ifndef CHAT_LINES_H
#define CHAT_LINES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* All zero is empty. */
struct chat_lines {
	char *bytes;
	size_t size;
	size_t capacity;
	bool has_failed; /* memory at its limit, or beyond 1 MiB: what was added since is missing */
};

/* Add one line; CRLF comes with it. */
void chat_lines_add(struct chat_lines *lines, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void chat_lines_add_v(struct chat_lines *lines, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));

void chat_lines_clear(struct chat_lines *lines);

#endif
