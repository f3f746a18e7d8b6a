/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch: what goes between connections and shards: all that one round of a connection wants of one shard in one message,
 * and the replies to it in another. A connection has at most one batch at a shard at any time.
 */
#ifndef KV_BATCH_H
#define KV_BATCH_H

#include <gatio/gatio.h>

#include "samples/kv/command.h"
#include "samples/kv/config.h"

/* Items and bytes of items (but for one large item) in one round of a connection. */
#define KV_ROUND_ITEM_MAX 1024
#define KV_ROUND_SIZE_MAX ((uint32_t)256 * 1024)
/* Bytes of replies after which a shard hands the rest of a batch back until the client has read them. */
#define KV_REPLY_SIZE_HIGH ((size_t)512 * 1024)

/* Shards can be reserved for what must happen in several of them at once, always in the order of their index. */
enum kv_reserve {
	KV_PLAIN = 0, /* waits while the shard is reserved by another connection */
	KV_ACQUIRE,   /* as PLAIN, then the shard is reserved */
	KV_WITHIN,    /* the shard is reserved by this connection */
	KV_RELEASE,   /* as WITHIN, then the shard is free again */
};

/* One command for one shard. 8-byte aligned; behind sizes stand the arguments' bytes. */
struct kv_item {
	uint64_t hash; /* of the key */
	uint32_t size; /* bytes to the next item */
	uint16_t command;
	uint8_t database;
	uint8_t is_resp3;
	uint32_t argc;
	uint32_t sizes[];
};

GATIO_MESSAGE(kv_batch, {
	struct kv_batch *next; /* in a list of who owns it */
	struct gatio_address connection;
	uint32_t size;     /* bytes of items in use */
	uint32_t capacity; /* bytes there is room for */
	uint32_t count;
	uint32_t done;     /* items that have been run */
	uint32_t offset;   /* of the first that has not */
	uint32_t commands; /* of clients, for the statistics */
	uint16_t shard;
	uint8_t reserve;
	uint64_t items[];
});

/* The replies to some of a batch, in order. Behind sizes stand their bytes. */
GATIO_MESSAGE(kv_replies, {
	struct kv_replies *next;
	struct gatio_address connection;
	uint32_t size; /* bytes of replies */
	uint32_t count;
	uint32_t taken;  /* by the connection */
	uint32_t offset; /* of the first that is not */
	uint16_t shard;
	bool is_last; /* the batch is done; else the rest of it comes back */
	uint32_t sizes[];
});

/* A shard had no memory for replies: what has been done is not known to the client, the connection must end. */
GATIO_MESSAGE(kv_failed, { uint32_t shard; });

/* A connection that ends gives a reserved shard free. */
GATIO_MESSAGE(kv_release, { struct gatio_address connection; });

/* A later try to send what found a mailbox full. */
GATIO_MESSAGE(kv_retry, { uint32_t unused; });

#define KV_RETRY_NS GATIO_MS(1)

static inline const uint8_t *kv_replies_bytes(const struct kv_replies *replies)
{
	return (const uint8_t *)(replies->sizes + replies->count);
}

/* The batches of one round while it is gathered. One for each driver: a handler starts with it empty and ends so. */
struct kv_round {
	struct kv_batch *batches[KV_SHARD_MAX];
	uint16_t touched[KV_SHARD_MAX];
	uint32_t touched_count;
	uint32_t item_count;
	uint32_t size;      /* bytes of items */
	uint32_t size_hint; /* bytes of input that are still to come: what a batch may need */
	bool has_failed;    /* memory: items are missing */
};

struct kv_round *kv_round(void);

/* An item to add. */
struct kv_item_options {
	uint64_t hash;
	uint32_t shard;
	uint16_t command;
	uint8_t database;
	bool is_resp3;
};

/* Add an item with at most KV_ARGUMENT_MAX arguments. False: no memory; the round has failed. */
bool kv_round_add(struct kv_round *round, const struct kv_item_options *options,
                  const struct kv_slice *argv, uint32_t argc);

/* Give the batches back unsent. */
void kv_round_drop(struct kv_round *round);

/* The item at `offset`, with its arguments taken apart into exec (argc at most KV_ARGUMENT_MAX). */
const struct kv_item *kv_batch_item(const struct kv_batch *batch, uint32_t offset);
void kv_item_arguments(const struct kv_item *item, struct kv_exec *exec);

#endif
