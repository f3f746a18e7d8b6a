/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch: what goes between connections and shards: all that one round of a connection wants of one shard in one message.
 * The replies come back in the same one where they fit, so that its block ends where it was made, else in another.
 * A connection has at most one batch at a shard at any time. Batches are posted, so to keep one needs no memory: as many as
 * there are connections may wait at a shard, or at the way back, at the end of memory too.
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

/* What a batch holds. */
enum kv_content {
	KV_ITEMS = 0, /* for a shard; or the rest of them, that comes back after some replies */
	KV_REPLIES, /* to some of the items, in order; the rest of the batch comes back behind them */
	KV_LAST_REPLIES, /* the batch is done */
	KV_LOST, /* there was no memory for replies: what has been done is not known, the connection must end */
};

GATIO_MESSAGE(kv_batch, {
	struct kv_batch *next; /* in a list of who owns it */
	struct gatio_address connection;
	uint32_t capacity; /* bytes there is room for */
	uint32_t size;     /* bytes of items in use; of replies without their sizes */
	uint32_t count;    /* items; replies */
	uint32_t done;     /* items that have been run; replies that the connection has taken */
	uint32_t offset;   /* of the first that has not */
	uint32_t commands; /* of clients, for the statistics */
	uint16_t shard;
	uint8_t reserve;
	uint8_t content;
	uint64_t items[]; /* or the sizes of replies, and behind them their bytes */
});

/* A connection that ends gives a reserved shard free. */
GATIO_MESSAGE(kv_release, { struct gatio_address connection; });

/* A later try to send what found a mailbox full. */
GATIO_MESSAGE(kv_retry, { uint32_t unused; });

#define KV_RETRY_NS GATIO_MS(1)
/* A batch has room for replies of at most this many bytes beyond what its items need. */
#define KV_REPLY_HINT_MAX ((uint32_t)16 * 1024)

static inline const uint32_t *kv_replies_sizes(const struct kv_batch *replies)
{
	return (const uint32_t *)replies->items;
}

static inline const uint8_t *kv_replies_bytes(const struct kv_batch *replies)
{
	return (const uint8_t *)(kv_replies_sizes(replies) + replies->count);
}

/* The batches of one round while it is gathered. One for each driver: a handler starts with it empty and ends so. */
struct kv_round {
	struct kv_batch *batches[KV_SHARD_MAX];
	uint16_t touched[KV_SHARD_MAX];
	uint32_t touched_count;
	uint32_t item_count;
	uint32_t size;       /* bytes of items */
	uint32_t size_hint;  /* bytes of input that are still to come: what a batch may need */
	uint32_t reply_hint; /* bytes that a shard's replies may need */
	bool has_failed;     /* memory: items are missing */
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

/* Room for replies that a batch has at least, with this hint. */
uint32_t kv_round_reply_room(uint32_t reply_hint);
/* A batch of the round for `shard` with room for `size` bytes more, or NULL: no memory. */
struct kv_batch *kv_round_make_room(struct kv_round *round, uint32_t shard, size_t size);

/*
 * Add an item with at most KV_ARGUMENT_MAX arguments. False: no memory; the round has failed.
 * Inline, as are those below: each request goes through them.
 */
static inline __attribute__((always_inline)) bool
kv_round_add(struct kv_round *round, const struct kv_item_options *options,
             const struct kv_slice *argv, uint32_t argc)
{
	size_t size = offsetof(struct kv_item, sizes) + argc * sizeof(uint32_t);
	for (uint32_t i = 0; i < argc; i++) {
		size += argv[i].size;
	}
	size = (size + 7) & ~(size_t)7;
	struct kv_batch *batch = round->batches[options->shard];
	if (!batch || batch->capacity - batch->size < size) {
		batch = kv_round_make_room(round, options->shard, size);
		if (!batch) {
			round->has_failed = true;
			return false;
		}
	}
	struct kv_item *item = (struct kv_item *)((uint8_t *)batch->items + batch->size);
	item->hash = options->hash;
	item->size = (uint32_t)size;
	item->command = options->command;
	item->database = options->database;
	item->is_resp3 = options->is_resp3;
	item->argc = argc;
	uint8_t *bytes = (uint8_t *)(item->sizes + argc);
	for (uint32_t i = 0; i < argc; i++) {
		item->sizes[i] = (uint32_t)argv[i].size;
		kv_copy(bytes, argv[i].data, argv[i].size);
		bytes += argv[i].size;
	}
	batch->size += (uint32_t)size;
	batch->count++;
	round->size += (uint32_t)size;
	round->item_count++;
	return true;
}

/* Nothing more is to be added but what belongs to the request at hand. */
static inline void kv_round_close(struct kv_round *round)
{
	round->item_count = KV_ROUND_ITEM_MAX;
}

/* Give the batches back unsent. */
void kv_round_drop(struct kv_round *round);

/* The item at `offset`. */
static inline const struct kv_item *kv_batch_item(const struct kv_batch *batch, uint32_t offset)
{
	return (const struct kv_item *)((const uint8_t *)batch->items + offset);
}

/* Take an item's arguments apart (at most KV_ARGUMENT_MAX); the first is the key. */
static inline void kv_item_arguments(const struct kv_item *item, struct kv_exec *exec)
{
	const uint8_t *bytes = (const uint8_t *)(item->sizes + item->argc);
	exec->argc = item->argc;
	/* Not copied from argv[0]: a load of both words would wait for the stores of each. */
	exec->key.name.data = bytes;
	exec->key.name.size = item->argc > 0 ? item->sizes[0] : 0;
	for (uint32_t i = 0; i < item->argc; i++) {
		exec->argv[i] = (struct kv_slice){.data = bytes, .size = item->sizes[i]};
		bytes += item->sizes[i];
	}
}

#endif
