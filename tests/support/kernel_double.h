/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel double: stands behind drivers/kernel.h instead of Linux, for tests that step drivers by hand.
 *
 * Linked before the archive, its symbols take the place of kernel_linux.c, and of what drivers without threads ask of
 * kernel_threads_linux.c. Rings are real-layout ring memory of its own. It takes SQEs when it is entered and keeps them for the test to look at; completions come when the test says
 * so, but for doorbells and reads of a raised signal, which it does itself. Every enter, register and open can be
 * made to fail; the clock stands still but for what it is told.
 *
 * One thread, one world: `kernel` is that world, kernel_reset() makes a new one.
 */
#ifndef TESTS_SUPPORT_KERNEL_DOUBLE_H
#define TESTS_SUPPORT_KERNEL_DOUBLE_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	KERNEL_RINGS_MAX = 8,
	KERNEL_SUBMITTED_MAX = 8192,
	KERNEL_PENDING_MAX = 1024,
	KERNEL_SCRIPT_MAX = 16,
	KERNEL_REGISTER_MAX = 40,
	KERNEL_SIGNALS_MAX = 16,
};

/* Completions on their way into a CQ. */
struct kernel_queue {
	struct io_uring_cqe cqes[KERNEL_PENDING_MAX];
	uint32_t count;
};

struct kernel_ring {
	struct io_uring *uring; /* NULL: closed */
	bool is_enabled;
	bool is_registered;
	unsigned setup_flags;

	/* The memory that both sides see. */
	unsigned sq_head, sq_tail, sq_mask, sq_entries, sq_flags, sq_dropped;
	unsigned cq_head, cq_tail, cq_mask, cq_entries, cq_flags, cq_overflow;
	unsigned *array;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;

	struct kernel_queue deferred;   /* brought out by an enter that fetches events */
	struct kernel_queue overflowed; /* for these the CQ had no room */

	/* What happened. */
	struct io_uring_sqe submitted[KERNEL_SUBMITTED_MAX];
	uint32_t submitted_count;
	uint32_t enter_count;
	uint32_t wait_count;      /* enters that had to wait */
	uint32_t waited_for_ever; /* without end and without anything that could end it */
	unsigned last_submit_count;
	unsigned last_min_complete;
	unsigned last_flags;
	uint64_t last_timeout_ns;              /* UINT64_MAX: none */
	struct io_uring_buf_ring *buffer_ring; /* registered */
	unsigned buffer_count;
	uint16_t buffer_head; /* the kernel's side of it */
	unsigned unregistered_count;
};

struct kernel_signal {
	uint64_t value;
	struct kernel_ring *reader; /* NULL: no read waits */
	struct io_uring_sqe read;
};

struct kernel {
	uint64_t now_ns;
	uint64_t step_ns; /* added at each look at the clock: spins end */
	unsigned features;

	unsigned refused_flags;     /* open: -EINVAL for any of them */
	unsigned entries_max;       /* open: -ENOMEM above; 0: no limit */
	int open_error;             /* every open */
	uint32_t open_error_pauses; /* after so many pauses of the program it passes; 0: it stays */
	uint32_t open_count;
	uint32_t close_count;
	unsigned opened_entries[KERNEL_SCRIPT_MAX]; /* as asked for */
	unsigned opened_flags[KERNEL_SCRIPT_MAX];

	int register_errors[KERNEL_REGISTER_MAX]; /* by opcode */
	int enter_errors[KERNEL_SCRIPT_MAX];      /* the next enters, first first */
	uint32_t enter_error_count;
	uint32_t consume_max;                   /* SQEs that an enter takes */
	int doorbell_errors[KERNEL_SCRIPT_MAX]; /* the next MSG_RINGs */
	uint32_t doorbell_error_count;
	uint32_t doorbell_count; /* that went through */

	void (*on_clock)(void); /* called before each look at the clock */
	/* Called while a ring waits: what the world does meanwhile. */
	void (*on_wait)(struct kernel_ring *ring);

	struct kernel_ring rings[KERNEL_RINGS_MAX]; /* in the order of opening */
	uint32_t ring_count;
	struct kernel_signal signals[KERNEL_SIGNALS_MAX];
	uint32_t signal_count;
	int signal_error; /* every open of a signal */
	uint32_t closed_count;
	uint32_t pause_count;

	uint32_t map_count;
	uint32_t unmap_count;
	uint32_t map_left; /* so many maps are given, the others refused */
	int bind_error;    /* every binding */
	int node_seen;     /* of the last binding */
	uint32_t bind_count;
	int advise_error;

	int pin_error; /* every pinning */
	uint32_t pinned_cpu;
	uint32_t pin_count;
	int write_error;
	char written[256]; /* the last that was written to a log */
};

extern struct kernel kernel;

void kernel_reset(void);

/* A completion for this ring: at once if there is room in its CQ, else it waits beside it and the flag says so. */
void kernel_complete(struct kernel_ring *ring, uint64_t user_data, int result, unsigned flags);

/* The same, but only an enter brings it out, as deferred task work does. */
void kernel_complete_deferred(struct kernel_ring *ring, uint64_t user_data, int result,
                              unsigned flags);

/* SQEs with this opcode taken so far, and the latest of them. NULL: none. */
uint32_t kernel_submitted(const struct kernel_ring *ring, unsigned opcode);
const struct io_uring_sqe *kernel_last(const struct kernel_ring *ring, unsigned opcode);

/* Fail the next enter, after those that fail already. */
void kernel_fail_enter(int err);
void kernel_fail_doorbell(int err);

/* Between the two files of the double: a test that asks too much of it is wrong, and says so; a raised signal is read. */
#define SIGNAL_FD_FIRST 2000
void kernel_check(bool condition, const char *what);
void kernel_signal_read(struct kernel_signal *waiting);

/* A buffer leaves the registered ring, as a receive would take it. -1: there is none. */
int kernel_take_buffer(struct kernel_ring *ring);

#endif
