/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Store: the keys of one shard: 16 numbered tables, expiry, a memory limit, and emptying in small steps.
 *
 * Thread: the shard actor's handlers; its memory is the actor's.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include "samples/kv/errors.h"
#include "samples/kv/table.h"

#define KV_DATABASES 16
/* So that a bucket of them fits into one reply. */
#define KV_KEY_SIZE_MAX ((size_t)64 * 1024)

struct kv_store {
	struct kv_table databases[KV_DATABASES];
	struct kv_table *graves; /* tables being emptied */
	uint32_t grave_count;
	uint32_t grave_capacity;
	uint64_t entry_memory;
	uint64_t table_memory; /* of all databases and graves */
	uint64_t memory_limit; /* bytes; 0: only the system's */
	bool is_short;         /* an allocation failed that is not large */
	int64_t now_ms;        /* of this batch, see kv_store_now(); 0: not read yet */
	uint32_t expire_database;
	uint64_t expire_cursor;
	int64_t average_ttl_ms[KV_DATABASES]; /* of what expires, as seen lately */
	/* Since start. */
	uint64_t hits;
	uint64_t misses;
	uint64_t expired;
	uint64_t commands;
	struct kv_errors errors; /* of this driver's clients, as far as they have been taken */
};

/* A key on its way through the store. */
struct kv_key {
	struct kv_table *table;
	struct kv_slice name;
	uint64_t hash;
};

/* The wall clock in ms, the same for all of a batch. kv_store_tick_clock() lets it be read anew. */
int64_t kv_store_now(struct kv_store *store);
void kv_store_tick_clock(struct kv_store *store);

/* Bytes in use by entries and tables, also those being emptied. */
uint64_t kv_store_memory(const struct kv_store *store);
bool kv_store_is_full(const struct kv_store *store);

/* The place of an entry that has an expiry; nowhere, and the entry is removed, if that is past. */
struct kv_place kv_store_place_in_time(struct kv_store *store, struct kv_table *table,
                                       struct kv_place place);

/* Find a key that is there and has not expired; one that has expired is removed on the way. */
static inline struct kv_place kv_store_find(struct kv_store *store, const struct kv_key *key)
{
	struct kv_place place = kv_table_find(key->table, key->name, key->hash);
	if (place.bucket && kv_place_entry(place)->expires_ms != 0) {
		return kv_store_place_in_time(store, key->table, place);
	}
	return place;
}

/* A value to be stored. */
struct kv_value {
	struct kv_slice text;
	int64_t expires_ms; /* 0: never */
};

/*
 * Set a key to a value; `place` is where kv_store_find() found it.
 * Error: -ENOMEM; nothing changed.
 */
int kv_store_set(struct kv_store *store, const struct kv_key *key, struct kv_place place,
                 const struct kv_value *value);

/*
 * Change the size of the value of a key that is there, or make the key with a value of this size. New bytes are zero.
 * Returns the entry, or NULL: no memory, nothing changed.
 */
struct kv_entry *kv_store_resize(struct kv_store *store, const struct kv_key *key,
                                 struct kv_place place, size_t size);

void kv_store_erase(struct kv_store *store, struct kv_table *table, struct kv_place place);
void kv_store_set_expiry(struct kv_table *table, struct kv_place place, int64_t expires_ms);

struct kv_slice kv_entry_key(const struct kv_entry *entry);
struct kv_slice kv_entry_value(const struct kv_entry *entry);
bool kv_entry_is_expired(struct kv_store *store, const struct kv_entry *entry);

/* Empty a database at once; its memory comes back by kv_store_work(). */
void kv_store_flush(struct kv_store *store, uint32_t database);

/*
 * Remove some expired keys and free some of what was flushed: at most about `step_max` entries and buckets are looked at.
 * Returns true when there is reason to go on soon.
 */
bool kv_store_work(struct kv_store *store, uint32_t step_max);
/* Whether kv_store_work() may ever have something to do as things stand. */
bool kv_store_has_work(const struct kv_store *store);

#endif
