/* SPDX-License-Identifier: Apache-2.0 */
/* Store: entries in tables, their memory and their end. */
#include "samples/kv/store.h"

#include <errno.h>
#include <time.h>

#include <gatio/actor.h>

/*
 * What a block costs beyond what was asked for, estimated for the limit: small ones are rounded up a little; large ones take
 * whole pages, and what is larger than half of a chunk of pages takes all of it.
 */
#define BLOCK_OVERHEAD  16
#define BLOCK_SMALL_MAX ((uint64_t)32 << 10)
#define PAGE_SIZE       ((uint64_t)64 << 10)
#define CHUNK_SIZE      ((uint64_t)2 << 20)
/* When there is no memory for more than this, that says nothing about the rest. */
#define SHORT_SIZE_MAX ((size_t)256 << 10)
/* A value that uses less than a quarter of its room, and this much room, gets a smaller block. */
#define SLACK_MAX 256
/* While more than one in four of the expiring entries seen had expired, it is worth going on. */
#define EXPIRED_SHARE 4
/* Buckets without an expiring entry that cost about as much to look at as one expiring entry. */
#define BUCKETS_FOR_ENTRY 8

int64_t kv_store_now(struct kv_store *store)
{
	if (store->now_ms == 0) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		store->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	}
	return store->now_ms;
}

void kv_store_tick_clock(struct kv_store *store)
{
	store->now_ms = 0;
}

uint64_t kv_store_memory(const struct kv_store *store)
{
	return store->entry_memory + store->table_memory;
}

bool kv_store_is_full(const struct kv_store *store)
{
	return store->memory_limit != 0 && kv_store_memory(store) >= store->memory_limit;
}

/* Tables change in these only, so that what they take is known without asking each. */
static bool add_to_table(struct kv_store *store, struct kv_table *table, struct kv_entry *entry)
{
	uint64_t before = table->memory;
	bool is_added = kv_table_add(table, entry);
	store->table_memory += table->memory - before;
	return is_added;
}

static void take_from_table(struct kv_store *store, struct kv_table *table, struct kv_place place)
{
	uint64_t before = table->memory;
	kv_table_take(table, place);
	store->table_memory += table->memory - before;
}

static struct kv_entry *drain_table(struct kv_store *store, struct kv_table *table)
{
	uint64_t before = table->memory;
	struct kv_entry *entry = kv_table_drain(table);
	store->table_memory += table->memory - before;
	return entry;
}

struct kv_slice kv_entry_key(const struct kv_entry *entry)
{
	return (struct kv_slice){.data = entry->bytes, .size = entry->key_size};
}

struct kv_slice kv_entry_value(const struct kv_entry *entry)
{
	return (struct kv_slice){.data = entry->bytes + entry->key_size, .size = entry->value_size};
}

bool kv_entry_is_expired(struct kv_store *store, const struct kv_entry *entry)
{
	return entry->expires_ms != 0 && entry->expires_ms <= kv_store_now(store);
}

static __attribute__((noinline)) uint64_t large_block(uint64_t size)
{
	uint64_t unit = size > CHUNK_SIZE / 2 - PAGE_SIZE ? CHUNK_SIZE : PAGE_SIZE;
	return (size + unit - 1) / unit * unit;
}

static inline uint64_t memory_of(const struct kv_entry *entry)
{
	uint64_t size = sizeof(*entry) + entry->key_size + entry->capacity + BLOCK_OVERHEAD;
	return size <= BLOCK_SMALL_MAX ? size : large_block(size);
}

/* There was no memory for a block of this size. */
static void note_shortage(struct kv_store *store, size_t size)
{
	store->is_short |= size <= SHORT_SIZE_MAX;
}

static void free_entry(struct kv_store *store, struct kv_entry *entry)
{
	store->entry_memory -= memory_of(entry);
	gatio_free(entry);
}

/* A block for a key with room for a value. What is behind the key is not set. */
static struct kv_entry *new_entry(struct kv_store *store, const struct kv_key *key, size_t capacity)
{
	struct kv_entry *entry = gatio_alloc(sizeof(*entry) + key->name.size + capacity);
	if (!entry) {
		note_shortage(store, capacity);
		return NULL;
	}
	*entry = (struct kv_entry){
	        .hash = key->hash,
	        .key_size = (uint32_t)key->name.size,
	        .capacity = (uint32_t)capacity,
	};
	memcpy(entry->bytes, key->name.data, key->name.size);
	store->entry_memory += memory_of(entry);
	return entry;
}

