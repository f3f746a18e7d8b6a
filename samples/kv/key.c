/* SPDX-License-Identifier: Apache-2.0 */
/* Key commands: DEL, EXISTS, TYPE, RENAME within a shard, SCAN, counts and emptying. */
#include <stdio.h>

#include "samples/kv/command.h"
#include "samples/kv/config.h"
#include "samples/kv/glob.h"

/* A part of a page looks at so many buckets for each key it is to have, has at most so many keys, and about so many bytes. */
#define SCAN_BUCKETS_FOR_KEY 10
#define SCAN_COUNT_MAX       2048
#define SCAN_REPLY_SIZE_MAX  ((size_t)256 * 1024)

void kv_exec_del(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	if (place.bucket) {
		kv_store_erase(exec->store, exec->key.table, place);
	}
	kv_reply_int(exec->reply, place.bucket ? 1 : 0);
}

void kv_exec_exists(struct kv_exec *exec)
{
	kv_reply_int(exec->reply, kv_exec_look_up(exec).bucket ? 1 : 0);
}

void kv_exec_type(struct kv_exec *exec)
{
	kv_reply_status(exec->reply, kv_exec_look_up(exec).bucket ? "string" : "none");
}

/* Move the value to another key of this shard. False: has replied. */
static bool move_value(struct kv_exec *exec, const struct kv_key *target)
{
	struct kv_place place = kv_exec_find(exec);
	const struct kv_entry *source = kv_place_entry(place);
	struct kv_value value = {.text = kv_entry_value(source), .expires_ms = source->expires_ms};
	if (kv_store_set(exec->store, target, kv_store_find(exec->store, target), &value) != 0) {
		kv_exec_out_of_memory(exec);
		return false;
	}
	/* The target may have moved buckets. */
	kv_store_erase(exec->store, exec->key.table, kv_exec_find(exec));
	return true;
}

static void rename_key(struct kv_exec *exec, bool only_new)
{
	if (!kv_exec_find(exec).bucket) {
		kv_reply_error(exec->reply, "ERR no such key");
		return;
	}
	struct kv_key target = exec->key;
	target.name = exec->argv[1];
	target.hash = kv_hash(kv_config.hash_key, target.name);
	bool is_same = kv_same(exec->key.name, target.name);
	if (only_new && (is_same || kv_store_find(exec->store, &target).bucket)) {
		kv_reply_int(exec->reply, 0);
		return;
	}
	if (!is_same && !move_value(exec, &target)) {
		return;
	}
	if (only_new) {
		kv_reply_int(exec->reply, 1);
	} else {
		kv_reply_ok(exec->reply);
	}
}

void kv_exec_rename(struct kv_exec *exec)
{
	rename_key(exec, false);
}

void kv_exec_renamenx(struct kv_exec *exec)
{
	rename_key(exec, true);
}

void kv_exec_dbsize(struct kv_exec *exec)
{
	kv_reply_int(exec->reply, (int64_t)exec->store->databases[exec->database].count);
}

void kv_exec_flushdb(struct kv_exec *exec)
{
	kv_store_flush(exec->store, exec->database);
	kv_reply_ok(exec->reply);
}

void kv_exec_flushall(struct kv_exec *exec)
{
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		kv_store_flush(exec->store, i);
	}
	kv_reply_ok(exec->reply);
}

/* ---- SCAN -------------------------------------------------------------------------------------------------------- */

struct scan {
	struct kv_exec *exec;
	struct kv_scan_ask ask;
	struct kv_slice pattern; /* data NULL: all */
	struct kv_scan_part part;
};

static void scan_entry(void *context, struct kv_entry *entry)
{
	struct scan *scan = context;
	bool matches =
	        !scan->ask.is_other_type && !kv_entry_is_expired(scan->exec->store, entry) &&
	        (!scan->pattern.data || kv_glob_match(scan->pattern, kv_entry_key(entry), false));
	if (matches) {
		kv_reply_bulk(scan->exec->reply, kv_entry_key(entry));
		scan->part.count++;
	}
}

/* Walk buckets until enough has been found or looked at. */
static void walk(struct scan *scan)
{
	struct kv_table *table = scan->exec->key.table;
	struct kv_scan visit = {.visit = scan_entry, .context = scan};
	size_t begin = scan->exec->reply->size;
	uint64_t cursor = scan->ask.cursor;
	uint64_t left = scan->ask.wanted < SCAN_COUNT_MAX ? scan->ask.wanted : SCAN_COUNT_MAX;
	uint64_t buckets_left = left * SCAN_BUCKETS_FOR_KEY;
	do {
		cursor = kv_table_scan(table, cursor, &visit);
	} while (cursor != 0 && --buckets_left > 0 && scan->part.count < left &&
	         scan->exec->reply->size - begin < SCAN_REPLY_SIZE_MAX);
	scan->part.cursor = cursor;
	scan->part.is_tired = cursor != 0 && buckets_left == 0;
}

/* argv: a struct kv_scan_ask, and the pattern if there is one. Replies a part of the page. */
void kv_exec_scan(struct kv_exec *exec)
{
	struct scan scan = {.exec = exec};
	memcpy(&scan.ask, exec->argv[0].data, sizeof(scan.ask));
	if (exec->argc > 1) {
		scan.pattern = exec->argv[1];
	}
	kv_reply_raw(exec->reply, "!", 1);
	size_t at = exec->reply->size;
	kv_reply_raw(exec->reply, &scan.part, sizeof(scan.part));
	walk(&scan);
	if (!exec->reply->has_failed) {
		memcpy(exec->reply->bytes + at, &scan.part, sizeof(scan.part));
	}
}
