/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output: what an actor writes in a turn is gathered in segments and leaves in one send; one send is in flight at a
 * time, so bytes stay in order. A short send goes on where it ended.
 *
 * Sends do not ask the kernel to wait for all bytes: each that the peer takes shows as a completion, by which the write
 * deadline tells a slow peer from a dead one.
 */
#include "net/output.h"

#include "base/assert.h"
#include "net/deadlines.h"

#include <errno.h>
#include <string.h>

static struct gi_heap *heap_of(const struct gi_connection *connection)
{
	return gi_connection_driver(connection)->heap;
}

/* Bytes in its segments that the peer has not taken. Costs a walk, for gi_assert_slow(). */
__attribute__((unused)) static uint64_t size_of_segments(const struct gi_connection *connection)
{
	uint64_t size = 0;
	for (const struct gi_segment *segment = connection->output_first; segment;
	     segment = segment->next) {
		gi_assert(segment->sent <= segment->size);
		gi_assert(segment->size <= segment->capacity);
		size += segment->size - segment->sent;
	}
	return size;
}

/* A new segment at the end of the output, for at least `size` bytes. */
static struct gi_segment *add_segment(struct gi_connection *connection, size_t size)
{
	struct gi_segment *last = connection->output_last;
	size_t capacity = size > GI_SEGMENT_BYTES ? size : GI_SEGMENT_BYTES;
	gi_assert_slow(capacity <= UINT32_MAX);
	gi_assert_slow(!last == !connection->output_first);
	if (last) {
		gi_assert_slow(!last->next);
	}
	struct gi_segment *segment =
	        gi_heap_alloc(heap_of(connection), sizeof(*segment) + capacity);
	if (!segment) {
		return NULL;
	}
	*segment = (struct gi_segment){.capacity = (uint32_t)capacity};
	if (last) {
		last->next = segment;
	} else {
		connection->output_first = segment;
	}
	connection->output_last = segment;
	return segment;
}

/* Room for `size` contiguous bytes at the end of the output. */
static struct gi_segment *segment_with(struct gi_connection *connection, size_t size)
{
	struct gi_segment *last = connection->output_last;
	if (last && last->capacity - last->size >= size) {
		return last;
	}
	return add_segment(connection, size);
}

static int may_write(const struct gi_connection *connection, size_t size)
{
	if (connection->state != GI_CONNECTION_OPEN || connection->is_broken ||
	    connection->close_is_told) {
		return -EPIPE;
	}
	uint32_t max = connection->port->options.output_size_max;
	return size <= max && connection->output_size <= max - size ? 0 : -ENOBUFS;
}

static void wants_flush(struct gi_connection *connection)
{
	gi_assert_slow(connection->output_size <= connection->port->options.output_size_max);
	gi_assert_slow(connection->output_size == size_of_segments(connection));
	gi_connection_wants_flush(connection);
	if (connection->output_size >= connection->port->options.output_size_high) {
		connection->was_high = true;
		if (!connection->is_held_back && !connection->port->options.no_hold_back) {
			connection->is_held_back = true;
			gi_count(&connection->net->counters.pauses, 1);
			gi_connection_stop_receive(connection);
		}
	}
}

void *gi_output_room(struct gi_connection *connection, size_t size)
{
	if (may_write(connection, size)) {
		return NULL;
	}
	struct gi_segment *segment = segment_with(connection, size);
	return segment ? segment->bytes + segment->size : NULL;
}

void gi_output_wrote(struct gi_connection *connection, size_t size)
{
	struct gi_segment *last = connection->output_last;
	gi_assert(last);
	gi_assert(size <= last->capacity - last->size);
	gi_assert_slow(connection->output_size + size <= connection->port->options.output_size_max);
	last->size += (uint32_t)size;
	connection->output_size += (uint32_t)size;
	wants_flush(connection);
}

int gi_output_write(struct gi_connection *connection, const void *bytes, size_t size)
{
	int err = may_write(connection, size);
	if (err || size == 0) {
		return err;
	}
	/* What fits in the last segment first: then a long write needs one allocation, and a short one often none. */
	struct gi_segment *last = connection->output_last;
	size_t first = last ? last->capacity - last->size : 0;
	first = first < size ? first : size;
	struct gi_segment *rest = first < size ? add_segment(connection, size - first) : last;
	if (!rest) {
		return -ENOMEM;
	}
	if (first > 0) {
		memcpy(last->bytes + last->size, bytes, first);
		last->size += (uint32_t)first;
	}
	if (first < size) {
		memcpy(rest->bytes + rest->size, (const unsigned char *)bytes + first,
		       size - first);
		rest->size += (uint32_t)(size - first);
	}
	connection->output_size += (uint32_t)size;
	wants_flush(connection);
	return 0;
}

