/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic: RENAME, RENAMENX and MSETNX over several shards, with the shards reserved meanwhile. */
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
	MSETNX_END,
};

static uint32_t key_count_of(const struct kv_procedure *procedure)
{
	return (procedure->argc - 1) / 2;
}

/* False: has replied. */
static bool begin_msetnx(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_reply *reply = kv_plan_literal(connection);
	uint32_t key_count = key_count_of(procedure);
	if (procedure->argc % 2 == 0) {
		kv_reply_error(reply, "ERR wrong number of arguments for 'msetnx' command");
		return false;
	}
	if (key_count > KV_MSETNX_KEY_MAX) {
		kv_reply_error(reply, "ERR MSETNX takes at most 1024 keys");
		return false;
	}
	procedure->key_shards = gatio_alloc(key_count * sizeof(*procedure->key_shards));
	if (!procedure->key_shards) {
		kv_reply_error(reply, "OOM command not allowed when used memory > 'maxmemory'.");
		return false;
	}
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice argument;
	kv_arguments_next(&arguments, &argument);
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

/* For each key in `shard`, or in all: send it (and its value) as `item` says. Returns the number sent. */
static uint32_t send_keys(struct kv_connection *connection, const struct kv_procedure *procedure,
                          struct kv_procedure_item item, bool all)
{
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice argv[2];
	uint32_t count = 0;
	kv_arguments_next(&arguments, &argv[0]);
	for (uint32_t i = 0; i < key_count_of(procedure); i++) {
		kv_arguments_next(&arguments, &argv[0]);
		kv_arguments_next(&arguments, &argv[1]);
		if (all || procedure->key_shards[i] == item.shard) {
			struct kv_procedure_item one = item;
			one.shard = procedure->key_shards[i];
			kv_procedure_add(connection, &one, argv, all ? 2 : 1);
			count++;
		}
	}
	return count;
}

/* Whether a shard's replies let the request go on. */
static void judge(const struct kv_connection *connection, struct kv_procedure *procedure,
                  uint32_t shard)
{
	const struct kv_batch *replies = kv_kept_find(connection, shard);
	for (uint32_t i = 0; replies && i < replies->count && !procedure->is_refused; i++) {
		struct kv_slice reply = kv_procedure_reply(connection, shard, i);
		if (reply.data[0] == '-') {
			kv_reply_raw(&procedure->result, reply.data, reply.size);
			procedure->is_refused = true;
		} else if (reply.data[0] == ':' && reply.data[1] == '1') {
			kv_reply_int(&procedure->result, 0);
			procedure->is_refused = true;
		}
	}
}

/* Reserve the next shard that has keys. False: there is none. */
static bool probe_next(struct kv_connection *connection, struct kv_procedure *procedure)
{
	for (; procedure->shard < kv_config.shard_count; procedure->shard++) {
		struct kv_procedure_item item = {.shard = procedure->shard,
		                                 .command = kv_internal_index(KV_PROBE),
		                                 .reserve = KV_ACQUIRE};
		if (send_keys(connection, procedure, item, false) > 0) {
			kv_procedure_hold(procedure, procedure->shard);
			return true;
		}
	}
	return false;
}

static void set_all(struct kv_connection *connection, struct kv_procedure *procedure)
{
	const struct kv_command *set = kv_command_find(kv_text("set"));
	struct kv_procedure_item item = {.command = kv_command_index(set), .reserve = KV_WITHIN};
	send_keys(connection, procedure, item, true);
	kv_procedure_release(connection, procedure);
}

bool kv_procedure_msetnx(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase == MSETNX_BEGIN) {
		if (!begin_msetnx(connection, procedure)) {
			return true;
		}
		procedure->phase = MSETNX_PROBE;
		probe_next(connection, procedure);
		return false;
	}
	if (procedure->phase == MSETNX_PROBE) {
		judge(connection, procedure, procedure->shard);
		procedure->shard++;
		if (procedure->is_refused) {
			kv_procedure_release(connection, procedure);
		} else if (probe_next(connection, procedure)) {
			return false;
		} else {
			set_all(connection, procedure);
		}
		procedure->phase = MSETNX_END;
		return false;
	}
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		judge(connection, procedure, i);
	}
	if (!procedure->is_refused) {
		kv_reply_int(&procedure->result, 1);
	}
	kv_reply_raw(kv_plan_literal(connection), procedure->result.bytes, procedure->result.size);
	return true;
}
