/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel double: see kernel_double.h. */
#include "tests/support/kernel_double.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/kernel.h"

#define RING_FD_FIRST 1000
#define START_NS      UINT64_C(1000000000000)
#define STEP_NS       UINT64_C(100)

struct kernel kernel;

void kernel_check(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "kernel double: %s\n", what);
		abort();
	}
}

static void free_memory(struct kernel_ring *ring)
{
	free(ring->array);
	free(ring->sqes);
	free(ring->cqes);
}

void kernel_reset(void)
{
	for (uint32_t i = 0; i < kernel.ring_count; i++) {
		free_memory(&kernel.rings[i]);
	}
	memset(&kernel, 0, sizeof(kernel));
	kernel.now_ns = START_NS;
	kernel.step_ns = STEP_NS;
	kernel.features = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_SINGLE_MMAP;
	kernel.consume_max = UINT32_MAX;
	kernel.map_left = UINT32_MAX;
}

/* ---- Completions ------------------------------------------------------------------------------------------------- */

static void queue_add(struct kernel_queue *queue, const struct io_uring_cqe *cqe)
{
	kernel_check(queue->count < KERNEL_PENDING_MAX, "too many completions wait");
	queue->cqes[queue->count++] = *cqe;
}

static bool post(struct kernel_ring *ring, const struct io_uring_cqe *cqe)
{
	if (ring->cq_tail - ring->cq_head == ring->cq_entries) {
		return false;
	}
	ring->cqes[ring->cq_tail & ring->cq_mask] = *cqe;
	ring->cq_tail++;
	return true;
}

static void post_or_overflow(struct kernel_ring *ring, const struct io_uring_cqe *cqe)
{
	if (ring->overflowed.count > 0 || !post(ring, cqe)) {
		queue_add(&ring->overflowed, cqe);
		ring->sq_flags |= IORING_SQ_CQ_OVERFLOW;
	}
}

void kernel_complete(struct kernel_ring *ring, uint64_t user_data, int result, unsigned flags)
{
	post_or_overflow(ring, &(struct io_uring_cqe){
	                               .user_data = user_data, .res = result, .flags = flags});
}

void kernel_complete_deferred(struct kernel_ring *ring, uint64_t user_data, int result,
                              unsigned flags)
{
	queue_add(&ring->deferred,
	          &(struct io_uring_cqe){.user_data = user_data, .res = result, .flags = flags});
	ring->sq_flags |= IORING_SQ_TASKRUN;
}

