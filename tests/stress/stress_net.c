/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of net/: four drivers with tiny rings and few buffers, more than there are cores, against threads of clients
 * that connect, send, half-close, reset and stall. Every byte of an echo is compared; then the system drains with
 * connections in every state, and everything must have come home.
 */
#include "actors/system.h"
#include "drivers/buffers.h"
#include "drivers/kernel.h"
#include "tests/support/suite.h"

#include <gatio/net.h>

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_COUNT 4u
#define THREAD_COUNT 3u
#define AT_ONCE      40u /* connections of a thread */
#define ROUND_COUNT  20u
#define ECHO_MAX     60000u
#define LATE_MS      60000
#define STALLED      8u

static uint64_t seed = 1; /* from the environment: STRESS_SEED */

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static unsigned char pattern(size_t position)
{
	return (unsigned char)(position * 31 + position / 251);
}

/* ---- The server: an echo that pauses, and keeps some bytes for later, as it likes ------------------------------------- */

GATIO_MESSAGE(go_on, { int unused; });

struct stress_echo {
	bool ignores_drain;
	bool has_kept;
	bool peer_has_ended;
};

static void on_received(struct stress_echo *self, const struct gatio_received *received)
{
	size_t kept = received->size > 1 && gatio_random() % 8 == 0 ? received->size / 2 : 0;
	if (gatio_write(received->data, received->size - kept)) {
		kept = received->size;
	}
	gatio_unread(kept);
	self->has_kept = kept > 0;
	if (self->peer_has_ended && kept == 0) {
		gatio_exit(0);
	}
	if (kept > 0 || gatio_random() % 16 == 0) {
		gatio_pause();
		gatio_after(GATIO_MS(1), go_on, .unused = 0);
	}
}

static void on_go_on(struct stress_echo *self, const struct go_on *message)
{
	(void)self;
	(void)message;
	gatio_resume();
}

static void on_peer_ended(struct stress_echo *self, const struct gatio_peer_ended *ended)
{
	(void)ended;
	self->peer_has_ended = true;
	if (!self->has_kept) {
		gatio_exit(0);
	}
}

static void on_connected(struct stress_echo *self, const struct gatio_connected *connected)
{
	(void)connected;
	self->ignores_drain = gatio_random() % 4 == 0;
}

static void on_draining(struct stress_echo *self, const struct gatio_draining *draining)
{
	(void)draining;
	if (!self->ignores_drain) {
		gatio_exit(0);
	}
}

GATIO_BEHAVIOR(stress_echo, on(gatio_connected, on_connected), on(gatio_received, on_received),
               on(go_on, on_go_on), on(gatio_peer_ended, on_peer_ended),
               on(gatio_draining, on_draining));

/* ---- The clients ------------------------------------------------------------------------------------------------------ */

enum ending { HALF_CLOSE, CLOSE, RESET, ENDING_COUNT };

struct peer {
	int fd; /* -1: done */
	enum ending ending;
	size_t total;
	size_t sent;
	size_t received;
	bool has_said_end;
};

struct crowd {
	pthread_t id;
	struct sockaddr_in address;
	uint64_t random;
	struct peer peers[AT_ONCE];
	/* Written by the thread, read after the join. */
	uint64_t connected_count;
	uint64_t echoed_count; /* complete, and byte for byte */
	uint64_t wrong_count;
	uint64_t failed_count; /* a peer that was to end in order did not */
	bool is_late;
};

static int connect_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void finish(struct peer *peer)
{
	if (peer->ending == RESET) {
		struct linger linger = {.l_onoff = 1, .l_linger = 0};
		setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	}
	close(peer->fd);
	peer->fd = -1;
}

static void start(struct crowd *crowd, struct peer *peer)
{
	*peer = (struct peer){.fd = connect_to(&crowd->address),
	                      .ending = (enum ending)(draw(&crowd->random) % ENDING_COUNT),
	                      .total = draw(&crowd->random) % ECHO_MAX};
	if (peer->fd < 0) {
		crowd->failed_count++;
	} else {
		crowd->connected_count++;
	}
}