/* ---- Sending ------------------------------------------------------------------------------------------------------ */

static void free_segment(struct gi_connection *connection)
{
	struct gi_segment *segment = connection->output_first;
	gi_assert_slow(segment);
	connection->output_first = segment->next;
	if (!connection->output_first) {
		gi_assert_slow(connection->output_last == segment);
		connection->output_last = NULL;
	}
	gi_heap_free(heap_of(connection), segment);
}

static void free_gather(struct gi_connection *connection)
{
	gi_heap_free(heap_of(connection), connection->gather);
	connection->gather = NULL;
}

void gi_output_drop_room(struct gi_connection *connection)
{
	const struct gi_segment *first = connection->output_first;
	if (first && first->size == 0 && !first->next) {
		free_segment(connection);
	}
}

void gi_output_drop(struct gi_connection *connection)
{
	gi_assert(gi_io_is_idle(&connection->send)); /* else the kernel still reads it */
	while (connection->output_first) {
		free_segment(connection);
	}
	gi_assert(!connection->output_last);
	connection->output_size = 0;
	free_gather(connection);
}

/* The peer took `size` bytes. */
static void advance(struct gi_connection *connection, uint32_t size)
{
	gi_assert(size <= connection->output_size);
	gi_assert_slow(connection->output_size == size_of_segments(connection));
	connection->output_size -= size;
	while (connection->output_first) {
		struct gi_segment *segment = connection->output_first;
		uint32_t left = segment->size - segment->sent;
		uint32_t taken = size < left ? size : left;
		segment->sent += taken;
		size -= taken;
		if (segment->sent < segment->size) {
			gi_assert_slow(size == 0);
			return;
		}
		free_segment(connection);
	}
	gi_assert_slow(size == 0);
	gi_assert_slow(connection->output_size == 0);
}

static void gather(struct gi_connection *connection)
{
	struct gi_gather *gather = connection->gather;
	size_t count = 0;
	for (struct gi_segment *segment = connection->output_first;
	     segment && count < GI_SEND_PARTS; segment = segment->next) {
		gather->parts[count++] = (struct iovec){.iov_base = segment->bytes + segment->sent,
		                                        .iov_len = segment->size - segment->sent};
	}
	gi_assert_slow(count > 1);
	gather->header = (struct msghdr){.msg_iov = gather->parts, .msg_iovlen = count};
	gi_io_prepare_send_message(&connection->send, connection->fd, &gather->header);
}

static void prepare(struct gi_connection *connection)
{
	struct gi_segment *first = connection->output_first;
	gi_assert_slow(first); /* there are bytes: where? */
	if (first->next && !connection->gather) {
		/* Without memory for it the segments leave one by one. */
		connection->gather = gi_heap_alloc(heap_of(connection), sizeof(struct gi_gather));
	}
	if (first->next && connection->gather) {
		gather(connection);
	} else {
		gi_io_prepare_send(&connection->send, connection->fd, first->bytes + first->sent,
		                   first->size - first->sent);
	}
}

void gi_output_flush(struct gi_connection *connection)
{
	if (connection->output_size == 0 || connection->is_broken ||
	    connection->state == GI_CONNECTION_CLOSING || !gi_io_is_idle(&connection->send) ||
	    connection->is_to_retry) {
		return;
	}
	struct gi_driver *driver = gi_connection_driver(connection);
	prepare(connection);
	int err = gi_io_submit(driver, &connection->send);
	if (err) {
		gi_deadlines_refused(connection, err);
		return;
	}
	gi_count(&connection->net->counters.sends, 1);
	gi_deadlines_offered(connection);
}

static void after_progress(struct gi_connection *connection)
{
	uint32_t low = connection->port->options.output_size_high / 2;
	gi_assert_slow(connection->output_size == size_of_segments(connection));
	if (connection->output_size == 0 && connection->gather) {
		free_gather(connection);
	}
	if (connection->is_held_back && connection->output_size <= low) {
		connection->is_held_back = false;
		gi_connection_wake(connection);
	}
	if (connection->was_high && connection->output_size <= low) {
		gi_connection_wake(connection);
	}
	gi_output_flush(connection);
}

bool gi_output_completed(struct gi_connection *connection, int result)
{
	gi_assert_slow(gi_io_is_idle(&connection->send));
	if (result >= 0) {
		gi_count(&connection->net->counters.sent_bytes, (uint64_t)result);
		advance(connection, (uint32_t)result);
	} else if (result == -EAGAIN || result == -EINTR) {
		gi_deadlines_retry(connection);
		return connection->state == GI_CONNECTION_CLOSING;
	} else {
		gi_connection_break(connection, result);
		return false;
	}
	after_progress(connection);
	return connection->state != GI_CONNECTION_OPEN; /* nothing in an open one waits for it */
}
