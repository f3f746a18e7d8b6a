/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: what the actors of the chat server say to each other.
 *
 *     session --request--> room                  where it is a member
 *     session --request--> directory --request--> room or session        by name; JOIN makes the room
 *     room, session --fan--> courier of a driver --deliver--> sessions there
 *
 * A room speaks to sessions through the courier of their driver only: a line crosses to a driver once, whoever listens
 * there, and everything a room says to one session arrives in order.
 */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <gatio/actor.h>

#include "samples/chat/bounds.h"

/* A person as others need to know them. */
struct chat_user {
	struct gatio_address session;
	uint32_t driver;
	char nick[CHAT_NICK_MAX + 1];
	char user[CHAT_USER_MAX + 1];
	char host[CHAT_HOST_MAX + 1];
};

enum chat_verb {
	/* To a room. The words of the text are separated by zeros. */
	CHAT_JOIN = 0, /* key, real name, "G" when away */
	CHAT_PART,     /* reason */
	CHAT_SAY,      /* the line */
	CHAT_NOTICE,   /* the line */
	CHAT_TOPIC,    /* nothing to ask, or "=" and the new topic */
	CHAT_NAMES,
	CHAT_WHO,
	CHAT_MODE,   /* letters, parameters */
	CHAT_KICK,   /* nick, reason */
	CHAT_INVITE, /* nick; whose session is in `other` */
	CHAT_AWAY,   /* "" or "G" */
	CHAT_RENAME, /* the line; the new nick is in `name` */
	CHAT_QUIT,   /* the line; to a courier: for all rooms, and releases the nick */
	CHAT_ROOM_VERB_COUNT,

	/* To a session, by its nick. */
	CHAT_TELL = CHAT_ROOM_VERB_COUNT, /* the line */
	CHAT_TELL_NOTICE,                 /* the line */
	CHAT_WHOIS,
	CHAT_WHO_PERSON,
	CHAT_PERSON_VERB_END,

	/* To a directory, answered with chat_result. */
	CHAT_RESOLVE = CHAT_PERSON_VERB_END, /* session of the nick in `name` */
	CHAT_CENSUS,                         /* counts */
	CHAT_ISON,                           /* nicks */
	CHAT_USERHOST,                       /* nicks */
	CHAT_LIST,                           /* names of rooms or none; a page from `cursor` */
	CHAT_VERB_COUNT,
};

/* A session wants something. words: the addresses of its rooms, then the text with a final zero. */
GATIO_MESSAGE(chat_request, {
	struct chat_user from;
	uint32_t verb;
	uint32_t serial; /* of the question, 0: none is waited for; of JOIN: of the membership */
	uint32_t membership; /* of PART: the serial of the one that ends */
	uint32_t cursor;
	uint32_t event; /* of CHAT_RENAME and CHAT_QUIT: counts those of this session */
	uint32_t room_count;
	uint32_t text_size;
	struct chat_user other;
	char name[CHAT_CHANNEL_MAX + 1]; /* of the room or nick it is for */
	uint64_t words[];
});

/* A directory's answer. */
GATIO_MESSAGE(chat_result, {
	uint32_t verb;
	uint32_t serial;
	uint32_t cursor; /* where the next page begins; 0: that was all */
	uint32_t text_size;
	uint64_t user_count;
	uint64_t room_count;
	struct chat_user other; /* session 0: no such nick */
	char text[];
});

enum chat_kind {
	CHAT_TEXT = 0, /* lines to show */
	CHAT_ANSWER,   /* the last lines of an answer, or none: the asker may go on */
	CHAT_JOINED,   /* you are a member now */
	CHAT_REFUSED,  /* you are not */
	CHAT_LEFT,     /* you are no member any more: left or kicked */
	CHAT_STANDING, /* your standing has changed */
	CHAT_FLAGS,    /* the room's flags have changed */
	CHAT_EVENT,    /* somebody's NICK or QUIT: each of their rooms tells it, show it once */
};

