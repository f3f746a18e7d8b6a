/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Courier: one on each driver; hands what the hub says to the sessions there. Nobody else speaks to a session of what
 * others do, so it hears of things in the order of the hub.
 *
 * What is said to one goes to him at once. What is said to many waits in a backlog, out of which some are served at a
 * time: whoever has a line of his own waits behind those few, not behind the crowd. A session that has a long text of its
 * own to write is granted a page of it at a time, as one of those few.
 */
#ifndef CHAT_COURIER_H
#define CHAT_COURIER_H

#include "samples/chat/backlog.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_courier {
	const struct chat_server *server;
	struct chat_outbox outbox; /* to the hub */
	struct chat_backlog backlog;
	struct chat_grant *first_grant; /* sessions that want to write a page of their own */
	struct chat_grant *last_grant;
	struct gatio_address pacer;
	bool has_beat;                     /* is on its way */
	uint64_t weights[CHAT_LOAD_COUNT]; /* handed on since its start */
	uint64_t reported;                 /* the sum of them that the hub knows of */
};

/*
 * Pacer: sends each chat_beat back. It is of the same class as the sessions, and gets its turn behind those that were
 * ready: so whoever asks it for each next step leaves them their turns in between.
 */
struct chat_pacer {
	uint64_t beat_count;
};

GATIO_DECLARE_SHARED_BEHAVIOR(chat_courier);
GATIO_DECLARE_SHARED_BEHAVIOR(chat_pacer);

/* One step later: a chat_beat comes back. false: memory at its limit. */
bool chat_pacer_beat(struct gatio_address pacer);

#endif
