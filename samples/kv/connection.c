/* SPDX-License-Identifier: Apache-2.0 */
/* Connection: input, rounds, and the life of a client's actor. */
#include "samples/kv/connection.h"
#include "samples/kv/shard.h"

#include <errno.h>

/* Replies that have come are written before the others of their round when they are this many bytes. */
#define KEPT_SIZE_HIGH ((size_t)256 * 1024)
/* A line typed by hand of up to some 400 bytes is rewritten within this. */
#define INLINE_SIZE 4096

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

/* Something is under way: what comes in has to wait. */
static bool is_busy(const struct kv_connection *connection)
{
	return connection->outstanding > 0 || connection->procedure ||
	       !kv_plan_is_done(connection) || connection->is_broken;
}

void kv_connection_retry(struct kv_connection *connection)
{
	if (!connection->is_retrying) {
		connection->is_retrying = true;
		connection->needs_pulse = gatio_after(KV_RETRY_NS, kv_retry, .unused = 0).bits == 0;
	}
}

static void post(struct kv_connection *connection, struct kv_batch *batch)
{
	int err = connection->unsent ? -ENOBUFS : gatio_post(kv_config.shards[batch->shard], batch);
	if (err == 0) {
		return;
	}
	if (err != -ENOBUFS && err != -ENOMEM) {
		gatio_message_free(batch);
		connection->is_broken = true; /* no shard, no service: the system stops */
		return;
	}
	struct kv_batch **link = &connection->unsent;
	while (*link) {
		link = &(*link)->next;
	}
	batch->next = NULL;
	*link = batch;
	kv_connection_retry(connection);
}

static void send_round(struct kv_connection *connection)
{
	struct kv_round *round = kv_round();
	if (connection->is_broken) {
		kv_round_drop(round);
		return;
	}
	for (uint32_t i = 0; i < round->touched_count; i++) {
		struct kv_batch *batch = round->batches[round->touched[i]];
		round->batches[round->touched[i]] = NULL;
		batch->commands = connection->commands;
		connection->commands = 0;
		connection->outstanding++;
		post(connection, batch);
	}
	round->touched_count = 0;
	kv_round_drop(round);
}

/* False: it must come again. */
static inline bool take(struct kv_connection *connection, const struct kv_request *request)
{
	bool is_taken = kv_route(connection, request);
	connection->commands += is_taken ? 1 : 0;
	return is_taken;
}

/* A line typed by hand: rewritten as RESP, then as any request. False: it must come again. */
static bool take_inline(struct kv_connection *connection, struct kv_slice line)
{
	struct kv_request request;
	struct kv_parser parser = {.offset = 0};
	struct kv_parser_limits limits = {.bulk_size_max = SIZE_MAX};
	uint8_t own[INLINE_SIZE]; /* a short line needs no memory: it may be one that frees some */
	size_t size_max = kv_inline_size_max(line.size);
	uint8_t *more = size_max > sizeof(own) ? gatio_alloc(size_max) : NULL;
	uint8_t *bytes = size_max > sizeof(own) ? more : own;
	if (!bytes) {
		kv_shard_note_shortage();
		kv_plan_add(connection, KV_PLAN_FAIL, 0);
		return true;
	}
	bool is_taken = true;
	long size = kv_inline_convert(line, bytes);
	struct kv_slice converted = {.data = bytes, .size = size > 0 ? (size_t)size : 0};
	if (size < 0) {
		kv_reply_error(kv_plan_literal(connection),
		               "ERR Protocol error: unbalanced quotes in request");
		kv_plan_literal_done(connection);
		connection->is_closing = true;
	} else if (kv_request_parse(&parser, &limits, converted, &request) == KV_PARSED_REQUEST) {
		is_taken = take(connection, &request);
	}
	gatio_free(more);
	return is_taken;
}

static void refuse(struct kv_connection *connection, const char *error)
{
	kv_reply_errorf(kv_plan_literal(connection), "ERR %s", error);
	kv_plan_literal_done(connection);
	connection->is_closing = true;
}

