/* SPDX-License-Identifier: Apache-2.0 */
/* Config: the CONFIG command. Values are those this server really has; what Redis has beyond is told as off. */
#include "samples/kv/config.h"

#include <inttypes.h>
#include <stdio.h>

#include "samples/kv/glob.h"
#include "samples/kv/local.h"

struct kv_config kv_config;

#define VALUE_SIZE 128

struct parameter {
	const char *name;
	const char *fixed;      /* the value, or NULL: */
	const uint64_t *number; /* this, divided by unit */
	uint64_t unit;
};

static const struct parameter parameters[] = {
        {"appendonly", "no", NULL, 0},
        {"databases", NULL, &kv_config.database_count, 1},
        {"client-query-buffer-limit", NULL, &kv_config.query_size_max, 1},
        {"client-output-buffer-limit", NULL, NULL, 0},
        {"maxclients", NULL, &kv_config.connection_max, 1},
        {"maxmemory", NULL, &kv_config.memory_max, 1},
        {"maxmemory-clients", NULL, &kv_config.clients_memory_max, 1},
        {"maxmemory-policy", "noeviction", NULL, 0},
        {"port", NULL, NULL, 0},
        {"proto-max-bulk-len", NULL, &kv_config.bulk_size_max, 1},
        {"requirepass", NULL, NULL, 0},
        {"save", "", NULL, 0},
        {"timeout", NULL, &kv_config.idle_timeout_ns, 1000000000},
};

#define PARAMETER_COUNT (sizeof(parameters) / sizeof(parameters[0]))

static void put_value(const struct kv_call *call, const struct parameter *parameter)
{
	char text[VALUE_SIZE];
	if (parameter->fixed) {
		kv_reply_text(call->reply, parameter->fixed);
	} else if (parameter->number) {
		snprintf(text, sizeof(text), "%" PRIu64, *parameter->number / parameter->unit);
		kv_reply_text(call->reply, text);
	} else if (strcmp(parameter->name, "client-output-buffer-limit") == 0) {
		/* As Redis writes it: class, hard limit, soft limit and its seconds. Other classes there are none. */
		snprintf(text, sizeof(text), "normal %" PRIu64 " 0 0 slave 0 0 0 pubsub 0 0 0",
		         kv_config.output_size_max);
		kv_reply_text(call->reply, text);
	} else if (strcmp(parameter->name, "port") == 0) {
		kv_reply_text(call->reply, kv_client_port(call->connection));
	} else {
		kv_reply_text(call->reply, kv_config.password ? kv_config.password : "");
	}
}

static bool has_glob(struct kv_slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char letter = (unsigned char)text.data[i];
		if (letter == '*' || letter == '?' || letter == '[') {
			return true;
		}
	}
	return false;
}

/*
 * Which of the words names or matches a parameter: its index, or -1. A plain word comes before patterns, for it is replied as
 * the client spells it.
 */
static int word_for(const struct kv_call *call, const struct parameter *parameter)
{
	int matching = -1;
	for (uint32_t i = 2; i < call->argc; i++) {
		struct kv_slice word = call->argv[i];
		if (!has_glob(word)) {
			if (kv_same_word(word, parameter->name)) {
				return (int)i;
			}
		} else if (matching < 0 && kv_glob_match(word, kv_text(parameter->name), true)) {
			matching = (int)i;
		}
	}
	return matching;
}

/* Every name that matches one of the patterns, with its value. */
static void config_get(const struct kv_call *call)
{
	int words[PARAMETER_COUNT];
	uint64_t count = 0;
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		words[i] = word_for(call, &parameters[i]);
		count += words[i] >= 0 ? 1 : 0;
	}
	kv_reply_map(call->reply, count);
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (words[i] < 0) {
			continue;
		}
		struct kv_slice word = call->argv[words[i]];
		kv_reply_bulk(call->reply, has_glob(word) ? kv_text(parameters[i].name) : word);
		put_value(call, &parameters[i]);
	}
}

static bool is_parameter(struct kv_slice name)
{
	bool is_known = false;
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		is_known |= kv_same_word(name, parameters[i].name);
	}
	return is_known;
}

/* Nothing can be changed while the server runs. */
static void config_set(const struct kv_call *call)
{
	const struct kv_slice *argv = call->argv;
	if (call->argc % 2 != 0) {
		kv_reply_error(call->reply, "ERR syntax error");
		return;
	}
	for (uint32_t i = 2; i < call->argc; i += 2) {
		if (!is_parameter(argv[i])) {
			kv_reply_errorf(call->reply,
			                "ERR Unknown option or number of arguments for CONFIG SET "
			                "- '%.*s'",
			                kv_shown(argv[i]), (const char *)argv[i].data);
			return;
		}
	}
	kv_reply_errorf(call->reply,
	                "ERR CONFIG SET failed (possibly related to argument '%.*s') - can't set "
	                "immutable config",
	                kv_shown(argv[2]), (const char *)argv[2].data);
}

static void config_resetstat(const struct kv_call *call)
{
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		struct kv_item_options options = {
		        .shard = i,
		        .command = kv_internal_index(KV_RESET_STATS),
		};
		kv_route_ask(call->connection, &options);
	}
	kv_plan_add(call->connection, KV_PLAN_OK, 0);
}

static void config_rewrite(const struct kv_call *call)
{
	kv_reply_error(call->reply, "ERR The server is running without a config file");
}

static void config_help(const struct kv_call *call)
{
	static const char *const lines[] = {
	        "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	        "GET <pattern>",
	        "    Return parameters matching the glob-like <pattern> and their values.",
	        "RESETSTAT",
	        "    Reset statistics reported by the INFO command.",
	        "HELP",
	        "    Print this help.",
	        NULL,
	};
	kv_local_help(call, lines);
}

void kv_local_config(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"get", -3, config_get},
	        {"set", -4, config_set},
	        {"resetstat", 2, config_resetstat},
	        {"rewrite", 2, config_rewrite},
	        {"help", 2, config_help},
	        {NULL, 0, NULL},
	};
	kv_local_dispatch(call, subcommands);
}
