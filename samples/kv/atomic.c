/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic: RENAME, RENAMENX and MSETNX over several shards, with the shards reserved meanwhile. */
#include "samples/kv/errors.h"
#include "samples/kv/procedure.h"

/* ---- RENAME ------------------------------------------------------------------------------------------------------ */

enum rename_phase {
	RENAME_FIRST,  /* reserve the shard of the lower index */
	RENAME_SECOND, /* and the other */
	RENAME_DECIDE,
	RENAME_MOVE,
	RENAME_END,
};

struct rename {
	struct kv_slice keys[2]; /* from, to */
	uint32_t shards[2];
	bool only_new;
};

static struct rename rename_of(const struct kv_procedure *procedure)
{
	struct rename rename = {.only_new = strcmp(procedure->command->name, "renamenx") == 0};
	for (uint32_t i = 0; i < 2; i++) {
		rename.keys[i] = kv_procedure_argument(procedure, 1 + i);
		rename.shards[i] = kv_shard_of(kv_hash(kv_config.hash_key, rename.keys[i]));
	}
	return rename;
}

/* Reserve one of the shards and see what is there. which: 0 the source, 1 the target. */
static void look(struct kv_connection *connection, struct kv_procedure *procedure,
                 const struct rename *rename, uint32_t which)
{
	struct kv_procedure_item item = {
	        .shard = rename->shards[which],
	        .command = kv_internal_index(which == 0 ? KV_DUMP : KV_LOOK),
	        .reserve = KV_ACQUIRE,
	};
	kv_procedure_hold(procedure, item.shard);
	kv_procedure_add(connection, &item, &rename->keys[which], 1);
}

/* Why it cannot be done, into the result. False: it can. */
static bool is_refused(struct kv_procedure *procedure, const struct rename *rename,
                       struct kv_slice source, struct kv_slice target)
{
	if (source.size == 0 || source.data[0] != '!') {
		kv_reply_error(&procedure->result, "ERR no such key");
		return true;
	}
	if (target.size > 1 && target.data[0] == '-') {
		kv_reply_raw(&procedure->result, target.data, target.size);
		return true;
	}
	if (rename->only_new && target.size > 1 && target.data[1] == '1') {
		kv_reply_int(&procedure->result, 0);
		return true;
	}
	return false;
}

static void decide(struct kv_connection *connection, struct kv_procedure *procedure,
                   const struct rename *rename)
{
	struct kv_slice source = kv_procedure_reply(connection, rename->shards[0], 0);
	struct kv_slice target = kv_procedure_reply(connection, rename->shards[1], 0);
	if (is_refused(procedure, rename, source, target)) {
		kv_procedure_release(connection, procedure);
		procedure->phase = RENAME_END;
		return;
	}
	struct kv_slice argv[2] = {
	        rename->keys[1],
	        {.data = source.data + 1, .size = source.size - 1},
	};
	struct kv_procedure_item item = {.shard = rename->shards[1],
	                                 .command = kv_internal_index(KV_RESTORE),
	                                 .reserve = KV_WITHIN};
	kv_procedure_add(connection, &item, argv, 2);
	procedure->phase = RENAME_MOVE;
}

/* The target is set: the source goes, and both shards are given free at the same time. */
static void finish_move(struct kv_connection *connection, struct kv_procedure *procedure,
                        const struct rename *rename)
{
	struct kv_slice reply = kv_procedure_reply(connection, rename->shards[1], 0);
	procedure->phase = RENAME_END;
	if (reply.size == 0 || reply.data[0] == '-') {
		kv_reply_raw(&procedure->result, reply.data, reply.size);
		kv_procedure_release(connection, procedure);
		return;
	}
	const struct kv_command *del = kv_command_find(kv_text("del"));
	struct kv_procedure_item item = {
	        .shard = rename->shards[0], .command = kv_command_index(del), .reserve = KV_WITHIN};
	kv_procedure_add(connection, &item, &rename->keys[0], 1);
	kv_procedure_release(connection, procedure);
	if (rename->only_new) {
		kv_reply_int(&procedure->result, 1);
	} else {
		kv_reply_ok(&procedure->result);
	}
}

