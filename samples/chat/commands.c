/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: the table of them; what a session can say by itself, and what it checks before it asks the hub. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/session.h"

struct command_kind {
	const char *name;
	chat_command_fn run; /* NULL: the hub does it */
	enum chat_verb verb;
	unsigned
	        param_min; /* with fewer, or empty ones: ERR_NEEDMOREPARAMS; some say it in another way */
	bool is_open; /* before registration too */
	unsigned
	        server_at; /* the parameter of this number, from 1, names the server that is asked; 0: none */
};

static const struct command_kind kinds[] = {
        {"PRIVMSG", chat_command_privmsg, 0, 0, false, 0},
        {"NOTICE", chat_command_notice, 0, 0, false, 0},
        {"PING", chat_command_ping, 0, 0, true, 2},
        {"PONG", chat_command_pong, 0, 0, true, 0},
        {"JOIN", NULL, CHAT_JOIN, 1, false, 0},
        {"PART", NULL, CHAT_PART, 1, false, 0},
        {"MODE", NULL, CHAT_MODE, 1, false, 0},
        {"WHO", chat_command_who, 0, 0, false, 0},
        {"WHOIS", chat_command_whois, 0, 0, false, 0},
        {"WHOWAS", chat_command_whowas, 0, 0, false, 3},
        {"TOPIC", NULL, CHAT_TOPIC, 1, false, 0},
        {"NAMES", NULL, CHAT_NAMES, 0, false, 2},
        {"LIST", NULL, CHAT_LIST, 0, false, 2},
        {"KICK", NULL, CHAT_KICK, 2, false, 0},
        {"INVITE", NULL, CHAT_INVITE, 2, false, 0},
        {"AWAY", NULL, CHAT_AWAY, 0, false, 0},
        {"ISON", NULL, CHAT_ISON, 1, false, 0},
        {"USERHOST", NULL, CHAT_USERHOST, 1, false, 0},
        {"LUSERS", NULL, CHAT_LUSERS, 0, false, 2},
        {"MOTD", chat_command_motd, 0, 0, false, 1},
        {"VERSION", chat_command_version, 0, 0, false, 1},
        {"TIME", chat_command_time, 0, 0, false, 1},
        {"NICK", chat_command_nick, 0, 0, true, 0},
        {"USER", chat_command_user, 0, 4, true, 0},
        {"PASS", chat_command_pass, 0, 1, true, 0},
        {"CAP", chat_command_cap, 0, 1, true, 0},
        {"QUIT", chat_command_quit, 0, 0, true, 0},
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

static bool is_missing(const struct chat_command *command, unsigned index)
{
	return command->param_count <= index || command->params[index][0] == '\0';
}

static bool has_what_it_needs(const struct chat_command *command, const struct command_kind *kind)
{
	unsigned given = 0;
	while (given < kind->param_min && !is_missing(command, given)) {
		given++;
	}
	return given == kind->param_min;
}

/* This server, by its name or a mask of it. */
static bool is_asked_here(const struct chat_session *self, const struct chat_command *command,
                          const struct command_kind *kind)
{
	if (kind->server_at == 0 || is_missing(command, kind->server_at - 1)) {
		return true;
	}
	return chat_mask_matches(command->params[kind->server_at - 1], self->server->name);
}

/* It may be a nick: then the hub knows. */
static void locate(struct chat_session *self, const struct chat_command *command,
                   const struct command_kind *kind)
{
	char *server = command->params[kind->server_at - 1];
	if (!self->is_registered || !chat_nick_is_valid(server)) {
		chat_session_error(self, ERR_NOSUCHSERVER, server);
		return;
	}
	struct chat_command words = {.name = "", .params = {server, (char *)(uintptr_t)kind->name}};
	unsigned before = kind->server_at - 1; /* all that the command needs */
	memcpy(words.params + 2, command->params, before * sizeof(words.params[0]));
	words.param_count = 2 + before;
	chat_session_ask(self, CHAT_LOCATE, &words);
}

static void run(struct chat_session *self, struct chat_command *command,
                const struct command_kind *kind)
{
	if (kind->run) {
		kind->run(self, command);
	} else {
		chat_session_ask(self, kind->verb, command);
	}
}

void chat_session_run(struct chat_session *self, struct chat_command *command)
{
	const struct command_kind *kind = find(command->name);
	if (kind) {
		run(self, command, kind);
	}
}

bool chat_session_may_follow(const struct chat_command *command)
{
	bool is_talk = chat_command_is("PRIVMSG", command->name) ||
	               chat_command_is("NOTICE", command->name);
	return is_talk && !is_missing(command, 0) && !chat_list_is_empty(command->params[0]) &&
	       !is_missing(command, 1);
}

void chat_session_handle(struct chat_session *self, struct chat_command *command)
{
	if (command->name[0] == '\0') {
		return;
	}
	const struct command_kind *kind = find(command->name);
	if (!self->is_registered && !(kind && kind->is_open)) {
		chat_session_error(self, ERR_NOTREGISTERED, "");
	} else if (!kind) {
		chat_session_error(self, ERR_UNKNOWNCOMMAND, command->name);
	} else if (!has_what_it_needs(command, kind)) {
		chat_session_error(self, ERR_NEEDMOREPARAMS, kind->name);
	} else if (!is_asked_here(self, command, kind)) {
		locate(self, command, kind);
	} else {
		run(self, command, kind);
	}
}

/* ---- About the connection ---------------------------------------------------------------------------------------- */

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

/* ---- Asked of the hub, with words of their own when something is missing ----------------------------------------- */

void chat_command_privmsg(struct chat_session *self, struct chat_command *command)
{
	if (is_missing(command, 0) || chat_list_is_empty(command->params[0])) {
		chat_session_reply(self, ERR_NORECIPIENT, ":No recipient given (PRIVMSG)");
	} else if (is_missing(command, 1)) {
		chat_session_error(self, ERR_NOTEXTTOSEND, "");
	} else {
		chat_session_ask(self, CHAT_PRIVMSG, command);
	}
}

/* A NOTICE is never answered, not even with an error. */
void chat_command_notice(struct chat_session *self, struct chat_command *command)
{
	if (!is_missing(command, 0) && !is_missing(command, 1)) {
		chat_session_ask(self, CHAT_NOTICE, command);
	}
}

/* Without a mask, and with the "0" of old clients, all. It may be asked for again, page by page. */
void chat_command_who(struct chat_session *self, struct chat_command *command)
{
	bool is_all = is_missing(command, 0) || strcmp(command->params[0], "0") == 0;
	chat_copy(self->mask, sizeof(self->mask), is_all ? "*" : command->params[0]);
	command->params[0] = self->mask;
	command->param_count = command->param_count > 1 ? command->param_count : 1;
	chat_session_ask(self, CHAT_WHO, command);
}

void chat_command_whois(struct chat_session *self, struct chat_command *command)
{
	if (is_missing(command, command->param_count > 1) ||
	    chat_list_is_empty(command->params[command->param_count > 1])) {
		chat_session_error(self, ERR_NONICKNAMEGIVEN, "");
	} else {
		chat_session_ask(self, CHAT_WHOIS, command);
	}
}

/* No history is kept. */
void chat_command_whowas(struct chat_session *self, struct chat_command *command)
{
	if (is_missing(command, 0)) {
		chat_session_error(self, ERR_NONICKNAMEGIVEN, "");
		return;
	}
	chat_session_error(self, ERR_WASNOSUCHNICK, command->params[0]);
	chat_session_error(self, RPL_ENDOFWHOWAS, command->params[0]);
}
