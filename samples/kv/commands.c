/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: the table, and the index of its names. */
#include <ctype.h>

#include "samples/kv/command.h"
#include "samples/kv/local.h"

#define READS   (KV_READONLY | KV_FAST)
#define WRITES  (KV_WRITE | KV_DENYOOM)
#define CHANGES (KV_WRITE | KV_FAST)
#define TALKS   (KV_NOSCRIPT | KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION)

/* name, arity, flags, function, summary, since: commands with one key at 1. */
#define KEY(name_, arity_, flags_, exec_, since_, summary_)                                        \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = KV_ROUTE_KEY,      \
		.first_key = 1, .last_key = 1, .key_step = 1, .exec = (exec_), .since = (since_),  \
		.summary = (summary_)                                                              \
	}
#define LOCAL(name_, arity_, flags_, local_, since_, summary_)                                     \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = KV_ROUTE_LOCAL,    \
		.local = (local_), .since = (since_), .summary = (summary_)                        \
	}
/* Each key on its own. */
#define SPLIT(name_, flags_, route_, step_, part_, exec_, since_, summary_)                        \
	{                                                                                          \
		.name = (name_), .arity = (step_) == 1 ? -2 : -3, .flags = (flags_),               \
		.route = (route_), .first_key = 1, .last_key = -1, .key_step = (step_),            \
		.part = (part_), .exec = (exec_), .since = (since_), .summary = (summary_)         \
	}
#define KEYLESS(name_, arity_, flags_, route_, exec_, since_, summary_)                            \
	{                                                                                          \
		.name = (name_), .arity = (arity_), .flags = (flags_), .route = (route_),          \
		.exec = (exec_), .since = (since_), .summary = (summary_)                          \
	}
#define INTERNAL(which_, name_, flags_, exec_)                                                     \
	{                                                                                          \
		.name = (name_), .arity = -1, .flags = (flags_), .route = KV_ROUTE_KEY,            \
		.exec = (exec_)                                                                    \
	}

