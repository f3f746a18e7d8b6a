/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the table and the store. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kv/world.h"
#include "tests/support/suite.h"

#define MANY 20000

static struct kv_store store;

static void begin(void)
{
	fake_start(1, 1, 0);
	world_enter();
	store = (struct kv_store){.now_ms = 1000};
}

static void end(void)
{
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		kv_store_flush(&store, i);
	}
	for (int i = 0; i < 10000 && store.grave_count > 0; i++) {
		kv_store_work(&store, 1000);
	}
	gatio_free(store.graves);
	CU_ASSERT_EQUAL(kv_store_memory(&store), 0);
	CU_ASSERT_EQUAL(fake.current->block_count, 0);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

/* Lent until the next call. */
static struct kv_key key_of(unsigned number)
{
	static char name[16];
	snprintf(name, sizeof(name), "k%u", number);
	struct kv_slice slice = kv_text(name);
	return (struct kv_key){
	        .table = &store.databases[0],
	        .name = slice,
	        .hash = kv_hash((struct kv_hash_key){{3, 4}}, slice),
	};
}

static int put(unsigned number, const char *text, int64_t expires_ms)
{
	struct kv_key key = key_of(number);
	struct kv_value value = {.text = kv_text(text), .expires_ms = expires_ms};
	return kv_store_set(&store, &key, kv_store_find(&store, &key), &value);
}

static bool has(unsigned number)
{
	struct kv_key key = key_of(number);
	return kv_store_find(&store, &key).bucket != NULL;
}

static void drop(unsigned number)
{
	struct kv_key key = key_of(number);
	kv_store_erase(&store, key.table, kv_store_find(&store, &key));
}

static void keys_survive_growing_and_shrinking(void)
{
	begin();
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(put(i, "value", 0), 0);
	}
	uint64_t buckets = store.databases[0].bucket_count;
	CU_ASSERT(buckets >= MANY / 5 && buckets <= MANY);
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT(has(i));
		if (i % 100 != 7) {
			drop(i);
		}
	}
	CU_ASSERT_EQUAL(store.databases[0].count, MANY / 100);
	CU_ASSERT(store.databases[0].bucket_count <= MANY / 100);
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(has(i), i % 100 == 7);
	}
	end();
}

/* Keys that all have this hash: in one bucket, whatever the number of buckets. */
static void chain_and_part(uint64_t hash)
{
	for (unsigned i = 0; i < 100; i++) {
		struct kv_key key = key_of(i);
		key.hash = hash;
		struct kv_value value = {.text = kv_text("x")};
		CU_ASSERT_EQUAL(kv_store_set(&store, &key, kv_store_find(&store, &key), &value), 0);
	}
	for (unsigned i = 0; i < 200; i++) {
		struct kv_key key = key_of(i);
		key.hash = hash;
		struct kv_place place = kv_store_find(&store, &key);
		CU_ASSERT_EQUAL(place.bucket != NULL, i < 100);
		if (place.bucket && i % 2) {
			kv_store_erase(&store, key.table, place);
			CU_ASSERT_PTR_NULL(kv_store_find(&store, &key).bucket);
		}
	}
	CU_ASSERT_EQUAL(store.databases[0].count, 50);
	for (unsigned i = 0; i < 100; i += 2) {
		struct kv_key key = key_of(i);
		key.hash = hash;
		kv_store_erase(&store, key.table, kv_store_find(&store, &key));
	}
}

static void colliding_keys_chain_and_part(void)
{
	static const uint64_t hashes[] = {UINT64_C(0x00ab000000000000), 0,
	                                  UINT64_C(0x0001000000000000), UINT64_MAX};
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		begin();
		chain_and_part(hashes[i]);
		end();
	}
}

/* A key of each size, alone in its bucket, and those that differ from it in one byte but not in the hash. */
static void keys_differ_by_a_byte(void)
{
	begin();
	for (size_t size = 0; size < 80; size++) {
		/* Blocks of their own: what is read beyond them is found. */
		uint8_t *name = malloc(size ? size : 1);
		memset(name, 'k', size);
		struct kv_key key = {.table = &store.databases[0], .name = {name, size}, .hash = 1};
		struct kv_value value = {.text = kv_text("x")};
		CU_ASSERT_EQUAL(kv_store_set(&store, &key, kv_store_find(&store, &key), &value), 0);
		struct kv_place place = kv_store_find(&store, &key);
		CU_ASSERT_PTR_NOT_NULL_FATAL(place.bucket);
		for (size_t at = 0; at < size; at++) {
			name[at] ^= 0x80;
			CU_ASSERT_PTR_NULL(kv_store_find(&store, &key).bucket);
			name[at] ^= 0x80;
		}
		kv_store_erase(&store, key.table, place);
		free(name);
	}
	end();
}

