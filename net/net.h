/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of net/ share: a system's ports, and what each driver has of them.
 *
 * Thread: gi_net is the system's creator's; what each driver has (gi_net_driver, listeners, connections) is the driver's.
 */
#ifndef GI_NET_NET_H
#define GI_NET_NET_H

#include "actors/scheduler.h"
#include "actors/system.h"
#include "base/list.h"
#include "drivers/buffers.h"

#include <gatio/net.h>

#include <pthread.h>

struct gi_connection;
struct gi_net_driver;
struct gi_port;

/* A system's ports. */
struct gi_net {
	struct gatio_system *system;
	pthread_mutex_t lock; /* opening and asking */
	struct gi_port *ports;
	struct gi_net_driver **drivers; /* by index */
	/* When it was last said that descriptors are short; shared by drivers, of which two may say it at once. */
	_Atomic uint64_t short_told_ns;
};

/* Provided buffers of each driver. */
static inline uint32_t gi_net_buffer_count(const struct gatio_system *system)
{
	uint32_t count = system->tuning.buffer_count;
	return count ? count : GI_BUFFERS_COUNT_DEFAULT;
}

/* ---- One driver ------------------------------------------------------------------------------------------------------ */

struct gi_net_driver_counters {
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

struct gi_net_driver {
	struct gi_scheduler *scheduler;
	struct gi_list connections;
	struct gi_list listeners;
	struct gi_list to_flush; /* connections with something to send */
	struct gi_held_buffer *held;
	uint32_t refusing_count;
	uint32_t
	        held_max; /* buffers that one connection may hold before its receive is cancelled */
	/* What gatio_write_room() has given, until gatio_write_done(). */
	const struct gi_connection *room_owner; /* NULL: there is none */
	const unsigned char *room;
	size_t room_size;
	uint32_t unread_size; /* set in the handler of gatio_received that runs */
	bool is_retrying;     /* listeners that wait are gone through */
	bool is_draining;
	bool is_cut;
	uint64_t drain_deadline_ns;
	uint64_t fresh_turn; /* the clock has been read at the end of this one */
	void (*gone)(struct gi_connection *connection); /* its end is complete: its place is free */
	struct gi_net_driver_counters counters;
};

#endif
