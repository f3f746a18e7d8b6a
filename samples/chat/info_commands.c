/* SPDX-License-Identifier: Apache-2.0 */
/* Info commands: LIST, LUSERS, MOTD, VERSION, TIME, ISON, USERHOST. */
#include <string.h>
#include <time.h>

#include "samples/chat/session.h"

/* All parameters as words. Lists with spaces inside one parameter are taken apart too. */
static size_t gather(struct chat_command *command, const char *separators, char out[CHAT_LINE_MAX])
{
	size_t size = 0;
	for (unsigned i = 0; i < command->param_count; i++) {
		const char *at = command->params[i] + strspn(command->params[i], separators);
		while (*at) {
			size_t length = strcspn(at, separators);
			if (size + length + 1 > CHAT_LINE_MAX) {
				return size;
			}
			memcpy(out + size, at, length);
			out[size + length] = '\0';
			size += length + 1;
			at += length + strspn(at + length, separators);
		}
	}
	return size;
}

void chat_command_list(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	command->param_count = command->param_count > 1 ? 1 : command->param_count;
	struct chat_tail words = {.text = text, .text_size = gather(command, ",", text)};
	chat_session_collect(self, CHAT_LIST, &words);
}

void chat_command_ison(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	struct chat_tail words = {.text = text, .text_size = gather(command, " ", text)};
	chat_session_collect(self, CHAT_ISON, &words);
}

void chat_command_userhost(struct chat_session *self, struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	command->param_count = command->param_count > 5 ? 5 : command->param_count;
	struct chat_tail words = {.text = text, .text_size = gather(command, " ", text)};
	chat_session_collect(self, CHAT_USERHOST, &words);
}

void chat_command_lusers(struct chat_session *self, struct chat_command *command)
{
	(void)command;
	struct chat_tail nothing = {.text = NULL};
	chat_session_collect(self, CHAT_CENSUS, &nothing);
}

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
