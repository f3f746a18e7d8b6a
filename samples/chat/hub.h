/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hub: the one actor that knows who is there and who is where. It handles a client's line as one step and hands all that
 * the step says to the couriers before the next one begins, so that there is one order of things for everybody.
 *
 * What tells many, or looks through many, waits in line while the sessions have enough to write; the rest passes it. Only
 * the last of the lines that a client has here may wait, so this does not change their order.
 */
#ifndef CHAT_HUB_H
#define CHAT_HUB_H

#include "samples/chat/index.h"
#include "samples/chat/line.h"
#include "samples/chat/lines.h"
#include "samples/chat/message.h"
#include "samples/chat/numeric.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_room;

/* A client with a nick. */
struct chat_person {
	struct gatio_address session;
	uint32_t driver;
	uint32_t mark;     /* of the last audience that it was counted in */
	uint32_t position; /* in the hub's array */
	uint32_t flags;    /* enum chat_user_flag */
	bool is_registered;
	bool is_gone;    /* has said good-bye, which waits in line: hears nothing more */
	bool is_checked; /* asked whether it is still there */
	bool is_doubted; /* seems to have ended without a good-bye */
	uint64_t hash;   /* of the nick */
	uint64_t spoken_ns;
	int64_t signed_on;
	char *away;               /* NULL: here */
	struct chat_room **rooms; /* CHAT_ROOMS_MAX, when there was one */
	uint32_t room_count;
	char nick[CHAT_NICK_MAX + 1];
	char user[CHAT_USER_MAX + 1];
	char host[CHAT_HOST_MAX + 1];
	char real[CHAT_REAL_MAX + 1];
};

/* The way to a driver, and who there is to be told what is being put together. */
struct chat_lane {
	struct chat_outbox outbox; /* to its courier */
	uint64_t *sessions;
	uint32_t session_count;
	uint32_t session_capacity; /* at least person_count: an audience always has room */
	uint32_t person_count;
	uint64_t sent[CHAT_LOAD_COUNT];   /* weights */
	uint64_t handed[CHAT_LOAD_COUNT]; /* how much of them the courier has handed to sessions */
	uint64_t handed_ns; /* when that was last heard of, or nothing was under way */
};

/* Lines of clients that wait. */
struct chat_waiting {
	struct chat_request *first;
	struct chat_request *last;
};

struct chat_hub {
	const struct chat_server *server;
	struct chat_lane *lanes; /* by driver */

	struct chat_person **persons;
	uint32_t person_count;
	uint32_t person_capacity;
	uint32_t registered_count;
	uint32_t invisible_count; /* of those */
	struct chat_index nick_index;
	struct chat_index session_index;

	struct chat_room **rooms;
	uint32_t room_count;
	uint32_t room_capacity;
	struct chat_index room_index; /* by name */

	/* Whose line is handled, and what it is told so far. */
	struct chat_person *by; /* NULL: it has no nick yet */
	struct gatio_address asker;
	uint32_t asker_driver;
	struct chat_head answer;
	struct chat_text answer_words; /* which it has in place of lines */
	struct chat_lines reply;
	enum chat_load load;
	bool is_unfinished; /* a list: what is left of it is another step */
	uint32_t mark;      /* of the audience that is put together */
	const struct chat_person *except;

	struct chat_waiting waiting[CHAT_LOAD_COUNT];
	struct gatio_address pacer;
	bool has_beat; /* is on its way: no large step until then */
};

GATIO_DECLARE_SHARED_BEHAVIOR(chat_hub);

/* ---- persons.c: who is there. NULL: nobody ----------------------------------------------------------------------- */

struct chat_person *chat_person_named(struct chat_hub *self, const char *nick);
/* The same, without those that have not registered: they are nobody to others. */
struct chat_person *chat_person_known(struct chat_hub *self, const char *nick);
struct chat_person *chat_person_of(struct chat_hub *self, struct gatio_address session);
/* NULL: memory at its limit. The nick must be free. */
struct chat_person *chat_person_add(struct chat_hub *self, const char *nick);
/* Error: -ENOMEM, nothing has changed. The nick must be free or its own. */
int chat_person_rename(struct chat_hub *self, struct chat_person *person, const char *nick);
/* It must be in no room any more. */
void chat_person_remove(struct chat_hub *self, struct chat_person *person);
/* "nick!user@host" */
void chat_person_mask(const struct chat_person *person, char out_mask[CHAT_MASK_MAX + 1]);

