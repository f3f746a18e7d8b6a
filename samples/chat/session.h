/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session: one client, from its connection to its good-bye. The connection actor of the chat port.
 *
 * It handles one line after the other. What the hub has to do with is asked of it, and the client's next line waits for
 * the answer; but behind a private line, which never waits in the hub, others that go there as well may follow at once.
 * What others do is shown meanwhile. It waits with a deadline, and holds no buffer while it has nothing to do.
 */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include <gatio/net.h>

#include "samples/chat/line.h"
#include "samples/chat/message.h"
#include "samples/chat/numeric.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

/* What the next line waits for. */
enum chat_park {
	CHAT_NOT_PARKED = 0,
	CHAT_PARKED_ANSWER, /* of the newest question, or of all that are under way */
	CHAT_PARKED_REGISTER,
	CHAT_PARKED_PEER,  /* the next page is asked for when the peer has read */
	CHAT_PARKED_GRANT, /* of the courier, to write a page of the MOTD */
};

/* Input that waits for its turn. */
struct chat_held {
	char *bytes;
	uint32_t size;
	uint32_t capacity; /* at most CHAT_HELD_MAX */
};

struct chat_session {
	const struct chat_server *server;
	struct gatio_address address;
	uint32_t driver;
	char nick[CHAT_NICK_MAX + 1]; /* "" until one is granted */
	char user[CHAT_USER_MAX + 1];
	char host[CHAT_HOST_MAX + 1];
	char real[CHAT_REAL_MAX + 1];

	bool has_user;
	bool has_password;
	bool is_negotiating; /* between CAP LS and CAP END */
	bool is_registered;
	bool is_leaving; /* has said good-bye: nothing more is handled */
	bool is_paused;
	bool is_pinged;    /* nothing has come since the PING */
	bool is_throttled; /* a timer will go on */

	struct chat_framer framer;
	struct chat_held held;
	uint64_t probed_ns;  /* when it was written to, to see whether it is there */
	bool has_unread;     /* input that has no room there, or a part of a line */
	bool has_peer_ended; /* sends no more: ends when all it has sent is done */

	/* Waiting for answers. */
	enum chat_park park;
	uint32_t serial;            /* of the newest question */
	uint32_t answered;          /* of the newest that has been answered, and all before it */
	struct chat_request *ready; /* the newest, if it is not on its way yet: others may follow */
	enum chat_verb asked;
	uint32_t cursor;              /* of a LIST, NAMES or WHO that is not at its end */
	char mask[CHAT_MASK_MAX + 1]; /* of WHO */
	const char *motd;             /* what is left of it to be shown; NULL: none is */
	bool has_timer;               /* chat_answer_due is on its way */
	uint64_t answered_by_ns;      /* else it is given up */

	uint64_t flood_ns;         /* when all lines so far would have been due */
	struct chat_outbox outbox; /* to the hub */
};

GATIO_DECLARE_SHARED_BEHAVIOR(chat_session);

/* Timers. */
GATIO_MESSAGE(chat_registration_due, {});
GATIO_MESSAGE(chat_ping_due, {});
GATIO_MESSAGE(chat_go_on, {});
GATIO_MESSAGE(chat_answer_due, {});

/* ---- input.c: what the client sends ----------------------------------------------------------------------------- */

void chat_session_on_received(struct chat_session *self, const struct gatio_received *received);
void chat_session_on_peer_ended(struct chat_session *self, const struct gatio_peer_ended *ended);
void chat_session_on_go_on(struct chat_session *self, const struct chat_go_on *go_on);
/* Something has changed that input may have waited for. */
void chat_session_go_on(struct chat_session *self);
void chat_held_clear(struct chat_held *held);

/* ---- session.c: life and waiting -------------------------------------------------------------------------------- */

/* Say good-bye to everybody and end when what was written is sent. */
void chat_session_end(struct chat_session *self, const char *reason);
/* The same for a connection that is gone. */
void chat_session_leave(struct chat_session *self, const char *reason);

