/* SPDX-License-Identifier: Apache-2.0 */
/* Stream: see stream.h. */
#include "sim/stream.h"
#include "sim/machine.h"
#include "sim/task.h"

#include "base/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_DEFAULT ((uint64_t)64 << 10)
#define LATENCY_MIN_NS UINT64_C(2000)
#define LATENCY_MAX_NS UINT64_C(100000)
#define LATE_MAX_NS    UINT64_C(300000000)
#define NS_A_BYTE_MAX  UINT64_C(8000) /* a line of one megabit a second */
#define RETRY_NS       UINT64_C(200000000)
#define PROBE_NS       UINT64_C(10000000000)
#define GIVE_UP_NS     UINT64_C(924600000000) /* net.ipv4.tcp_retries2 */
#define WRITABLE_PART  3u

static struct gi_sim *sim(void)
{
	return gi_sim_here;
}

/* Both ends have said their last, and each has heard the other's. */
static bool has_ended(const struct gi_stream *stream)
{
	return stream->in.has_end_arrived && stream->peer->in.has_end_arrived;
}

/* ---- Arrivals ---------------------------------------------------------------------------------------------------- */

static void arrive_reset(void *context, uint64_t error);
static void miss_reset(struct gi_stream *stream);

static void give_up(void *context, uint64_t argument)
{
	struct gi_stream *stream = context;
	(void)argument;
	if (stream->is_reset) {
		return;
	}
	miss_reset(stream->peer); /* nobody tells it */
	if (!stream->is_closed) {
		stream->is_reset = true;
		stream->error = ETIMEDOUT;
		gi_sim_trace("gives-up", stream->object.number, 0);
		gi_object_changed(&stream->object);
	}
}

/* What comes over a cut link is sent again later, until the sender gives up. */
static bool is_held_up(struct gi_stream *to, gi_sim_fn again, uint64_t argument)
{
	struct gi_stream *from = to->peer;
	if (!gi_link_is_cut(from->machine, to->machine)) {
		return false;
	}
	struct gi_pipe *pipe = &to->in;
	pipe->held_ns = pipe->held_ns ? pipe->held_ns : sim()->now_ns;
	if (from->is_reset) {
		return true; /* it sends nothing again */
	}
	if (sim()->now_ns - pipe->held_ns >= from->give_up_ns) {
		give_up(from, 0);
	} else {
		gi_sim_in(RETRY_NS, again, to, argument);
	}
	return true;
}

/* Something of it is sent again and again, until there is an answer: a reset, where nobody knows of it any more. */
static void ask(void *context, uint64_t every_ns)
{
	struct gi_stream *stream = context;
	bool is_over = stream->is_closed || stream->is_reset || has_ended(stream);
	bool is_held_up = !is_over && gi_link_is_cut(stream->machine, stream->peer->machine);
	if (is_held_up && sim()->now_ns - stream->unheard_ns < stream->give_up_ns) {
		gi_sim_in(every_ns, ask, stream, every_ns);
		return;
	}
	stream->is_asking = false;
	if (is_held_up) {
		give_up(stream, 0);
	} else if (!is_over && stream->has_missed_reset) {
		gi_sim_in(2 * stream->latency_ns, arrive_reset, stream, ECONNRESET);
	}
}

static void begin_to_ask(struct gi_stream *stream, uint64_t first_ns, uint64_t every_ns)
{
	if (!stream->is_asking) {
		stream->is_asking = true;
		stream->unheard_ns = sim()->now_ns;
		gi_sim_in(first_ns, ask, stream, every_ns);
	}
}

/* It is said once. What is on its way is sent again. */
static void miss_reset(struct gi_stream *stream)
{
	const struct gi_pipe *out = &stream->peer->in;
	if (stream->is_cut) {
		return;
	}
	stream->has_missed_reset = true;
	if (out->arrived < out->written || out->is_ended != out->has_end_arrived) {
		begin_to_ask(stream, RETRY_NS, RETRY_NS);
	}
}

static void arrive_reset(void *context, uint64_t error)
{
	struct gi_stream *stream = context;
	if (stream->is_closed || stream->is_reset || stream->is_cut || has_ended(stream)) {
		return;
	}
	if (gi_link_is_cut(stream->machine, stream->peer->machine)) {
		miss_reset(stream);
		return;
	}
	bool waits_for_close = stream->in.has_end_arrived && !stream->is_output_shut;
	stream->is_reset = true;
	stream->error = waits_for_close && error == ECONNRESET ? EPIPE : (int)error;
	gi_sim_trace("reset", stream->object.number, (int64_t)error);
	gi_object_changed(&stream->object);
}