/* What is no request, or a line typed by hand. Returns as take_request(). */
static __attribute__((noinline)) size_t take_unusual(struct kv_connection *connection,
                                                     enum kv_parsed parsed,
                                                     const struct kv_request *request)
{
	bool is_taken = true;
	if (parsed == KV_PARSED_MORE) {
		connection->needs_more = true;
		return 0;
	}
	if (parsed == KV_PARSED_ERROR) {
		refuse(connection, request->error);
		return 0;
	}
	if (parsed == KV_PARSED_INLINE) {
		is_taken = take_inline(connection, request->raw);
	}
	connection->parser = (struct kv_parser){.offset = 0};
	return is_taken ? request->size : 0;
}

/* Take one request off the begin of `bytes`. Returns its size, 0 when there is none to be taken now. */
static inline __attribute__((always_inline)) size_t take_request(struct kv_connection *connection,
                                                                 struct kv_slice bytes)
{
	struct kv_request request;
	struct kv_parser_limits limits = {
	        .bulk_size_max = kv_config.bulk_size_max,
	        .is_stranger = !connection->is_authenticated,
	};
	enum kv_parsed parsed = kv_request_parse(&connection->parser, &limits, bytes, &request);
	if (parsed != KV_PARSED_REQUEST) {
		return take_unusual(connection, parsed, &request);
	}
	connection->parser = (struct kv_parser){.offset = 0};
	return take(connection, &request) ? request.size : 0;
}

static bool round_has_room(const struct kv_connection *connection, const struct kv_round *round)
{
	return !connection->procedure && !connection->is_closing && !connection->is_broken &&
	       round->item_count < KV_ROUND_ITEM_MAX && round->size < KV_ROUND_SIZE_MAX &&
	       connection->plan.literals.size < KV_OUTPUT_HIGH;
}

/* Gather requests for one round. Returns the bytes they take. */
static size_t gather(struct kv_connection *connection, struct kv_slice bytes)
{
	struct kv_round *round = kv_round();
	size_t used = 0;
	round->reply_hint = connection->reply_hint;
	connection->needs_more = false;
	while (used < bytes.size && round_has_room(connection, round)) {
		struct kv_slice rest = {.data = bytes.data + used, .size = bytes.size - used};
		round->size_hint =
		        rest.size < KV_ROUND_SIZE_MAX ? (uint32_t)rest.size : KV_ROUND_SIZE_MAX;
		size_t size = take_request(connection, rest);
		if (size == 0) {
			break;
		}
		used += size;
	}
	return used;
}

/* What can be done now that nothing is outstanding: write, step the procedure. */
static void advance(struct kv_connection *connection)
{
	if (kv_plan_may_advance(connection)) {
		kv_plan_advance(connection);
	}
	while (connection->procedure && connection->outstanding == 0 &&
	       kv_plan_is_done(connection) && !connection->is_broken) {
		kv_plan_reset(connection);
		kv_procedure_step(connection);
		send_round(connection);
		kv_plan_advance(connection);
	}
	if (connection->owes_error && !is_busy(connection)) {
		connection->owes_error = false;
		kv_plan_add(connection, KV_PLAN_FAIL, 0);
		kv_plan_advance(connection);
	}
	if (!is_busy(connection)) {
		kv_plan_reset(connection);
	}
}

/* Take requests as long as each round is over at once. Returns the bytes taken. */
static size_t take_requests(struct kv_connection *connection, struct kv_slice bytes)
{
	size_t used = 0;
	while (used < bytes.size && !is_busy(connection) && !connection->is_closing) {
		struct kv_slice rest = {.data = bytes.data + used, .size = bytes.size - used};
		used += gather(connection, rest);
		send_round(connection);
		advance(connection);
		if (connection->needs_more) {
			break;
		}
	}
	return used;
}

static void take_input(struct kv_connection *connection)
{
	if (connection->input.size > 0 && !is_busy(connection)) {
		kv_input_take(&connection->input,
		              take_requests(connection, kv_input_bytes(&connection->input)));
	}
}

