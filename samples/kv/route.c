/* SPDX-License-Identifier: Apache-2.0 */
/* Route: where a request runs, and its parts if its keys are in several shards. */
#include <stdio.h>

#include "samples/kv/connection.h"
#include "samples/kv/shard.h"

#define ERROR_ARGUMENTS_MAX 128

static void reply_error(struct kv_connection *connection, const char *text)
{
	kv_reply_error(kv_plan_literal(connection), text);
	kv_plan_literal_done(connection);
}

static void reply_wrong_arity(struct kv_connection *connection, const char *name)
{
	kv_reply_errorf(kv_plan_literal(connection),
	                "ERR wrong number of arguments for '%s' command", name);
	kv_plan_literal_done(connection);
}

/* printf's %.*s: up to a NUL and at most `max`. */
static int shown(struct kv_slice text, size_t max)
{
	return (int)strnlen((const char *)text.data, text.size < max ? text.size : max);
}

static void reply_unknown(struct kv_connection *connection, const struct kv_request *request)
{
	char arguments[ERROR_ARGUMENTS_MAX + 8] = "";
	size_t size = 0;
	for (uint32_t i = 1; i < request->argc && i < KV_ARGUMENT_MAX && size < ERROR_ARGUMENTS_MAX;
	     i++) {
		int written = snprintf(arguments + size, sizeof(arguments) - size, "'%.*s' ",
		                       shown(request->argv[i], ERROR_ARGUMENTS_MAX - size),
		                       (const char *)request->argv[i].data);
		size += (size_t)written;
	}
	kv_reply_errorf(kv_plan_literal(connection),
	                "ERR unknown command '%.*s', with args beginning with: %s",
	                shown(request->argv[0], 128), (const char *)request->argv[0].data,
	                arguments);
	kv_plan_literal_done(connection);
}

static inline struct kv_item_options options_of(const struct kv_connection *connection,
                                                uint16_t command, struct kv_slice key)
{
	uint64_t hash = kv_hash(kv_config.hash_key, key);
	return (struct kv_item_options){
	        .hash = hash,
	        .shard = kv_shard_of(hash),
	        .command = command,
	        .database = connection->database,
	        .is_resp3 = connection->is_resp3,
	};
}

static __attribute__((noinline)) void refuse_long_key(struct kv_connection *connection)
{
	reply_error(connection, "ERR key is longer than 65536 bytes");
}

static inline bool has_long_key(struct kv_connection *connection, struct kv_slice key)
{
	if (key.size <= KV_KEY_SIZE_MAX) {
		return false;
	}
	refuse_long_key(connection);
	return true;
}

/* There was no memory for a request or its reply. Of a large value that says nothing about the rest. */
static void note_shortage(const struct kv_request *request)
{
	if (request->size <= KV_ROUND_SIZE_MAX) {
		kv_shard_note_shortage();
	}
}

static __attribute__((noinline)) void refuse_without_memory(struct kv_connection *connection,
                                                            const struct kv_request *request)
{
	note_shortage(request);
	kv_plan_add(connection, KV_PLAN_FAIL, 0);
}

/* The same as add_whole(), of a request with more arguments than an item has. */
static __attribute__((noinline)) void add_long(struct kv_connection *connection, uint16_t command,
                                               const struct kv_request *request)
{
	struct kv_item_options options =
	        options_of(connection, kv_internal_index(KV_LONG), request->argv[1]);
	struct kv_long what = {.command = command, .argc = request->argc};
	struct kv_slice argv[] = {
	        request->argv[1],
	        {.data = (const uint8_t *)&what, .size = sizeof(what)},
	        request->raw,
	};
	if (kv_round_add(kv_round(), &options, argv, 3)) {
		kv_plan_add(connection, KV_PLAN_RUN, options.shard);
	} else {
		refuse_without_memory(connection, request);
	}
}

/* One item for one shard; its reply goes to the client as it is. */
static inline __attribute__((always_inline)) void add_whole(struct kv_connection *connection,
                                                            const struct kv_item_options *options,
                                                            const struct kv_request *request)
{
	uint32_t argc = request->argc - 1;
	if (argc > KV_ARGUMENT_MAX - 1) {
		add_long(connection, options->command, request);
	} else if (kv_round_add(kv_round(), options, request->argv + 1, argc)) {
		kv_plan_add(connection, KV_PLAN_RUN, options->shard);
		if (kv_round()->item_count == 1) {
			/* Of several, the shard itself asks for the rest. */
			kv_shard_expect(options->shard, options->database, options->hash);
		}
	} else {
		refuse_without_memory(connection, request);
	}
}

static inline __attribute__((always_inline)) void route_key(struct kv_connection *connection,
                                                            const struct kv_command *command,
                                                            const struct kv_request *request)
{
	if (has_long_key(connection, request->argv[1])) {
		return;
	}
	struct kv_item_options options =
	        options_of(connection, kv_command_index(command), request->argv[1]);
	add_whole(connection, &options, request);
}