/* ---- rooms.c: rooms by name. NULL: none ---------------------------------------------------------------------------- */

struct chat_room *chat_room_named(struct chat_hub *self, const char *name);
/* NULL: memory at its limit. */
struct chat_room *chat_room_make(struct chat_hub *self, const char *name);
/* Ends when the last member has left. */
void chat_room_end_if_empty(struct chat_hub *self, struct chat_room *room);
/* Gives the memory of it back, and nothing else: the hub ends. */
void chat_room_free(struct chat_room *room);

/* ---- tell.c: what is said, to the one whose line it is and to others --------------------------------------------- */

/* A line for the one that asked, as it is. It leaves with the answer, or before what others are told. */
void chat_hub_line(struct chat_hub *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* ":server 372 nick " and the rest. */
void chat_hub_reply(struct chat_hub *self, enum chat_numeric number, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* An error or the end of a list: what it is about, as one word, "" for nothing; and its text. */
void chat_hub_error(struct chat_hub *self, enum chat_numeric number, const char *subject);
/* The same about two words. */
void chat_hub_error_of(struct chat_hub *self, enum chat_numeric number, const char *first,
                       const char *second);
/* What has been said so far leaves. */
void chat_hub_flush(struct chat_hub *self);
/* The end of an answer: the asker goes on. */
void chat_hub_answer(struct chat_hub *self);
/* One line to somebody else. */
void chat_hub_tell(struct chat_hub *self, const struct chat_person *to, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Put an audience together, each person in it once, and tell it. */
void chat_audience_begin(struct chat_hub *self, const struct chat_person *except);
void chat_audience_add(struct chat_hub *self, const struct chat_room *room);
void chat_audience_tell(struct chat_hub *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* All of these for the members of one room, but for one (NULL: for all). */
void chat_room_tell(struct chat_hub *self, const struct chat_room *room,
                    const struct chat_person *except, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* More of this load is under way than the sessions should have before them. */
bool chat_hub_is_busy(const struct chat_hub *self, enum chat_load load);

/* ---- Commands: what each verb does --------------------------------------------------------------------------------- */

/* One that has set is_unfinished is called again, with its parameters as it left them. */
typedef void (*chat_hub_fn)(struct chat_hub *self, struct chat_command *command);

/* names.c */
void chat_hub_nick(struct chat_hub *self, struct chat_command *command);
void chat_hub_register(struct chat_hub *self, struct chat_command *command);
void chat_hub_quit(struct chat_hub *self, struct chat_command *command);
/* Somebody leaves for good. */
void chat_person_quit(struct chat_hub *self, struct chat_person *person, const char *reason);

/* membership.c */
void chat_hub_join(struct chat_hub *self, struct chat_command *command);
void chat_hub_part(struct chat_hub *self, struct chat_command *command);
void chat_hub_kick(struct chat_hub *self, struct chat_command *command);
void chat_hub_invite(struct chat_hub *self, struct chat_command *command);

/* talk.c: to whoever wants something of somebody who is away. */
void chat_hub_away_reply(struct chat_hub *self, const struct chat_person *person);

/* talk.c, modes.c, look.c, query.c */
void chat_hub_privmsg(struct chat_hub *self, struct chat_command *command);
void chat_hub_notice(struct chat_hub *self, struct chat_command *command);
void chat_hub_topic(struct chat_hub *self, struct chat_command *command);
void chat_hub_away(struct chat_hub *self, struct chat_command *command);
void chat_hub_mode(struct chat_hub *self, struct chat_command *command);
void chat_hub_names(struct chat_hub *self, struct chat_command *command);
void chat_hub_who(struct chat_hub *self, struct chat_command *command);
void chat_hub_whois(struct chat_hub *self, struct chat_command *command);
void chat_hub_list(struct chat_hub *self, struct chat_command *command);
void chat_hub_lusers(struct chat_hub *self, struct chat_command *command);
void chat_hub_ison(struct chat_hub *self, struct chat_command *command);
void chat_hub_userhost(struct chat_hub *self, struct chat_command *command);
void chat_hub_locate(struct chat_hub *self, struct chat_command *command);

#endif
