/* SPDX-License-Identifier: Apache-2.0 */
/*
 * World: what stands behind the interpreter of submission entries: this machine's descriptors (drivers/epoll/), or a
 * simulated machine's.
 *
 * All functions return at once. Thread: the ring's, but for `message`, which reaches another thread's ring.
 * Error: negative errno, as the system call of that name has it; -EAGAIN: it would wait.
 */
#ifndef GI_DRIVERS_ENTRIES_WORLD_H
#define GI_DRIVERS_ENTRIES_WORLD_H

#include "drivers/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gi_world;
struct io_uring_cqe;
struct msghdr;

/* Descriptors are numbers of the process, whichever world they are of; only `message` and `watch` are a ring's. */
struct gi_world_calls {
	/* Before an accept: from now on accepts on this descriptor return at once. */
	int (*prepare_accept)(int fd);
	/* Returns the descriptor. */
	int (*accept)(int fd, int flags);
	int (*receive)(int fd, void *bytes, size_t size, int flags);
	int (*send)(int fd, const struct msghdr *message, int flags);
	/* Only asked when the descriptor is ready, unless reads_at_once. */
	int (*read)(int fd, void *bytes, size_t size);
	int (*shutdown)(int fd, int how);
	/* It is not watched. */
	int (*close)(int fd);
	/* A completion for the ring with this descriptor. -EBADFD: there is none; -EOVERFLOW: too many wait there. */
	int (*message)(struct gi_world *world, int ring_fd, const struct io_uring_cqe *completion);
	/*
	 * From now on gi_entries_ready(watch) is to be called while a direction of `bits` is ready; before, it was `before`.
	 * 0: no more.
	 */
	int (*watch)(struct gi_world *world, int fd, uint32_t watch, unsigned before,
	             unsigned bits);

	/* A read that would wait says -EAGAIN. */
	bool reads_at_once;

	/* What a kernel may do at any moment; NULL: it never does. */
	/* An operation that wants more ends with what it has got. */
	bool (*ends_more)(struct gi_world *world);
	/* There is no buffer for it, though there is. */
	bool (*has_no_buffer)(struct gi_world *world);
	/* A cancel comes too late: what it is for is about to be done, and says so. */
	bool (*cancels_late)(struct gi_world *world, uint32_t watch);
};

struct gi_world {
	const struct gi_world_calls *calls;
};

#endif
