/* SPDX-License-Identifier: Apache-2.0 */
/* A world of eight descriptors for the interpreter of entries: a test says what their next calls return. */
#ifndef TESTS_DRIVERS_ENTRY_WORLD_H
#define TESTS_DRIVERS_ENTRY_WORLD_H

#include "drivers/entries/world.h"

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

enum { FD_COUNT = 8 };

struct endpoint {
	int pending[16]; /* results of the next calls; then -EAGAIN */
	uint32_t pending_count;
	uint32_t pending_next;
	unsigned watched;
	uint32_t watch;
	bool is_closed;
	int watch_error;
	const void *sent[16]; /* what was sent, in order */
	uint32_t sent_count;
};

extern struct endpoint endpoints[FD_COUNT];
extern struct io_uring_cqe told; /* to another ring */
extern int told_error;
extern struct gi_world test_world;

void world_forget(void);
/* The next call on this descriptor returns it. */
void will(int fd, int result);

#endif
