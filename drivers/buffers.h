/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers: the provided-buffer ring of one driver, shared by all its receiving connections, so that an idle connection
 * holds none.
 *
 * Every buffer is in the ring or held by a completion that is being looked at: free + held == total. Whoever finds the
 * ring empty (-ENOBUFS) waits in line; a wait ends when buffers come back, never by trying again at once.
 *
 * Thread: its driver.
 */
#ifndef GI_DRIVERS_BUFFERS_H
#define GI_DRIVERS_BUFFERS_H

#include "base/list.h"

#include <stddef.h>
#include <stdint.h>

struct gi_driver;
struct gi_buffers;

#define GI_BUFFERS_COUNT_DEFAULT 256u
#define GI_BUFFERS_SIZE_DEFAULT  8192u

/* One that waits for a buffer. */
struct gi_buffer_wait {
	struct gi_list link;
	void (*ready)(struct gi_buffer_wait *wait);
};

/* count: a power of two <= 32768. Thread: the driver's own. Error: -ENOMEM, or what the kernel says. */
int gi_buffers_open(struct gi_driver *driver, uint32_t count, uint32_t size);

/* NULL while not open. */
struct gi_buffers *gi_driver_buffers(struct gi_driver *driver);

uint16_t gi_buffers_group(const struct gi_buffers *buffers);
uint8_t *gi_buffers_at(struct gi_buffers *buffers, uint16_t index);

/* A completion took one from the ring: it is held from now on. */
void gi_buffers_take(struct gi_buffers *buffers, uint16_t index);

/* A held buffer comes back. The kernel sees it at the end of the turn; those in line are called then, a few a turn. */
void gi_buffers_put(struct gi_buffers *buffers, uint16_t index);

/* Get in line: ready() is called once. */
void gi_buffers_wait(struct gi_buffers *buffers, struct gi_buffer_wait *wait);
void gi_buffers_wait_cancel(struct gi_buffer_wait *wait);

uint32_t gi_buffers_held(const struct gi_buffers *buffers);
uint32_t gi_buffers_total(const struct gi_buffers *buffers);

#endif
