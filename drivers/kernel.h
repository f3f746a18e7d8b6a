/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to the kernel. Everything that the library asks of Linux while a system lives goes through these functions,
 * on whatever thread. tools/check.py --objects reads that from the objects, and tools/objects.py lists what is aside: create
 * looks at this machine, unless gi_kernel_machine() tells of another.
 *
 * The door is cut at the kernel's own interface: SQEs and CQEs are real ones in real ring memory. kernel_linux.c is the
 * system calls; kernel_threads_linux.c those about threads; kernel_ready_linux.c those that stand in for io_uring where it is
 * refused. Another object file with the same symbols, linked before libgatio.a or the rooms' archives, takes the place of one
 * of them: the archive's member is then never pulled in.
 *
 * Error: negative errno everywhere.
 */
#ifndef GI_DRIVERS_KERNEL_H
#define GI_DRIVERS_KERNEL_H

#include "topology/node_memory.h"

#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* ---- Rings ------------------------------------------------------------------------------------------------------ */

/* As io_uring_queue_init_params: on success `ring` points to mapped ring memory and `params` tells features and sizes. */
int gi_kernel_ring_open(struct io_uring *ring, unsigned entry_count,
                        struct io_uring_params *params);

/*
 * Of params->features: the ring does not say by itself that there is something for its owner, who enters it now and then.
 * None of Linux's features is this one.
 */
#define GI_FEATURE_IS_ASKED (1u << 31)

/* As io_uring_enter(2) with IORING_ENTER_EXT_ARG. Returns the number of SQEs consumed. */
int gi_kernel_ring_enter(struct io_uring *ring, unsigned submit_count, unsigned min_complete,
                         unsigned flags, struct io_uring_getevents_arg *arg);

/* As io_uring_register(2). */
int gi_kernel_ring_register(struct io_uring *ring, unsigned opcode, void *arg, unsigned count);

void gi_kernel_ring_close(struct io_uring *ring);

/* ---- The machine ------------------------------------------------------------------------------------------------- */

/*
 * The machine to plan for, as hwloc describes one in words ("numa:2 core:4 pu:1"); NULL: this one. Of one in words no limits
 * are read, and nobody is pinned.
 */
const char *gi_kernel_machine(void);

/* ---- Time and chance -------------------------------------------------------------------------------------------- */

uint64_t gi_kernel_monotonic_ns(void);
int gi_kernel_entropy(void *out_bytes, size_t size);

/* Which Linux this is: 6 and 18 for "6.18.44". Both 0: it does not say. */
void gi_kernel_release(unsigned *out_major, unsigned *out_minor);

/* What sysctl kernel.io_uring_disabled says: 0 it is for all, 1 for a group, 2 for nobody; or a negative errno. */
int gi_kernel_io_uring_disabled(void);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* What arenas grow and shrink by, also while drivers turn. Binding prefers a node and does not insist on it. */
extern const struct gi_memory_door gi_kernel_memory;

/* May memory be taken, and given back? Both are taken for granted from then on; nothing is mapped. 0, or what the call says. */
int gi_kernel_memory_try_map(void);
int gi_kernel_memory_try_unmap(void);

/* ---- Threads and words ------------------------------------------------------------------------------------------- */

/* The calling thread runs on this CPU alone. -EINVAL: there is no such CPU, or this process may not use it. */
int gi_kernel_pin(uint32_t cpu);

/*
 * A thread that runs `run`; all signals are blocked in it but those of `open` (NULL: none) and those that an instruction of
 * its own raises, which are for a crash handler or a sanitizer. name: up to 15 characters. Error: -EAGAIN, -ENOMEM, or what a
 * seccomp profile says.
 */
int gi_kernel_thread_start(pthread_t *out_thread, const char *name, const sigset_t *open,
                           void *(*run)(void *), void *argument);
void gi_kernel_thread_join(pthread_t thread);

/*
 * From now on gi_kernel_thread_ask() has the handler run in a thread, between two instructions of it; the handler may call
 * backtrace(3). Not in one that has the signal blocked, nor while it is in the kernel for good.
 */
void gi_kernel_thread_prepare_ask(int signal, void (*handler)(int));
void gi_kernel_thread_ask(pthread_t thread, int signal);

/* The calling thread's signals, as pthread_sigmask(3). out_before may be NULL. */
void gi_kernel_signals_mask(int how, const sigset_t *signals, sigset_t *out_before);

/* Bytes of a log, to a descriptor that is not in a ring. Returns how many went. Never raises SIGPIPE. */
int gi_kernel_write(int fd, const void *bytes, size_t size);

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

/* Returns the descriptor. Without reuse_port: -EADDRINUSE while any other socket listens there, in one step. */
int gi_kernel_listen(const struct gi_kernel_listen *options);

/* From now on listeners with reuse_port may join this one, which was alone. */
int gi_kernel_listen_shared(int fd);

/*
 * Claim an address, port 0 a free one, by a socket that never listens. gi_kernel_claim_alone(): from now on no socket of any
 * process can be bound there any more, with whatever options, though those that are stay; or it can again. Returns the
 * descriptor.
 */
