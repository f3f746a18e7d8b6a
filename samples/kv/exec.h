/* SPDX-License-Identifier: Apache-2.0 */
/* Exec: commands as a shard runs them: one item of a batch, its store, its reply. */
#ifndef KV_EXEC_H
#define KV_EXEC_H

#include "samples/kv/reply.h"
#include "samples/kv/request.h"
#include "samples/kv/store.h"

struct kv_command;

struct kv_exec {
	struct kv_store *store;
	struct kv_reply *reply;
	const struct kv_command *command;
	uint32_t database;
	struct kv_key key; /* argv[0] */
	uint32_t argc;     /* without the command's name */
	uint32_t shard_index;
	struct kv_slice argv[];
};

typedef void (*kv_exec_fn)(struct kv_exec *exec);

/* Where the key is; counted as a hit or a miss. */
struct kv_place kv_exec_look_up(struct kv_exec *exec);
/* Where the key is. */
struct kv_place kv_exec_find(struct kv_exec *exec);
/* An argument as a number; false: has replied that it is none. */
bool kv_exec_int(struct kv_exec *exec, uint32_t index, int64_t *out_value);
/* Whether a string may become this long; false: has replied that it may not. */
bool kv_exec_size_fits(struct kv_exec *exec, uint64_t size);
void kv_exec_out_of_memory(struct kv_exec *exec);
/* "ERR invalid expire time in 'set' command". */
void kv_exec_bad_expiry(struct kv_exec *exec);
void kv_exec_syntax_error(struct kv_exec *exec);
/* Set the key; false: has replied that there is no memory. */
bool kv_exec_set(struct kv_exec *exec, struct kv_place place, struct kv_slice text,
                 int64_t expires_ms);

/* Statistics of a shard, as KV_STATS replies them. */
struct kv_stats {
	uint64_t commands;
	uint64_t hits;
	uint64_t misses;
	uint64_t expired;
	uint64_t memory;
	struct kv_errors errors;
	uint64_t key_counts[KV_DATABASES];
	uint64_t expiring_counts[KV_DATABASES];
	uint64_t ttls_ms[KV_DATABASES]; /* the average of those that expire, times their number */
};

/* What KV_DUMP replies: '!', this, the value; or a null. */
struct kv_dump {
	int64_t expires_ms;
};

/* What KV_KEYS replies: '!', this, then `size` bytes of bulk strings. */
struct kv_keys_part {
	uint64_t cursor; /* 0: done */
	uint64_t count;
};

/* What KV_SCAN is asked, in front of the pattern. */
struct kv_scan_ask {
	uint64_t cursor;        /* in the shard */
	uint64_t wanted;        /* keys that are missing in the page */
	uint64_t is_other_type; /* of those that are looked for there are none */
};

/* What KV_SCAN replies: '!', this, then bulk strings. */
struct kv_scan_part {
	uint64_t cursor; /* the next in the shard; 0: it is done */
	uint64_t count;
	uint64_t is_tired; /* much was looked at and too little found */
};

/* In front of the arguments of KV_LONG: what command they belong to, and how many they are with its name. */
struct kv_long {
	uint32_t command;
	uint32_t argc;
};

/* string.c */
void kv_exec_get(struct kv_exec *exec);
void kv_exec_set_command(struct kv_exec *exec);
void kv_exec_setnx(struct kv_exec *exec);
void kv_exec_setex(struct kv_exec *exec);
void kv_exec_psetex(struct kv_exec *exec);
void kv_exec_getset(struct kv_exec *exec);
void kv_exec_getdel(struct kv_exec *exec);
void kv_exec_getex(struct kv_exec *exec);
void kv_exec_append(struct kv_exec *exec);
void kv_exec_strlen(struct kv_exec *exec);
void kv_exec_getrange(struct kv_exec *exec);
void kv_exec_setrange(struct kv_exec *exec);
/* number.c */
void kv_exec_incr(struct kv_exec *exec);
void kv_exec_decr(struct kv_exec *exec);
void kv_exec_incrby(struct kv_exec *exec);
void kv_exec_decrby(struct kv_exec *exec);
void kv_exec_incrbyfloat(struct kv_exec *exec);
/* key.c */
void kv_exec_del(struct kv_exec *exec);
void kv_exec_exists(struct kv_exec *exec);
void kv_exec_type(struct kv_exec *exec);
void kv_exec_rename(struct kv_exec *exec);
void kv_exec_renamenx(struct kv_exec *exec);
void kv_exec_dbsize(struct kv_exec *exec);
void kv_exec_flushdb(struct kv_exec *exec);
void kv_exec_flushall(struct kv_exec *exec);
void kv_exec_scan(struct kv_exec *exec);
/* expiry.c */
void kv_exec_expire(struct kv_exec *exec);
void kv_exec_pexpire(struct kv_exec *exec);
void kv_exec_expireat(struct kv_exec *exec);
void kv_exec_pexpireat(struct kv_exec *exec);
void kv_exec_ttl(struct kv_exec *exec);
void kv_exec_pttl(struct kv_exec *exec);
void kv_exec_expiretime(struct kv_exec *exec);
void kv_exec_pexpiretime(struct kv_exec *exec);
void kv_exec_persist(struct kv_exec *exec);
/* clients.c */
void kv_exec_clients(struct kv_exec *exec);
/* internal.c */
void kv_exec_dump(struct kv_exec *exec);
void kv_exec_restore(struct kv_exec *exec);
void kv_exec_probe(struct kv_exec *exec);
void kv_exec_keys(struct kv_exec *exec);
void kv_exec_random(struct kv_exec *exec);
void kv_exec_stats(struct kv_exec *exec);
void kv_exec_reset_stats(struct kv_exec *exec);
void kv_exec_nothing(struct kv_exec *exec);
void kv_exec_long(struct kv_exec *exec);

#endif
