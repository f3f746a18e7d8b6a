/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: listeners and claims, some of them where several want to be. */
#include "tests/sim/differential/sequence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG    64
#define PORT_FIRST 20000u
#define PORT_COUNT 10000u

static void address_at(struct sockaddr_storage *out_address, uint32_t host, in_port_t port)
{
	struct sockaddr_in v4 = {
	        .sin_family = AF_INET, .sin_port = port, .sin_addr = {.s_addr = htonl(host)}};
	memset(out_address, 0, sizeof(*out_address));
	memcpy(out_address, &v4, sizeof(v4));
}

/* For all of this program's life: a datagram socket there says so to its like. */
int diff_addresses_prepare(struct diff_world *world)
{
	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		struct sockaddr_storage address;
		struct sockaddr_in v4;
		uint32_t port = PORT_FIRST + ((uint32_t)getpid() * 7 + i) % PORT_COUNT;
		address_at(&address, INADDR_ANY, htons((uint16_t)port));
		memcpy(&v4, &address, sizeof(v4));
		int mark = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (mark < 0) {
			return -errno;
		}
		int fd = bind(mark, (const struct sockaddr *)&v4, sizeof(v4)) < 0
		                 ? -errno
		                 : gi_kernel_claim((const struct sockaddr *)&address, sizeof(v4));
		if (fd >= 0) {
			world->conflict_port = v4.sin_port;
			return gi_kernel_close(fd);
		}
		close(mark);
	}
	return -EADDRINUSE;
}

static struct gi_kernel_listen options_of(const struct sockaddr_storage *address)
{
	return (struct gi_kernel_listen){.address = (const struct sockaddr *)address,
	                                 .address_size = sizeof(struct sockaddr_in),
	                                 .backlog = BACKLOG};
}

/* A listener of its own address, for connections. */
bool diff_listen_step(struct diff_world *world)
{
	struct sockaddr_storage address;
	address_at(&address, INADDR_LOOPBACK, 0);
	struct gi_kernel_listen options = options_of(&address);
	int fd = gi_kernel_listen(&options);
	struct diff_handle *handle = fd >= 0 ? diff_handle_open(world, DIFF_LISTENER, fd) : NULL;
	diff_say(world, " listen:");
	if (!handle) {
		diff_say_result(world, fd);
		return true;
	}
	diff_say(world, " %s", diff_name(handle));
	if (diff_chance(world, 30)) {
		handle->is_prepared = true;
		diff_say(world, " prepared:");
		diff_say_result(world, gi_kernel_accept_prepare(fd));
	}
	return true;
}

static void opened(struct diff_world *world, enum diff_kind kind, uint64_t host, int fd)
{
	if (fd < 0) {
		diff_say_result(world, fd);
		return;
	}
	struct diff_handle *handle = diff_handle_open(world, kind, fd);
	if (handle) {
		handle->is_at_conflicts = true;
		handle->host = (uint32_t)host;
		diff_say(world, " %s", diff_name(handle));
	}
}

static bool bind_one(struct diff_world *world)
{
	static const uint32_t hosts[] = {INADDR_LOOPBACK, INADDR_LOOPBACK + 1, INADDR_ANY,
	                                 0x08080808};
	static const char *const words[] = {"127.0.0.1", "127.0.0.2", "0.0.0.0", "8.8.8.8"};
	uint64_t host = diff_draw(world, 50) * 3 / 49;
	uint64_t way = diff_draw(world, 3);
	struct sockaddr_storage address;
	address_at(&address, hosts[host], world->conflict_port);
	if (way == 0) {
		diff_say(world, " claim %s:", words[host]);
		opened(world, DIFF_CLAIM, host,
		       gi_kernel_claim((const struct sockaddr *)&address,
		                       sizeof(struct sockaddr_in)));
		return true;
	}
	struct gi_kernel_listen options = options_of(&address);
	options.reuse_port = way == 2;
	diff_say(world, " %s %s:", way == 2 ? "listen-shared" : "listen", words[host]);
	opened(world, DIFF_LISTENER, host, gi_kernel_listen(&options));
	return true;
}

/* One of those at the address that several want. */
static struct diff_handle *at_conflicts(struct diff_world *world, enum diff_kind kind)
{
	struct diff_handle *handle = diff_handle_of(world, kind);
	return handle && handle->is_at_conflicts ? handle : NULL;
}

static bool make_shared(struct diff_world *world)
{
	const struct diff_handle *handle = at_conflicts(world, DIFF_LISTENER);
	if (!handle) {
		return false;
	}
	diff_say(world, " share %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_listen_shared(handle->fd));
	return true;
}

/* The kernel looks at no claim where it takes all at a port number for shared. */
static bool is_bound_elsewhere(const struct diff_world *world, uint32_t host)
{
	for (uint32_t i = 0; i < DIFF_HANDLES_MAX; i++) {
		const struct diff_handle *handle = &world->handles[i];
		if (handle->is_open && handle->is_at_conflicts && handle->host != host) {
			return true;
		}
	}
	return false;
}

static bool make_alone(struct diff_world *world)
{
	const struct diff_handle *handle = at_conflicts(world, DIFF_CLAIM);
	bool is_alone = diff_chance(world, 65);
	if (!handle || is_bound_elsewhere(world, handle->host)) {
		return false;
	}
	diff_say(world, " %s is alone: %d", diff_name(handle), is_alone);
	gi_kernel_claim_alone(handle->fd, is_alone);
	return true;
}

static bool close_one(struct diff_world *world)
{
	struct diff_handle *handle =
	        at_conflicts(world, diff_chance(world, 50) ? DIFF_LISTENER : DIFF_CLAIM);
	if (!handle || diff_is_waited_for(handle)) {
		return false;
	}
	diff_say(world, " close %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_close(handle->fd));
	diff_handle_gone(handle);
	return true;
}

bool diff_address_step(struct diff_world *world)
{
	switch (diff_draw(world, 8)) {
	case 0:
		return make_shared(world);
	case 1:
	case 2:
		return make_alone(world);
	case 3:
		return close_one(world);
	default:
		return bind_one(world);
	}
}
