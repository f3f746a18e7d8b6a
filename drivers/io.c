/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: from prepared to the submission queue, and from a completion back to who waits for it. */
#include "drivers/io.h"

#include "base/assert.h"
#include "drivers/buffers.h"
#include "drivers/driver.h"
#include "drivers/reap.h"
#include "drivers/ring.h"

#include <errno.h>
#include <string.h>

#define RECEIVE_MULTISHOT (1u << 1) /* IORING_RECV_MULTISHOT */
#define ACCEPT_MULTISHOT  (1u << 0) /* IORING_ACCEPT_MULTISHOT */

void gi_io_init(struct gi_io *io, void (*complete)(struct gi_io *, const struct gi_io_event *))
{
	memset(io, 0, sizeof(*io));
	io->complete = complete;
}

static void prepare(struct gi_io *io, uint8_t opcode, int fd)
{
	gi_assert(io->state == GI_IO_IDLE);
	io->opcode = opcode;
	io->fd = fd;
	io->address = 0;
	io->length = 0;
	io->op_flags = 0;
	io->buffer_group = 0;
	io->priority = 0;
	io->sqe_flags = 0;
	io->is_cancelled = false;
}

void gi_io_prepare_accept(struct gi_io *io, int fd)
{
	prepare(io, IORING_OP_ACCEPT, fd);
	io->priority = ACCEPT_MULTISHOT;
	io->op_flags = SOCK_CLOEXEC;
}

void gi_io_prepare_receive(struct gi_io *io, int fd, uint16_t buffer_group)
{
	prepare(io, IORING_OP_RECV, fd);
	io->priority = RECEIVE_MULTISHOT;
	io->sqe_flags = IOSQE_BUFFER_SELECT;
	io->buffer_group = buffer_group;
}

void gi_io_prepare_receive_once(struct gi_io *io, int fd, uint16_t buffer_group)
{
	gi_io_prepare_receive(io, fd, buffer_group);
	io->priority = 0;
}

void gi_io_prepare_send(struct gi_io *io, int fd, const void *bytes, size_t size)
{
	prepare(io, IORING_OP_SEND, fd);
	io->address = (uint64_t)(uintptr_t)bytes;
	io->length = (uint32_t)size;
	io->op_flags = MSG_NOSIGNAL; /* a short send shows progress: docs/decisions/0004 */
}

void gi_io_prepare_send_message(struct gi_io *io, int fd, const struct msghdr *message)
{
	prepare(io, IORING_OP_SENDMSG, fd);
	io->address = (uint64_t)(uintptr_t)message;
	io->length = 1;
	io->op_flags = MSG_NOSIGNAL; /* a short send shows progress: docs/decisions/0004 */
}

void gi_io_prepare_read(struct gi_io *io, int fd, void *bytes, size_t size)
{
	prepare(io, IORING_OP_READ, fd);
	io->address = (uint64_t)(uintptr_t)bytes;
	io->length = (uint32_t)size;
}

void gi_io_prepare_shutdown(struct gi_io *io, int fd, int how)
{
	prepare(io, IORING_OP_SHUTDOWN, fd);
	io->length = (uint32_t)how;
}

void gi_io_prepare_close(struct gi_io *io, int fd)
{
	prepare(io, IORING_OP_CLOSE, fd);
}

void gi_io_prepare_nop(struct gi_io *io)
{
	prepare(io, IORING_OP_NOP, -1);
}

/* ---- The table ---------------------------------------------------------------------------------------------------- */

static struct gi_io_slot *slot_at(struct gi_ring *ring, uint32_t index)
{
	uint32_t segment = index / GI_IO_SEGMENT_COUNT;
	return segment < ring->segment_count ? &ring->segments[segment][index % GI_IO_SEGMENT_COUNT]
	                                     : NULL;
}

static int add_segment(struct gi_driver *driver)
{
	struct gi_ring *ring = driver->ring;
	gi_assert(ring->slot_free == 0);
	gi_assert(ring->segment_count <= ring->segment_max);
	uint32_t first = ring->segment_count * GI_IO_SEGMENT_COUNT;
	if (first >= ring->slot_count_max || ring->segment_count == ring->segment_max) {
		return -ENOBUFS;
	}
	struct gi_io_slot *segment =
	        gi_heap_alloc(driver->heap, sizeof(*segment) * GI_IO_SEGMENT_COUNT);
	if (!segment) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < GI_IO_SEGMENT_COUNT; i++) {
		bool is_last = i + 1 == GI_IO_SEGMENT_COUNT;
		segment[i] = (struct gi_io_slot){.next_free = is_last ? 0 : first + i + 2};
	}
	ring->segments[ring->segment_count++] = segment;
	ring->slot_free = first + 1;
	return 0;
}

