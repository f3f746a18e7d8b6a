/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table: entries by key, growing and shrinking one bucket at a time (linear hashing), so that no command ever waits for
 * a rehash. A bucket is one cache line: seven entries with seven bits of their hash each, more in a chained bucket.
 *
 * A scan walks the hashes in the order of their reversed bits. Splitting and joining buckets does not change that order,
 * so an entry that is there from the scan's begin to its end is seen exactly once, whatever happens in between.
 *
 * Memory: gatio_alloc() of the running actor.
 */
#ifndef KV_TABLE_H
#define KV_TABLE_H

#include "samples/kv/slice.h"

/* A key with its value: one block, `bytes` holds the key and behind it room for `capacity` bytes of value. */
struct kv_entry {
	uint64_t hash;
	int64_t expires_ms; /* wall clock; 0: never */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t capacity;
	uint32_t is_raw; /* has been changed in place: as OBJECT ENCODING tells it */
	uint8_t bytes[];
};

#define KV_BUCKET_ENTRIES 7

struct kv_bucket {
	/* Of each slot seven bits of the entry's hash, never all 0, and above them whether it expires; 0: no entry. */
	uint8_t tags[KV_BUCKET_ENTRIES];
	uint8_t used; /* a bit for each slot; bit 7: the last slot is the chained bucket */
	uint64_t slots[KV_BUCKET_ENTRIES];
};
_Static_assert(sizeof(struct kv_bucket) == 64, "a bucket is a cache line");

struct kv_table {
	struct kv_bucket **segments; /* rows of buckets */
	uint32_t segment_count;
	uint32_t segment_capacity;
	uint64_t bucket_count;
	uint64_t bucket_mask; /* 2^(level+1) - 1, see table.c */
	uint64_t count;
	uint64_t expiring_count;  /* entries with expires_ms */
	struct kv_bucket *spares; /* chained buckets that are free; linked by slots[0] */
	uint64_t memory;          /* bytes of buckets and segments */
};

/* Where an entry stands. Valid until the table changes. */
struct kv_place {
	struct kv_bucket *bucket; /* NULL: nowhere */
	unsigned index;
};

struct kv_place kv_table_find(const struct kv_table *table, struct kv_slice key, uint64_t hash);

/*
 * Ask for the cache lines that kv_table_find() will read: the bucket, and when that has come, the entry that it most
 * likely finds. Who has several keys to find asks for all of them first, so that their misses overlap.
 */
const struct kv_bucket *kv_table_fetch_bucket(const struct kv_table *table, uint64_t hash);
/* The bucket is what the other has returned, and the table has not changed since; NULL is accepted. */
void kv_table_fetch_entry(const struct kv_bucket *bucket, uint64_t hash);

static inline struct kv_entry *kv_place_entry(struct kv_place place)
{
	return (struct kv_entry *)(uintptr_t)place.bucket->slots[place.index];
}

/* After the entry's block has moved or its expiry has changed. */
void kv_table_update(struct kv_table *table, struct kv_place place, struct kv_entry *entry);

/* Add an entry whose key is not there. False: memory is at its limit. */
bool kv_table_add(struct kv_table *table, struct kv_entry *entry);
/* Take an entry out; its block is the caller's. */
void kv_table_take(struct kv_table *table, struct kv_place place);

/* Called for each entry of a bucket, also for expired ones. Must not change the table. */
typedef void (*kv_visit_fn)(void *context, struct kv_entry *entry);

struct kv_scan {
	kv_visit_fn visit;
	void *context;
	bool expiring_only; /* those without an expiry are passed over without being touched */
};

/*
 * Visit the bucket at `cursor` and return the cursor of the next, 0 at the end. Any number is a cursor.
 */
uint64_t kv_table_scan(const struct kv_table *table, uint64_t cursor, const struct kv_scan *scan);

/* An entry in the bucket at a random cursor or soon after it; NULL only if none of the next 1024 buckets has one. */
struct kv_entry *kv_table_random(const struct kv_table *table, uint64_t random);

/*
 * Take some entry out of a table that is to be emptied; its block is the caller's. NULL: it is empty, and its own memory
 * has been given back.
 */
struct kv_entry *kv_table_drain(struct kv_table *table);

#endif
