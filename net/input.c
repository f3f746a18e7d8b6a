/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: from received buffers to the actor's handler.
 *
 * A completion only notes its buffer; the actor handles it in the connection's turn, where it lies, and it goes back to
 * the ring then. Bytes that the handler leaves unread move to the connection's own memory, to which later buffers are
 * appended, so that the handler always sees all of them side by side.
 */
#include "net/input.h"

#include "base/container.h"
#include "net/deadlines.h"

#include <errno.h>
#include <string.h>

/* Buffers handled in one turn of a connection, before others have theirs. */
#define TURN_BUFFERS_MAX 16u
#define INPUT_SIZE_MIN   1024u

/* ---- From the kernel ------------------------------------------------------------------------------------------------ */

static bool may_receive(const struct gi_connection *connection)
{
	return connection->state != GI_CONNECTION_CLOSING && !connection->is_broken &&
	       !connection->has_ended && !connection->is_paused && !connection->is_held_back &&
	       !connection->is_waiting &&
	       (connection->is_connected || connection->state != GI_CONNECTION_OPEN);
}

void gi_input_arm(struct gi_connection *connection)
{
	if (!gi_io_is_idle(&connection->receive) || !may_receive(connection)) {
		return;
	}
	struct gi_driver *driver = gi_connection_driver(connection);
	gi_io_prepare_receive(&connection->receive, connection->fd,
	                      gi_buffers_group(gi_driver_buffers(driver)));
	int err = gi_io_submit(driver, &connection->receive);
	if (err) {
		gi_connection_break(connection, err);
		return;
	}
	gi_deadlines_listens(connection);
}

static void hold(struct gi_connection *connection, uint16_t index, uint32_t size)
{
	struct gi_held_buffer *held = connection->net->held;
	held[index] = (struct gi_held_buffer){.size = size};
	if (connection->held_last) {
		held[connection->held_last - 1].next = index + 1u;
	} else {
		connection->held_first = (uint16_t)(index + 1u);
	}
	connection->held_last = (uint16_t)(index + 1u);
}

static void put_buffer(struct gi_connection *connection, uint16_t index)
{
	gi_buffers_put(gi_driver_buffers(gi_connection_driver(connection)), index);
}

static void received(struct gi_connection *connection, const struct gi_io_event *event)
{
	gi_count(&connection->net->counters.received_bytes, (uint64_t)event->result);
	if (connection->state != GI_CONNECTION_OPEN || connection->is_broken) {
		put_buffer(connection, event->buffer_index); /* nobody listens any more */
		return;
	}
	hold(connection, event->buffer_index, (uint32_t)event->result);
	gi_connection_wake(connection);
}

/* The receive is over: for good, for want of buffers, because it was cancelled, or just so. */
static bool receive_over(struct gi_connection *connection, int result)
{
	if (result == -ENOBUFS && may_receive(connection)) {
		gi_count(&connection->net->counters.buffer_waits, 1);
		connection->is_waiting = true;
		gi_buffers_wait(gi_driver_buffers(gi_connection_driver(connection)),
		                &connection->wait);
		return false;
	}
	if (result < 0 && result != -ECANCELED && result != -ENOBUFS && result != -EINTR &&
	    result != -EAGAIN) {
		gi_connection_break(connection, result);
		return false;
	}
	return true;
}

bool gi_input_completed(struct gi_connection *connection, const struct gi_io_event *event)
{
	if (event->has_buffer && event->result > 0) {
		received(connection, event);
	} else if (event->has_buffer) {
		put_buffer(connection, event->buffer_index);
	}
	if (event->result == 0) {
		connection->has_ended = true;
		gi_connection_wake(connection);
	}
	return event->is_last && receive_over(connection, event->result);
}

static void on_buffers_ready(struct gi_buffer_wait *wait)
{
	struct gi_connection *connection = gi_container_of(wait, struct gi_connection, wait);
	connection->is_waiting = false;
	gi_input_arm(connection);
}

void gi_input_init(struct gi_connection *connection)
{
	gi_list_init(&connection->wait.link);
	connection->wait.ready = on_buffers_ready;
}

/* ---- To the actor --------------------------------------------------------------------------------------------------- */

static void free_input(struct gi_connection *connection)
{
	gi_heap_free(gi_connection_driver(connection)->heap, connection->input);
	connection->input = NULL;
	connection->input_size = 0;
}