/* ---- Several keys ------------------------------------------------------------------------------------------------ */

/* There is no memory to ask a shard for a part: the request is answered so, or this element of its reply. */
static __attribute__((noinline)) void lose_part(struct kv_connection *connection,
                                                enum kv_plan_kind kind)
{
	kv_shard_note_shortage();
	kv_plan_add(connection, kind == KV_PLAN_PART ? KV_PLAN_LOST_PART : KV_PLAN_FAIL, 0);
}

void kv_route_ask(struct kv_connection *connection, const struct kv_item_options *options)
{
	if (kv_round_add(kv_round(), options, NULL, 0)) {
		kv_plan_add(connection, KV_PLAN_PART, options->shard);
	} else {
		lose_part(connection, KV_PLAN_PART);
	}
}

uint32_t kv_route_parts(struct kv_connection *connection, struct kv_split *split)
{
	const struct kv_command *command = split->command;
	const struct kv_command *part =
	        command->part ? kv_command_find(kv_text(command->part)) : command;
	enum kv_plan_kind kind = command->route == KV_ROUTE_VALUES ? KV_PLAN_RUN : KV_PLAN_PART;
	uint32_t step = (uint32_t)command->key_step;
	struct kv_slice argv[2];
	uint32_t count = 0;
	struct kv_round *round = kv_round();
	while (count < split->part_max && kv_arguments_next(&split->arguments, &argv[0])) {
		if (step == 2) {
			kv_arguments_next(&split->arguments, &argv[1]);
		}
		struct kv_item_options options =
		        options_of(connection, kv_command_index(part), argv[0]);
		if (kv_round_add(round, &options, argv, step)) {
			kv_plan_add(connection, kind, options.shard);
		} else {
			lose_part(connection, kind);
		}
		count++;
		if (round->size >= KV_ROUND_SIZE_MAX && split->part_max == KV_ROUND_ITEM_MAX) {
			break; /* in steps: the next round takes the rest */
		}
	}
	return count;
}

void kv_route_parts_end(struct kv_connection *connection, const struct kv_command *command)
{
	if (command->route == KV_ROUTE_SUM || command->route == KV_ROUTE_ALL_SUM) {
		kv_plan_add(connection, KV_PLAN_SUM, 0);
	} else if (command->route != KV_ROUTE_VALUES) {
		kv_plan_add(connection, KV_PLAN_OK, 0);
	}
}

static bool has_long_keys(struct kv_connection *connection, const struct kv_command *command,
                          const struct kv_request *request)
{
	if (request->size <= KV_KEY_SIZE_MAX) {
		return false;
	}
	struct kv_arguments arguments = kv_arguments_of(request);
	struct kv_slice argument;
	uint32_t step = (uint32_t)command->key_step;
	for (uint32_t i = 0; kv_arguments_next(&arguments, &argument); i++) {
		bool is_key = i > 0 && (i - 1) % step == 0;
		if (is_key && has_long_key(connection, argument)) {
			return true;
		}
	}
	return false;
}

/* False: there is no room in this round. */
static bool route_split(struct kv_connection *connection, const struct kv_command *command,
                        const struct kv_request *request)
{
	uint32_t step = (uint32_t)command->key_step;
	uint32_t key_count = (request->argc - 1) / step;
	if ((request->argc - 1) % step != 0) {
		reply_wrong_arity(connection, command->name);
		return true;
	}
	if (has_long_keys(connection, command, request)) {
		return true;
	}
	if (key_count == 1 && command->route == KV_ROUTE_SUM) {
		route_key(connection, command, request);
		return true;
	}
	struct kv_round *round = kv_round();
	if (key_count > KV_ROUND_ITEM_MAX || request->size > KV_ROUND_SIZE_MAX) {
		kv_procedure_begin(connection, request, command);
		return true;
	}
	if (round->item_count + key_count > KV_ROUND_ITEM_MAX) {
		return false;
	}
	if (!kv_plan_has_room(connection, key_count + 2)) {
		refuse_without_memory(connection, request);
		return true;
	}
	if (command->route == KV_ROUTE_VALUES) {
		kv_reply_array(kv_plan_literal(connection), key_count);
		if (!kv_plan_literal_done(connection)) {
			note_shortage(request);
			return true;
		}
	}
	struct kv_split split = {
	        .command = command, .arguments = kv_arguments_of(request), .part_max = key_count};
	struct kv_slice name;
	kv_arguments_next(&split.arguments, &name);
	kv_route_parts(connection, &split);
	kv_route_parts_end(connection, command);
	return true;
}

