/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring: a driver's io_uring, its flags found by trial, and the table of operations in the kernel.
 *
 * Private to drivers/. Thread: its driver, except gi_ring_open and gi_ring_close.
 */
#ifndef GI_DRIVERS_RING_H
#define GI_DRIVERS_RING_H

#include "drivers/door.h"
#include "drivers/driver.h"
#include "drivers/kernel.h"

#include <stdbool.h>
#include <stdint.h>

/* What a completion is, by the low byte of its user_data. */
enum gi_cqe_kind {
	GI_CQE_NONE = 0,          /* nobody waits for it */
	GI_CQE_IO = 1,            /* | slot << 8 | generation << 32 */
	GI_CQE_DOORBELL = 2,      /* another driver rang: look at the bell, which is done anyway */
	GI_CQE_DOORBELL_SENT = 3, /* | receiver << 8: our own doorbell failed */
	GI_CQE_CANCEL = 4,        /* as GI_CQE_IO, of what was to be cancelled */
};

#define GI_RING_ENTRIES_DEFAULT     128u
#define GI_RING_COMPLETIONS_DEFAULT 1024u
#define GI_RING_ENTRIES_MIN         8u
#define GI_IO_SEGMENT_COUNT         256u
#define GI_IO_SLOT_MAX              (1u << 24)

struct gi_io_slot {
	struct gi_io *io; /* NULL while free */
	uint32_t generation;
	uint32_t next_free; /* index + 1; 0 ends */
};

struct gi_ring {
	struct io_uring uring;
	const struct gi_ring_door *door;
	uint32_t turns_unseen; /* without a look, where the door has one */
	uint32_t setup_flags;
	uint32_t enter_flags;
	bool is_registered;
	bool is_asked; /* it does not say by itself that the kernel has something: see gi_ring_look() */

	/* Operations by slot index, in segments that never move. */
	struct gi_io_slot **segments;
	uint32_t segment_count;
	uint32_t segment_max;
	uint32_t slot_free; /* first free index + 1 */
	uint32_t slot_count_max;
	uint32_t in_kernel_count;

	/* Waiting for room in the submission queue. */
	struct gi_io *queue_first;
	struct gi_io *queue_last;
	uint32_t queue_count;
	uint32_t cancel_waiting; /* cancels that found no room: looked for in the table */
};

/* Disabled until gi_ring_enable(). Error: as gi_driver_create(). */
int gi_ring_open(struct gi_ring *ring, const struct gi_driver_options *options);
void gi_ring_close(struct gi_ring *ring);

/* On the owner's thread: enable, and register the descriptor for cheaper entering. */
int gi_ring_enable(struct gi_ring *ring);

/* On the owner's thread, last. */
void gi_ring_leave(struct gi_ring *ring);

/* A zeroed SQE, or NULL: the queue is full. */
struct io_uring_sqe *gi_ring_sqe(struct gi_ring *ring);

/* Work in the kernel that only an enter brings out? */
bool gi_ring_needs_enter(const struct gi_ring *ring);
/* Where the ring does not say by itself that the kernel has something: the next enter is needed, and asks. */
void gi_ring_look(struct gi_ring *ring);
bool gi_ring_has_completions(const struct gi_ring *ring);

/* Something was asked of the kernel that it has not seen yet, or waits for room to be asked. */
bool gi_ring_has_unsubmitted(const struct gi_ring *ring);

/* Numbers of completions, which wrap: the next one to take, and the one after the last that is there. */
uint32_t gi_ring_completion_next(const struct gi_ring *ring);
uint32_t gi_ring_completion_end(const struct gi_ring *ring);

/* Everything filled becomes visible to the kernel. Returns what it has not consumed yet. */
unsigned gi_ring_flush(struct gi_ring *ring);

#endif
