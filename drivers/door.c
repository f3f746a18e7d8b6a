/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's io_uring as a ring door. */
#include "drivers/door.h"

static int open_ring(struct io_uring *ring, unsigned entry_count, struct io_uring_params *params,
                     uint32_t operation_max)
{
	(void)operation_max;
	return gi_kernel_ring_open(ring, entry_count, params);
}

const struct gi_ring_door gi_door_io_uring = {.name = "io_uring",
                                              .open = open_ring,
                                              .enter = gi_kernel_ring_enter,
                                              .enlist = gi_kernel_ring_register,
                                              .close = gi_kernel_ring_close};