void kv_store_erase(struct kv_store *store, struct kv_table *table, struct kv_place place)
{
	struct kv_entry *entry = kv_place_entry(place);
	take_from_table(store, table, place);
	free_entry(store, entry);
}

struct kv_place kv_store_place_in_time(struct kv_store *store, struct kv_table *table,
                                       struct kv_place place)
{
	if (kv_entry_is_expired(store, kv_place_entry(place))) {
		kv_store_erase(store, table, place);
		store->expired++;
		place.bucket = NULL;
	}
	return place;
}

/* Another block for an entry in its place, with room for `capacity` bytes of value. */
static struct kv_entry *move_entry(struct kv_store *store, const struct kv_key *key,
                                   struct kv_place place, size_t capacity)
{
	struct kv_entry *old = kv_place_entry(place);
	uint64_t old_memory = memory_of(old);
	struct kv_entry *entry = gatio_realloc(old, sizeof(*entry) + key->name.size + capacity);
	if (!entry) {
		note_shortage(store, capacity);
		return NULL;
	}
	entry->capacity = (uint32_t)capacity;
	store->entry_memory += memory_of(entry) - old_memory;
	kv_table_update(key->table, place, entry);
	return entry;
}

/* Room in the entry for a value of this size, neither too small nor far too large. */
static bool has_fitting_room(const struct kv_entry *entry, size_t size)
{
	return size <= entry->capacity &&
	       (entry->capacity <= SLACK_MAX || size >= entry->capacity / 4);
}

int kv_store_set(struct kv_store *store, const struct kv_key *key, struct kv_place place,
                 const struct kv_value *value)
{
	struct kv_entry *entry = NULL;
	if (place.bucket) {
		entry = kv_place_entry(place);
		if (!has_fitting_room(entry, value->text.size)) {
			entry = move_entry(store, key, place, value->text.size);
		}
	} else {
		entry = new_entry(store, key, value->text.size);
	}
	if (!entry) {
		return -ENOMEM;
	}
	memcpy(entry->bytes + entry->key_size, value->text.data, value->text.size);
	entry->value_size = (uint32_t)value->text.size;
	entry->is_raw = 0;
	if (place.bucket) {
		if (entry->expires_ms != value->expires_ms) {
			kv_store_set_expiry(key->table, place, value->expires_ms);
		}
		return 0;
	}
	entry->expires_ms = value->expires_ms;
	if (!add_to_table(store, key->table, entry)) {
		note_shortage(store, 0);
		free_entry(store, entry);
		return -ENOMEM;
	}
	return 0;
}

struct kv_entry *kv_store_resize(struct kv_store *store, const struct kv_key *key,
                                 struct kv_place place, size_t size)
{
	struct kv_entry *entry = place.bucket ? kv_place_entry(place) : NULL;
	if (entry && size > entry->capacity) {
		/* Appending again and again must not copy the value each time. */
		size_t capacity = size < ((size_t)1 << 20) ? size * 2 : size + ((size_t)1 << 20);
		entry = move_entry(store, key, place, capacity);
	} else if (!entry) {
		entry = new_entry(store, key, size);
		if (entry && !add_to_table(store, key->table, entry)) {
			note_shortage(store, 0);
			free_entry(store, entry);
			entry = NULL;
		}
	}
	if (!entry) {
		return NULL;
	}
	if (size > entry->value_size) {
		memset(entry->bytes + entry->key_size + entry->value_size, 0,
		       size - entry->value_size);
	}
	entry->value_size = (uint32_t)size;
	return entry;
}

void kv_store_set_expiry(struct kv_table *table, struct kv_place place, int64_t expires_ms)
{
	struct kv_entry *entry = kv_place_entry(place);
	entry->expires_ms = expires_ms;
	kv_table_update(table, place, entry);
}

/* ---- Work in small steps ----------------------------------------------------------------------------------------- */

static bool add_grave(struct kv_store *store, const struct kv_table *table)
{
	if (store->grave_count == store->grave_capacity) {
		uint32_t capacity = store->grave_capacity + KV_DATABASES;
		struct kv_table *graves = gatio_realloc(store->graves, capacity * sizeof(*graves));
		if (!graves) {
			return false;
		}
		store->graves = graves;
		store->grave_capacity = capacity;
	}
	store->graves[store->grave_count++] = *table;
	return true;
}