/* ---- At the end of each handler ---------------------------------------------------------------------------------- */

static void pause_or_resume(struct kv_connection *connection)
{
	bool must_wait = kv_bound_pauses(connection) && is_busy(connection);
	if (must_wait && !connection->is_paused) {
		gatio_pause();
	} else if (!must_wait && connection->is_paused) {
		gatio_resume();
	}
	connection->is_paused = must_wait;
}

/* The client has made too much wait: what is not written is dropped. */
static void dismiss(struct kv_connection *connection, const char *why)
{
	kv_bound_tell(connection, why);
	kv_input_clear(&connection->input);
	kv_bound_release(connection);
	connection->is_closing = true;
	gatio_exit(0);
}

static void settle(struct kv_connection *connection)
{
	if (connection->is_broken) {
		gatio_abort(-ENOMEM);
		return;
	}
	bool must_end = connection->is_closing || connection->is_draining;
	if (must_end && !is_busy(connection)) {
		gatio_exit(0);
		return;
	}
	if (!kv_bound_matters(connection)) {
		return;
	}
	pause_or_resume(connection);
	const char *exceeded = kv_bound_exceeded(connection, is_busy(connection));
	if (exceeded) {
		dismiss(connection, exceeded);
	}
}

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

static void on_connected(struct kv_connection *connection, const struct gatio_connected *connected)
{
	static _Thread_local uint64_t count;
	connection->id = count++ * gatio_driver_count() + gatio_driver_index() + 1;
	connection->is_authenticated = !kv_config.password || !kv_config.password[0];
	connection->output_mark = KV_OUTPUT_HIGH;
	connection->self = gatio_self();
	kv_clients_add(connection);
	connection->connected_ns = gatio_now_ns();
	connection->active_ns = connection->connected_ns;
	size_t peer_size = strnlen(connected->peer, sizeof(connected->peer) - 1);
	size_t local_size = strnlen(connected->local, sizeof(connected->local) - 1);
	connection->addresses = gatio_alloc(peer_size + local_size + 2);
	if (connection->addresses) {
		memcpy(connection->addresses, connected->peer, peer_size);
		connection->addresses[peer_size] = '\0';
		memcpy(connection->addresses + peer_size + 1, connected->local, local_size);
		connection->addresses[peer_size + 1 + local_size] = '\0';
	}
}

/* Send the rest of a batch again whose earlier replies have been written. */
static void send_rests(struct kv_connection *connection)
{
	struct kv_batch **link = &connection->rest;
	while (*link && gatio_write_waiting() <= connection->output_mark) {
		struct kv_batch *batch = *link;
		if (kv_kept_find(connection, batch->shard)) {
			link = &batch->next;
			continue;
		}
		*link = batch->next;
		post(connection, batch);
	}
}

/* Something has come or gone: do all that can be done now. */
static void go_on(struct kv_connection *connection)
{
	advance(connection);
	send_rests(connection);
	take_input(connection);
}

static void progress(struct kv_connection *connection)
{
	go_on(connection);
	settle(connection);
}

/* Keep what has come and cannot be taken now. */
static void take_later(struct kv_connection *connection, struct kv_slice bytes)
{
	bool did_wait = connection->input.size > 0;
	if (!kv_input_append(&connection->input, bytes, connection->parser.announced)) {
		kv_shard_note_shortage();
		kv_input_clear(&connection->input);
		connection->owes_error = true;
		connection->is_closing = true;
		go_on(connection);
		return;
	}
	if (did_wait) {
		take_input(connection);
	}
	size_t mark = connection->output_mark;
	bool pauses = kv_bound_pauses(connection);
	if (!pauses && connection->output_mark > mark) {
		go_on(connection); /* its replies may wait, for it writes on */
	}
}

static void on_received(struct kv_connection *connection, const struct gatio_received *received)
{
	struct kv_slice bytes = {.data = received->data, .size = received->size};
	if (connection->is_closing) {
		return;
	}
	connection->active_ns = gatio_now_ns();
	if (connection->input.size == 0 && !is_busy(connection)) {
		size_t used = take_requests(connection, bytes);
		bytes.data += used;
		bytes.size -= used;
	}
	if (bytes.size > 0 && !connection->is_closing) {
		take_later(connection, bytes);
	}
	settle(connection);
}

