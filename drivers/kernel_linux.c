/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the kernel, as Linux's system calls. */
#include "drivers/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <numaif.h>

#include "base/assert.h"

#define NODE_COUNT_MAX 1024
#define BITS_PER_WORD  ((int)(8 * sizeof(unsigned long)))

int gi_kernel_ring_open(struct io_uring *ring, unsigned entry_count, struct io_uring_params *params)
{
	return io_uring_queue_init_params(entry_count, ring, params);
}

int gi_kernel_ring_enter(struct io_uring *ring, unsigned submit_count, unsigned min_complete,
                         unsigned flags, struct io_uring_getevents_arg *arg)
{
	return io_uring_enter2((unsigned)ring->enter_ring_fd, submit_count, min_complete,
	                       flags | IORING_ENTER_EXT_ARG, (sigset_t *)(void *)arg, sizeof(*arg));
}

int gi_kernel_ring_register(struct io_uring *ring, unsigned opcode, void *arg, unsigned count)
{
	return io_uring_register((unsigned)ring->ring_fd, opcode, arg, count);
}

void gi_kernel_ring_close(struct io_uring *ring)
{
	io_uring_queue_exit(ring);
}

const char *gi_kernel_machine(void)
{
	return NULL;
}

uint64_t gi_kernel_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int gi_kernel_entropy(void *out_bytes, size_t size)
{
	ssize_t got = getrandom(out_bytes, size, 0);
	if (got < 0) {
		return -errno;
	}
	return (size_t)got == size ? 0 : -EIO;
}

void gi_kernel_release(unsigned *out_major, unsigned *out_minor)
{
	struct utsname name;
	*out_major = 0;
	*out_minor = 0;
	if (uname(&name) != 0 || sscanf(name.release, "%u.%u", out_major, out_minor) != 2) {
		*out_major = 0;
		*out_minor = 0;
	}
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* More than asked for, then both ends cut off: the kernel aligns only to its own pages. */
static void *map(size_t size, size_t alignment)
{
	gi_assert(size > 0);
	gi_assert((alignment & (alignment - 1)) == 0);
	if (size > SIZE_MAX - alignment) {
		return NULL;
	}
	char *mapped = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapped == MAP_FAILED) {
		return NULL;
	}
	size_t before = (size_t)(-(uintptr_t)mapped & (alignment - 1));
	if (before > 0) {
		munmap(mapped, before);
	}
	munmap(mapped + before + size, alignment - before);
	return mapped + before;
}

static void unmap(void *memory, size_t size)
{
	int err = munmap(memory, size);
	gi_assert(err == 0);
}

static int advise_huge(void *memory, size_t size)
{
	return madvise(memory, size, MADV_HUGEPAGE) != 0 ? -errno : 0;
}

/*
 * MPOL_PREFERRED, not MPOL_BIND: with the latter the kernel kills the process when the node is full, though other
 * nodes have room.
 */
static int bind_to_node(void *memory, size_t size, int node)
{
	unsigned long nodes[NODE_COUNT_MAX / BITS_PER_WORD] = {0};
	gi_assert(node >= 0);
	if (node >= NODE_COUNT_MAX) {
		return -EINVAL;
	}
	nodes[node / BITS_PER_WORD] = 1ul << (node % BITS_PER_WORD);
	/* The kernel reads one bit less than it is told. */
	if (mbind(memory, size, MPOL_PREFERRED, nodes, NODE_COUNT_MAX + 1, 0) != 0) {
		return -errno;
	}
	return 0;
}

const struct gi_memory_door gi_kernel_memory = {
        .map = map, .unmap = unmap, .advise_huge = advise_huge, .bind = bind_to_node};

