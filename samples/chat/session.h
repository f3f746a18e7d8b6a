/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session: one client, from its connection to its good-bye. The connection actor of the chat port.
 *
 * It handles one command at a time. Where a command needs an answer from elsewhere the session is parked: lines of
 * rooms still go out, but the client's next command waits, so that a client that sends NICK, JOIN and PRIVMSG in one
 * packet gets what it means. A parked session has a deadline, a session with nothing to do holds no buffer.
 */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include <gatio/net.h>

#include "samples/chat/line.h"
#include "samples/chat/message.h"
#include "samples/chat/numeric.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

enum chat_park {
	CHAT_NOT_PARKED = 0,
	CHAT_PARKED_NICK,
	CHAT_PARKED_JOIN,    /* until answers_pending is 0 */
	CHAT_PARKED_ANSWER,  /* until answers_pending is 0 */
	CHAT_PARKED_COLLECT, /* answers of all directories */
	CHAT_PARKED_LIST,
	CHAT_PARKED_RESOLVE,
};

/* A channel that this session is in, or asks to be in. */
struct chat_membership {
	struct gatio_address room; /* nobody while the JOIN is on its way */
	uint32_t serial;
	uint32_t standing;
	uint32_t flags; /* of the room */
	char name[CHAT_CHANNEL_MAX + 1];
};

/* An event of which more copies will come from other common rooms. */
struct chat_seen {
	struct gatio_address origin;
	uint64_t time_ns;
	uint32_t event;
	uint32_t copies_left;
};

/* What is being gathered while parked. */
struct chat_collect {
	uint32_t verb;
	uint32_t answers_left; /* LIST: directories left */
	uint64_t user_count;
	uint64_t room_count;
	bool is_registration;
	bool waits_for_peer; /* LIST: goes on when the peer has read */
	char *text;          /* LIST: names asked for; else what was found */
	uint32_t text_size;
	uint32_t cursor;
};

struct chat_session {
	const struct chat_server *server;
	struct chat_user me; /* nick "" until one is granted */
	char real[CHAT_REAL_MAX + 1];
	char *away;     /* NULL: here */
	uint32_t flags; /* enum chat_user_flag */

	bool has_user;
	bool has_password;
	bool is_negotiating; /* between CAP LS and CAP END */
	bool is_registered;
	bool is_leaving; /* has said good-bye: nothing more is handled */
	bool is_paused;
	bool is_pinged;    /* nothing has come since the PING */
	bool is_throttled; /* a timer will go on */

	struct chat_membership *rooms; /* CHAT_ROOMS_MAX, when there was one */
	uint32_t room_count;

	struct chat_framer framer;
	bool has_unread;     /* input that waits for its turn */
	bool has_peer_ended; /* sends no more: ends when all it has sent is done */

	/* Parking. */
	enum chat_park park;
	uint32_t serial; /* of the newest question or membership */
	uint32_t answers_pending;
	struct gatio_timer park_timer;
	uint64_t park_until_ns;            /* the same, should there be no memory for a timer */
	char wanted[CHAT_CHANNEL_MAX + 1]; /* the nick asked for; the channel of an INVITE */
	struct chat_collect collect;

	/* Events. */
	uint32_t event; /* own */
	struct chat_seen *seen;
	uint32_t seen_count;
	uint32_t seen_capacity;

	uint64_t flood_ns; /* when all lines so far would have been due */
	uint64_t spoken_ns;
	int64_t signed_on;
	struct chat_outbox outbox;
};

GATIO_DECLARE_BEHAVIOR(chat_session);

/* Timers. */
GATIO_MESSAGE(chat_registration_due, {});
GATIO_MESSAGE(chat_ping_due, {});
GATIO_MESSAGE(chat_go_on, {});
GATIO_MESSAGE(chat_park_due, { uint32_t serial; });

/* ---- session.c: life and input ---------------------------------------------------------------------------------- */

/* Something has changed that input may have waited for. */
void chat_session_go_on(struct chat_session *self);
/* Park until chat_session_unpark(), at most server->answer_ns. Whoever unparks goes on. Returns the serial of it. */
uint32_t chat_session_park(struct chat_session *self, enum chat_park park);
void chat_session_unpark(struct chat_session *self);
/* Say good-bye to everybody and end when what was written is sent. */
void chat_session_end(struct chat_session *self, const char *reason);
/* Good-bye to rooms and directory only; for a connection that is gone. */
void chat_session_leave(struct chat_session *self, const char *reason);

/* ---- reply.c: to the client ------------------------------------------------------------------------------------- */

void chat_session_write(struct chat_session *self, const void *data, size_t size);
void chat_session_line(struct chat_session *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* ":server 372 nick " and the rest. */
void chat_session_reply(struct chat_session *self, enum chat_numeric number, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));
/* An error with its subject, "" for none. */
void chat_session_error(struct chat_session *self, enum chat_numeric number, const char *subject);
/* The nick, or "*" before there is one. */
const char *chat_session_nick(const struct chat_session *self);