static void send_more(struct crowd *crowd, struct peer *peer)
{
	unsigned char bytes[4096];
	size_t size = 1 + draw(&crowd->random) % sizeof(bytes);
	size = size < peer->total - peer->sent ? size : peer->total - peer->sent;
	for (size_t i = 0; i < size; i++) {
		bytes[i] = pattern(peer->sent + i);
	}
	ssize_t taken = send(peer->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (taken > 0) {
		peer->sent += (size_t)taken;
	} else if (taken < 0 && errno != EAGAIN) {
		crowd->failed_count++;
		finish(peer);
	}
}

static void over(struct crowd *crowd, struct peer *peer, ssize_t got)
{
	bool is_complete = got == 0 && peer->ending == HALF_CLOSE && peer->received == peer->total;
	crowd->echoed_count += is_complete;
	crowd->failed_count += !is_complete;
	finish(peer);
}

static void receive_more(struct crowd *crowd, struct peer *peer)
{
	unsigned char bytes[4096];
	ssize_t got = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN) {
		return;
	}
	if (got <= 0) {
		over(crowd, peer, got);
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		crowd->wrong_count += bytes[i] != pattern(peer->received + (size_t)i);
	}
	peer->received += (size_t)got;
}

/* All is sent: the end that was drawn. */
static void say_end(struct peer *peer)
{
	if (peer->has_said_end) {
		return;
	}
	peer->has_said_end = true;
	if (peer->ending == HALF_CLOSE) {
		shutdown(peer->fd, SHUT_WR);
	} else {
		finish(peer);
	}
}

static void step(struct crowd *crowd, struct peer *peer, short events)
{
	if (events & (POLLIN | POLLHUP | POLLERR)) {
		receive_more(crowd, peer);
	}
	if (peer->fd >= 0 && (events & POLLOUT) && peer->sent < peer->total) {
		send_more(crowd, peer);
	}
	if (peer->fd >= 0 && peer->sent == peer->total) {
		say_end(peer);
	}
}

static uint32_t poll_peers(struct crowd *crowd)
{
	struct pollfd waits[AT_ONCE];
	uint32_t open_count = 0;
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		struct peer *peer = &crowd->peers[i];
		short events = (short)(POLLIN | (peer->sent < peer->total ? POLLOUT : 0));
		waits[i] = (struct pollfd){.fd = peer->fd, .events = events};
		open_count += peer->fd >= 0;
	}
	if (open_count > 0 && poll(waits, AT_ONCE, LATE_MS) <= 0) {
		crowd->is_late = true;
		return 0;
	}
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		if (crowd->peers[i].fd >= 0) {
			step(crowd, &crowd->peers[i], waits[i].revents);
		}
	}
	return open_count;
}

static void *crowd_main(void *argument)
{
	struct crowd *crowd = argument;
	for (uint32_t round = 0; round < ROUND_COUNT && !crowd->is_late; round++) {
		for (uint32_t i = 0; i < AT_ONCE; i++) {
			start(crowd, &crowd->peers[i]);
		}
		while (poll_peers(crowd) > 0) { /* until each has ended; late ones end it */
		}
	}
	return NULL;
}

/* ---- One run ---------------------------------------------------------------------------------------------------------- */

static struct crowd crowds[THREAD_COUNT];

