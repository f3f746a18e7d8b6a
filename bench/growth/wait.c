/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait: preloaded into a program that runs under valgrind, so that its drivers wait for completions in poll(2).
 *
 * Valgrind 3.19 takes io_uring_enter for a call that never blocks, and keeps its lock while it does: all other threads
 * stand still. So a wait becomes an enter that does not wait, a poll of the ring, and an enter that fetches. A wait may
 * end early, which is nothing but a turn with nothing to do. A ring with deferred task work does not tell a poll that
 * there is some, so rings are opened without; the library has to know such kernels anyway.
 *
 * May call: the driver's thread, for the ring whose descriptor it has registered last.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local int ring_fd = -1;

/* What liburing exports under these names. */
#define EXPORTED __attribute__((visibility("default")))
struct io_uring;
EXPORTED int io_uring_queue_init_params(unsigned entry_count, struct io_uring *ring,
                                        struct io_uring_params *params);
EXPORTED int io_uring_register(unsigned fd, unsigned opcode, const void *argument, unsigned count);
/* Its sixth parameter, the size of the argument, is left where the caller has put it: gatio always gives the same. */
EXPORTED int io_uring_enter2(unsigned fd, unsigned submit_count, unsigned min_complete,
                             unsigned flags, const struct io_uring_getevents_arg *wait);

int io_uring_queue_init_params(unsigned entry_count, struct io_uring *ring,
                               struct io_uring_params *params)
{
	int (*open_ring)(unsigned, struct io_uring *, struct io_uring_params *);
	*(void **)&open_ring = dlsym(RTLD_NEXT, "io_uring_queue_init_params");
	if (params->flags & IORING_SETUP_DEFER_TASKRUN) {
		return -EINVAL;
	}
	return open_ring(entry_count, ring, params);
}

/* A driver registers its ring's descriptor when its thread begins. */
int io_uring_register(unsigned fd, unsigned opcode, const void *argument, unsigned count)
{
	if (opcode == IORING_REGISTER_RING_FDS) {
		ring_fd = (int)fd;
	}
	long result = syscall(SYS_io_uring_register, fd, opcode, argument, count);
	return result < 0 ? -errno : (int)result;
}

static int enter(unsigned fd, unsigned submit_count, unsigned min_complete, unsigned flags,
                 const struct io_uring_getevents_arg *wait)
{
	long result = syscall(SYS_io_uring_enter, fd, submit_count, min_complete, flags, wait,
	                      sizeof(*wait));
	return result < 0 ? -errno : (int)result;
}

static int timeout_ms(const struct io_uring_getevents_arg *wait)
{
	if (!wait->ts) {
		return -1;
	}
	const struct __kernel_timespec *time = (const void *)(uintptr_t)wait->ts;
	long long ms = time->tv_sec * 1000 + (time->tv_nsec + 999999) / 1000000;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

int io_uring_enter2(unsigned fd, unsigned submit_count, unsigned min_complete, unsigned flags,
                    const struct io_uring_getevents_arg *wait)
{
	struct io_uring_getevents_arg none = {0};
	if (min_complete == 0 || ring_fd < 0) {
		return enter(fd, submit_count, min_complete, flags, wait);
	}
	int submitted = enter(fd, submit_count, 0, flags, &none);
	if (submitted < 0) {
		return submitted;
	}
	struct pollfd news = {.fd = ring_fd, .events = POLLIN};
	int ready = poll(&news, 1, timeout_ms(wait));
	int err = enter(fd, 0, 0, flags, &none);
	if (err < 0) {
		return err;
	}
	return ready == 0 && submitted == 0 ? -ETIME : submitted;
}
