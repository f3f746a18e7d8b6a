/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: the table of them, and those about the connection itself. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/session.h"

struct command_kind {
	const char *name;
	chat_command_fn run;
	unsigned param_min; /* with fewer: ERR_NEEDMOREPARAMS; some say it in another way */
	bool is_open;       /* before registration too */
};

static const struct command_kind kinds[] = {
        {"PRIVMSG", chat_command_privmsg, 0, false}, {"NOTICE", chat_command_notice, 0, false},
        {"PING", chat_command_ping, 0, true},        {"PONG", chat_command_pong, 0, true},
        {"JOIN", chat_command_join, 1, false},       {"PART", chat_command_part, 1, false},
        {"MODE", chat_command_mode, 1, false},       {"WHO", chat_command_who, 0, false},
        {"WHOIS", chat_command_whois, 0, false},     {"WHOWAS", chat_command_whowas, 0, false},
        {"TOPIC", chat_command_topic, 1, false},     {"NAMES", chat_command_names, 0, false},
        {"LIST", chat_command_list, 0, false},       {"KICK", chat_command_kick, 2, false},
        {"INVITE", chat_command_invite, 2, false},   {"AWAY", chat_command_away, 0, false},
        {"ISON", chat_command_ison, 1, false},       {"USERHOST", chat_command_userhost, 1, false},
        {"LUSERS", chat_command_lusers, 0, false},   {"MOTD", chat_command_motd, 0, false},
        {"VERSION", chat_command_version, 0, false}, {"TIME", chat_command_time, 0, false},
        {"NICK", chat_command_nick, 0, true},        {"USER", chat_command_user, 4, true},
        {"PASS", chat_command_pass, 1, true},        {"CAP", chat_command_cap, 1, true},
        {"QUIT", chat_command_quit, 0, true},
};

static const struct command_kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (chat_command_is(kinds[i].name, name)) {
			return &kinds[i];
		}
	}
	return NULL;
}

void chat_session_handle(struct chat_session *self, char *line)
{
	struct chat_command command;
	chat_command_parse(line, &command);
	if (command.name[0] == '\0') {
		return;
	}
	const struct command_kind *kind = find(command.name);
	if (!self->is_registered && !(kind && kind->is_open)) {
		chat_session_error(self, ERR_NOTREGISTERED, "");
	} else if (!kind) {
		chat_session_error(self, ERR_UNKNOWNCOMMAND, command.name);
	} else if (command.param_count < kind->param_min) {
		chat_session_error(self, ERR_NEEDMOREPARAMS, kind->name);
	} else {
		kind->run(self, &command);
	}
}

void chat_command_ping(struct chat_session *self, struct chat_command *command)
{
	if (command->param_count == 0) {
		chat_session_error(self, ERR_NOORIGIN, "");
		return;
	}
	chat_session_line(self, ":%s PONG %s :%s", self->server->name, self->server->name,
	                  command->params[0]);
}

void chat_command_pong(struct chat_session *self, struct chat_command *command)
{
	(void)self;
	(void)command; /* that something came was all it had to say */
}

void chat_command_quit(struct chat_session *self, struct chat_command *command)
{
	char reason[CHAT_REASON_MAX + 1] = "Client quit";
	if (command->param_count) {
		snprintf(reason, sizeof(reason), "Quit: %s", command->params[0]);
	}
	chat_session_end(self, reason);
}
