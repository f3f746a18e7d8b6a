/* SPDX-License-Identifier: Apache-2.0 */
/* Reply: what a session writes to its client. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "samples/chat/session.h"

const char *chat_session_nick(const struct chat_session *self)
{
	return self->nick[0] ? self->nick : "*";
}

void chat_session_write(struct chat_session *self, const void *data, size_t size)
{
	if (self->is_leaving || size == 0) {
		return;
	}
	int err = gatio_write(data, size);
	if (err == -ENOBUFS || err == -ENOMEM) {
		/* It does not read. What waits would not help it: drop it, and be gone at once. */
		chat_session_leave(self, "SendQ exceeded");
		gatio_abort(err);
	}
}

void chat_session_line(struct chat_session *self, const char *format, ...)
{
	chat_line line;
	va_list arguments;
	va_start(arguments, format);
	size_t size = chat_line_make_v(line, format, arguments);
	va_end(arguments);
	chat_session_write(self, line, size);
}

void chat_session_reply(struct chat_session *self, enum chat_numeric number, const char *format,
                        ...)
{
	char rest[CHAT_LINE_MAX];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(rest, sizeof(rest), format, arguments);
	va_end(arguments);
	chat_session_line(self, ":%s %03d %s %s", self->server->name, (int)number,
	                  chat_session_nick(self), rest);
}

void chat_session_error(struct chat_session *self, enum chat_numeric number, const char *subject)
{
	char word[CHAT_LINE_MAX] = "";
	if (*subject) {
		chat_word(word, sizeof(word), subject);
	}
	chat_session_reply(self, number, "%s%s:%s", word, *word ? " " : "",
	                   chat_numeric_text(number));
}