/* False: there is no room in this round. */
static bool route_all(struct kv_connection *connection, const struct kv_command *command,
                      const struct kv_request *request)
{
	bool has_mode = request->argc == 2 && (kv_same_word(request->argv[1], "async") ||
	                                       kv_same_word(request->argv[1], "sync"));
	if (request->argc > 1 && !has_mode) {
		reply_error(connection, "ERR syntax error");
		return true;
	}
	struct kv_round *round = kv_round();
	if (round->item_count + kv_config.shard_count > KV_ROUND_ITEM_MAX) {
		return false;
	}
	if (!kv_plan_has_room(connection, kv_config.shard_count + 1)) {
		refuse_without_memory(connection, request);
		return true;
	}
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		struct kv_item_options options = {
		        .shard = i,
		        .command = kv_command_index(command),
		        .database = connection->database,
		};
		kv_route_ask(connection, &options);
	}
	kv_route_parts_end(connection, command);
	return true;
}

static void route_rename(struct kv_connection *connection, const struct kv_command *command,
                         const struct kv_request *request)
{
	uint64_t from = kv_hash(kv_config.hash_key, request->argv[1]);
	uint64_t to = kv_hash(kv_config.hash_key, request->argv[2]);
	if (has_long_key(connection, request->argv[2])) {
		return;
	}
	if (kv_shard_of(from) == kv_shard_of(to)) {
		route_key(connection, command, request);
	} else {
		kv_procedure_begin(connection, request, command);
	}
}

/* All arguments, of a request with more than come as an array. NULL: no memory. */
static struct kv_slice *all_arguments(const struct kv_request *request)
{
	struct kv_slice *argv = gatio_alloc(request->argc * sizeof(*argv));
	struct kv_arguments arguments = kv_arguments_of(request);
	for (uint32_t i = 0; argv && i < request->argc; i++) {
		kv_arguments_next(&arguments, &argv[i]);
	}
	return argv;
}

static void route_local(struct kv_connection *connection, const struct kv_command *command,
                        const struct kv_request *request)
{
	bool is_long = request->argc > KV_ARGUMENT_MAX;
	struct kv_slice *all = is_long ? all_arguments(request) : NULL;
	if (is_long && !all) {
		refuse_without_memory(connection, request);
		return;
	}
	struct kv_call call = {
	        .connection = connection,
	        .command = command,
	        .request = request,
	        .argv = is_long ? all : request->argv,
	        .argc = request->argc,
	        .reply = kv_plan_literal(connection),
	};
	connection->last_subcommand = NULL;
	command->local(&call);
	gatio_free(all);
	if (!kv_plan_literal_done(connection)) {
		note_shortage(request);
	}
}

/* ---- The door ---------------------------------------------------------------------------------------------------- */

/* What can be checked of a request here. */
static inline bool is_admitted(const struct kv_connection *connection,
                               const struct kv_command *command, const struct kv_request *request)
{
	return command && kv_arity_fits(command, request->argc) &&
	       (connection->is_authenticated || command->flags & KV_NO_AUTH);
}

/* Reply to a request that is not admitted. */
static __attribute__((noinline)) void refuse(struct kv_connection *connection,
                                             const struct kv_command *command,
                                             const struct kv_request *request)
{
	connection->last_command = command;
	if (!command) {
		bool is_http = kv_same_word(request->argv[0], "host:") ||
		               kv_same_word(request->argv[0], "post");
		connection->is_closing |= is_http; /* a browser was made to talk to us */
		if (!is_http) {
			reply_unknown(connection, request);
		}
	} else if (!kv_arity_fits(command, request->argc)) {
		connection->last_subcommand = NULL;
		reply_wrong_arity(connection, command->name);
	} else if (command->flags & KV_HAS_SUBCOMMANDS && request->argc > 1) {
		route_local(connection, command, request); /* looks at the subcommand first */
	} else {
		reply_error(connection, "NOAUTH Authentication required.");
	}
}

/* All but those with one key. */
static __attribute__((noinline)) bool route_other(struct kv_connection *connection,
                                                  const struct kv_command *command,
                                                  const struct kv_request *request)
{
	switch (command->route) {
	case KV_ROUTE_LOCAL:
		route_local(connection, command, request);
		return true;
	case KV_ROUTE_VALUES:
	case KV_ROUTE_SUM:
	case KV_ROUTE_PAIRS:
		return route_split(connection, command, request);
	case KV_ROUTE_ALL_SUM:
	case KV_ROUTE_ALL_OK:
		return route_all(connection, command, request);
	case KV_ROUTE_RENAME:
		route_rename(connection, command, request);
		return true;
	default:
		kv_procedure_begin(connection, request, command);
		return true;
	}
}

bool kv_route(struct kv_connection *connection, const struct kv_request *request)
{
	const struct kv_command *command = kv_command_find(request->argv[0]);
	if (!is_admitted(connection, command, request)) {
		refuse(connection, command, request);
		return true;
	}
	connection->last_command = command;
	if (command->route == KV_ROUTE_KEY) {
		route_key(connection, command, request);
		return true;
	}
	return route_other(connection, command, request);
}
