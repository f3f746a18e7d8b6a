/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bound: what a client may make the server keep that writes on and does not read. Many clients write all of a pipeline before
 * they read the first reply, so to stop reading from one while its replies wait would stop both for ever.
 *
 *     256 KiB of replies wait             nothing more is run for it, its requests are taken in
 *     and 64 KiB of requests              they are run, until client-output-buffer-limit bytes of replies wait
 *     and client-query-buffer-limit       it is told and closed; so is who goes beyond maxmemory-clients of all together
 */
#include <inttypes.h>
#include <stdio.h>

#include "samples/kv/connection.h"
#include "samples/kv/errors.h"

/* Of all clients of this driver. */
static _Thread_local uint64_t held_here;

static void hold(struct kv_connection *connection, uint64_t size)
{
	held_here += size - connection->held;
	connection->held = size;
}

void kv_bound_release(struct kv_connection *connection)
{
	hold(connection, 0);
}

/* Counted from KV_INPUT_HELD_MAX on: what all may have without being asked is in the sum of their number. */
static void measure(struct kv_connection *connection, size_t waiting)
{
	bool counts = connection->input.capacity > KV_INPUT_HELD_MAX;
	hold(connection, counts ? connection->input.capacity + waiting + connection->kept_size : 0);
}

bool kv_bound_pauses(struct kv_connection *connection)
{
	bool holds = connection->input.size > KV_INPUT_HELD_MAX;
	size_t waiting = gatio_write_waiting();
	measure(connection, waiting);
	connection->output_mark = KV_OUTPUT_HIGH;
	if (holds && kv_config.output_size_max > KV_OUTPUT_HIGH) {
		connection->output_mark = (size_t)kv_config.output_size_max;
	}
	/* While it reads, or its replies may become more, the shards are waited for: they need nothing of the client. */
	bool is_full = connection->input.size > kv_config.query_size_max;
	return holds && waiting <= (is_full ? connection->output_mark : KV_OUTPUT_HIGH);
}

const char *kv_bound_exceeded(const struct kv_connection *connection, bool is_busy)
{
	if (connection->held > 0 && held_here > kv_config.held_size_max) {
		/* A request that is merely large: there is no memory for it. */
		return is_busy ? "ERR maxmemory-clients reached" : KV_ERROR_OOM;
	}
	if (connection->input.size <= kv_config.query_size_max) {
		return NULL;
	}
	if (!is_busy) {
		return "ERR Protocol error: request exceeds client-query-buffer-limit";
	}
	bool may_go_on = gatio_write_waiting() <= connection->output_mark;
	return may_go_on ? NULL
	                 : "ERR client-output-buffer-limit reached: read replies while you send";
}

void kv_bound_tell(const struct kv_connection *connection, const char *why)
{
	char text[256];
	const char *peer = connection->addresses ? connection->addresses : "?";
	if (kv_config.log) {
		snprintf(text, sizeof(text),
		         "client %s is closed: %s; %zu bytes of requests and %zu of replies wait",
		         peer, why, connection->input.size,
		         gatio_write_waiting() + connection->kept_size);
		kv_config.log(text);
	}
	/* In the middle of a reply it would be a part of that. */
	if (connection->plan.written == 0) {
		int size = snprintf(text, sizeof(text), "-%s\r\n", why);
		int err = gatio_write(text, (size_t)size);
		kv_errors_count(why);
		(void)err; /* it could not be told */
	}
}