static void fetch(struct kernel_ring *ring)
{
	struct kernel_queue overflowed = ring->overflowed;
	struct kernel_queue deferred = ring->deferred;
	ring->overflowed.count = 0;
	ring->deferred.count = 0;
	ring->sq_flags &= ~(unsigned)(IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
	for (uint32_t i = 0; i < overflowed.count; i++) {
		post_or_overflow(ring, &overflowed.cqes[i]);
	}
	for (uint32_t i = 0; i < deferred.count; i++) {
		post_or_overflow(ring, &deferred.cqes[i]);
	}
}

/* ---- Rings ------------------------------------------------------------------------------------------------------- */

static unsigned round_up(unsigned value)
{
	unsigned power = 1;
	while (power < value) {
		power *= 2;
	}
	return power;
}

static void allocate(struct kernel_ring *ring, unsigned entries, unsigned completions)
{
	ring->sq_entries = entries;
	ring->sq_mask = entries - 1;
	ring->cq_entries = completions;
	ring->cq_mask = completions - 1;
	ring->array = calloc(entries, sizeof(*ring->array));
	ring->sqes = calloc(entries, sizeof(*ring->sqes));
	ring->cqes = calloc(completions, sizeof(*ring->cqes));
	kernel_check(ring->array && ring->sqes && ring->cqes, "out of memory");
}

static void show(struct kernel_ring *ring, struct io_uring *uring)
{
	memset(uring, 0, sizeof(*uring));
	uring->sq = (struct io_uring_sq){.khead = &ring->sq_head,
	                                 .ktail = &ring->sq_tail,
	                                 .kflags = &ring->sq_flags,
	                                 .kdropped = &ring->sq_dropped,
	                                 .array = ring->array,
	                                 .sqes = ring->sqes,
	                                 .ring_mask = ring->sq_mask,
	                                 .ring_entries = ring->sq_entries};
	uring->cq = (struct io_uring_cq){.khead = &ring->cq_head,
	                                 .ktail = &ring->cq_tail,
	                                 .kflags = &ring->cq_flags,
	                                 .koverflow = &ring->cq_overflow,
	                                 .cqes = ring->cqes,
	                                 .ring_mask = ring->cq_mask,
	                                 .ring_entries = ring->cq_entries};
	uring->flags = ring->setup_flags;
	uring->features = kernel.features;
	uring->ring_fd = RING_FD_FIRST + (int)(ring - kernel.rings);
	uring->enter_ring_fd = uring->ring_fd;
}

static int refusal(unsigned entry_count, const struct io_uring_params *params)
{
	if (kernel.open_error) {
		return kernel.open_error;
	}
	if (params->flags & kernel.refused_flags) {
		return -EINVAL;
	}
	if ((params->flags & IORING_SETUP_DEFER_TASKRUN) &&
	    !(params->flags & IORING_SETUP_SINGLE_ISSUER)) {
		return -EINVAL;
	}
	if ((params->flags & IORING_SETUP_CQSIZE) && params->cq_entries < entry_count) {
		return -EINVAL;
	}
	return kernel.entries_max && entry_count > kernel.entries_max ? -ENOMEM : 0;
}

int gi_kernel_ring_open(struct io_uring *uring, unsigned entry_count,
                        struct io_uring_params *params)
{
	if (kernel.open_count < KERNEL_SCRIPT_MAX) {
		kernel.opened_entries[kernel.open_count] = entry_count;
		kernel.opened_flags[kernel.open_count] = params->flags;
	}
	kernel.open_count++;
	int err = refusal(entry_count, params);
	if (err) {
		return err;
	}
	kernel_check(kernel.ring_count < KERNEL_RINGS_MAX, "too many rings");
	struct kernel_ring *ring = &kernel.rings[kernel.ring_count++];
	ring->uring = uring;
	ring->setup_flags = params->flags;
	ring->is_enabled = !(params->flags & IORING_SETUP_R_DISABLED);
	params->sq_entries = round_up(entry_count);
	params->cq_entries = params->flags & IORING_SETUP_CQSIZE ? round_up(params->cq_entries)
	                                                         : 2 * params->sq_entries;
	params->features = kernel.features;
	allocate(ring, params->sq_entries, params->cq_entries);
	show(ring, uring);
	return 0;
}

static struct kernel_ring *ring_of(const struct io_uring *uring)
{
	for (uint32_t i = 0; i < kernel.ring_count; i++) {
		if (kernel.rings[i].uring == uring) {
			return &kernel.rings[i];
		}
	}
	kernel_check(false, "a ring that is not open");
	return NULL;
}

void gi_kernel_ring_close(struct io_uring *uring)
{
	ring_of(uring)->uring = NULL;
	kernel.close_count++;
}

/* ---- Submission -------------------------------------------------------------------------------------------------- */

static void message_ring(struct kernel_ring *ring, const struct io_uring_sqe *sqe)
{
	int err = 0;
	uint32_t index = (uint32_t)(sqe->fd - RING_FD_FIRST);
	if (kernel.doorbell_error_count > 0) {
		err = kernel.doorbell_errors[0];
		memmove(&kernel.doorbell_errors[0], &kernel.doorbell_errors[1],
		        sizeof(int) * --kernel.doorbell_error_count);
	} else if (index >= kernel.ring_count || !kernel.rings[index].uring ||
	           !kernel.rings[index].is_enabled) {
		err = -EBADFD;
	}
	if (!err) {
		kernel.doorbell_count++;
		kernel_complete_deferred(&kernel.rings[index], sqe->off, (int)sqe->len, 0);
	}
	if (err || !(sqe->flags & IOSQE_CQE_SKIP_SUCCESS)) {
		kernel_complete(ring, sqe->user_data, err, 0);
	}
}

void kernel_signal_read(struct kernel_signal *waiting)
{
	if (!waiting->reader || waiting->value == 0) {
		return;
	}
	memcpy((void *)(uintptr_t)waiting->read.addr, &waiting->value, sizeof(waiting->value));
	waiting->value = 0;
	kernel_complete_deferred(waiting->reader, waiting->read.user_data, sizeof(waiting->value),
	                         0);
	waiting->reader = NULL;
}

static void act(struct kernel_ring *ring, const struct io_uring_sqe *sqe)
{
	uint32_t index = (uint32_t)(sqe->fd - SIGNAL_FD_FIRST);
	if (sqe->opcode == IORING_OP_MSG_RING) {
		message_ring(ring, sqe);
	} else if (sqe->opcode == IORING_OP_READ && index < kernel.signal_count) {
		struct kernel_signal *raised = &kernel.signals[index];
		raised->reader = ring;
		raised->read = *sqe;
		kernel_signal_read(raised);
	}
}

static unsigned consume(struct kernel_ring *ring, unsigned submit_count)
{
	unsigned count = ring->sq_tail - ring->sq_head;
	count = count < submit_count ? count : submit_count;
	count = count < kernel.consume_max ? count : kernel.consume_max;
	for (unsigned i = 0; i < count; i++) {
		unsigned index = ring->array[ring->sq_head & ring->sq_mask];
		struct io_uring_sqe sqe = ring->sqes[index];
		memset(&ring->sqes[index], 0xa5,
		       sizeof(sqe)); /* whoever fills one fills all of it */
		ring->sq_head++;
		kernel_check(ring->submitted_count < KERNEL_SUBMITTED_MAX, "too many submissions");
		ring->submitted[ring->submitted_count++] = sqe;
		act(ring, &sqe);
	}
	return count;
}

uint32_t kernel_submitted(const struct kernel_ring *ring, unsigned opcode)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < ring->submitted_count; i++) {
		count += ring->submitted[i].opcode == opcode;
	}
	return count;
}

