/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the kernel without io_uring: whether it is allowed, epoll(7), and each operation as a system call. */
#include "drivers/kernel.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NS_A_SECOND UINT64_C(1000000000)
#define NS_A_MS     UINT64_C(1000000)

int gi_kernel_io_uring_disabled(void)
{
	char digit;
	int fd = open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	ssize_t got = read(fd, &digit, 1);
	int result = got < 0 ? -errno : got == 1 ? digit - '0' : -ENODATA;
	close(fd);
	return result;
}

int gi_kernel_ready_open(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int gi_kernel_ready_watch(int ready_fd, int fd, uint32_t tag, unsigned before, unsigned bits)
{
	struct epoll_event event = {.data = {.u32 = tag}};
	if (bits & GI_DIRECTION_BIT(GI_DIRECTION_IN)) {
		event.events |= EPOLLIN;
	}
	if (bits & GI_DIRECTION_BIT(GI_DIRECTION_OUT)) {
		event.events |= EPOLLOUT;
	}
	if (bits == 0) {
		(void)epoll_ctl(ready_fd, EPOLL_CTL_DEL, fd,
		                &event); /* closed: it is gone already */
		return 0;
	}
	int operation = before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	return epoll_ctl(ready_fd, operation, fd, &event) < 0 ? -errno : 0;
}

/* In milliseconds, never too short: for kernels and filters without epoll_pwait2(2). */
static int wait_ms(uint64_t wait_ns)
{
	uint64_t ms = wait_ns / NS_A_MS + (wait_ns % NS_A_MS != 0);
	return wait_ns == UINT64_MAX ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static int wait_for(int ready_fd, struct epoll_event *events, unsigned count, uint64_t wait_ns)
{
	if (wait_ns == 0 || wait_ns == UINT64_MAX) {
		return epoll_wait(ready_fd, events, (int)count, wait_ms(wait_ns));
	}
	struct timespec timeout = {.tv_sec = (time_t)(wait_ns / NS_A_SECOND),
	                           .tv_nsec = (long)(wait_ns % NS_A_SECOND)};
	int got = (int)syscall(SYS_epoll_pwait2, ready_fd, events, (int)count, &timeout, NULL, 0);
	if (got < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES)) {
		got = epoll_wait(ready_fd, events, (int)count, wait_ms(wait_ns));
	}
	return got;
}

static unsigned bits_of(uint32_t events)
{
	unsigned in = GI_DIRECTION_BIT(GI_DIRECTION_IN);
	unsigned out = GI_DIRECTION_BIT(GI_DIRECTION_OUT);
	if (events & (EPOLLERR | EPOLLHUP)) {
		return in | out;
	}
	return (events & EPOLLIN ? in : 0) | (events & EPOLLOUT ? out : 0);
}

int gi_kernel_ready_wait(int ready_fd, struct gi_kernel_ready *out_ready, unsigned count,
                         uint64_t wait_ns)
{
	struct epoll_event events[GI_KERNEL_READY_MAX];
	gi_assert(count > 0 && count <= GI_KERNEL_READY_MAX);
	int got = wait_for(ready_fd, events, count, wait_ns);
	if (got < 0) {
		return -errno;
	}
	for (int i = 0; i < got; i++) {
		out_ready[i] = (struct gi_kernel_ready){.tag = events[i].data.u32,
		                                        .bits = bits_of(events[i].events)};
	}
	return got;
}

int gi_kernel_accept_prepare(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int gi_kernel_accept(int fd, int flags)
{
	int accepted = accept4(fd, NULL, NULL, flags);
	return accepted < 0 ? -errno : accepted;
}

int gi_kernel_receive(int fd, void *bytes, size_t size, int flags)
{
	ssize_t got = recv(fd, bytes, size, flags | MSG_DONTWAIT);
	return got < 0 ? -errno : (int)got;
}

int gi_kernel_send(int fd, const struct msghdr *message, int flags)
{
	ssize_t sent = sendmsg(fd, message, flags | MSG_DONTWAIT);
	return sent < 0 ? -errno : (int)sent;
}

int gi_kernel_read(int fd, void *bytes, size_t size)
{
	ssize_t got = read(fd, bytes, size);
	return got < 0 ? -errno : (int)got;
}

int gi_kernel_shutdown(int fd, int how)
{
	return shutdown(fd, how) < 0 ? -errno : 0;
}