void kv_store_flush(struct kv_store *store, uint32_t database)
{
	struct kv_table *table = &store->databases[database];
	if (table->bucket_count == 0) {
		return;
	}
	if (add_grave(store, table)) {
		*table = (struct kv_table){.count = 0};
		return;
	}
	/* No memory for a list of what is to be freed: free it now. */
	struct kv_entry *entry;
	while ((entry = drain_table(store, table)) != NULL) {
		free_entry(store, entry);
	}
}

static uint32_t empty_graves(struct kv_store *store, uint32_t step_max)
{
	uint32_t steps = 0;
	while (store->grave_count > 0 && steps++ < step_max) {
		struct kv_entry *entry = drain_table(store, &store->graves[store->grave_count - 1]);
		if (entry) {
			free_entry(store, entry);
		} else {
			store->grave_count--;
		}
	}
	return steps;
}

#define EXPIRE_BATCH    64
#define TTL_COUNTED_MAX (INT64_C(1) << 50)

/* Keys found to be expired in a few buckets. */
struct harvest {
	struct kv_store *store;
	struct kv_entry *entries[EXPIRE_BATCH];
	uint32_t count;
	uint32_t seen;
	uint32_t alive; /* of those seen */
	int64_t ttl_ms; /* the sum of theirs */
};

static void harvest_entry(void *context, struct kv_entry *entry)
{
	struct harvest *harvest = context;
	harvest->seen++;
	if (!kv_entry_is_expired(harvest->store, entry)) {
		/* Each counts a little: the sum of a batch cannot overflow. */
		int64_t left = entry->expires_ms - kv_store_now(harvest->store);
		harvest->ttl_ms += left < TTL_COUNTED_MAX ? left : TTL_COUNTED_MAX;
		harvest->alive++;
	} else if (harvest->count < EXPIRE_BATCH) {
		harvest->entries[harvest->count++] = entry;
	}
}

/* A running average, as Redis does it: what is new counts for two in a hundred. */
static void learn_ttl(struct kv_store *store, const struct harvest *harvest)
{
	int64_t *average = &store->average_ttl_ms[store->expire_database];
	if (harvest->alive > 0) {
		int64_t now = harvest->ttl_ms / harvest->alive;
		*average = *average == 0 ? now : *average / 50 * 49 + now / 50;
	}
}

static void remove_harvest(struct kv_store *store, struct kv_table *table,
                           const struct harvest *harvest)
{
	for (uint32_t i = 0; i < harvest->count; i++) {
		struct kv_entry *entry = harvest->entries[i];
		struct kv_place place = kv_table_find(table, kv_entry_key(entry), entry->hash);
		kv_store_erase(store, table, place);
		store->expired++;
	}
}

/*
 * Look at about `step_max` entries that can expire, in the databases in turn. Returns whether many had expired. A bucket
 * without such entries is one cache line and no more, so of these there may be many.
 */
static bool expire_some(struct kv_store *store, uint32_t step_max)
{
	uint32_t seen = 0;
	uint32_t removed = 0;
	uint32_t databases_left = KV_DATABASES;
	uint32_t buckets_left = step_max * BUCKETS_FOR_ENTRY;
	while (buckets_left-- > 0 && seen < step_max && databases_left > 0) {
		struct kv_table *table = &store->databases[store->expire_database];
		struct harvest harvest = {.store = store};
		struct kv_scan scan = {
		        .visit = harvest_entry, .context = &harvest, .expiring_only = true};
		if (table->expiring_count > 0) {
			store->expire_cursor = kv_table_scan(table, store->expire_cursor, &scan);
			learn_ttl(store, &harvest);
			remove_harvest(store, table, &harvest);
		} else {
			store->expire_cursor = 0;
		}
		if (store->expire_cursor == 0) {
			store->expire_database = (store->expire_database + 1) % KV_DATABASES;
			databases_left--;
		}
		seen += harvest.seen;
		removed += harvest.count;
	}
	return removed * EXPIRED_SHARE > seen;
}

bool kv_store_work(struct kv_store *store, uint32_t step_max)
{
	uint32_t steps = empty_graves(store, step_max);
	bool many = steps < step_max && expire_some(store, step_max - steps);
	return store->grave_count > 0 || many;
}

bool kv_store_has_work(const struct kv_store *store)
{
	uint64_t work = store->grave_count;
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		work += store->databases[i].expiring_count;
	}
	return work > 0;
}
