/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table: linear hashing over segments of buckets.
 *
 * With 2^level <= bucket_count < 2^(level+1), an entry stands in the bucket of the low level+1 bits of its hash, or if
 * that bucket is not there yet, of the low level bits.
 */
#include "samples/kv/table.h"

#include <gatio/actor.h>

#define SEGMENT_BUCKETS 256
#define BUCKET_SIZE     sizeof(struct kv_bucket)
#define SEGMENT_SIZE    ((SEGMENT_BUCKETS + 1) * BUCKET_SIZE)
#define CHAINED         0x80u
#define SLOTS_USED      0x7fu
#define LAST_SLOT       (KV_BUCKET_ENTRIES - 1)
#define TAG_EXPIRES     0x80u
#define BUCKET_LOAD_MAX 3 /* entries for each bucket, on average, at which one is split */
#define SPLITS_AT_ONCE  2
#define RANDOM_WALK_MAX 1024

/* Seven bits, never 0: that is the tag of a slot without an entry. */
static inline uint64_t tag_of_hash(uint64_t hash)
{
	uint64_t tag = (hash >> 48) & 0x7f;
	return tag + (tag == 0);
}

static uint8_t tag_of(const struct kv_entry *entry)
{
	return (uint8_t)(tag_of_hash(entry->hash) | (entry->expires_ms ? TAG_EXPIRES : 0));
}

static unsigned level_of(const struct kv_table *table)
{
	return 63 - (unsigned)__builtin_clzll(table->bucket_count);
}

static void set_bucket_count(struct kv_table *table, uint64_t count)
{
	table->bucket_count = count;
	table->bucket_mask = (UINT64_C(2) << level_of(table)) - 1;
}

static uint64_t bucket_index(const struct kv_table *table, uint64_t hash)
{
	uint64_t index = hash & table->bucket_mask;
	/* One bit less where that bucket is not there yet: by a shift, as a branch could not be predicted. */
	return index & (table->bucket_mask >> (index >= table->bucket_count));
}

static struct kv_bucket *bucket_at(const struct kv_table *table, uint64_t index)
{
	return table->segments[index / SEGMENT_BUCKETS] + index % SEGMENT_BUCKETS;
}

static struct kv_bucket *chained(const struct kv_bucket *bucket)
{
	return bucket->used & CHAINED ? (struct kv_bucket *)(uintptr_t)bucket->slots[LAST_SLOT]
	                              : NULL;
}

/* Slots that hold entries. */
static unsigned entries_in(const struct kv_bucket *bucket)
{
	return bucket->used & CHAINED ? bucket->used & (SLOTS_USED >> 1) : bucket->used;
}

