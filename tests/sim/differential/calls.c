/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: the door's functions on one descriptor, which suits them or does not. None of them waits. */
#include "tests/sim/differential/sequence.h"

#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

static bool receive(struct diff_world *world)
{
	char bytes[DIFF_BYTES_MAX];
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	size_t size = (size_t)diff_draw(world, sizeof(bytes)) + 1;
	int flags = diff_chance(world, 25) ? MSG_PEEK : 0;
	diff_say(world, " %s %s up to %zu:", flags ? "peek" : "receive", diff_name(handle), size);
	int got = gi_kernel_receive(diff_fd(handle), bytes, size, flags);
	diff_say_result(world, got);
	if (got > 0) {
		diff_say(world, "(%04x)", diff_sum(bytes, (size_t)got));
	}
	return true;
}

static bool send_bytes(struct diff_world *world)
{
	char bytes[DIFF_BYTES_MAX];
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	size_t size = (size_t)diff_draw(world, sizeof(bytes) + 1);
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (char)diff_draw(world, 256);
	}
	struct iovec part = {.iov_base = bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	diff_say(world, " send %s %zu:", diff_name(handle), size);
	diff_say_result(world, gi_kernel_send(diff_fd(handle), &message, MSG_NOSIGNAL));
	return true;
}

static bool shut(struct diff_world *world)
{
	static const unsigned char ways[] = {SHUT_WR, SHUT_WR, SHUT_WR, SHUT_RD, SHUT_RDWR};
	static const char *const words[] = {"shut-in", "shut-out", "shut-both"};
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	unsigned how = ways[diff_draw(world, sizeof(ways))];
	if (handle && handle->is_at_conflicts) {
		return false;
	}
	diff_say(world, " %s %s:", words[how], diff_name(handle));
	diff_say_result(world, gi_kernel_shutdown(diff_fd(handle), (int)how));
	return true;
}

static bool reset(struct diff_world *world)
{
	struct diff_handle *handle = diff_handle_of(world, DIFF_STREAM);
	if (!handle || diff_is_waited_for(handle)) {
		return false;
	}
	diff_say(world, " reset and close %s:", diff_name(handle));
	gi_kernel_socket_reset(handle->fd);
	diff_say_result(world, gi_kernel_close(handle->fd));
	diff_handle_gone(handle);
	return true;
}

static bool close_one(struct diff_world *world)
{
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	if (diff_is_waited_for(handle) ||
	    (handle && handle->kind != DIFF_STREAM && diff_chance(world, 50))) {
		return false;
	}
	diff_say(world, " close %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_close(diff_fd(handle)));
	if (handle) {
		diff_handle_gone(handle);
	}
	return true;
}

static bool say_words(struct diff_world *world)
{
	struct diff_handle *handle = diff_handle_of(world, DIFF_STREAM);
	if (!handle || diff_is_waited_for(handle)) {
		return false;
	}
	diff_say(world, " say and close %s:", diff_name(handle));
	gi_kernel_socket_say(handle->fd, "busy", 4);
	diff_say_result(world, gi_kernel_close(handle->fd));
	diff_handle_gone(handle);
	return true;
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

static bool unread(struct diff_world *world)
{
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	diff_say(world, " unread %s: %u", diff_name(handle),
	         gi_kernel_socket_unread(diff_fd(handle)));
	return true;
}

static bool listens(struct diff_world *world)
{
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_LISTENER, &handle)) {
		return false;
	}
	diff_say(world, " listens %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_socket_listens(diff_fd(handle)));
	return true;
}

static bool name(struct diff_world *world)
{
	struct sockaddr_storage address = {0};
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_STREAM, &handle)) {
		return false;
	}
	bool of_peer = diff_chance(world, 60);
	diff_say(world, " %s %s:", of_peer ? "peer" : "name", diff_name(handle));
	int err = of_peer ? gi_kernel_socket_peer(diff_fd(handle), &address)
	                  : gi_kernel_socket_name(diff_fd(handle), &address);
	diff_say_result(world, err);
	if (!err) {
		struct sockaddr_in v4;
		memcpy(&v4, &address, sizeof(v4));
		diff_say(world, " family %d%s", address.ss_family,
		         address.ss_family == AF_INET && v4.sin_port == 0 ? " port 0" : "");
	}
	return true;
}

/* ---- Listeners ---------------------------------------------------------------------------------------------------- */

bool diff_is_readable(int fd)
{
	struct pollfd poll = {.fd = fd, .events = POLLIN};
	return gi_kernel_poll(&poll, 1, 0) > 0;
}

bool diff_accept_step(struct diff_world *world)
{
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_LISTENER, &handle)) {
		return false;
	}
	bool might_wait = handle && handle->kind == DIFF_LISTENER && !handle->is_prepared;
	if (might_wait && !diff_is_readable(handle->fd)) {
		return false;
	}
	diff_say(world, " accept %s:", diff_name(handle));
	int fd = gi_kernel_accept(diff_fd(handle), SOCK_CLOEXEC);
	if (fd < 0) {
		diff_say_result(world, fd);
		return true;
	}
	const struct diff_handle *accepted = diff_handle_open(world, DIFF_STREAM, fd);
	diff_say(world, " %s", accepted ? diff_name(accepted) : "no-room");
	return true;
}

static bool prepare(struct diff_world *world)
{
	struct diff_handle *handle = diff_handle_of(world, DIFF_LISTENER);
	if (diff_is_waited_for(handle)) {
		return false;
	}
	diff_say(world, " prepare %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_accept_prepare(diff_fd(handle)));
	if (handle) {
		handle->is_prepared = true;
	}
	return true;
}

/* ---- One of them -------------------------------------------------------------------------------------------------- */

bool diff_call_step(struct diff_world *world)
{
	static const struct {
		bool (*call)(struct diff_world *world);
		uint32_t weight;
	} calls[] = {{receive, 18},  {send_bytes, 15},       {shut, 8},   {reset, 7},
	             {close_one, 8}, {say_words, 3},         {unread, 6}, {listens, 3},
	             {name, 7},      {diff_accept_step, 18}, {prepare, 7}};
	uint64_t at = diff_draw(world, 100);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (at < calls[i].weight) {
			return calls[i].call(world);
		}
		at -= calls[i].weight;
	}
	return false;
}
