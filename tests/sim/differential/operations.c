/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: the entries of the ring that gatio submits, on descriptors that suit them or do not. */
#include "tests/sim/differential/sequence.h"

#include "base/assert.h"

#include <string.h>

#define ACCEPT_MULTISHOT  (1u << 0) /* IORING_ACCEPT_MULTISHOT */
#define RECEIVE_MULTISHOT (1u << 1) /* IORING_RECV_MULTISHOT */

/* What an entry is chosen into. */
struct choice {
	struct diff_world *world;
	struct io_uring_sqe *sqe;
	struct diff_pending *pending;
	uint32_t ring;
	bool ends;
};

struct diff_pending *diff_operation_find(struct diff_world *world, uint64_t user_data)
{
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		if (world->pending[i].is_used && world->pending[i].user_data == user_data) {
			return &world->pending[i];
		}
	}
	return NULL;
}

static struct diff_pending *take_pending(struct diff_world *world)
{
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		if (!world->pending[i].is_used) {
			memset(&world->pending[i], 0, sizeof(world->pending[i]));
			return &world->pending[i];
		}
	}
	return NULL;
}

/*
 * What was sent may be answered before the next entry is done, or after it: the kernel is quicker than a simulated network.
 * A receive of many that has had its first may have the next before or after that entry.
 */
static bool may_follow(const struct choice *choice, const struct diff_handle *handle)
{
	return !handle || handle->batch_last != choice->world->batch;
}

/* The first in its direction: gatio never has two receives, two sends or two accepts of one descriptor in its rings. */
static bool may_wait(const struct choice *choice, struct diff_handle *handle,
                     enum gi_direction direction)
{
	choice->pending->direction = direction;
	choice->pending->handle = handle;
	return !handle || (handle->waiting[direction] == 0 && may_follow(choice, handle));
}

static void say(struct choice *choice, const char *what, const struct diff_handle *handle)
{
	diff_say(choice->world, " #%llu %s %s", (unsigned long long)choice->sqe->user_data, what,
	         diff_name(handle));
}

static bool choose_accept(struct choice *choice)
{
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_LISTENER, &handle)) {
		return false;
	}
	bool is_multishot = diff_chance(choice->world, 60);
	if (!may_wait(choice, handle, GI_DIRECTION_IN) ||
	    (handle && (handle->is_prepared || handle->is_at_conflicts))) {
		return false;
	}
	choice->sqe->ioprio = is_multishot ? ACCEPT_MULTISHOT : 0;
	choice->sqe->accept_flags = SOCK_CLOEXEC;
	say(choice, is_multishot ? "accept-all" : "accept", handle);
	return true;
}

static bool choose_receive(struct choice *choice)
{
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_STREAM, &handle)) {
		return false;
	}
	/* Where there is no buffer, the kernel sees first that it is no socket. */
	bool may_lack_buffers = choice->world->keeps_buffers || choice->world->batch_count > 0;
	bool is_socket = handle && handle->kind <= DIFF_STREAM;
	bool may_take = is_socket ? !choice->world->batch_takes_buffers : !may_lack_buffers;
	uint64_t way = diff_draw(choice->world, may_take ? 5 : 2);
	if (!may_wait(choice, handle, GI_DIRECTION_IN)) {
		return false;
	}
	if (way >= 2) { /* as gatio does */
		choice->sqe->flags = IOSQE_BUFFER_SELECT;
		choice->sqe->ioprio = way == 2 ? 0 : RECEIVE_MULTISHOT;
		choice->world->batch_takes_buffers = true; /* of several, who has the last one? */
		if (handle && way > 2) {
			handle->batch_last = choice->world->batch;
		}
		say(choice, way == 2 ? "receive-in-buffer" : "receive-all", handle);
		return true;
	}
	choice->sqe->addr = (uint64_t)(uintptr_t)choice->pending->bytes;
	choice->sqe->len = (uint32_t)diff_draw(choice->world, DIFF_BYTES_MAX) + 1;
	choice->sqe->msg_flags = way == 1 ? MSG_DONTWAIT : 0;
	say(choice, way == 1 ? "receive-now" : "receive", handle);
	diff_say(choice->world, " up to %u", choice->sqe->len);
	return true;
}

static uint32_t fill(struct choice *choice)
{
	uint32_t size = (uint32_t)diff_draw(choice->world, DIFF_BYTES_MAX) + 1;
	for (uint32_t i = 0; i < size; i++) {
		choice->pending->bytes[i] = (char)diff_draw(choice->world, 256);
	}
	return size;
}

