/* SPDX-License-Identifier: Apache-2.0 */
/* Socket: the calls of the door on sockets, and on what is read like one. All return at once. */
#include "sim/counter.h"
#include "sim/listener.h"
#include "sim/process.h"
#include "sim/stream.h"

#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

/* ---- Listeners --------------------------------------------------------------------------------------------------- */

static int bind_at(struct gi_listener **out_listener, const struct gi_kernel_listen *options)
{
	return gi_listener_bind(out_listener, options->address, options->address_size, true,
	                        options->reuse_port);
}

int gi_kernel_listen(const struct gi_kernel_listen *options)
{
	struct gi_listener *listener;
	int err = gi_process_refusal();
	err = err ? err : bind_at(&listener, options);
	err = err ? err : gi_listener_listen(listener, (uint32_t)options->backlog);
	if (err) {
		return err;
	}
	return gi_descriptor_open(&listener->object);
}

int gi_kernel_listen_shared(int fd)
{
	struct gi_listener *listener = gi_descriptor_of(fd, GI_OBJECT_LISTENER);
	if (!listener) {
		return -EBADF;
	}
	listener->may_share_port = true;
	return 0;
}

int gi_kernel_claim(const struct sockaddr *address, socklen_t size)
{
	struct gi_listener *claim;
	int err = gi_process_refusal();
	err = err ? err : gi_listener_bind(&claim, address, size, true, false);
	return err ? err : gi_descriptor_open(&claim->object);
}

void gi_kernel_claim_alone(int fd, bool is_alone)
{
	struct gi_listener *claim = gi_descriptor_of(fd, GI_OBJECT_CLAIM);
	if (claim) {
		claim->may_share_address = !is_alone;
	}
}

int gi_kernel_socket_listens(int fd)
{
	const struct gi_object *object = gi_descriptor_find(fd);
	if (!object) {
		return -EBADF;
	}
	switch (object->kind) {
	case GI_OBJECT_LISTENER:
		return 1;
	case GI_OBJECT_CLAIM:
	case GI_OBJECT_STREAM:
		return 0;
	default:
		return -ENOTSOCK;
	}
}

int gi_kernel_resolve(const char *host, const char *port, struct sockaddr_storage *out_address,
                      socklen_t *out_size)
{
	return gi_endpoint_from_text(host, port, out_address, out_size);
}

/* ---- Accepting --------------------------------------------------------------------------------------------------- */

/* 0: it is a socket of this kind. */
static int refuse(int fd, enum gi_object_kind kind, int otherwise)
{
	const struct gi_object *object = gi_descriptor_find(fd);
	if (!object) {
		return -EBADF;
	}
	if (object->kind == kind) {
		return 0;
	}
	return object->kind <= GI_OBJECT_STREAM ? otherwise : -ENOTSOCK;
}

int gi_kernel_accept_prepare(int fd)
{
	return gi_descriptor_find(fd) ? 0 : -EBADF;
}

/* What an accept may say though a connection waits, which waits on. */
static int accept_refusal(void)
{
	if (gi_sim_strikes(GI_FAULT_DESCRIPTORS_NONE)) {
		return gi_random_below(&gi_sim_here->time, 2) ? -EMFILE : -ENFILE;
	}
	if (gi_sim_strikes(GI_FAULT_SOCKET_NO_MEMORY)) {
		return gi_random_below(&gi_sim_here->time, 2) ? -ENOMEM : -ENOBUFS;
	}
	return 0;
}

