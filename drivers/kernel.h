/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to the kernel. Everything that a driver asks of Linux goes through these functions, and nothing else in
 * the library makes a system call on a driver's thread (but for the arena, which maps memory when it grows).
 *
 * The door is cut at the kernel's own interface: SQEs and CQEs are real ones in real ring memory. kernel_linux.c is the
 * system calls. Another object file with the same symbols, linked before libgatio.a, takes its place: the archive's
 * member is then never pulled in.
 *
 * Error: negative errno everywhere.
 */
#ifndef GI_DRIVERS_KERNEL_H
#define GI_DRIVERS_KERNEL_H

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* ---- Rings ------------------------------------------------------------------------------------------------------ */

/* As io_uring_queue_init_params: on success `ring` points to mapped ring memory and `params` tells features and sizes. */
int gi_kernel_ring_open(struct io_uring *ring, unsigned entry_count,
                        struct io_uring_params *params);

/* As io_uring_enter(2) with IORING_ENTER_EXT_ARG. Returns the number of SQEs consumed. */
int gi_kernel_ring_enter(struct io_uring *ring, unsigned submit_count, unsigned min_complete,
                         unsigned flags, struct io_uring_getevents_arg *arg);

/* As io_uring_register(2). */
int gi_kernel_ring_register(struct io_uring *ring, unsigned opcode, void *arg, unsigned count);

void gi_kernel_ring_close(struct io_uring *ring);

/* ---- Time and chance -------------------------------------------------------------------------------------------- */

uint64_t gi_kernel_monotonic_ns(void);
int gi_kernel_entropy(void *out_bytes, size_t size);

/* ---- Set-up: calls that are made a few times in a life, not per message ------------------------------------------- */

/* A descriptor that wakes a ring from a thread without one; read by the ring, 8 bytes at a time. */
int gi_kernel_signal_open(void);
int gi_kernel_signal_raise(int fd);

/* A listening socket: non-blocking accept is the ring's business. */
struct gi_kernel_listen {
	const struct sockaddr *address;
	socklen_t address_size;
	int backlog;
	int send_buffer_size;    /* 0: the kernel's choice; accepted sockets inherit it */
	int receive_buffer_size; /* the same */
	int keepalive;           /* the same */
	int reuse_port;          /* several listeners on one address share its connections */
};

/* Returns the descriptor. */
int gi_kernel_listen(const struct gi_kernel_listen *options);

/* The address a socket is bound or connected to. */
int gi_kernel_socket_name(int fd, struct sockaddr_storage *out_address);
int gi_kernel_socket_peer(int fd, struct sockaddr_storage *out_address);

/* For descriptors that are not in a ring. */
void gi_kernel_close(int fd);

/* A second name for a descriptor number kept in reserve (an idle eventfd's dup), to be closed when numbers run out. */
int gi_kernel_duplicate(int fd);

#endif
