/* SPDX-License-Identifier: Apache-2.0 */
/* Plan: the replies of a round, from several shards and from here, in the order of their requests. */
#include <errno.h>

#include "samples/kv/connection.h"
#include "samples/kv/errors.h"
#include "samples/kv/shard.h"

/* Of a request that is not in parts: so many there is room for when a plan cannot grow, and the round ends with it. */
#define ENTRIES_AHEAD 2
_Static_assert(ENTRIES_AHEAD < KV_PLAN_INLINE, "a request is always taken");

/* Kept replies of at most this many bytes are written into one room. */
#define ROOM_MAX ((size_t)32 * 1024)

static uint32_t capacity_of(const struct kv_plan *plan)
{
	return plan->entries ? plan->capacity : KV_PLAN_INLINE;
}

static bool grow(struct kv_plan *plan, uint32_t needed)
{
	uint32_t capacity = plan->entries ? plan->capacity * 2 : 32;
	capacity = capacity < needed ? needed : capacity;
	struct kv_plan_entry *entries = gatio_realloc(plan->entries, capacity * sizeof(*entries));
	if (!entries) {
		return false;
	}
	if (!plan->entries) {
		memcpy(entries, plan->own, sizeof(plan->own));
	}
	plan->entries = entries;
	plan->capacity = capacity;
	return true;
}

void kv_plan_append(struct kv_connection *connection, struct kv_plan_entry entry)
{
	struct kv_plan *plan = &connection->plan;
	if (plan->count + ENTRIES_AHEAD >= capacity_of(plan) &&
	    !grow(plan, plan->count + 1 + ENTRIES_AHEAD)) {
		kv_shard_note_shortage();
		kv_round_close(kv_round()); /* the next one begins with an empty plan */
		if (plan->count == capacity_of(plan)) {
			connection->is_broken = true;
			return;
		}
	}
	kv_plan_entries(plan)[plan->count++] = entry;
}

bool kv_plan_has_room(struct kv_connection *connection, uint32_t count)
{
	struct kv_plan *plan = &connection->plan;
	uint32_t needed = plan->count + count + ENTRIES_AHEAD;
	if (needed <= capacity_of(plan) || grow(plan, needed)) {
		return true;
	}
	kv_shard_note_shortage();
	return false;
}

struct kv_reply *kv_plan_literal(struct kv_connection *connection)
{
	connection->plan.literals.is_resp3 = connection->is_resp3;
	return &connection->plan.literals;
}

bool kv_plan_literal_done(struct kv_connection *connection)
{
	struct kv_plan *plan = &connection->plan;
	if (plan->literals.has_failed) {
		plan->literals.size = plan->literal_end;
		plan->literals.has_failed = false;
		kv_plan_add(connection, KV_PLAN_FAIL, 0);
		return false;
	}
	uint32_t added = (uint32_t)plan->literals.size - plan->literal_end;
	plan->literal_end = (uint32_t)plan->literals.size;
	if (added > 0) {
		kv_plan_join(connection,
		             (struct kv_plan_entry){.kind = KV_PLAN_LITERAL, .count = added});
	}
	return true;
}

/* ---- Kept replies ------------------------------------------------------------------------------------------------ */

struct kv_batch *kv_kept_find(const struct kv_connection *connection, uint32_t shard)
{
	struct kv_batch *replies = connection->kept;
	while (replies && replies->shard != shard) {
		replies = replies->next;
	}
	return replies;
}

void kv_kept_drop(struct kv_connection *connection, struct kv_batch *replies)
{
	struct kv_batch **link = &connection->kept;
	while (*link != replies) {
		link = &(*link)->next;
	}
	*link = replies->next;
	connection->kept_size -= replies->size;
	gatio_message_free(replies);
}

