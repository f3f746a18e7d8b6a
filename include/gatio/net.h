/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Net: ports that turn each accepted connection into a connection actor.
 *
 * A connection actor is an actor like any other whose messages gatio_connected, gatio_received, gatio_writable,
 * gatio_peer_ended, gatio_draining and gatio_closed come from its connection. Those without a handler are not missed.
 * It ends with its connection and its connection with it: when
 * the connection is closed it handles gatio_closed and ends by itself; when it calls gatio_exit() what it has written
 * is still sent (within linger_ns), then the connection is closed.
 */
#ifndef GATIO_NET_H
#define GATIO_NET_H

#include <gatio/system.h>

GATIO_C_BEGIN

/* A port's configuration. All drivers that serve one address must be given the same. */
struct gatio_port_options {
	const char *listen;  /* "127.0.0.1:6379", "[::1]:6379", "0.0.0.0:0"; 0 takes a free port */
	const char *drivers; /* "all" (default): each whose role does io; or a list: "0,2-3" */
	uint32_t backlog;    /* connections that wait to be accepted, for each driver [511] */
	uint32_t connection_max; /* open at once, on all drivers together [10000] */
	const char *refusal; /* sent to a connection beyond that before it is closed [nothing] */
	/*
	 * Durations: UINT64_MAX is never. None counts time in which the peer could not act: a long turn here, a pause, a
	 * receive that waits for a buffer.
	 */
	uint64_t idle_timeout_ns; /* closed when nothing was received for so long [none] */
	uint64_t
	        write_timeout_ns; /* closed when the peer takes no byte of what waits for so long [30 s] */
	/*
	 * After gatio_exit() the rest is sent, then the peer's end is awaited: for so long without progress [5 s]. In all no
	 * longer than that for each 4 KiB which waited at the exit, and twice more.
	 */
	uint64_t linger_ns;
	uint64_t
	        peer_end_ns; /* of linger_ns, once all is sent: to see the peer's end [all of it] */
	uint32_t input_size_max;   /* bytes unconsumed by an actor that waits for more [1 MiB] */
	uint32_t output_size_high; /* bytes waiting to be sent at which receiving stops [256 KiB] */
	uint32_t
	        output_size_max; /* bytes waiting to be sent at which gatio_write() refuses [16 MiB] */
	uint32_t send_buffer_size;    /* SO_SNDBUF in bytes [the kernel's choice] */
	uint32_t receive_buffer_size; /* SO_RCVBUF in bytes [the kernel's choice] */
	/*
	 * A buffer at a time: no more than one (8 KiB) is taken in beyond what an actor that pauses has been told, where as
	 * many as the peer fills can be. It costs an operation for each.
	 */
	bool receive_singly; /* [as many as come] */
	bool no_keepalive;   /* [keepalive on] */
	/*
	 * Receiving does not stop at output_size_high: the actor itself bounds what it takes in (gatio_pause), so that a
	 * peer which writes all that it has before it reads is not held up for ever. [it stops]
	 */
	bool no_hold_back;
};

/* The connection is there. First message. */
GATIO_MESSAGE(gatio_connected, {
	char peer[56]; /* "127.0.0.1:40312" */
	char local[56];
});

/* Bytes have come. data is lent; all of it counts as consumed unless the handler calls gatio_unread(). */
GATIO_MESSAGE(gatio_received, {
	const uint8_t *data;
	size_t size;
});

/* What waited to be sent has fallen below half of output_size_high after gatio_write() had gone beyond it. */
GATIO_MESSAGE(gatio_writable, { size_t waiting; });

/*
 * The peer sends no more but may still read: answer what is open, then gatio_exit(), by deadline_ns, which moves on as
 * long as the peer takes bytes. Without a handler for it the connection is closed at once, in order.
 */
GATIO_MESSAGE(gatio_peer_ended, { uint64_t deadline_ns; });

/*
 * The connection is closed; last message. reason: 0 the peer ended it in order; -ECONNRESET and other errors of the
 * kernel; -ETIMEDOUT idle; -ETIME the peer does not read, or linger_ns is over; -EMSGSIZE more unconsumed than
 * input_size_max; -ENOBUFS operations, -ENOMEM memory for unread bytes at its limit; -ESHUTDOWN drain deadline. A peer for
 * which something was left to send, or whose bytes are lost by -EMSGSIZE or -ENOMEM, then sees a reset, never an end in order.
 */
