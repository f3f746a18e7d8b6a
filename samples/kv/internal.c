/* SPDX-License-Identifier: Apache-2.0 */
/* Internal commands: what connections ask shards for on behalf of KEYS, RENAME, MSETNX, RANDOMKEY and INFO. */
#include <gatio/actor.h>

#include "samples/kv/command.h"
#include "samples/kv/glob.h"

#define KEYS_BUCKETS_AT_ONCE 2048
#define KEYS_REPLY_SIZE_MAX  ((size_t)256 * 1024)
#define RANDOM_TRIES         32

void kv_exec_dump(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	if (!place.bucket) {
		kv_reply_null(exec->reply);
		return;
	}
	const struct kv_entry *entry = kv_place_entry(place);
	struct kv_dump dump = {.expires_ms = entry->expires_ms};
	struct kv_slice value = kv_entry_value(entry);
	kv_reply_raw(exec->reply, "!", 1);
	kv_reply_raw(exec->reply, &dump, sizeof(dump));
	kv_reply_raw(exec->reply, value.data, value.size);
}

void kv_exec_restore(struct kv_exec *exec)
{
	struct kv_slice text = exec->argv[1];
	struct kv_dump dump;
	memcpy(&dump, text.data, sizeof(dump));
	text.data += sizeof(dump);
	text.size -= sizeof(dump);
	if (kv_exec_set(exec, kv_exec_find(exec), text, dump.expires_ms)) {
		kv_reply_ok(exec->reply);
	}
}

void kv_exec_probe(struct kv_exec *exec)
{
	kv_reply_int(exec->reply, kv_exec_find(exec).bucket ? 1 : 0);
}

struct keys {
	struct kv_exec *exec;
	struct kv_slice pattern;
	uint64_t count;
};

static void keys_entry(void *context, struct kv_entry *entry)
{
	struct keys *keys = context;
	if (!kv_entry_is_expired(keys->exec->store, entry) &&
	    kv_glob_match(keys->pattern, kv_entry_key(entry), false)) {
		kv_reply_bulk(keys->exec->reply, kv_entry_key(entry));
		keys->count++;
	}
}

/* argv: cursor, pattern. The table is the one of the database: argv[0] is no key. */
void kv_exec_keys(struct kv_exec *exec)
{
	struct keys keys = {.exec = exec, .pattern = exec->argv[1]};
	struct kv_keys_part part = {.cursor = 0};
	kv_cursor_read(exec->argv[0], &part.cursor);
	kv_reply_raw(exec->reply, "!", 1);
	size_t part_at = exec->reply->size;
	kv_reply_raw(exec->reply, &part, sizeof(part));

	struct kv_scan visit = {.visit = keys_entry, .context = &keys};
	uint32_t buckets_left = KEYS_BUCKETS_AT_ONCE;
	do {
		part.cursor = kv_table_scan(exec->key.table, part.cursor, &visit);
	} while (part.cursor != 0 && --buckets_left > 0 &&
	         exec->reply->size - part_at < KEYS_REPLY_SIZE_MAX);
	part.count = keys.count;
	if (!exec->reply->has_failed) {
		memcpy(exec->reply->bytes + part_at, &part, sizeof(part));
	}
}

void kv_exec_random(struct kv_exec *exec)
{
	uint64_t random = gatio_random();
	for (int i = 0; i < RANDOM_TRIES; i++) {
		struct kv_entry *entry = kv_table_random(exec->key.table, random);
		if (entry && !kv_entry_is_expired(exec->store, entry)) {
			kv_reply_bulk(exec->reply, kv_entry_key(entry));
			return;
		}
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
	kv_reply_null(exec->reply);
}

void kv_exec_stats(struct kv_exec *exec)
{
	struct kv_store *store = exec->store;
	kv_errors_take(&store->errors);
	struct kv_stats stats = {
	        .commands = store->commands,
	        .hits = store->hits,
	        .misses = store->misses,
	        .expired = store->expired,
	        .memory = kv_store_memory(store),
	        .errors = store->errors,
	};
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		stats.key_counts[i] = store->databases[i].count;
		stats.expiring_counts[i] = store->databases[i].expiring_count;
		stats.ttls_ms[i] =
		        (uint64_t)store->average_ttl_ms[i] * store->databases[i].expiring_count;
	}
	kv_reply_raw(exec->reply, "!", 1);
	kv_reply_raw(exec->reply, &stats, sizeof(stats));
}

void kv_exec_reset_stats(struct kv_exec *exec)
{
	struct kv_store *store = exec->store;
	store->commands = 0;
	store->hits = 0;
	store->misses = 0;
	store->expired = 0;
	kv_errors_take(&store->errors);
	memset(&store->errors, 0, sizeof(store->errors));
	kv_reply_ok(exec->reply);
}

void kv_exec_nothing(struct kv_exec *exec)
{
	kv_reply_ok(exec->reply);
}

/* A command with more arguments than an item has room for: they come as the client sent them. */
void kv_exec_long(struct kv_exec *exec)
{
	struct kv_long what;
	memcpy(&what, exec->argv[1].data, sizeof(what));
	const struct kv_command *command = &kv_commands[what.command];
	if (command->flags & KV_DENYOOM && kv_store_is_full(exec->store)) {
		kv_exec_out_of_memory(exec);
		return;
	}
	struct kv_exec *whole = gatio_alloc(sizeof(*whole) + what.argc * sizeof(whole->argv[0]));
	if (!whole) {
		kv_exec_out_of_memory(exec);
		return;
	}
	*whole = *exec;
	whole->command = command;
	whole->argc = what.argc - 1;
	struct kv_arguments arguments = {.at = exec->argv[2].data, .left = what.argc};
	struct kv_slice name;
	kv_arguments_next(&arguments, &name);
	for (uint32_t i = 0; i < whole->argc; i++) {
		kv_arguments_next(&arguments, &whole->argv[i]);
	}
	command->exec(whole);
	gatio_free(whole);
}
