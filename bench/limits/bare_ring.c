/* SPDX-License-Identifier: Apache-2.0 */
/* Bare ring: an io_uring of the calling thread with DEFER_TASKRUN, and one enter call. */
#include "bench/limits/bare_ring.h"

#include <errno.h>

enum {
	COMPLETIONS_PER_ENTRY = 16,
};

int bench_bare_ring_open(struct io_uring *out_ring, uint32_t entry_count)
{
	struct io_uring_params params = {.cq_entries = entry_count * COMPLETIONS_PER_ENTRY};
	params.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
	               IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
	int err = io_uring_queue_init_params(entry_count, out_ring, &params);
	if (err < 0) {
		return err;
	}
	for (uint32_t i = 0; i < *out_ring->sq.kring_entries; i++) {
		out_ring->sq.array[i] = i; /* once, so that publishing is one store */
	}
	return 0;
}

int bench_bare_ring_enter(struct io_uring *ring, uint32_t min_complete)
{
	struct __kernel_timespec second = {.tv_sec = 1};
	struct io_uring_getevents_arg argument = {.ts = (uint64_t)(uintptr_t)&second};
	io_uring_smp_store_release(ring->sq.ktail, ring->sq.sqe_tail);
	for (;;) {
		uint32_t waiting = ring->sq.sqe_tail - io_uring_smp_load_acquire(ring->sq.khead);
		int result = io_uring_enter2((unsigned int)ring->ring_fd, waiting, min_complete,
		                             IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
		                             (sigset_t *)&argument, sizeof(argument));
		if (result >= 0) {
			return 0;
		}
		if (result != -EINTR && result != -EAGAIN) {
			return result;
		}
	}
}

struct io_uring_sqe *bench_bare_ring_entry(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	while (!sqe) {
		bench_bare_ring_enter(ring, 0);
		sqe = io_uring_get_sqe(ring);
	}
	return sqe;
}
