/* SPDX-License-Identifier: Apache-2.0 */
/* Procedure: begin, step and end; very many keys, KEYS, RANDOMKEY. */
#include "samples/kv/procedure.h"

#include <errno.h>

struct kv_slice kv_procedure_argument(const struct kv_procedure *procedure, uint32_t index)
{
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice argument = {.data = NULL};
	for (uint32_t i = 0; i <= index; i++) {
		kv_arguments_next(&arguments, &argument);
	}
	return argument;
}

void kv_procedure_add(struct kv_connection *connection, const struct kv_procedure_item *item,
                      const struct kv_slice *argv, uint32_t argc)
{
	struct kv_item_options options = {
	        .hash = argc > 0 ? kv_hash(kv_config.hash_key, argv[0]) : 0,
	        .shard = item->shard,
	        .command = item->command,
	        .database = connection->database,
	        .is_resp3 = connection->is_resp3,
	};
	if (!kv_round_add(kv_round(), &options, argv, argc)) {
		connection->is_broken = true;
		return;
	}
	kv_round()->batches[item->shard]->reserve = (uint8_t)item->reserve;
}

struct kv_slice kv_procedure_reply(const struct kv_connection *connection, uint32_t shard,
                                   uint32_t index)
{
	const struct kv_batch *replies = kv_kept_find(connection, shard);
	if (!replies || index >= replies->count) {
		return (struct kv_slice){.data = NULL};
	}
	const uint8_t *bytes = kv_replies_bytes(replies);
	for (uint32_t i = 0; i < index; i++) {
		bytes += kv_replies_sizes(replies)[i];
	}
	return (struct kv_slice){.data = bytes, .size = kv_replies_sizes(replies)[index]};
}

/* ---- Held shards ------------------------------------------------------------------------------------------------- */

void kv_procedure_hold(struct kv_procedure *procedure, uint32_t shard)
{
	procedure->held[shard / 8] |= (uint8_t)(1u << (shard % 8));
}

bool kv_procedure_holds(const struct kv_procedure *procedure, uint32_t shard)
{
	return procedure->held[shard / 8] & (1u << (shard % 8));
}

void kv_procedure_release(struct kv_connection *connection, struct kv_procedure *procedure)
{
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		if (kv_procedure_holds(procedure, i)) {
			struct kv_procedure_item item = {.shard = i,
			                                 .command = kv_internal_index(KV_NOTHING),
			                                 .reserve = KV_RELEASE};
			kv_procedure_add(connection, &item, NULL, 0);
		}
	}
	if (!connection->is_broken) { /* else nothing is sent: kv_procedure_abandon() does it */
		memset(procedure->held, 0, sizeof(procedure->held));
	}
}

void kv_procedure_abandon(struct kv_connection *connection)
{
	for (uint32_t i = 0; connection->procedure && i < kv_config.shard_count; i++) {
		if (kv_procedure_holds(connection->procedure, i)) {
			int err = gatio_send(kv_config.shards[i], kv_release,
			                     .connection = gatio_self());
			(void)err; /* the shard's own deadline frees it too */
		}
	}
}

/* ---- Very many keys ---------------------------------------------------------------------------------------------- */

static bool step_split(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase == 0) {
		struct kv_slice name;
		procedure->rest =
		        (struct kv_arguments){.at = procedure->raw, .left = procedure->argc};
		kv_arguments_next(&procedure->rest, &name);
		procedure->phase = 1;
		if (procedure->command->route == KV_ROUTE_VALUES) {
			kv_reply_array(kv_plan_literal(connection), procedure->argc - 1);
			if (!kv_plan_literal_done(connection)) {
				return true;
			}
		}
	}
	struct kv_split split = {.command = procedure->command,
	                         .arguments = procedure->rest,
	                         .part_max = KV_ROUND_ITEM_MAX};
	kv_route_parts(connection, &split);
	procedure->rest = split.arguments;
	if (procedure->rest.left > 0) {
		return false;
	}
	kv_route_parts_end(connection, procedure->command);
	return true;
}

/* ---- KEYS, RANDOMKEY --------------------------------------------------------------------------------------------- */

static void ask_keys(struct kv_connection *connection, const struct kv_procedure *procedure)
{
	char cursor[KV_INT_SIZE];
	struct kv_slice argv[2] = {
	        {.data = (uint8_t *)cursor, .size = kv_unsigned_write(cursor, procedure->cursor)},
	        kv_procedure_argument(procedure, 1),
	};
	struct kv_procedure_item item = {.shard = procedure->shard,
	                                 .command = kv_internal_index(KV_KEYS)};
	kv_procedure_add(connection, &item, argv, 2);
}

