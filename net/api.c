/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection actor calls in its handlers. */
#include "base/assert.h"
#include "net/life.h"
#include "net/output.h"

#include <errno.h>

static struct gi_connection *own_connection(void)
{
	struct gi_connection *connection = gi_connection_current();
	gi_assert(connection); /* only a connection actor, in its handlers, may ask this */
	return connection;
}

int gatio_write(const void *data, size_t size)
{
	struct gi_connection *connection = gi_connection_current();
	return connection ? gi_output_write(connection, data, size) : -ENOTCONN;
}

void *gatio_write_room(size_t size)
{
	struct gi_connection *connection = gi_connection_current();
	return connection ? gi_output_room(connection, size) : NULL;
}

void gatio_write_done(size_t size)
{
	struct gi_connection *connection = gi_connection_current();
	if (size > 0) {
		gi_output_wrote(own_connection(), size);
	} else if (connection) {
		gi_output_drop_room(connection);
	}
}

size_t gatio_write_waiting(void)
{
	return own_connection()->output_size;
}

void gatio_unread(size_t size)
{
	struct gi_connection *connection = own_connection();
	struct gi_stage *stage = connection->net->stage;
	gi_assert(stage->message);
	gi_assert(stage->message->type == gatio_message_gatio_received.index);
	const struct gatio_received *received = (const void *)stage->message->payload;
	gi_assert(size <= received->size);
	connection->net->unread_size = (uint32_t)size;
}

void gatio_pause(void)
{
	struct gi_connection *connection = own_connection();
	if (!connection->is_paused) {
		connection->is_paused = true;
		gi_count(&connection->net->counters.pauses, 1);
		gi_connection_stop_receive(connection);
	}
}

void gatio_resume(void)
{
	struct gi_connection *connection = own_connection();
	if (connection->is_paused) {
		connection->is_paused = false;
		if (connection->unread) {
			connection->has_news = true;
		}
		gi_connection_wake(connection);
	}
}

void gatio_abort(int reason)
{
	struct gi_connection *connection = own_connection();
	connection->must_reset = true;
	if (!connection->is_broken) {
		connection->is_broken = true;
		connection->reason = reason;
	}
	gatio_exit(reason);
}