/* What stands in front of delivered text. */
struct chat_head {
	struct gatio_address room;
	struct gatio_address origin; /* of an event: whose */
	uint32_t kind;
	uint32_t serial; /* of the membership, or of the question */
	uint32_t event;
	uint32_t value; /* standing or flags */
	uint32_t flags; /* of the room */
	uint32_t room_count;
	uint32_t text_size;
};

/* To one session. words: the origin's rooms, then the text. */
GATIO_MESSAGE(chat_deliver, {
	struct chat_head head;
	uint64_t words[];
});

/* To a courier, for these sessions. words: their addresses, the origin's rooms, the text. */
GATIO_MESSAGE(chat_fan, {
	struct chat_head head;
	uint32_t address_count;
	uint64_t words[];
});

/* Session to directory: this nick is mine now. Answered with chat_claimed. */
GATIO_MESSAGE(chat_claim, {
	struct chat_user user;
	uint32_t serial;
	bool is_away;
});
GATIO_MESSAGE(chat_claimed, {
	uint32_t serial;
	bool is_granted;
});
GATIO_MESSAGE(chat_release, {
	struct gatio_address session;
	char nick[CHAT_NICK_MAX + 1];
});

/*
 * Courier to room: this member's session is no more. Its own good-bye may be on its way by another path and says more:
 * the room waits for it until chat_gone_due.
 */
GATIO_MESSAGE(chat_gone, { struct gatio_address session; });
GATIO_MESSAGE(chat_gone_due, { struct gatio_address session; });

/* Room to its directory: what LIST shows. */
GATIO_MESSAGE(chat_summary, {
	struct gatio_address room;
	uint32_t member_count;
	uint32_t flags;
	char name[CHAT_CHANNEL_MAX + 1];
	char topic[CHAT_TOPIC_MAX + 1];
});

/*
 * How a room ends: empty, it tells the directory how many JOINs it has seen. If that is all that were sent to it, the
 * directory forgets it and says chat_room_end; else a JOIN is on its way, and the room lives on.
 */
GATIO_MESSAGE(chat_room_empty, {
	struct gatio_address room;
	uint64_t join_count;
	char name[CHAT_CHANNEL_MAX + 1];
});
GATIO_MESSAGE(chat_room_end, {});

/* A room has not answered a JOIN: the directory asks it whether it is there. */
GATIO_MESSAGE(chat_room_suspect, { char name[CHAT_CHANNEL_MAX + 1]; });

/* Are you there? Only the lack of an answer says something. */
GATIO_MESSAGE(chat_check, {});
GATIO_MESSAGE(chat_alive, {});

/* Timer of an outbox. */
GATIO_MESSAGE(chat_retry, {});

/* What a message carries behind its fixed part. */
struct chat_tail {
	const uint64_t *rooms;
	uint32_t room_count;
	const char *text;
	size_t text_size;
};

/*
 * Make a message with a tail; the rest of the request or of the head is the caller's to fill.
 *
 * Owner: gives; ends with a post or gatio_message_free. Error: NULL.
 */
struct chat_request *chat_request_new(enum chat_verb verb, const struct chat_tail *tail);
struct chat_fan *chat_fan_new(const struct chat_head *head, const struct chat_tail *tail,
                              uint32_t address_count);
struct chat_deliver *chat_deliver_new(const struct chat_head *head, const struct chat_tail *tail);

/* The tail of a message. Lent: valid as long as the message. */
struct chat_tail chat_request_tail(const struct chat_request *request);
struct chat_tail chat_fan_tail(const struct chat_fan *fan);
struct chat_tail chat_deliver_tail(const struct chat_deliver *deliver);

/* The words of a text, separated by zeros. Returns their count, at most `max`. */
unsigned chat_words(const struct chat_tail *tail, const char **out_words, unsigned max);

#endif
