/* SPDX-License-Identifier: Apache-2.0 */
/* Stage: begin, step and end; very many keys, KEYS, RANDOMKEY. */
#include "samples/kv/stage.h"

#include <errno.h>

struct kv_slice kv_stage_argument(const struct kv_stage *stage, uint32_t index)
{
	struct kv_arguments arguments = {.at = stage->raw, .left = stage->argc};
	struct kv_slice argument = {.data = NULL};
	for (uint32_t i = 0; i <= index; i++) {
		kv_arguments_next(&arguments, &argument);
	}
	return argument;
}

void kv_stage_add(struct kv_connection *connection, const struct kv_stage_item *item,
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

struct kv_slice kv_stage_reply(const struct kv_connection *connection, uint32_t shard,
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

void kv_stage_hold(struct kv_stage *stage, uint32_t shard)
{
	stage->held[shard / 8] |= (uint8_t)(1u << (shard % 8));
}

bool kv_stage_holds(const struct kv_stage *stage, uint32_t shard)
{
	return stage->held[shard / 8] & (1u << (shard % 8));
}

void kv_stage_release(struct kv_connection *connection, struct kv_stage *stage)
{
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		if (kv_stage_holds(stage, i)) {
			struct kv_stage_item item = {.shard = i,
			                             .command = kv_internal_index(KV_NOTHING),
			                             .reserve = KV_RELEASE};
			kv_stage_add(connection, &item, NULL, 0);
		}
	}
	if (!connection->is_broken) { /* else nothing is sent: kv_stage_abandon() does it */
		memset(stage->held, 0, sizeof(stage->held));
	}
}

void kv_stage_abandon(struct kv_connection *connection)
{
	for (uint32_t i = 0; connection->stage && i < kv_config.shard_count; i++) {
		if (kv_stage_holds(connection->stage, i)) {
			int err = gatio_send(kv_config.shards[i], kv_release,
			                     .connection = gatio_self());
			(void)err; /* the shard's own deadline frees it too */
		}
	}
}

/* ---- Very many keys ---------------------------------------------------------------------------------------------- */

static bool step_split(struct kv_connection *connection, struct kv_stage *stage)
{
	if (stage->phase == 0) {
		struct kv_slice name;
		stage->rest = (struct kv_arguments){.at = stage->raw, .left = stage->argc};
		kv_arguments_next(&stage->rest, &name);
		stage->phase = 1;
		if (stage->command->route == KV_ROUTE_VALUES) {
			kv_reply_array(kv_plan_literal(connection), stage->argc - 1);
			kv_plan_literal_done(connection);
		}
	}
	struct kv_split split = {
	        .command = stage->command, .arguments = stage->rest, .part_max = KV_ROUND_ITEM_MAX};
	kv_route_parts(connection, &split);
	stage->rest = split.arguments;
	if (stage->rest.left > 0) {
		return false;
	}
	kv_route_parts_end(connection, stage->command);
	return true;
}

/* ---- KEYS, RANDOMKEY --------------------------------------------------------------------------------------------- */

static void ask_keys(struct kv_connection *connection, const struct kv_stage *stage)
{
	char cursor[KV_INT_SIZE];
	struct kv_slice argv[2] = {
	        {.data = (uint8_t *)cursor, .size = kv_unsigned_write(cursor, stage->cursor)},
	        kv_stage_argument(stage, 1),
	};
	struct kv_stage_item item = {.shard = stage->shard, .command = kv_internal_index(KV_KEYS)};
	kv_stage_add(connection, &item, argv, 2);
}

/* Take in what a shard has found. */
static void take_keys(struct kv_connection *connection, struct kv_stage *stage)
{
	struct kv_slice reply = kv_stage_reply(connection, stage->shard, 0);
	struct kv_keys_part part = {.cursor = 0};
	size_t head = 1 + sizeof(part);
	if (reply.size >= head) {
		memcpy(&part, reply.data + 1, sizeof(part));
		kv_reply_raw(&stage->result, reply.data + head, reply.size - head);
	}
	stage->count += part.count;
	stage->cursor = part.cursor;
	stage->shard += part.cursor == 0 ? 1 : 0;
}

static bool step_keys(struct kv_connection *connection, struct kv_stage *stage)
{
	if (stage->phase++ > 0) {
		take_keys(connection, stage);
	}
	struct kv_reply *reply = kv_plan_literal(connection);
	if (stage->result.has_failed || stage->result.size > KV_KEYS_SIZE_MAX) {
		kv_reply_error(reply, "ERR KEYS would reply more than 16 MiB; use SCAN");
		return true;
	}
	if (stage->shard < kv_config.shard_count) {
		ask_keys(connection, stage);
		return false;
	}
	kv_reply_array(reply, stage->count);
	kv_reply_raw(reply, stage->result.bytes, stage->result.size);
	return true;
}

static bool is_null(struct kv_slice reply)
{
	return reply.size > 1 && (reply.data[0] == '_' || reply.data[1] == '-');
}

/* Ask the shards in turn, from a random one on, until one has a key. */
static bool step_random(struct kv_connection *connection, struct kv_stage *stage)
{
	if (stage->phase++ == 0) {
		stage->shard = (uint32_t)(gatio_random() % kv_config.shard_count);
	} else {
		struct kv_slice reply = kv_stage_reply(connection, stage->shard, 0);
		stage->count++;
		if (!is_null(reply) || stage->count == kv_config.shard_count) {
			kv_reply_raw(kv_plan_literal(connection), reply.data, reply.size);
			return true;
		}
		stage->shard = (stage->shard + 1) % kv_config.shard_count;
	}
	struct kv_stage_item item = {.shard = stage->shard,
	                             .command = kv_internal_index(KV_RANDOM)};
	kv_stage_add(connection, &item, NULL, 0);
	return false;
}

/* ---- Begin, step, end -------------------------------------------------------------------------------------------- */

static kv_stage_fn step_of(const struct kv_command *command)
{
	static const struct {
		const char *name;
		kv_stage_fn step;
	} steps[] = {
	        {"keys", step_keys},           {"scan", kv_stage_scan},
	        {"randomkey", step_random},    {"rename", kv_stage_rename},
	        {"renamenx", kv_stage_rename}, {"msetnx", kv_stage_msetnx},
	        {"info", kv_stage_info},       {"client", kv_stage_clients},
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
	struct kv_stage *stage = connection->stage;
	connection->stage = NULL;
	gatio_free(stage->raw);
	gatio_free(stage->key_shards);
	kv_reply_finish(&stage->result);
	gatio_free(stage);
}

void kv_stage_begin(struct kv_connection *connection, const struct kv_request *request,
                    const struct kv_command *command)
{
	struct kv_stage *stage = gatio_alloc(sizeof(*stage));
	uint8_t *raw = gatio_alloc(request->raw.size);
	if (!stage || !raw) {
		gatio_free(stage);
		gatio_free(raw);
		kv_plan_add(connection, KV_PLAN_FAIL, 0);
		return;
	}
	memcpy(raw, request->raw.data, request->raw.size);
	*stage = (struct kv_stage){
	        .command = command,
	        .step = step_of(command),
	        .raw = raw,
	        .argc = request->argc,
	        .result = {.is_resp3 = connection->is_resp3},
	};
	connection->stage = stage;
}

void kv_stage_step(struct kv_connection *connection)
{
	bool is_over = connection->stage->step(connection, connection->stage);
	kv_plan_literal_done(connection);
	if (!connection->stage->keeps_replies || is_over) {
		kv_kept_clear(connection);
	}
	connection->stage->keeps_replies = false;
	if (is_over) {
		end(connection);
	}
}