int gi_kernel_claim(const struct sockaddr *address, socklen_t size);
void gi_kernel_claim_alone(int fd, bool is_alone);

/* A host by name or number and a numeric port as the address of a listener. 0, or -EINVAL: there is none. */
int gi_kernel_resolve(const char *host, const char *port, struct sockaddr_storage *out_address,
                      socklen_t *out_size);

/* The address a socket is bound or connected to. */
int gi_kernel_socket_name(int fd, struct sockaddr_storage *out_address);
int gi_kernel_socket_peer(int fd, struct sockaddr_storage *out_address);

/* The CPUs that the calling thread may run on, as sched_getaffinity(2) has them. get returns how many bytes that are; set
 * is async-signal-safe. */
int gi_kernel_affinity_get(unsigned char *out_mask, size_t size);
int gi_kernel_affinity_set(const unsigned char *mask, size_t size);

/*
 * How long ago a connected socket last sent bytes, which its peer's window allows only while it takes what comes. What a
 * completion says of progress is coarse: the socket's buffer moves in thirds. UINT64_MAX: unknown, or the peer does not
 * answer.
 */
uint64_t gi_kernel_socket_taken_ns(int fd);

/* Is it a socket that listens? A connection's is 0; what is no socket, negative. */
int gi_kernel_socket_listens(int fd);

/* Bytes that a socket has received and nobody has read. 0 also when it cannot be asked. */
uint32_t gi_kernel_socket_unread(int fd);

/*
 * For a socket that is closed next and on which nothing was sent: as many of the bytes as it takes at once. What has come
 * is dropped, so that the close is one in order.
 */
void gi_kernel_socket_say(int fd, const void *bytes, size_t size);

/* When the socket is closed its peer sees a reset, and what the kernel still holds for it is dropped. */
void gi_kernel_socket_reset(int fd);

/* ---- Without io_uring: what its operations are as calls. All return at once -------------------------------------- */

/* A set of descriptors to be asked which are ready. */
int gi_kernel_ready_open(void);

/* Directions of a descriptor: what an operation waits for, and what is ready. */
enum gi_direction {
	GI_DIRECTION_IN = 0,
	GI_DIRECTION_OUT,
	GI_DIRECTION_COUNT,
};
#define GI_DIRECTION_BIT(direction) (1u << (direction))

/* From `before` to `bits`, both of GI_DIRECTION_BIT(), 0: no direction; what is ready is told with `tag`. */
int gi_kernel_ready_watch(int ready_fd, int fd, uint32_t tag, unsigned before, unsigned bits);

struct gi_kernel_ready {
	uint32_t tag;
	unsigned bits; /* of GI_DIRECTION_BIT(); both where the descriptor has failed */
};

/* Up to `count`, at most GI_KERNEL_READY_MAX, that are ready; waits for the first, for as long. Returns how many. */
#define GI_KERNEL_READY_MAX 64u
int gi_kernel_ready_wait(int ready_fd, struct gi_kernel_ready *out_ready, unsigned count,
                         uint64_t wait_ns);

/* From now on an accept on it that is in no ring of the kernel returns at once: -EAGAIN, no connection waits. */
int gi_kernel_accept_prepare(int fd);
/* Returns the descriptor. */
int gi_kernel_accept(int fd, int flags);
int gi_kernel_receive(int fd, void *bytes, size_t size, int flags);
int gi_kernel_send(int fd, const struct msghdr *message, int flags);
/* The only one that may wait, where nothing is there. */
int gi_kernel_read(int fd, void *bytes, size_t size);
int gi_kernel_shutdown(int fd, int how);

/* ---- Threads that are no drivers: they may wait ------------------------------------------------------------------- */

/* As poll(2), -EINTR aside: then 0, and no descriptor is ready. */
int gi_kernel_poll(struct pollfd *fds, unsigned count, int timeout_ms);

/* Take what has been raised. Waits for it. */
void gi_kernel_signal_take(int fd);

/* A descriptor for these signals, which the calling thread has blocked; take returns whether there was one. */
int gi_kernel_signals_open(const sigset_t *signals);
bool gi_kernel_signals_take(int fd);

/*
 * Wait while the word has this value, until somebody wakes its waiters, or for as long (UINT64_MAX: no limit); it may return
 * early.
 */
void gi_kernel_word_wait(_Atomic uint32_t *word, uint32_t value, uint64_t wait_ns);
/* Thread: any, drivers too. The word may be gone by then. */
void gi_kernel_word_wake(_Atomic uint32_t *word);

/* Sleep. */
void gi_kernel_pause_ns(uint64_t ns);

/* End the process without a word to anybody in it. */
__attribute__((noreturn)) void gi_kernel_exit(int status);

/* For descriptors that are not in a ring. It is gone also where this is an error. */
int gi_kernel_close(int fd);

/* Descriptors that this process may have open. */
uint64_t gi_kernel_descriptor_max(void);

#endif