/* A size of 0 is EINVAL wherever the call is allowed. */
int gi_kernel_memory_try_map(void)
{
	void *mapped = mmap(NULL, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mapped == MAP_FAILED && errno != EINVAL ? -errno : 0;
}

int gi_kernel_memory_try_unmap(void)
{
	return munmap(NULL, 0) != 0 && errno != EINVAL ? -errno : 0;
}

/* ---- Log --------------------------------------------------------------------------------------------------------- */

/*
 * The signal of a pipe without a reader is for this thread: blocked here and taken back, it reaches nobody, whatever the
 * program has made of SIGPIPE. One that waited before is not ours to take.
 */
int gi_kernel_write(int fd, const void *bytes, size_t size)
{
	static const struct timespec at_once = {0};
	sigset_t pipe_signal;
	sigset_t waiting;
	sigset_t before;
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&waiting);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	ssize_t written = write(fd, bytes, size);
	int err = written < 0 ? -errno : 0;
	if (err == -EPIPE && !sigismember(&waiting, SIGPIPE)) {
		(void)sigtimedwait(&pipe_signal, NULL, &at_once);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err ? err : (int)written;
}

/* ---- Set-up ------------------------------------------------------------------------------------------------------ */

int gi_kernel_signal_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int gi_kernel_signal_raise(int fd)
{
	gi_assert(fd >= 0);
	uint64_t one = 1;
	return write(fd, &one, sizeof(one)) < 0 ? -errno : 0;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int prepare_listener(int fd, const struct gi_kernel_listen *listen)
{
	int err = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && listen->reuse_port) {
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	}
	if (!err && listen->address->sa_family == AF_INET6) {
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	}
	/* Accepted sockets inherit these, so no call is made for each connection. */
	if (!err) {
		err = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	}
	if (!err && listen->send_buffer_size > 0) {
		err = set_option(fd, SOL_SOCKET, SO_SNDBUF, listen->send_buffer_size);
	}
	if (!err && listen->receive_buffer_size > 0) {
		err = set_option(fd, SOL_SOCKET, SO_RCVBUF, listen->receive_buffer_size);
	}
	if (!err && listen->keepalive) {
		err = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	}
	return err;
}

int gi_kernel_listen(const struct gi_kernel_listen *options)
{
	gi_assert(options->backlog > 0);
	gi_assert(options->address_size <= sizeof(struct sockaddr_storage));
	int fd = socket(options->address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	int err = prepare_listener(fd, options);
	if (!err && bind(fd, options->address, options->address_size) < 0) {
		err = -errno;
	}
	if (!err && listen(fd, options->backlog) < 0) {
		err = -errno;
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int gi_kernel_listen_shared(int fd)
{
	return set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

static int bind_claim(const struct sockaddr *address, socklen_t size, int reuse_address)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	int err = set_option(fd, SOL_SOCKET, SO_REUSEADDR, reuse_address);
	if (!err && address->sa_family == AF_INET6) {
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	}
	if (!err && bind(fd, address, size) < 0) {
		err = -errno;
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int gi_kernel_claim(const struct sockaddr *address, socklen_t size)
{
	/* It passes over connections that have ended (TIME_WAIT) and sockets that do not listen. */
	return bind_claim(address, size, 1);
}

/*
 * The kernel remembers for each port number that all its sockets may be shared, and then looks at none of them. It forgets
 * that when one is bound which may not: at any other address.
 */
static void forget_sharing(int fd)
{
	struct sockaddr_storage claimed = {0};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (gi_kernel_socket_name(fd, &claimed)) {
		return;
	}
	memcpy(&v4, &claimed, sizeof(v4));
	memcpy(&v6, &claimed, sizeof(v6));
	bool is_any = claimed.ss_family == AF_INET && v4.sin_addr.s_addr == htonl(INADDR_ANY);
	in_port_t port = claimed.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port;
	struct sockaddr_in6 other_v6 = {
	        .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in other_v4 = {.sin_family = AF_INET,
	                               .sin_port = port,
	                               .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK + 0xfe00fe)}};
	int other = is_any ? bind_claim((const struct sockaddr *)&other_v6, sizeof(other_v6), 0)
	                   : bind_claim((const struct sockaddr *)&other_v4, sizeof(other_v4), 0);
	if (other >= 0) {
		close(other);
	}
}

void gi_kernel_claim_alone(int fd, bool is_alone)
{
	(void)set_option(fd, SOL_SOCKET, SO_REUSEADDR, !is_alone);
	if (is_alone) {
		forget_sharing(fd);
	}
}

int gi_kernel_resolve(const char *host, const char *port, struct sockaddr_storage *out_address,
                      socklen_t *out_size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	                         .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found;
	if (getaddrinfo(host, port, &hints, &found) != 0) {
		return -EINVAL;
	}
	gi_assert(found->ai_addrlen <= sizeof(*out_address));
	memset(out_address, 0, sizeof(*out_address));
	memcpy(out_address, found->ai_addr, found->ai_addrlen);
	*out_size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int gi_kernel_socket_name(int fd, struct sockaddr_storage *out_address)
{
	socklen_t size = sizeof(*out_address);
	return getsockname(fd, (struct sockaddr *)out_address, &size) < 0 ? -errno : 0;
}

int gi_kernel_socket_peer(int fd, struct sockaddr_storage *out_address)
{
	socklen_t size = sizeof(*out_address);
	return getpeername(fd, (struct sockaddr *)out_address, &size) < 0 ? -errno : 0;
}

int gi_kernel_poll(struct pollfd *fds, unsigned count, int timeout_ms)
{
	gi_assert(count > 0);
	int ready = poll(fds, count, timeout_ms);
	if (ready >= 0) {
		return ready;
	}
	for (unsigned i = 0; i < count; i++) {
		fds[i].revents = 0;
	}
	return errno == EINTR ? 0 : -errno;
}

void gi_kernel_signal_take(int fd)
{
	uint64_t value;
	while (read(fd, &value, sizeof(value)) < 0 && errno == EINTR) {
	}
}

void gi_kernel_pause_ns(uint64_t ns)
{
	struct timespec pause = {.tv_sec = (time_t)(ns / UINT64_C(1000000000)),
	                         .tv_nsec = (long)(ns % UINT64_C(1000000000))};
	nanosleep(&pause, NULL);
}

void gi_kernel_exit(int status)
{
	_exit(status);
}

uint64_t gi_kernel_socket_taken_ns(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 || info.tcpi_retransmits > 0) {
		return UINT64_MAX;
	}
	return info.tcpi_last_data_sent * UINT64_C(1000000);
}

int gi_kernel_socket_listens(int fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 ? -errno : listens;
}

uint32_t gi_kernel_socket_unread(int fd)
{
	gi_assert(fd >= 0);
	int size = 0;
	return ioctl(fd, FIONREAD, &size) < 0 || size < 0 ? 0 : (uint32_t)size;
}

void gi_kernel_socket_say(int fd, const void *bytes, size_t size)
{
	gi_assert(fd >= 0);
	gi_assert(bytes);
	char dropped[4096];
	(void)!send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)!recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT);
}

void gi_kernel_socket_reset(int fd)
{
	gi_assert(fd >= 0);
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)); /* else it is no socket */
}

int gi_kernel_close(int fd)
{
	gi_assert(fd >= 0);
	return close(fd) < 0 ? -errno : 0;
}

uint64_t gi_kernel_descriptor_max(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : (uint64_t)limit.rlim_cur;
}