bool kv_procedure_rename(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct rename rename = rename_of(procedure);
	uint32_t first = rename.shards[0] < rename.shards[1] ? 0 : 1;
	switch ((enum rename_phase)procedure->phase) {
	case RENAME_FIRST:
		look(connection, procedure, &rename, first);
		procedure->phase = RENAME_SECOND;
		return false;
	case RENAME_SECOND:
		look(connection, procedure, &rename, 1 - first);
		procedure->keeps_replies = true;
		procedure->phase = RENAME_DECIDE;
		return false;
	case RENAME_DECIDE:
		decide(connection, procedure, &rename);
		return false;
	case RENAME_MOVE:
		finish_move(connection, procedure, &rename);
		return false;
	default:
		break;
	}
	/* What the shards said to the end of it counts more than what was meant. */
	struct kv_slice last = kv_procedure_reply(connection, rename.shards[0], 0);
	bool has_failed = last.size > 0 && last.data[0] == '-';
	struct kv_slice result = {.data = procedure->result.bytes, .size = procedure->result.size};
	result = has_failed && result.data[0] != '-' ? last : result;
	kv_reply_raw(kv_plan_literal(connection), result.data, result.size);
	return true;
}

/* ---- MSETNX ------------------------------------------------------------------------------------------------------ */

enum msetnx_phase {
	MSETNX_BEGIN,
	MSETNX_PROBE, /* reserve the shards in turn and look for the keys */
	MSETNX_SET,
	MSETNX_END,
};

static void rewind_pairs(struct kv_procedure *procedure)
{
	struct kv_slice name;
	procedure->rest = (struct kv_arguments){.at = procedure->raw, .left = procedure->argc};
	kv_arguments_next(&procedure->rest, &name);
}

/* Find the shard of each key. False: has replied. */
static bool begin_msetnx(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_reply *reply = kv_plan_literal(connection);
	uint32_t key_count = (procedure->argc - 1) / 2;
	if (procedure->argc % 2 == 0) {
		kv_reply_error(reply, "ERR wrong number of arguments for 'msetnx' command");
		return false;
	}
	procedure->key_shards = gatio_alloc(key_count * sizeof(*procedure->key_shards));
	if (!procedure->key_shards) {
		kv_reply_error(reply, KV_ERROR_OOM);
		return false;
	}
	rewind_pairs(procedure);
	struct kv_arguments arguments = procedure->rest;
	struct kv_slice argument;
	for (uint32_t i = 0; i < key_count; i++) {
		kv_arguments_next(&arguments, &argument);
		uint64_t hash = kv_hash(kv_config.hash_key, argument);
		procedure->key_shards[i] = (uint16_t)kv_shard_of(hash);
		if (argument.size > KV_KEY_SIZE_MAX) {
			kv_reply_error(reply, "ERR key is longer than 65536 bytes");
			return false;
		}
		kv_arguments_next(&arguments, &argument);
	}
	return true;
}

/*
 * Add the next pairs to the round, as many as it takes: of all shards with their values to be set, or the keys of the shard at
 * hand to be looked for. Returns whether there was one.
 */
static bool add_pairs(struct kv_connection *connection, struct kv_procedure *procedure, bool sets,
                      struct kv_procedure_item item)
{
	const struct kv_round *round = kv_round();
	struct kv_slice argv[2];
	while (procedure->rest.left > 0 && !connection->is_broken &&
	       round->item_count < KV_ROUND_ITEM_MAX && round->size < KV_ROUND_SIZE_MAX) {
		uint32_t index = (procedure->argc - 1 - procedure->rest.left) / 2;
		item.shard = procedure->key_shards[index];
		kv_arguments_next(&procedure->rest, &argv[0]);
		kv_arguments_next(&procedure->rest, &argv[1]);
		if (sets || item.shard == procedure->shard) {
			kv_procedure_add(connection, &item, argv, sets ? 2 : 1);
		}
	}
	return round->item_count > 0;
}

