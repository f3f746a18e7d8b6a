/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the interpreter, which its files share: ring memory, operations that wait, and the descriptors they wait for.
 *
 * Private to entries/. Thread: the ring's.
 */
#ifndef GI_DRIVERS_ENTRIES_STATE_H
#define GI_DRIVERS_ENTRIES_STATE_H

#include "drivers/entries/entries.h"
#include "drivers/entries/map.h"

#include <stddef.h>

/* What is said of an operation that goes on: an accept or a receive that wants more. */
#define GI_OPERATION_ACCEPT_MORE  (1u << 0) /* IORING_ACCEPT_MULTISHOT */
#define GI_OPERATION_RECEIVE_MORE (1u << 1) /* IORING_RECV_MULTISHOT */

/*
 * Room that an entry is consumed with: a cancel, and what it cancels; one that goes on, and its end. Where a close ends more,
 * it waits.
 */
#define GI_COMPLETIONS_AN_ENTRY 2u

/* An entry that has been consumed, and waits. */
struct gi_operation {
	uint64_t user_data;
	uint64_t address;
	uint32_t length;
	uint32_t op_flags;
	int fd;
	uint16_t priority;
	uint8_t opcode;
	uint8_t sqe_flags;
	uint32_t watch;
	uint32_t next; /* index + 1, as all links here; 0 ends. Of a free one too */
	uint32_t previous;
};

struct gi_line {
	uint32_t first;
	uint32_t last;
};

/* A descriptor that is waited for, or was until the world has been told. */
struct gi_watch {
	struct gi_line lines[GI_DIRECTION_COUNT];
	int fd;
	uint32_t next; /* free, or changed */
	uint8_t told;  /* bits of what the world watches for */
	bool is_changed;
};

struct gi_entries {
	struct gi_world *world;
	struct gi_entries_options options;
	size_t memory_size;

	/* Ring memory: what liburing points to. */
	unsigned sq_head, sq_tail, sq_flags, sq_dropped;
	unsigned cq_head, cq_tail, cq_flags, cq_overflow;
	unsigned entry_count;
	unsigned completion_count;
	unsigned *array;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;

	struct gi_operation *operations;
	uint32_t operation_free;
	uint32_t operation_unused; /* from here on never used: their memory is not there yet */
	struct gi_watch *watches;
	uint32_t watch_free;
	uint32_t watch_unused;
	uint32_t watch_changed;
	uint32_t watch_count;
	struct gi_map by_user_data;
	struct gi_map by_fd;

	/* The provided buffers of group 0. */
	struct io_uring_buf_ring *buffers;
	uint32_t buffer_count;
	uint16_t buffer_head;
};

static inline unsigned gi_entries_room(const struct gi_entries *entries)
{
	return entries->completion_count - gi_entries_completions(entries);
}

/* There is room. */
void gi_entries_complete(struct gi_entries *entries, uint64_t user_data, int result,
                         unsigned flags);

#endif