const struct io_uring_sqe *kernel_last(const struct kernel_ring *ring, unsigned opcode)
{
	for (uint32_t i = ring->submitted_count; i-- > 0;) {
		if (ring->submitted[i].opcode == opcode) {
			return &ring->submitted[i];
		}
	}
	return NULL;
}

/* ---- Enter ------------------------------------------------------------------------------------------------------- */

static unsigned ready_count(const struct kernel_ring *ring)
{
	return ring->cq_tail - ring->cq_head;
}

static int wait_for(struct kernel_ring *ring, unsigned min_complete)
{
	ring->wait_count++;
	if (kernel.on_wait) {
		kernel.on_wait(ring);
		fetch(ring);
	}
	if (ready_count(ring) >= min_complete) {
		return 0;
	}
	if (ring->last_timeout_ns == UINT64_MAX) {
		ring->waited_for_ever++;
		return -EINTR;
	}
	kernel.now_ns += ring->last_timeout_ns;
	return -ETIME;
}

static void record_enter(struct kernel_ring *ring, unsigned submit_count, unsigned min_complete,
                         unsigned flags)
{
	ring->enter_count++;
	ring->last_submit_count = submit_count;
	ring->last_min_complete = min_complete;
	ring->last_flags = flags;
}

static uint64_t timeout_of(const struct io_uring_getevents_arg *arg)
{
	if (!arg->ts) {
		return UINT64_MAX;
	}
	const struct __kernel_timespec *time = (const void *)(uintptr_t)arg->ts;
	return (uint64_t)time->tv_sec * UINT64_C(1000000000) + (uint64_t)time->tv_nsec;
}

void kernel_fail_enter(int err)
{
	kernel_check(kernel.enter_error_count < KERNEL_SCRIPT_MAX, "too many failing enters");
	kernel.enter_errors[kernel.enter_error_count++] = err;
}

void kernel_fail_doorbell(int err)
{
	kernel_check(kernel.doorbell_error_count < KERNEL_SCRIPT_MAX, "too many failing doorbells");
	kernel.doorbell_errors[kernel.doorbell_error_count++] = err;
}

int gi_kernel_ring_enter(struct io_uring *uring, unsigned submit_count, unsigned min_complete,
                         unsigned flags, struct io_uring_getevents_arg *arg)
{
	struct kernel_ring *ring = ring_of(uring);
	kernel_check(ring->is_enabled, "entered before it was enabled");
	kernel_check(ring->is_registered == ((flags & IORING_ENTER_REGISTERED_RING) != 0),
	             "the flag says another kind of descriptor");
	record_enter(ring, submit_count, min_complete, flags);
	ring->last_timeout_ns = timeout_of(arg);
	if (kernel.enter_error_count > 0) {
		int err = kernel.enter_errors[0];
		memmove(&kernel.enter_errors[0], &kernel.enter_errors[1],
		        sizeof(int) * --kernel.enter_error_count);
		return err;
	}
	unsigned consumed = consume(ring, submit_count);
	/* As in Linux: no events are fetched when not all was taken, nor without being asked. */
	if (consumed < submit_count || !(flags & IORING_ENTER_GETEVENTS)) {
		return (int)consumed;
	}
	fetch(ring);
	int err = ready_count(ring) < min_complete ? wait_for(ring, min_complete) : 0;
	return consumed > 0 ? (int)consumed : err;
}

/* ---- Register ---------------------------------------------------------------------------------------------------- */

static int register_buffers(struct kernel_ring *ring, const struct io_uring_buf_reg *registration)
{
	kernel_check(registration->ring_addr % 4096 == 0, "a buffer ring that is not on a page");
	ring->buffer_ring = (void *)(uintptr_t)registration->ring_addr;
	ring->buffer_count = registration->ring_entries;
	return 0;
}

int gi_kernel_ring_register(struct io_uring *uring, unsigned opcode, void *arg, unsigned count)
{
	struct kernel_ring *ring = ring_of(uring);
	kernel_check(opcode < KERNEL_REGISTER_MAX, "an unknown opcode of register");
	(void)count;
	if (kernel.register_errors[opcode]) {
		return kernel.register_errors[opcode];
	}
	switch (opcode) {
	case IORING_REGISTER_ENABLE_RINGS:
		ring->is_enabled = true;
		return 0;
	case IORING_REGISTER_RING_FDS:
		ring->is_registered = true;
		((struct io_uring_rsrc_update *)arg)->offset = 0;
		return 1;
	case IORING_UNREGISTER_RING_FDS:
		ring->is_registered = false;
		return 1;
	case IORING_REGISTER_PBUF_RING:
		return register_buffers(ring, arg);
	case IORING_UNREGISTER_PBUF_RING:
		ring->unregistered_count++;
		return 0;
	default:
		return -EINVAL;
	}
}

int kernel_take_buffer(struct kernel_ring *ring)
{
	struct io_uring_buf_ring *buffers = ring->buffer_ring;
	if (ring->buffer_head == buffers->tail) {
		return -1;
	}
	return buffers->bufs[ring->buffer_head++ & (ring->buffer_count - 1)].bid;
}
