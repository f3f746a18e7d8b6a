/* SPDX-License-Identifier: Apache-2.0 */
/* Info commands: what is known of the server itself: MOTD, VERSION, TIME. */
#include <string.h>
#include <time.h>

#include "samples/chat/session.h"

/* ---- MOTD -------------------------------------------------------------------------------------------------------- */

/* In one write. */
static void write_page(struct chat_session *self)
{
	char page[CHAT_PAGE_SIZE + CHAT_LINE_MAX];
	size_t size = 0;
	while (*self->motd && size < CHAT_PAGE_SIZE) {
		size_t line_size = strcspn(self->motd, "\n");
		chat_line line;
		size_t made =
		        chat_line_make(line, ":%s %03d %s :- %.*s", self->server->name, RPL_MOTD,
		                       chat_session_nick(self), (int)line_size, self->motd);
		memcpy(page + size, line, made);
		size += made;
		self->motd += line_size + (self->motd[line_size] == '\n');
	}
	chat_session_write(self, page, size);
}

/* Without memory to ask for a grant a page is written without. */
void chat_session_motd_more(struct chat_session *self)
{
	while (*self->motd && !self->is_leaving) {
		if (chat_session_has_unread_pages(self)) {
			self->park = CHAT_PARKED_PEER;
			return;
		}
		struct chat_grant *grant = gatio_message_new(chat_grant, 0);
		if (grant) {
			grant->session = self->address;
			self->park = CHAT_PARKED_GRANT;
			if (gatio_post(self->server->couriers[self->driver], grant) == 0) {
				return;
			}
			gatio_message_free(grant);
		}
		write_page(self);
	}
	self->motd = NULL;
	self->park = CHAT_NOT_PARKED;
	chat_session_reply(self, RPL_ENDOFMOTD, ":End of /MOTD command");
}

void chat_session_on_grant(struct chat_session *self, const struct chat_grant *grant)
{
	(void)grant;
	if (self->is_leaving) {
		return;
	}
	write_page(self);
	chat_session_motd_more(self);
	chat_session_go_on(self);
}

void chat_session_motd(struct chat_session *self)
{
	if (!self->server->motd) {
		chat_session_error(self, ERR_NOMOTD, "");
		return;
	}
	chat_session_reply(self, RPL_MOTDSTART, ":- %s Message of the day -", self->server->name);
	self->motd = self->server->motd;
	chat_session_motd_more(self);
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

void chat_command_motd(struct chat_session *self, struct chat_command *command)
{
	(void)command;
	chat_session_motd(self);
}

void chat_command_version(struct chat_session *self, struct chat_command *command)
{
	(void)command;
	chat_session_reply(self, RPL_VERSION, "gatio-chat-" GATIO_VERSION_STRING ". %s :on gatio",
	                   self->server->name);
}

void chat_command_time(struct chat_session *self, struct chat_command *command)
{
	(void)command;
	char text[64];
	struct tm parts;
	time_t now = time(NULL);
	gmtime_r(&now, &parts);
	strftime(text, sizeof(text), "%A %d %B %Y %H:%M:%S UTC", &parts);
	chat_session_reply(self, RPL_TIME, "%s :%s", self->server->name, text);
}
