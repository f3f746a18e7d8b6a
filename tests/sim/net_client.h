/* SPDX-License-Identifier: Apache-2.0 */
/* Client of the world `net`: asks, and checks what comes back. */
#ifndef TESTS_SIM_NET_CLIENT_H
#define TESTS_SIM_NET_CLIENT_H

#include "tests/sim/net.h"

#include <gatio/sim.h>

#define NC_ASKS_MAX 64u

struct nc_ask {
	struct nw_head head;
	uint32_t left; /* records that are still to come */
	unsigned char *bytes;
};

/* How a connection has ended, if it has. */
enum nc_end { NC_OPEN, NC_END, NC_CUT };

struct nc_client {
	struct gatio_sim_stream *stream;
	const struct nw_settings *settings;
	const bool *is_stopping; /* the service: it is drained, and may be cut */
	struct nc_ask asks[NC_ASKS_MAX];
	uint32_t first;
	uint32_t count;
	uint16_t number; /* of the next record */
	uint64_t read_pause_ns;
	bool has_last;
	bool has_shut;
	bool has_asked_abort;
	bool was_refused;
	enum nc_end end;
	unsigned char record[NW_RECORD_MAX];
	uint32_t record_size; /* of it that is there */
};

/* false: it has not come about. */
bool nc_connect(struct nc_client *client, const char *address);
/* It asks no more. */
void nc_shut(struct nc_client *client);
/* Forget the connection. */
void nc_close(struct nc_client *client, bool must_reset);
/* Send bytes, whatever they mean; where nobody is ended who does not read, after reading what would be in the way. */
void nc_say(struct nc_client *client, const void *bytes, size_t size);
/* Send one ask more. */
void nc_ask(struct nc_client *client, enum nw_verb verb, uint16_t count, uint32_t size);
/* Read until `left` asks are open, or its end. */
void nc_read(struct nc_client *client, uint32_t left);
/* Read until something has come, the end, or so long has passed: false. */
bool nc_read_some(struct nc_client *client, uint64_t wait_ns);
/* Read to the end. */
void nc_read_end(struct nc_client *client);

#endif
