/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring door: what a ring is opened, entered and closed by: the kernel's io_uring, or epoll behind ring memory that looks
 * the same. A driver is entered the same way on both.
 *
 * Private to drivers/. Error: negative errno, as the functions of kernel.h have it.
 */
#ifndef GI_DRIVERS_DOOR_H
#define GI_DRIVERS_DOOR_H

#include "drivers/kernel.h"

struct gi_ring_door {
	const char *name;
	/* operation_max: how many operations may wait in it. */
	int (*open)(struct io_uring *ring, unsigned entry_count, struct io_uring_params *params,
	            uint32_t operation_max);
	int (*enter)(struct io_uring *ring, unsigned submit_count, unsigned min_complete,
	             unsigned flags, struct io_uring_getevents_arg *arg);
	int (*enlist)(struct io_uring *ring, unsigned opcode, void *arg, unsigned count);
	void (*close)(struct io_uring *ring);
};

extern const struct gi_ring_door gi_door_io_uring;
extern const struct gi_ring_door gi_door_epoll;

#endif