int gi_kernel_accept(int fd, int flags)
{
	(void)flags;
	int err = refuse(fd, GI_OBJECT_LISTENER, -EINVAL);
	if (err) {
		return err;
	}
	struct gi_listener *listener = gi_descriptor_of(fd, GI_OBJECT_LISTENER);
	if (listener->waiting_count == 0) {
		return -EAGAIN;
	}
	err = accept_refusal();
	const struct gi_process *process = gi_process_current();
	if (!err && process->open_count + 3 >= process->object_max) {
		err = -EMFILE; /* the connection waits on */
	}
	if (err) {
		return err;
	}
	struct gi_stream *stream;
	(void)gi_listener_accept(listener, &stream);
	int accepted = gi_descriptor_open(&stream->object);
	gi_sim_trace("accept", stream->object.number, accepted);
	return accepted;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

/* NULL: it is something else. */
static struct gi_listener *bound_at(int fd)
{
	struct gi_listener *listener = gi_descriptor_of(fd, GI_OBJECT_LISTENER);
	return listener ? listener : gi_descriptor_of(fd, GI_OBJECT_CLAIM);
}

int gi_kernel_receive(int fd, void *bytes, size_t size, int flags)
{
	const struct gi_listener *listener = bound_at(fd);
	if (listener && listener->is_input_shut) {
		return 0;
	}
	int err = refuse(fd, GI_OBJECT_STREAM, -ENOTCONN);
	return err ? err
	           : gi_stream_receive(gi_descriptor_of(fd, GI_OBJECT_STREAM), bytes, size, flags);
}

int gi_kernel_send(int fd, const struct msghdr *message, int flags)
{
	int err = refuse(fd, GI_OBJECT_STREAM, -EPIPE);
	return err ? err : gi_stream_send(gi_descriptor_of(fd, GI_OBJECT_STREAM), message, flags);
}

int gi_kernel_read(int fd, void *bytes, size_t size)
{
	struct gi_object *object = gi_descriptor_find(fd);
	if (!object) {
		return -EBADF;
	}
	switch (object->kind) {
	case GI_OBJECT_COUNTER:
		return gi_counter_read(object, bytes, size);
	case GI_OBJECT_STREAM:
		return gi_stream_receive((struct gi_stream *)object, bytes, size, 0);
	case GI_OBJECT_LISTENER:
	case GI_OBJECT_CLAIM:
		return gi_kernel_receive(fd, bytes, size, 0);
	default:
		return -EINVAL;
	}
}

int gi_kernel_shutdown(int fd, int how)
{
	struct gi_listener *listener = bound_at(fd);
	if (listener) {
		return gi_listener_shutdown(listener, how);
	}
	int err = refuse(fd, GI_OBJECT_STREAM, -ENOTCONN);
	return err ? err : gi_stream_shutdown(gi_descriptor_of(fd, GI_OBJECT_STREAM), how);
}

int gi_kernel_close(int fd)
{
	return gi_descriptor_close(fd);
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

int gi_kernel_socket_name(int fd, struct sockaddr_storage *out_address)
{
	const struct gi_object *object = gi_descriptor_find(fd);
	if (!object) {
		return -EBADF;
	}
	switch (object->kind) {
	case GI_OBJECT_STREAM:
		*out_address = ((const struct gi_stream *)(const void *)object)->own_address;
		return 0;
	case GI_OBJECT_LISTENER:
	case GI_OBJECT_CLAIM:
		*out_address = ((const struct gi_listener *)(const void *)object)->address;
		return 0;
	default:
		return -ENOTSOCK;
	}
}

int gi_kernel_socket_peer(int fd, struct sockaddr_storage *out_address)
{
	int err = refuse(fd, GI_OBJECT_STREAM, -ENOTCONN);
	if (!err) {
		const struct gi_stream *stream = gi_descriptor_of(fd, GI_OBJECT_STREAM);
		err = gi_stream_is_connected(stream) ? 0 : -ENOTCONN;
		*out_address = stream->peer_address;
	}
	return err;
}

uint64_t gi_kernel_socket_taken_ns(int fd)
{
	const struct gi_stream *stream = gi_descriptor_of(fd, GI_OBJECT_STREAM);
	return stream ? gi_stream_moved_ago_ns(stream) : UINT64_MAX;
}

uint32_t gi_kernel_socket_unread(int fd)
{
	const struct gi_stream *stream = gi_descriptor_of(fd, GI_OBJECT_STREAM);
	return stream ? gi_stream_unread(stream) : 0;
}

void gi_kernel_socket_say(int fd, const void *bytes, size_t size)
{
	struct gi_stream *stream = gi_descriptor_of(fd, GI_OBJECT_STREAM);
	if (stream) {
		char dropped[4096];
		struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		(void)gi_stream_send(stream, &message, 0);
		(void)gi_stream_receive(stream, dropped, sizeof(dropped), 0);
	}
}

void gi_kernel_socket_reset(int fd)
{
	struct gi_stream *stream = gi_descriptor_of(fd, GI_OBJECT_STREAM);
	if (stream) {
		gi_stream_reset(stream);
	}
}
