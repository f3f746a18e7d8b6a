/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: several lines on their way to one text. Thread: its actor. */
#ifndef CHAT_LINES_H
#define CHAT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "samples/chat/numeric.h"
#include "samples/chat/server.h"

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

void chat_lines_clear(struct chat_lines *lines);

/* Who is told what: the beginning of each numeric. */
struct chat_reply {
	const struct chat_server *server;
	const char *nick;
	enum chat_numeric number;
};

/* ":server 403 nick #subject :No such channel" */
void chat_lines_error(struct chat_lines *lines, const struct chat_reply *reply,
                      const char *subject);

#endif