void kv_kept_clear(struct kv_connection *connection)
{
	while (connection->kept) {
		kv_kept_drop(connection, connection->kept);
	}
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Replies of two shards come as many short runs: they are put side by side in one room of the output. */
struct writer {
	struct kv_connection *connection;
	uint8_t *room; /* NULL: none is open */
	size_t used;
	size_t capacity;
	bool is_stuck; /* a write found no memory */
};

static void open_room(struct writer *writer)
{
	const struct kv_connection *connection = writer->connection;
	size_t size = connection->kept_size;
	if (connection->plan.count - connection->plan.at > 1 && size > 0 && size <= ROOM_MAX) {
		writer->room = gatio_write_room(size);
		writer->capacity = size;
	}
}

static void close_room(struct writer *writer)
{
	if (writer->room) {
		gatio_write_done(writer->used);
		writer->room = NULL;
	}
}

/* Written at once, so that what does not find memory can be tried again, and the client's pace is seen. */
#define PIECE_SIZE ((size_t)256 * 1024)

/* False: there is no memory for it now. */
static bool put(struct writer *writer, const void *bytes, size_t size)
{
	if (writer->room && size <= writer->capacity - writer->used) {
		memcpy(writer->room + writer->used, bytes, size);
		writer->used += size;
		return true;
	}
	close_room(writer);
	int err = gatio_write(bytes, size);
	/* -EPIPE: the client is gone, its end is on the way. */
	writer->is_stuck = err == -ENOMEM || err == -ENOBUFS;
	return !writer->is_stuck;
}

static bool put_int(struct writer *writer, int64_t value)
{
	char text[1 + KV_INT_SIZE + 2];
	text[0] = ':';
	size_t size = 1 + kv_int_write(text + 1, value);
	kv_put_line_end(text + size);
	return put(writer, text, size + 2);
}

/* Add one part: an integer counts, an error is kept if it is the first. */
static void absorb(struct kv_plan *plan, struct kv_slice reply)
{
	int64_t value = 0;
	if (reply.data[0] == '-') {
		kv_errors_take_back((const char *)reply.data + 1);
		if (plan->error.size == 0) {
			kv_reply_raw(&plan->error, reply.data, reply.size);
		}
		return;
	}
	struct kv_slice digits = {.data = reply.data + 1, .size = reply.size - 3};
	if (reply.data[0] == ':' && kv_int_read(digits, &value)) {
		plan->sum += value;
	}
}

static bool put_result(struct writer *writer, enum kv_plan_kind kind)
{
	static const char oom[] = "-" KV_ERROR_OOM "\r\n";
	struct kv_plan *plan = &writer->connection->plan;
	bool lacks_memory = kind == KV_PLAN_FAIL || plan->error.has_failed;
	const char *error = lacks_memory           ? oom
	                    : plan->error.size > 0 ? (const char *)plan->error.bytes
	                                           : NULL;
	bool is_put;
	if (error) {
		is_put = put(writer, error, lacks_memory ? sizeof(oom) - 1 : plan->error.size);
	} else if (kind == KV_PLAN_SUM) {
		is_put = put_int(writer, plan->sum);
	} else {
		is_put = put(writer, "+OK\r\n", 5);
	}
	if (is_put) {
		if (error) {
			kv_errors_count(error + 1);
		}
		plan->sum = 0;
		kv_reply_finish(&plan->error);
	}
	return is_put;
}

/* Write the next piece of `size` bytes of a shard's replies. True: that was the last. */
static bool put_piece(struct writer *writer, const uint8_t *bytes, size_t size)
{
	struct kv_plan *plan = &writer->connection->plan;
	size_t left = size - plan->written;
	size_t piece = left < PIECE_SIZE ? left : PIECE_SIZE;
	if (!put(writer, bytes + plan->written, piece)) {
		return false;
	}
	plan->written += piece;
	if (plan->written < size) {
		return false;
	}
	plan->written = 0;
	return true;
}

/* Take up to entry->count replies of a shard that have come. False: there is none. */
static bool take(struct writer *writer, struct kv_plan_entry *entry)
{
	struct kv_connection *connection = writer->connection;
	struct kv_batch *replies = kv_kept_find(connection, entry->shard);
	if (!replies) {
		return false;
	}
	uint32_t left = replies->count - replies->done;
	uint32_t count = entry->count < left ? entry->count : left;
	const uint32_t *sizes = kv_replies_sizes(replies) + replies->done;
	const uint8_t *bytes = kv_replies_bytes(replies) + replies->offset;
	uint32_t size = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t one = sizes[i];
		if (entry->kind == KV_PLAN_PART) {
			absorb(&connection->plan,
			       (struct kv_slice){.data = bytes + size, .size = one});
		}
		size += one;
	}
	if (entry->kind == KV_PLAN_RUN && !put_piece(writer, bytes, size)) {
		return !writer->is_stuck;
	}
	entry->count -= count;
	replies->done += count;
	replies->offset += size;
	if (replies->done == replies->count) {
		kv_kept_drop(connection, replies);
	}
	return true;
}

