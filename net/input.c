/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: from received buffers to the actor's handler.
 *
 * A completion only notes its buffer; the actor handles it in the connection's turn, where it lies, and it goes back to
 * the ring then. Bytes that the handler leaves unread move to the connection's own memory, to which later buffers are
 * appended, so that the handler always sees all of them side by side.
 *
 * Nothing is received while something here has not been told. So a connection keeps at most what its actor has left
 * unread, and the buffers that were full when its receive was cancelled: each byte is copied once, consumed by moving
 * `begin`, and moved again only after as many bytes have been consumed.
 */
#include "net/input.h"

#include "base/assert.h"
#include "base/container.h"
#include "net/deadlines.h"

#include <errno.h>
#include <string.h>

/* Buffers handled in one turn of a connection, before others have theirs. */
#define TURN_BUFFERS_MAX 16u
#define UNREAD_SIZE_MIN  1024u

/* ---- From the kernel ------------------------------------------------------------------------------------------------ */

static bool may_receive(const struct gi_connection *connection)
{
	return connection->state != GI_CONNECTION_CLOSING && !connection->is_broken &&
	       !connection->has_ended && !connection->is_paused && !connection->is_held_back &&
	       !connection->is_waiting && !connection->is_to_retry && connection->held_count == 0 &&
	       !connection->has_news &&
	       (connection->is_connected || connection->state != GI_CONNECTION_OPEN);
}

void gi_input_arm(struct gi_connection *connection)
{
	if (!gi_io_is_idle(&connection->receive) || !may_receive(connection)) {
		return;
	}
	struct gi_driver *driver = gi_connection_driver(connection);
	uint16_t group = gi_buffers_group(gi_driver_buffers(driver));
	if (connection->port->options.receive_singly) {
		gi_io_prepare_receive_once(&connection->receive, connection->fd, group);
	} else {
		gi_io_prepare_receive(&connection->receive, connection->fd, group);
	}
	int err = gi_io_submit(driver, &connection->receive);
	if (err) {
		gi_deadlines_refused(connection, err);
		return;
	}
	gi_deadlines_listens(connection);
}

/* Of its held buffers: it has an end while it has a buffer, and the driver counts each of them as held. */
__attribute__((unused)) static bool is_ring_right(const struct gi_connection *connection)
{
	const struct gi_buffers *buffers = gi_driver_buffers(gi_connection_driver(connection));
	return (connection->held_count == 0) == (connection->held_last == 0) &&
	       connection->held_count <= gi_buffers_held(buffers);
}

static void hold(struct gi_connection *connection, uint16_t index, uint32_t size)
{
	struct gi_held_buffer *held = connection->net->held;
	gi_assert_slow(connection->state == GI_CONNECTION_OPEN);
	gi_assert_slow(size > 0);
	held[index] = (struct gi_held_buffer){.size = size, .next = index + 1u};
	if (connection->held_last) {
		struct gi_held_buffer *last = &held[connection->held_last - 1];
		held[index].next = last->next;
		last->next = index + 1u;
	}
	connection->held_last = (uint16_t)(index + 1u);
	connection->held_count++;
	gi_assert_slow(is_ring_right(connection));
	if (connection->held_count >= connection->net->held_max) {
		gi_connection_stop_receive(connection); /* others need buffers too */
	}
}

static uint16_t pop_held(struct gi_connection *connection, uint32_t *out_size)
{
	gi_assert(connection->held_count > 0);
	gi_assert_slow(is_ring_right(connection));
	struct gi_held_buffer *held = connection->net->held;
	struct gi_held_buffer *last = &held[connection->held_last - 1];
	uint16_t index = (uint16_t)(last->next - 1);
	*out_size = held[index].size;
	last->next = held[index].next;
	connection->held_count--;
	if (connection->held_count == 0) {
		gi_assert_slow(index + 1u == connection->held_last); /* it was the only one */
		connection->held_last = 0;
	}
	return index;
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
	if (connection->owes_drain && connection->drain_left != GI_DRAIN_UNKNOWN) {
		uint32_t size = (uint32_t)event->result;
		connection->drain_left -=
		        size < connection->drain_left ? size : connection->drain_left;
	}
	hold(connection, event->buffer_index, (uint32_t)event->result);
	gi_connection_wake(connection);
}

