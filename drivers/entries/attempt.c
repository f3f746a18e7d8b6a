/* SPDX-License-Identifier: Apache-2.0 */
/* Attempt: see attempt.h. */
#include "drivers/entries/attempt.h"

#include <errno.h>
#include <stdint.h>

static void *address_of(const struct gi_operation *operation)
{
	return (void *)(uintptr_t)operation->address;
}

/* It wants more, and may go on. */
static bool goes_on(const struct gi_entries *entries, unsigned wanted)
{
	const struct gi_world_calls *calls = entries->world->calls;
	return wanted && !(calls->ends_more && calls->ends_more(entries->world));
}

static struct gi_attempt accept_one(struct gi_entries *entries,
                                    const struct gi_operation *operation)
{
	int fd = entries->world->calls->accept(operation->fd, (int)operation->op_flags);
	bool has_more = fd >= 0 && goes_on(entries, operation->priority & GI_OPERATION_ACCEPT_MORE);
	return (struct gi_attempt){
	        .result = fd, .flags = has_more ? IORING_CQE_F_MORE : 0, .may_have_more = has_more};
}

static bool has_buffer(const struct gi_entries *entries)
{
	/* io_uring_buf_ring_advance() has stored it, on this thread. */
	return IO_URING_READ_ONCE(entries->buffers->tail) != entries->buffer_head;
}

/* The next provided buffer, which stays provided until it is taken; NULL: there is none. */
static const struct io_uring_buf *next_buffer(const struct gi_entries *entries)
{
	const struct gi_world_calls *calls = entries->world->calls;
	if (!entries->buffers || (calls->has_no_buffer && calls->has_no_buffer(entries->world))) {
		return NULL;
	}
	return has_buffer(entries)
	               ? &entries->buffers->bufs[entries->buffer_head & (entries->buffer_count - 1)]
	               : NULL;
}

static struct gi_attempt receive(struct gi_entries *entries, const struct gi_operation *operation)
{
	const struct gi_world_calls *calls = entries->world->calls;
	if (!(operation->sqe_flags & IOSQE_BUFFER_SELECT)) {
		int got = calls->receive(operation->fd, address_of(operation), operation->length,
		                         (int)operation->op_flags);
		return (struct gi_attempt){.result = got};
	}
	const struct io_uring_buf *buffer = next_buffer(entries);
	if (!buffer) {
		return (struct gi_attempt){.result = -ENOBUFS};
	}
	size_t size = buffer->len;
	if (operation->length > 0 && operation->length < size) {
		size = operation->length;
	}
	int got = calls->receive(operation->fd, (void *)(uintptr_t)buffer->addr, size,
	                         (int)operation->op_flags);
	struct gi_attempt attempt = {.result = got};
	if (got > 0) {
		attempt.flags = IORING_CQE_F_BUFFER | (unsigned)buffer->bid
		                                              << IORING_CQE_BUFFER_SHIFT;
		entries->buffer_head++;
		if (goes_on(entries, operation->priority & GI_OPERATION_RECEIVE_MORE)) {
			attempt.flags |= IORING_CQE_F_MORE;
			/* That there is no buffer is said when there are bytes for one. */
			attempt.may_have_more = (size_t)got == size && has_buffer(entries);
		}
	}
	return attempt;
}

static struct gi_attempt send_bytes(struct gi_entries *entries,
                                    const struct gi_operation *operation)
{
	struct iovec bytes = {.iov_base = address_of(operation), .iov_len = operation->length};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	int sent = entries->world->calls->send(operation->fd, &message, (int)operation->op_flags);
	return (struct gi_attempt){.result = sent};
}

struct gi_attempt gi_attempt(struct gi_entries *entries, const struct gi_operation *operation)
{
	const struct gi_world_calls *calls = entries->world->calls;
	switch (operation->opcode) {
	case IORING_OP_ACCEPT:
		return accept_one(entries, operation);
	case IORING_OP_RECV:
		return receive(entries, operation);
	case IORING_OP_SEND:
		return send_bytes(entries, operation);
	case IORING_OP_SENDMSG:
		return (struct gi_attempt){.result =
		                                   calls->send(operation->fd, address_of(operation),
		                                               (int)operation->op_flags)};
	case IORING_OP_READ:
		return (struct gi_attempt){.result =
		                                   calls->read(operation->fd, address_of(operation),
		                                               operation->length)};
	default:
		return (struct gi_attempt){.result = -EINVAL};
	}
}
