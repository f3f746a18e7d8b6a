/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection: a socket, its operations in the kernel, what has come and what is to leave, and the actor that speaks for
 * it. Here is what it consists of and the moves that every part of its life makes; deadlines.h, input.h, output.h and
 * life.h are the parts.
 *
 * Thread: its driver.
 */
#ifndef GI_NET_CONNECTION_H
#define GI_NET_CONNECTION_H

#include "net/net.h"
#include "net/port.h"

#include "base/assert.h"
#include "drivers/io.h"
#include "drivers/timer.h"

#include <sys/uio.h>

/* Bytes that wait to be sent. */
struct gi_segment {
	struct gi_segment *next;
	uint32_t size;
	uint32_t capacity;
	uint32_t sent;
	unsigned char bytes[];
};

#define GI_SEGMENT_BYTES 4064u
#define GI_SEND_PARTS    16u

/* Received bytes that the actor has not consumed. */
struct gi_unread {
	uint32_t begin; /* of bytes */
	uint32_t size;
	unsigned char bytes[];
};

/* Only while several segments leave in one operation. */
struct gi_gather {
	struct msghdr header;
	struct iovec parts[GI_SEND_PARTS];
};

enum gi_connection_state {
	GI_CONNECTION_OPEN = 0,
	GI_CONNECTION_LINGERING, /* its actor has ended: what was written still leaves */
	GI_CONNECTION_CLOSING,   /* waits for its operations to end, then for close(2) */
};

struct gi_connection {
	struct gi_attachment attachment;
	struct gi_io receive;
	struct gi_io send; /* also shutdown and close: one at a time */
	struct gi_work work;
	struct gi_list link;
	struct gi_list flush_link;
	struct gi_buffer_wait wait;
	struct gi_timer timer; /* of idle, write and linger deadlines: the earliest */
	struct gi_actor *actor;
	struct gi_port *port;
	struct gi_net_driver *net;
	/* Received. */
	struct gi_unread *unread; /* NULL while there is nothing */
	uint16_t held_last; /* buffers that wait for the actor, a ring: index + 1, at most 32768 */
	uint16_t held_count;
	uint32_t drain_left; /* bytes that had come when the drain began, still to be received */
	/* To send. */
	struct gi_segment *output_first;
	struct gi_segment *output_last;
	struct gi_gather *gather;
	uint32_t output_size;
	int fd;
	uint64_t progress_ns; /* last time the peer took bytes, or the first of them were offered */
	union {
		uint64_t quiet_since_ns; /* OPEN: since then it is the peer that says nothing */
		uint64_t linger_end_ns;  /* LINGERING: the bound, whatever progress there is */
	};
	int reason;
	uint8_t state;
	bool is_connected : 1; /* gatio_connected has been handled */
	bool is_paused : 1;    /* by the actor */
	bool is_held_back : 1; /* by output_size_high */
	bool has_news : 1;  /* unread holds bytes to be told, for the first time or after a pause */
	bool has_ended : 1; /* the peer sends no more */
	bool end_is_told : 1;
	bool close_is_told : 1;    /* gatio_closed, the last message */
	bool is_waiting : 1;       /* in line for a buffer */
	bool is_shut_down : 1;     /* our end is told to the peer */
	bool is_refused : 1;       /* beyond connection_max */
	bool is_broken : 1;        /* reason holds an error */
	bool was_high : 1;         /* owes gatio_writable */
	bool is_shutting_down : 1; /* its operation is in the kernel */
	bool is_closing_fd : 1;    /* the same */
	bool is_finished : 1;      /* only its queued work keeps its memory */
	bool is_to_retry : 1;      /* -EAGAIN, or no memory for an operation: a little later */
	bool owes_drain : 1;       /* gatio_draining is to be told when those bytes are */
	bool must_reset : 1; /* aborted, or input lost: its end must not look like one in order */
};

_Static_assert(sizeof(struct gi_connection) <= 320,
               "an idle connection fits into a block of 320 bytes");

/* drain_left before anybody has asked the kernel. */
#define GI_DRAIN_UNKNOWN UINT32_MAX

static inline struct gi_driver *gi_connection_driver(const struct gi_connection *connection)
{
	return connection->net->scheduler->driver;
}

/* Work for its turn: news for the actor, or a step of its end. */
void gi_connection_wake(struct gi_connection *connection);

/* It is looked at once more at the end of this turn: something to send, or a deadline that begins then. */
static inline void gi_connection_wants_flush(struct gi_connection *connection)
{
	gi_assert_slow(connection->state !=
	               GI_CONNECTION_CLOSING); /* it leaves the list for good */
	if (gi_list_is_empty(&connection->flush_link)) {
		gi_list_insert(&connection->net->to_flush, &connection->flush_link);
	}
}

/* An error, or a deadline: nothing more is sent, the actor hears of it. */
void gi_connection_break(struct gi_connection *connection, int reason);

/* What it receives stays with the peer from now on, but for what has come already. */
void gi_connection_stop_receive(struct gi_connection *connection);

#define GI_TOLD_SIZE_MAX 128u
/* Its actor handles a message now; payload of type->size bytes, at most GI_TOLD_SIZE_MAX. false: it has ended. */
bool gi_connection_tell(struct gi_connection *connection, const struct gatio_message_type *type,
                        const void *payload);

#endif
