/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries: an interpreter of io_uring's submission entries. It reads real SQEs from ring memory of its own making, which
 * liburing's inline functions take for the kernel's, does what they ask in a world (world.h), and writes real CQEs.
 *
 * An operation that would wait stays in a line of its descriptor and direction, and is tried again when the world says
 * that it is ready: the first in line first, so that what was sent on a socket in order leaves in order. One that wants
 * more (multishot) is done once each time its descriptor is ready.
 *
 * What it knows is what gatio submits: NOP, ACCEPT, RECV, SEND, SENDMSG, READ, SHUTDOWN, CLOSE, ASYNC_CANCEL by
 * user_data and MSG_RING; flags CQE_SKIP_SUCCESS and, of group 0, BUFFER_SELECT. All else is -EINVAL. A close ends what waits
 * for its descriptor.
 *
 * Bounds: operation_max operations wait, beyond it -ENOMEM; completions are never lost: entries are consumed, and
 * descriptors looked at, only while the completion queue has room for what that may bring.
 *
 * Thread: the ring's.
 */
#ifndef GI_DRIVERS_ENTRIES_ENTRIES_H
#define GI_DRIVERS_ENTRIES_ENTRIES_H

#include "drivers/entries/world.h"

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

struct gi_entries;

struct gi_entries_options {
	uint32_t entry_count; /* rounded up to a power of two, as completion_count */
	uint32_t completion_count;
	uint32_t operation_max;
	int ring_fd; /* what `message` finds it by */
	struct gi_world *world;
};

/*
 * Fills out_ring with ring memory that lives until close.
 *
 * Owner: gives; ends with gi_entries_close.
 * Error: -EINVAL no entries, too many, or too few completions; -ENOMEM.
 */
int gi_entries_open(struct gi_entries **out_entries, struct io_uring *out_ring,
                    const struct gi_entries_options *options);
/* What waits is forgotten. */
void gi_entries_close(struct gi_entries *entries);

/*
 * As io_uring_register(2): the buffers of group 0, and what has no effect here. Error: -EEXIST, -ENOENT: there are buffers
 * already, or none; -EINVAL: anything else.
 */
int gi_entries_register(struct gi_entries *entries, unsigned opcode, const void *arg);

/* Consume up to `count` entries. Returns how many: fewer, when completions must be taken first. */
unsigned gi_entries_submit(struct gi_entries *entries, unsigned count);

/* The world is told what is waited for now. After submits and ready calls, before the world is asked what is ready. */
void gi_entries_update_watches(struct gi_entries *entries);

/* Something that is watched for is ready. false: the completion queue is full, and it is to be said again. */
bool gi_entries_ready(struct gi_entries *entries, uint32_t watch, unsigned bits);

/* A completion that no entry of this ring asked for. false: there is no room. */
bool gi_entries_post(struct gi_entries *entries, const struct io_uring_cqe *completion);

/* Completions that nobody has taken. */
unsigned gi_entries_completions(const struct gi_entries *entries);
/* Descriptors that are watched. */
uint32_t gi_entries_watch_count(const struct gi_entries *entries);

#endif