/* Take in what a shard has found. */
static void take_keys(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_slice reply = kv_procedure_reply(connection, procedure->shard, 0);
	struct kv_keys_part part = {.cursor = 0};
	size_t head = 1 + sizeof(part);
	if (reply.size >= head) {
		memcpy(&part, reply.data + 1, sizeof(part));
		kv_reply_raw(&procedure->result, reply.data + head, reply.size - head);
	}
	procedure->count += part.count;
	procedure->cursor = part.cursor;
	procedure->shard += part.cursor == 0 ? 1 : 0;
}

static bool step_keys(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase++ > 0) {
		take_keys(connection, procedure);
	}
	struct kv_reply *reply = kv_plan_literal(connection);
	if (procedure->result.has_failed || procedure->result.size > KV_KEYS_SIZE_MAX) {
		kv_reply_error(reply, "ERR KEYS would reply more than 16 MiB; use SCAN");
		return true;
	}
	if (procedure->shard < kv_config.shard_count) {
		ask_keys(connection, procedure);
		return false;
	}
	kv_reply_array(reply, procedure->count);
	kv_reply_raw(reply, procedure->result.bytes, procedure->result.size);
	return true;
}

static bool is_null(struct kv_slice reply)
{
	return reply.size > 1 && (reply.data[0] == '_' || reply.data[1] == '-');
}

/* Ask the shards in turn, from a random one on, until one has a key. */
static bool step_random(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase++ == 0) {
		procedure->shard = (uint32_t)(gatio_random() % kv_config.shard_count);
	} else {
		struct kv_slice reply = kv_procedure_reply(connection, procedure->shard, 0);
		procedure->count++;
		if (!is_null(reply) || procedure->count == kv_config.shard_count) {
			kv_reply_raw(kv_plan_literal(connection), reply.data, reply.size);
			return true;
		}
		procedure->shard = (procedure->shard + 1) % kv_config.shard_count;
	}
	struct kv_procedure_item item = {.shard = procedure->shard,
	                                 .command = kv_internal_index(KV_RANDOM)};
	kv_procedure_add(connection, &item, NULL, 0);
	return false;
}

/* ---- Begin, step, end -------------------------------------------------------------------------------------------- */

static kv_procedure_fn step_of(const struct kv_command *command)
{
	static const struct {
		const char *name;
		kv_procedure_fn step;
	} steps[] = {
	        {"keys", step_keys},
	        {"scan", kv_procedure_scan},
	        {"randomkey", step_random},
	        {"rename", kv_procedure_rename},
	        {"renamenx", kv_procedure_rename},
	        {"msetnx", kv_procedure_msetnx},
	        {"info", kv_procedure_info},
	        {"client", kv_procedure_clients},
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, command->name) == 0) {
			return steps[i].step;
		}
	}
	return step_split;
}

static void end(struct kv_connection *connection)
{
	struct kv_procedure *procedure = connection->procedure;
	connection->procedure = NULL;
	gatio_free(procedure->raw);
	gatio_free(procedure->key_shards);
	kv_reply_finish(&procedure->result);
	gatio_free(procedure);
}

void kv_procedure_begin(struct kv_connection *connection, const struct kv_request *request,
                        const struct kv_command *command)
{
	struct kv_procedure *procedure = gatio_alloc(sizeof(*procedure));
	uint8_t *raw = gatio_alloc(request->raw.size);
	if (!procedure || !raw) {
		gatio_free(procedure);
		gatio_free(raw);
		kv_plan_add(connection, KV_PLAN_FAIL, 0);
		return;
	}
	memcpy(raw, request->raw.data, request->raw.size);
	*procedure = (struct kv_procedure){
	        .command = command,
	        .step = step_of(command),
	        .raw = raw,
	        .argc = request->argc,
	        .result = {.is_resp3 = connection->is_resp3},
	};
	connection->procedure = procedure;
}

/* What has changed something must not be answered as if it had not. */
static bool has_lost_its_answer(const struct kv_connection *connection)
{
	const struct kv_procedure *procedure = connection->procedure;
	bool has_failed = procedure->result.has_failed || connection->plan.literals.has_failed;
	return has_failed && procedure->command->flags & KV_WRITE;
}

void kv_procedure_step(struct kv_connection *connection)
{
	bool is_over = connection->procedure->step(connection, connection->procedure);
	if (is_over && has_lost_its_answer(connection)) {
		connection->is_broken = true;
	}
	kv_plan_literal_done(connection);
	if (!connection->procedure->keeps_replies || is_over) {
		kv_kept_clear(connection);
	}
	connection->procedure->keeps_replies = false;
	if (is_over) {
		end(connection);
	}
}