GATIO_MESSAGE(gatio_closed, { int reason; });

/*
 * Open a port whose connections are actors of a behaviour, each with this initial state:
 *
 *     gatio_port_open(system, &(struct gatio_port_options){.listen = "127.0.0.1:7777"}, echo, .x = 1)
 *
 * When it returns 0, every driver listens. Opening an address again for more drivers is possible with an identical
 * configuration (the initial state is compared byte by byte); a different one is refused. Port 0 is a new one each time.
 *
 * Thread: the one that created the system, not a driver.
 * Error:  -EINVAL bad option; -EEXIST same address, other configuration, or as gatio_spawn(); -EADDRINUSE, -EACCES and others of bind(2).
 *         The log says it in a sentence.
 */
#define gatio_port_open(system_, options_, ...)                                                    \
	gatio_port_open_actor((system_), (options_), GATIO_ACTING(__VA_ARGS__))

GATIO_MUST_CHECK GATIO_API int gatio_port_open_actor(struct gatio_system *system,
                                                     const struct gatio_port_options *options,
                                                     struct gatio_behavior *behavior,
                                                     const void *state);

/*
 * The address a port has been bound to, with the number that 0 became, as "127.0.0.1:41234".
 * listen: as given to gatio_port_open(). Error: -ENOENT; -ENOSPC.
 */
GATIO_MUST_CHECK GATIO_API int gatio_port_address(struct gatio_system *system, const char *listen,
                                                  char *out_text, size_t size);

/* ---- For a connection actor, in its handlers --------------------------------------------------------------------- */

/*
 * Write to this actor's connection. The bytes of a turn leave together, in order.
 *
 * Owner: copies.
 * Error: -ENOBUFS more than output_size_max would wait (nothing of this write is kept); -ENOMEM; -EPIPE closed or
 *        closing; -ENOTCONN not a connection actor.
 */
GATIO_API int gatio_write(const void *data, size_t size);

/*
 * Room for `size` bytes written in place, or NULL (as gatio_write). Ends with gatio_write_done(bytes really written), before
 * anything else is written.
 */
GATIO_API void *gatio_write_room(size_t size);
GATIO_API void gatio_write_done(size_t size);

/* Bytes that wait to be sent. */
GATIO_API size_t gatio_write_waiting(void);

/*
 * In the handler of gatio_received: the last `size` bytes are not consumed; the next gatio_received begins with them. It
 * comes when there are more, or after gatio_resume(). Who leaves more than input_size_max and does not pause waits for a
 * message that is too long: the connection is closed with -EMSGSIZE. Costs nothing that grows with what is left.
 */
GATIO_API void gatio_unread(size_t size);

/*
 * Stop and go on receiving: while paused the peer is held by its TCP window, not by memory here. What had come before is
 * kept, at most all provided buffers of the driver (2 MiB); nothing more is taken in before the actor has been told that
 * much, however often it goes on and pauses again. After gatio_resume() the next gatio_received begins with what was left
 * unread, if anything was. gatio_peer_ended waits for that as well.
 */
GATIO_API void gatio_pause(void);
GATIO_API void gatio_resume(void);

/*
 * Like kernel errors: closes the connection, drops what waits, here and in the kernel, and ends this actor with `reason`.
 * The peer sees a reset.
 */
GATIO_API void gatio_abort(int reason);

/* ---- Counters ---------------------------------------------------------------------------------------------------- */

struct gatio_net_counters {
	uint64_t accepted;
	uint64_t refused;       /* beyond connection_max, or memory or actors at their limit */
	uint64_t accept_errors; /* EMFILE and others; accepting goes on */
	uint64_t closed;
	uint64_t open;
	uint64_t idle_timeouts;
	uint64_t write_timeouts;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t sends;        /* operations: bytes of one turn leave in one */
	uint64_t buffer_waits; /* receives that found no provided buffer */
	uint64_t pauses;       /* receives stopped by back-pressure */
};

/* Thread: any. -EINVAL no such driver. */
GATIO_API int gatio_net_counters(const struct gatio_system *system, uint32_t driver_index,
                                 struct gatio_net_counters *out_counters);

GATIO_C_END

#endif
