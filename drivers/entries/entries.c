/* SPDX-License-Identifier: Apache-2.0 */
/* Entries: consumed one by one, and tried again when what they wait for is ready. */
#include "drivers/entries/entries.h"

#include "base/assert.h"
#include "drivers/entries/attempt.h"
#include "drivers/entries/lines.h"
#include "drivers/entries/state.h"

#include <errno.h>

/* Of one descriptor and direction, each time it is ready: then others have their turn, and it is said again. */
#define ATTEMPTS_A_LINE 32u
#define KNOWN_FLAGS     (IOSQE_CQE_SKIP_SUCCESS | IOSQE_BUFFER_SELECT)

static bool is_known(const struct io_uring_sqe *sqe)
{
	bool is_of_group_0 = !(sqe->flags & IOSQE_BUFFER_SELECT) || sqe->buf_group == 0;
	return is_of_group_0 && !(sqe->flags & ~KNOWN_FLAGS);
}

static void complete_entry(struct gi_entries *entries, const struct io_uring_sqe *sqe, int result)
{
	if (result < 0 || !(sqe->flags & IOSQE_CQE_SKIP_SUCCESS)) {
		gi_entries_complete(entries, sqe->user_data, result, 0);
	}
}

/* What came of an attempt, for its line. */
enum outcome {
	OUTCOME_WAITS,
	OUTCOME_GOES_ON,  /* when its descriptor is ready again */
	OUTCOME_HAS_MORE, /* it goes on, maybe at once */
	OUTCOME_DONE,
};

/* Who says MSG_DONTWAIT wants to be told. */
static bool would_wait(const struct gi_operation *operation, int result)
{
	bool is_transfer = operation->opcode == IORING_OP_RECV ||
	                   operation->opcode == IORING_OP_SEND ||
	                   operation->opcode == IORING_OP_SENDMSG;
	return result == -EAGAIN && !(is_transfer && operation->op_flags & MSG_DONTWAIT);
}

/* There is room for its completion. */
static enum outcome try_once(struct gi_entries *entries, const struct gi_operation *operation)
{
	struct gi_attempt attempt = gi_attempt(entries, operation);
	if (would_wait(operation, attempt.result)) {
		return OUTCOME_WAITS;
	}
	gi_entries_complete(entries, operation->user_data, attempt.result, attempt.flags);
	return !(attempt.flags & IORING_CQE_F_MORE) ? OUTCOME_DONE
	       : attempt.may_have_more              ? OUTCOME_HAS_MORE
	                                            : OUTCOME_GOES_ON;
}

/* Those in one line, until one would wait, or has had its share. Returns false when there was no room. */
static bool run_line(struct gi_entries *entries, struct gi_watch *watch,
                     enum gi_direction direction)
{
	enum outcome outcome = OUTCOME_DONE;
	for (uint32_t i = 0; i < ATTEMPTS_A_LINE; i++) {
		struct gi_operation *operation = gi_line_first(entries, watch, direction);
		if (!operation || outcome == OUTCOME_WAITS || outcome == OUTCOME_GOES_ON) {
			break;
		}
		if (gi_entries_room(entries) == 0) {
			return false;
		}
		outcome = try_once(entries, operation);
		if (outcome == OUTCOME_DONE) {
			bool was_read = operation->opcode == IORING_OP_READ;
			gi_line_remove(entries, operation);
			if (was_read) {
				break; /* it is only asked for what is ready, and that was for one */
			}
		}
	}
	return true;
}

static void run_line_of(struct gi_entries *entries, uint64_t user_data)
{
	const struct gi_operation *operation = gi_line_find(entries, user_data);
	(void)run_line(entries, &entries->watches[operation->watch],
	               gi_operation_direction(operation->opcode)); /* the rest when it is ready */
}

/* At once, where nobody is before it, or in its line. */
static void start(struct gi_entries *entries, const struct io_uring_sqe *sqe)
{
	struct gi_operation operation = {
	        .user_data = sqe->user_data,
	        .address = sqe->addr,
	        .length = sqe->len,
	        .op_flags = sqe->msg_flags,
	        .fd = sqe->fd,
	        .priority = sqe->ioprio,
	        .opcode = sqe->opcode,
	        .sqe_flags = sqe->flags,
	};
	int err = sqe->opcode == IORING_OP_ACCEPT ? entries->world->calls->prepare_accept(sqe->fd)
	                                          : 0;
	bool might_block = sqe->opcode == IORING_OP_READ && !entries->world->calls->reads_at_once;
	bool may_try = !might_block &&
	               gi_line_is_empty(entries, sqe->fd, gi_operation_direction(sqe->opcode));
	enum outcome outcome = !err && may_try ? try_once(entries, &operation) : OUTCOME_WAITS;
	if (outcome == OUTCOME_DONE) {
		return;
	}
	if (!err && gi_line_find(entries, sqe->user_data)) {
		err = -EEXIST; /* a cancel could not tell them apart */
	} else if (!err && !gi_line_append(entries, &operation)) {
		err = -ENOMEM;
	}
	if (err) {
		gi_entries_complete(entries, sqe->user_data, err, 0);
	} else if (outcome == OUTCOME_HAS_MORE) {
		run_line_of(entries, sqe->user_data);
	}
}

