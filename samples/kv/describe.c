/* SPDX-License-Identifier: Apache-2.0 */
/* Describe: the COMMAND command: what there is, for clients and for people. */
#include "samples/kv/local.h"

static const struct {
	unsigned flag;
	const char *name;
} flag_names[] = {
        {KV_WRITE, "write"}, {KV_READONLY, "readonly"}, {KV_DENYOOM, "denyoom"},
        {KV_ADMIN, "admin"}, {KV_NOSCRIPT, "noscript"}, {KV_LOADING, "loading"},
        {KV_STALE, "stale"}, {KV_FAST, "fast"},         {KV_NO_AUTH, "no_auth"},
};

#define FLAG_COUNT (sizeof(flag_names) / sizeof(flag_names[0]))

static void put_flags(struct kv_reply *reply, const struct kv_command *command)
{
	uint64_t count = 0;
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		count += command->flags & flag_names[i].flag ? 1 : 0;
	}
	kv_reply_set(reply, count);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (command->flags & flag_names[i].flag) {
			kv_reply_status(reply, flag_names[i].name);
		}
	}
}

static void put_categories(struct kv_reply *reply, const struct kv_command *command)
{
	struct {
		bool is_in;
		const char *name;
	} categories[] = {
	        {command->flags & KV_KEYSPACE, "@keyspace"},
	        {command->flags & KV_READONLY, "@read"},
	        {command->flags & KV_WRITE, "@write"},
	        {command->flags & KV_STRING, "@string"},
	        {command->flags & KV_ADMIN, "@admin"},
	        {command->flags & KV_FAST, "@fast"},
	        {!(command->flags & KV_FAST), "@slow"},
	        {command->flags & (KV_DANGEROUS | KV_ADMIN), "@dangerous"},
	        {command->flags & KV_CONNECTION, "@connection"},
	};
	size_t category_count = sizeof(categories) / sizeof(categories[0]);
	uint64_t count = 0;
	for (size_t i = 0; i < category_count; i++) {
		count += categories[i].is_in ? 1 : 0;
	}
	kv_reply_set(reply, count);
	for (size_t i = 0; i < category_count; i++) {
		if (categories[i].is_in) {
			kv_reply_status(reply, categories[i].name);
		}
	}
}

/* Name, arity, flags, first key, last key, step, categories, tips, key specifications, subcommands. */
static void put_info(struct kv_reply *reply, const struct kv_command *command)
{
	kv_reply_array(reply, 10);
	kv_reply_text(reply, command->name);
	kv_reply_int(reply, command->arity);
	put_flags(reply, command);
	kv_reply_int(reply, command->first_key);
	kv_reply_int(reply, command->last_key);
	kv_reply_int(reply, command->key_step);
	put_categories(reply, command);
	kv_reply_array(reply, 0);
	kv_reply_array(reply, 0);
	kv_reply_array(reply, 0);
}

static void put_all_infos(struct kv_reply *reply)
{
	kv_reply_array(reply, kv_command_count);
	for (uint32_t i = 0; i < kv_command_count; i++) {
		put_info(reply, &kv_commands[i]);
	}
}

static void put_doc(struct kv_reply *reply, const struct kv_command *command)
{
	const char *group = command->flags & KV_STRING       ? "string"
	                    : command->flags & KV_KEYSPACE   ? "generic"
	                    : command->flags & KV_CONNECTION ? "connection"
	                                                     : "server";
	kv_reply_text(reply, command->name);
	kv_reply_map(reply, 3);
	kv_reply_text(reply, "summary");
	kv_reply_text(reply, command->summary);
	kv_reply_text(reply, "since");
	kv_reply_text(reply, command->since);
	kv_reply_text(reply, "group");
	kv_reply_text(reply, group);
}

static void command_docs(const struct kv_call *call)
{
	const struct kv_request *request = call->request;
	uint64_t count = 0;
	if (request->argc == 2) {
		kv_reply_map(call->reply, kv_command_count);
		for (uint32_t i = 0; i < kv_command_count; i++) {
			put_doc(call->reply, &kv_commands[i]);
		}
		return;
	}
	for (uint32_t i = 2; i < request->argc; i++) {
		count += kv_command_find(request->argv[i]) ? 1 : 0;
	}
	kv_reply_map(call->reply, count);
	for (uint32_t i = 2; i < request->argc; i++) {
		const struct kv_command *command = kv_command_find(request->argv[i]);
		if (command) {
			put_doc(call->reply, command);
		}
	}
}

static void command_info(const struct kv_call *call)
{
	const struct kv_request *request = call->request;
	if (request->argc == 2) {
		put_all_infos(call->reply);
		return;
	}
	kv_reply_array(call->reply, request->argc - 2);
	for (uint32_t i = 2; i < request->argc; i++) {
		const struct kv_command *command = kv_command_find(request->argv[i]);
		if (command) {
			put_info(call->reply, command);
		} else {
			kv_reply_null(call->reply);
		}
	}
}

static void command_count(const struct kv_call *call)
{
	kv_reply_int(call->reply, kv_command_count);
}

static void command_list(const struct kv_call *call)
{
	kv_reply_set(call->reply, kv_command_count);
	for (uint32_t i = 0; i < kv_command_count; i++) {
		kv_reply_text(call->reply, kv_commands[i].name);
	}
}

static void command_getkeys(const struct kv_call *call)
{
	const struct kv_request *request = call->request;
	const struct kv_command *command = kv_command_find(request->argv[2]);
	uint32_t argc = request->argc - 2;
	if (!command) {
		kv_reply_error(call->reply, "ERR Invalid command specified");
		return;
	}
	if (command->first_key == 0) {
		kv_reply_error(call->reply, "ERR The command has no key arguments");
		return;
	}
	if (!kv_arity_fits(command, argc)) {
		kv_reply_error(call->reply,
		               "ERR Invalid number of arguments specified for command");
		return;
	}
	uint32_t first = (uint32_t)command->first_key;
	uint32_t step = (uint32_t)command->key_step;
	uint32_t last = command->last_key < 0 ? argc - 1 : (uint32_t)command->last_key;
	kv_reply_array(call->reply, (last - first) / step + 1);
	for (uint32_t i = first; i <= last; i += step) {
		kv_reply_bulk(call->reply, request->argv[2 + i]);
	}
}

static void command_help(const struct kv_call *call)
{
	static const char *const lines[] = {
	        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	        "(no subcommand)",
	        "    Return details about all commands.",
	        "COUNT",
	        "    Return the total number of commands in this server.",
	        "LIST",
	        "    Return a list of all commands in this server.",
	        "INFO [<command-name> ...]",
	        "    Return details about multiple commands.",
	        "DOCS [<command-name> ...]",
	        "    Return documentation details about multiple commands.",
	        "GETKEYS <full-command>",
	        "    Return the keys from a full command.",
	        "HELP",
	        "    Print this help.",
	        NULL,
	};
	kv_local_help(call, lines);
}

void kv_local_command(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"docs", -2, command_docs},
	        {"info", -2, command_info},
	        {"count", 2, command_count},
	        {"list", -2, command_list},
	        {"getkeys", -4, command_getkeys},
	        {"help", 2, command_help},
	        {NULL, 0, NULL},
	};
	if (call->request->argc == 1) {
		put_all_infos(call->reply);
		return;
	}
	kv_local_dispatch(call, subcommands);
}
