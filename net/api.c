/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection actor calls in its handlers. */
#include "base/misuse.h"
#include "net/life.h"
#include "net/output.h"

#include <errno.h>

/* The caller's connection: only an actor that has one, in its handlers, may ask. */
static struct gi_connection *own_connection(const char *function)
{
	struct gi_connection *connection = gi_connection_current();
	gi_require(connection, function, "the caller is not a connection actor in a handler",
	           "call it in a handler of the actor that gatio_port_open() made");
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
	unsigned char *room = connection ? gi_output_room(connection, size) : NULL;
	if (room) {
		struct gi_net_driver *net = connection->net;
		net->room_owner = connection;
		gi_assert_slow(gi_output_is_end(connection, room));
		net->room = room;
		net->room_size = size;
	}
	return room;
}

void gatio_write_done(size_t size)
{
	struct gi_connection *connection = gi_connection_current();
	if (size == 0 && !connection) {
		return; /* there was no room */
	}
	connection = own_connection("gatio_write_done");
	struct gi_net_driver *net = connection->net;
	bool has_room = net->room_owner == connection;
	net->room_owner = NULL;
	if (size == 0) {
		gi_output_drop_room(connection);
		return;
	}
	gi_require(has_room, "gatio_write_done", "there is no room to be done with",
	           "call gatio_write_room() before, and once for each");
	gi_require(size <= net->room_size, "gatio_write_done",
	           "more is written than gatio_write_room() was asked for",
	           "ask for as much as may be written");
	gi_require(gi_output_is_end(connection, net->room), "gatio_write_done",
	           "gatio_write() has come between it and gatio_write_room()",
	           "be done with the room first");
	gi_output_wrote(connection, size);
}

size_t gatio_write_waiting(void)
{
	return own_connection("gatio_write_waiting")->output_size;
}

void gatio_unread(size_t size)
{
	struct gi_connection *connection = own_connection("gatio_unread");
	const struct gi_message *message = connection->net->scheduler->message;
	gi_require(message && message->type == gatio_message_gatio_received.index, "gatio_unread",
	           "no gatio_received is being handled",
	           "call it in the handler of gatio_received");
	const struct gatio_received *received = (const void *)message->payload;
	gi_require(size <= received->size, "gatio_unread",
	           "more than was received cannot be unread",
	           "pass at most the size of the message");
	connection->net->unread_size = (uint32_t)size;
}

void gatio_pause(void)
{
	struct gi_connection *connection = own_connection("gatio_pause");
	if (!connection->is_paused) {
		connection->is_paused = true;
		gi_count(&connection->net->counters.pauses, 1);
		gi_connection_stop_receive(connection);
	}
}

void gatio_resume(void)
{
	struct gi_connection *connection = own_connection("gatio_resume");
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
	struct gi_connection *connection = own_connection("gatio_abort");
	connection->must_reset = true;
	if (!connection->is_broken) {
		connection->is_broken = true;
		connection->reason = reason;
	}
	gatio_exit(reason);
}
