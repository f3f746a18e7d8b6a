/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream: one end of a connection. What is sent arrives at the other end in order, after a time; how much may be on its way
 * is bounded by both buffers together. A reset drops what has not arrived.
 *
 * Results and errors are those of Linux's TCP. All functions return at once; -EAGAIN: it would wait.
 */
#ifndef GI_SIM_STREAM_H
#define GI_SIM_STREAM_H

#include "sim/object.h"

#include <sys/socket.h>

struct msghdr;

/* What is on its way to one end. Counts of bytes since the beginning. */
struct gi_pipe {
	char *bytes; /* a ring of capacity */
	uint64_t capacity;
	uint64_t written;
	uint64_t arrived;
	uint64_t taken;
	uint64_t acknowledged; /* of taken: the sender knows */
	uint64_t last_ns;      /* when the last of what was sent arrives */
	uint64_t moved_ns;     /* when the sender last sent, or heard that some was taken */
	uint64_t held_ns;      /* since when nothing gets through; 0: it does */
	bool is_ack_coming;
	bool is_ended; /* the sender has said its last */
	bool has_end_arrived;
};

struct gi_stream {
	struct gi_object object;
	struct gi_stream *peer;
	struct gi_stream *next_kept_alive;
	struct gi_pipe in;
	struct sockaddr_storage own_address;
	struct sockaddr_storage peer_address;
	uint32_t machine;    /* that this end is on */
	uint64_t latency_ns; /* one way */
	uint64_t give_up_ns; /* after so long without a word of the peer */
	uint64_t unheard_ns; /* since when, if it asks */
	int error;           /* told once */
	bool is_reset;       /* there is no connection any more */
	bool is_cut;   /* the way is: nothing arrives any more, either way, and nobody is told */
	bool was_hurt; /* by a fault that ends it */
	bool has_missed_reset; /* one was lost on a cut link: what it sends is answered by another */
	bool is_asking;
	bool is_closed;
	bool must_reset; /* when it is closed */
	bool is_input_shut;
	bool is_output_shut;
};

/* Both ends of a new connection between two machines, each with one holder. */
void gi_stream_pair(struct gi_stream **out_a, struct gi_stream **out_b, uint32_t machine_a,
                    uint32_t machine_b);

int gi_stream_send(struct gi_stream *stream, const struct msghdr *message, int flags);
int gi_stream_receive(struct gi_stream *stream, void *bytes, size_t size, int flags);
/* No reset has come, and not both ends have said their last. */
bool gi_stream_is_connected(const struct gi_stream *stream);
int gi_stream_shutdown(struct gi_stream *stream, int how);
/* It gives up after so long, also where it only waits, and asks then whether its peer is there. */
void gi_stream_keep_alive(struct gi_stream *stream, uint64_t give_up_ns);
/* The link between two machines is cut from now on. */
void gi_stream_link_was_cut(uint32_t a, uint32_t b);
/* Bytes that could be received now. */
uint32_t gi_stream_unread(const struct gi_stream *stream);
/* How long ago bytes last went; UINT64_MAX: nothing is heard of the peer. */
uint64_t gi_stream_moved_ago_ns(const struct gi_stream *stream);
/* The peer sees a reset. */
void gi_stream_reset(struct gi_stream *stream);

#endif
