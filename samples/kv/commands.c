/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: the table, and the index of its names. */
#include <ctype.h>

#include "samples/kv/command.h"
#include "samples/kv/local.h"

#define READS   (KV_READONLY | KV_FAST)
#define WRITES  (KV_WRITE | KV_DENYOOM)
#define CHANGES (KV_WRITE | KV_FAST)
#define TALKS   (KV_NOSCRIPT | KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION)

/* name, arity, flags, function: commands with one key at 1. */
#define KEY(name_, arity_, flags_, exec_)                                                          \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = KV_ROUTE_KEY,      \
		.first_key = 1, .last_key = 1, .key_step = 1, .exec = (exec_)                      \
	}
#define LOCAL(name_, arity_, flags_, local_)                                                       \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = KV_ROUTE_LOCAL,    \
		.local = (local_)                                                                  \
	}
/* Each key on its own. */
#define SPLIT(name_, flags_, route_, step_, part_, exec_)                                          \
	{                                                                                          \
		.name = (name_), .arity = (step_) == 1 ? -2 : -3, .flags = (flags_),               \
		.route = (route_), .first_key = 1, .last_key = -1, .key_step = (step_),            \
		.part = (part_), .exec = (exec_)                                                   \
	}
/* One key to another. */
#define RENAME(name_, flags_, exec_)                                                               \
	{                                                                                          \
		.name = (name_), .arity = 3, .flags = (flags_), .route = KV_ROUTE_RENAME,          \
		.first_key = 1, .last_key = 2, .key_step = 1, .exec = (exec_)                      \
	}
#define KEYLESS(name_, arity_, flags_, route_, exec_)                                              \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = (route_),          \
		.exec = (exec_)                                                                    \
	}
#define INTERNAL(which_, name_, flags_, exec_)                                                     \
	{                                                                                          \
		.name = (name_), .arity = -1, .flags = (flags_), .route = KV_ROUTE_KEY,            \
		.exec = (exec_)                                                                    \
	}

