/* SPDX-License-Identifier: Apache-2.0 */
/* The moves of a connection that every part of its life makes. */
#include "net/connection.h"

#include "actors/dispatch.h"
#include "actors/message.h"
#include "base/assert.h"

#include <string.h>

void gi_connection_wake(struct gi_connection *connection)
{
	gi_assert_slow(connection->work.run);
	gi_work_push(&gi_connection_driver(connection)->ready, &connection->work);
}

void gi_connection_break(struct gi_connection *connection, int reason)
{
	gi_assert(reason < 0);
	gi_assert(!connection->is_finished);
	if (connection->is_broken || connection->state == GI_CONNECTION_CLOSING) {
		gi_connection_wake(connection);
		return;
	}
	connection->is_broken = true;
	connection->reason = reason;
	gi_connection_wake(connection); /* on its own turn: the caller may be in its handler */
}

void gi_connection_stop_receive(struct gi_connection *connection)
{
	gi_io_cancel(gi_connection_driver(connection), &connection->receive);
}

bool gi_connection_tell(struct gi_connection *connection, const struct gatio_message_type *type,
                        const void *payload)
{
	/* A message laid out as in a block, on the stack. */
	struct {
		struct gi_message message;
		unsigned char rest[GI_TOLD_SIZE_MAX];
	} told;
	gi_assert(type->size <= GI_TOLD_SIZE_MAX);
	gi_assert_slow(connection->actor);
	gi_assert_slow(connection->state == GI_CONNECTION_OPEN);
	told.message = (struct gi_message){.kind = GI_KIND_USER,
	                                   .type = (uint16_t)type->index,
	                                   .size = type->size,
	                                   .mark = GI_MESSAGE_MARK};
	memcpy((unsigned char *)&told + offsetof(struct gi_message, payload), payload, type->size);
	return gi_actor_invoke(connection->net->scheduler, connection->actor, &told.message);
}