static bool choose_send(struct choice *choice)
{
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_STREAM, &handle)) {
		return false;
	}
	if (!may_wait(choice, handle, GI_DIRECTION_OUT)) {
		return false;
	}
	uint32_t size = fill(choice);
	if (handle) {
		handle->batch_last = choice->world->batch;
	}
	choice->sqe->opcode = IORING_OP_SEND;
	choice->sqe->addr = (uint64_t)(uintptr_t)choice->pending->bytes;
	choice->sqe->len = size;
	choice->sqe->msg_flags = MSG_NOSIGNAL;
	say(choice, "send", handle);
	diff_say(choice->world, " %u", size);
	return true;
}

static bool choose_send_message(struct choice *choice)
{
	if (!choose_send(choice)) {
		return false;
	}
	struct diff_pending *pending = choice->pending;
	uint32_t size = choice->sqe->len;
	uint32_t first = (uint32_t)diff_draw(choice->world, size + 1);
	pending->parts[0] = (struct iovec){.iov_base = pending->bytes, .iov_len = first};
	pending->parts[1] =
	        (struct iovec){.iov_base = pending->bytes + first, .iov_len = size - first};
	pending->message = (struct msghdr){.msg_iov = pending->parts, .msg_iovlen = 2};
	choice->sqe->opcode = IORING_OP_SENDMSG;
	choice->sqe->addr = (uint64_t)(uintptr_t)&pending->message;
	choice->sqe->len = 1;
	if (diff_chance(choice->world, 30)) {
		choice->sqe->msg_flags |= MSG_DONTWAIT;
	}
	diff_say(choice->world, " in parts");
	return true;
}

static bool choose_read(struct choice *choice)
{
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_EVENT, &handle)) {
		return false;
	}
	if (!may_wait(choice, handle, GI_DIRECTION_IN)) {
		return false;
	}
	if (handle && handle->kind == DIFF_SET) {
		return false; /* the kernel waits for ever */
	}
	bool is_short = diff_chance(choice->world, 5);
	choice->sqe->addr = (uint64_t)(uintptr_t)choice->pending->bytes;
	choice->sqe->len = is_short ? 4 : 8;
	if (handle && handle->kind == DIFF_EVENT && !is_short) {
		handle->raised = 0; /* it takes all, now or later */
	}
	say(choice, is_short ? "read-short" : "read", handle);
	return true;
}

static void may_be_silent(struct choice *choice)
{
	if (diff_chance(choice->world, 25)) {
		choice->sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
		choice->pending->is_silent = true;
		diff_say(choice->world, " silently");
	}
}

static bool choose_shutdown(struct choice *choice)
{
	static const char *const words[] = {"shut-in", "shut-out", "shut-both"};
	static const unsigned char ways[] = {SHUT_WR, SHUT_WR, SHUT_WR, SHUT_RD, SHUT_RDWR};
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_STREAM, &handle)) {
		return false;
	}
	if (!may_follow(choice, handle) || (handle && handle->is_at_conflicts)) {
		return false;
	}
	choice->sqe->len = ways[diff_draw(choice->world, sizeof(ways))];
	choice->pending->must_end = true;
	choice->ends =
	        true; /* a thread of the kernel does it, when what comes after it is done already */
	say(choice, words[choice->sqe->len], handle);
	choice->pending->handle = NULL;
	choice->sqe->fd = diff_fd(handle);
	return true;
}

static bool choose_close(struct choice *choice)
{
	struct diff_handle *handle;
	if (!diff_handle_any(choice->world, DIFF_STREAM, &handle)) {
		return false;
	}
	if (diff_is_waited_for(handle) || !may_follow(choice, handle) ||
	    (handle && handle->kind != DIFF_STREAM && diff_chance(choice->world, 80))) {
		return false;
	}
	choice->pending->must_end = true;
	choice->ends = true;
	choice->sqe->fd = diff_fd(handle);
	say(choice, "close", handle);
	may_be_silent(choice);
	if (handle) {
		diff_handle_gone(handle);
	}
	return true;
}

/*
 * Each but once: to a second cancel of the same batch the kernel says 0 too. What wants more may have its end at once, or
 * when it is looked at again.
 */
