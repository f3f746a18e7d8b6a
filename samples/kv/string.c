/* SPDX-License-Identifier: Apache-2.0 */
/* String commands: GET, SET with its options and relatives, parts of strings. */
#include "samples/kv/command.h"
#include "samples/kv/config.h"

enum set_flags {
	SET_NX = 1 << 0,
	SET_XX = 1 << 1,
	SET_GET = 1 << 2,
	SET_KEEPTTL = 1 << 3,
	SET_EX = 1 << 4,
	SET_PX = 1 << 5,
	SET_EXAT = 1 << 6,
	SET_PXAT = 1 << 7,
	SET_PERSIST = 1 << 8,
};

#define SET_ANY_TIME (SET_EX | SET_PX | SET_EXAT | SET_PXAT)

/* Which option excludes which, and for which of the two commands it is. */
struct option {
	const char *word;
	unsigned flag;
	unsigned excludes;
	bool takes_value;
	bool for_set;
	bool for_getex;
};

static const struct option options[] = {
        {"nx", SET_NX, SET_XX, false, true, false},
        {"xx", SET_XX, SET_NX, false, true, false},
        {"get", SET_GET, 0, false, true, false},
        {"keepttl", SET_KEEPTTL, SET_PERSIST | SET_ANY_TIME, false, true, false},
        {"persist", SET_PERSIST, SET_KEEPTTL | SET_ANY_TIME, false, false, true},
        {"ex", SET_EX, SET_KEEPTTL | SET_PERSIST | (SET_ANY_TIME & ~SET_EX), true, true, true},
        {"px", SET_PX, SET_KEEPTTL | SET_PERSIST | (SET_ANY_TIME & ~SET_PX), true, true, true},
        {"exat", SET_EXAT, SET_KEEPTTL | SET_PERSIST | (SET_ANY_TIME & ~SET_EXAT), true, true,
         true},
        {"pxat", SET_PXAT, SET_KEEPTTL | SET_PERSIST | (SET_ANY_TIME & ~SET_PXAT), true, true,
         true},
};

struct set_options {
	unsigned flags;
	uint32_t time_index; /* of the argument that is the time */
	int64_t expires_ms;
};

static const struct option *find_option(struct kv_slice word, bool is_getex)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *option = &options[i];
		if ((is_getex ? option->for_getex : option->for_set) &&
		    kv_same_word(word, option->word)) {
			return option;
		}
	}
	return NULL;
}

/* The options from argv[first] on. False: has replied. */
static bool read_options(struct kv_exec *exec, uint32_t first, bool is_getex,
                         struct set_options *out_options)
{
	*out_options = (struct set_options){.flags = 0};
	for (uint32_t i = first; i < exec->argc; i++) {
		const struct option *option = find_option(exec->argv[i], is_getex);
		if (!option || (out_options->flags & option->excludes) ||
		    (option->takes_value && i + 1 == exec->argc)) {
			kv_exec_syntax_error(exec);
			return false;
		}
		out_options->flags |= option->flag;
		if (option->takes_value) {
			out_options->time_index = ++i;
		}
	}
	return true;
}

/* The time as wall clock ms. False: has replied. */
static bool read_time(struct kv_exec *exec, struct set_options *set)
{
	int64_t time = 0;
	if (!(set->flags & SET_ANY_TIME)) {
		return true;
	}
	if (!kv_exec_int(exec, set->time_index, &time)) {
		return false;
	}
	bool is_seconds = set->flags & (SET_EX | SET_EXAT);
	bool is_relative = set->flags & (SET_EX | SET_PX);
	int64_t now_ms = is_relative ? kv_store_now(exec->store) : 0;
	bool is_bad = time <= 0 || (is_seconds && __builtin_mul_overflow(time, 1000, &time)) ||
	              __builtin_add_overflow(time, now_ms, &time);
	if (is_bad) {
		kv_exec_bad_expiry(exec);
		return false;
	}
	set->expires_ms = time;
	return true;
}

/* The value at a place, or null. */
static void reply_value(struct kv_exec *exec, struct kv_place place)
{
	if (place.bucket) {
		kv_reply_bulk(exec->reply, kv_entry_value(kv_place_entry(place)));
	} else {
		kv_reply_null(exec->reply);
	}
}

void kv_exec_get(struct kv_exec *exec)
{
	reply_value(exec, kv_exec_look_up(exec));
}

void kv_exec_set_command(struct kv_exec *exec)
{
	struct set_options set;
	if (!read_options(exec, 2, false, &set) || !read_time(exec, &set)) {
		return;
	}
	struct kv_place place = kv_exec_find(exec);
	bool has_key = place.bucket != NULL;
	bool is_refused = (set.flags & SET_NX && has_key) || (set.flags & SET_XX && !has_key);
	size_t start = exec->reply->size;
	if (set.flags & SET_GET) {
		reply_value(exec, place);
		exec->store->hits += has_key ? 1 : 0;
		exec->store->misses += has_key ? 0 : 1;
	}
	if (is_refused) {
		if (!(set.flags & SET_GET)) {
			kv_reply_null(exec->reply);
		}
		return;
	}
	if (set.flags & SET_KEEPTTL && has_key) {
		set.expires_ms = kv_place_entry(place)->expires_ms;
	}
	struct kv_value value = {.text = exec->argv[1], .expires_ms = set.expires_ms};
	if (kv_store_set(exec->store, &exec->key, place, &value) != 0) {
		exec->reply->size = start; /* instead of the old value */
		kv_exec_out_of_memory(exec);
	} else if (!(set.flags & SET_GET)) {
		kv_reply_ok(exec->reply);
	}
}

