/* SPDX-License-Identifier: Apache-2.0 */
/* Exec: what the commands of a shard share. */
#include "samples/kv/exec.h"
#include "samples/kv/errors.h"

#include "samples/kv/command.h"
#include "samples/kv/config.h"

struct kv_place kv_exec_find(struct kv_exec *exec)
{
	return kv_store_find(exec->store, &exec->key);
}

struct kv_place kv_exec_look_up(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	if (place.bucket) {
		exec->store->hits++;
	} else {
		exec->store->misses++;
	}
	return place;
}

bool kv_exec_int(struct kv_exec *exec, uint32_t index, int64_t *out_value)
{
	if (kv_int_read(exec->argv[index], out_value)) {
		return true;
	}
	kv_reply_error(exec->reply, "ERR value is not an integer or out of range");
	return false;
}

bool kv_exec_size_fits(struct kv_exec *exec, uint64_t size)
{
	if (size <= kv_config.bulk_size_max) {
		return true;
	}
	kv_reply_error(exec->reply, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
	return false;
}

void kv_exec_out_of_memory(struct kv_exec *exec)
{
	kv_reply_error(exec->reply, KV_ERROR_OOM);
}

void kv_exec_bad_expiry(struct kv_exec *exec)
{
	kv_reply_errorf(exec->reply, "ERR invalid expire time in '%s' command",
	                exec->command->name);
}

void kv_exec_syntax_error(struct kv_exec *exec)
{
	kv_reply_error(exec->reply, "ERR syntax error");
}

bool kv_exec_set(struct kv_exec *exec, struct kv_place place, struct kv_slice text,
                 int64_t expires_ms)
{
	struct kv_value value = {.text = text, .expires_ms = expires_ms};
	if (kv_store_set(exec->store, &exec->key, place, &value) == 0) {
		return true;
	}
	kv_exec_out_of_memory(exec);
	return false;
}
