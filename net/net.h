/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of net/ share: ports of a system, their listeners on each driver, and connections.
 *
 * Thread: a port is made by the system's creator and constant from then on, but for its atomic counts. Everything of a
 * stage (net stage, listeners, connections) belongs to its driver.
 */
#ifndef GI_NET_NET_H
#define GI_NET_NET_H

#include "actors/stage.h"
#include "actors/system.h"
#include "base/list.h"
#include "drivers/buffers.h"
#include "drivers/io.h"
#include "drivers/timer.h"

#include <gatio/net.h>

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct gi_connection;
struct gi_net_stage;

#define GI_ADDRESS_TEXT_SIZE 56u

/* ---- Ports -------------------------------------------------------------------------------------------------------- */

/* One driver's listening socket of a port. */
struct gi_listener {
	struct gi_io accept;
	struct gi_timer retry; /* descriptors or memory were short */
	struct gi_port *port;
	struct gi_net_stage *net;
	struct gi_list link;
	int fd;               /* -1: closed */
	uint32_t error_count; /* in a row */
	bool is_stopping;
	bool is_waiting_to_retry;
};

struct gi_port {
	struct gi_port *next;
	struct gatio_port_options options; /* its strings are copies; with defaults filled in */
	char *listen_text;                 /* as given */
	char bound_text[GI_ADDRESS_TEXT_SIZE];
	struct sockaddr_storage address; /* as bound */
	socklen_t address_size;
	struct gatio_behavior *behavior;
	void *state; /* a copy of behavior->state_size bytes */
	size_t refusal_size;
	struct gi_listener
	        *listeners; /* by driver; those that do not serve have fd -1 from the start */
	bool *serves;       /* by driver */

	/* Shared. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t open_count; /* on all drivers */
};

/* A system's ports. */
struct gi_net {
	struct gatio_system *system;
	pthread_mutex_t lock; /* opening and asking */
	struct gi_port *ports;
	struct gi_net_stage **stages; /* by driver */
};

/* Provided buffers of each driver. */
uint32_t gi_net_buffer_count(const struct gatio_system *system);

/* ---- One driver ------------------------------------------------------------------------------------------------------ */

struct gi_net_stage_counters {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t accepted;
	_Atomic uint64_t refused;
	_Atomic uint64_t accept_errors;
	_Atomic uint64_t closed;
	/* Connections and listeners whose end is still to come. A socket that is handed over is counted by its sender and
	 * subtracted by its receiver, so only the sum over drivers has meaning. */
	_Atomic uint64_t open;
	_Atomic uint64_t connections_open; /* refused ones are none */
	_Atomic uint64_t idle_timeouts;
	_Atomic uint64_t write_timeouts;
	_Atomic uint64_t received_bytes;
	_Atomic uint64_t sent_bytes;
	_Atomic uint64_t sends;
	_Atomic uint64_t buffer_waits;
	_Atomic uint64_t pauses;
};

/* What a received buffer says while it waits for its connection's turn; by buffer index. */
struct gi_held_buffer {
	uint32_t size;
	uint32_t next; /* index + 1; 0 ends */
};

struct gi_net_stage {
	struct gi_stage *stage;
	struct gi_list connections;
	struct gi_list listeners;
	struct gi_list to_flush; /* connections with something to send */
	struct gi_held_buffer *held;
	uint32_t refusing_count;
	uint32_t unread_size; /* set in the handler of gatio_received that runs */
	bool is_draining;
	struct gi_net_stage_counters counters;
};

/* ---- Connections ------------------------------------------------------------------------------------------------------ */

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
	struct gi_net_stage *net;
	/* Received. */
	unsigned char *input; /* bytes that the actor has not consumed; NULL while there are none */
	uint32_t input_size;
	uint16_t held_first; /* buffers that wait for the actor: index + 1, at most 32768 */
	uint16_t held_last;
	/* To send. */
	struct gi_segment *output_first;
	struct gi_segment *output_last;
	struct gi_gather *gather;
	uint32_t output_size;
	int fd;
	uint64_t progress_ns; /* last time the peer took bytes, or the first of them were offered */
	union {
		uint64_t received_ns;     /* while the peer may send: its last bytes */
		uint64_t linger_until_ns; /* from LINGERING or the told end on */
	};
	int reason;
	uint8_t state;
	bool is_connected : 1; /* gatio_connected has been handled */
	bool is_paused : 1;    /* by the actor */
	bool is_held_back : 1; /* by output_size_high */
	bool has_news : 1;     /* input holds bytes that the actor has not seen */
	bool has_ended : 1;    /* the peer sends no more */
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
};

