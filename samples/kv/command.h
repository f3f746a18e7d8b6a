/* SPDX-License-Identifier: Apache-2.0 */
/* Command: the table of all commands: how they are called, where they run, which function does them. */
#ifndef KV_COMMAND_H
#define KV_COMMAND_H

#include "samples/kv/exec.h"
#include "samples/kv/request.h"

struct kv_connection;

/* Where a command runs. */
enum kv_route {
	KV_ROUTE_LOCAL,   /* in the connection, at once */
	KV_ROUTE_KEY,     /* whole, in the shard of its first key */
	KV_ROUTE_VALUES,  /* each key on its own, replies make an array: MGET */
	KV_ROUTE_SUM,     /* each key on its own, replies are added up: DEL */
	KV_ROUTE_PAIRS,   /* each key with its value on its own, one OK: MSET */
	KV_ROUTE_ALL_SUM, /* in all shards, replies are added up: DBSIZE */
	KV_ROUTE_ALL_OK,  /* in all shards, one OK: FLUSHALL */
	KV_ROUTE_RENAME,  /* as KEY if both keys are in one shard, else in steps */
	KV_ROUTE_STEPS,   /* step by step, see procedure.h */
};

enum kv_command_flags {
	KV_WRITE = 1 << 0,
	KV_READONLY = 1 << 1,
	KV_DENYOOM = 1 << 2,
	KV_FAST = 1 << 3,
	KV_NO_AUTH = 1 << 4,
	KV_LOADING = 1 << 5,
	KV_STALE = 1 << 6,
	KV_NOSCRIPT = 1 << 7,
	KV_ADMIN = 1 << 8,
	KV_HAS_SUBCOMMANDS = 1 << 9,
	KV_CONNECTION = 1 << 10, /* for COMMAND's categories only */
	KV_DANGEROUS = 1 << 11,
	KV_KEYSPACE = 1 << 12,
	KV_STRING = 1 << 13,
	KV_SCRIPTING = 1 << 14,
	KV_ALLOW_BUSY = 1 << 15,
	KV_NO_ASYNC_LOADING = 1 << 16,
};

/* A command that runs in the connection. */
struct kv_call {
	struct kv_connection *connection;
	const struct kv_command *command;
	const struct kv_request *request;
	const struct kv_slice *argv; /* all arguments, however many */
	uint32_t argc;
	struct kv_reply *reply;
};
typedef void (*kv_local_fn)(const struct kv_call *call);

struct kv_command {
	_Alignas(64) const char *name; /* so that its place in the table is found by a shift */
	int16_t arity;                 /* with the name; negative: at least */
	uint32_t flags;
	enum kv_route route;
	int8_t first_key;
	int8_t last_key; /* negative: from the end */
	int8_t key_step;
	kv_exec_fn exec;   /* in the shard */
	kv_local_fn local; /* in the connection */
	const char *part;  /* the command that each key is sent as; NULL: itself */
};

extern const struct kv_command kv_commands[];
extern const uint32_t kv_command_count; /* those that clients may call */

/* Commands that only connections send; behind the public ones in the table. */
enum kv_internal {
	KV_DUMP,    /* key: its value and expiry */
	KV_RESTORE, /* key, dump: set it */
	KV_PROBE,   /* key: 1 it is there, 0; an error if writes are refused */
	KV_LOOK,    /* key: the same, also if writes are refused */
	KV_KEYS,    /* cursor, pattern: some keys */
	KV_SCAN,    /* a struct kv_scan_ask, pattern: a part of a page */
	KV_RANDOM,  /* a key or null */
	KV_CLIENTS, /* the clients of the shard's driver */
	KV_STATS,   /* a struct kv_stats */
	KV_RESET_STATS,
	KV_LONG,    /* key, a struct kv_long, a request: what that replies */
	KV_NOTHING, /* for batches that only acquire or release */
	KV_INTERNAL_COUNT,
};
uint16_t kv_internal_index(enum kv_internal which);

/* Build the index of names. Once, before the system starts. */
void kv_commands_init(void);

/* NULL: no such command. */
const struct kv_command *kv_command_find(struct kv_slice text);

static inline uint16_t kv_command_index(const struct kv_command *command)
{
	return (uint16_t)(command - kv_commands);
}

static inline bool kv_arity_fits(const struct kv_command *command, uint32_t argc)
{
	return command->arity >= 0 ? argc == (uint32_t)command->arity
	                           : argc >= (uint32_t)-command->arity;
}

#endif