static void keep_replies(struct kv_connection *connection, const struct kv_batch *replies)
{
	struct kv_batch *kept = gatio_message_keep(replies);
	struct kv_batch **link = &connection->kept;
	while (*link) {
		link = &(*link)->next;
	}
	kept->next = NULL;
	*link = kept;
	connection->kept_size += kept->size;
}

/* The next batches get room for replies like these. Follows what becomes more at once, what becomes less slowly. */
static void learn_reply_size(struct kv_connection *connection, const struct kv_batch *replies)
{
	uint32_t size = replies->size + replies->count * (uint32_t)sizeof(uint32_t);
	uint32_t hint = connection->reply_hint - connection->reply_hint / 64;
	hint = size > hint ? size : hint;
	connection->reply_hint = hint < KV_REPLY_HINT_MAX ? hint : KV_REPLY_HINT_MAX;
}

static void on_replies(struct kv_connection *connection, const struct kv_batch *replies)
{
	connection->outstanding -= replies->content == KV_LAST_REPLIES ? 1 : 0;
	bool is_over = connection->outstanding == 0;
	learn_reply_size(connection, replies);
	if (!is_over || !kv_plan_write_through(connection, replies)) {
		keep_replies(connection, replies);
	}
	if (is_over || connection->rest || connection->kept_size > KEPT_SIZE_HIGH) {
		progress(connection);
	}
}

static void on_rest(struct kv_connection *connection, const struct kv_batch *batch)
{
	struct kv_batch *rest = gatio_message_keep(batch);
	rest->next = connection->rest;
	connection->rest = rest;
	progress(connection);
}

static void on_lost(struct kv_connection *connection)
{
	connection->is_broken = true;
	settle(connection);
}

static void on_batch(struct kv_connection *connection, const struct kv_batch *batch)
{
	if (batch->content == KV_ITEMS) {
		on_rest(connection, batch);
	} else if (batch->content == KV_LOST) {
		on_lost(connection);
	} else {
		on_replies(connection, batch);
	}
}

static void on_writable(struct kv_connection *connection, const struct gatio_writable *writable)
{
	(void)writable;
	progress(connection);
}

static void on_retry(struct kv_connection *connection, const struct kv_retry *retry)
{
	(void)retry;
	connection->is_retrying = false;
	struct kv_batch *unsent = connection->unsent;
	connection->unsent = NULL;
	while (unsent) {
		struct kv_batch *next = unsent->next;
		post(connection, unsent);
		unsent = next;
	}
	progress(connection);
}

static void on_draining(struct kv_connection *connection, const struct gatio_draining *draining)
{
	(void)draining;
	connection->is_draining = true;
	settle(connection);
}

/* The client sends no more, but reads what it has asked for: "printf 'PING\r\n' | nc". */
static void on_peer_ended(struct kv_connection *connection, const struct gatio_peer_ended *ended)
{
	(void)ended;
	connection->is_draining = true;
	settle(connection);
}

static void on_ended(struct kv_connection *connection, int reason)
{
	(void)reason;
	kv_clients_remove(connection);
	kv_bound_release(connection);
	kv_procedure_abandon(connection);
	kv_kept_clear(connection);
	while (connection->unsent) {
		struct kv_batch *batch = connection->unsent;
		connection->unsent = batch->next;
		gatio_message_free(batch);
	}
	while (connection->rest) {
		struct kv_batch *batch = connection->rest;
		connection->rest = batch->next;
		gatio_message_free(batch);
	}
}

GATIO_SHARED_BEHAVIOR(kv_connection, on(gatio_connected, on_connected),
                      on(gatio_received, on_received), on(gatio_writable, on_writable),
                      on(gatio_draining, on_draining), on(gatio_peer_ended, on_peer_ended),
                      on(kv_batch, on_batch), on(kv_retry, on_retry), ended(on_ended));