void gi_input_drop(struct gi_connection *connection)
{
	while (connection->held_first) {
		uint16_t index = (uint16_t)(connection->held_first - 1);
		connection->held_first = (uint16_t)connection->net->held[index].next;
		put_buffer(connection, index);
	}
	connection->held_last = 0;
	connection->has_news = false;
	free_input(connection);
	if (connection->is_waiting) {
		connection->is_waiting = false;
		gi_buffers_wait_cancel(&connection->wait);
	}
}

static int grow_input(struct gi_connection *connection, uint32_t size)
{
	size_t old_capacity = connection->input ? gi_heap_block_size(connection->input) : 0;
	if (size <= old_capacity) {
		return 0;
	}
	size_t capacity = old_capacity * 2;
	capacity = capacity < INPUT_SIZE_MIN ? INPUT_SIZE_MIN : capacity;
	capacity = capacity < size ? size : capacity;
	struct gi_heap *heap = gi_connection_driver(connection)->heap;
	unsigned char *input = gi_heap_alloc(heap, capacity);
	if (!input) {
		return -ENOMEM;
	}
	if (connection->input) {
		memcpy(input, connection->input, connection->input_size);
	}
	gi_heap_free(heap, connection->input);
	connection->input = input;
	return 0;
}

static int append_input(struct gi_connection *connection, const unsigned char *bytes, uint32_t size)
{
	int err = grow_input(connection, connection->input_size + size);
	if (!err) {
		memcpy(connection->input + connection->input_size, bytes, size);
		connection->input_size += size;
	}
	return err;
}

/* Returns false when the actor has ended in it; the connection is another's business then. */
static bool tell_received(struct gi_connection *connection, const unsigned char *bytes,
                          uint32_t size)
{
	struct gatio_received received = {.data = bytes, .size = size};
	connection->net->unread_size = 0;
	return gi_connection_tell(connection, &gatio_message_gatio_received, &received);
}

static bool is_within_max(const struct gi_connection *connection, uint32_t size)
{
	return size <= connection->port->options.input_size_max;
}

static bool feed_input(struct gi_connection *connection)
{
	uint32_t size = connection->input_size;
	if (!tell_received(connection, connection->input, size)) {
		return false;
	}
	connection->has_news =
	        false; /* also if it has paused and resumed meanwhile: it has seen all there is */
	uint32_t left = connection->net->unread_size;
	if (!is_within_max(connection, left)) {
		gi_connection_break(connection, -EMSGSIZE);
	} else if (left == 0) {
		free_input(connection);
	} else if (left < size) {
		memmove(connection->input, connection->input + (size - left), left);
		connection->input_size = left;
	}
	return true;
}

/* Straight from the buffer it came in. */
static bool feed_buffer(struct gi_connection *connection, const unsigned char *bytes, uint32_t size)
{
	if (!tell_received(connection, bytes, size)) {
		return false;
	}
	uint32_t left = connection->net->unread_size;
	if (left > 0) {
		int err = is_within_max(connection, left)
		                  ? append_input(connection, bytes + (size - left), left)
		                  : -EMSGSIZE;
		if (err) {
			gi_connection_break(connection, err);
		}
	}
	return true;
}

static uint16_t pop_held(struct gi_connection *connection, uint32_t *out_size)
{
	struct gi_held_buffer *held = connection->net->held;
	uint16_t index = (uint16_t)(connection->held_first - 1);
	*out_size = held[index].size;
	connection->held_first = (uint16_t)held[index].next;
	if (!connection->held_first) {
		connection->held_last = 0;
	}
	return index;
}

/* The next buffer: handed on, or appended to what the actor has left unread. Returns as tell_received(). */
static bool feed_next(struct gi_connection *connection)
{
	struct gi_buffers *buffers = gi_driver_buffers(gi_connection_driver(connection));
	uint32_t size;
	uint16_t index = pop_held(connection, &size);
	const unsigned char *bytes = gi_buffers_at(buffers, index);
	bool is_alive = true;
	if (connection->is_paused || connection->input_size > 0) {
		int err = append_input(connection, bytes, size);
		connection->has_news = true;
		if (err) {
			gi_connection_break(connection, err);
		}
	} else {
		is_alive = feed_buffer(connection, bytes, size);
	}
	gi_buffers_put(buffers, index);
	return is_alive;
}

static bool may_feed(const struct gi_connection *connection)
{
	return connection->actor && !connection->is_broken;
}

bool gi_input_feed(struct gi_connection *connection)
{
	for (uint32_t i = 0; i < TURN_BUFFERS_MAX && connection->held_first; i++) {
		if (!may_feed(connection)) {
			return true;
		}
		if (!feed_next(connection)) {
			return false;
		}
	}
	if (connection->has_news && !connection->is_paused && may_feed(connection)) {
		return feed_input(connection);
	}
	return true;
}
