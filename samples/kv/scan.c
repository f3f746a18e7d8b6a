/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scan: SCAN over the shards in turn. A page goes on in the next shard where one ends, so that it is full, or the last one.
 *
 * A cursor is the place in the shard times the number of shards, plus the shard's index. Behind the last place of a shard comes
 * the first of the next, behind all 0.
 */
#include "samples/kv/procedure.h"

/* What a page may reply, whatever COUNT says. */
#define PAGE_SIZE_MAX ((size_t)16 * 1024 * 1024)

static bool begin(struct kv_connection *connection, struct kv_procedure *procedure)
{
	uint64_t cursor = 0;
	if (!kv_cursor_read(kv_procedure_argument(procedure, 1), &cursor)) {
		kv_reply_error(kv_plan_literal(connection), "ERR invalid cursor");
		return false;
	}
	if (procedure->argc > KV_ARGUMENT_MAX - 1) {
		kv_reply_error(kv_plan_literal(connection), "ERR syntax error");
		return false;
	}
	procedure->shard = (uint32_t)(cursor % kv_config.shard_count);
	procedure->cursor = cursor / kv_config.shard_count;
	return true;
}

static void ask(struct kv_connection *connection, const struct kv_procedure *procedure)
{
	char cursor[KV_INT_SIZE];
	char count[KV_INT_SIZE];
	struct kv_slice argv[KV_ARGUMENT_MAX] = {
	        {.data = (uint8_t *)cursor, .size = kv_unsigned_write(cursor, procedure->cursor)},
	        {.data = (uint8_t *)count, .size = kv_unsigned_write(count, procedure->count)},
	};
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice word;
	uint32_t argc = 2;
	for (uint32_t i = 0; kv_arguments_next(&arguments, &word); i++) {
		if (i >= 2) {
			argv[argc++] = word;
		}
	}
	struct kv_procedure_item item = {.shard = procedure->shard,
	                                 .command = kv_internal_index(KV_SCAN)};
	kv_procedure_add(connection, &item, argv, argc);
}

/* False: the page ends here. */
static bool take(struct kv_procedure *procedure, struct kv_slice reply)
{
	struct kv_scan_part part;
	size_t head = 1 + sizeof(part);
	memcpy(&part, reply.data + 1, sizeof(part));
	kv_reply_raw(&procedure->result, reply.data + head, reply.size - head);
	procedure->count += part.count;
	procedure->cursor = part.cursor;
	procedure->shard += part.cursor == 0 ? 1 : 0;
	return procedure->count < part.wanted && !part.is_tired &&
	       procedure->shard < kv_config.shard_count && procedure->result.size < PAGE_SIZE_MAX;
}

bool kv_procedure_scan(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_reply *reply = kv_plan_literal(connection);
	if (procedure->phase++ == 0) {
		if (!begin(connection, procedure)) {
			return true;
		}
		ask(connection, procedure);
		return false;
	}
	struct kv_slice part = kv_procedure_reply(connection, procedure->shard, 0);
	if (part.size < 1 + sizeof(struct kv_scan_part) || part.data[0] != '!') {
		kv_reply_raw(reply, part.data, part.size); /* an error */
		return true;
	}
	if (take(procedure, part)) {
		ask(connection, procedure);
		return false;
	}
	char text[KV_INT_SIZE];
	bool is_over = procedure->shard == kv_config.shard_count;
	uint64_t next = is_over ? 0 : procedure->cursor * kv_config.shard_count + procedure->shard;
	kv_reply_array(reply, 2);
	kv_reply_bulk(reply, (struct kv_slice){.data = (uint8_t *)text,
	                                       .size = kv_unsigned_write(text, next)});
	kv_reply_array(reply, procedure->count);
	kv_reply_raw(reply, procedure->result.bytes, procedure->result.size);
	reply->has_failed |= procedure->result.has_failed;
	return true;
}