void kv_exec_setnx(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	if (place.bucket) {
		kv_reply_int(exec->reply, 0);
	} else if (kv_exec_set(exec, place, exec->argv[1], 0)) {
		kv_reply_int(exec->reply, 1);
	}
}

/* SETEX key time value. */
static void set_with_time(struct kv_exec *exec, unsigned flag)
{
	struct set_options set = {.flags = flag, .time_index = 1};
	if (read_time(exec, &set) &&
	    kv_exec_set(exec, kv_exec_find(exec), exec->argv[2], set.expires_ms)) {
		kv_reply_ok(exec->reply);
	}
}

void kv_exec_setex(struct kv_exec *exec)
{
	set_with_time(exec, SET_EX);
}

void kv_exec_psetex(struct kv_exec *exec)
{
	set_with_time(exec, SET_PX);
}

void kv_exec_getset(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_look_up(exec);
	size_t start = exec->reply->size;
	reply_value(exec, place);
	struct kv_value value = {.text = exec->argv[1]};
	if (kv_store_set(exec->store, &exec->key, place, &value) != 0) {
		exec->reply->size = start;
		kv_exec_out_of_memory(exec);
	}
}

void kv_exec_getdel(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_look_up(exec);
	reply_value(exec, place);
	if (place.bucket) {
		kv_store_erase(exec->store, exec->key.table, place);
	}
}

void kv_exec_getex(struct kv_exec *exec)
{
	struct set_options set;
	if (!read_options(exec, 1, true, &set)) {
		return;
	}
	struct kv_place place = kv_exec_look_up(exec);
	if (!place.bucket) {
		kv_reply_null(exec->reply);
		return;
	}
	if (!read_time(exec, &set)) {
		return;
	}
	reply_value(exec, place);
	bool is_past =
	        set.flags & (SET_EXAT | SET_PXAT) && set.expires_ms <= kv_store_now(exec->store);
	if (is_past) {
		kv_store_erase(exec->store, exec->key.table, place);
	} else if (set.flags & (SET_ANY_TIME | SET_PERSIST)) {
		kv_store_set_expiry(exec->key.table, place, set.expires_ms);
	}
}

void kv_exec_append(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	size_t old_size = place.bucket ? kv_place_entry(place)->value_size : 0;
	struct kv_slice more = exec->argv[1];
	if (!kv_exec_size_fits(exec, (uint64_t)old_size + more.size)) {
		return;
	}
	struct kv_entry *entry =
	        kv_store_resize(exec->store, &exec->key, place, old_size + more.size);
	if (!entry) {
		kv_exec_out_of_memory(exec);
		return;
	}
	memcpy(entry->bytes + entry->key_size + old_size, more.data, more.size);
	entry->is_raw = place.bucket != NULL;
	kv_reply_int(exec->reply, entry->value_size);
}

void kv_exec_strlen(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_look_up(exec);
	kv_reply_int(exec->reply, place.bucket ? kv_place_entry(place)->value_size : 0);
}

void kv_exec_getrange(struct kv_exec *exec)
{
	int64_t start = 0;
	int64_t end = 0;
	if (!kv_exec_int(exec, 1, &start) || !kv_exec_int(exec, 2, &end)) {
		return;
	}
	struct kv_place place = kv_exec_look_up(exec);
	struct kv_slice value = {.data = (const uint8_t *)"", .size = 0};
	if (place.bucket) {
		value = kv_entry_value(kv_place_entry(place));
	}
	int64_t size = (int64_t)value.size;
	bool is_empty = start < 0 && end < 0 && start > end;
	start = start < 0 ? (start < -size ? 0 : start + size) : start;
	end = end < 0 ? (end < -size ? 0 : end + size) : end;
	end = end >= size ? size - 1 : end;
	if (is_empty || start > end || size == 0) {
		kv_reply_text(exec->reply, "");
		return;
	}
	value.data += start;
	value.size = (size_t)(end - start + 1);
	kv_reply_bulk(exec->reply, value);
}

void kv_exec_setrange(struct kv_exec *exec)
{
	int64_t offset = 0;
	struct kv_slice part = exec->argv[2];
	if (!kv_exec_int(exec, 1, &offset)) {
		return;
	}
	if (offset < 0) {
		kv_reply_error(exec->reply, "ERR offset is out of range");
		return;
	}
	struct kv_place place = kv_exec_find(exec);
	size_t old_size = place.bucket ? kv_place_entry(place)->value_size : 0;
	if (part.size == 0) {
		kv_reply_int(exec->reply, (int64_t)old_size);
		return;
	}
	if (!kv_exec_size_fits(exec, (uint64_t)offset + part.size)) {
		return;
	}
	size_t end = (size_t)offset + part.size;
	struct kv_entry *entry =
	        kv_store_resize(exec->store, &exec->key, place, end > old_size ? end : old_size);
	if (!entry) {
		kv_exec_out_of_memory(exec);
		return;
	}
	memcpy(entry->bytes + entry->key_size + offset, part.data, part.size);
	entry->is_raw = 1;
	kv_reply_int(exec->reply, entry->value_size);
}