static void send_reset(struct gi_stream *from)
{
	struct gi_stream *to = from->peer;
	from->is_reset = true;
	gi_sim_in(from->latency_ns, arrive_reset, to, ECONNRESET);
}

static void arrive_bytes(void *context, uint64_t size)
{
	struct gi_stream *stream = context;
	if (stream->is_reset || stream->is_cut || stream->peer->has_missed_reset) {
		return;
	}
	if (is_held_up(stream, arrive_bytes, size)) {
		return;
	}
	stream->in.held_ns = 0;
	/* Nobody will read it: RFC 1122, 4.2.2.13. */
	if (stream->is_closed || (stream->is_input_shut && stream->is_output_shut)) {
		arrive_reset(stream, ECONNRESET);
		send_reset(stream);
		return;
	}
	stream->in.arrived += size;
	gi_assert(stream->in.arrived <= stream->in.written);
	gi_sim_trace("arrive", stream->object.number, (int64_t)size);
	gi_object_changed(&stream->object);
}

static void arrive_end(void *context, uint64_t argument)
{
	struct gi_stream *stream = context;
	(void)argument;
	if (stream->is_reset || stream->is_cut || stream->peer->has_missed_reset ||
	    is_held_up(stream, arrive_end, 0)) {
		return;
	}
	if (!stream->is_closed && stream->in.arrived != stream->in.written) {
		if (!stream->peer->is_reset) { /* what was held up comes first */
			gi_sim_in(RETRY_NS, arrive_end, stream, 0);
		}
		return;
	}
	stream->in.has_end_arrived = true;
	gi_sim_trace("end", stream->object.number, 0);
	gi_object_changed(&stream->object);
	gi_object_changed(&stream->peer->object);
}

/* The sender hears what has been taken. */
static void arrive_ack(void *context, uint64_t argument)
{
	struct gi_stream *stream = context;
	(void)argument;
	struct gi_pipe *out = &stream->peer->in;
	if (!stream->is_cut && gi_link_is_cut(stream->machine, stream->peer->machine)) {
		if (!stream->is_reset && !stream->is_closed) {
			gi_sim_in(RETRY_NS, arrive_ack, stream, 0);
		}
		return;
	}
	out->is_ack_coming = false;
	if (stream->is_cut) {
		return;
	}
	out->acknowledged = out->taken;
	out->moved_ns = sim()->now_ns;
	gi_object_changed(&stream->object);
}

