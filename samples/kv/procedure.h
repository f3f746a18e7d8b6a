/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Procedure: a request that takes several rounds: one with very many keys, KEYS, SCAN, RANDOMKEY, INFO, and what must happen in
 * several shards at once: RENAME, RENAMENX, MSETNX.
 *
 * For the last, the shards are reserved one after the other in the order of their index, so two such requests never wait
 * for each other. While a shard is reserved it runs nothing else.
 */
#ifndef KV_PROCEDURE_H
#define KV_PROCEDURE_H

#include "samples/kv/connection.h"

/* What KEYS may reply. */
#define KV_KEYS_SIZE_MAX ((size_t)16 * 1024 * 1024)

/* One step. Returns true when the procedure is over. */
typedef bool (*kv_procedure_fn)(struct kv_connection *connection, struct kv_procedure *procedure);

struct kv_procedure {
	const struct kv_command *command;
	kv_procedure_fn step;
	uint8_t *raw; /* the request's arguments: what the client sent may be gone */
	uint32_t argc;
	uint32_t phase;
	struct kv_reply result;         /* to be written at the end */
	struct kv_arguments rest;       /* of a request with very many keys, MSETNX */
	uint32_t shard;                 /* the one at hand */
	uint64_t cursor;                /* in it */
	uint64_t count;                 /* of what was found; of shards tried */
	uint64_t wanted;                /* SCAN: keys of the page */
	struct kv_slice pattern;        /* SCAN: of the keys, in raw; data NULL: all */
	bool is_other_type;             /* SCAN: those that are looked for are none of ours */
	uint16_t *key_shards;           /* MSETNX: of each key */
	bool keeps_replies;             /* the next step needs those of the last one too */
	bool is_refused;                /* MSETNX: a key is there, or an error */
	uint8_t held[KV_SHARD_MAX / 8]; /* a bit for each reserved shard */
};

/* Argument `index` of the request; there is such. */
struct kv_slice kv_procedure_argument(const struct kv_procedure *procedure, uint32_t index);

/* What to send to a shard in a step. */
struct kv_procedure_item {
	uint32_t shard;
	uint16_t command;
	enum kv_reserve reserve;
};
/* Add an item to the round; argv[0] is the key, if any. */
void kv_procedure_add(struct kv_connection *connection, const struct kv_procedure_item *item,
                      const struct kv_slice *argv, uint32_t argc);
/* Give all held shards free, each with an empty batch. */
void kv_procedure_release(struct kv_connection *connection, struct kv_procedure *procedure);
/* The reply of a shard to the item with this index, in the step that is over. Size 0: none. */
struct kv_slice kv_procedure_reply(const struct kv_connection *connection, uint32_t shard,
                                   uint32_t index);

void kv_procedure_hold(struct kv_procedure *procedure, uint32_t shard);
bool kv_procedure_holds(const struct kv_procedure *procedure, uint32_t shard);

/* atomic.c */
bool kv_procedure_rename(struct kv_connection *connection, struct kv_procedure *procedure);
bool kv_procedure_msetnx(struct kv_connection *connection, struct kv_procedure *procedure);
/* scan.c */
bool kv_procedure_scan(struct kv_connection *connection, struct kv_procedure *procedure);
/* clients.c */
bool kv_procedure_clients(struct kv_connection *connection, struct kv_procedure *procedure);
/* info.c */
bool kv_procedure_info(struct kv_connection *connection, struct kv_procedure *procedure);

#endif