static int take_slot(struct gi_driver *driver, struct gi_io *io)
{
	struct gi_ring *ring = driver->ring;
	if (ring->in_kernel_count >= ring->slot_count_max) {
		return -ENOBUFS;
	}
	if (ring->slot_free == 0) {
		int err = add_segment(driver);
		if (err) {
			return err;
		}
	}
	uint32_t index = ring->slot_free - 1;
	gi_assert(index < GI_IO_SLOT_MAX); /* user_data has room for it */
	struct gi_io_slot *slot = slot_at(ring, index);
	gi_assert(slot && !slot->io);
	ring->slot_free = slot->next_free;
	slot->io = io;
	io->slot = index;
	ring->in_kernel_count++;
	gi_assert(ring->in_kernel_count <= ring->slot_count_max);
	return 0;
}

static void put_slot(struct gi_ring *ring, struct gi_io *io)
{
	struct gi_io_slot *slot = slot_at(ring, io->slot);
	gi_assert(slot && slot->io == io);
	slot->io = NULL;
	slot->generation++;
	slot->next_free = ring->slot_free;
	ring->slot_free = io->slot + 1;
	gi_assert(ring->in_kernel_count > 0);
	ring->in_kernel_count--;
}

static uint64_t user_data_of(struct gi_ring *ring, const struct gi_io *io)
{
	uint64_t generation = slot_at(ring, io->slot)->generation;
	return GI_CQE_IO | (uint64_t)io->slot << 8 | generation << 32;
}

/* ---- Submitting --------------------------------------------------------------------------------------------------- */

static bool fill(struct gi_ring *ring, struct gi_io *io)
{
	gi_assert(io->state != GI_IO_IN_KERNEL);
	struct io_uring_sqe *sqe = gi_ring_sqe(ring);
	if (!sqe) {
		return false;
	}
	sqe->opcode = io->opcode;
	sqe->flags = io->sqe_flags;
	sqe->ioprio = io->priority;
	sqe->fd = io->fd;
	sqe->addr = io->address;
	sqe->len = io->length;
	sqe->msg_flags = io->op_flags;
	sqe->buf_group = io->buffer_group;
	sqe->user_data = user_data_of(ring, io);
	io->state = GI_IO_IN_KERNEL;
	return true;
}

int gi_io_submit(struct gi_driver *driver, struct gi_io *io)
{
	gi_assert_on_driver(driver);
	gi_assert(io->state == GI_IO_IDLE);
	struct gi_ring *ring = driver->ring;
	int err = take_slot(driver, io);
	if (err) {
		return err;
	}
	if (!ring->queue_first && fill(ring, io)) {
		return 0;
	}
	io->state = GI_IO_QUEUED;
	io->next = NULL;
	if (ring->queue_last) {
		gi_assert(ring->queue_last->state == GI_IO_QUEUED);
		ring->queue_last->next = io;
	} else {
		ring->queue_first = io;
	}
	ring->queue_last = io;
	ring->queue_count++;
	gi_assert(ring->queue_count <= ring->in_kernel_count);
	return 0;
}

static void pop_queued(struct gi_ring *ring)
{
	gi_assert(ring->queue_count > 0);
	ring->queue_first = ring->queue_first->next;
	ring->queue_count--;
	if (!ring->queue_first) {
		gi_assert(ring->queue_count == 0);
		ring->queue_last = NULL;
	}
}

static void finish(struct gi_driver *driver, struct gi_io *io, const struct gi_io_event *event)
{
	gi_assert(event->is_last);
	gi_assert(io->state != GI_IO_IDLE);
	gi_assert(!(io->op_flags & GI_IO_CANCEL_WAITS));
	put_slot(driver->ring, io);
	io->state = GI_IO_IDLE;
	io->is_cancelled = false; /* it may be submitted again as it is */
	io->complete(io, event);
}

static bool submit_cancel(struct gi_ring *ring, const struct gi_io *io)
{
	gi_assert(io->is_cancelled);
	gi_assert(io->state == GI_IO_IN_KERNEL);
	struct io_uring_sqe *sqe = gi_ring_sqe(ring);
	if (!sqe) {
		return false;
	}
	sqe->opcode = IORING_OP_ASYNC_CANCEL;
	sqe->fd = -1;
	sqe->addr = user_data_of(ring, io);
	sqe->user_data = sqe->addr - GI_CQE_IO + GI_CQE_CANCEL;
	return true;
}

static void cancel_later(struct gi_ring *ring, struct gi_io *io)
{
	gi_assert(io->is_cancelled);
	gi_assert(io->state == GI_IO_IN_KERNEL);
	if (!(io->op_flags & GI_IO_CANCEL_WAITS)) {
		io->op_flags |= GI_IO_CANCEL_WAITS;
		ring->cancel_waiting++;
		gi_assert(ring->cancel_waiting <= ring->in_kernel_count);
	}
}