/* Whether a shard's replies let the request go on. */
static void judge(const struct kv_connection *connection, struct kv_procedure *procedure,
                  uint32_t shard)
{
	const struct kv_batch *replies = kv_kept_find(connection, shard);
	const uint8_t *bytes = replies ? kv_replies_bytes(replies) : NULL;
	for (uint32_t i = 0; replies && i < replies->count; i++) {
		struct kv_slice reply = {.data = bytes, .size = kv_replies_sizes(replies)[i]};
		bytes += reply.size;
		bool is_error = reply.data[0] == '-';
		if (is_error) {
			kv_errors_take_back((const char *)reply.data + 1);
		}
		if (is_error && !procedure->is_refused) {
			kv_reply_raw(&procedure->result, reply.data, reply.size);
			kv_errors_count((const char *)reply.data + 1);
			procedure->is_refused = true;
		} else if (reply.data[0] == ':' && reply.data[1] == '1' && !procedure->is_refused) {
			kv_reply_int(&procedure->result, 0);
			procedure->is_refused = true;
		}
	}
}

static void judge_all(const struct kv_connection *connection, struct kv_procedure *procedure)
{
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		judge(connection, procedure, i);
	}
}

/* Look for more keys, in this shard or in the next that has some, which is reserved then. False: there is none. */
static bool probe(struct kv_connection *connection, struct kv_procedure *procedure)
{
	while (procedure->shard < kv_config.shard_count) {
		bool is_held = kv_procedure_holds(procedure, procedure->shard);
		struct kv_procedure_item item = {.command = kv_internal_index(KV_PROBE),
		                                 .reserve = is_held ? KV_WITHIN : KV_ACQUIRE};
		if (add_pairs(connection, procedure, false, item)) {
			kv_procedure_hold(procedure, procedure->shard);
			return true;
		}
		procedure->shard++;
		rewind_pairs(procedure);
	}
	return false;
}

/* Set more of the keys; with the last of them all shards are given free. False: there are more. */
static bool set(struct kv_connection *connection, struct kv_procedure *procedure)
{
	const struct kv_command *command = kv_command_find(kv_text("set"));
	struct kv_procedure_item item = {.command = kv_command_index(command),
	                                 .reserve = KV_WITHIN};
	add_pairs(connection, procedure, true, item);
	if (procedure->rest.left > 0) {
		return false;
	}
	kv_procedure_release(connection, procedure);
	return true;
}

static void end_msetnx(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (!procedure->is_refused) {
		kv_reply_int(&procedure->result, 1);
	}
	kv_reply_raw(kv_plan_literal(connection), procedure->result.bytes, procedure->result.size);
}

/* What the last round has said counts before the next one is made. */
bool kv_procedure_msetnx(struct kv_connection *connection, struct kv_procedure *procedure)
{
	judge_all(connection, procedure);
	switch ((enum msetnx_phase)procedure->phase) {
	case MSETNX_BEGIN:
		if (!begin_msetnx(connection, procedure)) {
			return true;
		}
		procedure->phase = MSETNX_PROBE;
		break;
	case MSETNX_END:
		end_msetnx(connection, procedure);
		return true;
	default:
		break;
	}
	if (procedure->is_refused) {
		kv_procedure_release(connection, procedure);
		procedure->phase = MSETNX_END;
		return false;
	}
	if (procedure->phase == MSETNX_PROBE && !probe(connection, procedure)) {
		procedure->phase = MSETNX_SET;
	}
	if (procedure->phase == MSETNX_SET && set(connection, procedure)) {
		procedure->phase = MSETNX_END;
	}
	return false;
}