/* ---- reply.c: to the client ------------------------------------------------------------------------------------- */

void chat_session_write(struct chat_session *self, const void *data, size_t size);
void chat_session_line(struct chat_session *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* ":server 372 nick " and the rest. */
void chat_session_reply(struct chat_session *self, enum chat_numeric number, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));
/* An error or the end of a list: what it is about, as one word, "" for nothing; and its text. */
void chat_session_error(struct chat_session *self, enum chat_numeric number, const char *subject);
/* The nick, or "*" before there is one. */
const char *chat_session_nick(const struct chat_session *self);

/* ---- ask.c: to the hub, and what comes from it ----------------------------------------------------------------- */

/* Ask. Unless it is a private line, the next one waits for the answer. Without memory the client is told at once. */
void chat_session_ask(struct chat_session *self, enum chat_verb verb,
                      const struct chat_command *command);
/* No more lines for now: the newest question leaves, and is answered in any case. */
void chat_session_asked(struct chat_session *self);
bool chat_session_is_waiting(const struct chat_session *self);
void chat_session_on_deliver(struct chat_session *self, const struct chat_deliver *deliver);
/* The peer has read: a long answer goes on. */
void chat_session_page_more(struct chat_session *self);
/* Is so much still to be read that the next page waits for the peer? */
bool chat_session_has_unread_pages(const struct chat_session *self);
/* Is it time to give up, or to look again? */
void chat_session_on_answer_due(struct chat_session *self, const struct chat_answer_due *due);
void chat_session_check_answers(struct chat_session *self);
/* The hub forgets this session. */
void chat_session_farewell(struct chat_session *self, const char *reason);

/* ---- registration.c --------------------------------------------------------------------------------------------- */

/* Asks to be registered as soon as all that is needed is there. */
void chat_session_try_register(struct chat_session *self);
/* It is a person now. lusers: lines to show. */
void chat_session_registered(struct chat_session *self, const struct chat_text *lusers);

/* ---- info_commands.c -------------------------------------------------------------------------------------------- */

/* The message of the day, page by page: the next line of the client waits for its end. */
void chat_session_motd(struct chat_session *self);
void chat_session_motd_more(struct chat_session *self);
void chat_session_on_grant(struct chat_session *self, const struct chat_grant *grant);

/* ---- Commands --------------------------------------------------------------------------------------------------- */

typedef void (*chat_command_fn)(struct chat_session *self, struct chat_command *command);

/* commands.c: find it in the table and run it. */
void chat_session_handle(struct chat_session *self, struct chat_command *command);
/* The same for one that has been looked at before: whoever it asks for is here. */
void chat_session_run(struct chat_session *self, struct chat_command *command);
/* May it be handled while lines before it are not answered yet? Then it is the hub's, which does them in order. */
bool chat_session_may_follow(const struct chat_command *command);

void chat_command_pass(struct chat_session *self, struct chat_command *command);
void chat_command_nick(struct chat_session *self, struct chat_command *command);
void chat_command_user(struct chat_session *self, struct chat_command *command);
void chat_command_cap(struct chat_session *self, struct chat_command *command);
void chat_command_ping(struct chat_session *self, struct chat_command *command);
void chat_command_pong(struct chat_session *self, struct chat_command *command);
void chat_command_quit(struct chat_session *self, struct chat_command *command);
void chat_command_privmsg(struct chat_session *self, struct chat_command *command);
void chat_command_notice(struct chat_session *self, struct chat_command *command);
void chat_command_who(struct chat_session *self, struct chat_command *command);
void chat_command_whois(struct chat_session *self, struct chat_command *command);
void chat_command_whowas(struct chat_session *self, struct chat_command *command);
void chat_command_motd(struct chat_session *self, struct chat_command *command);
void chat_command_version(struct chat_session *self, struct chat_command *command);
void chat_command_time(struct chat_session *self, struct chat_command *command);

#endif
