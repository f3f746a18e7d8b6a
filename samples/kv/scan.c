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
/* Keys of a page, when COUNT is not given. */
#define COUNT_DEFAULT 10

static void reply_error(struct kv_connection *connection, const char *text)
{
	kv_reply_error(kv_plan_literal(connection), text);
}

/* COUNT of a page, which has been given. False: has replied. */
static bool read_count(struct kv_connection *connection, struct kv_procedure *procedure,
                       struct kv_slice text)
{
	int64_t count = 0;
	if (!kv_int_read(text, &count)) {
		reply_error(connection, "ERR value is not an integer or out of range");
		return false;
	}
	if (count < 1) {
		reply_error(connection, "ERR syntax error");
		return false;
	}
	procedure->wanted = (uint64_t)count;
	return true;
}

/* What stands behind the cursor. False: has replied. */
static bool read_options(struct kv_connection *connection, struct kv_procedure *procedure,
                         struct kv_arguments options)
{
	struct kv_slice word;
	struct kv_slice value;
	procedure->wanted = COUNT_DEFAULT;
	while (kv_arguments_next(&options, &word)) {
		bool has_value = kv_arguments_next(&options, &value);
		if (has_value && kv_same_word(word, "count")) {
			if (!read_count(connection, procedure, value)) {
				return false;
			}
		} else if (has_value && kv_same_word(word, "match")) {
			procedure->pattern = value;
		} else if (has_value && kv_same_word(word, "type")) {
			procedure->is_other_type = !kv_same_word(value, "string");
		} else {
			reply_error(connection, "ERR syntax error");
			return false;
		}
	}
	return true;
}

/* False: has replied. */
static bool begin(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice word;
	uint64_t cursor = 0;
	kv_arguments_next(&arguments, &word);
	kv_arguments_next(&arguments, &word);
	if (!kv_cursor_read(word, &cursor)) {
		reply_error(connection, "ERR invalid cursor");
		return false;
	}
	procedure->shard = (uint32_t)(cursor % kv_config.shard_count);
	procedure->cursor = cursor / kv_config.shard_count;
	return read_options(connection, procedure, arguments);
}

static void ask(struct kv_connection *connection, const struct kv_procedure *procedure)
{
	struct kv_scan_ask ask = {
	        .cursor = procedure->cursor,
	        .wanted = procedure->wanted - procedure->count,
	        .is_other_type = procedure->is_other_type,
	};
	struct kv_slice argv[] = {
	        {.data = (const uint8_t *)&ask, .size = sizeof(ask)},
	        procedure->pattern,
	};
	struct kv_procedure_item item = {.shard = procedure->shard,
	                                 .command = kv_internal_index(KV_SCAN)};
	kv_procedure_add(connection, &item, argv, procedure->pattern.data ? 2 : 1);
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
	return procedure->count < procedure->wanted && !part.is_tired &&
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
