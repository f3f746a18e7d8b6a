/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Courier: one on each driver; hands what the hub says to the sessions there. Nobody else speaks to a session of what
 * others do, so it hears of things in the order of the hub.
 */
#ifndef CHAT_COURIER_H
#define CHAT_COURIER_H

#include "samples/chat/message.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_courier {
	const struct chat_server *server;
	struct chat_outbox outbox; /* to the hub */
	struct gatio_address pacer;
	uint64_t weight; /* handed on since its start */
};

/*
 * Pacer: tells the hub how much has been handed on, when the sessions have had their turns: it is of the same class as
 * they are, and gets its turn behind them. Spawned by its courier.
 */
struct chat_pacer {
	const struct chat_server *server;
	struct chat_outbox outbox; /* to the hub */
};

GATIO_DECLARE_SHARED_BEHAVIOR(chat_courier);
GATIO_DECLARE_SHARED_BEHAVIOR(chat_pacer);

#endif
