/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine: what differs between the two programs of the differential test: this machine or a simulated one. Peers are the
 * other ends of connections, which are not under test: plain sockets, or a script's ends. They never wait.
 */
#ifndef TESTS_SIM_DIFFERENTIAL_MACHINE_H
#define TESTS_SIM_DIFFERENTIAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct diff_peer;

struct diff_options {
	uint64_t seed;
	uint64_t first;
	uint64_t count;
	uint64_t settle_us; /* how long the real machine has to settle */
	bool is_told;       /* every step in words */
};

/* Runs the sequences in the machine. Returns the status for main: 77 where it has no io_uring. */
int diff_machine_run(const struct diff_options *options);

/* What is on its way comes. */
void diff_machine_settle(uint64_t settle_us);
/* A line of the result; the program's own. */
void diff_machine_print(const char *text, size_t size);

/* From some address of this host. Owner: gives; ends with close. Error: negative errno. */
int diff_peer_connect(struct diff_peer **out_peer, const struct sockaddr_storage *address);
int diff_peer_send(struct diff_peer *peer, const void *bytes, size_t size);
int diff_peer_receive(struct diff_peer *peer, void *bytes, size_t size);
int diff_peer_shut(struct diff_peer *peer);
void diff_peer_close(struct diff_peer *peer, bool must_reset);

#endif