_Static_assert(sizeof(struct gi_connection) <= 320,
               "an idle connection fits into a block of 320 bytes");

/* A new one, counted as open. Thread: the driver that is to own it. */
void gi_connection_init(struct gi_connection *connection, struct gi_net_stage *net,
                        struct gi_port *port, int fd);

/* No actor speaks for it any more: what was written leaves, then our end and the peer's. */
void gi_connection_linger(struct gi_connection *connection);

/* Its timer runs until the next of its deadlines. */
void gi_connection_watch(struct gi_connection *connection);

/* Its part in a drain and in a cut. */
void gi_connection_drain(struct gi_connection *connection, uint64_t deadline_ns);
void gi_connection_cut(struct gi_connection *connection);

/* Work for its turn: news for the actor, or a step of its end. */
void gi_connection_wake(struct gi_connection *connection);

/* An error, or a deadline: nothing more is sent, the actor hears of it. */
void gi_connection_break(struct gi_connection *connection, int reason);

/* One more look at what may go on: arms the receive, shuts down, closes. */
void gi_connection_step(struct gi_connection *connection);

/* Receiving. */
void gi_connection_init_receive(struct gi_connection *connection);
void gi_connection_arm(struct gi_connection *connection);
void gi_connection_stop_receive(struct gi_connection *connection);
/* It may receive again. Time without bytes counts from now: while it could not, the peer is not to blame. */
void gi_connection_go_on(struct gi_connection *connection);
void gi_connection_drop_input(struct gi_connection *connection);
/* Hand the actor what has come. false: the connection has no actor any more. */
bool gi_connection_feed(struct gi_connection *connection);

/* Sending. */
void gi_connection_init_send(struct gi_connection *connection);
int gi_connection_write(struct gi_connection *connection, const void *bytes, size_t size);
void *gi_connection_room(struct gi_connection *connection, size_t size);
void gi_connection_wrote(struct gi_connection *connection, size_t size);
/* The room is not wanted: an idle connection holds none. */
void gi_connection_drop_room(struct gi_connection *connection);
void gi_connection_flush(struct gi_connection *connection);
void gi_connection_drop_output(struct gi_connection *connection);

#define GI_TOLD_SIZE_MAX 128u
/* Its actor handles a message now; payload of type->size bytes, at most GI_TOLD_SIZE_MAX. false: it has ended. */
bool gi_connection_tell(struct gi_connection *connection, const struct gatio_message_type *type,
                        const void *payload);

/* The connection of the running actor, or NULL. */
struct gi_connection *gi_connection_current(void);

/* ---- Sockets on their way in and out (arrival.c) ---------------------------------------------------------------------- */

/* An accepted one: refused, opened here, or handed to a driver that runs tasks. */
void gi_socket_accepted(struct gi_net_stage *net, struct gi_port *port, int fd);
/* A connection is over: its place is free. */
void gi_socket_gone(struct gi_connection *connection);

/* ---- Listeners and addresses ------------------------------------------------------------------------------------------ */

/* Thread: its driver. */
void gi_listener_start(struct gi_listener *listener);
void gi_listener_stop(struct gi_listener *listener);
/* A descriptor has become free. */
void gi_listeners_retry(struct gi_net_stage *net);

/* "127.0.0.1:80", "[::1]:80", "localhost:0", "*:80". Error: -EINVAL. */
int gi_address_parse(const char *text, struct sockaddr_storage *out_address, socklen_t *out_size);
uint16_t gi_address_port(const struct sockaddr_storage *address);
void gi_address_format(const struct sockaddr_storage *address, char *out_text, size_t size);

#endif