const struct kv_command kv_commands[] = {
        /* Strings. */
        KEY("append", 3, WRITES | KV_FAST | KV_STRING, kv_exec_append, "2.0.0",
            "Append a value to a key"),
        KEY("decr", 2, WRITES | KV_FAST | KV_STRING, kv_exec_decr, "1.0.0",
            "Decrement the integer value of a key by one"),
        KEY("decrby", 3, WRITES | KV_FAST | KV_STRING, kv_exec_decrby, "1.0.0",
            "Decrement the integer value of a key by the given number"),
        KEY("get", 2, READS | KV_STRING, kv_exec_get, "1.0.0", "Get the value of a key"),
        KEY("getdel", 2, CHANGES | KV_STRING, kv_exec_getdel, "6.2.0",
            "Get the value of a key and delete the key"),
        KEY("getex", -2, CHANGES | KV_STRING, kv_exec_getex, "6.2.0",
            "Get the value of a key and optionally set its expiration"),
        KEY("getrange", 4, KV_READONLY | KV_STRING, kv_exec_getrange, "2.4.0",
            "Get a substring of the string stored at a key"),
        KEY("getset", 3, WRITES | KV_FAST | KV_STRING, kv_exec_getset, "1.0.0",
            "Set the string value of a key and return its old value"),
        KEY("incr", 2, WRITES | KV_FAST | KV_STRING, kv_exec_incr, "1.0.0",
            "Increment the integer value of a key by one"),
        KEY("incrby", 3, WRITES | KV_FAST | KV_STRING, kv_exec_incrby, "1.0.0",
            "Increment the integer value of a key by the given amount"),
        KEY("incrbyfloat", 3, WRITES | KV_FAST | KV_STRING, kv_exec_incrbyfloat, "2.6.0",
            "Increment the float value of a key by the given amount"),
        SPLIT("mget", READS | KV_STRING, KV_ROUTE_VALUES, 1, "get", NULL, "1.0.0",
              "Get the values of all the given keys"),
        SPLIT("mset", WRITES | KV_STRING, KV_ROUTE_PAIRS, 2, "set", NULL, "1.0.1",
              "Set multiple keys to multiple values"),
        SPLIT("msetnx", WRITES | KV_STRING, KV_ROUTE_STEPS, 2, NULL, NULL, "1.0.1",
              "Set multiple keys to multiple values, only if none of the keys exist"),
        KEY("psetex", 4, WRITES | KV_STRING, kv_exec_psetex, "2.6.0",
            "Set the value and expiration in milliseconds of a key"),
        KEY("set", -3, WRITES | KV_STRING, kv_exec_set_command, "1.0.0",
            "Set the string value of a key"),
        KEY("setex", 4, WRITES | KV_STRING, kv_exec_setex, "2.0.0",
            "Set the value and expiration of a key"),
        KEY("setnx", 3, WRITES | KV_FAST | KV_STRING, kv_exec_setnx, "1.0.0",
            "Set the value of a key, only if the key does not exist"),
        KEY("setrange", 4, WRITES | KV_STRING, kv_exec_setrange, "2.2.0",
            "Overwrite part of a string at key starting at the specified offset"),
        KEY("strlen", 2, READS | KV_STRING, kv_exec_strlen, "2.2.0",
            "Get the length of the value stored in a key"),
        KEY("substr", 4, KV_READONLY | KV_STRING, kv_exec_getrange, "1.0.0",
            "Get a substring of the string stored at a key"),
        /* Keys. */
        KEYLESS("dbsize", 1, READS | KV_KEYSPACE, KV_ROUTE_ALL_SUM, kv_exec_dbsize, "1.0.0",
                "Return the number of keys in the selected database"),
        SPLIT("del", KV_WRITE | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_del, "1.0.0",
              "Delete a key"),
        SPLIT("exists", READS | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_exists, "1.0.0",
              "Determine if a key exists"),
        KEY("expire", -3, CHANGES | KV_KEYSPACE, kv_exec_expire, "1.0.0",
            "Set a key's time to live in seconds"),
        KEY("expireat", -3, CHANGES | KV_KEYSPACE, kv_exec_expireat, "1.2.0",
            "Set the expiration for a key as a UNIX timestamp"),
        KEY("expiretime", 2, READS | KV_KEYSPACE, kv_exec_expiretime, "7.0.0",
            "Get the expiration Unix timestamp for a key"),
        KEYLESS("flushall", -1, KV_WRITE | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_ALL_OK,
                kv_exec_flushall, "1.0.0", "Remove all keys from all databases"),
        KEYLESS("flushdb", -1, KV_WRITE | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_ALL_OK,
                kv_exec_flushdb, "1.0.0", "Remove all keys from the current database"),
        KEYLESS("keys", 2, KV_READONLY | KV_KEYSPACE | KV_DANGEROUS, KV_ROUTE_STEPS, NULL, "1.0.0",
                "Find all keys matching the given pattern"),
        KEY("persist", 2, CHANGES | KV_KEYSPACE, kv_exec_persist, "2.2.0",
            "Remove the expiration from a key"),
        KEY("pexpire", -3, CHANGES | KV_KEYSPACE, kv_exec_pexpire, "2.6.0",
            "Set a key's time to live in milliseconds"),
        KEY("pexpireat", -3, CHANGES | KV_KEYSPACE, kv_exec_pexpireat, "2.6.0",
            "Set the expiration for a key as a UNIX timestamp specified in milliseconds"),
        KEY("pexpiretime", 2, READS | KV_KEYSPACE, kv_exec_pexpiretime, "7.0.0",
            "Get the expiration Unix timestamp for a key in milliseconds"),
        KEY("pttl", 2, READS | KV_KEYSPACE, kv_exec_pttl, "2.6.0",
            "Get the time to live for a key in milliseconds"),
        KEYLESS("randomkey", 1, KV_READONLY | KV_KEYSPACE, KV_ROUTE_STEPS, NULL, "1.0.0",
                "Return a random key from the keyspace"),
        {.name = "rename",
         .arity = 3,
         .flags = KV_WRITE | KV_KEYSPACE,
         .route = KV_ROUTE_RENAME,
         .first_key = 1,
         .last_key = 2,
         .key_step = 1,
         .exec = kv_exec_rename,
         .since = "1.0.0",
         .summary = "Rename a key"},
        {.name = "renamenx",
         .arity = 3,
         .flags = CHANGES | KV_KEYSPACE,
         .route = KV_ROUTE_RENAME,
         .first_key = 1,
         .last_key = 2,
         .key_step = 1,
         .exec = kv_exec_renamenx,
         .since = "1.0.0",
         .summary = "Rename a key, only if the new key does not exist"},
        KEYLESS("scan", -2, KV_READONLY | KV_KEYSPACE, KV_ROUTE_STEPS, NULL, "2.8.0",
                "Incrementally iterate the keys space"),
        SPLIT("touch", READS | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_exists, "3.2.1",
              "Alters the last access time of a key(s). Returns the number of existing keys"),
        KEY("ttl", 2, READS | KV_KEYSPACE, kv_exec_ttl, "1.0.0",
            "Get the time to live for a key in seconds"),
        KEY("type", 2, READS | KV_KEYSPACE, kv_exec_type, "1.0.0",
            "Determine the type stored at key"),
        SPLIT("unlink", CHANGES | KV_KEYSPACE, KV_ROUTE_SUM, 1, NULL, kv_exec_del, "4.0.0",
              "Delete a key asynchronously in another thread"),
        /* Connections and the server. */
        LOCAL("auth", -2, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_auth, "1.0.0",
              "Authenticate to the server"),
        LOCAL("client", -2, KV_HAS_SUBCOMMANDS, kv_local_client, "2.4.0",
              "A container for client connection commands"),
        LOCAL("cluster", -2, KV_HAS_SUBCOMMANDS, kv_local_cluster, "3.0.0",
              "A container for cluster commands"),
        LOCAL("command", -1, KV_LOADING | KV_STALE | KV_CONNECTION | KV_HAS_SUBCOMMANDS,
              kv_local_command, "2.8.13", "Get array of Redis command details"),
        LOCAL("config", -2, KV_HAS_SUBCOMMANDS, kv_local_config, "2.0.0",
              "A container for server configuration commands"),
        LOCAL("echo", 2, KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION, kv_local_echo, "1.0.0",
              "Echo the given string"),
        LOCAL("function", -2, KV_HAS_SUBCOMMANDS, kv_local_function, "7.0.0",
              "A container for function commands"),
        LOCAL("hello", -1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_hello, "6.0.0",
              "Handshake with Redis"),
        KEYLESS("info", -1, KV_LOADING | KV_STALE | KV_DANGEROUS, KV_ROUTE_STEPS, NULL, "1.0.0",
                "Get information and statistics about the server"),
        LOCAL("ping", -1, KV_FAST | KV_CONNECTION, kv_local_ping, "1.0.0", "Ping the server"),
        LOCAL("quit", -1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_quit, "1.0.0",
              "Close the connection"),
        LOCAL("reset", 1, TALKS | KV_NO_AUTH | KV_ALLOW_BUSY, kv_local_reset, "6.2.0",
              "Reset the connection"),
        LOCAL("select", 2, KV_LOADING | KV_STALE | KV_FAST | KV_CONNECTION, kv_local_select,
              "1.0.0", "Change the selected database for the current connection"),
        LOCAL("time", 1, KV_LOADING | KV_STALE | KV_FAST, kv_local_time, "2.6.0",
              "Return the current server time"),
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