static void cancel(struct gi_entries *entries, const struct io_uring_sqe *sqe)
{
	const struct gi_world_calls *calls = entries->world->calls;
	struct gi_operation *operation = gi_line_find(entries, sqe->addr);
	if (operation && calls->cancels_late &&
	    calls->cancels_late(entries->world, operation->watch)) {
		complete_entry(entries, sqe, -ENOENT);
		return;
	}
	if (operation) {
		gi_entries_complete(entries, operation->user_data, -ECANCELED, 0);
		gi_line_remove(entries, operation);
	}
	complete_entry(entries, sqe, operation ? 0 : -ENOENT);
}

static void message(struct gi_entries *entries, const struct io_uring_sqe *sqe)
{
	struct io_uring_cqe completion = {.user_data = sqe->off, .res = (int)sqe->len};
	complete_entry(entries, sqe,
	               entries->world->calls->message(entries->world, sqe->fd, &completion));
}

/* false: not yet, there must be more room for completions. */
static bool consume(struct gi_entries *entries, const struct io_uring_sqe *sqe)
{
	const struct gi_world_calls *calls = entries->world->calls;
	if (!is_known(sqe)) {
		complete_entry(entries, sqe, -EINVAL);
		return true;
	}
	switch (sqe->opcode) {
	case IORING_OP_NOP:
		complete_entry(entries, sqe, 0);
		break;
	case IORING_OP_SHUTDOWN:
		complete_entry(entries, sqe, calls->shutdown(sqe->fd, (int)sqe->len));
		break;
	case IORING_OP_CLOSE:
		if (!gi_watch_end(entries, sqe->fd)) {
			return false;
		}
		complete_entry(entries, sqe, calls->close(sqe->fd));
		break;
	case IORING_OP_ASYNC_CANCEL:
		cancel(entries, sqe);
		break;
	case IORING_OP_MSG_RING:
		message(entries, sqe);
		break;
	case IORING_OP_ACCEPT:
	case IORING_OP_RECV:
	case IORING_OP_SEND:
	case IORING_OP_SENDMSG:
	case IORING_OP_READ:
		start(entries, sqe);
		break;
	default:
		complete_entry(entries, sqe, -EINVAL);
	}
	return true;
}

unsigned gi_entries_submit(struct gi_entries *entries, unsigned count)
{
	unsigned consumed = 0;
	while (consumed < count && entries->sq_head != entries->sq_tail &&
	       gi_entries_room(entries) >= GI_COMPLETIONS_AN_ENTRY) {
		unsigned mask = entries->entry_count - 1;
		unsigned index = entries->array[entries->sq_head & mask];
		gi_assert(index <= mask);
		if (!consume(entries, &entries->sqes[index])) {
			break;
		}
		entries->sq_head++;
		consumed++;
	}
	return consumed;
}

bool gi_entries_ready(struct gi_entries *entries, uint32_t watch, unsigned bits)
{
	gi_assert(watch < entries->watch_unused);
	bool had_room = true;
	for (unsigned i = 0; i < GI_DIRECTION_COUNT; i++) {
		if (bits & GI_DIRECTION_BIT(i)) {
			had_room = run_line(entries, &entries->watches[watch], i) && had_room;
		}
	}
	return had_room;
}

static bool is_known_group(const struct io_uring_buf_reg *registration)
{
	uint32_t count = registration->ring_entries;
	return registration->bgid == 0 && count > 0 && (count & (count - 1)) == 0;
}

int gi_entries_register(struct gi_entries *entries, unsigned opcode, const void *arg)
{
	const struct io_uring_buf_reg *registration = arg;
	switch (opcode) {
	case IORING_REGISTER_ENABLE_RINGS:
		return 0;
	case IORING_REGISTER_PBUF_RING:
		if (!is_known_group(registration)) {
			return -EINVAL;
		}
		if (entries->buffers) {
			return -EEXIST;
		}
		entries->buffers = (struct io_uring_buf_ring *)(uintptr_t)registration->ring_addr;
		entries->buffer_count = registration->ring_entries;
		entries->buffer_head = 0;
		return 0;
	case IORING_UNREGISTER_PBUF_RING:
		if (registration->bgid != 0 || !entries->buffers) {
			return -ENOENT;
		}
		entries->buffers = NULL;
		return 0;
	default:
		return -EINVAL;
	}
}
