/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Io: one operation in the kernel, embedded in what it is for.
 *
 * Prepare it, submit it, and its complete() is called on a later turn: once, or for a multishot once for each event
 * until the one that says it is over. user_data carries a slot index and a generation, never a pointer: a completion
 * that comes after its time is counted and dropped.
 *
 * Thread: its driver.
 */
#ifndef GI_DRIVERS_IO_H
#define GI_DRIVERS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gi_driver;
struct msghdr;

enum gi_io_state {
	GI_IO_IDLE = 0,
	GI_IO_QUEUED,    /* waits for room in the submission queue */
	GI_IO_IN_KERNEL, /* its memory belongs to the kernel until the last completion */
};

/* What a completion brings. */
struct gi_io_event {
	int result;      /* negative errno, or what the operation returns */
	bool has_buffer; /* a provided buffer came with it: give it back with gi_buffers_put() */
	bool is_last;    /* the operation is over and may be submitted again */
	uint16_t buffer_index;
};

struct gi_io {
	void (*complete)(struct gi_io *io, const struct gi_io_event *event);
	struct gi_io *next; /* while queued */
	uint64_t address;
	uint32_t length;
	uint32_t op_flags;
	int fd;
	uint32_t slot; /* while in the kernel */
	uint16_t buffer_group;
	uint16_t priority; /* the SQE's ioprio: multishot flags */
	uint8_t opcode;
	uint8_t sqe_flags;
	uint8_t state;
	bool is_cancelled; /* asked for, maybe not yet passed on */
};

void gi_io_init(struct gi_io *io, void (*complete)(struct gi_io *, const struct gi_io_event *));

/* Prepare: only while idle. Pointers are kept until the last completion. */
void gi_io_prepare_accept(struct gi_io *io, int fd);                         /* multishot */
void gi_io_prepare_receive(struct gi_io *io, int fd, uint16_t buffer_group); /* multishot */
void gi_io_prepare_receive_once(struct gi_io *io, int fd, uint16_t buffer_group);
void gi_io_prepare_send(struct gi_io *io, int fd, const void *bytes, size_t size);
void gi_io_prepare_send_message(struct gi_io *io, int fd, const struct msghdr *message);
void gi_io_prepare_read(struct gi_io *io, int fd, void *bytes, size_t size);
void gi_io_prepare_shutdown(struct gi_io *io, int fd, int how);
void gi_io_prepare_close(struct gi_io *io, int fd);
void gi_io_prepare_nop(struct gi_io *io);

/* Error: -ENOBUFS the driver's io_count_max; -ENOMEM. Then it stays idle. */
int gi_io_submit(struct gi_driver *driver, struct gi_io *io);

/*
 * Ask for the end of an operation. Its last completion still comes, as -ECANCELED or as what happened before. Asking
 * twice, or for an idle one, does nothing.
 */
void gi_io_cancel(struct gi_driver *driver, struct gi_io *io);

static inline bool gi_io_is_idle(const struct gi_io *io)
{
	return io->state == GI_IO_IDLE;
}

#endif