struct seen {
	unsigned char counts[MANY];
	unsigned total;
};

/* What key_of() made the name from; nothing ends it but its size. */
static unsigned number_of(const struct kv_entry *entry)
{
	unsigned number = 0;
	for (uint32_t i = 1; i < entry->key_size; i++) {
		number = number * 10 + (entry->bytes[i] - (unsigned)'0');
	}
	return number;
}

static void see(void *context, struct kv_entry *entry)
{
	struct seen *seen = context;
	unsigned number = number_of(entry);
	if (number < MANY) {
		seen->counts[number]++;
	}
	seen->total++;
}

static uint64_t random_state = 1;

static uint32_t some(uint32_t bound)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % bound;
}

/* A key goes, or comes, if it is not so already. */
static void change_one(unsigned number, bool *there, bool must_go)
{
	if (there[number] && must_go) {
		drop(number);
	} else if (!there[number] && !must_go) {
		put(number, "v", 0);
	}
	there[number] = !must_go;
}

/* The first 1000 keys stay; others come and go, so that the table grows and shrinks during the scan. */
static void scan_sees_each_lasting_key_once(void)
{
	for (int round = 0; round < 20; round++) {
		begin();
		static struct seen seen;
		static bool there[MANY];
		memset(&seen, 0, sizeof(seen));
		memset(there, 0, sizeof(there));
		unsigned upper = round % 2 ? 1000 : MANY;
		for (unsigned i = 0; i < upper; i++) {
			put(i, "v", 0);
			there[i] = true;
		}
		struct kv_scan scan = {.visit = see, .context = &seen};
		uint64_t cursor = 0;
		do {
			cursor = kv_table_scan(&store.databases[0], cursor, &scan);
			for (int change = 0; change < 20; change++) {
				change_one(1000 + some(MANY - 1000), there, round % 2 == 0);
			}
		} while (cursor != 0);
		for (unsigned i = 0; i < MANY; i++) {
			CU_ASSERT(i < 1000 ? seen.counts[i] == 1 : seen.counts[i] <= 1);
		}
		end();
	}
}

static void any_cursor_ends(void)
{
	begin();
	static struct seen seen;
	for (unsigned i = 0; i < 1000; i++) {
		put(i, "v", 0);
	}
	struct kv_scan scan = {.visit = see, .context = &seen};
	static const uint64_t cursors[] = {1, 77, UINT64_MAX, UINT64_C(1) << 63, 1000000007};
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		uint64_t cursor = cursors[i];
		unsigned steps = 0;
		while (cursor != 0 && steps < 2000) {
			cursor = kv_table_scan(&store.databases[0], cursor, &scan);
			steps++;
		}
		CU_ASSERT(steps < 2000);
	}
	end();
}

static void expired_key_is_gone_when_asked(void)
{
	begin();
	put(1, "v", 1001);
	CU_ASSERT(has(1));
	store.now_ms = 1001;
	CU_ASSERT_FALSE(has(1));
	CU_ASSERT_EQUAL(store.expired, 1);
	CU_ASSERT_EQUAL(store.databases[0].expiring_count, 0);
	end();
}

static void expired_keys_go_without_being_asked(void)
{
	begin();
	for (unsigned i = 0; i < MANY; i++) {
		put(i, "v", i % 2 ? 2000 : 0);
	}
	CU_ASSERT_EQUAL(store.databases[0].expiring_count, MANY / 2);
	store.now_ms = 2000;
	unsigned steps = 0;
	while (store.databases[0].expiring_count > 0 && steps < 10000) {
		kv_store_work(&store, 64);
		steps++;
	}
	CU_ASSERT_EQUAL(store.databases[0].count, MANY / 2);
	CU_ASSERT_EQUAL(store.expired, MANY / 2);
	CU_ASSERT_FALSE(kv_store_has_work(&store));
	end();
}

