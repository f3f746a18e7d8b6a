/* SPDX-License-Identifier: Apache-2.0 */
/* Enter: the one system call of a turn, and what its errors mean. */
#include "drivers/enter.h"

#include "base/assert.h"
#include "base/branch.h"
#include "drivers/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A system call for so many turns that do not sleep: a turn has hundreds of messages when it is worth it. */
#define TURNS_UNSEEN_MAX 8u

static void die(const char *what, int err)
{
	fprintf(stderr, "gatio: %s: %s\n", what, strerror(-err));
	abort();
}

void gi_enter(struct gi_driver *driver, unsigned submit_count, unsigned wait_count,
              uint64_t wait_ns)
{
	struct gi_ring *ring = driver->ring;
	gi_assert_slow(driver->is_entered);
	gi_assert_slow(submit_count <= ring->uring.sq.ring_entries);
	gi_assert_slow(wait_count <= 1);
	struct __kernel_timespec timeout = {.tv_sec = (int64_t)(wait_ns / 1000000000),
	                                    .tv_nsec = (int64_t)(wait_ns % 1000000000)};
	struct io_uring_getevents_arg arg = {0};
	if (wait_count > 0 && wait_ns != UINT64_MAX) {
		arg.ts = (uint64_t)(uintptr_t)&timeout;
	}
	gi_count(&driver->counters.enters, 1);
	int result =
	        ring->door->enter(&ring->uring, submit_count, wait_count, ring->enter_flags, &arg);
	if (IO_URING_READ_ONCE(*ring->uring.sq.kflags) & IORING_SQ_CQ_OVERFLOW) {
		gi_count(&driver->counters.cq_overflows, 1);
	}
	switch (-result) {
	case ETIME:
	case EINTR:
	case EBUSY: /* completions first: the next turn reaps, and offers again what was not consumed */
	case EAGAIN:
	case ENOMEM:
		break;
	case EBADR:
		die("the kernel had to drop completions for lack of memory; nothing is certain any "
		    "more",
		    result);
		break;
	default:
		if (result < 0) {
			die("the ring cannot be entered", result);
		}
	}
}

int gi_enter_try(struct gi_driver *driver)
{
	struct gi_ring *ring = driver->ring;
	gi_assert(driver->is_entered);
	struct io_uring_getevents_arg arg = {0};
	int err = ring->door->enter(&ring->uring, 0, 0, ring->enter_flags, &arg);
	return err == -EPERM || err == -EACCES || err == -ENOSYS ? err : 0;
}

void gi_enter_now(struct gi_driver *driver)
{
	struct gi_ring *ring = driver->ring;
	if (gi_unlikely(ring->is_asked) && ++ring->turns_unseen >= TURNS_UNSEEN_MAX) {
		gi_ring_look(ring);
	}
	unsigned submit_count = gi_ring_flush(ring);
	if (submit_count > 0 || gi_ring_needs_enter(driver->ring)) {
		gi_enter(driver, submit_count, 0, 0);
	}
}