/* ---- ask.c: to other actors ------------------------------------------------------------------------------------- */

/* What a request is about. */
struct chat_ask {
	enum chat_verb verb;
	const char *name;
	const char *text;
	size_t text_size;
	uint32_t serial;
	uint32_t membership;
	bool tells_rooms; /* the addresses of this session's rooms go along */
};

/* A request from this session, or NULL. */
struct chat_request *chat_session_request(const struct chat_session *self,
                                          const struct chat_ask *ask);
/* To the room if a member, else through the directory that owns the name. */
void chat_session_ask(struct chat_session *self, const struct chat_ask *ask);
/* The same, parked until it is answered: several at once are waited for together. */
void chat_session_ask_and_wait(struct chat_session *self, struct chat_ask *ask);
/* To the directory of ask->name, which answers or sends it on. */
void chat_session_ask_directory(struct chat_session *self, const struct chat_ask *ask);
/* To each room that this session is in. */
void chat_session_ask_rooms(struct chat_session *self, const struct chat_ask *ask);
/* Lines to the session that asked, by way of the courier here: waits for nobody. */
void chat_session_tell(struct chat_session *self, const struct chat_request *request,
                       enum chat_kind kind, const struct chat_tail *tail);
void chat_session_release(struct chat_session *self, const char *nick);
/* The nick that was asked for, unless it is the own one in another case. */
void chat_session_release_wanted(struct chat_session *self);
void chat_session_claim(struct chat_session *self, const char *nick, uint32_t serial);

/* NULL: not a member. Those whose JOIN is on its way are not found. */
struct chat_membership *chat_membership_find(struct chat_session *self, const char *name);
void chat_membership_remove(struct chat_session *self, struct chat_membership *membership);

/* ---- deliver.c: from other actors ------------------------------------------------------------------------------- */

void chat_session_on_deliver(struct chat_session *self, const struct chat_deliver *deliver);
void chat_session_on_request(struct chat_session *self, const struct chat_request *request);

/* ---- registration.c, collect.c: answers that a parked session waits for ----------------------------------------- */

void chat_session_on_claimed(struct chat_session *self, const struct chat_claimed *claimed);
/* Registered as soon as all that is needed is there. */
void chat_session_try_register(struct chat_session *self);
void chat_session_on_result(struct chat_session *self, const struct chat_result *result);
/* The peer has read: a LIST goes on. */
void chat_session_list_more(struct chat_session *self);
/* No answer in time: unpark, and tell the client. */
void chat_session_give_up(struct chat_session *self);

/* collect.c: park and ask all directories. words: separated by zeros, or none. */
void chat_session_collect(struct chat_session *self, enum chat_verb verb,
                          const struct chat_tail *words);

/* ---- Commands --------------------------------------------------------------------------------------------------- */

typedef void (*chat_command_fn)(struct chat_session *self, struct chat_command *command);

/* commands.c: find it in the table and run it. line: is taken apart. */
void chat_session_handle(struct chat_session *self, char *line);

void chat_command_pass(struct chat_session *self, struct chat_command *command);
void chat_command_nick(struct chat_session *self, struct chat_command *command);
void chat_command_user(struct chat_session *self, struct chat_command *command);
void chat_command_cap(struct chat_session *self, struct chat_command *command);
void chat_command_ping(struct chat_session *self, struct chat_command *command);
void chat_command_pong(struct chat_session *self, struct chat_command *command);
void chat_command_quit(struct chat_session *self, struct chat_command *command);
void chat_command_join(struct chat_session *self, struct chat_command *command);
void chat_command_part(struct chat_session *self, struct chat_command *command);
void chat_command_topic(struct chat_session *self, struct chat_command *command);
void chat_command_names(struct chat_session *self, struct chat_command *command);
void chat_command_kick(struct chat_session *self, struct chat_command *command);
void chat_command_invite(struct chat_session *self, struct chat_command *command);
void chat_command_mode(struct chat_session *self, struct chat_command *command);
void chat_command_privmsg(struct chat_session *self, struct chat_command *command);
void chat_command_notice(struct chat_session *self, struct chat_command *command);
void chat_command_who(struct chat_session *self, struct chat_command *command);
void chat_command_whois(struct chat_session *self, struct chat_command *command);
void chat_command_whowas(struct chat_session *self, struct chat_command *command);
void chat_command_away(struct chat_session *self, struct chat_command *command);
void chat_command_list(struct chat_session *self, struct chat_command *command);
void chat_session_motd(struct chat_session *self);
void chat_session_welcome(struct chat_session *self);
void chat_command_lusers(struct chat_session *self, struct chat_command *command);
void chat_command_motd(struct chat_session *self, struct chat_command *command);
void chat_command_version(struct chat_session *self, struct chat_command *command);
void chat_command_time(struct chat_session *self, struct chat_command *command);
void chat_command_ison(struct chat_session *self, struct chat_command *command);
void chat_command_userhost(struct chat_session *self, struct chat_command *command);

#endif
