/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: this one. */
#include "tests/sim/differential/machine.h"
#include "tests/sim/differential/sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HIGH_FD                                                                                    \
	512 /* peers' descriptors are up here: those under test begin as low as in a process of their own */

struct diff_peer {
	int fd;
};

int diff_machine_run(const struct diff_options *options)
{
	return diff_sequences_run(options);
}

void diff_machine_settle(uint64_t settle_us)
{
	if (settle_us > 0) {
		struct timespec pause = {.tv_sec = (time_t)(settle_us / 1000000),
		                         .tv_nsec = (long)(settle_us % 1000000) * 1000};
		nanosleep(&pause, NULL);
	}
}

void diff_machine_print(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(1, text, size);
		if (written < 0) {
			exit(1);
		}
		text += written;
		size -= (size_t)written;
	}
}

/* Connections that have ended keep their ports for a minute: each peer has an address of its own. */
static int bind_somewhere(int fd)
{
	static uint32_t last;
	int one = 1;
	last++;
	struct sockaddr_in from = {.sin_family = AF_INET,
	                           .sin_addr = {.s_addr = htonl(0x7f010001 + last % 0x00f00000)}};
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0 ? -errno : 0;
}

int diff_peer_connect(struct diff_peer **out_peer, const struct sockaddr_storage *address)
{
	int one = 1;
	int low = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, HIGH_FD);
	int err = fd < 0 ? -errno : 0;
	if (low >= 0) {
		close(low);
	}
	err = err ? err : bind_somewhere(fd);
	if (!err && connect(fd, (const struct sockaddr *)address, sizeof(struct sockaddr_in)) < 0) {
		err = -errno;
	}
	struct diff_peer *peer = err ? NULL : malloc(sizeof(*peer));
	if (!peer) {
		if (fd >= 0) {
			close(fd);
		}
		return err ? err : -ENOMEM;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	peer->fd = fd;
	*out_peer = peer;
	return 0;
}

int diff_peer_send(struct diff_peer *peer, const void *bytes, size_t size)
{
	ssize_t sent = send(peer->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : (int)sent;
}

int diff_peer_receive(struct diff_peer *peer, void *bytes, size_t size)
{
	ssize_t got = recv(peer->fd, bytes, size, MSG_DONTWAIT);
	return got < 0 ? -errno : (int)got;
}

int diff_peer_shut(struct diff_peer *peer)
{
	return shutdown(peer->fd, SHUT_WR) < 0 ? -errno : 0;
}

void diff_peer_close(struct diff_peer *peer, bool must_reset)
{
	struct linger linger = {.l_onoff = must_reset, .l_linger = 0};
	setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(peer->fd);
	free(peer);
}