const struct kv_command kv_commands[] = {
        /* Strings. */
        KEY("append", 3, WRITES | KV_FAST | KV_STRING, kv_exec_append),
        KEY("decr", 2, WRITES | KV_FAST | KV_STRING, kv_exec_decr),
        KEY("decrby", 3, WRITES | KV_FAST | KV_STRING, kv_exec_decrby),
        KEY("get", 2, READS | KV_STRING, kv_exec_get),
        KEY("getdel", 2, CHANGES | KV_STRING, kv_exec_getdel),
        KEY("getex", -2, CHANGES | KV_STRING, kv_exec_getex),
        KEY("getrange", 4, KV_READONLY | KV_STRING, kv_exec_getrange),
        KEY("getset", 3, WRITES | KV_FAST | KV_STRING, kv_exec_getset),
        KEY("incr", 2, WRITES | KV_FAST | KV_STRING, kv_exec_incr),
        KEY("incrby", 3, WRITES | KV_FAST | KV_STRING, kv_exec_incrby),
        KEY("incrbyfloat", 3, WRITES | KV_FAST | KV_STRING, kv_exec_incrbyfloat),
        SPLIT("mget", READS | KV_STRING, KV_ROUTE_VALUES, 1, "get", NULL),
        SPLIT("mset", WRITES | KV_STRING, KV_ROUTE_PAIRS, 2, "set", NULL),
        SPLIT("msetnx", WRITES | KV_STRING, KV_ROUTE_STEPS, 2, NULL, NULL),
        KEY("psetex", 4, WRITES | KV_STRING, kv_exec_psetex),
        KEY("set", -3, WRITES | KV_STRING, kv_exec_set_command),
        KEY("setex", 4, WRITES | KV_STRING, kv_exec_setex),
        KEY("setnx", 3, WRITES | KV_FAST | KV_STRING, kv_exec_setnx),
        KEY("setrange", 4, WRITES | KV_STRING, kv_exec_setrange),
        KEY("strlen", 2, READS | KV_STRING, kv_exec_strlen),
        KEY("substr", 4, KV_READONLY | KV_STRING, kv_exec_getrange),
        /* Keys. */
        KEYLESS("dbsize", 1, READS | KV_KEYSPACE, KV_ROUTE_ALL_SUM, kv_exec_dbsize),
        SPLIT("del", KV_WRITE | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_del),
        SPLIT("exists", READS | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_exists),
        KEY("expire", -3, CHANGES | KV_KEYSPACE, kv_exec_expire),
        KEY("expireat", -3, CHANGES | KV_KEYSPACE, kv_exec_expireat),
        KEY("expiretime", 2, READS | KV_KEYSPACE, kv_exec_expiretime),
        KEYLESS("flushall", -1, KV_WRITE | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_ALL_OK,
                kv_exec_flushall),
        KEYLESS("flushdb", -1, KV_WRITE | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_ALL_OK,
                kv_exec_flushdb),
        KEYLESS("keys", 2, KV_READONLY | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_STEPS, NULL),
        KEY("persist", 2, CHANGES | KV_KEYSPACE, kv_exec_persist),
        KEY("pexpire", -3, CHANGES | KV_KEYSPACE, kv_exec_pexpire),
        KEY("pexpireat", -3, CHANGES | KV_KEYSPACE, kv_exec_pexpireat),
        KEY("pexpiretime", 2, READS | KV_KEYSPACE, kv_exec_pexpiretime),
        KEY("pttl", 2, READS | KV_KEYSPACE, kv_exec_pttl),
        KEYLESS("randomkey", 1, KV_READONLY | KV_KEYSPACE, KV_ROUTE_STEPS, NULL),
        RENAME("rename", KV_WRITE | KV_KEYSPACE, kv_exec_rename),
        RENAME("renamenx", CHANGES | KV_KEYSPACE, kv_exec_renamenx),
        KEYLESS("scan", -2, KV_READONLY | KV_KEYSPACE, KV_ROUTE_STEPS, NULL),
        SPLIT("touch", READS | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_exists),
        KEY("ttl", 2, READS | KV_KEYSPACE, kv_exec_ttl),
        KEY("type", 2, READS | KV_KEYSPACE, kv_exec_type),
        SPLIT("unlink", CHANGES | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_del),
        /* Connections and the server. */
        LOCAL("auth", -2, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_auth),
        LOCAL("client", -2, KV_HAS_SUBCOMMANDS, kv_local_client),
        LOCAL("cluster", -2, KV_HAS_SUBCOMMANDS, kv_local_cluster),
        LOCAL("command", -1, KV_LOADING | KV_STALE | KV_CONNECTION | KV_HAS_SUBCOMMANDS,
              kv_local_command),
        LOCAL("config", -2, KV_HAS_SUBCOMMANDS, kv_local_config),
        LOCAL("echo", 2, KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION, kv_local_echo),
        LOCAL("function", -2, KV_HAS_SUBCOMMANDS, kv_local_function),
        LOCAL("hello", -1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_hello),
        KEYLESS("info", -1, KV_LOADING | KV_STALE | KV_DANGEROUS, KV_ROUTE_STEPS, NULL),
        LOCAL("ping", -1, KV_FAST | KV_CONNECTION, kv_local_ping),
        LOCAL("quit", -1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_quit),
        LOCAL("reset", 1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_reset),
        LOCAL("select", 2, KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION, kv_local_select),
        LOCAL("time", 1, KV_LOADING | KV_STALE | KV_FAST, kv_local_time),
        /* As enum kv_internal. */
        INTERNAL(KV_DUMP, "(dump)", 0, kv_exec_dump),
        INTERNAL(KV_RESTORE, "(restore)", 0, kv_exec_restore),
        INTERNAL(KV_PROBE, "(probe)", KV_DENYOOM, kv_exec_probe),
        INTERNAL(KV_LOOK, "(look)", 0, kv_exec_probe),
        INTERNAL(KV_KEYS, "(keys)", 0, kv_exec_keys),
        INTERNAL(KV_SCAN, "(scan)", 0, kv_exec_scan),
        INTERNAL(KV_RANDOM, "(random)", 0, kv_exec_random),
        INTERNAL(KV_CLIENTS, "(clients)", 0, kv_exec_clients),
        INTERNAL(KV_STATS, "(stats)", 0, kv_exec_stats),
        INTERNAL(KV_RESET_STATS, "(resetstat)", 0, kv_exec_reset_stats),
        INTERNAL(KV_LONG, "(long)", 0, kv_exec_long),
        INTERNAL(KV_NOTHING, "(nothing)", 0, kv_exec_nothing),
};