void gi_io_cancel(struct gi_driver *driver, struct gi_io *io)
{
	gi_assert_on_driver(driver);
	if (io->state == GI_IO_IDLE || io->is_cancelled) {
		return;
	}
	io->is_cancelled = true;
	if (io->state == GI_IO_IN_KERNEL && !submit_cancel(driver->ring, io)) {
		cancel_later(driver->ring, io);
	}
}

/* Rare: the submission queue was full when a cancel was asked for, or the cancel found nothing. */
static void retry_cancels(struct gi_ring *ring)
{
	uint32_t slot_count = ring->segment_count * GI_IO_SEGMENT_COUNT;
	for (uint32_t index = 0; index < slot_count && ring->cancel_waiting > 0; index++) {
		struct gi_io *io = slot_at(ring, index)->io;
		if (!io || !(io->op_flags & GI_IO_CANCEL_WAITS)) {
			continue;
		}
		if (!submit_cancel(ring, io)) {
			return;
		}
		io->op_flags &= ~GI_IO_CANCEL_WAITS;
		ring->cancel_waiting--;
	}
	gi_assert(ring->cancel_waiting == 0); /* each of them was in the table */
}

/* For assertions. */
static __attribute__((unused)) uint32_t count_queued(const struct gi_ring *ring)
{
	uint32_t count = 0;
	for (const struct gi_io *io = ring->queue_first; io; io = io->next) {
		count++;
	}
	return count;
}

void gi_io_submit_queued(struct gi_driver *driver)
{
	struct gi_ring *ring = driver->ring;
	gi_assert_on_driver(driver);
	gi_assert_slow(count_queued(ring) == ring->queue_count);
	if (ring->cancel_waiting > 0) {
		retry_cancels(ring);
	}
	while (ring->queue_first) {
		struct gi_io *io = ring->queue_first;
		gi_assert(io->state == GI_IO_QUEUED);
		if (io->is_cancelled) {
			struct gi_io_event event = {.result = -ECANCELED, .is_last = true};
			pop_queued(ring);
			finish(driver, io, &event);
		} else if (fill(ring, io)) {
			pop_queued(ring);
		} else {
			return;
		}
	}
}

/* ---- Completing --------------------------------------------------------------------------------------------------- */

static void drop_stale(struct gi_driver *driver, const struct io_uring_cqe *cqe)
{
	gi_count(&driver->counters.stale_completions, 1);
	if ((cqe->flags & IORING_CQE_F_BUFFER) && driver->buffers) {
		uint16_t index = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
		gi_buffers_take(driver->buffers, index);
		gi_buffers_put(driver->buffers, index);
	}
}

/* Who waits for a completion with this user_data, or NULL: it is over. */
static struct gi_io *waiting_for(struct gi_ring *ring, uint64_t user_data)
{
	uint32_t index = (uint32_t)(user_data >> 8) & (GI_IO_SLOT_MAX - 1);
	struct gi_io_slot *slot = slot_at(ring, index);
	return slot && slot->generation == (uint32_t)(user_data >> 32) ? slot->io : NULL;
}

/*
 * -ENOENT: it is over, and its last completion is on the way, or it was between two of its events and goes on: then
 * nothing would end it. -EALREADY: a worker of the kernel has it and has been told.
 */
void gi_io_cancel_completed(struct gi_driver *driver, const struct io_uring_cqe *cqe)
{
	struct gi_io *io = waiting_for(driver->ring, cqe->user_data);
	if (io && cqe->res < 0 && cqe->res != -EALREADY) {
		cancel_later(driver->ring, io);
	}
}

void gi_io_completed(struct gi_driver *driver, const struct io_uring_cqe *cqe)
{
	struct gi_ring *ring = driver->ring;
	struct gi_io *io = waiting_for(ring, cqe->user_data);
	if (!io) {
		drop_stale(driver, cqe);
		return;
	}
	gi_assert(io->state == GI_IO_IN_KERNEL); /* only then has the kernel its user_data */
	struct gi_io_event event = {
	        .result = cqe->res,
	        .has_buffer = cqe->flags & IORING_CQE_F_BUFFER,
	        .is_last = !(cqe->flags & IORING_CQE_F_MORE),
	        .buffer_index = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT),
	};
	if (event.has_buffer) {
		gi_buffers_take(driver->buffers, event.buffer_index);
	}
	if (!event.is_last) {
		io->complete(io, &event);
		return;
	}
	if (io->op_flags & GI_IO_CANCEL_WAITS) {
		gi_assert(ring->cancel_waiting > 0);
		io->op_flags &= ~GI_IO_CANCEL_WAITS;
		ring->cancel_waiting--;
	}
	finish(driver, io, &event);
}

uint32_t gi_driver_io_count(const struct gi_driver *driver)
{
	return driver->ring->in_kernel_count;
}
