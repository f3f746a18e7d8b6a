/* SPDX-License-Identifier: Apache-2.0 */
/* Courier: one on each driver; hands what comes from elsewhere to the sessions there, and says good-bye for them. */
#ifndef CHAT_COURIER_H
#define CHAT_COURIER_H

#include "samples/chat/message.h"
#include "samples/chat/outbox.h"
#include "samples/chat/server.h"

struct chat_courier {
	const struct chat_server *server;
	struct chat_outbox outbox;
};

GATIO_DECLARE_BEHAVIOR(chat_courier);

#endif