static uint32_t fd_count(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint32_t count = 0;
	while (folder && readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

static void on_log(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	if (level == GATIO_LOG_ERROR) {
		fprintf(stderr, "%s\n", text);
	}
}

static struct gatio_net_counters sum_counters(const struct gatio_system *system)
{
	struct gatio_net_counters sum = {0};
	for (uint32_t i = 0; i < DRIVER_COUNT; i++) {
		struct gatio_net_counters one;
		CU_ASSERT(gatio_net_counters(system, i, &one) == 0);
		sum.accepted += one.accepted;
		sum.closed += one.closed;
		sum.open += one.open;
		sum.refused += one.refused;
		sum.accept_errors += one.accept_errors;
		sum.buffer_waits += one.buffer_waits;
		sum.pauses += one.pauses;
		sum.received_bytes += one.received_bytes;
	}
	return sum;
}

static struct gatio_system *create(const char *roles)
{
	struct gatio_options options = {.driver_count = DRIVER_COUNT,
	                                .tpcs = "one", /* roles count in each TPC */
	                                .roles = roles,
	                                .drain_ns = GATIO_MS(500),
	                                .log = on_log};
	struct gi_tuning tuning = {
	        .entry_count = 8, .completion_count = 16, .buffer_count = 16, .buffer_size = 256};
	struct gatio_system *system = NULL;
	CU_ASSERT_FATAL(gi_system_create_tuned(&system, &options, &tuning) == 0);
	return system;
}

static void find_address(struct gatio_system *system, struct sockaddr_in *out_address)
{
	char text[56] = "";
	CU_ASSERT(gatio_port_address(system, "127.0.0.1:0", text, sizeof(text)) == 0);
	*out_address =
	        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	out_address->sin_port = htons((uint16_t)atoi(strchr(text, ':') + 1));
}

/* Peers that never read what they ask for, and never end. */
static void stall(const struct sockaddr_in *address, int *fds)
{
	static const unsigned char bytes[65536];
	for (uint32_t i = 0; i < STALLED; i++) {
		fds[i] = connect_to(address);
		CU_ASSERT(fds[i] >= 0);
		for (uint32_t k = 0; i % 2 && k < 40; k++) { /* every second one has said much */
			(void)!send(fds[i], bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
		}
	}
}

static void run_crowds(const struct sockaddr_in *address)
{
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		crowds[i] = (struct crowd){.address = *address, .random = seed * 977 + i + 1};
		CU_ASSERT(pthread_create(&crowds[i].id, NULL, crowd_main, &crowds[i]) == 0);
	}
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		pthread_join(crowds[i].id, NULL);
	}
}

static uint64_t check_crowds(void)
{
	uint64_t connected_count = 0;
	for (uint32_t i = 0; i < THREAD_COUNT; i++) {
		CU_ASSERT(!crowds[i].is_late);
		CU_ASSERT(crowds[i].wrong_count == 0);
		CU_ASSERT(crowds[i].failed_count == 0);
		CU_ASSERT(crowds[i].echoed_count > AT_ONCE);
		connected_count += crowds[i].connected_count;
	}
	return connected_count;
}

static void wait_for_accepts(const struct gatio_system *system, uint64_t count)
{
	uint64_t start_ns = gi_kernel_monotonic_ns();
	while (sum_counters(system).accepted < count &&
	       gi_kernel_monotonic_ns() - start_ns < GATIO_SECONDS(30)) {
		poll(NULL, 0, 1);
	}
	CU_ASSERT(sum_counters(system).accepted == count);
}

static void check_all_is_home(const struct gatio_system *system)
{
	struct gatio_net_counters sum = sum_counters(system);
	CU_ASSERT(sum.accepted == sum.closed);
	CU_ASSERT(sum.open == 0);
	CU_ASSERT(sum.refused == 0);
	CU_ASSERT(sum.accept_errors == 0);
	CU_ASSERT(sum.pauses > 0);
	for (uint32_t i = 0; i < DRIVER_COUNT; i++) {
		struct gi_buffers *buffers = gi_driver_buffers(system->group.drivers[i]);
		CU_ASSERT(gi_buffers_held(buffers) == 0);
	}
	printf("(%llu connections, %llu bytes, %llu waits for buffers) ",
	       (unsigned long long)sum.accepted, (unsigned long long)sum.received_bytes,
	       (unsigned long long)sum.buffer_waits);
}

/* What net/ does once all drivers have ended, and nothing is freed yet. */
static void (*destroy_net)(struct gatio_system *system);

static void check_and_destroy(struct gatio_system *system)
{
	check_all_is_home(system);
	destroy_net(system);
}

static void run(const char *roles)
{
	uint32_t fds_before = fd_count();
	struct gatio_system *system = create(roles);
	struct gatio_port_options options = {.listen = "127.0.0.1:0",
	                                     .linger_ns = GATIO_SECONDS(60),
	                                     .output_size_high = 20000,
	                                     .output_size_max = 40000,
	                                     .send_buffer_size = 4608};
	CU_ASSERT_FATAL(gatio_port_open(system, &options, stress_echo, .ignores_drain = false) ==
	                0);
	struct sockaddr_in address;
	find_address(system, &address);
	int stalled[STALLED];
	stall(&address, stalled);
	run_crowds(&address);
	wait_for_accepts(system, check_crowds() + STALLED);
	destroy_net = system->hooks.destroy;
	system->hooks.destroy = check_and_destroy;
	gatio_system_stop(system, 7);
	CU_ASSERT(gatio_system_run(system) == 7);
	for (uint32_t i = 0; i < STALLED; i++) {
		close(stalled[i]);
	}
	CU_ASSERT(fd_count() == fds_before);
}

static void nothing_is_lost_in_a_crowd(void)
{
	const char *text = getenv("STRESS_SEED");
	seed = text ? strtoull(text, NULL, 10) | 1 : 1;
	printf("(seed %llu) ", (unsigned long long)seed);
	run("both");
}

static void nothing_is_lost_on_the_way_over(void)
{
	run("io=1 tasks=3");
}

static const CU_TestInfo tests[] = {
        {"nothing is lost in a crowd", nothing_is_lost_in_a_crowd},
        {"nothing is lost on the way over", nothing_is_lost_on_the_way_over},
        CU_TEST_INFO_NULL,
};

static const struct suite net_suite = {.name = "net", .tests = tests};

const struct suite *const suites[] = {&net_suite, NULL};