/* In order, each after the last. */
static uint64_t arrival_ns(struct gi_stream *from, uint64_t size)
{
	struct gi_pipe *pipe = &from->peer->in;
	uint64_t delay_ns = from->latency_ns;
	if (gi_sim_strikes(GI_FAULT_STREAM_LATENCY)) {
		delay_ns += gi_random_spread(&sim()->time, 1000, LATE_MAX_NS);
	}
	if (size > 0 && gi_sim_strikes(GI_FAULT_STREAM_NARROW)) {
		delay_ns += size * gi_random_spread(&sim()->time, 1, NS_A_BYTE_MAX);
	}
	uint64_t at_ns = sim()->now_ns + delay_ns;
	pipe->last_ns = at_ns > pipe->last_ns ? at_ns : pipe->last_ns + 1;
	return pipe->last_ns;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static uint64_t free_size(const struct gi_stream *stream)
{
	const struct gi_pipe *out = &stream->peer->in;
	return out->capacity - (out->written - out->acknowledged);
}

static unsigned ready(const struct gi_object *object)
{
	const struct gi_stream *stream = (const void *)object;
	const struct gi_pipe *in = &stream->in;
	bool is_input_over = in->has_end_arrived || stream->is_input_shut;
	bool has_failed =
	        stream->is_reset || stream->error != 0 || (is_input_over && stream->is_output_shut);
	bool is_readable = in->arrived > in->taken || is_input_over || has_failed;
	bool is_writable = has_failed || stream->is_output_shut ||
	                   free_size(stream) >= stream->peer->in.capacity / WRITABLE_PART;
	return (has_failed ? GI_OBJECT_FAILED : 0) |
	       (is_readable ? GI_DIRECTION_BIT(GI_DIRECTION_IN) : 0) |
	       (is_writable ? GI_DIRECTION_BIT(GI_DIRECTION_OUT) : 0);
}

static void end_output(struct gi_stream *stream)
{
	struct gi_pipe *out = &stream->peer->in;
	if (!out->is_ended) {
		out->is_ended = true;
		gi_sim_at(arrival_ns(stream, 0), arrive_end, stream->peer, 0);
		if (stream->has_missed_reset) {
			begin_to_ask(stream, 0, RETRY_NS);
		}
	}
}

/* What nobody has read would be lost without a word: then the peer sees a reset. */
static void close_stream(struct gi_object *object)
{
	struct gi_stream *stream = (void *)object;
	gi_assert(!stream->is_closed);
	if (!stream->is_reset && !has_ended(stream)) {
		if (stream->must_reset || gi_stream_unread(stream) > 0) {
			send_reset(stream);
		} else {
			end_output(stream);
		}
	}
	stream->is_closed = true;
	free(stream->in.bytes);
	stream->in.bytes = NULL;
}

static struct gi_stream *create(uint64_t latency_ns, uint32_t machine)
{
	struct gi_stream *stream = gi_object_create(sizeof(*stream), GI_OBJECT_STREAM);
	stream->object.ready = ready;
	stream->object.close = close_stream;
	stream->machine = machine;
	stream->latency_ns = latency_ns;
	stream->give_up_ns = GIVE_UP_NS;
	stream->in.capacity = BUFFER_DEFAULT;
	stream->in.moved_ns = sim()->now_ns;
	if (gi_sim_strikes(GI_FAULT_STREAM_SMALL_BUFFER)) {
		stream->in.capacity = gi_random_spread(&sim()->time, 8, 8192);
	}
	stream->in.bytes = malloc(stream->in.capacity);
	gi_assert(stream->in.bytes);
	return stream;
}

void gi_stream_pair(struct gi_stream **out_a, struct gi_stream **out_b, uint32_t machine_a,
                    uint32_t machine_b)
{
	uint64_t latency_ns = gi_random_spread(&sim()->time, LATENCY_MIN_NS, LATENCY_MAX_NS);
	*out_a = create(latency_ns, machine_a);
	*out_b = create(latency_ns, machine_b);
	(*out_a)->peer = *out_b;
	(*out_b)->peer = *out_a;
}

void gi_stream_keep_alive(struct gi_stream *stream, uint64_t give_up_ns)
{
	stream->give_up_ns = give_up_ns;
	stream->next_kept_alive = sim()->kept_alive;
	sim()->kept_alive = stream;
}

void gi_stream_link_was_cut(uint32_t a, uint32_t b)
{
	for (struct gi_stream *stream = sim()->kept_alive; stream;
	     stream = stream->next_kept_alive) {
		uint32_t here = stream->machine;
		uint32_t there = stream->peer->machine;
		if ((here == a && there == b) || (here == b && there == a)) {
			begin_to_ask(stream, PROBE_NS, PROBE_NS);
		}
	}
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

static void ring_copy_in(struct gi_pipe *pipe, const char *bytes, size_t size)
{
	size_t at = (size_t)(pipe->written % pipe->capacity);
	size_t first = pipe->capacity - at < size ? (size_t)(pipe->capacity - at) : size;
	memcpy(pipe->bytes + at, bytes, first);
	memcpy(pipe->bytes, bytes + first, size - first);
	pipe->written += size;
}

static void ring_copy_out(const struct gi_pipe *pipe, char *bytes, size_t size)
{
	size_t at = (size_t)(pipe->taken % pipe->capacity);
	size_t first = pipe->capacity - at < size ? (size_t)(pipe->capacity - at) : size;
	memcpy(bytes, pipe->bytes + at, first);
	memcpy(bytes + first, pipe->bytes, size - first);
}

/* Some bytes less than asked for, often just one. */
static size_t cut_short(size_t size, enum gi_fault fault)
{
	return size > 1 && gi_sim_strikes(fault)
	               ? (size_t)gi_random_spread(&sim()->time, 1, size - 1)
	               : size;
}

/* What the way may do to a segment. false: it goes as it is. */
static bool is_hurt(struct gi_stream *stream, size_t size)
{
	if (!stream->is_cut && gi_sim_strikes(GI_FAULT_STREAM_HALF_OPEN)) {
		stream->is_cut = true;
		stream->peer->is_cut = true;
		stream->was_hurt = true;
		stream->peer->was_hurt = true;
		gi_sim_in(stream->peer->give_up_ns, give_up, stream->peer, 0);
	}
	if (stream->is_cut) {
		gi_sim_in(stream->give_up_ns, give_up, stream, 0);
		return true;
	}
	if (!gi_sim_strikes(GI_FAULT_STREAM_RESET)) {
		return false;
	}
	stream->was_hurt = true;
	stream->peer->was_hurt = true;
	/* At any byte of it. */
	uint64_t arrives = gi_random_below(&sim()->time, size);
	uint64_t at_ns = arrival_ns(stream, size);
	if (arrives > 0) {
		gi_sim_at(at_ns, arrive_bytes, stream->peer, arrives);
	}
	gi_sim_at(at_ns + 1, arrive_reset, stream->peer, ECONNRESET);
	gi_sim_in(2 * stream->latency_ns, arrive_reset, stream, ECONNRESET);
	return true;
}

static int take_error(struct gi_stream *stream, int otherwise)
{
	int error = stream->error;
	stream->error = 0;
	return error ? -error : otherwise;
}

int gi_stream_send(struct gi_stream *stream, const struct msghdr *message, int flags)
{
	(void)flags;
	if (stream->is_reset || stream->error) {
		return take_error(stream, -EPIPE);
	}
	if (stream->is_output_shut) {
		return -EPIPE;
	}
	size_t total = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		total += message->msg_iov[i].iov_len;
	}
	uint64_t room = free_size(stream);
	if (total > 0 && room == 0) {
		return -EAGAIN;
	}
	size_t size = cut_short(total < room ? total : (size_t)room, GI_FAULT_SHORT_SEND);
	if (size == 0) {
		return 0;
	}
	struct gi_pipe *out = &stream->peer->in;
	size_t left = size;
	for (size_t i = 0; left > 0; i++) {
		const struct iovec *part = &message->msg_iov[i];
		size_t count = part->iov_len < left ? part->iov_len : left;
		gi_trace_bytes(sim()->trace, part->iov_base, count);
		if (out->bytes) {
			ring_copy_in(out, part->iov_base, count);
		} else {
			out->written += count; /* the peer has closed */
		}
		left -= count;
	}
	out->moved_ns = sim()->now_ns;
	gi_sim_trace("send", stream->object.number, (int64_t)size);
	if (!is_hurt(stream, size)) {
		gi_sim_at(arrival_ns(stream, size), arrive_bytes, stream->peer, size);
	}
	if (stream->has_missed_reset) {
		begin_to_ask(stream, 0, RETRY_NS);
	}
	return (int)size;
}

static void acknowledge(struct gi_stream *stream)
{
	if (!stream->in.is_ack_coming) {
		stream->in.is_ack_coming = true;
		gi_sim_in(stream->latency_ns, arrive_ack, stream->peer, 0);
	}
}

int gi_stream_receive(struct gi_stream *stream, void *bytes, size_t size, int flags)
{
	struct gi_pipe *in = &stream->in;
	uint64_t there = in->arrived - in->taken;
	if (there == 0 && in->has_end_arrived) {
		return 0;
	}
	if (there == 0) {
		return take_error(stream, stream->is_reset || stream->is_input_shut ? 0 : -EAGAIN);
	}
	size_t count = cut_short(size < there ? size : (size_t)there, GI_FAULT_SHORT_RECEIVE);
	ring_copy_out(in, bytes, count);
	if (!(flags & MSG_PEEK)) {
		in->taken += count;
		acknowledge(stream);
	}
	gi_sim_trace("receive", stream->object.number, (int64_t)count);
	return (int)count;
}

bool gi_stream_is_connected(const struct gi_stream *stream)
{
	return !stream->is_reset && !has_ended(stream);
}

int gi_stream_shutdown(struct gi_stream *stream, int how)
{
	if (!gi_stream_is_connected(stream)) {
		return -ENOTCONN;
	}
	if (how == SHUT_RD || how == SHUT_RDWR) {
		stream->is_input_shut = true;
	}
	if (how == SHUT_WR || how == SHUT_RDWR) {
		stream->is_output_shut = true;
		end_output(stream);
	}
	gi_object_changed(&stream->object);
	return 0;
}

uint32_t gi_stream_unread(const struct gi_stream *stream)
{
	return (uint32_t)(stream->in.arrived - stream->in.taken);
}

uint64_t gi_stream_moved_ago_ns(const struct gi_stream *stream)
{
	const struct gi_pipe *out = &stream->peer->in;
	bool is_unheard = stream->is_cut && out->written > out->acknowledged;
	return is_unheard ? UINT64_MAX : sim()->now_ns - out->moved_ns;
}

void gi_stream_reset(struct gi_stream *stream)
{
	stream->must_reset = true;
}