static bool put_literal(struct writer *writer, struct kv_plan_entry *entry)
{
	struct kv_plan *plan = &writer->connection->plan;
	uint32_t size = entry->count < PIECE_SIZE ? entry->count : (uint32_t)PIECE_SIZE;
	if (!put(writer, plan->literals.bytes + plan->literal_at, size)) {
		return false;
	}
	plan->literal_at += size;
	entry->count -= size;
	plan->at += entry->count == 0 ? 1 : 0;
	return true;
}

/* Write one entry or a part of it. False: it must wait for replies, or for memory. */
static bool advance_entry(struct writer *writer)
{
	struct kv_plan *plan = &writer->connection->plan;
	struct kv_plan_entry *entry = kv_plan_entries(plan) + plan->at;
	switch ((enum kv_plan_kind)entry->kind) {
	case KV_PLAN_RUN:
	case KV_PLAN_PART:
		if (!take(writer, entry)) {
			return false;
		}
		break;
	case KV_PLAN_LITERAL:
		return put_literal(writer, entry);
	case KV_PLAN_LOST_PART:
		plan->error.has_failed = true;
		entry->count = 0;
		break;
	default:
		if (!put_result(writer, (enum kv_plan_kind)entry->kind)) {
			return false;
		}
		entry->count = 0;
	}
	plan->at += entry->count == 0 ? 1 : 0;
	return true;
}

void kv_plan_advance(struct kv_connection *connection)
{
	struct kv_plan *plan = &connection->plan;
	struct writer writer = {.connection = connection};
	open_room(&writer);
	while (plan->at < plan->count && !connection->is_broken &&
	       (writer.room || gatio_write_waiting() <= connection->output_mark)) {
		if (!advance_entry(&writer)) {
			break;
		}
	}
	close_room(&writer);
	if (writer.is_stuck) {
		kv_shard_note_shortage();
		kv_connection_retry(connection);
	}
}

bool kv_plan_is_done(const struct kv_connection *connection)
{
	return connection->plan.at == connection->plan.count;
}

bool kv_plan_write_through(struct kv_connection *connection, const struct kv_batch *replies)
{
	struct kv_plan *plan = &connection->plan;
	if (plan->at + 1 != plan->count || connection->kept || connection->procedure) {
		return false;
	}
	struct kv_plan_entry *entry = kv_plan_entries(plan) + plan->at;
	if (entry->kind != KV_PLAN_RUN || entry->shard != replies->shard ||
	    entry->count != replies->count || replies->size > KV_REPLY_SIZE_HIGH ||
	    gatio_write_waiting() > connection->output_mark) {
		return false;
	}
	int err = gatio_write(kv_replies_bytes(replies), replies->size);
	if (err == -ENOMEM || err == -ENOBUFS) {
		return false; /* kept, and tried again */
	}
	plan->at++;
	return true;
}

void kv_plan_reset(struct kv_connection *connection)
{
	struct kv_plan *plan = &connection->plan;
	gatio_free(plan->entries);
	plan->entries = NULL;
	plan->capacity = 0;
	plan->count = 0;
	plan->at = 0;
	plan->literal_at = 0;
	plan->literal_end = 0;
	plan->written = 0;
	kv_reply_finish(&plan->literals);
}