static void flushed_memory_comes_back_in_steps(void)
{
	begin();
	for (unsigned i = 0; i < MANY; i++) {
		put(i, "v", 0);
	}
	uint64_t before = kv_store_memory(&store);
	kv_store_flush(&store, 0);
	CU_ASSERT_EQUAL(store.databases[0].count, 0);
	CU_ASSERT_EQUAL(kv_store_memory(&store), before);
	CU_ASSERT(kv_store_has_work(&store));
	put(1, "new", 0);
	kv_store_work(&store, 1000);
	CU_ASSERT(kv_store_memory(&store) < before);
	CU_ASSERT(kv_store_memory(&store) > before / 2);
	CU_ASSERT(has(1));
	end();
}

static void values_change_size_in_place(void)
{
	begin();
	static char large[5000];
	memset(large, 'x', sizeof(large) - 1);
	put(1, "small", 0);
	put(1, large, 0);
	struct kv_key key = key_of(1);
	struct kv_place place = kv_store_find(&store, &key);
	CU_ASSERT(kv_same(kv_entry_value(kv_place_entry(place)), kv_text(large)));
	uint64_t full = kv_store_memory(&store);
	put(1, "s", 0);
	place = kv_store_find(&store, &key);
	CU_ASSERT(kv_same(kv_entry_value(kv_place_entry(place)), kv_text("s")));
	CU_ASSERT(kv_store_memory(&store) < full - 4000);
	struct kv_entry *entry = kv_store_resize(&store, &key, place, 10);
	CU_ASSERT_EQUAL(entry->value_size, 10);
	CU_ASSERT_EQUAL(memcmp(entry->bytes + entry->key_size, "s\0\0\0\0\0\0\0\0\0", 10), 0);
	end();
}

static void no_memory_changes_nothing(void)
{
	begin();
	for (unsigned i = 0; i < 1000; i++) {
		put(i, "v", 0);
	}
	/* Each allocation of a growing store fails once. */
	unsigned failures = 0;
	for (unsigned i = 1000; i < 3000; i++) {
		fake_limit_memory(i % 3);
		int err = put(i, "a value that is longer than those before it", 0);
		fake_limit_memory(SIZE_MAX);
		CU_ASSERT(err == 0 || err == -ENOMEM);
		CU_ASSERT_EQUAL(has(i), err == 0);
		failures += err ? 1 : 0;
	}
	CU_ASSERT(failures > 500);
	fake_limit_memory(0);
	CU_ASSERT_EQUAL(put(1, "a value that is longer than the one that is there", 0), -ENOMEM);
	struct kv_key key = key_of(1);
	CU_ASSERT_PTR_NULL(kv_store_resize(&store, &key, kv_store_find(&store, &key), 1000));
	for (unsigned i = 0; i < 1000; i++) {
		CU_ASSERT(has(i));
		if (i > 1) {
			drop(i); /* shrinks without memory */
		}
	}
	kv_store_flush(&store, 0); /* at once, without a list */
	fake_limit_memory(SIZE_MAX);
	CU_ASSERT_EQUAL(store.databases[0].count, 0);
	end();
}

static void random_key_is_one_of_them(void)
{
	begin();
	CU_ASSERT_PTR_NULL(kv_table_random(&store.databases[0], 5));
	for (unsigned i = 0; i < 100; i++) {
		put(i, "v", 0);
	}
	unsigned counts[100] = {0};
	for (unsigned i = 0; i < 20000; i++) {
		struct kv_entry *entry = kv_table_random(
		        &store.databases[0], (uint64_t)some(UINT32_MAX) << 32 | some(UINT32_MAX));
		CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
		counts[number_of(entry) % 100]++;
	}
	for (unsigned i = 0; i < 100; i++) {
		CU_ASSERT(counts[i] > 20);
	}
	end();
}

static const CU_TestInfo store_tests[] = {
        {"keys survive growing and shrinking", keys_survive_growing_and_shrinking},
        {"colliding keys chain and part", colliding_keys_chain_and_part},
        {"keys differ by a byte", keys_differ_by_a_byte},
        {"scan sees each lasting key once", scan_sees_each_lasting_key_once},
        {"any cursor ends", any_cursor_ends},
        {"expired key is gone when asked", expired_key_is_gone_when_asked},
        {"expired keys go without being asked", expired_keys_go_without_being_asked},
        {"flushed memory comes back in steps", flushed_memory_comes_back_in_steps},
        {"values change size in place", values_change_size_in_place},
        {"no memory changes nothing", no_memory_changes_nothing},
        {"random key is one of them", random_key_is_one_of_them},
        CU_TEST_INFO_NULL,
};

const struct suite store_suite = {"store", store_tests};