const uint32_t kv_command_count = sizeof(kv_commands) / sizeof(kv_commands[0]) - KV_INTERNAL_COUNT;

uint16_t kv_internal_index(enum kv_internal which)
{
	return (uint16_t)(kv_command_count + (uint32_t)which);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* Open addressing. */
#define INDEX_SIZE    256
#define NAME_SIZE_MIN 2
#define NAME_SIZE_MAX 16
_Static_assert(2 * sizeof(kv_commands) / sizeof(kv_commands[0]) < INDEX_SIZE, "half of it is free");

/* A byte with this bit is a small letter only if it was that letter or its capital. Names have no other characters. */
#define BIT_OF_SMALL UINT64_C(0x2020202020202020)

/* All letters of a name of a known size, some of them twice. */
struct name {
	uint64_t words[2];
};

static struct {
	struct name name;
	const struct kv_command *command;
	size_t size; /* of the name */
} name_index[INDEX_SIZE];

/* NAME_SIZE_MIN to NAME_SIZE_MAX bytes: their first and their last ones. */
static inline struct name name_of(struct kv_slice text)
{
	const uint8_t *end = text.data + text.size;
	struct name name = {.words = {BIT_OF_SMALL, BIT_OF_SMALL}};
	if (text.size >= 8) {
		name.words[0] |= kv_load_8(text.data);
		name.words[1] |= kv_load_8(end - 8);
	} else if (text.size >= 4) {
		name.words[0] |= kv_load_4(text.data) | (uint64_t)kv_load_4(end - 4) << 32;
	} else {
		name.words[0] |= kv_load_2(text.data) | (uint64_t)kv_load_2(end - 2) << 32;
	}
	return name;
}

static inline uint32_t slot_of(struct name name)
{
	uint64_t mixed = (name.words[0] + name.words[1]) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mixed >> 56) % INDEX_SIZE;
}

void kv_commands_init(void)
{
	memset(name_index, 0, sizeof(name_index));
	for (uint32_t i = 0; i < kv_command_count; i++) {
		struct name name = name_of(kv_text(kv_commands[i].name));
		uint32_t slot = slot_of(name);
		while (name_index[slot].command) {
			slot = (slot + 1) % INDEX_SIZE;
		}
		name_index[slot].name = name;
		name_index[slot].command = &kv_commands[i];
		name_index[slot].size = strlen(kv_commands[i].name);
	}
}

const struct kv_command *kv_command_find(struct kv_slice text)
{
	if (text.size < NAME_SIZE_MIN || text.size > NAME_SIZE_MAX) {
		return NULL;
	}
	struct name name = name_of(text);
	uint32_t slot = slot_of(name);
	/* Of a free slot the size is 0. */
	while (name_index[slot].name.words[0] != name.words[0] ||
	       name_index[slot].name.words[1] != name.words[1] ||
	       name_index[slot].size != text.size) {
		if (!name_index[slot].command) {
			return NULL;
		}
		slot = (slot + 1) % INDEX_SIZE;
	}
	return name_index[slot].command;
}
