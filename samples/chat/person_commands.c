/* SPDX-License-Identifier: Apache-2.0 */
/* Person commands: PRIVMSG, NOTICE, WHO, WHOIS, WHOWAS, AWAY. */
#include <string.h>

#include "samples/chat/session.h"

/* ---- PRIVMSG and NOTICE ----------------------------------------------------------------------------------------- */

/* What is said to one target. */
struct speech {
	bool is_notice; /* is never answered, not even with an error */
	const char *target;
	const char *text;
};

static void say(struct chat_session *self, const struct speech *speech)
{
	chat_line line;
	bool is_room = chat_is_channel_name(speech->target);
	struct chat_ask ask = {.name = speech->target, .text = line};
	ask.text_size = chat_line_make(line, ":%s!%s@%s %s %s :%s", self->me.nick, self->me.user,
	                               self->me.host, speech->is_notice ? "NOTICE" : "PRIVMSG",
	                               speech->target, speech->text);
	if (is_room && chat_channel_is_valid(speech->target)) {
		ask.verb = speech->is_notice ? CHAT_NOTICE : CHAT_SAY;
		chat_session_ask(self, &ask);
	} else if (!is_room && chat_nick_is_valid(speech->target)) {
		ask.verb = speech->is_notice ? CHAT_TELL_NOTICE : CHAT_TELL;
		chat_session_ask(self, &ask);
	} else if (!speech->is_notice) {
		chat_session_error(self, is_room ? ERR_NOSUCHCHANNEL : ERR_NOSUCHNICK,
		                   speech->target);
	}
}

/* 0, or what is wrong with it. */
static enum chat_numeric check_speech(struct chat_command *command)
{
	if (command->param_count == 0 || command->params[0][0] == '\0') {
		return ERR_NORECIPIENT;
	}
	if (command->param_count < 2 || command->params[1][0] == '\0') {
		return ERR_NOTEXTTOSEND;
	}
	return 0;
}

static void speak(struct chat_session *self, struct chat_command *command, bool is_notice)
{
	enum chat_numeric number = check_speech(command);
	if (number) {
		if (number == ERR_NORECIPIENT && !is_notice) {
			chat_session_reply(self, number, ":No recipient given (PRIVMSG)");
		} else if (!is_notice) {
			chat_session_error(self, number, "");
		}
		return;
	}
	self->spoken_ns = gatio_now_ns();
	char *targets = command->params[0];
	unsigned count = 0;
	for (char *target = chat_list_next(&targets); target; target = chat_list_next(&targets)) {
		if (count++ == CHAT_TARGETS_MAX) {
			if (!is_notice) {
				chat_session_error(self, ERR_TOOMANYTARGETS, target);
			}
			return;
		}
		struct speech speech = {is_notice, target, command->params[1]};
		say(self, &speech);
	}
}

void chat_command_privmsg(struct chat_session *self, struct chat_command *command)
{
	speak(self, command, false);
}

void chat_command_notice(struct chat_session *self, struct chat_command *command)
{
	speak(self, command, true);
}

/* ---- WHO, WHOIS, WHOWAS ----------------------------------------------------------------------------------------- */

/* A channel or a nick; who is who behind a mask is nobody's business. */
void chat_command_who(struct chat_session *self, struct chat_command *command)
{
	const char *name = command->param_count ? command->params[0] : "*";
	struct chat_ask ask = {.verb = CHAT_WHO, .name = name};
	if (chat_channel_is_valid(name)) {
		chat_session_ask_and_wait(self, &ask);
	} else if (chat_nick_is_valid(name)) {
		ask.verb = CHAT_WHO_PERSON;
		chat_session_ask_and_wait(self, &ask);
	} else {
		chat_session_reply(self, RPL_ENDOFWHO, "%s :End of /WHO list", name);
	}
}

void chat_command_whois(struct chat_session *self, struct chat_command *command)
{
	if (command->param_count == 0) {
		chat_session_error(self, ERR_NONICKNAMEGIVEN, "");
		return;
	}
	/* "WHOIS server nick" asks the server where nick is: that is this one. */
	char *nicks = command->params[command->param_count > 1 ? 1 : 0];
	char *nick = chat_list_next(&nicks);
	for (unsigned i = 0; nick && i < CHAT_TARGETS_MAX; i++) {
		struct chat_ask ask = {.verb = CHAT_WHOIS, .name = nick, .tells_rooms = true};
		if (chat_nick_is_valid(nick)) {
			chat_session_ask_and_wait(self, &ask);
		} else {
			chat_session_error(self, ERR_NOSUCHNICK, nick);
			chat_session_reply(self, RPL_ENDOFWHOIS, "%s :End of /WHOIS list", nick);
		}
		nick = chat_list_next(&nicks);
	}
}

/* No history is kept. */
void chat_command_whowas(struct chat_session *self, struct chat_command *command)
{
	if (command->param_count == 0) {
		chat_session_error(self, ERR_NONICKNAMEGIVEN, "");
		return;
	}
	chat_session_error(self, ERR_WASNOSUCHNICK, command->params[0]);
	chat_session_reply(self, RPL_ENDOFWHOWAS, "%s :End of WHOWAS", command->params[0]);
}

/* ---- AWAY ------------------------------------------------------------------------------------------------------- */

void chat_command_away(struct chat_session *self, struct chat_command *command)
{
	const char *reason = command->param_count ? command->params[0] : "";
	bool was_away = self->away != NULL;
	gatio_free(self->away);
	self->away = NULL;
	if (*reason) {
		self->away = gatio_alloc(CHAT_AWAY_MAX + 1);
	}
	if (self->away) {
		chat_copy(self->away, CHAT_AWAY_MAX + 1, reason);
		chat_session_reply(self, RPL_NOWAWAY, ":You have been marked as being away");
	} else {
		chat_session_reply(self, RPL_UNAWAY, ":You are no longer marked as being away");
	}
	if (was_away == (self->away != NULL)) {
		return;
	}
	struct chat_ask ask = {.verb = CHAT_AWAY, .text = "G", .text_size = self->away ? 1 : 0};
	chat_session_ask_rooms(self, &ask);
	chat_session_claim(self, self->me.nick, 0); /* for USERHOST */
}
