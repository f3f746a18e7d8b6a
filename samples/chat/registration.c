/* SPDX-License-Identifier: Apache-2.0 */
/* Registration: PASS, NICK, USER, CAP: from a connection to a person, and a person's new name. */
#include <string.h>

#include "samples/chat/mode.h"
#include "samples/chat/session.h"

#define VERSION "gatio-chat-" GATIO_VERSION_STRING

/* Takes as long for a wrong beginning as for a wrong end. */
static bool is_password(const char *asked, const char *given)
{
	size_t size = strlen(asked);
	size_t given_size = strlen(given);
	unsigned difference = size != given_size;
	for (size_t i = 0; i < size; i++) {
		difference |= (unsigned)(asked[i] ^ given[given_size ? i % given_size : 0]);
	}
	return difference == 0;
}

void chat_command_pass(struct chat_session *self, struct chat_command *command)
{
	if (self->is_registered) {
		chat_session_error(self, ERR_ALREADYREGISTERED, "");
	} else if (self->server->password) {
		self->has_password = is_password(self->server->password, command->params[0]);
	}
}

void chat_command_nick(struct chat_session *self, struct chat_command *command)
{
	const char *nick = command->param_count ? command->params[0] : "";
	if (!*nick) {
		chat_session_error(self, ERR_NONICKNAMEGIVEN, "");
	} else if (!chat_nick_is_valid(nick)) {
		chat_session_error(self, ERR_ERRONEUSNICKNAME, nick);
	} else if (strcmp(nick, self->nick) != 0) {
		command->param_count = 1;
		chat_session_ask(self, CHAT_NICK, command);
	}
}

void chat_command_user(struct chat_session *self, struct chat_command *command)
{
	if (self->is_registered) {
		chat_session_error(self, ERR_ALREADYREGISTERED, "");
		return;
	}
	chat_user_clean(self->user, command->params[0]);
	chat_copy(self->real, sizeof(self->real), command->params[3]);
	self->has_user = true;
	chat_session_try_register(self);
}

void chat_session_try_register(struct chat_session *self)
{
	if (self->is_registered || !self->nick[0] || !self->has_user || self->is_negotiating ||
	    self->park != CHAT_NOT_PARKED || self->is_leaving) {
		return;
	}
	if (self->server->password && !self->has_password) {
		chat_session_error(self, ERR_PASSWDMISMATCH, "");
		chat_session_end(self, "Bad password");
		return;
	}
	struct chat_command words = {
	        .name = "USER", .param_count = 3, .params = {self->user, self->host, self->real}};
	chat_session_ask(self, CHAT_REGISTER, &words);
}

static void welcome(struct chat_session *self)
{
	const struct chat_server *server = self->server;
	chat_session_reply(self, RPL_WELCOME, ":Welcome to the %s Network %s!%s@%s",
	                   server->network, self->nick, self->user, self->host);
	chat_session_reply(self, RPL_YOURHOST, ":Your host is %s, running version " VERSION,
	                   server->name);
	chat_session_reply(self, RPL_CREATED, ":This server was created %s", server->created);
	chat_session_reply(self, RPL_MYINFO, "%s " VERSION " iw biklmnopstv bklov", server->name);
	chat_session_reply(self, RPL_ISUPPORT,
	                   "CASEMAPPING=rfc1459 CHANTYPES=#& PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst "
	                   "MODES=%d MAXLIST=b:%d CHANLIMIT=#&:%u NETWORK=%s "
	                   ":are supported by this server",
	                   CHAT_MODES_MAX, CHAT_BANS_MAX, server->room_count_max, server->network);
	chat_session_reply(
	        self, RPL_ISUPPORT,
	        "NICKLEN=%d USERLEN=%d HOSTLEN=%d CHANNELLEN=%d TOPICLEN=%d KICKLEN=%d "
	        "AWAYLEN=%d KEYLEN=%d "
	        "TARGMAX=PRIVMSG:%d,NOTICE:%d,NAMES:%d,WHOIS:%d,KICK:1,JOIN:,PART:,LIST: "
	        ":are supported by this server",
	        CHAT_NICK_MAX, CHAT_USER_MAX, CHAT_HOST_MAX, CHAT_CHANNEL_MAX, CHAT_TOPIC_MAX,
	        CHAT_REASON_MAX, CHAT_AWAY_MAX, CHAT_KEY_MAX, CHAT_TARGETS_MAX, CHAT_TARGETS_MAX,
	        CHAT_TARGETS_MAX, CHAT_TARGETS_MAX);
}

void chat_session_registered(struct chat_session *self, const struct chat_text *lusers)
{
	self->is_registered = true;
	welcome(self);
	chat_session_write(self, lusers->bytes, lusers->size);
	chat_session_motd(self);
}

/* ---- Capabilities: none, said in the way clients expect ---------------------------------------------------------- */

static void cap_list(struct chat_session *self, const char *subcommand)
{
	chat_session_line(self, ":%s CAP %s %s :", self->server->name, chat_session_nick(self),
	                  subcommand);
}

void chat_command_cap(struct chat_session *self, struct chat_command *command)
{
	const char *subcommand = command->params[0];
	const char *wanted = command->param_count > 1 ? command->params[1] : "";
	if (chat_command_is("LS", subcommand)) {
		self->is_negotiating = !self->is_registered;
		cap_list(self, "LS");
	} else if (chat_command_is("LIST", subcommand)) {
		cap_list(self, "LIST");
	} else if (chat_command_is("REQ", subcommand)) {
		self->is_negotiating = !self->is_registered;
		chat_session_line(self, ":%s CAP %s %s :%s", self->server->name,
		                  chat_session_nick(self), *wanted ? "NAK" : "ACK", wanted);
	} else if (chat_command_is("END", subcommand)) {
		self->is_negotiating = false;
		chat_session_try_register(self);
	} else {
		chat_session_error(self, ERR_INVALIDCAPCMD, subcommand);
	}
}
