/* SPDX-License-Identifier: Apache-2.0 */
/* Open a ring with the best flags that this kernel takes, small enough for what it may lock. */
#include "drivers/ring.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

/* Newer than Debian 12's headers; numbers of the kernel's ABI. */
#define FEATURE_NO_IOWAIT (1u << 17)
#define ENTER_NO_IOWAIT   (1u << 7)

/*
 * The driver's own loop is the only submitter and always fetches events, so completions are run when it asks for them
 * and never by an interrupt. What is optional comes first and is peeled off while the kernel says EINVAL.
 */
static const uint32_t required_flags =
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
static const uint32_t optional_flags[] = {
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                IORING_SETUP_TASKRUN_FLAG,
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
};

static int try_open(struct gi_ring *ring, unsigned entries, unsigned completions, uint32_t flags)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	params.flags = required_flags | flags;
	params.cq_entries = completions;
	int err = ring->door->open(&ring->uring, entries, &params, ring->slot_count_max);
	if (err) {
		return err;
	}
	if (!(params.features & IORING_FEAT_EXT_ARG) || !(params.features & IORING_FEAT_NODROP)) {
		ring->door->close(&ring->uring);
		return -ENOSYS;
	}
	ring->setup_flags = params.flags;
	ring->is_asked = params.features & GI_FEATURE_IS_ASKED;
	ring->enter_flags = IORING_ENTER_GETEVENTS;
	if (params.features & FEATURE_NO_IOWAIT) {
		ring->enter_flags |= ENTER_NO_IOWAIT;
	}
	return 0;
}

/* Where memory that may be locked is short, a ring of half the size still works. */
static int open_smaller(struct gi_ring *ring, unsigned entries, unsigned completions,
                        uint32_t flags)
{
	int err = try_open(ring, entries, completions, flags);
	while (err == -ENOMEM && entries > GI_RING_ENTRIES_MIN) {
		entries /= 2;
		completions = completions > 2 * entries ? completions / 2 : completions;
		err = try_open(ring, entries, completions, flags);
	}
	return err;
}

static int open_any(struct gi_ring *ring, unsigned entries, unsigned completions, bool is_whole)
{
	int err = -EINVAL;
	for (size_t i = 0; i < GI_COUNT_OF(optional_flags) && err == -EINVAL; i++) {
		err = is_whole ? try_open(ring, entries, completions, optional_flags[i])
		               : open_smaller(ring, entries, completions, optional_flags[i]);
	}
	return err;
}

/* Memory that a program had locked which was killed is counted until the kernel has torn down its rings: 2 s are enough. */
#define TRY_PAUSE_NS UINT64_C(50000000)
#define TRIES_MAX    40u

int gi_ring_open(struct gi_ring *ring, const struct gi_driver_options *options)
{
	unsigned entries = options->entry_count ? options->entry_count : GI_RING_ENTRIES_DEFAULT;
	unsigned completions =
	        options->completion_count ? options->completion_count : GI_RING_COMPLETIONS_DEFAULT;
	gi_assert(completions >= entries);
	memset(ring, 0, sizeof(*ring));
	ring->door = options->backend == GI_BACKEND_EPOLL ? &gi_door_epoll : &gi_door_io_uring;
	ring->slot_count_max = options->io_count_max;
	bool locks_memory = options->backend == GI_BACKEND_IO_URING;
	bool is_whole = options->wants_whole_ring && locks_memory;
	int err = open_any(ring, entries, completions, is_whole);
	for (uint32_t i = 0; i < TRIES_MAX && err == -ENOMEM && locks_memory; i++) {
		gi_kernel_pause_ns(TRY_PAUSE_NS);
		err = open_any(ring, entries, completions, is_whole);
	}
	return err == -ENOMEM && is_whole ? -EDQUOT : err;
}

void gi_ring_close(struct gi_ring *ring)
{
	gi_assert(!ring->is_registered); /* gi_ring_leave() has been called */
	ring->door->close(&ring->uring);
}

int gi_ring_enable(struct gi_ring *ring)
{
	gi_assert(!ring->is_registered);
	int err = ring->door->enlist(&ring->uring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	if (err < 0) {
		return err;
	}
	struct io_uring_rsrc_update update = {.offset = -1U, .data = (unsigned)ring->uring.ring_fd};
	if (ring->door->enlist(&ring->uring, IORING_REGISTER_RING_FDS, &update, 1) == 1) {
		ring->uring.enter_ring_fd = (int)update.offset;
		ring->enter_flags |= IORING_ENTER_REGISTERED_RING;
		ring->is_registered = true;
	}
	return 0;
}

void gi_ring_leave(struct gi_ring *ring)
{
	if (!ring->is_registered) {
		return;
	}
	gi_assert(ring->enter_flags & IORING_ENTER_REGISTERED_RING);
	struct io_uring_rsrc_update update = {.offset = (unsigned)ring->uring.enter_ring_fd};
	ring->door->enlist(&ring->uring, IORING_UNREGISTER_RING_FDS, &update, 1);
	ring->uring.enter_ring_fd = ring->uring.ring_fd;
	ring->enter_flags &= ~(uint32_t)IORING_ENTER_REGISTERED_RING;
	ring->is_registered = false;
}

struct io_uring_sqe *gi_ring_sqe(struct gi_ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);
	if (sqe) {
		memset(sqe, 0, sizeof(*sqe));
	}
	return sqe;
}

bool gi_ring_needs_enter(const struct gi_ring *ring)
{
	/* Written by the kernel at any time; a stale value only delays the look by a turn. */
	unsigned flags = IO_URING_READ_ONCE(*ring->uring.sq.kflags);
	return flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

void gi_ring_look(struct gi_ring *ring)
{
	if (ring->is_asked) {
		ring->turns_unseen = 0;
		*ring->uring.sq.kflags |= IORING_SQ_TASKRUN; /* as a kernel that has something */
	}
}

bool gi_ring_has_completions(const struct gi_ring *ring)
{
	return io_uring_cq_ready(&ring->uring) != 0;
}

bool gi_ring_has_unsubmitted(const struct gi_ring *ring)
{
	const struct io_uring_sq *sq = &ring->uring.sq;
	return ring->queue_first || ring->cancel_waiting > 0 || sq->sqe_head != sq->sqe_tail ||
	       *sq->ktail != io_uring_smp_load_acquire(sq->khead);
}

uint32_t gi_ring_completion_next(const struct gi_ring *ring)
{
	return *ring->uring.cq.khead;
}

uint32_t gi_ring_completion_end(const struct gi_ring *ring)
{
	return io_uring_smp_load_acquire(ring->uring.cq.ktail);
}

unsigned gi_ring_flush(struct gi_ring *ring)
{
	struct io_uring_sq *sq = &ring->uring.sq;
	unsigned tail = *sq->ktail;
	while (sq->sqe_head != sq->sqe_tail) {
		sq->array[tail & sq->ring_mask] = sq->sqe_head & sq->ring_mask;
		tail++;
		sq->sqe_head++;
	}
	/* Pairs with the kernel's acquire of the tail: entries are written before they are seen. */
	io_uring_smp_store_release(sq->ktail, tail);
	gi_assert_slow(tail - io_uring_smp_load_acquire(sq->khead) <= sq->ring_entries);
	/* From the kernel's head: EBUSY or EINTR may have left published entries behind. */
	return tail - io_uring_smp_load_acquire(sq->khead);
}