static struct kv_entry *entry_at(const struct kv_bucket *bucket, unsigned index)
{
	return (struct kv_entry *)(uintptr_t)bucket->slots[index];
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static struct kv_bucket *take_spare(struct kv_table *table)
{
	struct kv_bucket *bucket = table->spares;
	if (bucket) {
		table->spares = (struct kv_bucket *)(uintptr_t)bucket->slots[0];
	} else {
		bucket = gatio_alloc(sizeof(*bucket));
		if (!bucket) {
			return NULL;
		}
		table->memory += sizeof(*bucket);
	}
	memset(bucket, 0, sizeof(*bucket));
	return bucket;
}

static void put_spare(struct kv_table *table, struct kv_bucket *bucket)
{
	bucket->slots[0] = (uintptr_t)table->spares;
	table->spares = bucket;
}

/* Two spare buckets, which redistribute() may need. */
static bool ensure_spares(struct kv_table *table)
{
	struct kv_bucket *first = take_spare(table);
	struct kv_bucket *second = take_spare(table);
	if (first) {
		put_spare(table, first);
	}
	if (second) {
		put_spare(table, second);
	}
	return first && second;
}

static void free_spares(struct kv_table *table)
{
	while (table->spares) {
		struct kv_bucket *bucket = table->spares;
		table->spares = (struct kv_bucket *)(uintptr_t)bucket->slots[0];
		gatio_free(bucket);
		table->memory -= sizeof(*bucket);
	}
}

static bool grow_directory(struct kv_table *table)
{
	uint32_t capacity = table->segment_capacity ? table->segment_capacity * 2 : 4;
	struct kv_bucket **segments = gatio_realloc(table->segments, capacity * sizeof(*segments));
	if (!segments) {
		return false;
	}
	table->memory += (capacity - table->segment_capacity) * sizeof(*segments);
	table->segments = segments;
	table->segment_capacity = capacity;
	return true;
}

static bool add_segment(struct kv_table *table)
{
	if (table->segment_count == table->segment_capacity && !grow_directory(table)) {
		return false;
	}
	void *block = gatio_alloc(SEGMENT_SIZE);
	if (!block) {
		return false;
	}
	memset(block, 0, SEGMENT_SIZE);
	/* At the next cache line; before it, where there are 16 bytes at least, stands the block that is to be freed. */
	void *segment = (void *)(((uintptr_t)block + BUCKET_SIZE) & ~(uintptr_t)(BUCKET_SIZE - 1));
	((void **)segment)[-1] = block;
	table->segments[table->segment_count++] = segment;
	table->memory += SEGMENT_SIZE;
	return true;
}

static void drop_segment(struct kv_table *table)
{
	gatio_free(((void **)table->segments[--table->segment_count])[-1]);
	table->memory -= SEGMENT_SIZE;
}

/* ---- Chains ------------------------------------------------------------------------------------------------------ */

/* Put an entry into a chain. False: it needs a bucket more and there is no memory. */
static bool chain_put(struct kv_table *table, struct kv_bucket *bucket, struct kv_entry *entry)
{
	while (bucket->used == SLOTS_USED || bucket->used & CHAINED) {
		unsigned open = ~entries_in(bucket) & (SLOTS_USED >> 1);
		if (bucket->used & CHAINED && open) {
			break;
		}
		if (!(bucket->used & CHAINED)) {
			struct kv_bucket *more = take_spare(table);
			if (!more) {
				return false;
			}
			more->tags[0] = bucket->tags[LAST_SLOT];
			more->slots[0] = bucket->slots[LAST_SLOT];
			more->used = 1;
			bucket->tags[LAST_SLOT] = 0;
			bucket->slots[LAST_SLOT] = (uintptr_t)more;
			bucket->used |= CHAINED;
		}
		bucket = chained(bucket);
	}
	unsigned open = ~(unsigned)bucket->used & SLOTS_USED;
	unsigned index = (unsigned)__builtin_ctz(open);
	bucket->tags[index] = tag_of(entry);
	bucket->slots[index] = (uintptr_t)entry;
	bucket->used |= (uint8_t)(1u << index);
	return true;
}

/*
 * Empty the chain of a bucket and put its entries where they belong now. Two chains made of one never need more buckets
 * than the one had, and one made of two at most two more: the spares suffice.
 */
static void redistribute(struct kv_table *table, struct kv_bucket *first)
{
	struct kv_bucket copy = *first;
	struct kv_bucket *rest = chained(first);
	memset(first, 0, sizeof(*first));
	struct kv_bucket *from = &copy;
	while (from) {
		struct kv_bucket own = *from;
		if (from != &copy) {
			put_spare(table, from);
		}
		for (unsigned left = entries_in(&own); left; left &= left - 1) {
			struct kv_entry *entry = entry_at(&own, (unsigned)__builtin_ctz(left));
			chain_put(table, bucket_at(table, bucket_index(table, entry->hash)), entry);
		}
		from = from == &copy ? rest : chained(&own);
	}
}

static void split_one(struct kv_table *table)
{
	uint64_t split = table->bucket_count - (UINT64_C(1) << level_of(table));
	if (table->bucket_count / SEGMENT_BUCKETS >= table->segment_count && !add_segment(table)) {
		return; /* the buckets get fuller instead */
	}
	memset(bucket_at(table, table->bucket_count), 0, sizeof(struct kv_bucket));
	set_bucket_count(table, table->bucket_count + 1);
	redistribute(table, bucket_at(table, split));
}

static void join_one(struct kv_table *table)
{
	if (!ensure_spares(table)) {
		return;
	}
	struct kv_bucket *last = bucket_at(table, table->bucket_count - 1);
	set_bucket_count(table, table->bucket_count - 1);
	redistribute(table, last);
	if (table->bucket_count % SEGMENT_BUCKETS == 0) {
		drop_segment(table);
	}
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

/* The slots whose tag fits: the top bit of a byte for each. */
static inline uint64_t candidates(const struct kv_bucket *bucket, uint64_t hash)
{
	const uint64_t tops = UINT64_C(0x0080808080808080); /* the eighth byte is `used` */
	uint64_t tags = kv_load_8((const uint8_t *)bucket);
	uint64_t wanted = tag_of_hash(hash) * UINT64_C(0x0101010101010101);
	/* In the lower seven bits of each byte: whether it expires does not count. */
	uint64_t differs = (tags ^ wanted) & (tops - (tops >> 7));
	/* 0x80 less what differs, byte by byte: the top bit stays where that is nothing. */
	return (tops - differs) & tops;
}

static inline unsigned first_of(uint64_t tops)
{
	return (unsigned)__builtin_ctzll(tops) / 8;
}

/* Look through a chain. */
static __attribute__((noinline)) struct kv_place find_in_chain(struct kv_bucket *bucket,
                                                               struct kv_slice key, uint64_t hash)
{
	for (; bucket; bucket = chained(bucket)) {
		for (uint64_t left = candidates(bucket, hash); left; left &= left - 1) {
			const struct kv_entry *entry = entry_at(bucket, first_of(left));
			struct kv_slice other = {.data = entry->bytes, .size = entry->key_size};
			if (entry->hash == hash && kv_same(key, other)) {
				return (struct kv_place){.bucket = bucket, .index = first_of(left)};
			}
		}
	}
	return (struct kv_place){.bucket = NULL};
}

struct kv_place kv_table_find(const struct kv_table *table, struct kv_slice key, uint64_t hash)
{
	if (table->count == 0) {
		return (struct kv_place){.bucket = NULL};
	}
	/* Nearly always it is the first whose tag fits. Its hash is not asked for: the same key has the same. */
	struct kv_bucket *bucket = bucket_at(table, bucket_index(table, hash));
	uint64_t found = candidates(bucket, hash);
	if (found) {
		const struct kv_entry *entry = entry_at(bucket, first_of(found));
		if (entry->key_size == key.size && key.size <= KV_SAME_SHORT_MAX &&
		    kv_same_short(entry->bytes, key.data, key.size)) {
			return (struct kv_place){.bucket = bucket, .index = first_of(found)};
		}
	}
	return find_in_chain(bucket, key, hash);
}

/* Ask for a cache line. The empty statement: gcc drops calls of functions that do nothing but this (seen with -flto). */
static inline void fetch(const void *line)
{
	__builtin_prefetch(line);
	__asm__ volatile("" : : "r"(line));
}

const struct kv_bucket *kv_table_fetch_bucket(const struct kv_table *table, uint64_t hash)
{
	if (table->count == 0) {
		return NULL;
	}
	const struct kv_bucket *bucket = bucket_at(table, bucket_index(table, hash));
	fetch(bucket);
	return bucket;
}

void kv_table_fetch_entry(const struct kv_bucket *bucket, uint64_t hash)
{
	uint64_t found = bucket ? candidates(bucket, hash) : 0;
	if (found) {
		const char *entry = (const char *)entry_at(bucket, first_of(found));
		fetch(entry);
		fetch(entry + 64); /* its value; 64 bytes: a line */
	}
}

void kv_table_update(struct kv_table *table, struct kv_place place, struct kv_entry *entry)
{
	bool did_expire = place.bucket->tags[place.index] & TAG_EXPIRES;
	place.bucket->slots[place.index] = (uintptr_t)entry;
	place.bucket->tags[place.index] = tag_of(entry);
	table->expiring_count += (entry->expires_ms ? 1u : 0u);
	table->expiring_count -= (did_expire ? 1u : 0u);
}

bool kv_table_add(struct kv_table *table, struct kv_entry *entry)
{
	if (table->bucket_count == 0) {
		if (!add_segment(table)) {
			return false;
		}
		set_bucket_count(table, 1);
	}
	if (!chain_put(table, bucket_at(table, bucket_index(table, entry->hash)), entry)) {
		return false;
	}
	table->count++;
	table->expiring_count += entry->expires_ms ? 1 : 0;
	for (int i = 0; i < SPLITS_AT_ONCE; i++) {
		if (table->count > table->bucket_count * BUCKET_LOAD_MAX) {
			split_one(table);
		}
	}
	return true;
}

void kv_table_take(struct kv_table *table, struct kv_place place)
{
	struct kv_bucket *bucket = place.bucket;
	table->expiring_count -= bucket->tags[place.index] & TAG_EXPIRES ? 1 : 0;
	bucket->used &= (uint8_t) ~(1u << place.index);
	bucket->tags[place.index] = 0;
	table->count--;
	/* A third of the load at which a bucket is split: the two do not chase each other. */
	if (table->count < table->bucket_count && table->bucket_count > 1) {
		join_one(table);
	}
}

/* ---- Scans ------------------------------------------------------------------------------------------------------- */

static uint64_t reversed(uint64_t word)
{
	word = __builtin_bswap64(word);
	word = ((word >> 4) & UINT64_C(0x0f0f0f0f0f0f0f0f)) |
	       ((word & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4);
	word = ((word >> 2) & UINT64_C(0x3333333333333333)) |
	       ((word & UINT64_C(0x3333333333333333)) << 2);
	return ((word >> 1) & UINT64_C(0x5555555555555555)) |
	       ((word & UINT64_C(0x5555555555555555)) << 1);
}

/* How many low bits of their hash the entries of a bucket share. */
static unsigned bits_of(const struct kv_table *table, uint64_t index)
{
	unsigned level = level_of(table);
	uint64_t split = table->bucket_count - (UINT64_C(1) << level);
	return index < split || index >= (UINT64_C(1) << level) ? level + 1 : level;
}

/* The first position behind the bucket; 0 behind the last. */
static uint64_t position_behind(uint64_t position, unsigned bits)
{
	if (bits == 0) {
		return 0;
	}
	uint64_t size = UINT64_C(1) << (64 - bits);
	return (position & ~(size - 1)) + size;
}

uint64_t kv_table_scan(const struct kv_table *table, uint64_t cursor, const struct kv_scan *scan)
{
	if (table->count == 0) {
		return 0;
	}
	uint64_t position = reversed(cursor);
	uint64_t index = bucket_index(table, cursor);
	struct kv_bucket *bucket = bucket_at(table, index);
	for (; bucket; bucket = chained(bucket)) {
		for (unsigned left = entries_in(bucket); left; left &= left - 1) {
			unsigned slot = (unsigned)__builtin_ctz(left);
			if (scan->expiring_only && !(bucket->tags[slot] & TAG_EXPIRES)) {
				continue;
			}
			struct kv_entry *entry = entry_at(bucket, slot);
			/* After buckets have been joined, what is before the cursor was seen. */
			if (reversed(entry->hash) >= position) {
				scan->visit(scan->context, entry);
			}
		}
	}
	return reversed(position_behind(position, bits_of(table, index)));
}

/* One of the entries of a chain, each as likely as the others. NULL: it has none. */
static struct kv_entry *pick(struct kv_bucket *first, uint32_t random)
{
	unsigned total = 0;
	for (struct kv_bucket *b = first; b; b = chained(b)) {
		total += (unsigned)__builtin_popcount(entries_in(b));
	}
	unsigned skip = total ? random % total : 0;
	for (struct kv_bucket *b = first; b && total; b = chained(b)) {
		unsigned left = entries_in(b);
		for (; left && skip > 0; left &= left - 1) {
			skip--;
		}
		if (left) {
			return entry_at(b, (unsigned)__builtin_ctz(left));
		}
	}
	return NULL;
}

struct kv_entry *kv_table_random(const struct kv_table *table, uint64_t random)
{
	uint64_t start = table->count ? random % table->bucket_count : 0;
	for (uint64_t i = 0; i < RANDOM_WALK_MAX && i < table->bucket_count; i++) {
		struct kv_bucket *first = bucket_at(table, (start + i) % table->bucket_count);
		struct kv_entry *entry = pick(first, (uint32_t)(random >> 32));
		if (entry) {
			return entry;
		}
	}
	return NULL;
}

/* ---- End --------------------------------------------------------------------------------------------------------- */

struct kv_entry *kv_table_drain(struct kv_table *table)
{
	while (table->bucket_count > 0) {
		struct kv_bucket *bucket = bucket_at(table, table->bucket_count - 1);
		unsigned entries = entries_in(bucket);
		struct kv_bucket *more = chained(bucket);
		if (entries) {
			unsigned index = (unsigned)__builtin_ctz(entries);
			/* Its tag may stay: nobody looks for a key here any more. */
			bucket->used &= (uint8_t) ~(1u << index);
			table->count--;
			return entry_at(bucket, index);
		}
		if (more) {
			*bucket = *more;
			put_spare(table, more);
			continue;
		}
		table->bucket_count--;
		if (table->bucket_count % SEGMENT_BUCKETS == 0) {
			drop_segment(table);
		}
	}
	free_spares(table);
	gatio_free(table->segments);
	*table = (struct kv_table){.count = 0};
	return NULL;
}
