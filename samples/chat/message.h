/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: what the actors of the chat server say to each other.
 *
 *     session --request--> hub --fan--> courier of a driver --deliver--> sessions there
 *
 * Each arrow keeps its order and there is no second way around it: samples/chat/README.md says what follows.
 */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <gatio/actor.h>

#include "samples/chat/bounds.h"

/* What a client wants of the hub; the words are its parameters. */
enum chat_verb {
	CHAT_NICK = 0, /* nick; the first one makes it a person */
	CHAT_REGISTER, /* user, host, real name: has said all that is needed */
	CHAT_QUIT,     /* reason; not answered */
	CHAT_JOIN,
	CHAT_PART,
	CHAT_TOPIC,
	CHAT_NAMES,
	CHAT_KICK,
	CHAT_INVITE,
	CHAT_MODE,
	CHAT_PRIVMSG,
	CHAT_NOTICE,
	CHAT_WHO,
	CHAT_WHOIS,
	CHAT_AWAY,
	CHAT_LIST, /* names of rooms or none: a page from `cursor` */
	CHAT_LUSERS,
	CHAT_ISON,
	CHAT_USERHOST,
	CHAT_LOCATE, /* a nick, then the words of a line: is somebody of that name here, for whose server it is? */
	CHAT_VERB_COUNT,
};

/* One line of a client. To a courier: of one that has ended and found its way full. */
GATIO_MESSAGE(chat_request, {
	struct chat_request *next; /* the hub's: behind it in its line */
	struct gatio_address session;
	uint32_t driver;
	uint32_t verb;
	uint32_t serial;   /* what is answered with it has all been done up to this line */
	bool wants_answer; /* also when there is nothing to say */
	uint32_t cursor;
	uint32_t text_size;
	char text[]; /* the words, each with a zero */
});

/* How much a line makes others do. Each kind waits in a line of its own while enough of it is under way. */
enum chat_load {
	CHAT_LIGHT = 0, /* never waits: it tells one */
	CHAT_SMALL,     /* tells a few */
	CHAT_LARGE,     /* tells many or looks through many */
	CHAT_LOAD_COUNT,
};

enum chat_kind {
	CHAT_TEXT = 0, /* lines to show */
	CHAT_MORE,     /* a part of an answer that takes several steps: the asker still waits */
	CHAT_ANSWER,   /* the last lines of an answer, or none: the asker may go on */
	CHAT_NAMED,    /* an answer that shows nothing: its text is your nick now */
	CHAT_LOCATED,  /* an answer that shows nothing: the words are to be handled here */
	CHAT_PAGE,     /* an answer; more can be asked for from `cursor` on */
};

/* What stands in front of delivered text. */
struct chat_head {
	uint32_t kind;
	uint32_t serial;
	uint32_t cursor;
	uint32_t text_size;
};

/* To one session. The text has a zero behind it. */
GATIO_MESSAGE(chat_deliver, {
	struct chat_head head;
	char text[];
});

/* To a courier, for these sessions of its driver. words: their addresses, then the text. */
GATIO_MESSAGE(chat_fan, {
	struct chat_head head;
	uint32_t address_count;
	uint32_t load;   /* enum chat_load; what is light goes to its session at once */
	uint32_t weight; /* of one delivery; comes back to the hub as chat_handed */
	uint64_t words[];
});

/* Courier to hub: of each load so much has been handed to sessions of this driver since its start. */
GATIO_MESSAGE(chat_handed, {
	uint64_t weights[CHAT_LOAD_COUNT];
	uint32_t driver;
});

/*
 * Courier to hub: this session is no more. Its good-bye may be on its way by another path and says more: the hub waits
 * for it until chat_gone_due.
 */
GATIO_MESSAGE(chat_gone, { struct gatio_address session; });
GATIO_MESSAGE(chat_gone_due, { struct gatio_address session; });

/* To a pacer, and back to who sent it, when the sessions have had their turns: what waits goes on. */
GATIO_MESSAGE(chat_beat, { struct gatio_address from; });

/* To the courier of one's driver: may I write a page of a long text of my own? And back to the session: now. */
GATIO_MESSAGE(chat_grant, {
	struct chat_grant *next; /* the courier's: behind it in its line */
	struct gatio_address session;
});

/* Are you there? Only the lack of an answer says something. */
GATIO_MESSAGE(chat_check, {});
GATIO_MESSAGE(chat_alive, {});

/* Timer of an outbox. */
GATIO_MESSAGE(chat_retry, {});

/* A text on its way. */
struct chat_text {
	const char *bytes;
	size_t size;
};

/*
 * Make a message with a text; the rest of the request is the caller's to fill.
 *
 * Owner: gives; ends with a post or gatio_message_free. Error: NULL.
 */
struct chat_request *chat_request_new(enum chat_verb verb, const struct chat_text *text);
struct chat_deliver *chat_deliver_new(const struct chat_head *head, const struct chat_text *text);
/* The addresses are the caller's to fill. */
struct chat_fan *chat_fan_new(const struct chat_head *head, const struct chat_text *text,
                              uint32_t address_count);

/* Lent: valid as long as the message. */
struct chat_text chat_fan_text(const struct chat_fan *fan);

#endif
