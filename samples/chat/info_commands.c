/* SPDX-License-Identifier: Apache-2.0 */
/* Info commands: what is known of the server itself: MOTD, VERSION, TIME. */
#include <string.h>
#include <time.h>

#include "samples/chat/session.h"

void chat_session_motd(struct chat_session *self)
{
	const char *at = self->server->motd;
	if (!at) {
		chat_session_error(self, ERR_NOMOTD, "");
		return;
	}
	chat_session_reply(self, RPL_MOTDSTART, ":- %s Message of the day -", self->server->name);
	while (*at) {
		size_t size = strcspn(at, "\n");
		chat_session_reply(self, RPL_MOTD, ":- %.*s", (int)size, at);
		at += size + (at[size] == '\n');
	}
	chat_session_reply(self, RPL_ENDOFMOTD, ":End of /MOTD command");
}

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