static bool choose_cancel(struct choice *choice)
{
	uint64_t target = diff_draw(choice->world, choice->world->user_data_last + 1);
	for (uint32_t i = 0; i < DIFF_PENDING_MAX && diff_chance(choice->world, 90); i++) {
		const struct diff_pending *other = &choice->world->pending[i];
		if (other->is_used && other->ring == choice->ring) {
			target = other->user_data;
		}
	}
	struct diff_pending *cancelled = diff_operation_find(choice->world, target);
	if (cancelled && (cancelled->is_cancelled ||
	                  (cancelled->wants_more && cancelled->batch == choice->world->batch))) {
		return false;
	}
	if (cancelled) {
		cancelled->is_cancelled = true;
	}
	choice->pending->must_end = true;
	choice->sqe->fd = -1;
	choice->sqe->addr = target;
	diff_say(choice->world, " #%llu cancel #%llu", (unsigned long long)choice->sqe->user_data,
	         (unsigned long long)target);
	may_be_silent(choice);
	return true;
}

static bool choose_message(struct choice *choice)
{
	uint64_t to = diff_draw(choice->world, DIFF_RINGS + 2);
	choice->pending->must_end = true;
	choice->sqe->off = DIFF_MESSAGE_BASE + choice->sqe->user_data;
	choice->sqe->len = (uint32_t)diff_draw(choice->world, 1000);
	if (to < DIFF_RINGS) {
		choice->sqe->fd = choice->world->rings[to].uring.ring_fd;
		diff_say(choice->world, " #%llu message %u to ring%llu",
		         (unsigned long long)choice->sqe->user_data, choice->sqe->len,
		         (unsigned long long)to);
	} else if (to == DIFF_RINGS) {
		choice->sqe->fd = choice->world->disabled.ring_fd;
		diff_say(choice->world, " #%llu message to a ring that is not enabled",
		         (unsigned long long)choice->sqe->user_data);
	} else {
		struct diff_handle *handle;
		if (!diff_handle_any(choice->world, DIFF_EVENT, &handle)) {
			return false;
		}
		choice->sqe->fd = diff_fd(handle);
		say(choice, "message to", handle);
	}
	may_be_silent(choice);
	return true;
}

static bool choose_nop(struct choice *choice)
{
	choice->pending->must_end = true;
	diff_say(choice->world, " #%llu nop", (unsigned long long)choice->sqe->user_data);
	may_be_silent(choice);
	return true;
}

static const struct {
	bool (*choose)(struct choice *choice);
	uint32_t weight;
	uint8_t opcode;
} kinds[] = {{choose_accept, 20, IORING_OP_ACCEPT},   {choose_receive, 26, IORING_OP_RECV},
             {choose_send, 10, IORING_OP_SEND},       {choose_send_message, 8, IORING_OP_SENDMSG},
             {choose_read, 8, IORING_OP_READ},        {choose_shutdown, 6, IORING_OP_SHUTDOWN},
             {choose_close, 6, IORING_OP_CLOSE},      {choose_cancel, 8, IORING_OP_ASYNC_CANCEL},
             {choose_message, 5, IORING_OP_MSG_RING}, {choose_nop, 3, IORING_OP_NOP}};

static bool choose_kind(struct choice *choice)
{
	uint64_t at = diff_draw(choice->world, 100);
	size_t kind = 0;
	while (at >= kinds[kind].weight) {
		at -= kinds[kind++].weight;
	}
	choice->sqe->opcode = kinds[kind].opcode;
	choice->sqe->fd = DIFF_NOBODY_FD;
	return kinds[kind].choose(choice);
}

bool diff_operation_choose(struct diff_world *world, uint32_t ring, struct io_uring_sqe *out_sqe,
                           bool *out_ends)
{
	struct choice choice = {
	        .world = world, .sqe = out_sqe, .ring = ring, .pending = take_pending(world)};
	if (!choice.pending) {
		return false;
	}
	memset(out_sqe, 0, sizeof(*out_sqe));
	out_sqe->user_data = world->user_data_last + 1;
	if (!choose_kind(&choice)) {
		return false;
	}
	world->user_data_last++;
	struct diff_pending *pending = choice.pending;
	pending->is_used = true;
	pending->ring = ring;
	pending->user_data = out_sqe->user_data;
	pending->opcode = out_sqe->opcode;
	pending->wants_more = out_sqe->ioprio != 0;
	pending->batch = world->batch;
	if (pending->handle) {
		out_sqe->fd = pending->handle->fd;
		pending->handle->waiting[pending->direction]++;
	}
	*out_ends = choice.ends;
	return true;
}
