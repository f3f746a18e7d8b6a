/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bare ring: an io_uring of the calling thread with DEFER_TASKRUN, and one enter call. Shared by the limits that need
 * the kernel.
 *
 * Thread: the one that opened it.
 */
#ifndef BENCH_LIMITS_BARE_RING_H
#define BENCH_LIMITS_BARE_RING_H

#include <liburing.h>
#include <stdint.h>

/* Error: what io_uring_setup(2) returns. */
int bench_bare_ring_open(struct io_uring *out_ring, uint32_t entry_count);

/*
 * Submit what was prepared and wait until min_complete completions are there, or a second has passed.
 *
 * Error: a negative errno. -ETIME the second has passed. What the kernel asks to be repeated has been.
 */
int bench_bare_ring_enter(struct io_uring *ring, uint32_t min_complete);

/* A free entry; submits when all are taken. */
struct io_uring_sqe *bench_bare_ring_entry(struct io_uring *ring);

#endif
