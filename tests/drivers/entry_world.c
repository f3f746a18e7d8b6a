/* SPDX-License-Identifier: Apache-2.0 */
/* The world of entry_world.h. */
#include "tests/drivers/entry_world.h"

#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

struct endpoint endpoints[FD_COUNT];
struct io_uring_cqe told;
int told_error;

void world_forget(void)
{
	memset(endpoints, 0, sizeof(endpoints));
	memset(&told, 0, sizeof(told));
	told_error = 0;
}

static int next_result(int fd)
{
	struct endpoint *endpoint = &endpoints[fd];
	return endpoint->pending_next < endpoint->pending_count
	               ? endpoint->pending[endpoint->pending_next++]
	               : -EAGAIN;
}

void will(int fd, int result)
{
	endpoints[fd].pending[endpoints[fd].pending_count++] = result;
}

static int prepare_accept(int fd)
{
	return endpoints[fd].is_closed ? -EBADF : 0;
}

static int accept_one(int fd, int flags)
{
	(void)flags;
	return next_result(fd);
}

static int receive(int fd, void *bytes, size_t size, int flags)
{
	(void)flags;
	int result = next_result(fd);
	if (result > 0) {
		result = (size_t)result < size ? result : (int)size;
		memset(bytes, 'r', (size_t)result);
	}
	return result;
}

static int send_message(int fd, const struct msghdr *message, int flags)
{
	(void)flags;
	int result = next_result(fd);
	if (result > 0) {
		endpoints[fd].sent[endpoints[fd].sent_count++] = message->msg_iov[0].iov_base;
	}
	return result;
}

static int read_bytes(int fd, void *bytes, size_t size)
{
	return receive(fd, bytes, size, 0);
}

static int shut_down(int fd, int how)
{
	(void)how;
	return endpoints[fd].is_closed ? -EBADF : 0;
}

static int close_one(int fd)
{
	int err = endpoints[fd].is_closed ? -EBADF : 0;
	CU_ASSERT_EQUAL(endpoints[fd].watched, 0);
	endpoints[fd].is_closed = true;
	return err;
}

static int message_other(struct gi_world *world, int ring_fd, const struct io_uring_cqe *completion)
{
	(void)world;
	(void)ring_fd;
	told = *completion;
	return told_error;
}

static int watch(struct gi_world *world, int fd, uint32_t index, unsigned before, unsigned bits)
{
	(void)world;
	struct endpoint *endpoint = &endpoints[fd];
	CU_ASSERT_EQUAL(before, endpoint->watched);
	if (bits != 0 && endpoint->watch_error) {
		return endpoint->watch_error;
	}
	endpoint->watched = bits;
	endpoint->watch = index;
	return 0;
}

static const struct gi_world_calls calls = {.prepare_accept = prepare_accept,
                                            .accept = accept_one,
                                            .receive = receive,
                                            .send = send_message,
                                            .read = read_bytes,
                                            .shutdown = shut_down,
                                            .close = close_one,
                                            .message = message_other,
                                            .watch = watch};
struct gi_world test_world = {.calls = &calls};