/* The receive is over: for good, for want of buffers, because it was cancelled, or just so. */
static bool receive_over(struct gi_connection *connection, int result)
{
	gi_assert_slow(gi_io_is_idle(&connection->receive));
	if (result == -ENOBUFS) {
		gi_count(&connection->net->counters.buffer_waits, 1);
	}
	if (result == -ENOBUFS && may_receive(connection)) {
		gi_assert(gi_list_is_empty(&connection->wait.link)); /* in line once */
		connection->is_waiting = true;
		gi_buffers_wait(gi_driver_buffers(gi_connection_driver(connection)),
		                &connection->wait);
		return connection->owes_drain; /* which may wait for the receive's end only */
	}
	bool is_closing = connection->state == GI_CONNECTION_CLOSING;
	if ((result == -EINTR || result == -EAGAIN) && !is_closing) {
		gi_deadlines_retry(connection);
		return false;
	}
	if (result < 0 && result != -ECANCELED && result != -ENOBUFS) {
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
	gi_assert(connection->is_waiting);
	gi_assert(!connection->is_finished);
	connection->is_waiting = false;
	gi_input_arm(connection);
}

void gi_input_init(struct gi_connection *connection)
{
	gi_list_init(&connection->wait.link);
	connection->wait.ready = on_buffers_ready;
}

/* ---- Unread ---------------------------------------------------------------------------------------------------------- */

static void free_unread(struct gi_connection *connection)
{
	gi_heap_free(gi_connection_driver(connection)->heap, connection->unread);
	connection->unread = NULL;
}

static size_t capacity_of(const struct gi_unread *unread)
{
	return unread ? gi_heap_block_size(unread) - sizeof(*unread) : 0;
}

/* The same bytes in a block for `capacity`. Error: -ENOMEM; it stays as it is. */
static int move_unread(struct gi_connection *connection, size_t capacity)
{
	struct gi_heap *heap = gi_connection_driver(connection)->heap;
	struct gi_unread *old = connection->unread;
	capacity = capacity < UNREAD_SIZE_MIN ? UNREAD_SIZE_MIN : capacity;
	if (old) {
		gi_assert(old->size <= capacity);
	}
	struct gi_unread *unread = gi_heap_alloc(heap, sizeof(*unread) + capacity);
	if (!unread) {
		return -ENOMEM;
	}
	unread->begin = 0;
	unread->size = 0;
	if (old) {
		memcpy(unread->bytes, old->bytes + old->begin, old->size);
		unread->size = old->size;
		gi_heap_free(heap, old);
	}
	connection->unread = unread;
	return 0;
}

/* Room for `size` more bytes behind those there are. */
static int make_room(struct gi_connection *connection, uint32_t size)
{
	struct gi_unread *unread = connection->unread;
	size_t capacity = capacity_of(unread);
	if (!unread) {
		return move_unread(connection, size);
	}
	size_t wanted = (size_t)unread->size + size;
	if (unread->begin + wanted <= capacity) {
		return 0;
	}
	if (wanted <= capacity && unread->begin >= unread->size) {
		memcpy(unread->bytes, unread->bytes + unread->begin, unread->size);
		unread->begin = 0;
		return 0;
	}
	size_t twice = 2 * (size_t)unread->size;
	return move_unread(connection, wanted > twice ? wanted : twice);
}

static int append(struct gi_connection *connection, const unsigned char *bytes, uint32_t size)
{
	int err = make_room(connection, size);
	if (!err) {
		struct gi_unread *unread = connection->unread;
		gi_assert((uint64_t)unread->begin + unread->size + size <= capacity_of(unread));
		memcpy(unread->bytes + unread->begin + unread->size, bytes, size);
		unread->size += size;
	}
	return err;
}

/* The actor has consumed all but the last `left` bytes. */
static void keep_last(struct gi_connection *connection, uint32_t left)
{
	struct gi_unread *unread = connection->unread;
	gi_assert(unread);
	gi_assert(left <= unread->size);
	if (left == 0) {
		free_unread(connection);
		return;
	}
	unread->begin += unread->size - left;
	unread->size = left;
	size_t capacity = capacity_of(unread);
	if (capacity > 4 * UNREAD_SIZE_MIN && left <= capacity / 4) {
		(void)move_unread(connection, 2 * (size_t)left); /* without memory it stays large */
	}
}

void gi_input_drop(struct gi_connection *connection)
{
	while (connection->held_count > 0) {
		uint32_t size;
		put_buffer(connection, pop_held(connection, &size));
	}
	connection->has_news = false;
	free_unread(connection);
	if (connection->is_waiting) {
		connection->is_waiting = false;
		gi_buffers_wait_cancel(&connection->wait);
	}
}

/* ---- To the actor --------------------------------------------------------------------------------------------------- */

/* Returns false when the actor has ended in it; the connection is another's business then. */
static bool tell_received(struct gi_connection *connection, const unsigned char *bytes,
                          uint32_t size)
{
	struct gi_net_driver *net = connection->net;
	gi_assert_slow(size > 0);
	struct gatio_received received = {.data = bytes, .size = size};
	net->unread_size = 0;
	return gi_connection_tell(connection, &gatio_message_gatio_received, &received);
}

/* It waits for more than it may keep: a message that is too long. Who pauses waits for nothing. */
static bool wants_too_much(const struct gi_connection *connection, uint32_t left)
{
	return !connection->is_paused && left > connection->port->options.input_size_max;
}

/* What the peer has sent does not reach its actor: that must not look like an end in order. */
static void lose_input(struct gi_connection *connection, int reason)
{
	connection->must_reset = true;
	gi_connection_break(connection, reason);
}

static bool feed_unread(struct gi_connection *connection)
{
	struct gi_unread *unread = connection->unread;
	gi_assert(unread);
	if (!tell_received(connection, unread->bytes + unread->begin, unread->size)) {
		return false;
	}
	/* Also if it has paused and resumed meanwhile: it has seen all there is. */
	connection->has_news = false;
	uint32_t left = connection->net->unread_size;
	if (wants_too_much(connection, left)) {
		lose_input(connection, -EMSGSIZE);
	} else {
		keep_last(connection, left);
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
		gi_assert(left <= size);
		int err = wants_too_much(connection, left)
		                  ? -EMSGSIZE
		                  : append(connection, bytes + (size - left), left);
		if (err) {
			lose_input(connection, err);
		}
	}
	return true;
}

/* The next buffer: handed on, or appended to what the actor has left unread. Returns as tell_received(). */
static bool feed_next(struct gi_connection *connection)
{
	gi_assert_slow(connection->state == GI_CONNECTION_OPEN);
	struct gi_buffers *buffers = gi_driver_buffers(gi_connection_driver(connection));
	uint32_t size;
	uint16_t index = pop_held(connection, &size);
	const unsigned char *bytes = gi_buffers_at(buffers, index);
	bool is_alive = true;
	if (connection->is_paused || connection->unread) {
		int err = append(connection, bytes, size);
		connection->has_news = true;
		if (err) {
			lose_input(connection, err);
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
	for (uint32_t i = 0; i < TURN_BUFFERS_MAX && connection->held_count > 0; i++) {
		if (!may_feed(connection)) {
			return true;
		}
		if (!feed_next(connection)) {
			return false;
		}
	}
	if (connection->has_news && !connection->is_paused && may_feed(connection)) {
		return feed_unread(connection);
	}
	return true;
}
